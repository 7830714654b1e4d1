import assert from 'node:assert/strict';

import { wirePaths } from '../../../../daemon/dialects/registry.ts';
import {
  ConversationIndex,
  type LineIdentity,
  type LineInput,
} from '../../../../daemon/route/conversation-identity.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

type Message = readonly [role: string, content: unknown];

interface Sent {
  readonly messages: readonly Message[];
  readonly system?: string;
  readonly tools?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly hint?: LineInput['hint'];
  readonly remember?: boolean;
}

function send(index: ConversationIndex, sent: Sent): LineIdentity {
  const { messages, system = 'rules', tools = ['read'], headers = {}, key, hint, remember = true } = sent;
  const body = {
    model: 'auto',
    tools: tools.map((name) => ({ type: 'function', function: { name } })),
    messages: [
      { role: 'system', content: system },
      ...messages.map(([role, content]) => ({ role, content })),
    ],
    ...(key === undefined ? {} : { prompt_cache_key: key }),
  };
  const dialect = wirePaths.get('/v1/chat/completions');
  assert.ok(dialect);
  const request = dialect.decodeRequest(
    parseRequestBody(Buffer.from(JSON.stringify(body))),
    '/v1/chat/completions',
  );
  const opener = messages.find(([role]) => role === 'user')?.[1];
  return index.identify({
    headers: new Map(Object.entries(headers)),
    request,
    firstUserText: typeof opener === 'string' ? opener : JSON.stringify(opener),
    hint,
    remember,
  });
}

const user = (text: string): Message => ['user', text];
const said = (text: string): Message => ['assistant', text];
/** `count` turns that follow the opener. */
const turns = (name: string, count: number): readonly Message[] =>
  Array.from({ length: count }, (_, index) => [said(`${name} a${index}`), user(`${name} u${index}`)]).flat();

const SESSION = { 'x-claude-code-session-id': 's1' };

