import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import {
  callCost,
  economicsOf,
  hitRatio,
  NO_ECONOMICS,
  outputRatio,
  readableTokens,
  stepsOf,
  taskCost,
} from '../../../../daemon/route/task-cost.ts';
import { economics, OFF_PEAK_MS, PEAK_MS, priced, STEP, turnsAhead, vendor } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

function closeTo(actual: number | null, expected: number, allowed = 1e-12): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= allowed, `${actual} is not ${expected}`);
}

/** 10 $ new, 1 $ read, 50 $ written by the model. */
const ROUND = priced('round', [10, 1, 50]);
const cost = (request: DecisionInput, model: ModelTarget = ROUND): number | null =>
  taskCost(expectedCostUsd, model, request);

/** 10,000 tokens in, 100 out; each further request adds 1,000 and is answered with 100. */
const task = (more: Parameters<typeof economics>[0] = {}): DecisionInput =>
  input({ inputTokens: 10_000, expectedOutputTokens: 100, economics: economics(more) });

/**
 * A conversation of so many tokens that is warm on one model, 1,800 new ones and 400 written per turn: USD of staying and
 * of moving over 1, 5 and 20 turns, to the tenth of a cent. Turn k costs, in the model's own tokens,
 *   hit x warm x read + (prompt - hit x warm) x write + written x output
 * with prompt = context + 1,800 k and warm = prompt - 1,800, but 0 on the first turn after a move.
 */
const TURNS = [1, 5, 20] as const;
type Row = readonly [from: string, to: string, thousands: number, ...usd: readonly number[]];
const ROWS: readonly Row[] = [
  ['opus', 'sonnet', 20, 0.027, 0.076, 0.141, 0.133, 0.635, 0.38],
  ['opus', 'sonnet', 100, 0.048, 0.336, 0.245, 0.435, 1.051, 0.837],
  ['opus', 'sonnet', 200, 0.074, 0.661, 0.375, 0.812, 1.571, 1.409],
  ['opus', 'flash', 20, 0.027, 0.004, 0.141, 0.007, 0.635, 0.021],
  ['opus', 'flash', 100, 0.048, 0.016, 0.245, 0.021, 1.051, 0.044],
  ['opus', 'flash', 200, 0.074, 0.031, 0.375, 0.039, 1.571, 0.073],
  ['opus', 'glm', 20, 0.027, 0.033, 0.141, 0.083, 0.635, 0.353],
  ['opus', 'glm', 100, 0.048, 0.145, 0.245, 0.297, 1.051, 0.947],
  ['opus', 'glm', 200, 0.074, 0.285, 0.375, 0.563, 1.571, 1.689],
  ['opus', 'haiku', 20, 0.027, 0.004, 0.141, 0.007, 0.635, 0.024],
  ['opus', 'haiku', 100, 0.048, 0.084, 0.245, 0.122, 1.051, 0.282],
  ['opus', 'haiku', 200, 0.074, 0.165, 0.375, 0.229, 1.571, 0.487],
  ['sonnet', 'flash', 20, 0.014, 0.004, 0.071, 0.007, 0.317, 0.021],
  ['sonnet', 'flash', 100, 0.024, 0.016, 0.123, 0.021, 0.525, 0.044],
  ['sonnet', 'flash', 200, 0.037, 0.031, 0.188, 0.039, 0.785, 0.073],
  ['sonnet', 'pro', 20, 0.014, 0.031, 0.071, 0.058, 0.317, 0.181],
  ['sonnet', 'pro', 100, 0.024, 0.137, 0.123, 0.19, 0.525, 0.412],
  ['sonnet', 'pro', 200, 0.037, 0.269, 0.188, 0.355, 0.785, 0.7],
  ['sonnet', 'glm', 100, 0.024, 0.145, 0.123, 0.297, 0.525, 0.947],
  ['sonnet', 'glm', 200, 0.037, 0.285, 0.188, 0.563, 0.785, 1.689],
  ['sonnet', 'haiku45', 20, 0.014, 0.029, 0.071, 0.056, 0.317, 0.182],
  ['sonnet', 'haiku45', 200, 0.037, 0.254, 0.188, 0.353, 0.785, 0.749],
  ['sonnet', 'haiku', 20, 0.014, 0.004, 0.071, 0.007, 0.317, 0.024],
  ['sonnet', 'haiku', 100, 0.024, 0.084, 0.123, 0.122, 0.525, 0.282],
  ['sonnet', 'haiku', 200, 0.037, 0.165, 0.188, 0.229, 0.785, 0.487],
];

