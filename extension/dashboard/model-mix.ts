// Totals by model, task, grade, client, workspace or day -> shares of requests, tokens and spend, and rows of a table. Pure.

import type {
  ModelStatus,
  TotalsBody,
  TotalsGroup,
  TotalsGroupBy,
} from '../../daemon/protocol/control-api.ts';
import { percent } from './figures.ts';
import { clientName } from './words.ts';

export interface MixRow {
  readonly key: string;
  readonly label: string;
  readonly requests: number;
  readonly requestShare: number;
  /** null = nobody counted them. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly tokenShare: number | null;
  /** null = not priced. */
  readonly costUsd: number | null;
  readonly spendShare: number | null;
  readonly costPerRequestUsd: number | null;
  /** null = nothing could be compared. */
  readonly savedUsd: number | null;
  /** Only of models, and only of those that are configured now. */
  readonly inputUsdPerMtok: number | null;
  readonly outputUsdPerMtok: number | null;
}

export interface MixSegment {
  readonly label: string;
  /** 0..1. */
  readonly share: number;
  /** Which of the chart's colours, from 1; 0 = what is left over. The same group has the same colour in every bar. */
  readonly colour: number;
}

export interface MixBar {
  readonly label: string;
  readonly segments: readonly MixSegment[];
  /** The whole bar in a sentence, for those who do not see it. */
  readonly sentence: string;
}

/** So many colours can be told apart; the rest is one segment. */
export const MIX_COLOURS = 6;

const NAMES: Readonly<Record<TotalsGroupBy, string>> = {
  model: 'Model',
  task: 'Task',
  complexity: 'Grade',
  client: 'Client',
  workspace: 'Workspace',
  day: 'Day (UTC)',
};

/** What a request without the property is called. */
const UNKNOWN_NAMES: Readonly<Record<TotalsGroupBy, string>> = {
  model: 'No answer',
  task: 'Not graded',
  complexity: 'Not graded',
  client: 'Unknown client',
  workspace: 'No workspace',
  day: 'Unknown day',
};

export function groupName(groupBy: TotalsGroupBy): string {
  return NAMES[groupBy];
}

/** Most requests first; days newest first. */
export function mixRows(
  totals: TotalsBody,
  groupBy: TotalsGroupBy,
  models: readonly ModelStatus[],
): readonly MixRow[] {
  const priceOf = new Map(groupBy === 'model' ? models.map((model) => [model.id, model]) : []);
  const rows = totals.groups.map((group) => rowOf(group, groupBy, priceOf.get(group.key)));
  return groupBy === 'day'
    ? rows.toSorted((a, b) => (a.key < b.key ? 1 : -1))
    : rows.toSorted((a, b) => b.requests - a.requests);
}

function rowOf(group: TotalsGroup, groupBy: TotalsGroupBy, model: ModelStatus | undefined): MixRow {
  const isCounted = group.countedRequests > 0;
  const isPriced = group.pricedRequests > 0;
  return {
    key: group.key,
    label: labelOf(group.key, groupBy),
    requests: group.requests,
    requestShare: group.requestShare,
    inputTokens: isCounted ? group.tokens.inputTokens : null,
    outputTokens: isCounted ? group.tokens.outputTokens : null,
    tokenShare: isCounted ? group.tokenShare : null,
    costUsd: isPriced ? group.costUsd : null,
    spendShare: isPriced ? group.spendShare : null,
    costPerRequestUsd: isPriced ? group.costUsd / group.pricedRequests : null,
    savedUsd: group.comparableRequests > 0 ? group.savedUsd : null,
    inputUsdPerMtok: model?.inputUsdPerMtok ?? null,
    outputUsdPerMtok: model?.outputUsdPerMtok ?? null,
  };
}

function labelOf(key: string, groupBy: TotalsGroupBy): string {
  if (key === 'unknown') return UNKNOWN_NAMES[groupBy];
  if (groupBy === 'client') return clientName(key);
  return groupBy === 'task' || groupBy === 'complexity' ? key.slice(0, 1).toUpperCase() + key.slice(1) : key;
}

/** Three bars: the same groups by requests, by tokens and by spend. */
export function mixBars(rows: readonly MixRow[]): readonly MixBar[] {
  // The groups that matter most in any of the three get a colour of their own.
  const weight = (row: MixRow): number =>
    Math.max(row.requestShare, row.tokenShare ?? 0, row.spendShare ?? 0);
  const named = rows.toSorted((a, b) => weight(b) - weight(a)).slice(0, MIX_COLOURS);
  const bar = (label: string, shareOf: (row: MixRow) => number | null): MixBar => {
    const segments = named.map((row, index) => ({
      label: row.label,
      share: shareOf(row) ?? 0,
      colour: index + 1,
    }));
    const rest = rows
      .filter((row) => !named.includes(row))
      .reduce((sum, row) => sum + (shareOf(row) ?? 0), 0);
    const others =
      rows.length > named.length
        ? [{ label: `${rows.length - named.length} others`, share: rest, colour: 0 }]
        : [];
    return barOf(label, [...segments, ...others]);
  };
  return [
    bar('Requests', (row) => row.requestShare),
    bar('Tokens', (row) => row.tokenShare),
    bar('Spend', (row) => row.spendShare),
  ];
}

function barOf(label: string, all: readonly MixSegment[]): MixBar {
  const segments = all.filter(({ share }) => share > 0);
  const parts = segments.map((segment) => `${segment.label} ${percent(segment.share)}`);
  const sentence = parts.length === 0 ? `${label}: nothing counted yet` : `${label}: ${parts.join(', ')}`;
  return { label, segments, sentence };
}
