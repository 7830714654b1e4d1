// How the demo prints: one line a request, a closing table, and the books held against the simulated bills.

import type { TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { SimulatedProvider } from './simulated-provider.ts';

const COLUMNS: readonly (readonly [title: string, width: number, align: 'left' | 'right'])[] = [
  ['#', 2, 'right'],
  ['request', 15, 'left'],
  ['in>out', 9, 'left'],
  ['task', 14, 'left'],
  ['grade', 8, 'left'],
  ['model', 10, 'left'],
  ['why', 16, 'left'],
  ['cost $', 8, 'right'],
  ['baseline $', 10, 'right'],
  ['saved $', 9, 'right'],
];

/** Wire formats in one word. */
const FORMATS: Readonly<Partial<Record<DialectId, string>>> = {
  'openai-chat': 'chat',
  'openai-responses': 'resp',
  'anthropic-messages': 'msgs',
};

const GREEN = 32;
const RED = 31;
const DIM = 2;
const BOLD = 1;

export function formatHeading(
  url: string,
  providers: readonly Pick<SimulatedProvider, 'name' | 'dialect'>[],
  useColour: boolean,
): string {
  const vendors = providers.map(({ name, dialect }) => `${name} (${dialect})`).join(', ');
  return [
    paint('Pointsman demo', BOLD, useColour),
    `Real daemon at ${url}, real openai and @anthropic-ai/sdk clients; SIMULATED providers on this machine:`,
    `${vendors}.`,
    'Each request asks for "auto". in>out = format of the client > of the provider: chat, resp(onses), m(e)s(sa)g(e)s.',
    'Baseline = what the same request would have cost on sim-large, its own prompt cache included.',
    '',
    paint(row(COLUMNS.map(([title]) => title)), DIM, useColour),
  ].join('\n');
}

/** `providerDialect` null = no provider answered. */
export function formatRequestLine(
  number: number,
  title: string,
  record: ExchangeRecord,
  providerDialect: DialectId | null,
  useColour: boolean,
): string {
  const line = row([
    String(number),
    title,
    formatsOf(record.clientDialect, providerDialect),
    record.task ?? '-',
    record.complexity ?? '-',
    record.responseModel ?? '-',
    whyOf(record),
    usd(record.costUsd),
    usd(record.baselineCostUsd),
    usd(record.savedUsd),
  ]);
  const isLoss = usd(record.savedUsd).startsWith('-');
  return record.status === 'ok' && !isLoss ? line : paint(line, RED, useColour);
}

/** One word where nothing had to be translated. */
function formatsOf(client: DialectId, provider: DialectId | null): string {
  const word = (dialect: DialectId): string => FORMATS[dialect] ?? dialect;
  if (client === provider) return word(client);
  return `${word(client)}>${provider === null ? '-' : word(provider)}`;
}

/** A line between two groups of requests. */
export function formatSection(title: string, useColour: boolean): string {
  return paint(`     ${title}`, DIM, useColour);
}

function whyOf(record: ExchangeRecord): string {
  const tries = record.attempts.length;
  if (record.status === 'ok') return `${record.reason ?? '-'}${tries > 1 ? `, try ${tries}` : ''}`;
  return record.errorType === 'upstream.stream_interrupted' ? 'answer broke off' : record.status;
}

/** The books and the bills must agree: a demo that cannot show that has failed. Sums of doubles differ by less. */
const LARGEST_DIFFERENCE_USD = 1e-9;
/** For the answer that broke off, where the books have to estimate. */
const LARGEST_ESTIMATE_ERROR_RATIO = 0.5;

/** What was spent, USD: on answers whose usage was reported in full, and on those that broke off. */
export interface Spent {
  readonly reportedUsd: number;
  readonly brokenUsd: number;
}

export function formatSummary(
  totals: TotalsBody,
  books: Spent,
  bills: Spent,
  useColour: boolean,
): { readonly lines: readonly string[]; readonly isHonest: boolean } {
  const head = ['model', 'requests', 'share', 'input tok', 'cached tok', 'output tok', 'cost $', 'of spend'];
  const rows = totals.groups.map((group) => [
    group.key,
    String(group.requests),
    percent(group.requestShare),
    String(group.tokens.inputTokens),
    String(group.tokens.cacheReadInputTokens),
    String(group.tokens.outputTokens),
    usd(group.costUsd),
    percent(group.spendShare),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const table = [head, ...rows].map((cells, index) => {
    const line = cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
    return index === 0 ? paint(line, DIM, useColour) : line;
  });
  const differenceUsd = Math.abs(books.reportedUsd - bills.reportedUsd);
  const estimateErrorUsd = Math.abs(books.brokenUsd - bills.brokenUsd);
  const saved = `${usd(totals.savedUsd)} $ (${percent(totals.savedRatio)} of the baseline)`;
  return {
    isHonest:
      differenceUsd <= LARGEST_DIFFERENCE_USD &&
      estimateErrorUsd <= LARGEST_ESTIMATE_ERROR_RATIO * bills.brokenUsd,
    lines: [
      '',
      ...table,
      '',
      `${totals.requests} requests cost ${usd(totals.costUsd)} $; on sim-large alone they would have cost ${usd(totals.baselineCostUsd)} $.`,
      `Saved, net of failed and broken attempts: ${paint(saved, GREEN, useColour)}. Coverage ${percent(totals.coverageRatio)}.`,
      `The simulated providers billed ${usd(bills.reportedUsd + bills.brokenUsd)} $: the books differ by ${usd(differenceUsd)} $ for all answers that came to`,
      `their end. The one that broke off never told its output: billed ${usd(bills.brokenUsd)} $, in the books by estimate ${usd(books.brokenUsd)} $.`,
    ],
  };
}

function row(cells: readonly string[]): string {
  return COLUMNS.map(([, width, align], column) => {
    const cell = (cells[column] ?? '').slice(0, width);
    return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
  })
    .join('  ')
    .trimEnd();
}

function usd(amount: number | null): string {
  if (amount === null) return 'unknown';
  const text = amount.toFixed(6);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${(ratio * 100).toFixed(1)} %`;
}

function paint(text: string, code: number, useColour: boolean): string {
  return useColour ? `\u001B[${code}m${text}\u001B[0m` : text;
}
