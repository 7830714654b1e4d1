// What an audit says to a person: the sums first, then who and what they are made of. Counts, names of models and money;
// never a word of a prompt.

import type { AuditReport, AuditSource } from '../audit/audit-report.ts';
import type { Complexity } from '../protocol/vocabulary.ts';
import { count, counted, moneyFormat, percent, short, UNKNOWN } from './figures.ts';
import { alignRows } from './table.ts';

type Money = (amount: number | null) => string;

const ASSISTANTS: Readonly<Record<string, string>> = {
  'claude-code': 'Claude Code',
  codex: 'Codex',
  cline: 'Cline',
  'roo-code': 'Roo Code',
  'kilo-code': 'Kilo Code',
};

export function auditLines(report: AuditReport): readonly string[] {
  if (report.requests === 0) return [...emptyLines(report), ...noteLines(report)];
  const usd = moneyOf(report);
  return [
    headLine(report),
    '',
    ...alignRows([
      ['cost at list prices', usd(report.actualUsd)],
      ['with routing', routedText(report, usd)],
      ['difference', differenceText(report, usd)],
      ['share of requests', sharesText(report.shares)],
      ['from prompt cache', `${percent(cachedRatio(report.tokens))} of the input tokens`],
    ]),
    '',
    ...sourceLines(report, usd),
    '',
    ...modelLines(report, usd),
    '',
    routedToLine(report),
    'Read on this machine; nothing was sent anywhere and nothing was written.',
    ...noteLines(report),
  ];
}

function emptyLines({ files, isPartial }: AuditReport): readonly string[] {
  if (isPartial) return ['Interrupted before the first request was read.'];
  if (files.read > 0) {
    const found = counted(files.read, 'history was', 'histories were');
    return [`${found} found, but no request with its usage in it; try a longer --since.`];
  }
  return [
    'No history of Claude Code, Codex or Cline was found on this machine, so there is nothing to audit yet.',
    'If they lie elsewhere: pointsman audit PATH',
  ];
}

function headLine(report: AuditReport): string {
  const { requests, asks, conversations, days, firstAt, lastAt, files } = report;
  const from = (firstAt ?? '').slice(0, 10);
  const to = (lastAt ?? '').slice(0, 10);
  const span = from === to ? `on ${from}` : `on ${counted(days, 'day')} from ${from} to ${to}`;
  return `${counted(requests, 'request')} for ${counted(asks, 'ask')} in ${counted(conversations, 'conversation')} ${span}, from ${counted(files.read, 'file')}`;
}

function routedText({ routedUsd, intervalUsd, moved, requests }: AuditReport, usd: Money): string {
  if (routedUsd === null) return 'unknown: no model of the history has a price';
  const interval = intervalUsd === null ? '' : ` (95 %: ${usd(intervalUsd[0])} to ${usd(intervalUsd[1])})`;
  return `${usd(routedUsd)}${interval}, another model for ${percent(moved / requests)} of the requests`;
}

function differenceText({ savedUsd, savedRatio, coverageRatio }: AuditReport, usd: Money): string {
  if (savedUsd === null) return 'unknown';
  const ratio = savedRatio === null ? '' : ` (${percent(Math.abs(savedRatio))})`;
  const sentence =
    savedUsd < 0
      ? `routing would have cost ${usd(-savedUsd)}${ratio} more`
      : `routing would have saved ${usd(savedUsd)}${ratio}`;
  return `${sentence}; ${percent(coverageRatio)} of the requests are priced`;
}

function sourceLines({ sources }: AuditReport, usd: Money): readonly string[] {
  const row = (source: AuditSource): readonly string[] => [
    ASSISTANTS[source.assistant] ?? source.assistant,
    count(source.requests),
    percent(source.shares.simple),
    percent(source.shares.moderate),
    percent(source.shares.complex),
    percent(cachedRatio(source.tokens)),
    usd(source.actualUsd),
    usd(source.routedUsd),
    usd(source.savedUsd),
  ];
  const heading = [
    'assistant',
    'requests',
    'simple',
    'moderate',
    'complex',
    'cached',
    'cost',
    'routed',
    'saved',
  ];
  return alignRows([heading, ...sources.map(row)]);
}

function modelLines({ sources }: AuditReport, usd: Money): readonly string[] {
  const rows = sources.flatMap(({ assistant, models }) =>
    models.map((model) => [
      model.model === '' ? '(not named)' : model.model,
      ASSISTANTS[assistant] ?? assistant,
      count(model.requests),
      short(model.tokens.inputTokens),
      percent(cachedRatio(model.tokens)),
      short(model.tokens.outputTokens),
      model.actualUsd === null ? 'unpriced' : usd(model.actualUsd),
      count(model.moved),
      usd(model.routedUsd),
      usd(model.savedUsd),
    ]),
  );
  const heading = [
    'model',
    'assistant',
    'requests',
    'tok in',
    'cached',
    'tok out',
    'cost',
    'moved',
    'routed',
    'saved',
  ];
  return alignRows([heading, ...rows]);
}

function routedToLine({ routedTo, modelsFrom }: AuditReport): string {
  const total = routedTo.reduce((sum, { requests }) => sum + requests, 0);
  const models = routedTo
    .filter(({ requests }) => requests > 0)
    .map(({ model, requests }) => `${model} ${percent(requests / total)}`);
  const among =
    modelsFrom === 'configuration'
      ? 'the models of your configuration'
      : 'the current models of the same vendors and of those you have a key for, at the prices of today';
  return models.length === 0 ? 'Nothing could be routed.' : `Routed among ${among}: ${models.join(', ')}.`;
}

function noteLines({ notes }: AuditReport): readonly string[] {
  return notes.map((note) => `note: ${note}`);
}

function sharesText(shares: Readonly<Record<Complexity, number>>): string {
  const { simple, moderate, complex } = shares;
  return `simple ${percent(simple)}, moderate ${percent(moderate)}, complex ${percent(complex)}`;
}

function cachedRatio(tokens: {
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
}): number | null {
  return tokens.inputTokens === 0 ? null : tokens.cacheReadInputTokens / tokens.inputTokens;
}

/** One width of decimals for the whole report. */
function moneyOf({ actualUsd, routedUsd }: AuditReport): Money {
  const format = moneyFormat(Math.max(actualUsd ?? 0, routedUsd ?? 0));
  return (amount) => (amount === null ? UNKNOWN : `${format(amount)} $`);
}
