import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { createStreamEncoder } from '../../../../../daemon/dialects/anthropic-messages/stream-encoder.ts';
import { encodeToolId } from '../../../../../daemon/dialects/anthropic-messages/tool-ids.ts';
import { openEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { createSseParser } from '../../../../../daemon/dialects/sse-parser.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import {
  end,
  IDENTITY,
  refusal,
  RESPONSE_END,
  START,
  textPart,
  thought,
  toolDelta,
  toolEnd,
  toolStart,
} from './answer-support.ts';

const ZERO = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};
const OPENING = {
  type: 'message_start',
  message: {
    id: 'msg_x_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: ZERO,
  },
};
const USAGE: StreamEvent = {
  type: 'usage',
  usage: {
    inputTokens: 9,
    cacheReadInputTokens: 4,
    cacheCreationInputTokens: 2,
    outputTokens: 5,
    reasoningOutputTokens: 1,
  },
};

/** Data of the events; each must carry its type as its name. */
function dataOf(written: string): readonly unknown[] {
  return createSseParser()
    .push(Buffer.from(written))
    .map(({ data, event }): unknown => {
      const parsed = JSON.parse(data) as { type: string };
      assert.equal(event, parsed.type);
      return parsed;
    });
}

function encoded(events: readonly StreamEvent[], maker?: string, metadata?: JsonObject): readonly unknown[] {
  const encoder = createStreamEncoder(maker === undefined ? IDENTITY : { ...IDENTITY, maker });
  return dataOf(events.map((event) => encoder.push(event)).join('') + encoder.end(metadata));
}

/** The events between message_start and message_delta, written short. */
function blocksOf(events: readonly StreamEvent[], maker?: string): readonly string[] {
  return encoded([START, ...events], maker)
    .slice(1, -2)
    .map((event) => {
      const { type, index, content_block: block, delta } = event as Record<string, unknown>;
      return `${String(type).replace('content_block_', '')} ${String(index)} ${JSON.stringify(block ?? delta) ?? ''}`.trim();
    });
}

const written = (encoder: { push(event: StreamEvent): string }, event: StreamEvent) =>
  encoder.push(event) !== '';
const TEXT_START = '{"type":"text","text":""}';
const toolUse = (id: string) => `{"type":"tool_use","id":"${id}","name":"f","input":{}}`;
const json = (partial: string) => JSON.stringify({ type: 'input_json_delta', partial_json: partial });

