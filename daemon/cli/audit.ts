// `pointsman audit`: what the histories of assistants on this machine have cost, and what routing would have cost. Reads
// files, opens no connection, writes nothing.

import { existsSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import path from 'node:path';
import type { AuditReport } from '../audit/audit-report.ts';
import type { ReadProgress } from '../audit/read-histories.ts';
import type { RouterConfig } from '../config/schema.ts';
import { auditLines } from './audit-text.ts';
import { CliError, textOption, type CliContext, type Command, type OptionValues } from './command.ts';
import { homeOf } from './home-of.ts';
import { createProgress } from './progress.ts';

export const auditCommand: Command = {
  name: 'audit',
  synopsis: '[PATH…] [--since 30d] [--json]',
  summary:
    'Read the local histories of Claude Code, Codex and Cline and say what they cost and what routing would have cost; nothing leaves this machine.',
  options: { since: { type: 'string' }, json: { type: 'boolean' }, config: { type: 'string' } },
  maxPositionals: 1000,
  optionHelp: {
    since: 'only requests since then: 90m, 24h, 7d, or a date such as 2026-11-01 (UTC)',
    json: 'print the report as JSON',
    config: 'route among the models of this configuration file (default HOME/config.jsonc if there is one)',
  },
  async run(context, values, positionals) {
    const sinceMs = await sinceOf(textOption(values, 'since'));
    const places = positionals.length > 0 ? namedPlaces(positionals) : await usualPlaces(context);
    const report = await runAudit(context, values, places, sinceMs);
    if (values['json'] === true) context.print(JSON.stringify(report, null, 2));
    else for (const line of auditLines(report)) context.print(line);
    return 0;
  },
};

async function runAudit(
  context: CliContext,
  values: OptionValues,
  places: readonly string[],
  sinceMs: number | undefined,
): Promise<AuditReport> {
  const home = homeOf(context, values);
  const config = await configOf(home, textOption(values, 'config'));
  // Loaded here, so that the other commands start without the classifier's weights.
  const [{ audit }, { createPriceBook }, { createLearnedClassifier }, { cheapestCapablePolicy }] =
    await Promise.all([
      import('../audit/audit.ts'),
      import('../catalog/price-book.ts'),
      import('../classify/learned-classifier.ts'),
      import('../route/cheapest-capable-policy.ts'),
    ]);
  const { replayHistory } = await import('../ledger/replay-history.ts');
  const { resolveApiKey } = await import('../config/resolve-key.ts');
  const bar = createProgress('reading MB', process.stderr, { isLogged: true });
  const startedAtMs = performance.now();
  const interrupted = new AbortController();
  const onSignal = (): void => {
    // Once: tell what there is. Twice: be gone.
    if (interrupted.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interrupted.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await audit(
      {
        config,
        resolveKey: (_provider, ref) => resolveApiKey(ref, { environment: context.environment, home }),
        priceBook: createPriceBook(),
        classifier: createLearnedClassifier({
          maxTurnsBeforeUpgrade: () => config.policy.maxTurnsBeforeUpgrade,
        }),
        policy: cheapestCapablePolicy,
        replay: replayHistory,
        now: Date.now,
      },
      {
        places,
        signal: interrupted.signal,
        ...(sinceMs === undefined ? {} : { sinceMs }),
        onProgress: (progress) =>
          bar.update(megabytes(progress.bytesDone), megabytes(progress.bytes), () =>
            rateText(progress, performance.now() - startedAtMs),
          ),
      },
    );
  } finally {
    bar.end();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** As shells tell of a process that ended at Ctrl+C. */
const EXIT_INTERRUPTED = 130;
const BYTES_PER_MB = 1_000_000;

function megabytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_MB);
}

function rateText({ files, filesDone, bytesDone, calls }: ReadProgress, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? (bytesDone / BYTES_PER_MB / elapsedMs) * 1000 : 0;
  return `${filesDone} of ${files} files, ${calls} requests, ${rate.toFixed(0)} MB/s`;
}

/** Unix epoch ms; undefined = from the beginning. */
async function sinceOf(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseTotalsQuery } = await import('../control/control-bodies.ts'); // loads zod, some 20 ms
  try {
    return parseTotalsQuery(new URLSearchParams({ since: text }), Date.now()).sinceAtMs;
  } catch (error) {
    throw new CliError(`--${error instanceof Error ? error.message : String(error)}`, 2);
  }
}

function namedPlaces(given: readonly string[]): readonly string[] {
  for (const place of given) {
    if (!existsSync(place)) throw new CliError(`there is no file or folder ${place}; check the path`);
  }
  return given.map((place) => path.resolve(place));
}

async function usualPlaces(context: CliContext): Promise<readonly string[]> {
  const { historyPlaces } = await import('../audit/history-places.ts');
  const { environment } = context;
  // The variable first, as everything that runs in a shell does.
  const home = environment[platform() === 'win32' ? 'USERPROFILE' : 'HOME'];
  return historyPlaces({ environment, platform: platform(), homedir: home || homedir() });
}

/** The defaults where there is none; a broken one is told, since its models would be missing. */
async function configOf(home: string, given: string | undefined): Promise<RouterConfig> {
  const [{ loadConfig }, { SHIPPED_NAMES }] = await Promise.all([
    import('../config/load-config.ts'),
    import('../catalog/default-models.ts'),
  ]);
  const loaded = await loadConfig({ path: given ?? path.join(home, 'config.jsonc'), known: SHIPPED_NAMES });
  if (loaded.status === 'invalid')
    throw new CliError(`${loaded.error}; mend it or name another with --config`);
  if (loaded.status === 'absent' && given !== undefined) {
    throw new CliError(`there is no configuration file ${given}; check the path`);
  }
  return loaded.config;
}
