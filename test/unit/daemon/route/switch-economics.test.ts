import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { RankedTarget } from '../../../../daemon/route/candidate-order.ts';
import { compareSwitch, isWorthMoving } from '../../../../daemon/route/switch-economics.ts';
import { economicsOf, taskCost } from '../../../../daemon/route/task-cost.ts';
import { economics, OFF_PEAK_MS, PEAK_MS, priced, ranked, turnsAhead, vendor } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

function closeTo(actual: number | null | undefined, expected: number, allowed = 1e-12): void {
  assert.ok(actual != null && Math.abs(actual - expected) <= allowed, `${actual} is not ${expected}`);
}

/** Written and read at the same price, so that nothing is lost by going away. */
const FLAT = priced('flat', [10, 10, 50], { tier: 'simple' });
const CHEAP = priced('cheap', [1, 1, 5], { tier: 'simple' });
const STRONG = priced('strong', [100, 100, 500], { tier: 'complex' });

const request = (more: Parameters<typeof economics>[0] = {}): DecisionInput =>
  input({ inputTokens: 10_000, expectedOutputTokens: 100, economics: economics(more) });

function compare(
  given: DecisionInput,
  from: ModelTarget,
  to: ModelTarget,
  more: { readonly others?: readonly ModelTarget[]; readonly success?: number } = {},
) {
  const move: Partial<RankedTarget> = { successProbability: more.success ?? 1 };
  const [stay, moved, ...others] = [
    ranked(from, given),
    ranked(to, given, move),
    ...(more.others ?? []).map((one) => ranked(one, given)),
  ];
  assert.ok(stay !== undefined && moved !== undefined);
  return compareSwitch({
    costOf: expectedCostUsd,
    input: given,
    from: stay,
    to: moved,
    ranked: [stay, moved, ...others],
    allowanceUsd: 0.25,
  });
}

describe('route/switch-economics: after how many requests a move has paid', () => {
  const AT = [20_000, 100_000, 200_000] as const;
  const ROWS: readonly (readonly [string, string, 'peak' | 'off-peak', ...(number | null)[]])[] = [
    ['opus', 'sonnet', 'off-peak', 5, 13, 17],
    ['opus', 'haiku', 'off-peak', 1, 2, 3],
    ['opus', 'flash', 'peak', 1, 1, 1],
    ['opus', 'pro', 'peak', 2, 4, 5],
    ['opus', 'glm', 'off-peak', 2, 10, null],
    ['sonnet', 'haiku45', 'off-peak', 4, 12, 18],
    ['sonnet', 'haiku', 'off-peak', 1, 5, 7],
    ['sonnet', 'flash', 'off-peak', 1, 1, 1],
    ['sonnet', 'flash', 'peak', 1, 2, 2],
    ['sonnet', 'pro', 'off-peak', 2, 4, 5],
    ['sonnet', 'pro', 'peak', 4, 11, 16],
    ['sonnet', 'glm', 'off-peak', null, null, null],
    ['sonnet', 'gemini', 'off-peak', 3, null, null],
    ['sonnet', 'kimi', 'off-peak', 3, null, null],
    ['sol', 'luna', 'off-peak', 1, 1, 1],
  ];
  for (const [from, to, hours, ...expected] of ROWS) {
    it(`[B4] [C2] from ${from} to ${to}, ${hours}: ${expected.map((n) => n ?? 'never').join(', ')}`, () => {
      const found = AT.map((contextTokens) => {
        const ahead = turnsAhead(from, contextTokens, 1, hours === 'peak' ? PEAK_MS : OFF_PEAK_MS);
        return compare(ahead, vendor(from).target, vendor(to).target)?.paybackSteps;
      });
      assert.deepEqual(found, expected);
    });
  }

  it('[C2] does not depend on how long the task is expected to take', () => {
    const payback = (turns: number) =>
      compare(turnsAhead('opus', 100_000, turns), vendor('opus').target, vendor('sonnet').target)
        ?.paybackSteps;
    assert.deepEqual([payback(1), payback(7), payback(40)], [13, 13, 13]);
  });

  it('[C2] is the first number of requests at which moving has cost no more, whatever the prices', () => {
    const usd = fc.double({ min: 0.01, max: 10, noNaN: true });
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    const anyModel = fc.tuple(usd, share, usd);
    // The gain is above nothing from 15 to 15 requests only.
    const SHORT_GAIN: [[number, number, number], [number, number, number], number] = [
      [0.01, 0.01, 0.01625006080341948],
      [0.01, 0.034884117332792196, 0.010000000000000023],
      4940,
    ];
    fc.assert(
      fc.property(anyModel, anyModel, fc.integer({ min: 2000, max: 200_000 }), (a, b, contextTokens) => {
        const from = priced('from', [a[0], a[0] * a[1], a[2] * 3]);
        const to = priced('to', [b[0], b[0] * b[1], b[2] * 3]);
        const given = input({
          inputTokens: contextTokens,
          economics: economics({
            stepInputTokens: 1800,
            stepOutputTokens: 400,
            warmTokens: { from: contextTokens },
          }),
        });
        const at = (model: ModelTarget, expectedSteps: number): number =>
          taskCost(expectedCostUsd, model, {
            ...given,
            economics: { ...economicsOf(given), expectedSteps },
          }) ?? NaN;
        const hasPaid = (steps: number): boolean => at(to, steps) <= at(from, steps);
        const first = Array.from({ length: 200 }, (_, index) => index + 1).find(hasPaid) ?? null;
        assert.equal(compare(given, from, to)?.paybackSteps, first);
      }),
      { numRuns: 500, endOnFailure: true, examples: [SHORT_GAIN] },
    );
  });
});

