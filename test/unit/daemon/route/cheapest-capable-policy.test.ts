import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { Complexity, Profile, TaskType } from '../../../../daemon/protocol/vocabulary.ts';
import { tierRank } from '../../../../daemon/route/candidate-order.ts';
import {
  cheapestCapablePolicy,
  createCheapestCapablePolicy,
} from '../../../../daemon/route/cheapest-capable-policy.ts';
import { rejectionOf } from '../../../../daemon/route/eligibility.ts';
import { resolveIntent } from '../../../../daemon/route/override.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  anyInput,
  anyTable,
  classification,
  classified,
  controls,
  DEFAULT_ROW,
  FLASH,
  GRADES,
  input,
  lists,
  MINI,
  NOTHING_SEEN,
  OPUS,
  pricing,
  PRO,
  PROFILES,
  SIX_MODELS,
  SOL,
  SONNET,
  table,
  target,
  TASK_TYPES,
} from './route-fixtures.ts';

function plan(request: Partial<DecisionInput> = {}, overrides: Partial<RoutingTable> = {}): RoutePlan {
  return cheapestCapablePolicy.plan(input(request), table(overrides));
}

/** Ids of the plan in order. */
function ids(made: RoutePlan): readonly string[] {
  return made.targets.map(({ id }) => id);
}

function whyNot(made: RoutePlan, model: string): string | null | undefined {
  return made.candidates.find((candidate) => candidate.model === model)?.rejected;
}

function asked(complexity: Complexity, taskType: DecisionInput['classification']['taskType'] = 'general') {
  return { classification: classification(complexity, taskType) };
}

