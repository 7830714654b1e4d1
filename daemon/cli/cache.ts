// `pointsman cache stats | clear | explain FILE`: what stored answers bring, forgetting them, and why a request would be
// answered from them or not.

import type { CacheBody, CacheClearedBody, CacheExplanation } from '../protocol/cache-api.ts';
import type { TotalsBody } from '../protocol/control-api.ts';
import { CliError, textOption, type Command, type CliContext, type OptionValues } from './command.ts';
import { connectToDaemon, type DaemonClient } from './daemon-client.ts';
import { cacheExplanationLines, cacheStatsLines } from './cache-lines.ts';
import { counted } from './figures.ts';
import { homeOf } from './home-of.ts';
import { readRequestFile } from './request-file.ts';

type Action = (
  daemon: DaemonClient,
  context: CliContext,
  values: OptionValues,
  file: string | undefined,
) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = { stats, clear, explain };

export const cacheCommand: Command = {
  name: 'cache',
  synopsis: 'stats | clear | explain FILE [--dialect openai-chat] [--json]',
  summary: 'Show what stored answers take and bring, throw them away, or explain a hit or a miss.',
  options: { json: { type: 'boolean' }, dialect: { type: 'string' } },
  maxPositionals: 2,
  optionHelp: {
    json: 'print the answer of the control API as JSON',
    dialect: 'for explain: wire format of the body (default: what the body looks like)',
  },
  async run(context, values, [name, file]) {
    const action = name === undefined ? undefined : ACTIONS[name];
    if (action === undefined) throw new CliError('cache needs one of: stats, clear, explain FILE', 2);
    if (action === explain && file === undefined) {
      throw new CliError('cache explain needs a FILE with a request body, or "-" for standard input', 2);
    }
    if (action !== explain && file !== undefined) {
      throw new CliError(`cache ${name} does not take "${file}"; run "pointsman cache --help"`, 2);
    }
    await action(await connectToDaemon(homeOf(context, values)), context, values, file);
    return 0;
  },
};

async function stats(daemon: DaemonClient, context: CliContext, values: OptionValues): Promise<void> {
  const cache = (await daemon.call('GET', 'cache')) as CacheBody;
  if (values['json'] === true) return context.print(JSON.stringify(cache, null, 2));
  const totals = (await daemon.call('GET', 'totals')) as TotalsBody;
  for (const line of cacheStatsLines(cache, totals)) context.print(line);
}

async function clear(daemon: DaemonClient, context: CliContext, values: OptionValues): Promise<void> {
  const body = (await daemon.call('DELETE', 'cache')) as CacheClearedBody;
  context.print(
    values['json'] === true ? JSON.stringify(body) : `${counted(body.cleared, 'stored answer')} thrown away.`,
  );
}

async function explain(
  daemon: DaemonClient,
  context: CliContext,
  values: OptionValues,
  file = '-',
): Promise<void> {
  const input = readRequestFile(file, textOption(values, 'dialect'));
  const explanation = (await daemon.call('POST', 'cache/explain', input)) as CacheExplanation;
  if (values['json'] === true) return context.print(JSON.stringify(explanation, null, 2));
  for (const line of cacheExplanationLines(explanation)) context.print(line);
}
