import assert from 'node:assert/strict';
import { decisionLines } from '../../../../daemon/cli/explain.ts';
import type { Decision } from '../../../../daemon/protocol/exchange-record.ts';

const DECISION: Decision = {
  client: 'claude-code',
  conversationId: 'c_1',
  ask: { text: 'why does\u001b[31m it fail?', chars: 38, earlierUserTurns: 2 },
  classification: {
    taskType: 'code',
    complexity: 'moderate',
    confidence: 0.81,
    needsStronger: 0.34,
    needsStrongest: 0.1,
    classifierName: 'learned',
    signals: ['38 characters'],
  },
  decisionPoint: 'new-task',
  profile: 'balanced',
  reason: 'cheapest-capable',
  candidates: [
    candidate('pro', 0.0015, 0.9, null),
    { ...candidate('flash', 0.00015, 0.66, 'success probability 0.66 is below 0.75 (balanced, code)') },
    candidate('mystery', null, 0.9, 'has no price, pro has one'),
  ],
  bindingConstraint: 'flash (0.00015 USD instead of 0.0015 USD) was not taken: success probability 0.66 …',
  chosen: 'pro',
  effort: null,
  baseline: 'opus',
  fallbacks: ['flash'],
  wouldFlip: [
    { change: 'needsStronger below 0.25', to: 'flash', patch: {} },
    { change: 'pro out', to: 'mystery', patch: {} },
  ],
  notes: ['one thing to know'],
  input: null,
  tableHash: 'aaaa',
};

function candidate(
  model: string,
  expectedCostUsd: number | null,
  successProbability: number,
  rejected: string | null,
): Decision['candidates'][number] {
  return { model, expectedCostUsd, successProbability, warmTokens: 0, effort: null, rejected };
}

describe('cli/explain', () => {
  it('[C5] prints the choice, the ask, why each candidate lost and what would change it', () => {
    assert.deepEqual(decisionLines(DECISION), [
      'pro (cheapest-capable), baseline opus',
      'ask of 38 characters, 2 earlier user turns, client claude-code: "why does [31m it fail?"',
      'code, moderate (confidence 0.81, by learned); needsStronger 0.34, needsStrongest 0.1',
      '  because 38 characters',
      'decided at new-task, profile balanced',
      '',
      'candidate  expected $  P(success)  verdict',
      'pro          0.001500        0.90  chosen',
      'flash        0.000150        0.66  success probability 0.66 is below 0.75 (balanced, code)',
      'mystery       unknown        0.90  has no price, pro has one',
      '',
      'The next cheaper one: flash (0.00015 USD instead of 0.0015 USD) was not taken: success probability 0.66 …',
      'note: one thing to know',
      '',
      'It would change with:',
      '  needsStronger below 0.25  ->  flash',
      '  pro out                   ->  mystery',
    ]);
  });

  it('[B8] prints the effort where it is another one than the client asked for', () => {
    const [pro, ...others] = DECISION.candidates;
    assert.ok(pro !== undefined);
    const lines = decisionLines({
      ...DECISION,
      effort: 'low',
      candidates: [{ ...pro, effort: 'low' }, ...others],
    });
    assert.equal(lines[0], 'pro (cheapest-capable) at reasoning effort low, baseline opus');
    assert.equal(lines[7], 'pro          0.001500        0.90  low       chosen');
    assert.match(lines[8] ?? '', /as asked/);
  });

  it('prints a stored decision of an older version', () => {
    const { bindingConstraint: _b, effort: _e, wouldFlip: _w, ask, classification, ...rest } = DECISION;
    const { needsStrongest: _n, ...oldClassification } = classification;
    const { text: _text, ...oldAsk } = ask;
    const old = {
      ...rest,
      ask: oldAsk,
      classification: oldClassification,
      candidates: [{ model: 'pro', expectedCostUsd: 0.0015, warmTokens: 0, rejected: null }],
    } as unknown as Decision;
    const lines = decisionLines(old);
    assert.equal(lines[1], 'ask of 38 characters, 2 earlier user turns, client claude-code');
    assert.equal(lines[2], 'code, moderate (confidence 0.81, by learned); needsStronger 0.34');
    assert.equal(lines[7], 'pro          0.001500  -           chosen');
    assert.ok(!lines.some((line) => line.includes('undefined') || line.includes('NaN')));
  });

  it('prints a decision that no model could serve', () => {
    const lines = decisionLines({ ...DECISION, chosen: '', candidates: [], wouldFlip: [], notes: [] });
    assert.equal(lines[0], 'no model (cheapest-capable), baseline opus');
  });
});