describe('route/cheapest-capable-policy: who is chosen', () => {
  const byGrade: readonly (readonly [Complexity, string])[] = [
    ['simple', 'flash'],
    ['moderate', 'pro'],
    ['complex', 'opus'],
  ];
  for (const [grade, model] of byGrade) {
    it(`[A8] [A18] gives a ${grade} ask to the cheapest model trusted with it`, () => {
      const made = plan(asked(grade));
      assert.equal(ids(made)[0], model);
      assert.equal(made.reason, 'cheapest-capable');
      assert.equal(made.error, null);
    });
  }

  it('[A20] takes the threshold of the profile and the task type', () => {
    const thresholds = {
      budget: { default: 0.6, code: 0.7 },
      balanced: { default: 0.75, translation: 0.5 },
      quality: { default: 0.9 },
    };
    const chosen = (profile: Profile, taskType: TaskType, needsStronger: number) => {
      const request = {
        classification: classified(taskType, needsStronger),
        controls: controls({ profile }),
      };
      return ids(plan(request, { thresholds }))[0];
    };
    assert.deepEqual([chosen('budget', 'general', 0.35), chosen('budget', 'code', 0.35)], ['flash', 'pro']);
    assert.deepEqual(
      [chosen('balanced', 'general', 0.35), chosen('quality', 'general', 0.2)],
      ['pro', 'pro'],
    );
    assert.equal(chosen('balanced', 'translation', 0.45), 'flash');
    assert.equal(chosen('quality', 'general', 0.05), 'flash');
  });

  it('[A20] takes the usual threshold where a table has none', () => {
    const none = { thresholds: { budget: {}, balanced: {}, quality: {} } };
    assert.equal(ids(plan({ classification: classified('code', 0.26, 0.2) }, none))[0], 'pro');
    assert.equal(ids(plan({ classification: classified('code', 0.25, 0.2) }, none))[0], 'flash');
  });

  it('lets what was seen on this machine change the choice', () => {
    const request = { classification: classified('code', 0.2) };
    const failed = { ...NOTHING_SEEN, tiers: { simple: { successes: 0, failures: 5 } } };
    assert.equal(ids(plan(request))[0], 'flash');
    assert.equal(ids(plan({ ...request, evidence: failed }))[0], 'pro');
    const own = { ...NOTHING_SEEN, models: { flash: { successes: 0, failures: 5 } } };
    assert.equal(ids(plan({ ...request, evidence: own }))[0], 'mini');
  });

  it('[A18] shows the probability of success of each candidate', () => {
    const { candidates } = plan({ classification: classified('code', 0.4, 0.2) });
    const shown = Object.fromEntries(candidates.map((one) => [one.model, one.successProbability]));
    assert.deepEqual([shown['flash'], shown['pro'], shown['opus']], [0.6, 0.8, 0.93]);
    const [named] = plan({ requestModel: 'exact/pro' }).candidates;
    assert.equal(named?.successProbability, null);
  });

  it('[A20] has a cell for each profile, task type and grade', () => {
    for (const profile of PROFILES) {
      for (const taskType of TASK_TYPES) {
        for (const complexity of GRADES) {
          const cell = { [taskType]: { [complexity]: ['sol', 'mini'] } };
          const profiles = { ...table().profiles, [profile]: { ...cell, default: DEFAULT_ROW } };
          const request = { ...asked(complexity, taskType), controls: controls({ profile }) };
          const made = plan(request, { profiles });
          assert.deepEqual([ids(made)[0], made.profile], ['sol', profile]);
        }
      }
    }
  });

  it('[A20] falls back to the default row of the profile for a task without one', () => {
    const row = { code: { simple: ['sol'] }, default: { simple: ['mini'] } };
    const profiles = { budget: row, balanced: row, quality: row };
    assert.equal(ids(plan(asked('simple', 'creative'), { profiles }))[0], 'mini');
    assert.equal(ids(plan(asked('simple', 'code'), { profiles }))[0], 'sol');
  });

  it('[A18] takes a model of a higher tier where that is cheaper', () => {
    const cheapComplex = target('gift', { tier: 'complex', price: null, billing: 'free' });
    const made = plan(asked('moderate'), { targets: [...SIX_MODELS, cheapComplex] });
    assert.equal(ids(made)[0], 'gift');
    assert.equal(whyNot(made, 'pro'), 'costs 0.0015 USD, gift 0 USD');
  });

  it('[A24] respects the user’s own order, also against the price', () => {
    const made = plan(asked('simple'), { profiles: lists({ simple: ['sol', 'flash'] }) });
    assert.deepEqual(ids(made).slice(0, 2), ['sol', 'flash']);
    const list = 'the list of balanced for general, simple';
    assert.equal(whyNot(made, 'flash'), `stands after sol in ${list}`);
    assert.equal(whyNot(made, 'mini'), `is not in ${list}, which sol is in`);
  });

  it('[A22] gives an image to a model that sees', () => {
    const targets = SIX_MODELS.map((model) =>
      model.id === 'sonnet' ? model : { ...model, supports: ['tools'] as const },
    );
    const made = plan({ ...asked('simple', 'vision'), needs: ['vision'] }, { targets });
    assert.deepEqual(ids(made), ['sonnet']);
    assert.equal(whyNot(made, 'flash'), 'cannot see images');
  });

  it('[B2] gives a request for reasoning to a model that reasons', () => {
    const targets = SIX_MODELS.map((model) =>
      model.id === 'sonnet' ? model : { ...model, supports: ['tools'] as const },
    );
    const made = plan({ ...asked('simple'), needs: ['reasoning'] }, { targets });
    assert.deepEqual(ids(made), ['sonnet']);
    assert.equal(whyNot(made, 'flash'), 'cannot be asked to reason');
  });

  it('answers without the reasoning that was asked for when no model can be asked, and says so', () => {
    const targets = SIX_MODELS.map((model) => ({ ...model, supports: ['tools'] as const }));
    const made = plan({ ...asked('simple'), needs: ['reasoning', 'tools'] }, { targets });
    assert.equal(made.error, null);
    assert.ok(made.notes.includes('no model that fits can be asked to reason; the wish is left out'));
  });

  it('takes an exact model although it cannot be asked to reason', () => {
    const targets = [{ ...PRO, supports: ['tools'] as const }];
    assert.deepEqual(ids(plan({ requestModel: 'exact/pro', needs: ['reasoning'] }, { targets })), ['pro']);
  });

  it('[A19] leaves out a model whose context is too small', () => {
    const made = plan(
      { ...asked('simple'), inputTokens: 50_000 },
      { targets: [{ ...FLASH, contextTokens: 32_000 }, MINI, OPUS] },
    );
    assert.equal(ids(made)[0], 'mini');
    assert.equal(whyNot(made, 'flash'), 'needs 50100 tokens of context, has 32000');
  });

  it('takes a background call as simple, whatever it is about', () => {
    const background = { ...asked('complex'), decisionPoint: 'background' } as const;
    assert.equal(ids(plan(background))[0], 'flash');
    const quality = { ...background, controls: controls({ profile: 'quality' }) };
    assert.equal(ids(plan(quality))[0], 'flash');
    assert.equal(
      ids(plan(background, { profiles: lists({ simple: ['mini'], complex: ['sol'] }) }))[0],
      'mini',
    );
  });

  it('[A13] takes a grade that it does not know as moderate', () => {
    const strange = { ...classification(), complexity: 'epic' as Complexity };
    const profiles = { budget: {}, balanced: {}, quality: {} };
    assert.equal(ids(plan({ classification: strange }, { profiles }))[0], 'pro');
  });

  it('lists every model of the table with its expected cost', () => {
    const { candidates } = plan();
    assert.equal(candidates.length, 6);
    const flash = candidates.find(({ model }) => model === 'flash');
    assert.ok(Math.abs((flash?.expectedCostUsd ?? 0) - 0.00015) < 1e-12);
  });

  it('shows an unpriced model without a cost, and uses it when nothing else can answer', () => {
    const made = plan({}, { targets: [target('local', { price: null })], baseline: null });
    assert.deepEqual(ids(made), ['local']);
    assert.equal(made.candidates[0]?.expectedCostUsd, null);
    assert.equal(made.baseline, null);
  });

  it('takes a cost that is not a number as unpriced', () => {
    const odd = createCheapestCapablePolicy({ expectedCostUsd: () => NaN });
    assert.equal(odd.plan(input(), table()).candidates[0]?.expectedCostUsd, null);
  });

  it('leaves out models whose dialect is not served', () => {
    const policy = createCheapestCapablePolicy({ expectedCostUsd, dialects: ['openai-chat'] });
    const targets = [{ ...PRO, dialect: 'anthropic-messages' as const }, SONNET];
    assert.deepEqual(ids(policy.plan(input(), table({ targets }))), ['sonnet']);
  });
});

