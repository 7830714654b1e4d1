import assert from 'node:assert/strict';

import { messagesOf } from '../../../../../daemon/conversation/request.ts';
import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { requestOf, requestOfText } from './google-support.ts';

const contentOf = (parts: readonly object[], role = 'user') =>
  requestOf({ contents: [{ role, parts }] }).message(0).content;

describe('google-generate messages', () => {
  it('reads media: pictures, documents, addresses and uploads', () => {
    assert.deepEqual(
      contentOf([
        { inlineData: { mimeType: 'image/png', data: 'AA' } },
        { inline_data: { mime_type: 'application/pdf', data: 'BB', display_name: 'a.pdf' } },
        { fileData: { mimeType: 'image/webp', fileUri: 'https://a.example/p.webp' } },
        { fileData: { mimeType: 'application/pdf', fileUri: 'https://a.example/p.pdf' } },
        { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } },
        { inlineData: { mimeType: 'audio/wav', data: 'CC' } },
      ]),
      [
        { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } },
        {
          type: 'document',
          source: { kind: 'base64', mediaType: 'application/pdf', data: 'BB' },
          fileName: 'a.pdf',
        },
        { type: 'image', source: { kind: 'url', url: 'https://a.example/p.webp' } },
        { type: 'document', source: { kind: 'url', url: 'https://a.example/p.pdf' } },
        {
          type: 'document',
          source: { kind: 'file-id', fileId: 'https://generativelanguage.googleapis.com/v1beta/files/x' },
        },
        { type: 'other', wireType: 'inlineData', raw: { inlineData: { mimeType: 'audio/wav', data: 'CC' } } },
      ],
    );
  });

  it('joins the texts of the model, which are pieces of one, and never those of a user', () => {
    const parts = [{ text: 'Hel' }, { text: 'lo' }];
    assert.deepEqual(contentOf(parts, 'model'), [{ type: 'text', text: 'Hello' }]);
    assert.deepEqual(contentOf(parts), [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ]);
  });

  it('keeps what it has no word for as it was written', () => {
    const part = { thoughtSignature: 'skip_thought_signature_validator', executableCode: { code: '1' } };
    assert.deepEqual(contentOf([part], 'model'), [{ type: 'other', wireType: 'executableCode', raw: part }]);
  });

  it('keeps every number of the arguments as it was written', () => {
    const request = requestOfText(
      '{"contents":[{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{"a" : 1e400,"b":[9007199254740993,1.50]}}}]}]}',
    );
    assert.deepEqual(request.message(0).content, [
      { type: 'tool-call', callId: 'c', name: 'f', input: '{"a":1e400,"b":[9007199254740993,1.50]}' },
    ]);
  });

  it('reads the three ways of saying what a tool said', () => {
    const result = (response: unknown) =>
      contentOf([{ functionResponse: { id: 'c', name: 'f', response } }]).map((part) =>
        part.type === 'tool-result' ? [part.isError ?? false, ...part.content] : [],
      );
    assert.deepEqual(result({ output: 'ok' }), [[false, { type: 'text', text: 'ok' }]]);
    assert.deepEqual(result({ error: 'no' }), [[true, { type: 'text', text: 'no' }]]);
    assert.deepEqual(result({ a: [1] }), [[false, { type: 'text', text: '{"a":[1]}' }]]);
    assert.deepEqual(result({ output: { a: 1 } }), [[false, { type: 'text', text: '{"a":1}' }]]);
  });

  it('pairs calls and results without ids by name and order, and anew in every turn', () => {
    const call = (name: string) => ({ functionCall: { name } });
    const response = (name: string) => ({ functionResponse: { name, response: {} } });
    const request = requestOf({
      contents: [
        { role: 'user', parts: [{ text: 'x' }] },
        { role: 'model', parts: [call('a'), call('b'), call('a')] },
        { role: 'user', parts: [response('b'), response('a'), response('a')] },
        { role: 'model', parts: [call('a')] },
        { role: 'user', parts: [{ text: 'never mind' }] },
        { role: 'model', parts: [call('a')] },
        { role: 'user', parts: [response('a'), response('stray')] },
      ],
    });
    const ids = messagesOf(request).map(({ content }) =>
      content.flatMap((part) => ('callId' in part ? [part.callId] : [])),
    );
    assert.deepEqual(ids, [
      [],
      ['call_1_0', 'call_1_1', 'call_1_2'],
      ['call_1_1', 'call_1_0', 'call_1_2'],
      ['call_3_0'],
      [],
      ['call_5_0'],
      ['call_5_0', 'call_6_1'],
    ]);
  });

  it('takes back the ids that Gemini CLI writes the name in front of', () => {
    const request = requestOf({
      contents: [
        { role: 'model', parts: [{ functionCall: { id: 'f__call_7', name: 'f' } }] },
        { role: 'user', parts: [{ functionResponse: { id: 'f__call_7', name: 'f', response: {} } }] },
      ],
    });
    const ids = messagesOf(request).flatMap(({ content }) =>
      content.map((part) => 'callId' in part && part.callId),
    );
    assert.deepEqual(ids, ['call_7', 'call_7']);
  });

  it('[B5] reads a signature as the seal of the thoughts in front of the part that carries it', () => {
    assert.deepEqual(
      contentOf(
        [
          { text: 'first ', thought: true },
          { text: 'second', thought: true },
          { functionCall: { id: 'c', name: 'f' }, thoughtSignature: 'SIG' },
          { text: '', thought_signature: 'END' },
        ],
        'model',
      ),
      [
        { type: 'reasoning', text: 'first second', seal: { kind: 'thought-signature', value: 'SIG' } },
        { type: 'tool-call', callId: 'c', name: 'f', input: '{}' },
        { type: 'reasoning', text: '', seal: { kind: 'thought-signature', value: 'END' } },
      ],
    );
  });

  it('[B5] joins the thoughts and the signature of an answer that an SDK kept chunk by chunk', () => {
    const request = requestOf({
      contents: [
        { role: 'model', parts: [{ text: 'hm', thought: true }] },
        { role: 'model', parts: [{ text: 'Hel', thoughtSignature: 'SIG' }] },
        { role: 'model', parts: [{ text: 'lo' }] },
      ],
    });
    assert.deepEqual(request.message(0).content, [
      { type: 'reasoning', text: 'hm', seal: { kind: 'thought-signature', value: 'SIG' } },
      { type: 'text', text: 'Hello' },
    ]);
  });

  it('[B5] opens envelopes, and takes nothing for a seal that proves nothing', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'E', itemId: 'rs_1' } as const;
    const parts = (thoughtSignature: string) => contentOf([{ text: 'a', thoughtSignature }], 'model');
    assert.deepEqual(parts(sealEnvelope(seal, 'p/m'))[0], {
      type: 'reasoning',
      text: '',
      seal: { ...seal, maker: 'p/m' },
    });
    const nothing = [
      'skip_thought_signature_validator',
      Buffer.from('skip_thought_signature_validator').toString('base64'),
      'context_engineering_is_the_way_to_go',
      'cG9pbnRzbWFuLjEutampered',
      sealEnvelope({ kind: 'unsealed', value: '' }, 'p/m'),
    ];
    for (const text of nothing) assert.deepEqual(parts(text), [{ type: 'text', text: 'a' }], text);
  });
});
