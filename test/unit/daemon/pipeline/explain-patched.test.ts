import assert from 'node:assert/strict';
import { needsOfGrade } from '../../../../daemon/classify/grade.ts';
import { decodeDecisionInput } from '../../../../daemon/control/decision-input.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { explainPatched, type ExplainPatchedDeps } from '../../../../daemon/pipeline/explain-patched.ts';
import type { Decision, DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import type { JsonObject } from '../../../../daemon/util/json.ts';
import { decision as storedDecision } from '../ledger/ledger-fixtures.ts';
import { configOf, noKeys, testDeps, THREE_MODELS } from './routing-tests-rig.ts';

const INPUT: DecisionInput = {
  requestModel: 'auto',
  classification: {
    taskType: 'code',
    complexity: 'moderate',
    confidence: 0.9,
    ...needsOfGrade('moderate', 0.9),
    classifierName: 'test',
    signals: [],
  },
  decisionPoint: 'new-task',
  needs: [],
  inputTokens: 1000,
  maxOutputTokens: null,
  expectedOutputTokens: 500,
  controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
  standingOverride: { model: 'opus', scope: 'always' },
  affinityModel: null,
  affinityEffort: null,
  requestedEffort: null,
  evidence: { cohort: 'code', tiers: {}, models: { pro: { successes: 3, failures: 1 } } },
  escalation: null,
  unavailable: [],
  atMs: Date.UTC(2026, 10, 21),
};

describe('a stored decision with something changed', () => {
  let table: RoutingTable;
  let deps: ExplainPatchedDeps;
  let decision: Decision;

  before(async () => {
    const run = testDeps();
    table = (await run.preview(configOf(THREE_MODELS), noKeys)).table;
    decision = { ...storedDecision, input: INPUT, tableHash: table.hash };
    deps = {
      policy: run.policy,
      storedTable: (hash) => (hash === table.hash ? table : null),
      presentTable: () => assert.fail('the stored table is known'),
      decodeInput: decodeDecisionInput,
    };
  });

  const patched = (patch: JsonObject): Decision => explainPatched(deps, decision, patch);
  function refusal(patch: JsonObject): string {
    try {
      patched(patch);
    } catch (error) {
      assert.ok(error instanceof RouterError);
      assert.deepEqual([error.code, error.param], ['request.malformed', 'patch']);
      return error.message;
    }
    return assert.fail('was not refused');
  }

  it('is the stored one again for an empty patch', () => {
    const again = patched({});
    assert.deepEqual(again.input, INPUT);
    assert.deepEqual([again.chosen, again.reason], ['opus', 'override']);
  });

  it('is planned with the changed input, where null takes away', () => {
    const free = patched({ standingOverride: null });
    assert.deepEqual([free.chosen, free.reason], ['pro', 'cheapest-capable']);
    assert.equal(free.input?.standingOverride, null);
    const named = patched({ controls: { headerModel: 'flash' } });
    assert.equal(named.chosen, 'flash');
    assert.deepEqual(named.input?.controls, { ...INPUT.controls, headerModel: 'flash' });
  });

  it('tells the candidates and what would flip the changed decision', () => {
    const { candidates, wouldFlip, classification, fallbacks } = patched({
      standingOverride: null,
      classification: { ...INPUT.classification, complexity: 'simple', ...needsOfGrade('simple', 0.9) },
    });
    assert.deepEqual(candidates.map(({ model }) => model).toSorted(), ['flash', 'opus', 'pro']);
    assert.ok(wouldFlip.length > 0);
    assert.equal(classification.complexity, 'simple');
    assert.ok(!fallbacks.includes('flash'));
  });

  it('says which table it was planned with', () => {
    assert.match(
      patched({}).notes.at(-1) ?? '',
      /the stored models and prices of the decision \([0-9a-f]{16}\)/,
    );
    const other = explainPatched(
      { ...deps, presentTable: () => table },
      { ...decision, tableHash: 'bbbbbbbbbbbbbbbb' },
      {},
    );
    assert.match(other.notes.at(-1) ?? '', /the present models.*\(bbbbbbbbbbbbbbbb\) are not kept any more/);
    assert.equal(other.tableHash, table.hash);
  });

  it('leaves what is stored as it was', () => {
    const before = JSON.stringify(decision);
    patched({ needs: ['vision'], controls: { profile: 'budget' } });
    assert.equal(JSON.stringify(decision), before);
  });

  it('says that nobody can serve it instead of failing', () => {
    const { chosen, notes } = patched({ standingOverride: null, inputTokens: 90_000_000 });
    assert.equal(chosen, '');
    assert.match(notes.join('\n'), /no model can serve this request/);
  });

  it('is refused where the patch names what does not exist, or gives what cannot be', () => {
    assert.match(refusal({ inputToken: 5 }), /input\.inputToken, which does not exist; .*"inputTokens"/);
    assert.match(
      refusal({ controls: { profil: 'budget' } }),
      /input\.controls\.profil, which does not exist/,
    );
    assert.match(refusal({ controls: 5 }), /patch\.controls must be an object/);
    assert.match(refusal({ needs: ['telepathy'] }), /input\.needs\.0 .*one of tools/);
    assert.match(refusal({ inputTokens: -1 }), /input\.inputTokens/);
    assert.match(refusal({ classification: null }), /input\.classification/);
  });

  it('lets no patch reach a prototype', () => {
    const patch = JSON.parse(
      '{"__proto__": {"polluted": 1}, "evidence": {"models": {"__proto__": {"successes": 1, "failures": 0}}}}',
    ) as JsonObject;
    try {
      patched(patch);
    } catch (error) {
      assert.ok(error instanceof RouterError);
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(({} as Record<string, unknown>)['successes'], undefined);
  });

  it('is refused for an exchange that no policy decided', () => {
    for (const none of [null, { ...decision, input: null }]) {
      assert.throws(() => explainPatched(deps, none, {}), /was not decided by the policy/);
    }
  });
});
