import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { isPlausibleUsage } from '../../../../../daemon/conversation/usage.ts';
import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../../../../daemon/dialects/anthropic-messages/dialect.ts';
import { createSseParser } from '../../../../../daemon/dialects/sse-parser.ts';
import { parseJsonObject } from '../../../../../daemon/util/json.ts';
import {
  end,
  framesOf,
  IDENTITY,
  MESSAGE_STOP,
  messageDelta,
  messageStart,
  START,
  type Wire,
} from './answer-support.ts';

/** Right, nearly right and wrong values for one field. */
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, true, 5, 'text', '', [], {}));
const count = fc.oneof(fc.nat({ max: 1000 }), value);
const usage = fc.oneof(
  fc.record(
    {
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
      cache_creation: fc.oneof(fc.record({ ephemeral_5m_input_tokens: count }), value),
      output_tokens_details: fc.oneof(fc.record({ thinking_tokens: count }), value),
    },
    { requiredKeys: [] },
  ),
  value,
);
const block = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'odd', 5),
      text: value,
      thinking: value,
      signature: value,
      data: value,
      id: value,
      name: value,
      input: value,
      citations: value,
    },
    { requiredKeys: ['type'] },
  ),
  value,
);
const delta = fc.record(
  {
    type: fc.constantFrom(
      'text_delta',
      'thinking_delta',
      'signature_delta',
      'input_json_delta',
      'citations_delta',
      'odd_delta',
      5,
    ),
    text: value,
    thinking: value,
    signature: value,
    partial_json: value,
    citation: value,
    stop_reason: fc.constantFrom(null, 'end_turn', 'refusal', 'odd', 5),
    stop_details: value,
    container: value,
  },
  { requiredKeys: ['type'] },
);
const message = fc.record(
  {
    id: value,
    model: value,
    content: fc.oneof(fc.array(block, { maxLength: 3 }), value),
    stop_reason: value,
    usage,
  },
  { requiredKeys: [] },
);
const index = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: value });
const event = fc.oneof(
  fc.record({ type: fc.constant('message_start'), message: fc.oneof(message, value) }),
  fc.record({ type: fc.constant('content_block_start'), index, content_block: block }),
  fc.record({ type: fc.constant('content_block_start'), index, content_block: block }),
  fc.record({ type: fc.constant('content_block_delta'), index, delta: fc.oneof(delta, value) }),
  fc.record({ type: fc.constant('content_block_delta'), index, delta }),
  fc.record({ type: fc.constant('content_block_stop'), index }),
  fc.record({ type: fc.constant('message_delta'), delta: fc.oneof(delta, value), usage }),
  fc.record({ type: fc.constantFrom('ping', 'odd_event'), more: value }),
);

/** Parts of an answer with their events mixed as other vendors may mix them: each part in order, side by side. */
const parts: fc.Arbitrary<readonly StreamEvent[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('text', 'reasoning', 'tool-input'),
      deltas: fc.array(fc.string(), { maxLength: 3 }),
    }),
    { maxLength: 4 },
  )
  .chain((kinds) =>
    fc.array(fc.nat({ max: 99 }), { minLength: 30, maxLength: 30 }).map((picks) =>
      mixed(
        kinds.map(({ kind, deltas }, position) => partOf(kind, `p${position}`, deltas)),
        picks,
      ),
    ),
  );

function partOf(
  kind: 'text' | 'reasoning' | 'tool-input',
  id: string,
  deltas: readonly string[],
): readonly StreamEvent[] {
  const at = { id, choice: 0 };
  const start: StreamEvent =
    kind === 'tool-input'
      ? { type: 'tool-input-start', ...at, callId: `call_${id}`, name: 'f' }
      : { type: `${kind}-start`, ...at };
  return [
    start,
    ...deltas.map((text): StreamEvent => ({ type: `${kind}-delta`, ...at, delta: text })),
    { type: `${kind}-end`, ...at },
  ];
}

function mixed(
  sequences: readonly (readonly StreamEvent[])[],
  picks: readonly number[],
): readonly StreamEvent[] {
  const rest = sequences.map((sequence) => [...sequence]);
  const out: StreamEvent[] = [];
  for (const pick of [...picks, ...Array.from({ length: 40 }, () => 0)]) {
    const left = rest.filter((sequence) => sequence.length > 0);
    const next = left[pick % Math.max(1, left.length)]?.shift();
    if (next !== undefined) out.push(next);
  }
  return out;
}

