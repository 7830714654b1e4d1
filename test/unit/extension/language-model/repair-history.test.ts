import assert from 'node:assert/strict';
import * as fc from 'fast-check';

import { toMessagesBody } from '../../../../extension/language-model/to-messages.ts';
import type { EditorMessage } from '../../../../extension/language-model/message-parts.ts';
import type { WireMessage } from '../../../../extension/language-model/repair-history.ts';
import { assistant, call, data, PIXELS, result, system, text, user } from './parts.ts';

function repaired(...messages: readonly EditorMessage[]): readonly WireMessage[] {
  return toMessagesBody({ model: 'auto', messages, maxOutputTokens: 100 }).messages;
}

/** `user: text, tool_result c1`, … */
function shapeOf(messages: readonly WireMessage[]): string[] {
  return messages.map(({ role, content }) => {
    const blocks = content.map((block) => {
      if (block.type === 'tool_use') return `tool_use ${block.id}`;
      if (block.type !== 'tool_result') return block.type;
      return `${block.is_error === true ? 'no ' : ''}tool_result ${block.tool_use_id}`;
    });
    return `${role}: ${blocks.join(', ')}`;
  });
}

describe('repairing a history', () => {
  it('makes one message of several turns of one role', () => {
    assert.deepEqual(
      shapeOf(repaired(user(text('a')), user(text('b')), assistant(text('c')), user(text('d')))),
      ['user: text, text', 'assistant: text', 'user: text'],
    );
  });

  it('lets the user begin', () => {
    assert.deepEqual(shapeOf(repaired(system(text('s')), assistant(text('hi')), user(text('a')))), [
      'user: text',
      'assistant: text',
      'user: text',
    ]);
  });

  it('lets the user have the last word, since newer models do not go on with a text of their own', () => {
    assert.deepEqual(shapeOf(repaired(user(text('a')), assistant(text('half')))), [
      'user: text',
      'assistant: text',
      'user: text',
    ]);
  });

  it('says that there is no result where one is missing, also for the last call', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('c1', 't'), call('c2', 't')),
      user(result('c2', text('two'))),
      assistant(call('c3', 't')),
    );
    assert.deepEqual(shapeOf(history).slice(1), [
      'assistant: tool_use c1, tool_use c2',
      'user: no tool_result c1, tool_result c2',
      'assistant: tool_use c3',
      'user: no tool_result c3',
    ]);
  });

  it('puts results first and in the order of their calls', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('c1', 't'), call('c2', 't')),
      user(text('and?'), result('c2', text('two')), result('c1', text('one'))),
    );
    assert.equal(shapeOf(history)[2], 'user: tool_result c1, tool_result c2, text');
  });

  it('takes results that come in several messages', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('c1', 't'), call('c2', 't')),
      user(result('c1', text('one'))),
      user(result('c2', text('two'))),
    );
    assert.equal(shapeOf(history)[2], 'user: tool_result c1, tool_result c2');
  });

  it('keeps the words and pictures of a result without a call', () => {
    const [first] = repaired(user(result('gone', text('found it'), data('image/png', PIXELS)), text('so?')));
    assert.deepEqual(
      first?.content.map((block) => (block.type === 'text' ? block.text : block.type)),
      ['[Result of an earlier tool call]', 'found it', 'image', 'so?'],
    );
  });

  it('keeps the words of a second result of one call', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('c', 't')),
      user(result('c', text('one')), result('c', text('two'))),
    );
    assert.equal(shapeOf(history)[2], 'user: tool_result c, text, text');
  });

  it('tells calls apart that have the same id, and their results', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('call_0', 't')),
      user(result('call_0', text('one'))),
      assistant(call('call_0', 't')),
      user(result('call_0', text('two'))),
    );
    assert.deepEqual(shapeOf(history).slice(3), [
      'assistant: tool_use call_0-2',
      'user: tool_result call_0-2',
    ]);
  });

  it('lets nothing stand between a call and its result', () => {
    const history = repaired(
      user(text('a')),
      assistant(call('c', 't')),
      system(text('be brief')),
      user(result('c', text('one'))),
    );
    assert.deepEqual(shapeOf(history).slice(1), [
      'assistant: tool_use c',
      'user: tool_result c',
      'system: text',
    ]);
  });

  it('writes a call in the mouth of the user as text', () => {
    const [first] = repaired(user(call('c', 'read', { path: 'x' })));
    assert.deepEqual(first?.content, [{ type: 'text', text: '[Call of the tool read: {"path":"x"}]' }]);
  });

  it('keeps the beginning of a conversation as it was when it goes on, so that caches hold', () => {
    const turns = [
      system(text('s')),
      user(text('a')),
      user(text('b')),
      assistant(text('let me see'), call('c', 't')),
      user(result('c', text('one'))),
    ];
    const before = repaired(...turns);
    const after = repaired(...turns, assistant(text('done')), user(text('thanks')));
    assert.deepEqual(after.slice(0, before.length), before);
  });

  it('loses no word and breaks no rule of the dialect, whatever the history is', () => {
    const id = fc.constantFrom('c1', 'c2', 'c3');
    const word = fc.stringMatching(/^[a-z]{8}$/);
    const part = fc.oneof(
      word.map(text),
      id.map((one) => call(one, 't')),
      fc.tuple(id, word).map(([one, words]) => result(one, text(words))),
    );
    const message = fc
      .tuple(fc.constantFrom(1, 2, 3), fc.array(part, { maxLength: 4 }))
      .map(([role, content]) => ({ role, content }));
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const all: readonly EditorMessage[] = [...messages, user(text('question'))];
        const body = toMessagesBody({ model: 'auto', messages: all, maxOutputTokens: 100 });
        assertLegal(body.messages);
        const kept = JSON.stringify(body);
        for (const words of JSON.stringify(all).matchAll(/"value":"([a-z]+)"/g)) {
          assert.ok(kept.includes(words[1] ?? ''), `${words[1]} is lost`);
        }
      }),
    );
  });
});

function assertLegal(messages: readonly WireMessage[]): void {
  const turns = messages.filter(({ role }) => role !== 'system');
  assert.equal(turns[0]?.role, 'user');
  assert.equal(turns.at(-1)?.role, 'user');
  const ids = new Set<string>();
  for (const [index, { role, content }] of messages.entries()) {
    assert.ok(content.length > 0);
    const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    assert.ok(role === 'assistant' || calls.length === 0);
    for (const id of calls) assert.ok(!ids.has(id), `${id} is called twice`);
    for (const id of calls) ids.add(id);
    if (role !== 'assistant') continue;
    const next = messages[index + 1]?.content ?? [];
    const results = next.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    assert.deepEqual(results, calls);
    assert.ok(next.slice(0, calls.length).every((block) => block.type === 'tool_result'));
  }
  const results = messages.flatMap(({ content }) => content.filter((block) => block.type === 'tool_result'));
  assert.equal(results.length, ids.size);
}
