// Works every figure of one stored exchange out again from the terms it is made of, and says which do not close. Pure.
// Written down a second time on purpose: a check that called the code that made the figures would find nothing.

import type { AttemptRecord, UnitPrices } from '../protocol/exchange-record.ts';
import type { Billing, TokenUsage } from '../protocol/vocabulary.ts';
import type { SummedRecord } from './sums.ts';

/** What can be wrong in a row. */
export type RowTerm =
  | 'attemptCost'
  | 'cost'
  | 'failedAttempts'
  | 'tokens'
  | 'baseline'
  | 'saved'
  | 'savedBy'
  | 'flatRate'
  | 'unknown';

/** A figure that is not what its terms give. */
export interface RowFault {
  readonly kind: RowTerm;
  /** Name of the field, such as `attempts[1].costUsd`. */
  readonly term: string;
  readonly stored: Figure;
  readonly recomputed: Figure;
  /** What it was worked out from. */
  readonly from: string;
}

export type Figure = number | string | boolean | null;

export interface RowContext {
  /** How a model's provider billed then; null = not known. */
  readonly billingOf: (model: string) => Billing | null;
  /** The column that the sums use; null = not known. */
  readonly comparable: boolean | null;
}

export interface CheckedRow {
  readonly faults: readonly RowFault[];
  /** How many figures of each kind were checked. */
  readonly checked: ReadonlyMap<RowTerm, number>;
  /** Some figure does not say what it is made of (rows of older versions): it was taken as it stands. */
  readonly saysLess: boolean;
}

/** Rows and totals must agree to this, relative to the largest term. */
export const TOLERANCE_RATIO = 1e-9;
/** A millionth of a micro-dollar: below it doubles of this size say nothing. */
const TOLERANCE_USD = 1e-12;

export function checkRow(record: SummedRecord, context: RowContext): CheckedRow {
  const check = new RowCheck(record, context);
  check.run();
  return check;
}

export function isClose(a: number, b: number, scale = 0): boolean {
  const largest = Math.max(Math.abs(a), Math.abs(b), scale);
  return Math.abs(a - b) <= TOLERANCE_RATIO * largest + TOLERANCE_USD;
}

class RowCheck implements CheckedRow {
  readonly faults: RowFault[] = [];
  readonly checked = new Map<RowTerm, number>();
  saysLess = false;
  readonly #record: SummedRecord;
  readonly #context: RowContext;

  constructor(record: SummedRecord, context: RowContext) {
    this.#record = record;
    this.#context = context;
  }

  run(): void {
    const { attempts } = this.#record;
    for (const [index, attempt] of attempts.entries()) this.#checkAttempt(attempt, `attempts[${index}]`);
    this.#checkCost(attempts);
    this.#checkTokens(attempts);
    this.#checkBaseline();
    this.#checkSaved();
    this.#checkFlatRate();
  }