describe('route/switch-economics: what staying and moving cost', () => {
  it('[B4] [C2] is the rest of the task on each of the two, and names them', () => {
    // 10,100 x 10 … : 10,000 x 10 + 100 x 50 = 0.105, then 11,000 x 10 + 100 x 50 = 0.115; a tenth on the cheap one
    const found = compare(request({ expectedSteps: 2 }), FLAT, CHEAP);
    assert.deepEqual([found?.fromModel, found?.toModel, found?.expectedSteps], ['flat', 'cheap', 2]);
    closeTo(found?.stayCostUsd, 0.22);
    closeTo(found?.moveCostUsd, 0.022);
    assert.equal(found?.allowanceUsd, 0.25);
  });

  it('[B4] [C2] counts the stronger model that takes over when a cheap one fails', () => {
    // Two requests; the second half is one: 11,000 tokens on the strong model, 11,000 x 100 + 100 x 500 = 1.15
    const found = compare(request({ expectedSteps: 2 }), FLAT, CHEAP, { others: [STRONG], success: 0.75 });
    closeTo(found?.moveCostUsd, 0.022 + 0.25 * 1.15);
  });

  it('[B4] counts the requests after the take-over at what they cost more than on the cheap one', () => {
    // Four requests: it arrives at 12,000 tokens, 1.25; one more at 13,000: 1.35 on the strong, 0.0135 on the cheap one
    const found = compare(request({ expectedSteps: 4 }), FLAT, CHEAP, { others: [STRONG], success: 0.5 });
    const task = 0.0105 + 0.0115 + 0.0125 + 0.0135;
    closeTo(found?.moveCostUsd, task + 0.5 * (1.25 + (1.35 - 0.0135)));
  });

  it('[B4] has the stronger model read what it has in its cache', () => {
    const strong = priced('strong', [100, 1, 500], { tier: 'complex' });
    // 8,000 x 1 + 3,000 x 100 + 100 x 500 = 0.358
    const given = request({ expectedSteps: 2, warmTokens: { strong: 8000 } });
    closeTo(compare(given, FLAT, CHEAP, { others: [strong], success: 0 })?.moveCostUsd, 0.022 + 0.358);
  });

  it('fails on nobody’s account where nobody is stronger', () => {
    closeTo(compare(request(), FLAT, CHEAP, { others: [], success: 0 })?.moveCostUsd, 0.0105);
    const equal = { ...STRONG, tier: 'simple' } as const;
    closeTo(compare(request(), FLAT, CHEAP, { others: [equal], success: 0 })?.moveCostUsd, 0.0105);
    const unpriced = { ...STRONG, price: null };
    closeTo(compare(request(), FLAT, CHEAP, { others: [unpriced], success: 0 })?.moveCostUsd, 0.0105);
  });

  it('[B4] [C2] counts the way back to a cache that has gone cold meanwhile', () => {
    const left = priced('left', [10, 1, 50]);
    // 25 steps of 12 s outlast 300 s, so the entry is gone unless the user would have waited as long anyway: a pause
    // above 300 s with a median of 130 s and a spread of 1.3.
    const longer = 1 / (1 + Math.exp((1.702 * Math.log(300 / 130)) / 1.3));
    const given = request({ expectedSteps: 25, warmTokens: { left: 10_000 } });
    const wayBack = 0.5 * (1 - longer) * (35_000 * (10 - 1)) * 1e-6;
    const plain = taskCost(expectedCostUsd, CHEAP, given) ?? NaN;
    closeTo(compare(given, left, CHEAP)?.moveCostUsd, plain + wayBack);
  });

  it('[B4] [C2] makes a shorter life of the cache dearer to leave, until it would be cold either way', () => {
    const wayBack = (ttlS: number): number => {
      const left = priced('left', [10, 1, 50], { promptCache: { kind: 'explicit', minTokens: 0, ttlS } });
      const given = request({ expectedSteps: 10, warmTokens: { left: 10_000 } });
      const plain = taskCost(expectedCostUsd, CHEAP, given) ?? NaN;
      return (compare(given, left, CHEAP)?.moveCostUsd ?? NaN) - plain;
    };
    assert.ok(wayBack(300) > wayBack(3600) && wayBack(3600) > 0);
    closeTo(wayBack(0), 0);
  });

  it('has no way back to a model on which nothing is warm', () => {
    const given = request({ expectedSteps: 25 });
    closeTo(
      compare(given, priced('left', [10, 1, 50]), CHEAP)?.moveCostUsd,
      taskCost(expectedCostUsd, CHEAP, given) ?? NaN,
    );
  });

  it('cannot be told where one of the two has no price', () => {
    const unpriced = { ...CHEAP, price: null };
    assert.equal(compare(request(), FLAT, unpriced), null);
    assert.equal(compare(request(), unpriced, FLAT), null);
  });

  it('[C2] pays at once between a model that costs and one that is free, and never the other way', () => {
    const free = { ...CHEAP, id: 'free', billing: 'free', price: null } as const;
    assert.equal(compare(request(), FLAT, free)?.paybackSteps, 1);
    assert.equal(compare(request(), free, FLAT)?.paybackSteps, null);
  });

  it('[B4] [C2] never makes staying cheaper when the cache is colder', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const count = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(share, share, count, (warm, kept, expectedSteps) => {
        const stay = (tokens: number): number => {
          const given = request({ expectedSteps, warmTokens: { left: tokens } });
          return compare(given, priced('left', [10, 1, 50]), CHEAP)?.stayCostUsd ?? NaN;
        };
        assert.ok(stay(warm * kept * 10_000) >= stay(warm * 10_000) - 1e-12);
      }),
    );
  });
});

describe('route/switch-economics: whether a move is worth it', () => {
  const isWorth = (stayCostUsd: number, moveCostUsd: number): boolean =>
    isWorthMoving({ stayCostUsd, moveCostUsd });

  it('[C2] is so when it saves 5 % and 0.002 USD', () => {
    assert.equal(isWorth(1, 0.94), true);
    assert.equal(isWorth(1, 0.96), false);
    assert.equal(isWorth(0.02, 0.0175), true);
    assert.equal(isWorth(0.02, 0.0185), false);
  });

  it('[C2] is so of little when it saves half of it', () => {
    assert.equal(isWorth(0.001, 0.0004), true);
    assert.equal(isWorth(0.001, 0.0006), false);
  });

  it('[C2] is not so where nothing is saved, also of nothing', () => {
    assert.equal(isWorth(1, 1), false);
    assert.equal(isWorth(0, 0), false);
    assert.equal(isWorth(1, 2), false);
    assert.equal(isWorth(NaN, 1), false);
  });

  it('[C2] is never so both ways', () => {
    const usd = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(fc.property(usd, usd, (a, b) => assert.ok(!(isWorth(a, b) && isWorth(b, a)))));
  });
});
