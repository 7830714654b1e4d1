// What holds for every input and every table: stated changes flip the choice, and the rules of the policy have no holes.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { gradeOfNeeds } from '../../../daemon/classify/grade.ts';
import { decodeDecisionInput } from '../../../daemon/control/decision-input.ts';
import type { DecisionInput } from '../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../daemon/route/cheapest-capable-policy.ts';
import { completeInput } from '../../../daemon/route/complete-input.ts';
import { rejectionOf } from '../../../daemon/route/eligibility.ts';
import { applyMergePatch } from '../../../daemon/route/merge-patch.ts';
import { resolveIntent } from '../../../daemon/route/override.ts';
import type { RoutePlan, RoutingTable } from '../../../daemon/route/policy.ts';
import { tierRank } from '../../../daemon/route/candidate-order.ts';
import {
  anyInput,
  anyTable,
  controls,
  PROFILES,
  TASK_TYPES,
  target,
} from '../../unit/daemon/route/route-fixtures.ts';

const RUNS = 3000;

const first = (request: DecisionInput, given: RoutingTable): string | null =>
  cheapestCapablePolicy.plan(request, given).targets[0]?.id ?? null;

function forAll(
  check: (request: DecisionInput, given: RoutingTable, made: RoutePlan) => void,
  numRuns = RUNS,
): void {
  fc.assert(
    fc.property(anyInput, anyTable, (request, given) =>
      check(request, given, cheapestCapablePolicy.plan(request, given)),
    ),
    { numRuns },
  );
}

/** A request that names no model and sets no limit, so that only the policy's own rules count. */
const free = (request: DecisionInput): DecisionInput => ({
  ...request,
  requestModel: 'auto',
  controls: controls({ profile: request.controls.profile }),
  standingOverride: null,
  escalation: null,
});

describe('what would flip a decision', function () {
  this.timeout(120_000);

  it('[C5] flips it in 100 % of at least 1,000 random cases, when the patch is applied to the stored input', () => {
    let cases = 0;
    let changes = 0;
    const kinds = new Set<string>();
    forAll((request, given, made) => {
      const before = made.targets[0]?.id ?? null;
      // As a program gets it: from the record, through JSON.
      const [stored, flips] = JSON.parse(
        JSON.stringify([request, cheapestCapablePolicy.wouldFlip(request, given)]),
      ) as [DecisionInput, ReturnType<typeof cheapestCapablePolicy.wouldFlip>];
      if (flips.length > 0) cases++;
      for (const { change, to, patch } of flips) {
        changes++;
        kinds.add(change.replaceAll(/[\d.e-]+|\bm\d\b/g, '#'));
        const patched = applyMergePatch(stored, patch);
        assert.equal(first(patched, given), to, change);
        assert.notEqual(to, before, change);
        assertValid(patched, change);
      }
      assert.equal(new Set(flips.map(({ change }) => change)).size, flips.length);
    });
    assert.ok(cases >= 1000, `${cases} cases with a change`);
    assert.ok(changes >= 3000 && kinds.size >= 20, `${changes} changes of ${kinds.size} kinds`);
  });

  it('[C5] holds for the number as it is told, without what goes along with it', () => {
    forAll((request, given) => {
      // A list of the user goes by the grade, which goes along with the number.
      const world = { ...given, profiles: { budget: {}, balanced: {}, quality: {} } };
      for (const { change, to } of cheapestCapablePolicy.wouldFlip(request, world)) {
        const told = /^(needsStronger|needsStrongest) (below|above) ([\d.]+)$/.exec(change);
        if (told === null) continue;
        const value = Number(told[3]) + (told[2] === 'below' ? -0.001 : 0.001);
        const classification = { ...request.classification, [told[1] ?? '']: value };
        assert.equal(first({ ...request, classification }, world), to, change);
      }
    }, 500);
  });
});