describe('route/cheapest-capable-policy: the name as ceiling', () => {
  it('may take a cheaper model than the named one, and compares with the named one', () => {
    const made = plan({ ...asked('simple'), requestModel: 'sonnet' });
    assert.equal(ids(made)[0], 'flash');
    assert.equal(made.baseline?.id, 'sonnet');
  });

  it('never takes a higher tier', () => {
    const made = plan({ ...asked('complex'), requestModel: 'sonnet' });
    assert.equal(ids(made)[0], 'sonnet');
    assert.match(whyNot(made, 'opus') ?? '', /higher tier \(complex\) than the ceiling sonnet \(moderate\)/);
  });

  it('never takes a model of the same tier that would cost more', () => {
    const made = plan({ ...asked('moderate'), requestModel: 'pro' });
    assert.equal(ids(made)[0], 'pro');
    assert.match(whyNot(made, 'sonnet') ?? '', /would cost 0\.003 USD, the ceiling pro 0\.0015 USD/);
  });

  it('leaves out an unpriced model, which may be dearer', () => {
    const made = plan({ requestModel: 'sonnet' }, { targets: [{ ...PRO, price: null }, SONNET] });
    assert.deepEqual(ids(made), ['sonnet']);
    assert.match(whyNot(made, 'pro') ?? '', /has no price/);
  });

  it('puts the named model before those that are not trusted with the ask', () => {
    const cheaper = target('cheaper', { provider: 'beta', price: pricing(0.5) });
    const made = plan({ ...asked('complex'), requestModel: 'pro' }, { targets: [FLASH, cheaper, PRO, OPUS] });
    assert.deepEqual(ids(made), ['pro', 'cheaper', 'flash']);
    const why = 'success probability 0.29 is below 0.75 (balanced, general), and pro was asked for by name';
    assert.equal(whyNot(made, 'cheaper'), why);
  });

  it('serves from below when the named model cannot', () => {
    const targets = [FLASH, PRO, { ...OPUS, usable: false, unusableWhy: 'has no key' }];
    const made = plan({ ...asked('complex'), requestModel: 'opus' }, { targets });
    assert.deepEqual([ids(made)[0], made.baseline?.id], ['pro', 'opus']);
    assert.equal(whyNot(made, 'opus'), 'has no key');
  });

  it('tells that the ceiling is in the way when nothing below it can serve', () => {
    const blind = { ...FLASH, supports: [] };
    const made = plan({ requestModel: 'flash', needs: ['vision'] }, { targets: [blind, SONNET] });
    assert.equal(made.error?.code, 'route.no_eligible_target');
    assert.match(
      made.error?.message ?? '',
      /flash cannot see images; sonnet is of a higher tier .* than the ceiling flash/,
    );
  });
});