describe('ConversationIndex', () => {
  let index: ConversationIndex;
  beforeEach(() => {
    index = new ConversationIndex();
  });

  it('[B3] keeps a conversation that goes on, and one that is asked again', () => {
    const first = send(index, { messages: [user('hi')] });
    assert.equal(first.relation, 'new');
    assert.deepEqual(send(index, { messages: [user('hi')] }), { ...first, relation: 'same' });
    const later = send(index, { messages: [user('hi'), ...turns('x', 3)] });
    assert.deepEqual(later, { ...first, relation: 'same' });
  });

  it('[B3] keeps two sessions with the same opener apart once they differ', () => {
    const one = send(index, { messages: [user('hi'), ...turns('one', 2)] });
    const other = send(index, { messages: [user('hi')] });
    assert.notEqual(other.id, one.id);
    assert.deepEqual([other.relation, other.isSide], ['fork', true]);
    for (let count = 1; count < 6; count += 1) {
      assert.equal(send(index, { messages: [user('hi'), ...turns('other', count)] }).id, other.id);
      assert.equal(send(index, { messages: [user('hi'), ...turns('one', count + 2)] }).id, one.id);
    }
  });

  it('[B3] tells two sessions apart that asked the same before either was answered', () => {
    const shared = send(index, { messages: [user('hi')] });
    assert.equal(send(index, { messages: [user('hi')] }).id, shared.id);
    const one = send(index, { messages: [user('hi'), ...turns('one', 1)] });
    const other = send(index, { messages: [user('hi'), ...turns('other', 1)] });
    assert.notEqual(one.id, other.id);
    assert.equal(send(index, { messages: [user('hi'), ...turns('one', 2)] }).id, one.id);
    assert.equal(send(index, { messages: [user('hi'), ...turns('other', 2)] }).id, other.id);
  });

  it('[B3] sees an edited turn as a fork, and both go on', () => {
    const main = send(index, { messages: [user('hi'), ...turns('x', 3)] });
    const edited = [user('hi'), ...turns('x', 2), said('x a2'), user('no, otherwise')];
    const fork = send(index, { messages: edited });
    assert.deepEqual([fork.relation, fork.id === main.id], ['fork', false]);
    assert.equal(send(index, { messages: [...edited, ...turns('y', 1)] }).id, fork.id);
    assert.equal(send(index, { messages: [user('hi'), ...turns('x', 4)] }).id, main.id);
  });

  it('[B3] knows a conversation whose beginning was shortened by its end', () => {
    const all = turns('x', 10);
    const main = send(index, { messages: [user('hi'), ...all] });
    const short = send(index, {
      messages: [user('hi'), said('(left out)'), ...all.slice(-4), said('b'), user('c')],
    });
    assert.deepEqual([short.id, short.relation], [main.id, 'rewritten']);
  });

  it('[B3] does not know a conversation again by a word that many say', () => {
    const main = send(index, { messages: [user('hi'), said('one'), user('continue')] });
    const other = send(index, {
      messages: [user('hi'), said('other'), user('continue'), said('x'), user('y')],
    });
    assert.notEqual(other.id, main.id);
  });

  it('[B3] takes the same program in the same session for the main line, compacted', () => {
    const main = send(index, { messages: [user('hi'), ...turns('x', 10)], headers: SESSION });
    const compacted = send(index, { messages: [user('summary of all that')], headers: SESSION });
    assert.deepEqual([compacted.id, compacted.relation], [main.id, 'rewritten']);
    const later = send(index, {
      messages: [user('summary of all that'), ...turns('y', 1)],
      headers: SESSION,
    });
    assert.equal(later.id, main.id);
  });

  it('[B3] keeps a sub-agent apart from the main line of its session, by its own tools and system text', () => {
    const main = send(index, { messages: [user('hi')], headers: SESSION });
    const agent = { system: 'you search', tools: ['grep'], headers: SESSION };
    const first = send(index, { messages: [user('find x')], ...agent });
    assert.deepEqual([first.isSide, first.id === main.id], [true, false]);
    assert.equal(send(index, { messages: [user('find x'), ...turns('x', 1)], ...agent }).id, first.id);
    const second = send(index, { messages: [user('find y')], ...agent });
    assert.notEqual(second.id, first.id);
    assert.equal(send(index, { messages: [user('hi'), ...turns('m', 1)], headers: SESSION }).id, main.id);
  });

  it('[B3] keeps a sub-agent apart that only its hint tells, even when it comes first', () => {
    const agent = send(index, { messages: [user('find x')], headers: SESSION, hint: 'subagent' });
    const main = send(index, { messages: [user('hi')], headers: SESSION, hint: 'main' });
    assert.deepEqual([agent.isSide, main.isSide], [true, false]);
    const later = send(index, {
      messages: [user('find x'), ...turns('x', 1)],
      headers: SESSION,
      hint: 'subagent',
    });
    assert.equal(later.id, agent.id);
  });

  it('[B3] keeps the main line when its tools and system text change on the way', () => {
    const main = send(index, { messages: [user('hi')], headers: SESSION });
    const changed = { system: 'rules, and the date', tools: ['read', 'write'], headers: SESSION };
    assert.equal(send(index, { messages: [user('hi'), ...turns('x', 1)], ...changed }).id, main.id);
  });

  it('[B3] gives a title without tools the session, and remembers nothing of it', () => {
    const main = send(index, { messages: [user('hi')], headers: SESSION });
    const title = send(index, { messages: [user('title of: hi')], tools: [], headers: SESSION });
    assert.deepEqual([title.id, title.isSide], [main.id, false]);
    assert.equal(
      send(index, { messages: [user('hi'), ...turns('x', 1)], headers: SESSION }).relation,
      'same',
    );
  });

  it('[B3] lets the first request with tools be the main line after a title', () => {
    send(index, { messages: [user('title of: hi')], tools: [], headers: SESSION });
    assert.equal(send(index, { messages: [user('hi')], headers: SESSION }).isSide, false);
  });

  it('keeps conversations apart that share a prompt cache key', () => {
    const one = send(index, { messages: [user('one')], key: 'app-v1' });
    const other = send(index, { messages: [user('other')], key: 'app-v1' });
    assert.notEqual(one.id, other.id);
    assert.equal(send(index, { messages: [user('one'), ...turns('x', 1)], key: 'app-v1' }).id, one.id);
  });

  it('is not misled by marks for the prompt cache, by the form of one text, or by notes of the program', () => {
    const marked = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }];
    const first = send(index, {
      messages: [
        ['user', marked],
        ['system', [{ type: 'text', text: 'note' }]],
      ],
      headers: SESSION,
    });
    const later = send(index, {
      messages: [user('hi'), ['system', 'another note'], ...turns('x', 1)],
      headers: SESSION,
    });
    assert.deepEqual([later.id, later.relation], [first.id, 'same']);
  });

  it('takes the name that the user chose', () => {
    const headers = { 'x-pointsman-conversation': 'mine' };
    assert.equal(send(index, { messages: [user('hi')], headers }).id, 'c_mine');
    assert.equal(send(index, { messages: [user('other')], headers }).id, 'c_mine');
  });

  it('remembers nothing of a look', () => {
    const looked = send(index, { messages: [user('hi')], remember: false });
    assert.deepEqual([looked.relation, index.size], ['new', 0]);
    assert.equal(send(index, { messages: [user('hi')] }).relation, 'new');
  });

  it('forgets the conversation that was used longest ago', () => {
    index = new ConversationIndex(2);
    for (const words of ['a', 'b', 'a', 'c']) send(index, { messages: [user(words)] });
    assert.equal(index.size, 2);
    assert.equal(send(index, { messages: [user('a')], remember: false }).relation, 'same');
    assert.equal(send(index, { messages: [user('b')], remember: false }).relation, 'new');
  });

  it('stays small under one opener with many forks', () => {
    const main = send(index, { messages: [user('hi'), ...turns('x', 1)] });
    const ids = new Set<string>();
    for (let count = 0; count < 100; count += 1) {
      ids.add(send(index, { messages: [user('hi'), ...turns(`f${count}`, 1)] }).id);
    }
    assert.equal(ids.size, 100);
    assert.equal(ids.has(main.id), false);
  });
});
