import assert from 'node:assert/strict';

import { refusalOf, requestOf } from './request-support.ts';

function flagsOf(item: object): string {
  const [message] = requestOf({ input: [item] }).outline;
  assert.ok(message);
  const { role, hasText, hasImage, hasToolCall, isToolResult } = message;
  const flags = Object.entries({ hasText, hasImage, hasToolCall, isToolResult }).filter(([, value]) => value);
  return [role, ...flags.map(([name]) => name)].join(' ');
}

describe('outlineInput (openai-responses)', () => {
  it('takes a text for a message of the user and instructions for one of the system before it', () => {
    const { outline } = requestOf({ instructions: 'be brief', input: 'hi' });
    assert.deepEqual(
      outline.map(({ role, bytes, hasText }) => [role, bytes, hasText]),
      [
        ['system', 10, true],
        ['user', 4, true],
      ],
    );
    assert.equal(requestOf({ instructions: '', input: 'hi' }).outline.length, 1);
  });

  it('reads messages with and without a type', () => {
    assert.equal(flagsOf({ role: 'user', content: 'x' }), 'user hasText');
    assert.equal(
      flagsOf({ type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'x' }] }),
      'developer hasText',
    );
    assert.equal(
      flagsOf({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] }),
      'assistant hasText',
    );
    assert.equal(flagsOf({ role: 'user', content: '' }), 'user');
    assert.equal(
      flagsOf({ role: 'user', content: [{ type: 'input_image', image_url: 'u' }] }),
      'user hasImage',
    );
  });

  it('knows calls, results and thoughts as what they are, not as words of the user', () => {
    for (const type of [
      'function_call',
      'custom_tool_call',
      'local_shell_call',
      'shell_call',
      'apply_patch_call',
      'computer_call',
    ]) {
      assert.equal(flagsOf({ type, call_id: 'c' }), 'assistant hasToolCall');
      assert.equal(flagsOf({ type: `${type}_output`, call_id: 'c', output: 'x' }), 'tool isToolResult');
    }
    assert.equal(flagsOf({ type: 'reasoning', summary: [] }), 'assistant');
    for (const type of ['web_search_call', 'mcp_call', 'compaction', 'something_new', 'program_output']) {
      assert.equal(flagsOf({ type, id: 'i', output: 'x' }), 'assistant');
    }
    assert.equal(flagsOf({ type: 'mcp_approval_response', approve: true }), 'user');
    assert.equal(flagsOf({ type: 'configuration_update' }), 'developer');
  });

  it('takes a tool search for a call only when the client runs it', () => {
    assert.equal(
      flagsOf({ type: 'tool_search_call', execution: 'client', call_id: 'c', arguments: {} }),
      'assistant hasToolCall',
    );
    assert.equal(
      flagsOf({ type: 'tool_search_output', execution: 'client', call_id: 'c', tools: [] }),
      'tool isToolResult',
    );
    assert.equal(
      flagsOf({ type: 'tool_search_call', execution: 'server', call_id: null, arguments: {} }),
      'assistant',
    );
    assert.equal(flagsOf({ type: 'tool_search_output', execution: 'server', tools: [] }), 'assistant');
  });

  it('sees images in results, screenshots among them', () => {
    const output = [{ type: 'input_image', image_url: 'u' }];
    assert.equal(
      flagsOf({ type: 'function_call_output', call_id: 'c', output }),
      'tool hasImage isToolResult',
    );
    const screenshot = { type: 'computer_screenshot', image_url: 'u' };
    assert.equal(
      flagsOf({ type: 'computer_call_output', call_id: 'c', output: screenshot }),
      'tool hasImage isToolResult',
    );
  });

  it('refuses items that cannot be read, with their places', () => {
    const of = (item: unknown) => refusalOf({ input: [{ role: 'user', content: 'x' }, item] });
    assert.equal(of('x'), 'input: input[1] must be an object');
    assert.equal(of({}), 'input: input[1].type is missing; send the type of the item');
    assert.equal(of({ type: 'item_reference' }), 'input: input[1].id is missing; send the id of the item');
    assert.equal(of({ type: 7 }), 'input: input[1].type must be a string');
    const roles = 'system, developer, user, assistant';
    assert.equal(
      of({ type: 'message', content: 'x' }),
      `input: input[1].role is missing; send one of ${roles}`,
    );
    assert.equal(of({ role: 'tool', content: 'x' }), `input: input[1].role is unknown; send one of ${roles}`);
    assert.equal(
      of({ role: 'user', content: 5 }),
      'input: input[1].content must be string or array, not number',
    );
    assert.equal(
      of({ role: 'user', content: ['x'] }),
      'input: input[1].content[0] must be an object with a type',
    );
    assert.equal(
      of({ type: 'function_call', call_id: 1 }),
      'input: input[1].call_id must be string, not number',
    );
    assert.equal(
      of({ type: 'reasoning', encrypted_content: {} }),
      'input: input[1].encrypted_content must be string, not object',
    );
    assert.equal(
      of({ type: 'function_call_output', output: 3 }),
      'input: input[1].output must be string or array or object, not number',
    );
  });
});