describe('route/cheapest-capable-policy: exact and override', () => {
  it('answers with exactly the model that was asked for, and nothing after it', () => {
    const made = plan({ ...asked('simple'), requestModel: 'exact/opus' });
    assert.deepEqual([ids(made), made.reason, made.baseline?.id], [['opus'], 'exact', 'opus']);
    assert.match(
      whyNot(made, 'flash') ?? '',
      /not what was asked for: the name behind exact\/ asks for opus/,
    );
  });

  it('[A23] answers with the model of the header under the reason override', () => {
    const made = plan({ ...asked('simple'), controls: controls({ headerModel: 'sol' }) });
    assert.deepEqual([ids(made), made.reason, made.baseline?.id], [['sol'], 'override', 'opus']);
  });

  it('[A23] answers with the model of ?model= in the query', () => {
    const made = plan({ ...asked('complex'), controls: controls({ queryModel: 'flash' }) });
    assert.deepEqual([ids(made), made.reason], [['flash'], 'override']);
  });

  it('lets equals and betters stand in when exactFallback is on, cheapest first', () => {
    const made = plan({ requestModel: 'exact/pro' }, { exactFallback: true });
    assert.deepEqual(ids(made), ['pro', 'sonnet', 'opus', 'sol', 'mini', 'flash']);
  });

  it('takes the next model with exactFallback when the exact one has no key, and says so', () => {
    const targets = [{ ...PRO, usable: false, unusableWhy: 'has no key' }, SONNET];
    const made = plan({ requestModel: 'exact/pro' }, { exactFallback: true, targets });
    assert.deepEqual([ids(made), made.reason], [['sonnet'], 'fallback']);
    assert.match(made.notes.join(), /pro has no key; another model was taken/);
  });

  it('lists the known names when an exact model is unknown', () => {
    const made = plan({ requestModel: 'exact/gpt-99' });
    assert.equal(made.error?.code, 'model.unknown');
    assert.match(made.error?.message ?? '', /"gpt-99".*known are flash, mini, pro, sonnet, opus, sol$/);
    assert.deepEqual(made.targets, []);
  });

  it('lists at most 20 known names', () => {
    const targets = Array.from({ length: 25 }, (_, index) => target(`m${index}`));
    const made = plan({ requestModel: 'exact/gpt-99' }, { targets });
    assert.match(made.error?.message ?? '', /m19 and 5 more$/);
  });

  it('[B2] refuses an exact model that cannot do what is needed, and says which', () => {
    const made = plan(
      { requestModel: 'exact/pro', needs: ['tools'] },
      { targets: [{ ...PRO, supports: [] }] },
    );
    assert.equal(made.error?.code, 'route.no_eligible_target');
    assert.match(
      made.error?.message ?? '',
      /asks for pro, which cannot serve this request: pro cannot call tools/,
    );
  });

  it('leaves the context window of an exact model to its provider', () => {
    assert.deepEqual(ids(plan({ requestModel: 'exact/pro', inputTokens: 500_000 })), ['pro']);
  });

  it('leaves an outage of an exact model to the attempt loop, which knows when to come back', () => {
    const made = plan({ requestModel: 'exact/pro', unavailable: [{ model: 'pro', why: 'is overloaded' }] });
    assert.deepEqual(ids(made), ['pro']);
  });
});