/** Text of each kind of part, in order of the starts; parts without any are nothing to a client. */
function partsOf(events: readonly StreamEvent[]): readonly string[] {
  const texts = new Map<string, string>();
  for (const one of events) {
    if (one.type === 'text-start' || one.type === 'reasoning-start' || one.type === 'tool-input-start') {
      texts.set(one.id, `${one.type} `);
    } else if ('delta' in one) texts.set(one.id, (texts.get(one.id) ?? '') + one.delta);
  }
  return [...texts.values()].flatMap((text) => {
    if (text === 'tool-input-start ') return ['tool-input-start {}'];
    return text.endsWith('-start ') ? [] : [text];
  });
}

describe('anthropic-messages dialect', () => {
  it('ends any stream in exactly one way, and can write down whatever it read', () => {
    let complete = 0;
    const frames = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: event },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Wire[]>(': x\n\n', 'data: [DONE]\n\n', messageStart(), MESSAGE_STOP),
        },
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.boolean(), (middle, isTorn) => {
        const decoder = anthropicMessages.createStreamDecoder();
        const wires = [
          messageStart(),
          ...middle,
          ...(isTorn ? [] : [messageDelta('end_turn'), MESSAGE_STOP]),
        ];
        const events = [...framesOf(...wires).flatMap((one) => decoder.push(one)), ...decoder.end()];
        const ends = events.filter(({ type }) => type === 'response-end' || type === 'response-failed');
        assert.equal(ends.length, 1);
        assert.equal(ends[0], events.at(-1));
        if (ends[0]?.type === 'response-end') complete += 1;
        for (const one of events) assert.ok(one.type !== 'usage' || isPlausibleUsage(one.usage));
        const encoder = anthropicMessages.createStreamEncoder(IDENTITY);
        for (const one of events) encoder.push(one);
        encoder.end(undefined);
        anthropicMessages.encodeResponse(events, IDENTITY);
      }),
      { numRuns: 1_000 },
    );
    assert.ok(complete > 100, `only ${complete} streams were complete`);
  });

  it('starts and ends every part once, in order, whatever the events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (middle) => {
        const decoder = anthropicMessages.createStreamDecoder();
        const frames = framesOf(...middle, MESSAGE_STOP);
        const open = new Set<string>();
        const seen = new Set<string>();
        let isFailed = false;
        for (const one of frames.flatMap((frame) => decoder.push(frame))) {
          isFailed ||= one.type === 'response-failed';
          if (!('id' in one) || one.type === 'refusal-delta') continue;
          if (one.type.endsWith('-start')) {
            assert.ok(!seen.has(one.id), 'an id is used once');
            seen.add(one.id);
            open.add(one.id);
          }
          assert.ok(open.has(one.id), `${one.type} of a part that is not open`);
          if (one.type.endsWith('-end')) open.delete(one.id);
        }
        assert.ok(isFailed || open.size === 0);
      }),
      { numRuns: 500 },
    );
  });

  it('[A3] writes one block at a time, in order and whole, however parts were mixed', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const encoder = anthropicMessages.createStreamEncoder(IDENTITY);
        const all = [START, ...given, end('stop', 'stop')];
        const text = all.map((one) => encoder.push(one)).join('') + encoder.end(undefined);
        const frames = createSseParser().push(Buffer.from(text));
        let next = 0;
        let isOpen = false;
        for (const { data } of frames.slice(1, -2)) {
          const wire = parseJsonObject(data);
          assert.equal(wire?.['index'], next);
          assert.equal(wire?.['type'] === 'content_block_start', !isOpen);
          isOpen = wire?.['type'] !== 'content_block_stop';
          if (!isOpen) next += 1;
        }
        assert.ok(!isOpen);
        const decoder = anthropicMessages.createStreamDecoder();
        const reread = frames.flatMap((frame) => decoder.push(frame));
        assert.deepEqual(partsOf(reread), partsOf(given));
        assert.equal(reread.at(-1)?.type, 'response-end');
      }),
      { numRuns: 500 },
    );
  });

  it('reads any plain answer without breaking', () => {
    fc.assert(
      fc.property(fc.oneof(message, fc.record({ type: value, error: value })), (body) => {
        const events = anthropicMessages.decodeResponse(body);
        assert.ok(['response-end', 'response-failed'].includes(events.at(-1)?.type ?? ''));
      }),
      { numRuns: 500 },
    );
  });

  it('makes a failure of any error answer', () => {
    const body = fc.oneof(
      value.map((json) => JSON.stringify(json)),
      fc.record({ error: value, message: value }).map((json) => JSON.stringify(json)),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), body, (statusCode, text) => {
        const failure = anthropicMessages.decodeFailure(statusCode, text);
        assert.equal(failure.statusCode, statusCode);
        assert.ok(failure.message.length > 0 && failure.message.length <= 500);
      }),
    );
  });
});
