import assert from 'node:assert/strict';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { ReasoningEffort } from '../../../../daemon/protocol/vocabulary.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { effortRange, outputFactor } from '../../../../daemon/route/effort.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  classified,
  controls,
  FLASH,
  input,
  MINI,
  OPUS,
  PRO,
  pricing,
  table,
  target,
} from './route-fixtures.ts';

const LEVELS: readonly ReasoningEffort[] = ['none', 'low', 'medium', 'high', 'max'];

function range(
  requestedEffort: ReasoningEffort | null,
  efforts: readonly ReasoningEffort[] = LEVELS,
  adjustsEffort = true,
) {
  const model = { ...FLASH, traits: { efforts } };
  return effortRange(model, input({ requestedEffort, needs: ['reasoning'] }), table({ adjustsEffort }));
}

describe('route/effort: levels a model may be moved to', () => {
  it('[B8] goes down at most two levels and one up', () => {
    assert.deepEqual(range('medium'), { own: 'medium', lower: ['low'], raised: 'high' });
    assert.deepEqual(range('max'), { own: 'max', lower: ['medium', 'high'], raised: null });
  });
  it('[B8] takes medium where the client names no level', () => {
    assert.deepEqual(range(null), { own: 'medium', lower: ['low'], raised: 'high' });
  });
  it('[B8] never goes below low', () => {
    assert.deepEqual(range('low')?.lower, []);
    assert.deepEqual(range('medium', ['minimal', 'medium'])?.lower, []);
  });
  it('[B8] never raises above high, and nothing that is above medium already', () => {
    assert.equal(range('medium', ['low', 'medium', 'xhigh'])?.raised, null);
    assert.equal(range('high', ['low', 'high', 'max'])?.raised, null);
    assert.equal(range('low')?.raised, 'medium');
  });
  it('[B8] starts from the level that the model makes of the client’s', () => {
    assert.deepEqual(range('xhigh', ['low', 'high']), { own: 'high', lower: ['low'], raised: null });
  });
  it('[B8] respects a client that wants no thinking, or next to none', () => {
    assert.deepEqual([range('none'), range('minimal')], [null, null]);
  });
  it('[B8] leaves alone who has no levels, cannot reason or was not asked to', () => {
    assert.deepEqual(
      [range('high', []), range('high', ['high']), range('high', LEVELS, false)],
      [null, null, null],
    );
    const unknown = input({ requestedEffort: 'high' });
    assert.equal(effortRange(FLASH, unknown, table()), null);
    const able = { ...FLASH, traits: { efforts: LEVELS } };
    assert.equal(effortRange(able, input(), table()), null);
    assert.equal(effortRange({ ...able, supports: ['tools'] }, unknown, table()), null);
    assert.notEqual(effortRange(able, unknown, table()), null);
  });
  it('[B8] expects more output the more a model thinks', () => {
    const factors = LEVELS.map((level) => outputFactor('medium', level));
    assert.deepEqual(
      factors,
      factors.toSorted((a, b) => a - b),
    );
    assert.equal(outputFactor('high', 'high'), 1);
  });
});

const thinking = <Model extends typeof FLASH>(model: Model) => ({ ...model, traits: { efforts: LEVELS } });
const THINKERS = [FLASH, MINI, PRO, OPUS].map(thinking);

function plan(request: Partial<DecisionInput>, overrides: Partial<RoutingTable> = {}): RoutePlan {
  return cheapestCapablePolicy.plan(
    input({ needs: ['reasoning'], ...request }),
    table({ targets: THINKERS, ...overrides }),
  );
}

const first = (made: RoutePlan) => {
  const [chosen] = made.candidates;
  return [chosen?.model, chosen?.effort, made.efforts[chosen?.model ?? ''] ?? null];
};