describe('route/cheapest-capable-policy: max cost', () => {
  const capped = (maxCostUsd: number) => ({ controls: controls({ maxCostUsd }) });

  it('[A21] keeps the choice when it fits', () => {
    const made = plan({ ...asked('moderate'), ...capped(0.0015) });
    assert.deepEqual([ids(made)[0], made.reason, made.notes], ['pro', 'cheapest-capable', []]);
  });

  it('[A21] takes the first candidate that fits', () => {
    const profiles = lists({ moderate: ['sol', 'sonnet', 'pro'] });
    const made = plan({ ...asked('moderate'), ...capped(0.004) }, { profiles });
    assert.deepEqual([ids(made)[0], made.reason], ['sonnet', 'budget']);
  });

  it('[A21] goes below the grade when only that fits, and says so', () => {
    const made = plan({ ...asked('complex'), ...capped(0.0005) });
    assert.deepEqual([ids(made)[0], made.reason], ['flash', 'budget']);
    assert.match(made.notes.join(), /only models below the grade of the ask fit the max cost of 0\.0005 USD/);
  });

  it('[A21] takes the cheapest capable model when nothing fits, and the record says so', () => {
    const made = plan({ ...asked('moderate'), ...capped(0.0001) });
    assert.deepEqual([ids(made)[0], made.reason], ['flash', 'budget']);
    assert.match(
      made.notes.join(),
      /no model fits the max cost of 0\.0001 USD, the cheapest capable one was taken/,
    );
  });

  it('tries those that fit before those that do not', () => {
    assert.deepEqual(ids(plan({ ...asked('moderate'), ...capped(0.0035) })), [
      'pro',
      'sonnet',
      'mini',
      'flash',
      'opus',
      'sol',
    ]);
  });

  it('keeps to the limit in the fallbacks too, also in those the user listed', () => {
    const targets = SIX_MODELS.map((model) => (model.id === 'pro' ? { ...model, fallback: ['sol'] } : model));
    const made = plan({ ...asked('moderate'), ...capped(0.0035) }, { targets });
    assert.deepEqual(ids(made), ['pro', 'sonnet', 'mini', 'flash', 'opus', 'sol']);
  });

  it('counts an unpriced model as not fitting', () => {
    const targets = [{ ...PRO, price: null }, SONNET];
    assert.equal(ids(plan({ ...asked('moderate'), ...capped(1) }, { targets }))[0], 'sonnet');
  });

  it('ignores a limit that is no number', () => {
    assert.equal(ids(plan({ ...asked('moderate'), ...capped(NaN) }))[0], 'pro');
  });
});

describe('route/cheapest-capable-policy: affinity', () => {
  const inside = { decisionPoint: 'continuation', affinityModel: 'sonnet' } as const;

  it('[B3] stays on its model inside a task', () => {
    const made = plan({ ...asked('simple'), ...inside });
    assert.deepEqual([ids(made)[0], made.reason], ['sonnet', 'affinity']);
  });

  it('decides anew at the start of a task', () => {
    const made = plan({ ...asked('simple'), ...inside, decisionPoint: 'new-task' });
    assert.deepEqual([ids(made)[0], made.reason], ['flash', 'cheapest-capable']);
  });

  it('leaves a model that is out, and says why', () => {
    const made = plan({ ...inside, unavailable: [{ model: 'sonnet', why: 'is overloaded (529)' }] });
    assert.deepEqual([ids(made)[0], made.reason], ['pro', 'cheapest-capable']);
    assert.match(made.notes.join(), /the task leaves sonnet, which is out for now: is overloaded \(529\)/);
  });

  it('leaves a model whose context the task has outgrown', () => {
    const targets = [{ ...SONNET, contextTokens: 10_000 }, PRO];
    assert.equal(ids(plan({ ...inside, inputTokens: 20_000 }, { targets }))[0], 'pro');
  });

  it('never stays above the ceiling', () => {
    assert.equal(ids(plan({ ...inside, requestModel: 'pro' }))[0], 'pro');
  });

  it('is weaker than an override', () => {
    assert.equal(plan({ ...inside, requestModel: 'exact/sol' }).reason, 'exact');
  });

  it('stays on a model below the grade as long as it fits the max cost', () => {
    const onFlash = { decisionPoint: 'continuation', affinityModel: 'flash' } as const;
    const made = plan({ ...asked('moderate'), ...onFlash, controls: controls({ maxCostUsd: 1 }) });
    assert.deepEqual([ids(made)[0], made.reason], ['flash', 'affinity']);
  });

  it('gives way to a max cost that another model fits', () => {
    const made = plan({ ...asked('moderate'), ...inside, controls: controls({ maxCostUsd: 0.002 }) });
    assert.deepEqual([ids(made)[0], made.reason], ['pro', 'budget']);
  });
});

