import assert from 'node:assert/strict';

import { encodeUsage, UsageTally } from '../../../../../daemon/dialects/anthropic-messages/usage.ts';
import type { JsonValue } from '../../../../../daemon/util/json.ts';

/** Input, cache reads, cache writes, output, reasoning after all these objects. */
function tally(...objects: readonly JsonValue[]): readonly number[] | undefined {
  const counts = new UsageTally();
  const event = objects.map((object) => counts.merge(object)).at(-1);
  return event?.type === 'usage' ? Object.values(event.usage) : undefined;
}

describe('anthropic-messages usage', () => {
  it('counts what the cache read and wrote into the input', () => {
    const wire = {
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 3000,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 4 },
    };
    assert.deepEqual(tally(wire), [3210, 200, 3000, 7, 4]);
  });

  it('takes the last word on each field and never sums', () => {
    const start = { input_tokens: 43, cache_read_input_tokens: 5, output_tokens: 1 };
    assert.deepEqual(tally(start, { input_tokens: 61, output_tokens: 2 }), [66, 5, 0, 2, 0]);
    assert.deepEqual(tally(start, { output_tokens: 9 }), [48, 5, 0, 9, 0]);
  });

  it('keeps a count where a later object says null or leaves it out', () => {
    const start = { input_tokens: 4, cache_creation_input_tokens: 6, output_tokens: 1 };
    const later = { input_tokens: null, cache_creation_input_tokens: null, output_tokens: 3 };
    assert.deepEqual(tally(start, later), [10, 0, 6, 3, 0]);
  });

  it('adds up cache writes by lifetime when their total is not there', () => {
    const split = { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 300 };
    assert.deepEqual(
      tally({ input_tokens: 1, output_tokens: 1, cache_creation: split }),
      [321, 0, 320, 1, 0],
    );
    const both = { input_tokens: 1, output_tokens: 1, cache_creation: split, cache_creation_input_tokens: 7 };
    assert.deepEqual(tally(both), [8, 0, 7, 1, 0]);
  });

  it('says nothing of an object without counts', () => {
    for (const value of [
      null,
      {},
      [],
      'x',
      { input_tokens: null },
      { input_tokens: -1, output_tokens: 'x' },
    ]) {
      assert.equal(tally(value), undefined);
    }
  });

  it('tells clients the input without what the cache read and wrote', () => {
    const usage = {
      inputTokens: 3210,
      cacheReadInputTokens: 200,
      cacheCreationInputTokens: 3000,
      outputTokens: 7,
      reasoningOutputTokens: 4,
    };
    assert.deepEqual(encodeUsage(usage), {
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 3000,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 4 },
    });
    assert.equal('output_tokens_details' in encodeUsage({ ...usage, reasoningOutputTokens: 0 }), false);
  });
});
