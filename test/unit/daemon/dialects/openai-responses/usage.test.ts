import assert from 'node:assert/strict';

import { encodeUsage, usageEventOf } from '../../../../../daemon/dialects/openai-responses/usage.ts';

const USAGE = {
  inputTokens: 10,
  cacheReadInputTokens: 4,
  cacheCreationInputTokens: 3,
  outputTokens: 6,
  reasoningOutputTokens: 2,
};

describe('openai-responses usage', () => {
  it('is read with cached, written and reasoning tokens inside their totals', () => {
    assert.deepEqual(usageEventOf(encodeUsage(USAGE)), { type: 'usage', usage: USAGE });
  });

  it('is read without details', () => {
    assert.deepEqual(usageEventOf({ input_tokens: 1, output_tokens: 2, input_tokens_details: null }), {
      type: 'usage',
      usage: {
        inputTokens: 1,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        outputTokens: 2,
        reasoningOutputTokens: 0,
      },
    });
  });

  it('never has a part larger than its total', () => {
    const event = usageEventOf({
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 9 },
      output_tokens: 1,
      output_tokens_details: { reasoning_tokens: 7 },
    });
    assert.ok(event?.type === 'usage');
    assert.deepEqual(
      [
        event.usage.cacheReadInputTokens,
        event.usage.cacheCreationInputTokens,
        event.usage.reasoningOutputTokens,
      ],
      [4, 1, 1],
    );
  });

  it('is absent where there are no counts', () => {
    for (const value of [null, undefined, {}, 5, { input_tokens: null }, { input_tokens: -1 }]) {
      assert.equal(usageEventOf(value), undefined);
    }
  });

  it('carries what the provider says it charged', () => {
    const costOf = (fields: object) => {
      const event = usageEventOf({ input_tokens: 1, ...fields });
      return event?.type === 'usage' ? event.costUsd : 'none';
    };
    assert.equal(costOf({ cost: 0.25 }), 0.25);
    assert.equal(costOf({ cost_in_usd_ticks: 5e9 }), 0.5);
    assert.equal(costOf({ cost_in_usd_ticks: 0 }), undefined);
    assert.equal(costOf({}), undefined);
    const own = { cost: 0.25, is_byok: true };
    assert.equal(costOf({ ...own, cost_details: { upstream_inference_cost: 2 } }), 2.25);
    assert.equal(costOf(own), undefined);
  });
});
