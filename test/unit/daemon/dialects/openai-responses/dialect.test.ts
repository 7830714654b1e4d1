import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { openAiResponses } from '../../../../../daemon/dialects/openai-responses/dialect.ts';
import { completed, CREATED, encoded, framesOf, IDENTITY, type Wire } from './answer-support.ts';

/** Right, nearly right and wrong values for one field. */
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, true, 5, 'text', '', [], {}));
const mostly = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: value });
const part = fc.record(
  {
    type: mostly(fc.constantFrom('output_text', 'refusal', 'summary_text', 'reasoning_text', 'output_audio')),
    text: mostly(fc.constantFrom('', 'a', 'ab', 'abc')),
    refusal: value,
    annotations: value,
    logprobs: value,
  },
  { requiredKeys: ['type'] },
);
const item = fc.record(
  {
    type: mostly(
      fc.constantFrom('message', 'reasoning', 'function_call', 'custom_tool_call', 'web_search_call'),
    ),
    id: value,
    call_id: mostly(fc.constantFrom('call_1', 'call_2')),
    name: mostly(fc.constantFrom('f', 'g', '')),
    namespace: fc.constantFrom(undefined, 'n', 5),
    arguments: mostly(fc.constantFrom('', '{', '{}')),
    input: value,
    content: mostly(fc.array(part, { maxLength: 3 })),
    summary: mostly(fc.array(part, { maxLength: 3 })),
    encrypted_content: value,
    phase: value,
  },
  { requiredKeys: ['type'] },
);
const response = fc.record(
  {
    id: value,
    model: value,
    created_at: value,
    status: mostly(fc.constantFrom('completed', 'incomplete', 'failed', 'cancelled', 'queued')),
    error: fc.constantFrom(null, 'x', { code: 'server_error' }, 5),
    incomplete_details: mostly(fc.constantFrom(null, { reason: 'max_output_tokens' })),
    output: mostly(fc.array(item, { maxLength: 4 })),
    usage: mostly(fc.record({ input_tokens: value, output_tokens: value })),
  },
  { requiredKeys: [] },
);
const place = {
  item_id: value,
  output_index: mostly(fc.nat({ max: 3 })),
  content_index: mostly(fc.nat({ max: 2 })),
  summary_index: mostly(fc.nat({ max: 2 })),
};
const event = fc.record(
  {
    type: mostly(
      fc.constantFrom(
        'response.output_item.added',
        'response.output_item.done',
        'response.output_text.delta',
        'response.output_text.done',
        'response.refusal.delta',
        'response.refusal.done',
        'response.reasoning_summary_text.delta',
        'response.reasoning_summary_text.done',
        'response.reasoning_text.delta',
        'response.function_call_arguments.delta',
        'response.function_call_arguments.done',
        'response.custom_tool_call_input.delta',
        'keepalive',
      ),
    ),
    ...place,
    item: mostly(item),
    delta: mostly(fc.constantFrom('a', 'b', '')),
    text: mostly(fc.constantFrom('a', 'ab')),
    refusal: value,
    arguments: value,
  },
  { requiredKeys: ['type', 'output_index', 'delta', 'item', 'text'] },
);
const ending = response.map((one) => completed({ ...one, status: 'completed' }));
const anyEnd = fc.record({
  type: fc.constantFrom('response.completed', 'response.incomplete', 'response.failed', 'error'),
  response: mostly(response),
  error: value,
});

function read(frames: readonly (object | string)[]): readonly StreamEvent[] {
  const decoder = openAiResponses.createStreamDecoder();
  return [...framesOf(...frames).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

describe('openai-responses dialect', () => {
  it('ends any stream in exactly one way, and can write down whatever it read', () => {
    let complete = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            event,
            value.map((one) => JSON.stringify(one)),
          ),
          { maxLength: 8 },
        ),
        fc.option(anyEnd),
        (events, end) => {
          const texts = events.map((one) =>
            typeof one === 'string' ? `data: ${one.replaceAll(/\s/g, '')}\n\n` : one,
          );
          const all = read([...texts, ...(end === null ? [] : [end])]);
          const ends = all.filter(({ type }) => type === 'response-end' || type === 'response-failed');
          assert.equal(ends.length, 1);
          assert.equal(ends[0], all.at(-1));
          if (ends[0]?.type === 'response-end') complete += 1;
          encoded(all);
          openAiResponses.encodeResponse(all, IDENTITY);
        },
      ),
      { numRuns: 1_000 },
    );
    assert.ok(complete > 50, `only ${complete} streams were complete`);
  });

  it('starts and ends every part once, in order, and never has two texts open', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), ending, (events, end) => {
        const open = new Set<string>();
        const seen = new Set<string>();
        for (const one of read([CREATED, ...events, end])) {
          if (!('id' in one) || one.type === 'refusal-delta') continue;
          if (one.type.endsWith('-start')) {
            assert.ok(!seen.has(one.id), 'an id is used once');
            seen.add(one.id);
            open.add(one.id);
          }
          assert.ok(open.has(one.id), `${one.type} of a part that is not open`);
          if (one.type.endsWith('-end')) open.delete(one.id);
          assert.ok([...open].filter((id) => !id.startsWith('call-')).length <= 1);
        }
        assert.equal(open.size, 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('writes items one after the other, and at the end just what it wrote before, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), ending, (events, end) => {
        const all = read([CREATED, ...events, end]);
        for (const identity of [IDENTITY, { ...IDENTITY, maker: 'p/m' }]) {
          const wire = encoded(all, identity);
          assertOrderly(wire);
          assert.deepEqual(openAiResponses.encodeResponse(all, identity), wire.at(-1)?.response);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads any plain answer without breaking', () => {
    fc.assert(
      fc.property(response, (body) => {
        const answer = JSON.parse(JSON.stringify(body)) as Parameters<
          typeof openAiResponses.decodeResponse
        >[0];
        const events = openAiResponses.decodeResponse(answer);
        assert.ok(['response-end', 'response-failed'].includes(events.at(-1)?.type ?? ''));
      }),
      { numRuns: 500 },
    );
  });

  it('makes a failure of any error answer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 599 }),
        fc.oneof(
          value.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        (status, text) => {
          const failure = openAiResponses.decodeFailure(status, text);
          assert.equal(failure.statusCode, status);
          assert.ok(failure.message.length <= 500);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function assertOrderly(wire: readonly Wire[]): void {
  const written: unknown[] = [];
  let open: number | undefined;
  for (const [index, one] of wire.entries()) {
    assert.equal(one.sequence_number, index);
    if (one.type === 'response.output_item.added') {
      assert.equal(open, undefined, 'one item at a time');
      open = one.output_index;
      assert.equal(open, written.length);
    } else if (one.output_index !== undefined) assert.equal(one.output_index, open);
    if (one.type === 'response.output_item.done') {
      written.push(one.item);
      open = undefined;
    }
  }
  assert.deepEqual(wire.at(-1)?.response?.output, written);
}
