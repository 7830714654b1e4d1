// Golden cases in which the router calls more than one model for one request: a weak answer that is asked again, and a
// model that is asked how hard the request is. All calls are paid.

import type { JsonObject } from '../../../daemon/util/json.ts';
import type { Money, Terms } from './golden-case.ts';
import { PLAIN_BASELINE } from './terms.ts';

export interface RoutedCase {
  readonly title: string;
  /** `small` is asked first, `large` where its answer will not do; `judge` only classifies. */
  readonly models: { readonly small: Terms; readonly large: Terms; readonly judge?: Terms };
  /** Absent = `large`. */
  readonly baseline?: Terms;
  /** What `small` answers is a stub that the mechanical check refuses. */
  readonly isWeak: boolean;
  readonly usage: { readonly small: JsonObject; readonly large?: JsonObject; readonly judge?: JsonObject };
  readonly money: Money;
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  readonly working: string;
}

const SMALL: Terms = { price: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.5 } };
const LARGE: Terms = { price: { inputUsdPerMtok: 4, outputUsdPerMtok: 20 } };
const JUDGE: Terms = { price: { inputUsdPerMtok: 1, outputUsdPerMtok: 5 } };
const used = (prompt_tokens: number, completion_tokens: number): JsonObject => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

export const ROUTED_CASES: readonly RoutedCase[] = [
  {
    title: 'a weak answer and the one that took its place are both paid',
    models: { small: SMALL, large: LARGE },
    baseline: PLAIN_BASELINE,
    isWeak: true,
    usage: { small: used(1000, 200), large: used(1200, 300) },
    money: { cost: 0.011, baseline: 0.027, saved: 0.016 },
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0.0002,
    working:
      'weak 1,000 x 0.1 + 200 x 0.5 = 200; answer 1,200 x 4 + 300 x 20 = 10,800; sum 11,000; baseline 12,000 + 15,000',
  },
  {
    title: 'a weak answer before the baseline’s own answer is a loss of what it cost',
    models: { small: SMALL, large: LARGE },
    isWeak: true,
    usage: { small: used(1000, 200), large: used(1200, 300) },
    money: { cost: 0.011, baseline: 0.0108, saved: -0.0002 },
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0.0002,
    working: 'weak 200; answer 10,800; baseline the same 10,800: the weak answer is lost',
  },
  {
    title: 'a weak answer without a price makes the cost of the whole unknown, not smaller',
    models: { small: { upstreamModel: 'a-model-that-nobody-prices' }, large: LARGE },
    isWeak: true,
    usage: { small: used(1000, 200), large: used(1200, 300) },
    money: { cost: null, baseline: null, saved: null },
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0,
    working: 'unknown + 10,800 is unknown',
  },
  {
    title: 'a weak answer of a model that is free of charge',
    models: { small: { upstreamModel: 'local', billing: 'free' }, large: LARGE },
    isWeak: true,
    usage: { small: used(1000, 200), large: used(1200, 300) },
    money: { cost: 0.0108, baseline: 0.0108, saved: 0 },
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0,
    working: 'weak 0; answer 10,800; baseline 10,800',
  },
  {
    title: 'the call of a model that classifies is part of the cost',
    models: { small: SMALL, large: LARGE, judge: JUDGE },
    baseline: PLAIN_BASELINE,
    isWeak: false,
    usage: { small: used(1000, 100), judge: used(100, 2) },
    money: { cost: 0.00026, baseline: 0.015, saved: 0.01474 },
    classifierCostUsd: 0.00011,
    failedAttemptsCostUsd: 0,
    working:
      'judge 100 x 1 + 2 x 5 = 110; answer 1,000 x 0.1 + 100 x 0.5 = 150; sum 260; baseline 10,000 + 5,000',
  },
  {
    title: 'cached tokens of the call that classifies are billed as such',
    models: {
      small: SMALL,
      large: LARGE,
      judge: { price: { inputUsdPerMtok: 1, outputUsdPerMtok: 5, cacheReadUsdPerMtok: 0.1 } },
    },
    isWeak: false,
    usage: {
      small: used(1000, 100),
      judge: { ...used(2000, 2), prompt_tokens_details: { cached_tokens: 1500 } },
    },
    money: { cost: 0.00081, baseline: 0.006, saved: 0.00519 },
    classifierCostUsd: 0.00066,
    failedAttemptsCostUsd: 0,
    working: 'judge 500 x 1 + 1,500 x 0.1 + 2 x 5 = 660; answer 150; sum 810; baseline 4,000 + 2,000',
  },
  {
    title: 'classifier, weak answer and strong answer in one request',
    models: { small: SMALL, large: LARGE, judge: JUDGE },
    baseline: PLAIN_BASELINE,
    isWeak: true,
    usage: { small: used(1000, 200), large: used(1200, 300), judge: used(100, 2) },
    money: { cost: 0.01111, baseline: 0.027, saved: 0.01589 },
    classifierCostUsd: 0.00011,
    failedAttemptsCostUsd: 0.0002,
    working: 'judge 110; weak 200; answer 10,800; sum 11,110; baseline 12,000 + 15,000',
  },
];
