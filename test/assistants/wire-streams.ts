// The same answer as a stream: takes a complete plain answer of a wire format apart into the frames its vendor sends.
// Written from the vendors' pages and not with the codecs, so that a mistake there is not made here too.

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../daemon/util/json.ts';

/** SSE text, one event each. */
export function framesOf(dialect: UpstreamDialectId, plain: JsonObject): readonly string[] {
  return STREAMS[dialect](plain);
}

const STREAMS: Readonly<Record<UpstreamDialectId, (plain: JsonObject) => readonly string[]>> = {
  'anthropic-messages': anthropicFrames,
  'openai-chat': chatFrames,
  'openai-responses': responsesFrames,
  'google-generate': googleFrames,
};

function anthropicFrames(plain: JsonObject): readonly string[] {
  const { content, stop_reason, usage, ...head } = plain;
  const delta = { stop_reason: stop_reason ?? null, stop_sequence: null };
  const counts = objectOf(usage) ?? {};
  const opened = { ...head, content: [], stop_reason: null, usage: { ...counts, output_tokens: 1 } };
  return [
    { type: 'message_start', message: opened },
    { type: 'ping' },
    ...objects(content).flatMap((block, index) => anthropicBlock(block, index)),
    { type: 'message_delta', delta, usage: counts },
    { type: 'message_stop' },
  ].map(namedEvent);
}

function anthropicBlock(block: JsonObject, index: number): readonly JsonObject[] {
  const start = (content_block: JsonObject): JsonObject => ({
    type: 'content_block_start',
    index,
    content_block,
  });
  const delta = (value: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: value });
  const end = { type: 'content_block_stop', index };
  switch (block['type']) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...words(block['thinking']).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block['signature'] ?? '' }),
        end,
      ];
    case 'text':
      return [
        start({ type: 'text', text: '' }),
        ...words(block['text']).map((text) => delta({ type: 'text_delta', text })),
        end,
      ];
    default:
      return [
        start({ ...block, input: {} }),
        ...halves(JSON.stringify(block['input'])).map((partial_json) =>
          delta({ type: 'input_json_delta', partial_json }),
        ),
        end,
      ];
  }
}

function chatFrames(plain: JsonObject): readonly string[] {
  const { choices, usage, ...head } = plain;
  const choice = objects(choices)[0] ?? {};
  const message = objectOf(choice['message']) ?? {};
  const frame = (delta: JsonObject, finish_reason: JsonValue = null): string =>
    plainEvent({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason }],
    });
  return [
    frame({ role: 'assistant', content: '' }),
    ...words(message['reasoning_content']).map((reasoning_content) => frame({ reasoning_content })),
    ...words(message['content']).map((content) => frame({ content })),
    ...objects(message['tool_calls']).flatMap((call, index) => {
      const called = objectOf(call['function']) ?? {};
      return [
        frame({ tool_calls: [{ index, ...call, function: { ...called, arguments: '' } }] }),
        ...halves(called['arguments']).map((part) =>
          frame({ tool_calls: [{ index, function: { arguments: part } }] }),
        ),
      ];
    }),
    frame({}, choice['finish_reason'] ?? null),
    plainEvent({ ...head, object: 'chat.completion.chunk', choices: [], usage: usage ?? null }),
    'data: [DONE]\n\n',
  ];
}

function responsesFrames(plain: JsonObject): readonly string[] {
  const opened = { ...plain, status: 'in_progress', output: [], usage: null };
  return [
    { type: 'response.created', response: opened },
    { type: 'response.in_progress', response: opened },
    ...objects(plain['output']).flatMap((item, index) => responsesItem(item, index)),
    { type: 'response.completed', response: plain },
  ].map((event, sequence_number) => namedEvent({ ...event, sequence_number }));
}

function responsesItem(item: JsonObject, output_index: number): readonly JsonObject[] {
  const at = { output_index, item_id: item['id'] ?? '' };
  const added = (opened: JsonObject): JsonObject => ({
    type: 'response.output_item.added',
    output_index,
    item: { ...item, ...opened },
  });
  const end = { type: 'response.output_item.done', output_index, item };
  switch (item['type']) {
    case 'reasoning': {
      const event = (kind: string, more: JsonObject): JsonObject => ({
        type: `response.reasoning_summary_${kind}`,
        ...at,
        summary_index: 0,
        ...more,
      });
      const part = objects(item['summary'])[0] ?? { type: 'summary_text', text: '' };
      return [
        added({ summary: [], encrypted_content: '' }),
        event('part.added', { part: { ...part, text: '' } }),
        ...words(part['text']).map((delta) => event('text.delta', { delta })),
        event('text.done', { text: part['text'] ?? '' }),
        event('part.done', { part }),
        end,
      ];
    }
    case 'message': {
      const part = objects(item['content'])[0] ?? {};
      const event = (type: string, more: JsonObject): JsonObject => ({
        type,
        ...at,
        content_index: 0,
        ...more,
      });
      return [
        added({ status: 'in_progress', content: [] }),
        event('response.content_part.added', { part: { ...part, text: '' } }),
        ...words(part['text']).map((delta) => event('response.output_text.delta', { delta })),
        event('response.output_text.done', { text: part['text'] ?? '' }),
        event('response.content_part.done', { part }),
        end,
      ];
    }
    default: {
      const type = 'response.function_call_arguments';
      return [
        added({ status: 'in_progress', arguments: '' }),
        ...halves(item['arguments']).map((delta) => ({ type: `${type}.delta`, ...at, delta })),
        { type: `${type}.done`, ...at, arguments: item['arguments'] ?? '' },
        end,
      ];
    }
  }
}

/** One chunk per part; the reason and the counts in the last one. */
function googleFrames(plain: JsonObject): readonly string[] {
  const { candidates, usageMetadata, ...head } = plain;
  const { content, ...candidate } = objects(candidates)[0] ?? {};
  const parts = objects(objectOf(content)?.['parts']);
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const { finishReason, ...open } = candidate;
    const ended = isLast ? { finishReason: finishReason ?? 'STOP' } : {};
    return plainEvent({
      ...head,
      candidates: [{ ...open, ...ended, content: { role: 'model', parts: [part] } }],
      ...(isLast ? { usageMetadata: usageMetadata ?? {} } : {}),
    });
  });
}

function plainEvent(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function namedEvent(data: JsonObject): string {
  return `event: ${stringOf(data['type'])}\n${plainEvent(data)}`;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}

function words(text: JsonValue | undefined): readonly string[] {
  return typeof text === 'string' && text !== '' ? text.split(/(?<= )/) : [];
}

function halves(value: JsonValue | undefined): readonly string[] {
  const text = stringOf(value) ?? '';
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}
