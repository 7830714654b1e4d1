import assert from 'node:assert/strict';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import { classified, controls, FLASH, input, MINI, OPUS, PRO, SOL, SONNET, table } from './route-fixtures.ts';

const EASY = classified('code', 0.1);

function plan(request: Partial<DecisionInput> = {}, overrides: Partial<RoutingTable> = {}): RoutePlan {
  return cheapestCapablePolicy.plan(input({ classification: EASY, ...request }), table(overrides));
}

const first = (made: RoutePlan) => [made.targets[0]?.id, made.reason];
const from = (fromModel: string) => ({ escalation: { fromModel, why: 'the same error 3 times' } });
const takesOver = (made: RoutePlan) => made.escalation.map(({ id }) => id).join(' ');

describe('route/escalation: a task that goes badly', () => {
  const inside = { decisionPoint: 'continuation', affinityModel: 'flash' } as const;

  it('[B9] moves to the cheapest capable model of a higher tier, also inside a task', () => {
    assert.deepEqual(first(plan({ ...inside, ...from('flash') })), ['pro', 'escalated']);
    assert.deepEqual(first(plan({ ...inside, affinityModel: 'pro', ...from('pro') })), ['opus', 'escalated']);
  });

  it('[B9] keeps all models of its tier and below out, with the reason', () => {
    const made = plan({ ...inside, ...from('pro') });
    assert.deepEqual(made.targets, [OPUS, SOL]);
    const why = made.candidates.find(({ model }) => model === 'sonnet')?.rejected;
    assert.equal(
      why,
      'is not of a higher tier than pro (moderate), on which the task goes badly: the same error 3 times',
    );
    assert.match(made.notes.join(), /the task leaves flash, which is not of a higher tier/);
  });

  it('[B3] stays on the stronger model that the task has moved to', () => {
    const made = plan({ ...inside, affinityModel: 'sol', ...from('flash') });
    assert.deepEqual(first(made), ['sol', 'escalated']);
  });

  it('[B9] stays where it is when nobody is stronger, and says so', () => {
    const made = plan({ ...inside, affinityModel: 'sol', ...from('sol') });
    assert.deepEqual(first(made), ['sol', 'affinity']);
    const note =
      'no stronger model than sol may answer, so the task stays where it is (the same error 3 times)';
    assert.deepEqual(made.notes, [note]);
    assert.deepEqual(first(plan({ decisionPoint: 'cache-expired', ...from('sol') })), ['sol', 'affinity']);
  });

  it('[B9] does not go above the ceiling', () => {
    assert.deepEqual(first(plan({ ...inside, requestModel: 'sonnet', ...from('flash') })), [
      'pro',
      'escalated',
    ]);
    const made = plan({ ...inside, affinityModel: 'pro', requestModel: 'sonnet', ...from('pro') });
    assert.deepEqual(first(made), ['pro', 'affinity']);
  });

  it('[A21] [B9] does not go above the max cost', () => {
    const limit = { controls: controls({ maxCostUsd: 0.001 }) };
    assert.deepEqual(first(plan({ ...inside, ...from('flash'), ...limit })), ['flash', 'affinity']);
    const wider = { controls: controls({ maxCostUsd: 0.004 }) };
    assert.deepEqual(first(plan({ ...inside, ...from('flash'), ...wider })), ['pro', 'escalated']);
  });

  it('goes on without escalation when the model that failed is no longer there', () => {
    assert.deepEqual(first(plan({ ...inside, ...from('gone') })), ['flash', 'affinity']);
  });

  it('leaves a model that was asked for by name alone', () => {
    assert.deepEqual(first(plan({ requestModel: 'exact/flash', ...from('flash') })), ['flash', 'exact']);
  });
});

describe('route/escalation: who takes over from a weak answer', () => {
  it('[A29] [B9] names the stronger models, the next tier first, the policy’s order within it', () => {
    assert.equal(takesOver(plan()), 'pro sonnet opus sol');
    assert.equal(takesOver(plan({ classification: classified('code', 0.6, 0.1) })), 'opus sol');
    assert.equal(takesOver(plan({ classification: classified('code', 0.9, 0.7) })), '');
  });

  it('[A29] takes the next tier first also where a higher one is cheaper', () => {
    const gift = { ...OPUS, id: 'gift', price: PRO.price };
    const targets = [FLASH, SONNET, gift];
    assert.equal(takesOver(plan({}, { targets })), 'sonnet gift');
  });

  it('[A29] names nobody above the ceiling, and nobody who is out', () => {
    assert.equal(takesOver(plan({ requestModel: 'sonnet' })), 'pro sonnet');
    const unavailable = [{ model: 'pro', why: 'is overloaded' }];
    assert.equal(takesOver(plan({ unavailable })), 'sonnet opus sol');
  });

  it('[A21] [A29] keeps both answers together within the max cost', () => {
    const at = (maxCostUsd: number) => takesOver(plan({ controls: controls({ maxCostUsd }) }));
    // flash 0.00015, pro 0.0015
    assert.equal(at(0.0016), '');
    assert.equal(at(0.00165), 'pro');
  });

  it('[A29] names nobody for a model that was asked for by name', () => {
    assert.equal(takesOver(plan({ requestModel: 'exact/flash' }, { exactFallback: true })), '');
    assert.equal(takesOver(plan({ controls: controls({ headerModel: 'flash' }) })), '');
  });

  it('names nobody when all are out', () => {
    const targets = [FLASH, MINI, PRO];
    const unavailable = targets.map(({ id }) => ({ model: id, why: 'is overloaded' }));
    assert.equal(takesOver(plan({ unavailable }, { targets })), '');
  });
});