describe('route/cheapest-capable-policy: fallbacks', () => {
  it('[A25] goes on to the other models of the cell and then to the next grade', () => {
    assert.deepEqual(ids(plan(asked('simple'))), ['flash', 'mini', 'sonnet', 'pro', 'opus', 'sol']);
  });

  it('[A25] tries the model’s own fallbacks first, in the user’s order', () => {
    const targets = SIX_MODELS.map((model) =>
      model.id === 'flash' ? { ...model, fallback: ['sol', 'gone', 'flash', 'pro', 'sol'] } : model,
    );
    assert.deepEqual(ids(plan(asked('simple'), { targets })).slice(0, 3), ['flash', 'sol', 'pro']);
  });

  it('[A25] goes past the user’s list to capable models, then to the others by how likely they are', () => {
    assert.deepEqual(ids(plan(asked('moderate'), { profiles: lists({ moderate: ['pro'] }) })), [
      'pro',
      'sonnet',
      'opus',
      'sol',
      'mini',
      'flash',
    ]);
  });

  it('[A27] has another provider next whenever there is one, also across grades', () => {
    const nano = target('nano', { provider: 'alpha', tier: 'simple' });
    const made = plan(asked('simple'), { targets: [FLASH, nano, PRO, OPUS] });
    assert.deepEqual(ids(made), ['flash', 'opus', 'nano', 'pro']);
  });

  it('[A27] has at least one fallback in each cell as soon as there are two models', () => {
    for (const taskType of TASK_TYPES) {
      for (const grade of GRADES) {
        assert.ok(plan(asked(grade, taskType), { targets: [FLASH, SOL] }).targets.length === 2);
      }
    }
  });

  it('[A30] does not plan with a model that cools down', () => {
    const made = plan({
      ...asked('simple'),
      unavailable: [{ model: 'flash', why: 'is rate limited (429)' }],
    });
    assert.equal(ids(made)[0], 'mini');
    assert.match(whyNot(made, 'flash') ?? '', /is out for now: is rate limited/);
  });

  it('[A28] keeps models that are out when no other can answer, and says so', () => {
    const unavailable = SIX_MODELS.map(({ id }) => ({ model: id, why: 'is overloaded (529)' }));
    const made = plan({ ...asked('simple'), unavailable });
    assert.equal(made.error, null);
    assert.equal(ids(made)[0], 'flash');
    assert.match(made.notes.join(), /flash is out for now: is overloaded \(529\); no other model can answer/);
  });

  it('[A28] names the filter that removed each model when nothing is left', () => {
    const targets = [
      { ...FLASH, usable: false, unusableWhy: 'has no key: set ALPHA_API_KEY' },
      { ...PRO, supports: [] },
      { ...OPUS, contextTokens: 500 },
      { ...SOL, supports: [] },
    ];
    const made = plan({ needs: ['tools'] }, { targets });
    assert.deepEqual(made.targets, []);
    assert.equal(
      made.error?.message,
      'no model can serve this request: flash has no key: set ALPHA_API_KEY; pro, sol cannot call tools; ' +
        'opus needs 1100 tokens of context, has 500',
    );
  });

  it('says what to do when no model is configured at all', () => {
    const made = plan({}, { targets: [], baseline: null });
    assert.equal(made.error?.code, 'route.no_eligible_target');
    assert.match(made.error?.message ?? '', /no model is configured: give pointsman a provider key/);
  });
});

