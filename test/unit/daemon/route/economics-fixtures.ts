// Models with prompt caches for the tests of warmth and switching. `priced` has round prices, so that costs can be worked
// out in the head; the vendors' models are those of the published comparison of staying and moving.

import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget, Pricing, PromptCacheRule } from '../../../../daemon/catalog/model-target.ts';
import { pricingOf } from '../../../../daemon/catalog/price-row.ts';
import type {
  DecisionInput,
  EconomicsInput,
  SwitchBooks,
} from '../../../../daemon/protocol/exchange-record.ts';
import type { RankedTarget } from '../../../../daemon/route/candidate-order.ts';
import { readableTokens, taskCost } from '../../../../daemon/route/task-cost.ts';
import { input, target } from './route-fixtures.ts';

/** A Friday, in DeepSeek's second peak window, and the Saturday after it. */
export const PEAK_MS = Date.UTC(2026, 10, 20, 7);
export const OFF_PEAK_MS = Date.UTC(2026, 10, 21, 7);

const EXPLICIT: PromptCacheRule = { kind: 'explicit', minTokens: 1024, ttlS: 300 };
const AUTOMATIC: PromptCacheRule = { kind: 'automatic', minTokens: 1024, ttlS: 600 };

/** USD per million tokens: new input, read from the cache, output. Writes cost what new input costs. */
export function priced(
  id: string,
  [input, read, output]: readonly [number, number, number],
  more: Partial<ModelTarget> = {},
  pricing: Partial<Pricing> = {},
): ModelTarget {
  const row = pricingOf({ inputUsdPerMtok: input, outputUsdPerMtok: output, cacheReadUsdPerMtok: read });
  return target(id, {
    contextTokens: 2_000_000,
    promptCache: EXPLICIT,
    price: { ...row, ...pricing },
    ...more,
  });
}

/** What is learnt of each vendor's model: how much it writes, and how often its cache hits. */
interface Vendor {
  readonly target: ModelTarget;
  readonly outputRatio: number;
  readonly hitRatio: number;
}

function claude(
  id: string,
  input: number,
  read: number,
  output: number,
  more: Partial<Pricing> = {},
): Vendor {
  const write = { cacheWriteUsdPerMtok: input * 1.25, cacheWrite1hUsdPerMtok: input * 2, ...more };
  return {
    target: priced(id, [input, read, output], { tokenizerFactor: 1.3 }, write),
    outputRatio: 1,
    hitRatio: 1,
  };
}

const PEAK = {
  multiplier: 2,
  hoursUtc: [
    [1, 4],
    [6, 10],
  ],
  weekdays: [1, 2, 3, 4, 5],
} as const;

export const VENDORS: Readonly<Record<string, Vendor>> = {
  opus: claude('opus', 4, 0.2, 20),
  sonnet: claude('sonnet', 2, 0.1, 10),
  haiku: claude('haiku', 0.1, 0.01, 0.5, {
    longContext: {
      aboveTokens: 100_000,
      inputUsdPerMtok: 0.5,
      outputUsdPerMtok: 2.5,
      cacheReadUsdPerMtok: 0.05,
    },
  }),
  haiku45: {
    target: priced(
      'haiku45',
      [1, 0.1, 5],
      { promptCache: { ...EXPLICIT, minTokens: 4096 } },
      { cacheWriteUsdPerMtok: 1.25 },
    ),
    outputRatio: 1,
    hitRatio: 1,
  },
  flash: {
    target: priced(
      'flash',
      [0.15, 0.003, 0.6],
      { promptCache: { ...AUTOMATIC, minTokens: 128 } },
      { peak: PEAK },
    ),
    outputRatio: 1.5,
    hitRatio: 0.97,
  },
  pro: {
    target: priced(
      'pro',
      [0.66, 0.022, 1.98],
      { promptCache: { ...AUTOMATIC, minTokens: 128 } },
      { peak: PEAK },
    ),
    outputRatio: 1.5,
    hitRatio: 0.97,
  },
  glm: {
    target: priced('glm', [1.4, 0.26, 4.4], { promptCache: AUTOMATIC }),
    outputRatio: 1.3,
    hitRatio: 0.95,
  },
  gemini: {
    target: priced('gemini', [0.75, 0.075, 3.75], { promptCache: { ...AUTOMATIC, minTokens: 4096 } }),
    outputRatio: 1.2,
    hitRatio: 0.65,
  },
  kimi: {
    target: priced('kimi', [0.95, 0.16, 4], { promptCache: AUTOMATIC }),
    outputRatio: 1.2,
    hitRatio: 0.9,
  },
  sol: {
    target: priced('sol', [4, 0.4, 20], { promptCache: AUTOMATIC }, { cacheWriteUsdPerMtok: 5 }),
    outputRatio: 1,
    hitRatio: 0.95,
  },
  luna: {
    target: priced('luna', [0.2, 0.02, 1.2], { promptCache: AUTOMATIC }, { cacheWriteUsdPerMtok: 0.25 }),
    outputRatio: 1,
    hitRatio: 0.95,
  },
};

export function vendor(name: string): Vendor {
  const found = VENDORS[name];
  if (found === undefined) throw new Error(`no vendor ${name}`);
  return found;
}

/** Each further turn of a task brings so many tokens, and is answered with so many. */
export const STEP = { inputTokens: 1800, outputTokens: 400 } as const;

/** `contextTokens` are warm on `warmOn`, the next turn of the task is asked for, and `turns - 1` will follow. */
export function turnsAhead(
  warmOn: string,
  contextTokens: number,
  turns: number,
  atMs: number = OFF_PEAK_MS,
): DecisionInput {
  const of = (figure: 'outputRatio' | 'hitRatio') =>
    Object.fromEntries(Object.entries(VENDORS).map(([name, one]) => [name, one[figure]]));
  return input({
    inputTokens: contextTokens + STEP.inputTokens,
    expectedOutputTokens: STEP.outputTokens,
    atMs,
    economics: economics({
      expectedSteps: turns,
      stepInputTokens: STEP.inputTokens,
      stepOutputTokens: STEP.outputTokens,
      warmTokens: { [warmOn]: contextTokens },
      cacheHitRatios: of('hitRatio'),
      outputRatios: of('outputRatio'),
    }),
  });
}

/** One request and nothing known, but for what is told. */
export function economics(more: Partial<EconomicsInput> = {}): EconomicsInput {
  return {
    expectedSteps: 1,
    stepInputTokens: 1000,
    stepOutputTokens: 100,
    warmTokens: {},
    cacheHitRatios: {},
    switchBooks: null,
    ...more,
  };
}

export function books(more: Partial<SwitchBooks> = {}): SwitchBooks {
  return { baselineModel: 'base', actualUsd: 1, stayUsd: 1, stayWarmTokens: 100_000, ...more };
}

/** A model as the order of candidates knows it: trusted with the ask, certain to succeed. */
export function ranked(
  model: ModelTarget,
  request: DecisionInput,
  more: Partial<RankedTarget> = {},
): RankedTarget {
  const { inputTokens, expectedOutputTokens, atMs } = request;
  const cost = (warmTokens: number): number | null =>
    expectedCostUsd({ target: model, inputTokens, expectedOutputTokens, warmTokens, atMs });
  const warmTokens = readableTokens(model, request);
  return {
    target: model,
    expectedCostUsd: cost(warmTokens),
    coldCostUsd: cost(0),
    taskCostUsd: taskCost(expectedCostUsd, model, request),
    warmTokens,
    successProbability: 1,
    effort: null,
    isCapable: true,
    reachesThreshold: true,
    isListed: false,
    ...more,
  };
}
