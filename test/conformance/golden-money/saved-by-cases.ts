// Golden cases of what a saving is owed to: a stored answer is worth what routing would have paid for a new one, a prompt
// that the router marked for the cache what the marks saved, and routing has the rest, or has lost it.

import type { SavedBy } from '../../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../../daemon/protocol/vocabulary.ts';
import type { Terms } from './golden-case.ts';
import { OPUS, PLAIN_BASELINE, SONNET, UNPRICED } from './terms.ts';

const NOTHING: SavedBy = { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 };
const SMALL: Terms = { price: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.5 } };
const LARGE: Terms = { price: { inputUsdPerMtok: 4, outputUsdPerMtok: 20 } };

function tokens(input: number, read: number, written: number, output: number): TokenUsage {
  return {
    inputTokens: input,
    cacheReadInputTokens: read,
    cacheCreationInputTokens: written,
    outputTokens: output,
    reasoningOutputTokens: 0,
  };
}

export interface HitCase {
  readonly title: string;
  readonly status: 'exact' | 'semantic';
  /** Of the stored answer, in the tokens of `madeBy`. */
  readonly usage: TokenUsage;
  readonly madeBy: Terms;
  /** Whom routing would have asked. */
  readonly chosen: Terms;
  readonly baseline: Terms;
  /** How much of the prompt `chosen` has in its own cache. */
  readonly warmShare?: number;
  readonly classifierCostUsd?: number;
  readonly savedUsd: number | null;
  readonly savedBy: SavedBy;
  readonly working: string;
}

export const HIT_CASES: readonly HitCase[] = [
  {
    title: 'an exact hit is worth what the small model would have cost, not what the baseline would have',
    status: 'exact',
    usage: tokens(1000, 0, 0, 200),
    madeBy: SMALL,
    chosen: SMALL,
    baseline: PLAIN_BASELINE,
    savedUsd: 0.02,
    savedBy: { ...NOTHING, exactCache: 0.0002, routing: 0.0198 },
    working: 'small 1,000 x 0.1 + 200 x 0.5 = 200; baseline 10,000 + 10,000 = 20,000; routing 19,800',
  },
  {
    title: 'a semantic hit is booked to its own cause',
    status: 'semantic',
    usage: tokens(1000, 0, 0, 200),
    madeBy: SMALL,
    chosen: SMALL,
    baseline: PLAIN_BASELINE,
    savedUsd: 0.02,
    savedBy: { ...NOTHING, semanticCache: 0.0002, routing: 0.0198 },
    working: 'the same',
  },
  {
    title: 'a hit for which routing would have paid more than the baseline: routing has lost the difference',
    status: 'exact',
    usage: tokens(1000, 0, 0, 200),
    madeBy: LARGE,
    chosen: LARGE,
    baseline: SMALL,
    savedUsd: 0.0002,
    savedBy: { ...NOTHING, exactCache: 0.008, routing: -0.0078 },
    working: 'chosen 4,000 + 4,000 = 8,000; baseline 200; saved 200 = 8,000 - 7,800',
  },
  {
    title: 'a hit for which the chosen model would have read nine tenths from its cache',
    status: 'exact',
    usage: tokens(10_000, 0, 0, 100),
    madeBy: SONNET,
    chosen: { ...SONNET, cache: { kind: 'automatic', minTokens: 1024, ttlS: 300 } },
    baseline: PLAIN_BASELINE,
    warmShare: 0.9,
    savedUsd: 0.105,
    savedBy: { ...NOTHING, exactCache: 0.0044, routing: 0.1006 },
    working:
      'chosen 9,000 x 0.1 = 900; 1,000 x 2.5 = 2,500; 100 x 10 = 1,000; sum 4,400; baseline 100,000 + 5,000',
  },
  {
    title: 'a hit in the tokens of another model than the one that made the answer',
    status: 'exact',
    usage: tokens(13_500, 0, 0, 1350),
    madeBy: { ...OPUS, tokenizerFactor: 1.35 },
    chosen: SMALL,
    baseline: PLAIN_BASELINE,
    savedUsd: 0.15,
    savedBy: { ...NOTHING, exactCache: 0.0015, routing: 0.1485 },
    working: '10,000 in, 1,000 out; chosen 1,000 + 500 = 1,500; baseline 100,000 + 50,000',
  },
  {
    title: 'a hit for which a free model would have been asked saves nothing by the cache',
    status: 'exact',
    usage: tokens(1000, 0, 0, 200),
    madeBy: SMALL,
    chosen: { ...UNPRICED, billing: 'free' },
    baseline: PLAIN_BASELINE,
    savedUsd: 0.02,
    savedBy: { ...NOTHING, routing: 0.02 },
    working: 'chosen 0; baseline 20,000',
  },
  {
    title: 'a hit that a classifier was paid for',
    status: 'exact',
    usage: tokens(1000, 0, 0, 200),
    madeBy: SMALL,
    chosen: SMALL,
    baseline: PLAIN_BASELINE,
    classifierCostUsd: 0.00011,
    savedUsd: 0.01989,
    savedBy: { ...NOTHING, exactCache: 0.0002, routing: 0.01969 },
    working: 'baseline 20,000 - 110 = 19,890; of it the cache 200',
  },
  {
    title: 'a hit with a baseline under a subscription claims nothing',
    status: 'exact',
    usage: tokens(1000, 0, 0, 200),
    madeBy: SMALL,
    chosen: SMALL,
    baseline: { ...LARGE, billing: 'flat-rate' },
    savedUsd: null,
    savedBy: NOTHING,
    working: 'no baseline, no saving',
  },
];

export interface InjectionCase {
  readonly title: string;
  readonly served: Terms;
  readonly usage: TokenUsage;
  readonly costUsd: number;
  readonly baselineUsd: number;
  readonly savedBy: SavedBy;
  readonly working: string;
}

export const INJECTION_CASES: readonly InjectionCase[] = [
  {
    title: 'marks that the router set: what they saved is theirs, the rest is routing’s',
    served: OPUS,
    usage: tokens(10_000, 9000, 500, 100),
    costUsd: 0.0083,
    baselineUsd: 0.105,
    savedBy: { ...NOTHING, promptCacheInjection: 0.0337, routing: 0.063 },
    working:
      'cost 500 x 4 = 2,000; 9,000 x 0.2 = 1,800; 500 x 5 = 2,500; 2,000; sum 8,300; unmarked 42,000: 33,700 saved; baseline 105,000 - 8,300 - 33,700 = 63,000',
  },
  {
    title: 'marks whose write nobody has read yet: so far they have cost something',
    served: OPUS,
    usage: tokens(10_000, 0, 10_000, 100),
    costUsd: 0.052,
    baselineUsd: 0.105,
    savedBy: { ...NOTHING, promptCacheInjection: -0.01, routing: 0.063 },
    working: 'cost 50,000 + 2,000; unmarked 40,000 + 2,000: -10,000; baseline 105,000 - 52,000 + 10,000',
  },
];