describe('route/effort: as the policy uses it', () => {
  const simple = classified('general', 0.1);

  it('[B8] lowers the effort for simple work, as far as it stays likely enough', () => {
    assert.deepEqual(first(plan({ classification: simple, requestedEffort: 'high' })), [
      'flash',
      'low',
      'low',
    ]);
    const border = classified('reasoning', 0.2);
    // 1 - 0.2 / 0.85 = 0.765 at medium, below 0.75 at low
    assert.deepEqual(first(plan({ classification: border, requestedEffort: 'high' })), [
      'flash',
      'medium',
      'medium',
    ]);
  });

  it('[B8] expects less cost and less success at a lower level', () => {
    const [low] = plan({ classification: simple, requestedEffort: 'high' }).candidates;
    const [asked] = plan(
      { classification: simple, requestedEffort: 'high' },
      { adjustsEffort: false },
    ).candidates;
    assert.ok((low?.expectedCostUsd ?? NaN) < (asked?.expectedCostUsd ?? NaN));
    assert.ok((low?.successProbability ?? NaN) < (asked?.successProbability ?? NaN));
  });

  it('[B8] lowers nothing for work that is not simple, nor for quality', () => {
    const moderate = { classification: classified('general', 0.5, 0.1), requestedEffort: 'high' } as const;
    assert.deepEqual(plan(moderate).efforts, {});
    const quality = {
      classification: simple,
      requestedEffort: 'high',
      controls: controls({ profile: 'quality' }),
    } as const;
    assert.deepEqual(plan(quality).efforts, {});
  });

  // P(flash) 0.74 as asked, 1 - 0.26 x 0.95 = 0.753 one level up.
  const nearly = { classification: classified('general', 0.26, 0.1), requestedEffort: 'low' } as const;

  it('[B8] raises the effort by one level before it takes a dearer model', () => {
    assert.deepEqual(first(plan(nearly)), ['flash', 'medium', 'medium']);
    assert.deepEqual(first(plan(nearly, { adjustsEffort: false })), ['pro', null, null]);
    assert.deepEqual(first(plan({ ...nearly, requestedEffort: 'high' })), ['pro', null, null]);
  });

  it('[B8] does not raise where one level more would not be enough', () => {
    const far = { ...nearly, classification: classified('general', 0.4, 0.1) };
    assert.deepEqual([first(plan(far)), plan(far).efforts], [['pro', null, null], {}]);
  });

  it('[B8] does not raise where the thinking would cost more than the dearer model', () => {
    const close = target('close', { price: pricing(0.11) });
    const made = plan(nearly, { targets: [thinking(FLASH), close] });
    assert.deepEqual(first(made), ['close', null, null]);
  });

  it('[B8] does not raise where no dearer model is likely enough as it is', () => {
    assert.deepEqual(plan(nearly, { targets: [thinking(FLASH)] }).efforts, {});
  });

  it('[B8] does not raise above the expected cost of a ceiling', () => {
    const close = target('close', { price: pricing(0.11) });
    const made = plan({ ...nearly, requestModel: 'close' }, { targets: [thinking(FLASH), close] });
    assert.deepEqual(made.efforts, {});
  });

  it('[B8] respects a client that wants no thinking', () => {
    assert.deepEqual(plan({ ...nearly, requestedEffort: 'none' }).efforts, {});
  });

  it('[B8] never touches the effort of a model that was asked for by name', () => {
    const made = plan({ requestModel: 'exact/flash', classification: simple, requestedEffort: 'high' });
    assert.deepEqual([made.efforts, made.candidates[0]?.effort], [{}, null]);
  });

  it('[B3] [B8] keeps the level of the task inside it, and sets none there', () => {
    const inside = {
      ...({ classification: simple, requestedEffort: 'high', decisionPoint: 'continuation' } as const),
      affinityModel: 'flash',
    };
    assert.deepEqual(plan(inside).efforts, {});
    assert.deepEqual(first(plan({ ...inside, affinityEffort: 'medium' })), ['flash', 'medium', 'medium']);
    const hard = { ...inside, affinityEffort: 'low', classification: classified('code', 0.9, 0.8) } as const;
    assert.deepEqual(first(plan(hard)), ['flash', 'low', 'low']);
  });

  it('[B8] drops the level of the task when the client asks for no thinking or the model does not take it', () => {
    const inside = {
      ...({ classification: simple, decisionPoint: 'continuation', affinityModel: 'flash' } as const),
      ...({ requestedEffort: 'high', affinityEffort: 'low' } as const),
    };
    assert.deepEqual(plan({ ...inside, requestedEffort: 'none' }).efforts, {});
    assert.deepEqual(plan({ ...inside, affinityEffort: 'xhigh' }).efforts, {});
    assert.deepEqual(plan(inside, { adjustsEffort: false }).efforts, {});
  });
});
