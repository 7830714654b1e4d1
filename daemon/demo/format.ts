// How the demo prints: one line a request, a closing table, and the books held against the simulated bills.

import type { TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';

const COLUMNS: readonly (readonly [title: string, width: number, align: 'left' | 'right'])[] = [
  ['#', 3, 'right'],
  ['request', 23, 'left'],
  ['task', 14, 'left'],
  ['grade', 8, 'left'],
  ['model', 10, 'left'],
  ['why', 18, 'left'],
  ['tries', 5, 'right'],
  ['cost $', 10, 'right'],
  ['baseline $', 10, 'right'],
  ['saved $', 10, 'right'],
];

const GREEN = 32;
const RED = 31;
const DIM = 2;
const BOLD = 1;

export function formatHeading(url: string, providers: readonly string[], useColour: boolean): string {
  return [
    paint('Pointsman demo', BOLD, useColour),
    `Real daemon at ${url}; real openai client; SIMULATED providers (${providers.join(', ')}) on this machine only.`,
    'Each request asks for "auto". Baseline = what the same request would have cost on sim-large, its own prompt cache included.',
    '',
    paint(row(COLUMNS.map(([title]) => title)), DIM, useColour),
  ].join('\n');
}

export function formatRequestLine(
  number: number,
  title: string,
  record: ExchangeRecord,
  useColour: boolean,
): string {
  const line = row([
    String(number),
    title,
    record.task ?? '-',
    record.complexity ?? '-',
    record.responseModel ?? '-',
    whyOf(record),
    String(record.attempts.length),
    usd(record.costUsd),
    usd(record.baselineCostUsd),
    usd(record.savedUsd),
  ]);
  return record.status === 'ok' && (record.savedUsd ?? 0) >= 0 ? line : paint(line, RED, useColour);
}

/** A line between two groups of requests. */
export function formatSection(title: string, useColour: boolean): string {
  return paint(`     ${title}`, DIM, useColour);
}

function whyOf(record: ExchangeRecord): string {
  if (record.status === 'ok') return record.reason ?? '-';
  return record.errorType === 'upstream.stream_interrupted' ? 'answer broke off' : record.status;
}

/** The books and the bills must agree: a demo that cannot show that has failed. */
const LARGEST_DIFFERENCE_USD = 0.0005;

export function formatSummary(
  totals: TotalsBody,
  billedUsd: number,
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
  const differenceUsd = Math.abs(totals.costUsd - billedUsd);
  const saved = `${usd(totals.savedUsd)} $ (${percent(totals.savedRatio)} of the baseline)`;
  return {
    isHonest: differenceUsd <= LARGEST_DIFFERENCE_USD,
    lines: [
      '',
      ...table,
      '',
      `${totals.requests} requests cost ${usd(totals.costUsd)} $; on sim-large alone they would have cost ${usd(totals.baselineCostUsd)} $.`,
      `Saved, net of failed and broken attempts: ${paint(saved, GREEN, useColour)}. Coverage ${percent(totals.coverageRatio)}.`,
      `The simulated providers billed ${usd(billedUsd)} $: the books differ by ${usd(differenceUsd)} $ (the broken answer came without usage; its part is estimated).`,
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
  return amount === null ? 'unknown' : amount.toFixed(6);
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${(ratio * 100).toFixed(1)} %`;
}

function paint(text: string, code: number, useColour: boolean): string {
  return useColour ? `\u001B[${code}m${text}\u001B[0m` : text;
}
