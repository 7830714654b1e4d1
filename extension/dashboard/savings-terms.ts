// The saving taken apart: the sum that it is, what brought it, what it leaves out and what it comes to in a month. Pure.

import type { Projection, TotalsBody, TotalsDetails } from '../../daemon/protocol/control-api.ts';
import type { SavedBy } from '../../daemon/protocol/exchange-record.ts';
import { counted, percent, signedUsd, tokens, usd, usdRange } from './figures.ts';

export interface Term {
  readonly label: string;
  readonly explanation: string;
  /** As it goes into the sum: costs are negative. */
  readonly amountUsd: number;
  readonly isSum: boolean;
}

/** baseline - answers - failed - classifier = saved. */
export function savingTerms({ compared }: TotalsDetails): readonly Term[] {
  const { baselineCostUsd, answersCostUsd, failedAttemptsCostUsd, classifierCostUsd, savedUsd } = compared;
  const term = (label: string, amountUsd: number, explanation: string): Term => ({
    label,
    amountUsd,
    explanation,
    isSum: false,
  });
  return [
    term('Baseline', baselineCostUsd, 'the same requests on the model asked for, its prompt cache warm'),
    term('Answers', negated(answersCostUsd), 'what the models that answered were paid'),
    term(
      'Failed attempts',
      negated(failedAttemptsCostUsd),
      'paid for nothing, before another model answered',
    ),
    term('Classifier', negated(classifierCostUsd), 'what grading the requests cost'),
    { label: 'Saved', amountUsd: savedUsd, explanation: 'what is left', isSum: true },
  ];
}

/** So many decimals that the terms add up in sight, as they are written. */
export function decimalsOf(terms: readonly Term[]): number {
  const largest = Math.max(0, ...terms.map(({ amountUsd }) => Math.abs(amountUsd)));
  const written = (amount: number, decimals: number): number => Math.round(amount * 10 ** decimals);
  const addsUp = (decimals: number): boolean => {
    const sum = (isSum: boolean): number =>
      terms
        .filter((term) => term.isSum === isSum)
        .reduce((total, { amountUsd }) => total + written(amountUsd, decimals), 0);
    return sum(false) === sum(true);
  };
  // Three digits of the largest one at least.
  const least = largest === 0 ? 2 : Math.max(2, 2 - Math.floor(Math.log10(largest)));
  for (let decimals = least; decimals < MOST_DECIMALS; decimals += 1) {
    if (addsUp(decimals)) return decimals;
  }
  return Math.max(least, MOST_DECIMALS);
}

/** A micro-dollar, to which the books are kept. */
const MOST_DECIMALS = 6;

/** Never minus zero, which would be written as such. */
function negated(amount: number): number {
  return amount === 0 ? 0 : -amount;
}

/** The parts add up to `savedUsd`. */
export function savedByTerms(savedBy: SavedBy): readonly Term[] {
  const parts: readonly (readonly [string, number, string])[] = [
    ['Routing', savedBy.routing, 'a cheaper model answered'],
    ['Exact cache', savedBy.exactCache, 'the same request was asked before'],
    ['Semantic cache', savedBy.semanticCache, 'nearly the same request was asked before'],
    [
      'Prompt-cache marks',
      savedBy.promptCacheInjection,
      'the provider read more of the prompt from its cache',
    ],
  ];
  return parts.map(([label, amountUsd, explanation]) => ({ label, amountUsd, explanation, isSum: false }));
}

/** Stands beside every sum: how much of the work it is about. */
export function coverageSentence(totals: TotalsBody): string {
  const { requests, comparableRequests, coverageRatio } = totals;
  if (requests === 0) return 'no requests yet';
  if (comparableRequests === requests) return `all ${counted(requests, 'request')} compared`;
  return `${percent(coverageRatio)} of ${counted(requests, 'request')} compared`;
}

/** What the saving is not about, one sentence a reason; empty = nothing is left out. */
export function leftOutSentences(totals: TotalsBody): readonly string[] {
  const { details, estimatedCostUsd } = totals;
  const sentences: string[] = [];
  if (details !== undefined) {
    const { flatRate, unpricedRequests, otherRequests } = details;
    if (flatRate.requests > 0) {
      const used = `${tokens(flatRate.tokens.inputTokens)} tokens in, ${tokens(flatRate.tokens.outputTokens)} out`;
      sentences.push(
        `${counted(flatRate.requests, 'request')} paid by subscription (${used}): no part of cost or saving.`,
      );
    }
    if (unpricedRequests > 0) {
      sentences.push(
        `${counted(unpricedRequests, 'request')} without a known price: their cost is unknown, not zero.`,
      );
    }
    if (otherRequests > 0) {
      sentences.push(
        `${counted(otherRequests, 'request')} with a cost but no baseline to compare with: in the cost, not in the saving.`,
      );
    }
  }
  if (estimatedCostUsd > 0) {
    sentences.push(
      `${usd(estimatedCostUsd)} of the cost rests on estimated usage, because the provider reported none.`,
    );
  }
  return sentences;
}

export interface ProjectionFacts {
  readonly monthly: string;
  readonly yearly: string;
  /** 95 % intervals; null = not known. */
  readonly monthlyRange: string | null;
  readonly yearlyRange: string | null;
  readonly basis: string;
}

export function projectionFacts(projection: Projection): ProjectionFacts {
  const { monthlySavedUsd, yearlySavedUsd, monthlySavedIntervalUsd, yearlySavedIntervalUsd, days } =
    projection;
  const isKnown = monthlySavedUsd !== null;
  const basis = days == null ? 'from the days so far' : `from ${counted(days, 'day')}, idle ones included`;
  return {
    monthly: signedUsd(monthlySavedUsd),
    yearly: signedUsd(yearlySavedUsd),
    monthlyRange: monthlySavedIntervalUsd == null ? null : usdRange(monthlySavedIntervalUsd),
    yearlyRange: yearlySavedIntervalUsd == null ? null : usdRange(yearlySavedIntervalUsd),
    basis: isKnown ? basis : 'not before a full day of requests that can be compared',
  };
}