describe('route/task-cost: the published examples', () => {
  for (const [from, to, thousands, ...usd] of ROWS) {
    it(`[B4] [C2] costs of staying on ${from} and of moving to ${to} at ${thousands}k`, () => {
      // DeepSeek's dearer model is looked at in its dear hours.
      const atMs = to === 'pro' ? PEAK_MS : OFF_PEAK_MS;
      const found = TURNS.flatMap((turns) => {
        const ahead = turnsAhead(from, thousands * 1000, turns, atMs);
        return [from, to].map((name) => cost(ahead, vendor(name).target));
      });
      for (const [index, expected] of usd.entries()) closeTo(found[index] ?? null, expected, 0.000501);
    });
  }

  it('[B4] [C2] the formula of the gain of n turns agrees with them to the last digit', () => {
    // gain(n) = n C (rA - rB) + n g (wA - wB) + n o (oA - oB) + n(n-1)/2 g (rA - rB) - C (wB - rB), times own tokens
    const [C, g, o, own] = [100_000, STEP.inputTokens, STEP.outputTokens, 1.3];
    for (const n of TURNS) {
      const reads = (n * C + ((n * (n - 1)) / 2) * g) * (0.2 - 0.1);
      const gain = (own * (reads + n * g * (5 - 2.5) + n * o * (20 - 10) - C * (2.5 - 0.1))) / 1e6;
      const ahead = turnsAhead('opus', C, n);
      const [stay, move] = ['opus', 'sonnet'].map((name) => cost(ahead, vendor(name).target) ?? NaN);
      closeTo((stay ?? NaN) - (move ?? NaN), gain, 1e-12);
    }
  });
});

