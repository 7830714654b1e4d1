// What holds of warmth, switching and its limit for every input and every table.

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget, Pricing } from '../../../../daemon/catalog/model-target.ts';
import { decodeDecisionInput } from '../../../../daemon/control/decision-input.ts';
import type {
  DecisionInput,
  EconomicsInput,
  SwitchBooks,
} from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { completeInput } from '../../../../daemon/route/complete-input.ts';
import { applyMergePatch } from '../../../../daemon/route/merge-patch.ts';
import { resolveIntent } from '../../../../daemon/route/override.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import { switchCap } from '../../../../daemon/route/switch-cap.ts';
import { isWorthMoving } from '../../../../daemon/route/switch-economics.ts';
import { books, economics, turnsAhead, vendor } from './economics-fixtures.ts';
import { anyInput, anyTable, controls, NOTHING_SEEN, table } from './route-fixtures.ts';

const RUNS = 250;

const usd = fc.double({ min: 0, max: 20, noNaN: true });
const tokens = fc.integer({ min: 0, max: 300_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const modelId = fc.constantFrom('m0', 'm1', 'm2', 'm3', 'm4', 'm5');

const anyEconomics: fc.Arbitrary<EconomicsInput> = fc.record({
  expectedSteps: fc.double({ min: 1, max: 60, noNaN: true }),
  stepInputTokens: fc.integer({ min: 0, max: 8000 }),
  stepOutputTokens: fc.integer({ min: 0, max: 4000 }),
  warmTokens: fc.dictionary(modelId, tokens, { maxKeys: 4 }),
  cacheHitRatios: fc.dictionary(modelId, share, { maxKeys: 3 }),
  outputRatios: fc.dictionary(modelId, fc.double({ min: 0.3, max: 3, noNaN: true }), { maxKeys: 3 }),
  switchBooks: fc.option(
    fc.record({ baselineModel: modelId, actualUsd: usd, stayUsd: usd, stayWarmTokens: tokens }),
    { nil: null, freq: 4 },
  ),
});

/** How the prices and caches of a model lie to its price of input. */
const anyCache = fc.record({
  kind: fc.constantFrom('explicit', 'automatic', 'none'),
  ttlS: fc.constantFrom(0, 300, 3600),
  readShare: share,
  writeShare: fc.constantFrom(1, 1.25),
  isLong: fc.boolean(),
  isPeak: fc.boolean(),
});
type Cache = typeof anyCache extends fc.Arbitrary<infer Value> ? Value : never;

/** A Saturday at noon is `AT_MS` of the fixtures. */
const PEAK = { multiplier: 2, hoursUtc: [[11, 13]] as const, weekdays: [6] };

function withCache(target: ModelTarget, cache: Cache | undefined): ModelTarget {
  if (cache === undefined || target.price === null) return target;
  const { kind, ttlS, readShare, writeShare } = cache;
  const { inputUsdPerMtok: input, outputUsdPerMtok: output } = target.price;
  const band = {
    inputUsdPerMtok: input * 2,
    outputUsdPerMtok: output * 2,
    cacheReadUsdPerMtok: input * readShare * 2,
  };
  const price: Pricing = {
    ...target.price,
    cacheReadUsdPerMtok: input * readShare,
    cacheWriteUsdPerMtok: input * writeShare,
    ...(cache.isLong ? { longContext: { aboveTokens: 100_000, ...band } } : {}),
    ...(cache.isPeak ? { peak: PEAK } : {}),
  };
  return { ...target, price, promptCache: { kind, ttlS, minTokens: 1024 } };
}

const anyWorld: fc.Arbitrary<RoutingTable> = fc
  .record({
    table: anyTable,
    caches: fc.array(anyCache, { minLength: 8, maxLength: 8 }),
    ratio: fc.constantFrom(0, 0.05, 0.5),
    mixedPlan: fc.boolean(),
  })
  .map(({ table, caches, ratio, mixedPlan }) => ({
    ...table,
    targets: table.targets.map((target, index) => withCache(target, caches[index])),
    maxSwitchSpendRatio: ratio,
    mixedPlan,
  }));

const anyRequest: fc.Arbitrary<DecisionInput> = fc
  .record({ request: anyInput, economics: anyEconomics })
  .map(({ request, economics }) => ({ ...request, economics }));

/** A request that names no model and sets no limit, so that only the policy's own rules count. */
const free = (request: DecisionInput): DecisionInput => ({
  ...request,
  requestModel: 'auto',
  controls: controls({ profile: request.controls.profile }),
  standingOverride: null,
  escalation: null,
});

/** The next ask of a conversation, easy enough for most models. */
const nextAsk = (request: DecisionInput): DecisionInput => ({
  ...free(request),
  classification: {
    ...request.classification,
    complexity: 'simple',
    needsStronger: 0.1,
    needsStrongest: 0.02,
  },
  decisionPoint: 'new-task',
  inputTokens: request.inputTokens % 200_000,
  needs: [],
  unavailable: [],
  evidence: NOTHING_SEEN,
});

const plan = (request: DecisionInput, table: RoutingTable): RoutePlan =>
  cheapestCapablePolicy.plan(request, table);

function forAll(check: (request: DecisionInput, table: RoutingTable) => void, numRuns = RUNS): void {
  fc.assert(fc.property(anyRequest, anyWorld, check), { numRuns, endOnFailure: true });
}

/** With the bill of the conversation on the table's own baseline, as the daemon writes it. */
function withBill(request: DecisionInput, table: RoutingTable): DecisionInput {
  const { economics } = request;
  if (economics === undefined || table.baseline === null) return request;
  const known = economics.switchBooks ?? { actualUsd: 1, stayUsd: 1, stayWarmTokens: 0 };
  return {
    ...request,
    economics: { ...economics, switchBooks: { ...known, baselineModel: table.baseline } },
  };
}

const capOf = (request: DecisionInput, table: RoutingTable) =>
  switchCap(expectedCostUsd, request, table, resolveIntent(request, table).baseline);

describe('switching, for all inputs and tables', function () {
  this.timeout(30_000);

  it('[B4] [C2] a model that the limit refuses is never chosen while another one fits', () => {
    let binding = 0;
    forAll((given, table) => {
      const request = withBill(free(given), table);
      const cap = capOf(request, table);
      const [chosen, ...others] = plan(request, table).targets;
      if (cap === null || chosen === undefined || cap.fits(chosen)) return;
      for (const other of others) assert.ok(!cap.fits(other), `${other.id} fits, ${chosen.id} was chosen`);
      binding += others.length > 0 ? 1 : 0;
    }, 2 * RUNS);
    assert.ok(binding >= 1, `${binding} cases`);
  });

  it('[B4] a larger allowance never takes a model away', () => {
    let fitting = 0;
    fc.assert(
      fc.property(anyRequest, anyWorld, usd, (given, table, more) => {
        const request = withBill(free(given), table);
        const books = request.economics?.switchBooks;
        if (request.economics === undefined || books == null) return;
        const richer = {
          ...request,
          economics: { ...request.economics, switchBooks: { ...books, actualUsd: books.actualUsd - more } },
        };
        const [cap, rich] = [capOf(request, table), capOf(richer, table)];
        for (const target of table.targets) {
          if (cap === null || !cap.fits(target)) continue;
          fitting++;
          assert.equal(rich?.fits(target), true, target.id);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(fitting > 100, `${fitting} cases`);
  });

  it('[B4] there is no limit without a bill', () => {
    forAll(({ economics, ...rest }, table) => {
      assert.equal(capOf(rest, table), null);
      if (economics === undefined) return;
      const request = { ...rest, economics: { ...economics, switchBooks: null } };
      assert.equal(capOf(request, table), null);
      const { maxSwitchSpendRatio: _, ...unlimited } = table;
      assert.deepEqual(plan(request, unlimited).targets, plan(request, table).targets);
    });
  });

  it('[B4] equal inputs give equal plans, also through JSON, and change nothing', () => {
    forAll((request, table) => {
      const before = JSON.stringify([request, table]);
      const made = plan(request, table);
      assert.deepEqual(plan(request, table), made);
      assert.deepEqual(plan(JSON.parse(before)[0] as DecisionInput, table), made);
      assert.equal(JSON.stringify([request, table]), before);
    });
  });

  it('[C5] what would flip a decision flips it, with caches and bills as well', () => {
    const kinds = new Set<string>();
    forAll((given, table) => {
      const request = withBill(given.inputTokens % 3 === 0 ? given : nextAsk(given), table);
      const before = plan(request, table).targets[0]?.id ?? null;
      for (const { change, to, patch } of cheapestCapablePolicy.wouldFlip(request, table)) {
        const patched = applyMergePatch(request, patch);
        assert.equal(plan(patched, table).targets[0]?.id, to, change);
        assert.notEqual(to, before, change);
        decodeDecisionInput(completeInput(patched));
        kinds.add(change.replaceAll(/[\d.]+/g, '#'));
      }
    }, 120);
    assert.ok(kinds.size >= 10, [...kinds].join());
  });

  it('[C2] [C5] a longer or shorter task flips a move, and so does a cold cache', () => {
    const [opus, sonnet] = ['opus', 'sonnet'].map((name) => vendor(name).target);
    assert.ok(opus !== undefined && sonnet !== undefined);
    const targets = [
      { ...opus, tier: 'complex' as const },
      { ...sonnet, tier: 'moderate' as const },
    ];
    const world = table({ targets, baseline: 'opus', maxSwitchSpendRatio: 0.05 });
    const flips = (turns: number, switchBooks: SwitchBooks | null = null) => {
      const ahead = turnsAhead('opus', 100_000, turns);
      const request = {
        ...ahead,
        affinityModel: 'opus',
        economics: { ...economics(), ...ahead.economics, switchBooks },
      };
      return cheapestCapablePolicy.wouldFlip(request, world).map(({ change, to }) => `${change} -> ${to}`);
    };
    assert.ok(flips(30).includes('the task expected to take 60 requests from here on, not 30 -> sonnet'));
    assert.ok(flips(15).includes('with nothing in any prompt cache -> sonnet'));
    assert.ok(flips(40).includes('the task expected to take 20 requests from here on, not 40 -> opus'));
    const bill = books({ baselineModel: 'opus' });
    assert.ok(flips(40, bill).includes('without a limit on what switching may cost -> sonnet'));
  });

  it('[B4] [C2] a model is never cheaper for having less in its cache', () => {
    fc.assert(
      fc.property(anyRequest, anyWorld, share, (request, table, kept) => {
        const { economics } = request;
        if (economics === undefined) return;
        const cooled = Object.entries(economics.warmTokens).map(([id, warm]) => [
          id,
          Math.floor(warm * kept),
        ]);
        const colder = { ...request, economics: { ...economics, warmTokens: Object.fromEntries(cooled) } };
        const costs = (of: DecisionInput) =>
          new Map(plan(of, { ...table, adjustsEffort: false }).candidates.map((each) => [each.model, each]));
        const now = costs(request);
        for (const [id, { expectedCostUsd: costUsd, expectedTaskCostUsd }] of costs(colder)) {
          const before = now.get(id);
          if (costUsd === null || before?.expectedCostUsd == null) continue;
          assert.ok(costUsd >= before.expectedCostUsd - 1e-9, id);
          assert.ok((expectedTaskCostUsd ?? 0) >= (before.expectedTaskCostUsd ?? 0) - 1e-9, id);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it('[C2] a conversation that moved had a reason to, and one that stayed had none', () => {
    let [moved, stayed] = [0, 0];
    forAll((given, table) => {
      if (given.economics === undefined) return;
      const request = { ...nextAsk(given), economics: { ...given.economics, switchBooks: null } };
      const { switchEconomics, targets } = plan(request, {
        ...table,
        profiles: { budget: {}, balanced: {}, quality: {} },
      });
      if (switchEconomics == null) return;
      assert.equal(switchEconomics.moved, targets[0]?.id === switchEconomics.toModel);
      if (switchEconomics.moved) {
        moved++;
        assert.ok(isWorthMoving(switchEconomics));
      } else if (switchEconomics.fromModel === request.affinityModel) stayed++;
    }, 2 * RUNS);
    assert.ok(moved >= 3 && stayed >= 3, `${moved} ${stayed}`);
  });

  it('[B4] models without a price never stop a plan, wherever they stand', () => {
    forAll((given, table) => {
      const request = withBill(given, table);
      const targets = table.targets.map((target, index) =>
        index % 2 === 0 ? { ...target, price: null } : target,
      );
      for (const world of [targets, targets.map((target) => ({ ...target, price: null }))]) {
        const made = plan(request, { ...table, targets: world });
        assert.equal(made.targets.length === 0, made.error !== null);
        for (const { model, expectedTaskCostUsd } of made.candidates) {
          const { price, billing } = world.find(({ id }) => id === model) ?? {};
          if (price === null && billing === 'metered') assert.equal(expectedTaskCostUsd, null);
        }
      }
    });
  });

  it('[C4] a stored input without economics does not know where the conversation is', () => {
    forAll((given, table) => {
      const { economics: _, ...old } = free(given);
      if (old.decisionPoint === 'continuation') return;
      const made = plan(old, table);
      const { targets, reason, candidates, efforts } = plan(
        { ...old, affinityModel: null, affinityEffort: null },
        table,
      );
      assert.deepEqual(
        [made.targets, made.reason, made.candidates, made.efforts],
        [targets, reason, candidates, efforts],
      );
      assert.equal(made.switchEconomics, null);
    });
  });

  it('[C4] a stored input without economics costs one cold request', () => {
    forAll((given, table) => {
      const { economics: _, ...old } = given;
      for (const { expectedTaskCostUsd, expectedCostUsd: costUsd, warmTokens } of plan(old, table)
        .candidates) {
        if (expectedTaskCostUsd !== undefined) assert.equal(expectedTaskCostUsd, costUsd);
        assert.equal(warmTokens, 0);
      }
    });
  });

  it('[B4] plans whatever the numbers of the economics are', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308));
    fc.assert(
      fc.property(
        anyRequest,
        anyWorld,
        fc.array(odd, { minLength: 9, maxLength: 9 }),
        (request, table, numbers) => {
          const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = numbers;
          const economics: EconomicsInput = {
            expectedSteps: a,
            stepInputTokens: b,
            stepOutputTokens: c,
            warmTokens: { m0: d, m1: d, ['__proto__']: d },
            cacheHitRatios: { m0: e, m2: e },
            outputRatios: { m0: f, m1: f },
            switchBooks: {
              baselineModel: table.baseline ?? 'm0',
              actualUsd: g,
              stayUsd: h,
              stayWarmTokens: i,
            },
          };
          const made = plan({ ...request, economics }, table);
          assert.equal(made.targets.length === 0, made.error !== null);
          assert.deepEqual(plan({ ...request, economics }, table), made);
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