  #checkAttempt(attempt: AttemptRecord, name: string): void {
    const { usage, prices, costUsd, costSource } = attempt;
    const term = `${name}.costUsd`;
    if (costSource === 'provider') {
      const isFigure = typeof costUsd === 'number' && costUsd >= 0;
      this.#compare('attemptCost', term, costUsd, isFigure ? costUsd : 'a number', 'what the provider said');
      return;
    }
    if (usage === null) {
      this.#compare('attemptCost', term, costUsd, 0, 'no usage, so nothing to bill');
      return;
    }
    const billing = this.#context.billingOf(attempt.model);
    const fromPrices = prices === null ? null : costOf(usage, prices);
    if (costSource === 'prices') {
      this.#compare('attemptCost', term, costUsd, fromPrices, 'tokens times stored prices');
      return;
    }
    if (billing !== null && billing !== 'metered') {
      this.#compare('attemptCost', term, costUsd, 0, `billed ${billing}`);
      return;
    }
    // Not priced, or of a version that did not say where a cost comes from.
    if (costUsd === null) {
      if (prices !== null) this.#compare('attemptCost', term, null, fromPrices, 'tokens times stored prices');
      return;
    }
    if (billing === null && costUsd === 0) return; // free or flat-rate, as far as can be told
    if (fromPrices !== null && isClose(costUsd, fromPrices)) this.#count('attemptCost');
    else if (costUsd === 0) this.#compare('attemptCost', term, 0, fromPrices, 'tokens times stored prices');
    else this.saysLess = true; // may be the provider's own figure
  }

  #checkCost(attempts: readonly AttemptRecord[]): void {
    const { costUsd, classifierCostUsd, failedAttemptsCostUsd, priced, status } = this.#record;
    let cost: number | null = classifierCostUsd;
    let failed = 0;
    let scale = Math.abs(classifierCostUsd);
    for (const attempt of attempts) {
      const own = attempt.costUsd;
      cost = own === null || cost === null ? null : cost + own;
      scale += Math.abs(own ?? 0);
      if (attempt.status === 'failed') failed += own ?? 0;
    }
    // Nobody knows what a request had cost when the daemon was killed.
    const isCutOff = status === 'interrupted' && attempts.length === 0 && costUsd === null;
    const expected = isCutOff ? null : cost;
    this.#compare('cost', 'costUsd', costUsd, expected, 'attempts + classifier', scale);
    this.#compare('unknown', 'priced', priced, costUsd !== null, 'whether there is a cost');
    this.#compare(
      'failedAttempts',
      'failedAttemptsCostUsd',
      failedAttemptsCostUsd,
      failed,
      'failed attempts',
      scale,
    );
  }

  #checkTokens(attempts: readonly AttemptRecord[]): void {
    const { usage, cache } = this.#record;
    if (cache === 'exact' || cache === 'semantic') return; // answered by nobody
    const last = attempts.at(-1)?.usage ?? null;
    for (const kind of TOKEN_KINDS) {
      this.#compare(
        'tokens',
        `usage.${kind}`,
        usage?.[kind] ?? null,
        last?.[kind] ?? null,
        'the last attempt',
      );
    }
  }

  #checkBaseline(): void {
    const { baseline, baselineCostUsd, costUsd, status, attempts } = this.#record;
    if (costUsd === null) {
      this.#compare(
        'unknown',
        'baselineCostUsd',
        baselineCostUsd,
        null,
        'an unknown cost has nothing to compare with',
      );
    } else if (status === 'error' || status === 'interrupted') {
      const expected = baselineCostUsd === null ? null : 0;
      this.#compare(
        'baseline',
        'baselineCostUsd',
        baselineCostUsd,
        expected,
        'no answer, so nothing was worth paying',
      );
    } else if (baseline != null) {
      const expected = costOf(baseline.usage, baseline.prices);
      this.#compare(
        'baseline',
        'baselineCostUsd',
        baselineCostUsd,
        expected,
        'baseline tokens times their prices',
      );
    } else if (this.#isItsOwnBaseline) {
      const own = attempts.at(-1)?.costUsd ?? null;
      this.#compare(
        'baseline',
        'baselineCostUsd',
        baselineCostUsd,
        own,
        'the model asked for by name answered',
      );
    } else if (baselineCostUsd !== null && baselineCostUsd !== 0) {
      this.saysLess = true;
    }
  }

  /** Asked for by name and served, so routing saved and lost nothing. */
  get #isItsOwnBaseline(): boolean {
    const { reason, responseModel, baselineModel, baselineCostUsd } = this.#record;
    return reason === 'exact' && responseModel === baselineModel && baselineCostUsd !== null;
  }

  #checkSaved(): void {
    const { baselineCostUsd, costUsd, savedUsd, savedBy } = this.#record;
    const saved = baselineCostUsd === null || costUsd === null ? null : baselineCostUsd - costUsd;
    const scale = Math.max(Math.abs(baselineCostUsd ?? 0), Math.abs(costUsd ?? 0));
    this.#compare(
      saved === null ? 'unknown' : 'saved',
      'savedUsd',
      savedUsd,
      saved,
      'baseline - cost',
      scale,
    );
    const parts = [savedBy.routing, savedBy.exactCache, savedBy.semanticCache, savedBy.promptCacheInjection];
    const sum = parts.reduce((total, part) => total + part, 0);
    const partScale = Math.max(scale, ...parts.map(Math.abs));
    this.#compare('savedBy', 'savedBy', sum, savedUsd ?? 0, 'its parts add up to savedUsd', partScale);
    const { comparable } = this.#context;
    if (comparable === null) return;
    const isComparable = this.#record.priced && baselineCostUsd !== null && savedUsd !== null;
    this.#compare('unknown', 'comparable', comparable, isComparable, 'whether cost and baseline are known');
  }

  #checkFlatRate(): void {
    const { responseModel, baselineModel, baselineCostUsd, savedUsd, status } = this.#record;
    if (status === 'error') return; // what was paid for no answer is a loss, whoever was asked
    const isFlat = [responseModel, baselineModel].some(
      (model) => model !== null && this.#context.billingOf(model) === 'flat-rate',
    );
    if (!isFlat || responseModel === null) return;
    const why = 'flat-rate is left out of savings';
    this.#compare('flatRate', 'baselineCostUsd', baselineCostUsd, null, why);
    this.#compare('flatRate', 'savedUsd', savedUsd, null, why);
  }

  #compare(kind: RowTerm, term: string, stored: Figure, recomputed: Figure, from: string, scale = 0): void {
    this.#count(kind);
    const agrees =
      typeof stored === 'number' && typeof recomputed === 'number'
        ? isClose(stored, recomputed, scale)
        : stored === recomputed;
    if (!agrees) this.faults.push({ kind, term, stored, recomputed, from });
  }

  #count(kind: RowTerm): void {
    this.checked.set(kind, (this.checked.get(kind) ?? 0) + 1);
  }
}

const TOKEN_KINDS = [
  'inputTokens',
  'cacheReadInputTokens',
  'cacheCreationInputTokens',
  'outputTokens',
  'reasoningOutputTokens',
] as const;

/** What the unit prices of a record promise: cached, written, other and output tokens times them give the cost. */
function costOf(usage: TokenUsage, prices: UnitPrices): number {
  const { inputTokens, cacheReadInputTokens: read, cacheCreationInputTokens: written, outputTokens } = usage;
  const other = Math.max(0, inputTokens - read - written);
  const sum =
    other * prices.inputUsdPerMtok +
    read * prices.cacheReadUsdPerMtok +
    written * prices.cacheWriteUsdPerMtok +
    outputTokens * prices.outputUsdPerMtok;
  return sum / 1_000_000;
}
