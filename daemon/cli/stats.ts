// `pointsman stats`: what was spent, what was saved, and on which models; also the books as files.

import { ATTEMPTS_CSV, EXCHANGES_CSV, JSON_LINES, type ExportForm } from '../ledger/export.ts';
import type { CacheBody } from '../protocol/cache-api.ts';
import type { StatusBody, TotalsBody } from '../protocol/control-api.ts';
import { CliError, textOption, type Command } from './command.ts';
import { connectToDaemon, type DaemonClient } from './daemon-client.ts';
import { counted } from './figures.ts';
import { homeOf } from './home-of.ts';
import { exportBooks } from './stats-export.ts';
import { statsLines } from './stats-lines.ts';

const EXPORTS: readonly (readonly [option: string, form: ExportForm])[] = [
  ['csv', EXCHANGES_CSV],
  ['csv-attempts', ATTEMPTS_CSV],
  ['json-lines', JSON_LINES],
];

export const statsCommand: Command = {
  name: 'stats',
  synopsis: '[--since 7d] [--json] [--csv FILE] [--csv-attempts FILE] [--json-lines FILE]',
  summary: 'Show spend, savings against the baseline and the share of each model; export the books.',
  options: {
    since: { type: 'string' },
    json: { type: 'boolean' },
    csv: { type: 'string' },
    'csv-attempts': { type: 'string' },
    'json-lines': { type: 'string' },
  },
  optionHelp: {
    since: 'only what came since then: 90m, 24h, 7d, or a date such as 2026-11-01 (UTC)',
    json: 'print the totals as JSON',
    csv: 'also write every request as a row to FILE',
    'csv-attempts': 'also write every attempt as a row, with its tokens and unit prices, to FILE',
    'json-lines': 'also write every request as a line of JSON to FILE',
  },
  async run(context, values) {
    const sinceAtMs = await sinceOf(textOption(values, 'since'));
    const daemon = await connectToDaemon(homeOf(context, values));
    const byModel = await totalsBy(daemon, { groupBy: 'model', details: '1' }, sinceAtMs);
    if (values['json'] === true) {
      context.print(JSON.stringify(byModel, null, 2));
    } else {
      const byComplexity = await totalsBy(daemon, { groupBy: 'complexity' }, sinceAtMs);
      const { models } = (await daemon.call('GET', 'status')) as StatusBody;
      const cache = (await daemon.call('GET', 'cache')) as CacheBody;
      const input = { byModel, byComplexity, models, cache };
      for (const line of statsLines(input)) context.print(line);
    }
    const targets = EXPORTS.flatMap(([option, form]) => {
      const file = textOption(values, option);
      return file === undefined ? [] : [{ option, form, file }];
    });
    const written = await exportBooks(daemon, { sinceAtMs, requests: byModel.requests }, targets);
    // Beside JSON on stdout another line would make it unreadable for programs.
    if (targets.length > 0 && values['json'] !== true) {
      const files = targets.map(({ file }) => file).join(' and ');
      context.print(`\n${counted(written, 'request')} written to ${files}`);
    }
    return 0;
  },
};

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

async function totalsBy(
  daemon: DaemonClient,
  asked: Readonly<Record<string, string>>,
  sinceAtMs: number | undefined,
): Promise<TotalsBody> {
  const query = new URLSearchParams({
    ...asked,
    ...(sinceAtMs === undefined ? {} : { since: String(sinceAtMs) }),
  });
  return (await daemon.call('GET', `totals?${query.toString()}`)) as TotalsBody;
}
