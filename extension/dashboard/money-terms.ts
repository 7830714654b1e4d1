// The money of one request term by term: tokens of each kind times their price, what each attempt came to, the same for
// the baseline, and what is left over. Pure. The figures are the record's own; the terms only show what they are made of.

import type {
  AttemptRecord,
  BaselineTerms,
  ExchangeRecord,
  UnitPrices,
} from '../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../daemon/protocol/vocabulary.ts';

export interface MoneyTerm {
  readonly kind: string;
  readonly tokens: number;
  readonly usdPerMtok: number;
  readonly amountUsd: number;
}

export interface MoneyPart {
  readonly title: string;
  /** Empty where the part is not a sum of tokens; then `note` says what it is. */
  readonly terms: readonly MoneyTerm[];
  readonly note: string | null;
  /** null = unknown. */
  readonly totalUsd: number | null;
  readonly isFailed: boolean;
}

export interface MoneySheet {
  /** Attempts in order, then the classifier where it cost something. */
  readonly parts: readonly MoneyPart[];
  readonly costUsd: number | null;
  /** Inside `costUsd`; null when there is none. */
  readonly failedAttemptsUsd: number | null;
  readonly baseline: MoneyPart;
  readonly savedUsd: number | null;
  /** Parts of `savedUsd` that are not 0; empty with only one. */
  readonly savedBy: readonly { readonly cause: string; readonly amountUsd: number }[];
  /** Some tokens were counted by us, since the provider did not say. */
  readonly isEstimated: boolean;
  /** With so many decimals the terms are seen to add up. */
  readonly decimals: number;
  /** Why something is not known, and what one should know about the figures; sentences. */
  readonly notes: readonly string[];
}

type Billed = Pick<
  ExchangeRecord,
  | 'attempts'
  | 'cache'
  | 'usageSource'
  | 'costUsd'
  | 'classifierCostUsd'
  | 'failedAttemptsCostUsd'
  | 'baselineModel'
  | 'baselineCostUsd'
  | 'baseline'
  | 'savedUsd'
  | 'savedBy'
  | 'status'
  | 'reason'
  | 'responseModel'
>;

const TOKENS_PER_MTOK = 1_000_000;

export function moneySheet(record: Billed): MoneySheet {
  const isEstimated = record.attempts.some(({ usageSource }) => usageSource === 'estimated');
  const parts = [...record.attempts.map(attemptPart), ...classifierParts(record.classifierCostUsd)];
  const baseline = baselinePart(record);
  return {
    parts,
    costUsd: record.costUsd,
    failedAttemptsUsd: record.failedAttemptsCostUsd === 0 ? null : record.failedAttemptsCostUsd,
    baseline,
    savedUsd: record.savedUsd,
    savedBy: causes(record),
    isEstimated,
    decimals: decimalsFor([...parts, baseline].flatMap(({ terms }) => terms)),
    notes: notesOf(record, isEstimated),
  };
}

/** Tokens of each kind that were billed, at their price. Reads and writes of the cache lie inside the input. */
export function moneyTerms(usage: TokenUsage, prices: UnitPrices): readonly MoneyTerm[] {
  const { inputTokens, cacheReadInputTokens: read, cacheCreationInputTokens: written, outputTokens } = usage;
  const rows: readonly (readonly [string, number, number])[] = [
    ['Input', Math.max(0, inputTokens - read - written), prices.inputUsdPerMtok],
    ['Read from the prompt cache', read, prices.cacheReadUsdPerMtok],
    ['Written to the prompt cache', written, prices.cacheWriteUsdPerMtok],
    ['Output', outputTokens, prices.outputUsdPerMtok],
  ];
  return rows
    .filter(([, count]) => count > 0)
    .map(([kind, tokens, usdPerMtok]) => ({
      kind,
      tokens,
      usdPerMtok,
      amountUsd: (tokens * usdPerMtok) / TOKENS_PER_MTOK,
    }));
}

function attemptPart(attempt: AttemptRecord): MoneyPart {
  const { usage, prices, costUsd, status } = attempt;
  const isSum = usage !== null && prices !== null && attempt.costSource !== 'provider' && costUsd !== null;
  const terms = isSum ? moneyTerms(usage, prices) : [];
  // Free and flat-rate models may have a price and bill nothing.
  const closes = isSum && isClose(sum(terms), costUsd);
  return {
    title: attempt.model,
    terms: closes ? terms : [],
    note: attemptNote(attempt, closes),
    totalUsd: costUsd,
    isFailed: status === 'failed',
  };
}