describe('route/task-cost', () => {
  it('[B4] of one cold request is its tokens at the price of new input', () => {
    // 10,000 x 10 + 100 x 50
    closeTo(cost(task()), 0.105);
  });

  it('[B4] reads what is warm and pays for the rest as new', () => {
    // 8,000 x 1 + 2,000 x 10 + 100 x 50
    closeTo(cost(task({ warmTokens: { round: 8000 } })), 0.033);
  });

  it('[B4] reads at most the whole prompt', () => {
    // 10,000 x 1 + 100 x 50
    closeTo(cost(task({ warmTokens: { round: 99_000 } })), 0.015);
  });

  it('[B4] pays for what is warm and not read as for new input', () => {
    // Half of 8,000 read: 4,000 x 1 + 6,000 x 10 + 100 x 50
    closeTo(cost(task({ warmTokens: { round: 8000 }, cacheHitRatios: { round: 0.5 } })), 0.069);
  });

  it('[B4] adds the requests that follow, each with all before it in the cache', () => {
    // first 0.105; second 10,000 x 1 + 1,000 x 10 + 100 x 50 = 0.025; third 11,000 x 1 + … = 0.026
    closeTo(cost(task({ expectedSteps: 3 })), 0.105 + 0.025 + 0.026);
  });

  it('[B4] counts what a model writes more than others', () => {
    // 10,000 x 10 + 200 x 50, then 10,000 x 1 + 1,000 x 10 + 200 x 50
    closeTo(cost(task({ expectedSteps: 2, outputRatios: { round: 2 } })), 0.11 + 0.03);
  });

  it('[B8] writes less with less effort, in every request of the task', () => {
    // Half of the output: 0.1025, then 0.0225
    closeTo(taskCost(expectedCostUsd, ROUND, task({ expectedSteps: 2 }), 0.5), 0.125);
  });

  it('[B4] counts tokens in the model’s own tokenizer', () => {
    const double = priced('round', [10, 1, 50], { tokenizerFactor: 2 });
    closeTo(cost(task({ warmTokens: { round: 8000 } }), double), 0.066);
  });

  it('[B4] changes to the long-context price at the request that crosses its border', () => {
    const longContext = {
      aboveTokens: 12_000,
      inputUsdPerMtok: 20,
      outputUsdPerMtok: 100,
      cacheReadUsdPerMtok: 2,
    };
    const model = priced('round', [10, 1, 50], {}, { longContext });
    // 0.105; 11,000: 0.025; 12,000 is not above: 0.026; 13,000: 12,000 x 2 + 1,000 x 20 + 100 x 100 = 0.054; 0.056
    closeTo(cost(task({ expectedSteps: 5 }), model), 0.105 + 0.025 + 0.026 + 0.054 + 0.056);
    // The border is in the model's own tokens: 11,000 are 12,100 of them.
    const own = { ...model, tokenizerFactor: 1.1 };
    // first 0.1155, then 10,000 x 2 + 1,000 x 20 + 100 x 100, times 1.1
    closeTo(cost(task({ expectedSteps: 2 }), own), 0.1155 + 0.055);
  });

  it('[B4] pays peak prices at peak hours', () => {
    const peak = { multiplier: 2, hoursUtc: [[6, 8]] as const, weekdays: [5] };
    const model = priced('round', [10, 1, 50], {}, { peak });
    closeTo(cost({ ...task({ expectedSteps: 2 }), atMs: PEAK_MS }, model), 2 * (0.105 + 0.025));
    closeTo(cost({ ...task({ expectedSteps: 2 }), atMs: OFF_PEAK_MS }, model), 0.105 + 0.025);
  });

  it('is unknown of a model without a price, and nothing where nothing is billed', () => {
    assert.equal(cost(task({ expectedSteps: 9 }), { ...ROUND, price: null }), null);
    assert.equal(cost(task({ expectedSteps: 9 }), { ...ROUND, billing: 'free', price: null }), 0);
  });

  it('is unknown, and does not throw, where a price makes no number', () => {
    assert.equal(
      taskCost(() => NaN, ROUND, task({ expectedSteps: 3 })),
      null,
    );
    assert.equal(
      taskCost(() => Infinity, ROUND, task({ expectedSteps: 3 })),
      null,
    );
    const size = { inputTokens: 1, outputTokens: 1, warmTokens: 0 };
    assert.equal(
      callCost(() => NaN, ROUND, task(), size),
      null,
    );
  });

  it('is that of one cold request where nothing is known of caches and tasks', () => {
    const { economics: _, ...old } = task();
    assert.equal(economicsOf(input()), NO_ECONOMICS);
    closeTo(cost(old), 0.105);
  });

  it('takes steps that cannot be for one, and looks no further ahead than 200', () => {
    for (const expectedSteps of [NaN, -3, 0, Infinity]) assert.equal(stepsOf(task({ expectedSteps })), 1);
    assert.equal(stepsOf(task({ expectedSteps: 7.5 })), 7.5);
    assert.equal(stepsOf(task({ expectedSteps: 1000 })), 200);
  });

  it('assumes nine hits of ten of automatic caches and all of others until something was learnt', () => {
    const automatic = { ...ROUND, promptCache: { ...ROUND.promptCache, kind: 'automatic' } } as const;
    assert.equal(hitRatio(automatic, task()), 0.9);
    assert.equal(hitRatio(ROUND, task()), 1);
    assert.equal(hitRatio(automatic, task({ cacheHitRatios: { round: 0.4 } })), 0.4);
    closeTo(readableTokens(automatic, task({ warmTokens: { round: 5000 } })), 4500);
  });

  it('keeps ratios that cannot be within what can', () => {
    const hits = (ratio: number): number => hitRatio(ROUND, task({ cacheHitRatios: { round: ratio } }));
    assert.deepEqual([hits(-1), hits(2), hits(NaN)], [0, 1, 1]);
    const written = (ratio: number): number => outputRatio(ROUND, task({ outputRatios: { round: ratio } }));
    assert.deepEqual([written(-1), written(NaN), written(0), written(3)], [1, 1, 0, 3]);
    assert.equal(readableTokens(ROUND, task({ warmTokens: { round: -5 } })), 0);
  });

  it('finds nothing under the names that every object has', () => {
    const model = { ...ROUND, id: 'constructor' };
    closeTo(cost(task({ expectedSteps: 2 }), model), 0.13);
    assert.equal(readableTokens(model, task()), 0);
  });
});

