import assert from 'node:assert/strict';

import { refusalOf, requestOf, requestOfText } from './request-support.ts';

const USER_ID = { device_id: 'd', account_uuid: '', session_id: 's-1' };

describe('anthropic-messages decoding of requests', () => {
  it('reads model, stream and limit, and goes without a limit as count_tokens does', () => {
    const request = requestOf({ model: 'm', stream: true, max_tokens: 7 });
    assert.deepEqual([request.requestModel, request.stream, request.maxOutputTokens], ['m', true, 7]);
    const counted = requestOf({});
    assert.deepEqual(
      [counted.requestModel, counted.stream, counted.maxOutputTokens],
      ['auto', false, undefined],
    );
    assert.equal(requestOf({ max_tokens: 0 }).maxOutputTokens, 1);
  });

  it('counts the system member as a first message with the bytes of its own', () => {
    const request = requestOfText('{"system": "be kind","messages":[{"role":"user","content":"x"}]}');
    assert.deepEqual(
      request.outline.map(({ role, bytes }) => [role, bytes]),
      [
        ['system', 9],
        ['user', 29],
      ],
    );
    assert.equal(request.messageBytes(0).toString(), '"be kind"');
    assert.deepEqual(request.message(0), { role: 'system', content: [{ type: 'text', text: 'be kind' }] });
    assert.deepEqual(request.message(1).content, [{ type: 'text', text: 'x' }]);
  });

  it('takes empty system text for none', () => {
    for (const system of ['', [], null]) assert.equal(requestOf({ system }).outline.length, 1);
  });

  it('keeps system text between the turns in its place', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'now', output_config: { effort: 'low' } },
      { role: 'developer', content: 'too' },
    ];
    const request = requestOf({ system: 'first', messages });
    assert.deepEqual(
      request.outline.map(({ role }) => role),
      ['system', 'user', 'system', 'developer'],
    );
    assert.deepEqual(request.message(2), { role: 'system', content: [{ type: 'text', text: 'now' }] });
  });

  it('puts the tools in front of the messages, and the system text only once', () => {
    const request = requestOfText(
      '{"tools":[{"name":"t"}],"messages":[{"role":"user","content":"x"}],"system":"s"}',
    );
    assert.equal(request.preambleBytes().toString(), '[{"name":"t"}]');
    assert.equal(requestOf({ system: 's' }).preambleBytes().length, 0);
    assert.equal(request.toolCount, 1);
  });

  it('needs what the request needs, and nothing for adaptive thinking', () => {
    const needs = (fields: object) => requestOf(fields).needs;
    assert.deepEqual(needs({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }), []);
    assert.deepEqual(needs({ thinking: { type: 'enabled', budget_tokens: 2000 } }), ['reasoning']);
    assert.deepEqual(needs({ tools: [{ name: 't' }] }), ['tools']);
    assert.deepEqual(needs({ output_config: { format: { type: 'json_schema', schema: {} } } }), ['json']);
    assert.deepEqual(needs({ output_format: { type: 'json_schema', schema: {} } }), ['json']);
  });

  it('needs eyes for pictures anywhere and for PDFs, not for documents of text', () => {
    const needs = (block: object) => requestOf({ messages: [{ role: 'user', content: [block] }] }).needs;
    const image = { source: { type: 'base64', media_type: 'image/png', data: 'AA' }, type: 'image' };
    assert.deepEqual(needs(image), ['vision']);
    assert.deepEqual(needs({ content: [image], type: 'tool_result', tool_use_id: 'a' }), ['vision']);
    assert.deepEqual(needs({ type: 'document', source: { type: 'url', url: 'https://x/a.pdf' } }), [
      'vision',
    ]);
    assert.deepEqual(needs({ type: 'document', source: { type: 'content', content: [image] } }), ['vision']);
    assert.deepEqual(needs({ type: 'document', source: { type: 'text', data: 'x' } }), []);
  });

  it('finds the session in the user id of Claude Code, old and new', () => {
    const session = (user_id: string) => requestOf({ metadata: { user_id } }).bodySessionId;
    assert.equal(session(JSON.stringify(USER_ID)), 's-1');
    assert.equal(session('user_ab_account__session_c-d'), 'c-d');
    assert.equal(session('somebody'), undefined);
    assert.equal(session('{"session_id":""}'), undefined);
  });

  it('names the field at fault', () => {
    assert.equal(refusalOf({ messages: 1 }), 'messages: messages must be an array of messages');
    assert.equal(refusalOf({ messages: [] }), 'messages: messages is empty; send at least one message');
    assert.equal(
      refusalOf({ messages: [{ role: 'tool', content: '' }] }),
      'messages: messages[0].role must be one of user, assistant, system, developer',
    );
    assert.equal(
      refusalOf({ messages: [{ role: 'user', content: [1] }] }),
      'messages: messages[0].content[0] must be an object with a type',
    );
    assert.equal(refusalOf({ system: [1] }), 'system: system[0] must be an object with a type');
    assert.equal(refusalOf({ system: {} }), 'system: system must be a string or an array, not an object');
    assert.equal(refusalOf({ max_tokens: 1.5 }), 'max_tokens: max_tokens must be a whole number, 0 or more');
    assert.equal(refusalOf({ tools: [1] }), 'tools: tools[0] must be an object');
    assert.equal(refusalOf({ thinking: 'yes' }), 'thinking: thinking must be an object, not a string');
  });

  it('survives wrong types in places that nobody documents', () => {
    const block = { type: 3, source: [], content: { a: 1 }, text: {} };
    const nested = { type: 'tool_result', tool_use_id: 5, content: [null, 7, 'x'] };
    const request = requestOf({
      messages: [{ role: 'user', content: [block, nested, { type: 'thinking' }] }],
    });
    assert.deepEqual(
      request.message(0).content.map((part) => part.type),
      ['other', 'other', 'reasoning'],
    );
  });

  it('says where the text is: beside results of tools, not inside them', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'x' }] };
    const outline = (content: object[]) => requestOf({ messages: [{ role: 'user', content }] }).outline[0];
    assert.deepEqual([outline([result])?.hasText, outline([result])?.isToolResult], [false, true]);
    assert.equal(outline([result, { type: 'text', text: 'and' }])?.hasText, true);
    assert.equal(outline([{ type: 'text', text: '' }])?.hasText, false);
    assert.equal(outline([{ text: 'x', type: 'unheard_of' }])?.hasText, false);
  });
});
