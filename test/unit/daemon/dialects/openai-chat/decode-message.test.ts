import assert from 'node:assert/strict';

import {
  decodeMessage,
  decodeResponseFormat,
  decodeTools,
} from '../../../../../daemon/dialects/openai-chat/decode-message.ts';

const partsOf = (message: Parameters<typeof decodeMessage>[0]) => decodeMessage(message).content;

describe('openai-chat decode-message', () => {
  it('reads text, as a string or as parts, and nothing from null', () => {
    assert.deepEqual(decodeMessage({ role: 'system', content: 'a', name: 'n' }), {
      role: 'system',
      content: [{ type: 'text', text: 'a' }],
      name: 'n',
    });
    assert.deepEqual(
      partsOf({
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: '' },
        ],
      }),
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: '' },
      ],
    );
    assert.deepEqual(partsOf({ role: 'user', content: null }), []);
    assert.deepEqual(partsOf({ role: 'user', content: '' }), []);
  });

  it('takes data addresses of pictures apart and leaves the others', () => {
    const url = (address: string, detail?: string) => ({
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: address, ...(detail === undefined ? {} : { detail }) } },
      ],
    });
    assert.deepEqual(partsOf(url('data:image/png;base64,AAA=', 'low')), [
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAA=' }, detail: 'low' },
    ]);
    for (const address of ['https://x.test/a,b.png', 'data:image/png,raw', 'x']) {
      assert.deepEqual(partsOf(url(address)), [{ type: 'image', source: { kind: 'url', url: address } }]);
    }
    assert.deepEqual(
      partsOf({ role: 'user', content: [{ type: 'image_url', image_url: 'https://x.test' }] }),
      [{ type: 'image', source: { kind: 'url', url: 'https://x.test' } }],
    );
  });

  it('keeps what it has no word for as it was written', () => {
    const odd = [
      { type: 'input_audio', input_audio: { data: 'x' } },
      { type: 'text' },
      { type: 'image_url' },
      { a: 1 },
      { type: 'refusal' },
    ];
    assert.deepEqual(
      partsOf({ role: 'user', content: odd }),
      odd.map((raw) => ({ type: 'other', wireType: 'type' in raw ? raw.type : 'unknown', raw })),
    );
  });

  it('reads an assistant turn: reasoning first, then content, refusal and calls', () => {
    const content = partsOf({
      role: 'assistant',
      reasoning_content: 'think',
      content: [
        { type: 'text', text: 'say' },
        { type: 'refusal', refusal: 'no' },
      ],
      refusal: 'never',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"n":1e400}' } },
        { id: 'b', type: 'custom', custom: { name: 'c', input: 'free text' } },
        { type: 'web_search' },
        {},
      ],
      function_call: { name: 'old' },
    });
    assert.deepEqual(content, [
      { type: 'reasoning', text: 'think' },
      { type: 'text', text: 'say' },
      { type: 'refusal', text: 'no' },
      { type: 'refusal', text: 'never' },
      { type: 'tool-call', callId: 'a', name: 'f', input: '{"n":1e400}' },
      { type: 'tool-call', callId: 'b', name: 'c', input: 'free text', isText: true },
      { type: 'other', wireType: 'web_search', raw: { type: 'web_search' } },
      { type: 'other', wireType: 'tool_call', raw: {} },
      { type: 'tool-call', callId: 'old', name: 'old', input: '' },
    ]);
  });

  it('reads reasoning under its other names', () => {
    assert.deepEqual(partsOf({ role: 'assistant', reasoning: 'think' }), [
      { type: 'reasoning', text: 'think' },
    ]);
    const thinking = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, {}] },
    ];
    assert.deepEqual(partsOf({ role: 'assistant', content: thinking }), [{ type: 'reasoning', text: 'ab' }]);
  });

  it('reads the details of reasoning as a seal when there is a proof in them', () => {
    const details = [
      { type: 'reasoning.text', text: 'a', index: 0 },
      { type: 'reasoning.text', text: 'b', signature: 'sig', index: 0 },
    ];
    assert.deepEqual(partsOf({ role: 'assistant', reasoning_details: details }), [
      {
        type: 'reasoning',
        text: 'ab',
        seal: {
          kind: 'reasoning-details',
          value: '[{"type":"reasoning.text","text":"ab","index":0,"signature":"sig"}]',
        },
      },
    ]);
    const encrypted = [{ type: 'reasoning.encrypted', data: 'AAAA' }];
    assert.deepEqual(partsOf({ role: 'assistant', reasoning: 'r', reasoning_details: encrypted }), [
      { type: 'reasoning', text: 'r', seal: { kind: 'reasoning-details', value: JSON.stringify(encrypted) } },
    ]);
    assert.deepEqual(partsOf({ role: 'assistant', reasoning_details: [{ text: 'a' }, 5] }), [
      { type: 'reasoning', text: 'a' },
    ]);
  });

  it('reads a thought signature of Google in front of the call that it seals', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const signed = { ...call, extra_content: { google: { thought_signature: 'sig' } } };
    assert.deepEqual(partsOf({ role: 'assistant', tool_calls: [signed, call] }), [
      { type: 'reasoning', text: '', seal: { kind: 'thought-signature', value: 'sig' } },
      { type: 'tool-call', callId: 'a', name: 'f', input: '{}' },
      { type: 'tool-call', callId: 'a', name: 'f', input: '{}' },
    ]);
  });

  it('reads files as documents', () => {
    const file = (fields: object) =>
      partsOf({ role: 'user', content: [{ type: 'file', file: { ...fields } }] })[0];
    assert.deepEqual(file({ filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' }), {
      type: 'document',
      source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
      fileName: 'a.pdf',
    });
    assert.deepEqual(file({ file_data: 'AA' }), {
      type: 'document',
      source: { kind: 'base64', mediaType: '', data: 'AA' },
    });
    assert.deepEqual(file({ file_data: 'https://x.test/a.pdf' }), {
      type: 'document',
      source: { kind: 'url', url: 'https://x.test/a.pdf' },
    });
    assert.deepEqual(file({ file_id: 'f1' }), {
      type: 'document',
      source: { kind: 'file-id', fileId: 'f1' },
    });
    assert.equal(file({})?.type, 'other');
  });

  it('reads tool results of both kinds', () => {
    assert.deepEqual(decodeMessage({ role: 'tool', tool_call_id: 'a', content: 'done' }), {
      role: 'tool',
      content: [{ type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'done' }] }],
    });
    assert.deepEqual(decodeMessage({ role: 'function', name: 'f', content: '' }), {
      role: 'tool',
      content: [{ type: 'tool-result', callId: 'f', content: [] }],
    });
    assert.deepEqual(partsOf({ role: 'tool' }), [{ type: 'tool-result', callId: '', content: [] }]);
  });

  it('keeps the roles of the neutral model', () => {
    for (const role of ['system', 'developer', 'user', 'assistant'])
      assert.equal(decodeMessage({ role }).role, role);
    assert.equal(decodeMessage('odd').role, 'user');
  });

  it('reads tools, custom tools, server tools and functions', () => {
    const full = { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true };
    const tools = decodeTools(
      [
        { type: 'function', function: full },
        { type: 'custom', custom: { name: 'c' } },
        { type: 'web_search' },
        'odd',
      ],
      [full, 'odd'],
    );
    assert.deepEqual(tools, [
      { kind: 'function', ...full, raw: { type: 'function', function: full } },
      { kind: 'custom', name: 'c', raw: { type: 'custom', custom: { name: 'c' } } },
      { kind: 'server', name: 'web_search', raw: { type: 'web_search' } },
      { kind: 'function', name: '', raw: 'odd' },
      { kind: 'function', ...full, raw: full },
      { kind: 'function', name: '', raw: 'odd' },
    ]);
    assert.deepEqual(decodeTools(undefined, undefined), []);
  });

  it('reads response formats', () => {
    const schema = { type: 'object' };
    assert.deepEqual(decodeResponseFormat(undefined), { kind: 'text' });
    assert.deepEqual(decodeResponseFormat({ type: 'text' }), { kind: 'text' });
    assert.deepEqual(decodeResponseFormat({ type: 'json_object' }), { kind: 'json-object' });
    assert.deepEqual(
      decodeResponseFormat({ type: 'json_schema', json_schema: { name: 'n', strict: true, schema } }),
      {
        kind: 'json-schema',
        schema,
        name: 'n',
        strict: true,
      },
    );
    assert.deepEqual(decodeResponseFormat({ type: 'json_schema' }), { kind: 'json-schema', schema: {} });
  });
});
