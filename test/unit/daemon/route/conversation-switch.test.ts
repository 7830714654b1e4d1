import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput, EconomicsInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { RankedTarget } from '../../../../daemon/route/candidate-order.ts';
import { applySwitchCap, weighSwitch } from '../../../../daemon/route/conversation-switch.ts';
import type { SwitchCap } from '../../../../daemon/route/switch-cap.ts';
import { economics, priced, ranked } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

/** The prompt has 100,000 tokens and no answer to speak of. Cold 1 USD, warm 0.1. */
const DEAR = priced('dear', [10, 1, 50]);
/** Cold 0.5 USD, warm 0.05: a little dearer than a warm DEAR at first, cheaper from the second request on. */
const HALF = priced('half', [5, 0.5, 25]);
/** Cold 0.01 USD. */
const CHEAP = priced('cheap', [0.1, 0.01, 0.5]);

interface Given {
  readonly on: string | null;
  readonly economics?: Partial<EconomicsInput>;
  readonly point?: DecisionInput['decisionPoint'];
  readonly allowanceUsd?: number;
}

function weigh(given: Given, ...models: readonly (readonly [ModelTarget, Partial<RankedTarget>?])[]) {
  const request = input({
    inputTokens: 100_000,
    affinityModel: given.on,
    decisionPoint: given.point ?? 'new-task',
    economics: economics({ stepInputTokens: 0, stepOutputTokens: 0, ...given.economics }),
    expectedOutputTokens: 0,
  });
  const ordered = models.map(([model, more]) => ranked(model, request, more));
  const cap = given.allowanceUsd === undefined ? null : fakeCap({ allowanceUsd: given.allowanceUsd });
  const { kept, economics: found } = weighSwitch({ costOf: expectedCostUsd, input: request, ordered, cap });
  return { kept: kept?.target.id, found };
}

function fakeCap(more: Partial<SwitchCap> = {}): SwitchCap {
  return {
    baselineModel: 'dear',
    ratio: 0.05,
    allowanceUsd: 0,
    fits: () => true,
    fitsBoth: () => true,
    leftUsd: () => 0,
    spareUsd: () => 0,
    ...more,
  };
}

const WARM = { warmTokens: { dear: 100_000 } };