describe('anthropic-messages stream-encoder', () => {
  it('writes an answer from message_start to message_stop', () => {
    assert.deepEqual(encoded([START, ...textPart('t', 'hi'), end('stop', 'stop'), USAGE, RESPONSE_END]), [
      OPENING,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
        usage: {
          input_tokens: 3,
          cache_creation_input_tokens: 2,
          cache_read_input_tokens: 4,
          output_tokens: 5,
          output_tokens_details: { thinking_tokens: 1 },
        },
      },
      { type: 'message_stop' },
    ]);
  });

  it('writes each delta when it comes', () => {
    const encoder = createStreamEncoder(IDENTITY);
    assert.equal(dataOf(encoder.push(START)).length, 1);
    assert.ok(!written(encoder, { type: 'text-start', id: 't', choice: 0 }));
    for (const event of textPart('t', 'hi').slice(1)) assert.ok(written(encoder, event), event.type);
    assert.ok(written(encoder, toolStart('c', 'call_1', 'f')));
    assert.ok(written(encoder, toolDelta('c', '{}')));
  });

  it('writes one block after the other where calls come side by side', () => {
    const events = [
      toolStart('a', 'call_a', 'f'),
      toolDelta('a', '{"x":'),
      toolStart('b', 'call_b', 'f'),
      toolDelta('b', '{"y":'),
      toolDelta('a', '1}'),
      toolDelta('b', '2}'),
      toolEnd('a'),
      toolEnd('b'),
    ];
    assert.deepEqual(blocksOf([...events, end('tool-calls')]), [
      `start 0 ${toolUse('call_a')}`,
      `delta 0 ${json('{"x":')}`,
      `delta 0 ${json('1}')}`,
      'stop 0',
      `start 1 ${toolUse('call_b')}`,
      `delta 1 ${json('{"y":2}')}`,
      'stop 1',
    ]);
  });

  it('goes on with the next block as it comes when the one before it has ended', () => {
    const encoder = createStreamEncoder(IDENTITY);
    encoder.push(toolStart('a', 'call_a', 'f'));
    assert.equal(encoder.push(toolStart('b', 'call_b', 'f')), '');
    assert.ok(written(encoder, toolEnd('a')));
    assert.ok(written(encoder, toolDelta('b', '{')));
  });

  it('gives a call without arguments the empty object as its input', () => {
    assert.deepEqual(blocksOf([toolStart('a', 'call_a', 'f'), toolEnd('a')]), [
      `start 0 ${toolUse('call_a')}`,
      `delta 0 ${json('{}')}`,
      'stop 0',
    ]);
  });

  it('wraps free text into JSON when it is whole', () => {
    const events = [
      toolStart('a', 'call_a', 'f', true),
      toolDelta('a', 'x "'),
      toolDelta('a', 'y'),
      toolEnd('a'),
    ];
    assert.deepEqual(blocksOf(events)[1], `delta 0 ${json('{"input":"x \\"y"}')}`);
  });

  it('[B5] signs thoughts of others with an envelope behind their text', () => {
    const encodedThought = blocksOf(thought('r', 'hm'), 'openai/m');
    assert.deepEqual(encodedThought.slice(0, 2), [
      'start 0 {"type":"thinking","thinking":"","signature":""}',
      'delta 0 {"type":"thinking_delta","thinking":"hm"}',
    ]);
    const delta = JSON.parse(encodedThought[2]?.slice('delta 0 '.length) ?? '') as Record<string, string>;
    assert.equal(delta['type'], 'signature_delta');
    assert.equal(openEnvelope(delta['signature'] ?? '')?.maker, 'openai/m');
    assert.equal(encodedThought[3], 'stop 0');
  });

  it('[B5] writes a thought that is only a seal', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'abc' } as const;
    const hidden = blocksOf(thought('r', '', seal), 'openai/m');
    assert.equal(hidden.length, 3);
    assert.match(hidden[1] ?? '', /^delta 0 .*"signature_delta"/);
    assert.deepEqual(blocksOf(thought('r', '', { kind: 'redacted-thinking', value: 'xyz' })), [
      'start 0 {"type":"redacted_thinking","data":"xyz"}',
      'stop 0',
    ]);
  });

  it('writes nothing for blocks without content, and counts only those it wrote', () => {
    const events = [...textPart('t', ''), ...thought('r', ''), ...textPart('u', 'hi')];
    assert.deepEqual(blocksOf(events), [
      `start 0 ${TEXT_START}`,
      'delta 0 {"type":"text_delta","text":"hi"}',
      'stop 0',
    ]);
    assert.deepEqual(blocksOf([end('stop')]), []);
  });

  it('writes a refusal as text and as the reason, and ends it when something else begins', () => {
    const events = [START, refusal('no'), ...textPart('t', 'hi'), end('stop', 'stop')];
    assert.deepEqual(blocksOf(events.slice(1)), [
      `start 0 ${TEXT_START}`,
      'delta 0 {"type":"text_delta","text":"no"}',
      'stop 0',
      `start 1 ${TEXT_START}`,
      'delta 1 {"type":"text_delta","text":"hi"}',
      'stop 1',
    ]);
    assert.deepEqual((encoded(events).at(-2) as { delta: unknown }).delta, {
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: null, explanation: 'no' },
    });
  });

  it('writes on at once when something else begins behind a refusal', () => {
    const encoder = createStreamEncoder(IDENTITY);
    encoder.push(refusal('no'));
    const [start, delta] = textPart('t', 'hi');
    assert.ok(start !== undefined && delta !== undefined);
    assert.ok(written(encoder, start));
    assert.ok(written(encoder, delta));
  });

  it('closes what is open when the choice ends', () => {
    const encoder = createStreamEncoder(IDENTITY);
    for (const event of textPart('t', 'hi').slice(0, 2)) encoder.push(event);
    assert.deepEqual(dataOf(encoder.push(end('length'))), [{ type: 'content_block_stop', index: 0 }]);
  });

  it('writes ids of calls that Anthropic would refuse in its own alphabet', () => {
    const [start] = blocksOf([toolStart('a', 'functions.bash:0', 'f'), toolEnd('a')]);
    assert.equal(start, `start 0 ${toolUse(encodeToolId('functions.bash:0'))}`);
  });

  it('carries the first of several answers', () => {
    const events = [
      ...textPart('t', 'first'),
      ...textPart('u', 'second', 1),
      end('stop'),
      end('length', '', 1),
    ];
    assert.equal(blocksOf(events).length, 3);
    assert.match(JSON.stringify(encoded(events)), /"stop_reason":"end_turn"/);
  });

  it('puts metadata into the last event', () => {
    const events = encoded([START, end('stop')], undefined, { exchange_id: 'x_1' });
    assert.deepEqual(events.at(-1), { type: 'message_stop', _pointsman: { exchange_id: 'x_1' } });
  });

  it('starts the message even when nothing was said', () => {
    assert.deepEqual(encoded([])[0], OPENING);
  });
});
