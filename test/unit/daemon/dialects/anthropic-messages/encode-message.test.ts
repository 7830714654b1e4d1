import assert from 'node:assert/strict';

import { array, assert as check, boolean, constant, constantFrom, oneof, property, record } from 'fast-check';

import { chatRequest, encoded, type Json, list, targetWith } from './request-support.ts';

const text = constantFrom('', ' ', 'hi', 'yo');
const callId = constantFrom('a', 'b', 'f.x:1', '');
const call = record({
  id: callId,
  type: constant('function'),
  function: record({
    name: constantFrom('t', 'x.y'),
    arguments: constantFrom('', '{}', '{"a":1e400}', '[1]', '{'),
  }),
});
const message = oneof(
  record({ role: constantFrom('system', 'developer', 'user'), content: text }),
  record({ role: constant('assistant'), content: text, tool_calls: array(call, { maxLength: 3 }) }),
  record({ role: constant('tool'), tool_call_id: callId, content: text }),
);

/** The rules by which Anthropic refuses a conversation. */
function assertAccepted(messages: readonly Json[]): void {
  assert.equal(messages[0]?.['role'], 'user');
  assert.notEqual(messages.at(-1)?.['role'], 'assistant');
  let open: readonly unknown[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const blocks = list(content);
    assert.ok(blocks.length > 0);
    assert.notEqual(messages[index - 1]?.['role'], role);
    for (const block of blocks)
      if (block['type'] === 'text') assert.notEqual(String(block['text']).trim(), '');
    if (role === 'system') {
      assert.equal(messages[index - 1]?.['role'], 'user');
      assert.notEqual(messages[index + 1]?.['role'], 'user');
      continue;
    }
    const results = blocks.filter(({ type }) => type === 'tool_result');
    assert.deepEqual(blocks.slice(0, results.length), results);
    assert.deepEqual(new Set(results.map((result) => result['tool_use_id'])), new Set(open));
    assert.equal(results.length, open.length);
    open = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
  }
}

describe('anthropic-messages encoding of conversations', () => {
  it('[A3] makes any history one that Anthropic accepts, and always the same one', () => {
    check(
      property(array(message, { minLength: 1, maxLength: 10 }), boolean(), (messages, systemInMessages) => {
        const request = chatRequest({ messages });
        const { body } = encoded(request, targetWith({ systemInMessages }));
        assertAccepted(list(body['messages']));
        assert.deepEqual(encoded(request, targetWith({ systemInMessages })).body, body);
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it('keeps the beginning of a conversation the same while it grows', () => {
    const turn = (number: number) => [
      { role: 'user', content: `ask ${number}` },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: `c:${number}`, type: 'function', function: { name: 't', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: `c:${number}`, content: 'done' },
      { role: 'assistant', content: 'ok' },
    ];
    const messagesOf = (turns: number) => {
      const messages = [...Array.from({ length: turns }, (_, index) => turn(index)).flat(), turn(turns)[0]];
      return list(encoded(chatRequest({ messages })).body['messages']);
    };
    const short = messagesOf(2);
    assert.deepEqual(messagesOf(3).slice(0, short.length), short);
  });
});
