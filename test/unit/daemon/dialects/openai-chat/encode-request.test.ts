import assert from 'node:assert/strict';

import type {
  ContentPart,
  ConversationRequest,
  Message,
} from '../../../../../daemon/conversation/request.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-chat/encode-request.ts';
import { requestOf } from './chat-support.ts';

const TARGET = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100 } as const;

/** A request of another dialect with the given neutral view. */
function foreign(
  view: Partial<ConversationRequest> & { readonly messages?: readonly Message[] },
): ConversationRequest {
  const base = requestOf({});
  const messages = view.messages ?? [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }];
  const [outline] = base.outline;
  assert.ok(outline);
  return {
    ...base,
    body: base.body,
    responseFormat: { kind: 'text' },
    tools: () => [],
    messageBytes: (index) => base.messageBytes(index),
    preambleBytes: () => base.preambleBytes(),
    ...view,
    dialect: 'anthropic-messages',
    outline: messages.map(() => outline),
    message(index) {
      const message = messages[index];
      assert.ok(message);
      return message;
    },
  };
}

function encoded(view: Parameters<typeof foreign>[0], target: Parameters<typeof encodeRequest>[1] = TARGET) {
  const { path, body, warnings } = encodeRequest(foreign(view), target);
  assert.equal(path, '/chat/completions');
  return { body: JSON.parse(body.toString()) as Record<string, unknown>, warnings };
}

const messagesFor = (...messages: readonly Message[]) => encoded({ messages }).body['messages'];
const text = (value: string): ContentPart => ({ type: 'text', text: value });