describe('route/task-cost: what holds for all numbers', () => {
  const usd = fc.double({ min: 0, max: 50, noNaN: true });
  const anyModel = fc
    .record({
      input: usd,
      readShare: fc.double({ min: 0, max: 1, noNaN: true }),
      output: usd,
      factor: fc.constantFrom(1, 1.3),
      kind: fc.constantFrom('explicit', 'automatic'),
      border: fc.option(fc.integer({ min: 1000, max: 90_000 }), { nil: null }),
    })
    .map(({ input, readShare, output, factor, kind, border }) => {
      const longContext =
        border === null
          ? {}
          : {
              longContext: {
                aboveTokens: border,
                inputUsdPerMtok: input * 2,
                outputUsdPerMtok: output * 2,
                cacheReadUsdPerMtok: input * readShare * 2,
              },
            };
      const promptCache = { kind, minTokens: 0, ttlS: 300 } as const;
      return priced(
        'm',
        [input, input * readShare, output],
        { tokenizerFactor: factor, promptCache },
        longContext,
      );
    });
  const anyTask = fc
    .record({
      inputTokens: fc.integer({ min: 0, max: 60_000 }),
      stepInputTokens: fc.integer({ min: 0, max: 5000 }),
      stepOutputTokens: fc.integer({ min: 0, max: 3000 }),
      warm: fc.integer({ min: 0, max: 60_000 }),
      hits: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ inputTokens, warm, hits, ...rest }) =>
      input({
        inputTokens,
        economics: economics({ ...rest, warmTokens: { m: warm }, cacheHitRatios: { m: hits } }),
      }),
    );
  const steps = (request: DecisionInput, expectedSteps: number): DecisionInput => ({
    ...request,
    economics: { ...economicsOf(request), expectedSteps },
  });

  it('[B4] finds the border of a long-context price in the tokens of the model', () => {
    const longContext = {
      aboveTokens: 100_000,
      inputUsdPerMtok: 20,
      outputUsdPerMtok: 100,
      cacheReadUsdPerMtok: 2,
    };
    const model = priced('m', [10, 1, 50], { tokenizerFactor: 1.3 }, { longContext });
    const request = input({
      inputTokens: 50_000,
      expectedOutputTokens: 300,
      economics: economics({ stepInputTokens: 1000, stepOutputTokens: 300 }),
    });
    let sum = 0;
    for (let step = 0; step < 60; step++) {
      const inputTokens = 50_000 + step * 1000;
      const warmTokens = step === 0 ? 0 : inputTokens - 1000;
      sum += callCost(expectedCostUsd, model, request, { inputTokens, outputTokens: 300, warmTokens }) ?? NaN;
    }
    closeTo(cost(steps(request, 60), model), sum, 1e-9);
  });

  it('[B4] is the sum of its requests, one by one', () => {
    fc.assert(
      fc.property(anyModel, anyTask, fc.integer({ min: 1, max: 30 }), (model, request, count) => {
        const { stepInputTokens, stepOutputTokens, warmTokens } = economicsOf(request);
        let sum = 0;
        for (let step = 0; step < count; step++) {
          const before = request.inputTokens + (step - 1) * stepInputTokens;
          const size = {
            inputTokens: request.inputTokens + step * stepInputTokens,
            outputTokens: step === 0 ? request.expectedOutputTokens : stepOutputTokens,
            warmTokens: step === 0 ? Math.min(warmTokens['m'] ?? 0, request.inputTokens) : before,
          };
          sum += callCost(expectedCostUsd, model, request, size) ?? NaN;
        }
        closeTo(cost(steps(request, count), model), sum, 1e-9);
      }),
    );
  });

  it('[B4] never falls when the task takes longer', () => {
    const count = fc.double({ min: 1, max: 60, noNaN: true });
    fc.assert(
      fc.property(anyModel, anyTask, count, count, (model, request, a, b) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)].map((each) =>
          cost(steps(request, each), model),
        );
        assert.ok((long ?? -1) >= (short ?? Infinity) - 1e-12, `${short} ${long}`);
      }),
    );
  });

  it('[B4] [C2] never falls when the cache is colder', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyModel, anyTask, share, share, (model, request, warmer, hits) => {
        const { warmTokens, cacheHitRatios, ...rest } = economicsOf(request);
        const warm = warmTokens['m'] ?? 0;
        const ratio = cacheHitRatios['m'] ?? 1;
        const now = cost(steps(request, 5), model) ?? NaN;
        const less = { ...rest, expectedSteps: 5, warmTokens: { m: warm * warmer }, cacheHitRatios };
        assert.ok((cost({ ...request, economics: less }, model) ?? NaN) >= now - 1e-12);
        const missing = { ...rest, expectedSteps: 5, warmTokens, cacheHitRatios: { m: ratio * hits } };
        assert.ok((cost({ ...request, economics: missing }, model) ?? NaN) >= now - 1e-12);
      }),
    );
  });
});
