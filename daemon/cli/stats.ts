// `pointsman stats`: what was spent, what was saved, and on which models.

import { writeFileSync } from 'node:fs';
import { exchangesToCsv } from '../ledger/export.ts';
import type { ExchangesBody, ModelStatus, StatusBody, TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { CliError, textOption, type Command } from './command.ts';
import { connectToDaemon, type DaemonClient } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { alignRows } from './table.ts';

type ListedExchange = Omit<ExchangeRecord, 'decision'>;

export const statsCommand: Command = {
  name: 'stats',
  synopsis: '[--since 7d] [--json] [--csv FILE]',
  summary: 'Show spend, savings against the baseline and the share of each model.',
  options: { since: { type: 'string' }, json: { type: 'boolean' }, csv: { type: 'string' } },
  optionHelp: {
    since: 'only what came since then: 90m, 24h, 7d, or a date such as 2026-11-01 (UTC)',
    json: 'print the totals as JSON',
    csv: 'also write every request as a row to FILE',
  },
  async run(context, values) {
    const sinceAtMs = await sinceOf(textOption(values, 'since'));
    const daemon = await connectToDaemon(homeOf(context, values));
    const byModel = await totalsBy(daemon, 'model', sinceAtMs);
    if (values['json'] === true) {
      context.print(JSON.stringify(byModel, null, 2));
    } else {
      const byComplexity = await totalsBy(daemon, 'complexity', sinceAtMs);
      const { models } = (await daemon.call('GET', 'status')) as StatusBody;
      for (const line of statsLines({ byModel, byComplexity, models })) context.print(line);
    }
    const csv = textOption(values, 'csv');
    if (csv === undefined) return 0;
    const records = await exchangesSince(daemon, sinceAtMs);
    writeCsv(csv, exchangesToCsv(records));
    // Beside JSON on stdout a second line would make it unreadable for programs.
    if (values['json'] !== true) context.print(`\n${records.length} rows written to ${csv}`);
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
  groupBy: 'model' | 'complexity',
  sinceAtMs: number | undefined,
): Promise<TotalsBody> {
  const query = new URLSearchParams({
    groupBy,
    ...(sinceAtMs === undefined ? {} : { since: String(sinceAtMs) }),
  });
  return (await daemon.call('GET', `totals?${query.toString()}`)) as TotalsBody;
}

/** Newest first. */
async function exchangesSince(
  daemon: DaemonClient,
  sinceAtMs: number | undefined,
): Promise<readonly ListedExchange[]> {
  const records: ListedExchange[] = [];
  for (let next: string | null = ''; next !== null;) {
    const query = new URLSearchParams({ limit: '500', ...(next === '' ? {} : { before: next }) });
    const page = (await daemon.call('GET', `exchanges?${query.toString()}`)) as ExchangesBody;
    records.push(...page.exchanges);
    next = page.next;
  }
  // Pages are in the order of the books, in which a long request comes after shorter ones that started later.
  return records.filter(({ startedAt }) => sinceAtMs === undefined || Date.parse(startedAt) >= sinceAtMs);
}

function writeCsv(file: string, content: string): void {
  try {
    writeFileSync(file, content, { mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`cannot write ${file} (${code}); choose another place with --csv`);
  }
}

/** For a person. `models` are the configured ones, for their prices. */
export function statsLines(input: {
  readonly byModel: TotalsBody;
  readonly byComplexity: TotalsBody;
  readonly models: readonly ModelStatus[];
}): readonly string[] {
  const { byModel: totals, byComplexity, models } = input;
  if (totals.requests === 0) return ['no requests yet; point an assistant at the daemon and come back'];
  return [
    ...headLines(totals),
    '',
    ...modelLines(totals, models),
    '',
    ...alignRows([
      ['grade', 'requests', 'share', 'cost', 'of spend', 'saved'],
      ...byComplexity.groups.map((group) => [
        group.key,
        String(group.requests),
        percent(group.requestShare),
        usd(group.costUsd),
        percent(group.spendShare),
        usd(group.savedUsd),
      ]),
    ]),
  ];
}

function headLines(totals: TotalsBody): readonly string[] {
  const { projection, tokens, latencyMs, timeToFirstChunkMs: firstChunkMs } = totals;
  return alignRows([
    ['requests', `${totals.requests}, ${totals.failedRequests} failed`],
    [
      'tokens',
      `${tokens.inputTokens} in (${tokens.cacheReadInputTokens} from cache), ${tokens.outputTokens} out`,
    ],
    [
      'cost',
      `${usd(totals.costUsd)}, of it classifier ${usd(totals.classifierCostUsd)}, failed attempts ${usd(totals.failedAttemptsCostUsd)}`,
    ],
    ['baseline', usd(totals.baselineCostUsd)],
    [
      'saved',
      `${usd(totals.savedUsd)} (${percent(totals.savedRatio)}); ${percent(totals.coverageRatio)} of the requests could be compared`,
    ],
    [
      'projection',
      projection.monthlySavedUsd === null
        ? 'not before a full day of requests'
        : `${usd(projection.monthlySavedUsd)} saved a month, ${usd(projection.yearlySavedUsd)} a year`,
    ],
    [
      'latency',
      `mean ${ms(totals.meanLatencyMs)}, p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}; first chunk p50 ${ms(firstChunkMs.p50)}, p95 ${ms(firstChunkMs.p95)}`,
    ],
    ['cache', `${percent(totals.cacheHitRatio)} of the requests answered from it`],
  ]);
}

function modelLines(totals: TotalsBody, models: readonly ModelStatus[]): readonly string[] {
  const priceOf = new Map(models.map((model) => [model.id, model]));
  return alignRows([
    ['model', 'requests', 'share', 'tok in', 'tok out', 'in $/M', 'out $/M', 'cost', 'of spend', 'saved'],
    ...totals.groups.map((group) => [
      group.key,
      String(group.requests),
      percent(group.requestShare),
      String(group.tokens.inputTokens),
      String(group.tokens.outputTokens),
      price(priceOf.get(group.key)?.inputUsdPerMtok),
      price(priceOf.get(group.key)?.outputUsdPerMtok),
      usd(group.costUsd),
      percent(group.spendShare),
      usd(group.savedUsd),
    ]),
  ]);
}

/** `-` for a model that is not configured any more. */
function price(usdPerMtok: number | null | undefined): string {
  if (usdPerMtok === undefined) return '-';
  return usdPerMtok === null ? 'unpriced' : String(usdPerMtok);
}

function usd(amount: number | null): string {
  return amount === null ? 'unknown' : `${amount.toFixed(4)} $`;
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${(ratio * 100).toFixed(1)} %`;
}

function ms(value: number | null): string {
  return value === null ? 'unknown' : `${Math.round(value)}ms`;
}