describe('openai-chat encode-request', () => {
  it('sends the bytes of its own dialect with the model changed and no warning', () => {
    const { path, body, warnings } = encodeRequest(requestOf({ model: 'a', odd: [1] }), TARGET);
    assert.equal(path, '/chat/completions');
    assert.equal(body.toString(), '{"messages":[{"role":"user","content":"hello"}],"model":"up","odd":[1]}');
    assert.deepEqual(warnings, []);
  });

  it('builds the smallest request from a neutral view', () => {
    assert.deepEqual(encoded({}), {
      body: { model: 'up', messages: [{ role: 'user', content: 'hi' }], stream: false },
      warnings: [],
    });
  });

  it('carries limits, count and format, and asks for usage in a stream', () => {
    const { body } = encoded({
      stream: true,
      maxOutputTokens: 500,
      choiceCount: 2,
      responseFormat: { kind: 'json-schema', schema: { type: 'object' }, strict: true },
    });
    assert.equal(body['max_tokens'], 100);
    assert.equal(body['n'], 2);
    assert.equal(body['stream'], true);
    assert.deepEqual(body['stream_options'], { include_usage: true });
    assert.deepEqual(body['response_format'], {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
    });
    assert.deepEqual(encoded({ responseFormat: { kind: 'json-object' } }).body['response_format'], {
      type: 'json_object',
    });
    assert.deepEqual(
      encoded({ responseFormat: { kind: 'json-schema', schema: {}, name: 'n' } }).body['response_format'],
      { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    );
    assert.equal(encoded({ maxOutputTokens: 50 }).body['max_tokens'], 50);
  });

  it('does not ask for usage where the provider refuses to be asked', () => {
    assert.equal(
      encoded({ stream: true }, { ...TARGET, usageInStream: 'always' }).body['stream_options'],
      undefined,
    );
  });

  it('keeps every role in its place, system text in the middle included', () => {
    assert.deepEqual(
      messagesFor(
        { role: 'system', content: [text('a'), text('b')] },
        { role: 'user', content: [text('c')], name: 'n' },
        { role: 'developer', content: [text('d')] },
        { role: 'assistant', content: [text('e')], name: 'm' },
        { role: 'user', content: [] },
      ),
      [
        { role: 'system', content: 'a\nb' },
        { role: 'user', content: 'c', name: 'n' },
        { role: 'developer', content: 'd' },
        { role: 'assistant', content: 'e', name: 'm' },
        { role: 'user', content: '' },
      ],
    );
  });

  it('writes pictures as addresses', () => {
    assert.deepEqual(
      messagesFor({
        role: 'user',
        content: [
          text('look'),
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' }, detail: 'low' },
          { type: 'image', source: { kind: 'url', url: 'https://x.test' } },
        ],
      }),
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x.test' } },
          ],
        },
      ],
    );
  });

  it('writes tool calls with their arguments as they were', () => {
    const call = { type: 'tool-call', callId: 'a', name: 'f', input: '{ "n": 1e400 }' } as const;
    const toolCalls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{ "n": 1e400 }' } }];
    assert.deepEqual(messagesFor({ role: 'assistant', content: [call] }), [
      { role: 'assistant', content: null, tool_calls: toolCalls },
    ]);
    assert.deepEqual(messagesFor({ role: 'assistant', content: [text('x'), call] }), [
      { role: 'assistant', content: 'x', tool_calls: toolCalls },
    ]);
  });

  it('makes messages of their own of tool results, before what the user says with them', () => {
    const result = (callId: string, content: readonly ContentPart[]) =>
      ({ type: 'tool-result', callId, content }) as const;
    assert.deepEqual(
      messagesFor({
        role: 'user',
        content: [result('a', [text('1'), text('2')]), result('b', []), text('go on')],
      }),
      [
        { role: 'tool', tool_call_id: 'a', content: '1\n2' },
        { role: 'tool', tool_call_id: 'b', content: '' },
        { role: 'user', content: 'go on' },
      ],
    );
    assert.deepEqual(messagesFor({ role: 'tool', content: [result('a', [text('1')])] }), [
      { role: 'tool', tool_call_id: 'a', content: '1' },
    ]);
  });

  it('shows the model pictures of tool results in the name of the user', () => {
    const picture = { type: 'image', source: { kind: 'url', url: 'https://x.test' } } as const;
    const image = { type: 'image_url', image_url: { url: 'https://x.test' } };
    assert.deepEqual(
      messagesFor({ role: 'tool', content: [{ type: 'tool-result', callId: 'a', content: [picture] }] }),
      [
        { role: 'tool', tool_call_id: 'a', content: '' },
        { role: 'user', content: [image] },
      ],
    );
  });

  it('names everything that it leaves out, once', () => {
    const odd = { type: 'other', wireType: 'input_audio', raw: {} } as const;
    const { body, warnings } = encoded({
      messages: [
        { role: 'user', content: [odd, odd, text('x')] },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'refusal', text: 'no' },
          ],
        },
        { role: 'tool', content: [{ type: 'tool-result', callId: 'a', content: [odd], isError: true }] },
      ],
      tools: () => [
        { kind: 'function', name: 'f', description: 'd', parameters: {}, raw: {} },
        { kind: 'function', name: 'g', parameters: {}, raw: {} },
        { kind: 'function', name: 'h', description: 'd', raw: {} },
        { kind: 'server', name: 'web_search', raw: {} },
      ],
    });
    assert.deepEqual(warnings, [
      'the tool web_search is run by its provider and was left out',
      'content of type input_audio has no place in a chat completion and was left out',
      'content of type reasoning has no place in a chat completion and was left out',
      'the mark of a failed tool result has no place in a chat completion',
    ]);
    assert.deepEqual(body['tools'], [
      { type: 'function', function: { name: 'f', description: 'd', parameters: {} } },
      { type: 'function', function: { name: 'g', parameters: {} } },
      { type: 'function', function: { name: 'h', description: 'd' } },
    ]);
    assert.deepEqual(body['messages'], [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
      { role: 'tool', tool_call_id: 'a', content: '' },
    ]);
  });

  it('encodes the same request to the same bytes every time', () => {
    const request = foreign({ stream: true });
    assert.deepEqual(encodeRequest(request, TARGET), encodeRequest(request, TARGET));
  });
});
