import assert from 'node:assert/strict';
import { needsOfGrade } from '../../../../daemon/classify/grade.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { completeInput } from '../../../../daemon/route/complete-input.ts';
import { classification, input, table } from './route-fixtures.ts';

/** As records of the first version hold it. */
function oldInput(): DecisionInput {
  const { taskType, complexity, confidence, classifierName, signals } = classification('complex');
  const {
    affinityEffort: _level,
    requestedEffort: _asked,
    evidence: _seen,
    escalation: _from,
    ...rest
  } = input();
  const old = { taskType, complexity, confidence, needsStronger: 0.9, classifierName, signals };
  return { ...rest, classification: old } as unknown as DecisionInput;
}

describe('route/complete-input', () => {
  it('leaves a complete input as it is', () => assert.deepEqual(completeInput(input()), input()));

  it('takes what is absent as null, since null removes in a merge patch', () => {
    const { standingOverride: _override, affinityModel: _model, ...rest } = input();
    const bare = { ...rest, controls: {} } as unknown as DecisionInput;
    assert.deepEqual(completeInput(bare), input());
  });

  it('gives an old classification the probabilities that are typical of its grade', () => {
    const { needsStronger, needsStrongest } = completeInput(oldInput()).classification;
    assert.deepEqual([needsStronger, needsStrongest], [0.9, needsOfGrade('complex', 0.8).needsStrongest]);
  });

  it('[A20] plans with records of older versions, and with tables that have no thresholds', () => {
    const { thresholds: _thresholds, ...old } = table();
    const made = cheapestCapablePolicy.plan(oldInput(), old as unknown as ReturnType<typeof table>);
    assert.equal(made.targets[0]?.id, 'opus');
    assert.ok(cheapestCapablePolicy.wouldFlip(oldInput(), table()).length > 0);
  });
});