describe('rules of the policy', function () {
  this.timeout(60_000);

  it('[A18] never answers above the tier or the expected cost of a ceiling', () => {
    forAll((request, given, made) => {
      const intent = resolveIntent(request, given);
      if (intent.kind !== 'free' || intent.ceiling === null) return;
      const rank = tierRank(intent.ceiling.tier);
      for (const model of [...made.targets, ...made.escalation]) assert.ok(tierRank(model.tier) <= rank);
    });
  });

  it('[A29] hands a weak answer to eligible models of a higher tier only, none of them twice', () => {
    forAll((request, given, made) => {
      const intent = resolveIntent(request, given);
      if (intent.kind !== 'free') assert.deepEqual(made.escalation, []);
      const rank = tierRank(made.targets[0]?.tier ?? 'complex');
      for (const model of made.escalation) {
        assert.ok(tierRank(model.tier) > rank && made.targets.includes(model));
      }
      assert.equal(new Set(made.escalation).size, made.escalation.length);
    });
  });

  it('[B3] stays on the model of the task in 100 % of the cases in which that may answer', () => {
    let stayed = 0;
    forAll((given, world) => {
      const request = { ...free(given), decisionPoint: 'continuation' } as const;
      const model = world.targets.find(({ id }) => id === request.affinityModel);
      if (model === undefined || rejectionOf(model, request) !== null) return;
      stayed++;
      const made = cheapestCapablePolicy.plan(request, world);
      assert.deepEqual([made.targets[0]?.id, made.reason], [model.id, 'affinity']);
      // Nor does it change how hard that model thinks.
      const effort = made.efforts[model.id];
      assert.ok(effort === undefined || effort === request.affinityEffort);
    });
    assert.ok(stayed > 100, `${stayed} continuations`);
  });

  it('[A24] never becomes less likely to succeed when the threshold is raised', () => {
    const anyThreshold = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyInput, anyTable, anyThreshold, anyThreshold, (given, world, a, b) => {
        const request = { ...free(given), decisionPoint: 'new-task' } as const;
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((threshold) => {
          const row = Object.fromEntries([...TASK_TYPES, 'default'].map((task) => [task, threshold]));
          const thresholds = Object.fromEntries(PROFILES.map((profile) => [profile, row]));
          const made = cheapestCapablePolicy.plan(request, {
            ...world,
            adjustsEffort: false,
            profiles: { budget: {}, balanced: {}, quality: {} },
            thresholds: thresholds as unknown as RoutingTable['thresholds'],
          });
          return made.candidates.find(({ rejected }) => rejected === null)?.successProbability ?? 0;
        });
        assert.ok((high ?? 0) >= (low ?? 0) - 1e-6, `${low} ${high}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('[A19] plans the same when a model is added that may not answer', () => {
    forAll((request, given, made) => {
      const added = target('zz', { usable: false, unusableWhy: 'has no key', tier: 'simple', price: null });
      const more = cheapestCapablePolicy.plan(request, { ...given, targets: [added, ...given.targets] });
      const shape = ({ targets, escalation, efforts, reason }: RoutePlan) => [
        targets,
        escalation,
        efforts,
        reason,
      ];
      assert.deepEqual(shape(more), shape(made));
    });
  });

  it('[B8] changes no effort that the client, the configuration or the model does not let it', () => {
    forAll((request, given, made) => {
      for (const [id, effort] of Object.entries(made.efforts)) {
        assert.equal(given.adjustsEffort, true);
        assert.ok(!['none', 'minimal'].includes(request.requestedEffort ?? 'low'));
        assert.ok(given.targets.some((model) => model.id === id && model.traits?.efforts?.includes(effort)));
        if (request.decisionPoint !== 'continuation') {
          assert.ok(!['none', 'minimal', 'max'].includes(effort));
        }
      }
    });
  });

  it('plans whatever the numbers are, the same twice, and changes nothing it was given', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308));
    fc.assert(
      fc.property(
        anyInput,
        anyTable,
        fc.array(odd, { minLength: 10, maxLength: 10 }),
        (request, given, numbers) => {
          const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0] = numbers;
          const counts = { successes: f, failures: g };
          const strange: DecisionInput = {
            ...request,
            inputTokens: a,
            expectedOutputTokens: b,
            atMs: c,
            classification: { ...request.classification, needsStronger: d, needsStrongest: e, confidence: j },
            evidence: { cohort: '', tiers: { simple: counts }, models: { m0: counts } },
            controls: { ...request.controls, maxCostUsd: h },
          };
          const world = { ...given, thresholds: { ...given.thresholds, balanced: { default: i } } };
          const before = inspect([strange, world], { depth: null });
          const made = cheapestCapablePolicy.plan(strange, world);
          assert.equal(made.targets.length === 0, made.error !== null);
          assert.deepEqual(cheapestCapablePolicy.plan(strange, world), made);
          assert.equal(inspect([strange, world], { depth: null }), before);
          for (const { successProbability } of made.candidates) {
            assert.ok(successProbability === null || (successProbability >= 0 && successProbability <= 1));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** What the control API takes as an input; members that null removed count as null. */
function assertValid(patched: DecisionInput, change: string): void {
  const { classification, needs } = decodeDecisionInput(completeInput(patched));
  const { complexity, needsStronger, needsStrongest } = classification;
  assert.ok(needsStrongest <= needsStronger, `${change}: ${needsStrongest} above ${needsStronger}`);
  if (change.startsWith('needs')) assert.equal(complexity, gradeOfNeeds(classification));
  assert.equal(new Set(needs).size, needs.length, change);
}
