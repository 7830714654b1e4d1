import assert from 'node:assert/strict';

import { thinkingConfigOf } from '../../../../../daemon/dialects/google-generate/thinking-config.ts';
import { TARGET } from './google-support.ts';

const NEW = TARGET;
const OLD = { ...TARGET, upstreamModel: 'gemini-2.5-pro' };

describe('google-generate thinking', () => {
  it('[A5] is asked of newer models by a level, the nearest that they have', () => {
    assert.deepEqual(thinkingConfigOf({ effort: 'medium' }, NEW), { thinkingLevel: 'MEDIUM' });
    assert.deepEqual(thinkingConfigOf({ effort: 'max' }, NEW), { thinkingLevel: 'HIGH' });
    assert.deepEqual(thinkingConfigOf({ effort: 'none' }, NEW), { thinkingLevel: 'MINIMAL' });
    assert.deepEqual(thinkingConfigOf({ effort: 'none' }, { ...NEW, traits: { efforts: ['low', 'high'] } }), {
      thinkingLevel: 'LOW',
    });
    assert.deepEqual(thinkingConfigOf({ budgetTokens: 4000 }, NEW), { thinkingLevel: 'MEDIUM' });
  });

  it('[A5] is asked of older models by a number of tokens', () => {
    assert.deepEqual(thinkingConfigOf({ effort: 'medium' }, OLD), { thinkingBudget: 8192 });
    assert.deepEqual(thinkingConfigOf({ effort: 'none' }, OLD), { thinkingBudget: 0 });
    assert.deepEqual(thinkingConfigOf({ effort: 'none' }, { ...OLD, traits: { efforts: ['low', 'high'] } }), {
      thinkingBudget: 1024,
    });
    assert.deepEqual(thinkingConfigOf({ budgetTokens: 999_999 }, OLD), { thinkingBudget: 24_576 });
    assert.deepEqual(thinkingConfigOf({ isAdaptive: true }, OLD), { thinkingBudget: -1 });
  });

  it('is shown when the client wants to read it, and not asked of a model that cannot think', () => {
    assert.deepEqual(thinkingConfigOf({ showsThoughts: true }, NEW), { includeThoughts: true });
    assert.equal(thinkingConfigOf({ isAdaptive: true }, NEW), undefined);
    assert.equal(thinkingConfigOf({ effort: 'high' }, { ...NEW, traits: { efforts: [] } }), undefined);
  });
});