describe('route/cheapest-capable-policy: for every input and every table', () => {
  const property = (
    title: string,
    check: (made: RoutePlan, request: DecisionInput, given: RoutingTable) => void,
  ) =>
    it(title, () => {
      fc.assert(
        fc.property(anyInput, anyTable, (request, given) => {
          check(cheapestCapablePolicy.plan(request, given), request, given);
        }),
        { numRuns: 150 },
      );
    });

  property('plans the same twice', (made, request, given) => {
    assert.deepEqual(cheapestCapablePolicy.plan(request, given), made);
  });

  property('changes neither the input nor the table', (_, request, given) => {
    const before = JSON.stringify([request, given]);
    cheapestCapablePolicy.plan(request, given);
    assert.equal(JSON.stringify([request, given]), before);
  });

  property('has a target or an error, never both and never neither', (made) => {
    assert.equal(made.targets.length === 0, made.error !== null);
  });

  property('names no model twice', (made) => {
    assert.equal(new Set(ids(made)).size, made.targets.length);
  });

  property('[C5] lists each model once, the choice first, with a reason for all but it', (made, _, given) => {
    assert.equal(new Set(made.candidates.map(({ model }) => model)).size, given.targets.length);
    for (const { model, rejected } of made.candidates) {
      assert.equal(rejected === null, ids(made)[0] === model, `${model}: ${rejected}`);
      if (rejected !== null) assert.ok(rejected.length >= 5);
    }
  });

  property('[B2] plans only eligible models where the policy is free', (made, request, given) => {
    if (resolveIntent(request, given).kind !== 'free') return;
    // All that could answer may be out at once; then, and only then, the plan waits for them.
    const isWaiting = made.notes.some((note) => note.includes('no other model can answer'));
    // The wish to reason is given up only when nobody else could answer.
    const isWishless = made.notes.some((note) => note.includes('can be asked to reason'));
    const needs = isWishless ? request.needs.filter((need) => need !== 'reasoning') : request.needs;
    const situation = { ...request, needs, ...(isWaiting ? { unavailable: [] } : {}) };
    for (const model of made.targets) assert.equal(rejectionOf(model, situation), null);
    if (isWaiting || isWishless) {
      assert.ok(made.targets.every((model) => rejectionOf(model, request) !== null));
    }
  });

  property('never exceeds the ceiling in tier or expected cost', (made, request, given) => {
    const intent = resolveIntent(request, given);
    if (intent.kind !== 'free' || intent.ceiling === null) return;
    const { ceiling } = intent;
    const costOf = (model: string) =>
      made.candidates.find((one) => one.model === model)?.expectedCostUsd ?? null;
    const limitUsd = costOf(ceiling.id);
    for (const model of made.targets) {
      assert.ok(tierRank(model.tier) <= tierRank(ceiling.tier));
      if (limitUsd !== null) assert.ok((costOf(model.id) ?? Infinity) <= limitUsd);
    }
  });

  property(
    '[A21] never passes over a model that fits the max cost for one that does not',
    (made, request, given) => {
      const { maxCostUsd } = request.controls;
      if (maxCostUsd === null || resolveIntent(request, given).kind !== 'free') return;
      const costOf = (model: string) =>
        made.candidates.find((one) => one.model === model)?.expectedCostUsd ?? null;
      const fits = ids(made).map((model) => (costOf(model) ?? Infinity) <= maxCostUsd);
      assert.deepEqual(
        fits,
        [...fits].toSorted((a, b) => Number(b) - Number(a)),
      );
    },
  );

  property(
    'stays with exactly one model for exact and override unless told otherwise',
    (made, request, given) => {
      const intent = resolveIntent(request, given);
      if (intent.kind !== 'pinned' || given.exactFallback) return;
      assert.ok(made.targets.length <= 1);
      assert.ok(made.targets.every((model) => model === intent.target));
    },
  );

  it('never throws on numbers that make no sense', () => {
    const odd = fc.double();
    fc.assert(
      fc.property(anyInput, anyTable, odd, odd, odd, (request, given, inputTokens, expected, maxCostUsd) => {
        const strange = {
          ...request,
          inputTokens,
          expectedOutputTokens: expected,
          controls: { ...request.controls, maxCostUsd },
        };
        const made = cheapestCapablePolicy.plan(strange, given);
        assert.equal(made.targets.length === 0, made.error !== null);
      }),
    );
  });

  it('makes the same plan from a table that was stored as JSON', () => {
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        const [storedRequest, stored] = JSON.parse(JSON.stringify([request, given])) as [
          DecisionInput,
          RoutingTable,
        ];
        const made = cheapestCapablePolicy.plan(request, given);
        assert.deepEqual(cheapestCapablePolicy.plan(storedRequest, stored), made);
      }),
    );
  });
});