describe('route/conversation-switch: staying and moving', () => {
  it('[B4] [C2] stays where the cold start costs more than the task can save', () => {
    const { kept, found } = weigh({ on: 'dear', economics: WARM }, [HALF], [DEAR]);
    assert.equal(kept, 'dear');
    assert.deepEqual([found?.fromModel, found?.toModel, found?.moved], ['dear', 'half', false]);
  });

  it('[B4] [C2] moves where the task is long enough', () => {
    const long = { ...WARM, expectedSteps: 40 };
    const { kept, found } = weigh({ on: 'dear', economics: long }, [HALF], [DEAR]);
    assert.equal(kept, undefined);
    assert.deepEqual([found?.moved, found?.paybackSteps, found?.expectedSteps], [true, 9, 40]);
  });

  it('[B4] moves at once where a cold start costs less than going on', () => {
    assert.equal(weigh({ on: 'dear', economics: WARM }, [CHEAP], [DEAR]).kept, undefined);
  });

  it('[C2] stays between models that cost as much, so that they do not take turns', () => {
    const twin = { ...DEAR, id: 'twin' };
    assert.equal(weigh({ on: 'dear' }, [twin], [DEAR]).kept, 'dear');
    assert.equal(weigh({ on: 'twin' }, [DEAR], [twin]).kept, 'twin');
    const little = priced('little-less', [9.6, 1, 50]);
    assert.equal(weigh({ on: 'dear' }, [little], [DEAR]).kept, 'dear');
  });

  it('[B4] leaves a model that is not likely enough to do what is asked', () => {
    const weak = { reachesThreshold: false };
    const { kept } = weigh({ on: 'cheap', economics: WARM }, [DEAR], [CHEAP, weak]);
    assert.equal(kept, undefined);
  });

  it('weighs nothing for a background call', () => {
    const { kept, found } = weigh({ on: 'dear', economics: WARM, point: 'background' }, [HALF], [DEAR]);
    assert.deepEqual([kept, found], [undefined, null]);
  });

  it('weighs nothing where there is nobody, or nobody else', () => {
    assert.deepEqual(weigh({ on: 'dear' }), { kept: undefined, found: null });
    assert.deepEqual(weigh({ on: 'dear' }, [DEAR]), { kept: undefined, found: null });
  });

  it('weighs nothing against a model without a price', () => {
    const unpriced = { ...HALF, price: null };
    assert.deepEqual(weigh({ on: 'dear' }, [unpriced], [DEAR]), { kept: undefined, found: null });
  });

  it('[B4] plans records that know nothing of caches as they were', () => {
    const request = input({ inputTokens: 100_000, affinityModel: 'dear', expectedOutputTokens: 0 });
    const ordered = [ranked({ ...DEAR, id: 'twin' }, request), ranked(DEAR, request)];
    const made = weighSwitch({ costOf: expectedCostUsd, input: request, ordered, cap: null });
    assert.deepEqual(made, { kept: undefined, economics: null });
  });

  it('[C2] tells what moving to the next one would have cost where the conversation is on the best', () => {
    const { kept, found } = weigh(
      { on: 'cheap', economics: WARM, allowanceUsd: 0.5 },
      [CHEAP],
      [HALF],
      [DEAR],
    );
    assert.equal(kept, undefined);
    assert.deepEqual([found?.fromModel, found?.toModel, found?.moved], ['cheap', 'half', false]);
    assert.equal(found?.allowanceUsd, 0.5);
  });

  it('tells nothing of the allowance where there is no limit', () => {
    assert.equal(weigh({ on: 'dear', economics: WARM }, [HALF], [DEAR]).found?.allowanceUsd, null);
  });

  it('[B4] a list does not lead away from a trusted model that is warm, where that costs more', () => {
    const listed = { isListed: true };
    assert.equal(weigh({ on: null, economics: WARM }, [HALF, listed], [DEAR]).kept, 'dear');
    assert.equal(weigh({ on: null, economics: WARM }, [CHEAP, listed], [DEAR]).kept, undefined);
    const weak = { reachesThreshold: false };
    assert.equal(weigh({ on: null, economics: WARM }, [HALF, listed], [DEAR, weak]).kept, undefined);
    assert.equal(weigh({ on: null }, [HALF, listed], [DEAR]).kept, undefined);
  });

  it('[B4] a list that leads to where the conversation is does not lead away from it', () => {
    const warm = { warmTokens: { dear: 100_000, cheap: 20_000 } };
    const listed = { isListed: true };
    const { kept, found } = weigh({ on: 'dear', economics: warm }, [DEAR, listed], [CHEAP, listed]);
    assert.equal(kept, undefined);
    assert.deepEqual([found?.fromModel, found?.toModel], ['dear', 'cheap']);
  });

  it('[B4] of several warm models the one whose task is cheapest is stayed on', () => {
    const warm = { warmTokens: { dear: 100_000, other: 100_000 } };
    const other = priced('other', [10, 0.5, 50]);
    const list = weigh({ on: null, economics: warm }, [HALF, { isListed: true }], [DEAR], [other]);
    assert.equal(list.kept, 'other');
  });
});

describe('route/conversation-switch: the limit', () => {
  const request = input({ inputTokens: 1000, economics: economics() });
  const all = [DEAR, HALF, CHEAP].map((model) => ranked(model, request));
  const capped = (more: Partial<SwitchCap>) => {
    const { candidates, note } = applySwitchCap(all, fakeCap(more));
    return [candidates.map(({ target }) => target.id).join(' '), note] as const;
  };

  it('[B4] leaves the order alone where the first one fits, and where there is no limit', () => {
    assert.deepEqual(capped({ fits: ({ id }) => id === 'dear' }), ['dear half cheap', null]);
    assert.deepEqual(applySwitchCap(all, null), { candidates: all, note: null });
    assert.deepEqual(applySwitchCap([], fakeCap()), { candidates: [], note: null });
  });

  it('[B4] [C2] puts those that fit first, each group in its order, and says so', () => {
    assert.deepEqual(capped({ fits: ({ id }) => id !== 'dear' }), [
      'half cheap dear',
      'dear was not taken: with it the conversation could bill more than 5 % above staying on dear',
    ]);
  });

  it('[B4] takes the one that leaves most where nobody fits, and says so', () => {
    const left: Readonly<Record<string, number>> = { dear: -3, half: -1, cheap: -2 };
    assert.deepEqual(capped({ fits: () => false, leftUsd: ({ id }) => left[id] ?? 0, ratio: 0.125 }), [
      'half cheap dear',
      'with every model the conversation could bill more than 12.5 % above staying on dear; the one that can do so least was taken',
    ]);
  });

  it('[B4] takes no one that breaks the limit at once where another may only break it later', () => {
    const left: Readonly<Record<string, number>> = { dear: -1, half: 2, cheap: 1 };
    const spare: Readonly<Record<string, number>> = { dear: -1, half: -6, cheap: -5 };
    const [order] = capped({
      fits: () => false,
      leftUsd: ({ id }) => left[id] ?? 0,
      spareUsd: ({ id }) => spare[id] ?? 0,
    });
    assert.equal(order, 'cheap half dear');
  });
});
