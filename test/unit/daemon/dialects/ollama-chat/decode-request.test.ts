// decode-request.ts and decode-message.ts.

import assert from 'node:assert/strict';

import { type ConversationRequest, messagesOf } from '../../../../../daemon/conversation/request.ts';
import { decodeRequest } from '../../../../../daemon/dialects/ollama-chat/decode-request.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

const HELLO = { role: 'user', content: 'hello' };

function requestOf(fields: object): ConversationRequest {
  const body = { model: 'auto', messages: [HELLO], ...fields };
  return decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
}

function refusalOf(fields: object): string {
  try {
    requestOf(fields);
  } catch (error) {
    assert.ok(error instanceof RouterError);
    return `${error.code} ${error.param ?? '-'}: ${error.message}`;
  }
  return 'accepted';
}

describe('ollama-chat requests', () => {
  it('are streamed unless they say otherwise, and always told the usage', () => {
    assert.deepEqual(
      [requestOf({}).stream, requestOf({ stream: false }).stream, requestOf({}).wantsUsage],
      [true, false, true],
    );
  });

  it('name a model, whose tag "latest" says nothing', () => {
    const nameOf = (model: unknown) => requestOf({ model }).requestModel;
    assert.deepEqual(['auto:latest', 'auto:budget', 'exact/a', undefined, ''].map(nameOf), [
      'auto',
      'auto:budget',
      'exact/a',
      'auto',
      'auto',
    ]);
  });

  it('carry text, thoughts, pictures, calls and results', () => {
    const request = requestOf({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'look', images: ['iVBORw0KGgoAAA', 'data:image/gif;base64,R0', 'unknown'] },
        {
          role: 'assistant',
          content: '',
          thinking: 'hm',
          tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }],
        },
        { role: 'tool', tool_name: 'f', content: 'ok' },
      ],
    });
    const image = (mediaType: string, data: string) => ({
      type: 'image',
      source: { kind: 'base64', mediaType, data },
    });
    assert.deepEqual(messagesOf(request), [
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          image('image/png', 'iVBORw0KGgoAAA'),
          image('image/gif', 'R0'),
          image('image/png', 'unknown'),
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'tool-call', callId: 'call_2_0', name: 'f', input: '{"a":1}' },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', callId: 'call_2_0', content: [{ type: 'text', text: 'ok' }] }],
      },
    ]);
    assert.deepEqual(
      request.outline.map(({ role, hasImage, isToolResult, hasToolCall, hasText }) => [
        role,
        hasImage,
        isToolResult,
        hasToolCall,
        hasText,
      ]),
      [
        ['system', false, false, false, true],
        ['user', true, false, false, true],
        ['assistant', false, false, true, false],
        ['tool', false, true, false, false],
      ],
    );
  });

  it('pair results with calls by id, by name, and in order', () => {
    const call = (name: string, id?: string) => ({
      ...(id === undefined ? {} : { id }),
      function: { name, arguments: {} },
    });
    const request = requestOf({
      messages: [
        { role: 'assistant', tool_calls: [call('a', 'x'), call('b'), call('c')] },
        { role: 'tool', tool_name: 'c', content: '' },
        { role: 'tool', tool_call_id: 'x', content: '' },
        { role: 'tool', content: '' },
        { role: 'tool', content: 'stray' },
      ],
    });
    const ids = messagesOf(request).flatMap(({ content }) =>
      content.flatMap((part) => ('callId' in part ? [part.callId] : [])),
    );
    assert.deepEqual(ids, ['x', 'call_0_1', 'call_0_2', 'call_0_2', 'x', 'call_0_1', 'call_4']);
  });

  it('keep every number of the arguments as it was written', () => {
    const text =
      '{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a" : 1e400}}}]}]}';
    const [part] = decodeRequest(parseRequestBody(Buffer.from(text))).message(0).content;
    assert.ok(part?.type === 'tool-call' && part.input === '{"a":1e400}');
  });

  it('carry tools and settings', () => {
    const request = requestOf({
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
      ],
      options: {
        temperature: 0,
        top_p: 0.9,
        top_k: 4,
        seed: 1,
        stop: 'x',
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        num_predict: 50,
        num_ctx: 4096,
      },
      think: 'low',
      keep_alive: '5m',
      logprobs: true,
      format: null,
    });
    assert.deepEqual(
      request.tools().map(({ kind, name, description, parameters }) => [kind, name, description, parameters]),
      [['function', 'f', 'd', { type: 'object' }]],
    );
    assert.deepEqual(request.settings(), {
      temperature: 0,
      topP: 0.9,
      topK: 4,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      seed: 1,
      stopSequences: ['x'],
      reasoning: { effort: 'low', showsThoughts: true },
      topLogprobs: 0,
    });
    assert.equal(request.maxOutputTokens, 50);
    assert.deepEqual(request.unmappedFields(), ['keep_alive', 'options.num_ctx']);
    assert.deepEqual(request.needs, ['tools', 'reasoning']);
  });

  it('set no limit with a negative number of tokens', () => {
    assert.equal(requestOf({ options: { num_predict: -1 } }).maxOutputTokens, undefined);
  });

  it('ask for thoughts with yes, no, or a strength', () => {
    const wish = (think: unknown) => requestOf({ think }).settings().reasoning;
    assert.deepEqual(wish(true), { isAdaptive: true, showsThoughts: true });
    assert.deepEqual(wish(false), { effort: 'none' });
    assert.deepEqual(wish('max'), { effort: 'max', showsThoughts: true });
    assert.equal(wish('sideways'), undefined);
  });

  it('ask for JSON, or for one kind of it', () => {
    const formatOf = (format: unknown) => requestOf({ format }).responseFormat;
    assert.deepEqual(formatOf(''), { kind: 'text' });
    assert.deepEqual(formatOf('json'), { kind: 'json-object' });
    assert.deepEqual(formatOf({ type: 'object' }), { kind: 'json-schema', schema: { type: 'object' } });
  });

  it('are refused with the name of the field at fault', () => {
    assert.match(
      refusalOf({ messages: undefined }),
      /^request\.malformed messages: messages must be an array/,
    );
    assert.match(refusalOf({ messages: [] }), /messages is empty/);
    assert.match(refusalOf({ messages: ['x'] }), /messages\[0\] must be an object/);
    assert.match(
      refusalOf({ messages: [{ role: 'model' }] }),
      /messages\[0\]\.role must be one of system, user, assistant, tool/,
    );
    assert.match(
      refusalOf({ messages: [{ role: 'user', content: [] }] }),
      /messages\[0\]\.content must be a string/,
    );
    assert.match(
      refusalOf({ messages: [{ ...HELLO, images: [1] }] }),
      /messages\[0\]\.images\[0\] must be a base64 text/,
    );
    assert.match(
      refusalOf({ messages: [{ role: 'assistant', tool_calls: {} }] }),
      /tool_calls must be an array/,
    );
    assert.match(
      refusalOf({ messages: [{ role: 'assistant', tool_calls: [{}] }] }),
      /tool_calls\[0\]\.function must be an object/,
    );
    assert.match(refusalOf({ tools: [{}] }), /tools\[0\]\.function must be an object/);
    assert.match(refusalOf({ options: [] }), /^request\.malformed options: options must be/);
    assert.match(refusalOf({ think: 3 }), /^request\.malformed think: think must be/);
    assert.match(refusalOf({ model: 'x'.repeat(300) }), /model is longer than 256 characters/);
  });

  it('give the bytes of tools and messages', () => {
    const text = '{"tools":[ ],"messages":[ {"role":"user","content":"\\u00e9"} ]}';
    const request = decodeRequest(parseRequestBody(Buffer.from(text)));
    assert.equal(request.preambleBytes().toString(), '[ ]');
    assert.equal(request.messageBytes(0).toString(), '{"role":"user","content":"\\u00e9"}');
  });
});
