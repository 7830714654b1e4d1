import assert from 'node:assert/strict';

import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { messageOf } from './request-support.ts';

describe('decodeItem (openai-responses)', () => {
  it('reads text, images, files and refusals of a message', () => {
    const content = [
      { type: 'input_text', text: 'a' },
      { type: 'output_text', text: 'b' },
      { type: 'refusal', refusal: 'no' },
      { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
      { type: 'input_image', image_url: 'data:image/png;base64,QUJD' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,QUJD' },
      { type: 'input_file', file_data: 'QUJD' },
      { type: 'input_file', file_url: 'https://x/a.pdf' },
      { type: 'input_file', file_id: 'file-1' },
    ];
    assert.deepEqual(messageOf({ role: 'user', content }).content, [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'refusal', text: 'no' },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'QUJD' } },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'QUJD' },
        fileName: 'a.pdf',
      },
      { type: 'document', source: { kind: 'base64', mediaType: '', data: 'QUJD' } },
      { type: 'document', source: { kind: 'url', url: 'https://x/a.pdf' } },
      { type: 'document', source: { kind: 'file-id', fileId: 'file-1' } },
    ]);
  });

  it('keeps what it has no word for as it came', () => {
    const image = { type: 'input_image', file_id: 'file-1' };
    assert.deepEqual(messageOf({ role: 'user', content: [image, { type: 'input_audio' }] }).content, [
      { type: 'other', wireType: 'input_image', raw: image },
      { type: 'other', wireType: 'input_audio', raw: { type: 'input_audio' } },
    ]);
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' };
    assert.deepEqual(messageOf(search), {
      role: 'assistant',
      content: [{ type: 'other', wireType: 'web_search_call', raw: search }],
    });
  });

  it('reads calls with their input as it was written, free text among them', () => {
    const args = '{"n": 1e400,  "id":9007199254740993}';
    assert.deepEqual(
      messageOf({ type: 'function_call', call_id: 'c1', name: 'f', arguments: args }).content,
      [{ type: 'tool-call', callId: 'c1', name: 'f', input: args }],
    );
    assert.deepEqual(
      messageOf({ type: 'custom_tool_call', call_id: 'c1', name: 'f', input: 'a\nb' }).content,
      [{ type: 'tool-call', callId: 'c1', name: 'f', input: 'a\nb', isText: true }],
    );
  });

  it('names a call in a namespace as the tool is named', () => {
    const tools = [{ type: 'namespace', name: 'ns', tools: [{ type: 'custom', name: 'exec' }] }];
    const call = { type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'ns', input: 'x' };
    const [part] = messageOf(call, { tools }).content;
    assert.equal(part?.type === 'tool-call' && part.name, 'ns__exec');
  });

  it('names a deferred tool by its own name, though its calls have it for a namespace too', () => {
    const tools = [{ type: 'function', name: 'rate', defer_loading: true }];
    const call = { type: 'function_call', call_id: 'c', name: 'rate', namespace: 'rate', arguments: '{}' };
    const [part] = messageOf(call, { tools }).content;
    assert.equal(part?.type === 'tool-call' && part.name, 'rate');
  });

  it('reads calls of tools that are part of the dialect as calls with JSON', () => {
    const shell = { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] } };
    assert.deepEqual(messageOf(shell).content, [
      { type: 'tool-call', callId: 'c', name: 'shell', input: '{"commands":["ls"]}' },
    ]);
    const patch = { type: 'apply_patch_call', call_id: 'c', operation: { type: 'delete_file', path: 'a' } };
    assert.deepEqual(messageOf(patch).content, [
      { type: 'tool-call', callId: 'c', name: 'apply_patch', input: '{"type":"delete_file","path":"a"}' },
    ]);
  });

  it('reads results of every form', () => {
    const contentOf = (item: object) => {
      const [part] = messageOf(item).content;
      assert.ok(part?.type === 'tool-result');
      return part.content;
    };
    const text = (value: string) => ({ type: 'text', text: value });
    assert.deepEqual(contentOf({ type: 'function_call_output', call_id: 'c', output: 'done' }), [
      text('done'),
    ]);
    assert.deepEqual(contentOf({ type: 'function_call_output', call_id: 'c', output: '' }), []);
    const parts = [
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: 'u' },
    ];
    assert.deepEqual(contentOf({ type: 'custom_tool_call_output', call_id: 'c', output: parts }), [
      text('a'),
      { type: 'image', source: { kind: 'url', url: 'u' } },
    ]);
    const screenshot = { type: 'computer_screenshot', image_url: 'u' };
    assert.deepEqual(contentOf({ type: 'computer_call_output', call_id: 'c', output: screenshot }), [
      { type: 'image', source: { kind: 'url', url: 'u' } },
    ]);
    const output = [{ stdout: 'out', stderr: '', outcome: { type: 'exit', exit_code: 2 } }];
    assert.deepEqual(contentOf({ type: 'shell_call_output', call_id: 'c', output }), [
      text('out'),
      text('exit code 2'),
    ]);
    const found = {
      type: 'tool_search_output',
      execution: 'client',
      call_id: 'c',
      tools: [{ name: 'a' }, { name: 'b' }],
    };
    assert.deepEqual(contentOf(found), [text('Tools found: a, b')]);
  });

  it('marks a patch that failed', () => {
    const item = { type: 'apply_patch_call_output', call_id: 'c', status: 'failed', output: 'x' };
    const [part] = messageOf(item).content;
    assert.equal(part?.type === 'tool-result' && part.isError, true);
  });

  it('seals a thought with its encrypted content and its id [B5]', () => {
    const summary = [
      { type: 'summary_text', text: 'a' },
      { type: 'summary_text', text: 'b' },
    ];
    const item = { type: 'reasoning', id: 'rs_1', summary, encrypted_content: 'gAAA' };
    const seal = { kind: 'encrypted-reasoning', value: 'gAAA', itemId: 'rs_1' };
    assert.deepEqual(messageOf(item).content, [{ type: 'reasoning', text: 'a\n\nb', seal }]);
    const shown = { type: 'reasoning', summary, content: [{ type: 'reasoning_text', text: 'all' }] };
    assert.deepEqual(messageOf(shown).content, [{ type: 'reasoning', text: 'all' }]);
  });

  it('opens the envelope of a thought that another vendor sealed [B5]', () => {
    const seal = { kind: 'thinking-signature', value: 'sig' } as const;
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'hm' }],
      encrypted_content: sealEnvelope(seal, 'claude'),
    };
    assert.deepEqual(messageOf(item).content, [
      { type: 'reasoning', text: 'hm', seal: { ...seal, maker: 'claude' } },
    ]);
  });

  it('takes a broken envelope for no proof at all [B5]', () => {
    const item = { type: 'reasoning', summary: [], encrypted_content: 'cG9pbnRzbWFuLjEubroken' };
    assert.deepEqual(messageOf(item).content, []);
  });
});
