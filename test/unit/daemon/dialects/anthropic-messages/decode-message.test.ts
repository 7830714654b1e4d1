import assert from 'node:assert/strict';

import type { ContentPart } from '../../../../../daemon/conversation/request.ts';
import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { requestOf, requestOfText } from './request-support.ts';

const partsOf = (...content: readonly object[]): readonly ContentPart[] =>
  requestOf({ messages: [{ role: 'assistant', content }] }).message(0).content;

describe('anthropic-messages decoding of messages', () => {
  it('keeps the input of a call as the client wrote it', () => {
    const input = '{ "n": 1e400, "big":9007199254740993, "__proto__": {"a":1} }';
    const block = `{"type":"tool_use","input":${input},"name":"t","id":"c"}`;
    const request = requestOfText(
      `{"messages":[{"role":"assistant","content":[{"type":"text","text":"x"}, ${block}]}]}`,
    );
    assert.deepEqual(request.message(0).content[1], { type: 'tool-call', callId: 'c', name: 't', input });
  });

  it('[B5] takes signatures and redacted thoughts for seals of the vendor', () => {
    assert.deepEqual(
      partsOf(
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ' },
        { type: 'thinking', thinking: 'unsigned', signature: '' },
      ),
      [
        { type: 'reasoning', text: 'hm', seal: { kind: 'thinking-signature', value: 'c2ln' } },
        { type: 'reasoning', text: '', seal: { kind: 'redacted-thinking', value: 'ZGF0YQ' } },
        { type: 'reasoning', text: 'unsigned' },
      ],
    );
  });

  it('[B5] opens envelopes, and takes a broken one for no seal at all', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'enc', itemId: 'rs_1' } as const;
    const signature = sealEnvelope(seal, 'openai/x');
    assert.deepEqual(partsOf({ type: 'thinking', thinking: 'hm', signature }), [
      { type: 'reasoning', text: 'hm', seal: { ...seal, maker: 'openai/x' } },
    ]);
    assert.deepEqual(partsOf({ type: 'redacted_thinking', data: 'cG9pbnRzbWFuLjEuzzz' }), [
      { type: 'reasoning', text: '' },
    ]);
  });

  it('reads results of tools with everything that is in them', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://x/a.png' } };
    assert.deepEqual(
      partsOf({
        type: 'tool_result',
        tool_use_id: 'c',
        is_error: true,
        content: [{ type: 'text', text: 'no' }, image],
      }),
      [
        {
          type: 'tool-result',
          callId: 'c',
          isError: true,
          content: [
            { type: 'text', text: 'no' },
            { type: 'image', source: { kind: 'url', url: 'https://x/a.png' } },
          ],
        },
      ],
    );
    assert.deepEqual(partsOf({ type: 'tool_result', tool_use_id: 'c' }), [
      { type: 'tool-result', callId: 'c', content: [] },
    ]);
  });

  it('gives a call its original id back that another vendor gave it', () => {
    const id = `toolu_pm1_${Buffer.from('functions.bash:0').toString('base64url')}`;
    const [call, result] = partsOf(
      { type: 'tool_use', id, name: 't', input: {} },
      { type: 'tool_result', tool_use_id: id },
    );
    assert.ok(call?.type === 'tool-call' && result?.type === 'tool-result');
    assert.deepEqual([call.callId, result.callId], ['functions.bash:0', 'functions.bash:0']);
  });

  it('reads documents of every source, with what the client says about them', () => {
    const document = (source: object, more: object = {}) => partsOf({ type: 'document', source, ...more });
    assert.deepEqual(
      document({ type: 'base64', media_type: 'application/pdf', data: 'AA' }, { title: 'a.pdf' }),
      [
        {
          type: 'document',
          source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
          fileName: 'a.pdf',
        },
      ],
    );
    assert.deepEqual(document({ type: 'text', data: 'words' }, { context: 'old' }), [
      { type: 'text', text: 'old' },
      { type: 'document', source: { kind: 'text', text: 'words' } },
    ]);
    assert.deepEqual(
      document({
        type: 'content',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      }),
      [{ type: 'document', source: { kind: 'text', text: 'a\nb' } }],
    );
    assert.deepEqual(document({ type: 'file', file_id: 'f' }), [
      { type: 'document', source: { kind: 'file-id', fileId: 'f' } },
    ]);
  });

  it('keeps blocks that it has no word for as they are', () => {
    const blocks = [
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'container_upload', file_id: 'f' },
      { type: 'image', source: { type: 'file', file_id: 'f' } },
    ];
    assert.deepEqual(
      partsOf(...blocks),
      blocks.map((raw) => ({ type: 'other', wireType: raw.type, raw })),
    );
  });
});
