import assert from 'node:assert/strict';

import type { ContentPart } from '../../../../../daemon/conversation/request.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { ItemEncoder, shortId } from '../../../../../daemon/dialects/openai-responses/encode-item.ts';
import { Losses } from '../../../../../daemon/dialects/losses.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { ownerOf, TARGET } from './request-support.ts';

const text = (value: string): ContentPart => ({ type: 'text', text: value });
const call: ContentPart = { type: 'tool-call', callId: 'c', name: 'f', input: '{"a":1e400}' };

function items(
  role: 'user' | 'assistant' | 'tool',
  content: readonly ContentPart[],
  target: Partial<EncodeTarget> = {},
): { readonly items: readonly JsonObject[]; readonly warnings: readonly string[] } {
  const losses = new Losses();
  const encoder = new ItemEncoder({ ...TARGET, ...target }, losses);
  return { items: encoder.encode({ role, content }), warnings: losses.list() };
}

describe('ItemEncoder (openai-responses)', () => {
  it('writes neighbouring texts of the assistant as one, a refusal apart', () => {
    const refusal: ContentPart = { type: 'refusal', text: 'no' };
    assert.deepEqual(items('assistant', [text('a'), text('b'), refusal]).items, [
      { type: 'message', role: 'assistant', content: 'ab' },
      { type: 'message', role: 'assistant', content: 'no' },
    ]);
  });

  it('keeps the order of text and calls, and the input of a call as it is', () => {
    assert.deepEqual(items('assistant', [text('a'), call, text('b')]).items, [
      { type: 'message', role: 'assistant', content: 'a' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1e400}' },
      { type: 'message', role: 'assistant', content: 'b' },
    ]);
  });

  it('writes a call without arguments as one with none', () => {
    const empty: ContentPart = { type: 'tool-call', callId: 'c', name: 'f', input: '' };
    assert.equal(items('assistant', [empty]).items[0]?.['arguments'], '{}');
  });

  it('writes calls with free text, and their results, as custom ones', () => {
    const encoder = new ItemEncoder(TARGET, new Losses());
    const custom: ContentPart = { type: 'tool-call', callId: 'c', name: 'exec', input: 'ls\n', isText: true };
    assert.deepEqual(encoder.encode({ role: 'assistant', content: [custom] }), [
      { type: 'custom_tool_call', call_id: 'c', name: 'exec', input: 'ls\n' },
    ]);
    const result: ContentPart = { type: 'tool-result', callId: 'c', content: [text('ok')] };
    assert.deepEqual(encoder.encode({ role: 'tool', content: [result] }), [
      { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' },
    ]);
  });

  it('sends a thought of the target back as it was and leaves others out [B5]', () => {
    const history = ownerOf('gAAA');
    const own: ContentPart = {
      type: 'reasoning',
      text: 'hm',
      seal: { kind: 'encrypted-reasoning', value: 'gAAA', itemId: 'rs_1', maker: 'up' },
    };
    const foreign: ContentPart = {
      type: 'reasoning',
      text: 'oh',
      seal: { kind: 'thinking-signature', value: 's' },
    };
    const unproved: ContentPart = { type: 'reasoning', text: 'ah' };
    const encoded = items('assistant', [own, foreign, unproved, call], { history });
    assert.deepEqual(encoded.items, [
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'gAAA',
      },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1e400}' },
    ]);
    assert.deepEqual(encoded.warnings, ['thoughts of another model were left out']);
  });

  it('leaves out a thought that nothing follows, which would be refused [B5]', () => {
    const own: ContentPart = {
      type: 'reasoning',
      text: '',
      seal: { kind: 'encrypted-reasoning', value: 'gAAA' },
    };
    const encoded = items('assistant', [text('a'), own]);
    assert.deepEqual(encoded.items, [{ type: 'message', role: 'assistant', content: 'a' }]);
    assert.deepEqual(encoded.warnings, ['a thought that nothing followed was left out']);
  });

  it('writes images and documents of the user', () => {
    const data = { kind: 'base64', mediaType: 'image/png', data: 'QUJD' } as const;
    const pdf = { kind: 'base64', mediaType: '', data: 'QUJD' } as const;
    const encoded = items('user', [
      { type: 'image', source: data, detail: 'high' },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'odd' },
      { type: 'document', source: pdf },
      { type: 'document', source: { kind: 'url', url: 'https://x/a.pdf' } },
      { type: 'document', source: { kind: 'text', text: 'notes' }, fileName: 'n.txt' },
    ]);
    assert.deepEqual(encoded.items, [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'data:image/png;base64,QUJD', detail: 'high' },
          { type: 'input_image', image_url: 'https://x/y.png', detail: 'auto' },
          { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,QUJD' },
          { type: 'input_file', file_url: 'https://x/a.pdf' },
          { type: 'input_text', text: 'n.txt:\nnotes' },
        ],
      },
    ]);
    assert.deepEqual(encoded.warnings, []);
  });

  it('keeps results before the words beside them, with their images as parts', () => {
    const result: ContentPart = {
      type: 'tool-result',
      callId: 'c',
      content: [text('a'), { type: 'image', source: { kind: 'url', url: 'u' } }],
    };
    assert.deepEqual(items('user', [result, text('look')]).items, [
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [
          { type: 'input_text', text: 'a' },
          { type: 'input_image', image_url: 'u', detail: 'auto' },
        ],
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'look' }] },
    ]);
  });

  it('says what has no place here', () => {
    const lost = (what: string) => `${what} has no counterpart at the chosen model and was left out`;
    const audio: ContentPart = { type: 'other', wireType: 'input_audio', raw: {} };
    const file: ContentPart = { type: 'document', source: { kind: 'file-id', fileId: 'f' } };
    const failed: ContentPart = { type: 'tool-result', callId: 'c', content: [], isError: true };
    assert.deepEqual(items('user', [audio, file, failed]).warnings, [
      lost('content of type input_audio'),
      lost('a file that was uploaded to another provider'),
      lost('the mark of a failed tool result'),
    ]);
    const image: ContentPart = { type: 'image', source: { kind: 'url', url: 'u' } };
    assert.deepEqual(items('assistant', [image]).warnings, [lost('content of type image')]);
  });
});

describe('shortId (openai-responses)', () => {
  it('leaves ids of up to 64 characters alone and makes a digest of longer ones', () => {
    assert.equal(shortId('x'.repeat(64), 'call_'), 'x'.repeat(64));
    const short = shortId('x'.repeat(65), 'call_');
    assert.match(short, /^call_[A-Za-z0-9_-]{43}$/);
    assert.notEqual(short, shortId('x'.repeat(66), 'call_'));
    assert.equal(short, shortId('x'.repeat(65), 'call_'));
  });
});
