import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { OutcomeRecord, SuccessEvidence } from '../../../../daemon/protocol/exchange-record.ts';
import type { OutcomeKind } from '../../../../daemon/protocol/vocabulary.ts';
import { HALF_LIFE_MS } from '../../../../daemon/route/decayed-counts.ts';
import { OUTCOME_WEIGHTS, SuccessStatistics } from '../../../../daemon/route/success-statistics.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const COHORT = 'code/short/code/plain';
const NOTHING: SuccessEvidence = { cohort: COHORT, tiers: {}, models: {} };

function outcome(kind: OutcomeKind, changes: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    atMs: NOW_MS,
    exchangeId: 'x_1',
    cohort: COHORT,
    model: 'flash',
    tier: 'simple',
    kind,
    ...changes,
  };
}

function after(...outcomes: readonly OutcomeRecord[]): SuccessEvidence {
  const statistics = new SuccessStatistics();
  for (const one of outcomes) statistics.record(one);
  return statistics.evidence(COHORT, NOW_MS);
}

describe('success statistics', () => {
  it('know nothing of a kind of ask that was never seen', () => assert.deepEqual(after(), NOTHING));

  it('count for the model and for its tier', () => {
    assert.deepEqual(after(outcome('weak-answer'), outcome('rated-good', { model: 'mini' })), {
      cohort: COHORT,
      tiers: { simple: { successes: 2, failures: 1 } },
      models: { flash: { successes: 0, failures: 1 }, mini: { successes: 2, failures: 0 } },
    });
  });

  it('keep tiers and kinds of ask apart', () => {
    const other = outcome('completed', { cohort: 'general/long/prose/plain' });
    const strong = outcome('completed', { model: 'opus', tier: 'complex' });
    assert.deepEqual(after(other, strong).tiers, { complex: { successes: 0.5, failures: 0 } });
  });

  for (const [kind, successes, failures] of [
    ['completed', 0.5, 0],
    ['weak-answer', 0, 1],
    ['stalled', 0, 1],
    ['asked-again', 0, 0.5],
    ['overridden', 0, 0.5],
    ['rated-good', 2, 0],
    ['rated-bad', 0, 2],
  ] as const) {
    it(`${kind.startsWith('rated') ? '[A50] ' : ''}take ${kind} for ${successes} successes and ${failures} failures`, () => {
      assert.deepEqual(after(outcome(kind)).models, { flash: { successes, failures } });
    });
  }

  it('leave a model at its true rate when half of its failures are noticed', () => {
    for (const rate of [0.6, 0.75, 0.9]) {
      const noticed = (1 - rate) / 2;
      const { successes: each } = OUTCOME_WEIGHTS.completed;
      const counted = ((1 - noticed) * each) / ((1 - noticed) * each + noticed);
      assert.ok(Math.abs(counted - rate) < 0.07, `${rate} becomes ${counted}`);
    }
  });

  it('let outcomes fade with a half-life of two weeks', () => {
    assert.equal(HALF_LIFE_MS, 14 * 86_400_000);
    const old = outcome('weak-answer', { atMs: NOW_MS - HALF_LIFE_MS });
    assert.deepEqual(after(old).models, { flash: { successes: 0, failures: 0.5 } });
  });

  it('take an outcome back', () => {
    const statistics = new SuccessStatistics();
    statistics.record(outcome('rated-bad'));
    statistics.retract(outcome('rated-bad'));
    assert.deepEqual(statistics.evidence(COHORT, NOW_MS), NOTHING);
  });

  for (const [what, changes] of [
    ['a kind nobody knows', { kind: 'praised' as OutcomeKind }],
    ['a kind that is a name of every object', { kind: 'constructor' as OutcomeKind }],
    ['a tier nobody knows', { tier: 'epic' as 'simple' }],
    ['no time', { atMs: Number.NaN }],
    ['an endless time', { atMs: Number.POSITIVE_INFINITY }],
    ['a time before time', { atMs: -1 }],
    ['an empty model', { model: '' }],
    ['a model of a megabyte', { model: 'm'.repeat(1_000_000) }],
    ['an empty cohort', { cohort: '' }],
    ['a model that is no text', { model: 7 as unknown as string }],
  ] as const) {
    it(`ignore an outcome with ${what}`, () => {
      assert.deepEqual(after(outcome('completed', changes)), NOTHING);
    });
  }

  it('count a model whose name is one of every object', () => {
    const { models } = after(outcome('completed', { model: '__proto__' }));
    assert.deepEqual(Object.entries(models), [['__proto__', { successes: 0.5, failures: 0 }]]);
  });

  it('keep at most 64 models of a kind of ask, the last counted ones', () => {
    const statistics = new SuccessStatistics();
    for (let index = 0; index < 1000; index += 1) {
      statistics.record(outcome('completed', { model: `m${index}` }));
      statistics.record(outcome('completed', { model: 'm0' }));
    }
    const { models } = statistics.evidence(COHORT, NOW_MS);
    assert.equal(Object.keys(models).length, 64);
    assert.ok('m999' in models);
    assert.equal(models['m0']?.successes, 500.5);
  });

  it('keep at most 256 kinds of ask, the last counted ones', () => {
    const statistics = new SuccessStatistics();
    for (let index = 0; index < 1000; index += 1) {
      statistics.record(outcome('completed', { cohort: `c${index}` }));
    }
    const known = Array.from({ length: 1000 }, (_, index) => statistics.evidence(`c${index}`, NOW_MS)).filter(
      ({ models }) => Object.keys(models).length > 0,
    );
    assert.equal(known.length, 256);
    assert.equal(known.at(-1)?.cohort, 'c999');
  });

  it('come out the same in whatever order outcomes are recorded', () => {
    const anyOutcome = fc.record({
      atMs: fc.integer({ min: NOW_MS - 180 * 86_400_000, max: NOW_MS }),
      exchangeId: fc.constantFrom('x_1', 'x_2'),
      cohort: fc.constant(COHORT),
      model: fc.constantFrom('flash', 'mini', 'opus'),
      tier: fc.constantFrom('simple' as const, 'complex' as const),
      kind: fc.constantFrom(...(Object.keys(OUTCOME_WEIGHTS) as OutcomeKind[])),
    });
    const lists = fc
      .array(anyOutcome, { maxLength: 40 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(lists, ([list, shuffled]) => assertClose(after(...list), after(...shuffled))),
      { numRuns: 100 },
    );
  });
});

/** Counts are given to four digits. */
function assertClose(one: SuccessEvidence, other: SuccessEvidence): void {
  for (const counts of ['tiers', 'models'] as const) {
    for (const name of new Set([...Object.keys(one[counts]), ...Object.keys(other[counts])])) {
      const [a, b] = [one, other].map((evidence) => new Map(Object.entries(evidence[counts])).get(name));
      for (const field of ['successes', 'failures'] as const) {
        // What has faded to nothing may be left out on one side.
        assert.ok(Math.abs((a?.[field] ?? 0) - (b?.[field] ?? 0)) < 0.011, `${name}: ${field}`);
        if (a !== undefined && b !== undefined) assert.ok(Math.abs(a[field] - b[field]) <= 0.000_101);
      }
    }
  }
}
