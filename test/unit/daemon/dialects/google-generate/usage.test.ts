import assert from 'node:assert/strict';

import { encodeUsage, usageEventOf } from '../../../../../daemon/dialects/google-generate/usage.ts';

const counts = {
  inputTokens: 10,
  cacheReadInputTokens: 4,
  cacheCreationInputTokens: 0,
  outputTokens: 7,
  reasoningOutputTokens: 5,
};

describe('google-generate usage', () => {
  it('counts cache reads inside the input, tool results as input and thoughts as output', () => {
    const wire = {
      promptTokenCount: 8,
      toolUsePromptTokenCount: 2,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 5,
    };
    assert.deepEqual(usageEventOf(wire), { type: 'usage', usage: counts });
    assert.equal(usageEventOf({ trafficType: 'ON_DEMAND' }), undefined);
    assert.equal(usageEventOf(undefined), undefined);
  });

  it('tells a client the same counts back', () => {
    assert.deepEqual(encodeUsage(counts), {
      promptTokenCount: 10,
      candidatesTokenCount: 2,
      totalTokenCount: 17,
      cachedContentTokenCount: 4,
      thoughtsTokenCount: 5,
    });
    assert.deepEqual(usageEventOf(encodeUsage(counts)), { type: 'usage', usage: counts });
  });

  it('never counts more cached tokens than there are', () => {
    const event = usageEventOf({ promptTokenCount: 1, cachedContentTokenCount: 9, candidatesTokenCount: -3 });
    assert.ok(event?.type === 'usage');
    assert.deepEqual([event.usage.cacheReadInputTokens, event.usage.outputTokens], [1, 0]);
  });
});
