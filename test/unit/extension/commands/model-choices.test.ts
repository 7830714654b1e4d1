import assert from 'node:assert/strict';
import type { Candidate } from '../../../../daemon/protocol/exchange-record.ts';
import { modelChoices } from '../../../../extension/commands/model-choices.ts';
import { model, NOW_MS } from '../live-fixtures.ts';

const candidate = (id: string, expectedCostUsd: number | null, warmTokens = 0): Candidate => ({
  model: id,
  expectedCostUsd,
  successProbability: null,
  warmTokens,
  effort: null,
  rejected: null,
});

describe('models to choose from', () => {
  const models = [
    model('opus', { inputUsdPerMtok: 15, outputUsdPerMtok: 75 }),
    model('sonnet'),
    model('haiku', { inputUsdPerMtok: 0.25, outputUsdPerMtok: 1.25, contextTokens: 64_000 }),
  ];
  const choose = (input: Partial<Parameters<typeof modelChoices>[0]> = {}) =>
    modelChoices({ status: { models }, decision: null, current: null, nowMs: NOW_MS, ...input });

  it('[A23] say what each costs, what the last request would have cost there, and how much it reads', () => {
    const candidates = [candidate('haiku', 0.0123), candidate('sonnet', 0.4, 12_345)];
    const { choices } = choose({ decision: { candidates } });
    assert.equal(choices[0]?.detail, '$0.25 in, $1.25 out per M tokens · last request there about $0.012');
    assert.equal(choices[0]?.description, 'p-haiku · moderate · reads 64.0 k');
    assert.match(choices[1]?.detail ?? '', /about \$0\.40 · 12\.3 k warm$/);
  });

  it('stand in the order of what the last request would have cost there, then of their prices', () => {
    const candidates = [candidate('opus', 0.001), candidate('haiku', 0.02)];
    assert.deepEqual(
      choose({ decision: { candidates } }).choices.map((choice) => choice.model),
      ['opus', 'haiku', 'sonnet'],
    );
    assert.deepEqual(
      choose().choices.map((choice) => choice.model),
      ['haiku', 'sonnet', 'opus'],
    );
  });

  it('put one that is out last and say for how long', () => {
    const status = { models: [model('a', { health: 'ejected', retryAtMs: NOW_MS + 30_000 }), model('b')] };
    const { choices } = choose({ status });
    assert.deepEqual(
      choices.map((choice) => choice.model),
      ['b', 'a'],
    );
    assert.match(choices[1]?.detail ?? '', /^\$\(warning\) out for 30 s/);
  });

  it('mark the current one, for the eye and in words', () => {
    const [, sonnet] = choose({ current: 'sonnet' }).choices;
    assert.equal(sonnet?.label, '$(check) sonnet');
    assert.equal(sonnet?.description, 'p-sonnet · moderate · reads 200.0 k · current');
  });

  it('leave out those without a key, and count them', () => {
    const { choices, withoutKey } = choose({
      status: { models: [model('a'), model('b', { usable: false })] },
    });
    assert.deepEqual([choices.map((choice) => choice.model), withoutKey], [['a'], 1]);
  });

  it('call an unknown price unknown', () => {
    const { choices } = choose({
      status: { models: [model('a', { inputUsdPerMtok: null, outputUsdPerMtok: null })] },
    });
    assert.match(choices[0]?.detail ?? '', /^price unknown/);
  });

  it('take no icon out of a name', () => {
    assert.equal(choose({ status: { models: [model('$(error)x')] } }).choices[0]?.label, '(error)x');
  });
});
