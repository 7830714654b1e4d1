import assert from 'node:assert/strict';

import { isPlausibleUsage } from '../../../../../daemon/conversation/usage.ts';
import { encodeUsage, usageEventOf } from '../../../../../daemon/dialects/openai-chat/usage.ts';
import type { JsonValue } from '../../../../../daemon/util/json.ts';

/** input, cache read, cache write, output, reasoning; then the cost if there is one. */
function counts(wire: JsonValue): readonly number[] | undefined {
  const event = usageEventOf(wire);
  if (event?.type !== 'usage') return undefined;
  const { usage, costUsd } = event;
  assert.ok(isPlausibleUsage(usage));
  return [
    usage.inputTokens,
    usage.cacheReadInputTokens,
    usage.cacheCreationInputTokens,
    usage.outputTokens,
    usage.reasoningOutputTokens,
    ...(costUsd === undefined ? [] : [costUsd]),
  ];
}

const PLAIN = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };

describe('openai-chat usage', () => {
  it('[A37] reads totals and their parts', () => {
    assert.deepEqual(counts(PLAIN), [10, 0, 0, 4, 0]);
    assert.deepEqual(
      counts({
        ...PLAIN,
        prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 2 },
      }),
      [10, 6, 3, 4, 2],
    );
  });

  it('reads cached tokens under the names of each provider', () => {
    for (const name of ['prompt_cache_hit_tokens', 'cached_tokens', 'num_cached_tokens']) {
      assert.deepEqual(counts({ ...PLAIN, [name]: 6, prompt_tokens_details: null }), [10, 6, 0, 4, 0], name);
    }
  });

  it('reads reasoning tokens that stand outside of the details', () => {
    assert.deepEqual(counts({ ...PLAIN, reasoning_tokens: 3 }), [10, 0, 0, 4, 3]);
  });

  it('counts thinking that only the total shows as output', () => {
    assert.deepEqual(counts({ ...PLAIN, total_tokens: 74 }), [10, 0, 0, 64, 60]);
    assert.deepEqual(
      counts({ ...PLAIN, total_tokens: 20, completion_tokens_details: { reasoning_tokens: 6 } }),
      [10, 0, 0, 10, 6],
    );
  });

  it('cuts parts that are larger than their total', () => {
    assert.deepEqual(
      counts({ prompt_tokens: 7, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 161 } }),
      [7, 7, 0, 1, 0],
    );
    assert.deepEqual(
      counts({ ...PLAIN, prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 9 } }),
      [10, 9, 1, 4, 0],
    );
    assert.deepEqual(
      counts({ ...PLAIN, completion_tokens_details: { reasoning_tokens: 5 } }),
      [10, 0, 0, 4, 4],
    );
  });

  it('reads what the provider says it charged, in dollars and in ticks', () => {
    assert.deepEqual(counts({ ...PLAIN, cost: 0.00572 })?.at(-1), 0.00572);
    assert.deepEqual(counts({ ...PLAIN, cost: 0 })?.at(-1), 0);
    assert.deepEqual(counts({ ...PLAIN, cost_in_usd_ticks: 37_756_000 })?.at(-1), 0.0037756);
    assert.equal(counts({ ...PLAIN, cost_in_usd_ticks: 0 })?.length, 5);
  });

  it('[A37] adds what the vendor takes from the user’s own key, and states no cost when it is not told', () => {
    const own = { ...PLAIN, cost: 0.25, is_byok: true };
    assert.equal(counts({ ...own, cost_details: { upstream_inference_cost: 2 } })?.at(-1), 2.25);
    assert.equal(counts({ ...own, cost_details: { upstream_inference_cost: null } })?.length, 5);
    assert.equal(counts(own)?.length, 5);
    const notOwn = { ...own, is_byok: false, cost_details: { upstream_inference_cost: 0.25 } };
    assert.equal(counts(notOwn)?.at(-1), 0.25);
  });

  it('reports nothing where there are no counts', () => {
    for (const wire of [
      null,
      undefined,
      5,
      {},
      { prompt_tokens: null },
      { prompt_tokens: '5' },
      { prompt_tokens: -1 },
    ]) {
      assert.equal(usageEventOf(wire), undefined);
    }
    assert.deepEqual(counts({ prompt_tokens: 5 }), [5, 0, 0, 0, 0]);
  });

  it('writes what it reads', () => {
    for (const usage of [
      {
        inputTokens: 10,
        cacheReadInputTokens: 6,
        cacheCreationInputTokens: 3,
        outputTokens: 4,
        reasoningOutputTokens: 2,
      },
      {
        inputTokens: 10,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        outputTokens: 4,
        reasoningOutputTokens: 0,
      },
    ]) {
      assert.deepEqual(usageEventOf(encodeUsage(usage)), { type: 'usage', usage });
    }
  });
});