function attemptNote(attempt: AttemptRecord, closes: boolean): string | null {
  const { usage, costUsd, costSource, prices } = attempt;
  if (costSource === 'provider') return 'The figure is the provider’s own.';
  if (costUsd === null) return 'This model has no price, so what it cost is unknown.';
  if (usage === null)
    return attempt.possiblyBilled ? POSSIBLY_BILLED : 'Nothing was used, so nothing was billed.';
  if (closes) return prices === null ? null : priceNote(prices);
  return costUsd === 0 ? 'Not billed by the token.' : 'The terms of this figure were not kept.';
}

const POSSIBLY_BILLED = 'It may have been billed, but the provider reported no usage; counted as 0.';

const priceNote = ({ source, asOf }: UnitPrices): string => `Prices of ${asOf}, from ${source}.`;

function classifierParts(classifierCostUsd: number): readonly MoneyPart[] {
  if (classifierCostUsd === 0) return [];
  const note = 'Asked a small model how hard the request is.';
  return [{ title: 'Classifier', terms: [], note, totalUsd: classifierCostUsd, isFailed: false }];
}

function baselinePart(record: Billed): MoneyPart {
  const { baseline, baselineModel, baselineCostUsd } = record;
  const title = baselineModel ?? 'No baseline';
  const terms = baseline == null ? [] : moneyTerms(baseline.usage, baseline.prices);
  return { title, terms, note: baselineNote(record, baseline), totalUsd: baselineCostUsd, isFailed: false };
}

function baselineNote(record: Billed, baseline: BaselineTerms | null | undefined): string | null {
  if (record.baselineCostUsd === null) {
    return record.costUsd === null
      ? 'Without a known cost there is nothing to compare with.'
      : 'What the baseline would have cost is not known, so nothing is claimed.';
  }
  if (record.status === 'error' || record.status === 'interrupted') {
    return 'There was no complete answer, so nothing was worth paying for.';
  }
  if (baseline == null) {
    const isItself = record.responseModel === record.baselineModel;
    return isItself ? 'The baseline model itself answered.' : 'The terms of this figure were not kept.';
  }
  const ratio = baseline.outputRatio;
  const written =
    ratio === undefined || ratio === 1
      ? ''
      : ` It was seen to write ${ratio.toFixed(2)} times as much as the model that answered.`;
  return `The same request with this model’s own prompt cache and tokenizer.${written} ${priceNote(baseline.prices)}`;
}

function causes({ savedBy }: Billed): MoneySheet['savedBy'] {
  const all = [
    { cause: 'Routing', amountUsd: savedBy.routing },
    { cause: 'Exact cache', amountUsd: savedBy.exactCache },
    { cause: 'Semantic cache', amountUsd: savedBy.semanticCache },
    { cause: 'Prompt cache marks', amountUsd: savedBy.promptCacheInjection },
  ].filter(({ amountUsd }) => amountUsd !== 0);
  const [first] = all;
  return all.length === 1 && first?.cause === 'Routing' ? [] : all;
}

function notesOf(record: Billed, isEstimated: boolean): readonly string[] {
  return [
    ...(isEstimated ? ['Tokens are estimated, since the provider did not report them.'] : []),
    ...(record.cache === 'exact' ? ['The answer came from the exact cache.'] : []),
    ...(record.cache === 'semantic' ? ['The answer came from the semantic cache.'] : []),
    ...(record.costUsd === null && record.attempts.length === 0 ? [COST_UNKNOWN] : []),
  ];
}

/** Micro-dollars, and finer where a term would hardly be seen in them. */
function decimalsFor(terms: readonly MoneyTerm[]): number {
  return terms.some(({ amountUsd }) => amountUsd > 0 && amountUsd < 0.000_1) ? 8 : 6;
}

const COST_UNKNOWN = 'It ended before anything was written down, so what it cost is unknown.';

export const sum = (terms: readonly MoneyTerm[]): number =>
  terms.reduce((total, { amountUsd }) => total + amountUsd, 0);

/** To a billionth: what doubles can tell apart. */
export function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) + 1e-12;
}
