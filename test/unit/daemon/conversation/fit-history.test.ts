import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { fitHistory } from '../../../../daemon/conversation/fit-history.ts';
import type { HistoryRules } from '../../../../daemon/conversation/fit-history.ts';
import type { ContentPart, Message, Role } from '../../../../daemon/conversation/request.ts';

const STRICT: HistoryRules = {
  systemText: 'first-only',
  startsWithUser: true,
  mergesNeighbours: true,
  toolResultsAreUser: true,
  pairsToolCalls: true,
};
const CHAT: HistoryRules = {
  ...STRICT,
  systemText: 'anywhere',
  startsWithUser: false,
  toolResultsAreUser: false,
};

const NO_RESULT: ContentPart = { type: 'text', text: '(no result was recorded)' };

const text = (words: string): ContentPart => ({ type: 'text', text: words });
const call = (callId: string, name = 'read'): ContentPart => ({
  type: 'tool-call',
  callId,
  name,
  input: '{}',
});
const result = (callId: string, ...content: ContentPart[]): ContentPart => ({
  type: 'tool-result',
  callId,
  content,
});
const missing = (callId: string): ContentPart => ({
  type: 'tool-result',
  callId,
  content: [NO_RESULT],
  isError: true,
});
const message = (role: Role, ...content: ContentPart[]): Message => ({ role, content });

function fit(messages: readonly Message[], rules: Partial<HistoryRules> = {}): readonly Message[] {
  return fitHistory(messages, { ...STRICT, ...rules }).messages;
}

describe('fitHistory [A5]', () => {
  it('leaves a history that is as it should be alone and warns of nothing', () => {
    const history = [
      message('system', text('be short')),
      message('user', text('read it')),
      message('assistant', text('reading'), call('a')),
      message('tool', result('a', text('words'))),
      message('assistant', text('done')),
    ];
    const fitted = fitHistory(history, CHAT);
    assert.deepEqual(fitted.messages, history);
    assert.deepEqual(fitted.warnings, []);
  });

  it('puts a short user message in front of a conversation that the assistant begins', () => {
    const { messages, warnings } = fitHistory(
      [message('system', text('s')), message('assistant', text('hello'))],
      STRICT,
    );
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user', 'assistant'],
    );
    assert.deepEqual(warnings, ['a short user message was put in front of the conversation']);
  });

  it('gives a conversation of system text alone a user message', () => {
    assert.deepEqual(
      fit([message('system', text('s'))]).map(({ role }) => role),
      ['system', 'user'],
    );
  });

  it('makes one message of neighbours of the same role and keeps the order of their parts', () => {
    const thought: ContentPart = {
      type: 'reasoning',
      text: 'hm',
      seal: { kind: 'encrypted-reasoning', value: 'x' },
    };
    const fitted = fit(
      [
        message('user', text('one')),
        message('user', text('two')),
        message('assistant', thought),
        message('assistant', text('three')),
        message('assistant', call('a')),
        message('tool', result('a')),
      ],
      CHAT,
    );
    assert.deepEqual(fitted, [
      message('user', text('one'), text('two')),
      message('assistant', thought, text('three'), call('a')),
      message('tool', result('a')),
    ]);
  });

  it('leaves neighbours apart where they may stay apart', () => {
    const history = [message('user', text('one')), message('user', text('two'))];
    assert.deepEqual(fit(history, { mergesNeighbours: false }), history);
  });

  it('keeps the name of an author who wrote both neighbours, and says when names are lost', () => {
    const by = (name: string): Message => ({ ...message('user', text('hi')), name });
    assert.equal(fitHistory([by('ann'), by('ann')], CHAT).messages[0]?.name, 'ann');
    const mixed = fitHistory([by('ann'), by('bob')], CHAT);
    assert.equal(mixed.messages[0]?.name, undefined);
    assert.deepEqual(mixed.warnings, ['names of authors were left out where their messages became one']);
  });

  it('drops empty parts, and messages that have no other', () => {
    const fitted = fit([
      message('user', text('')),
      message('user', text('hi'), text('')),
      message('assistant', { type: 'reasoning', text: '' }, text('')),
      message('user', text('are you there?'), { type: 'refusal', text: '' }),
    ]);
    assert.deepEqual(fitted, [message('user', text('hi'), text('are you there?'))]);
  });

  it('says so when it drops text of blanks', () => {
    const { messages, warnings } = fitHistory([message('user', text(' \n'), text('hi'))], STRICT);
    assert.deepEqual(messages, [message('user', text('hi'))]);
    assert.deepEqual(warnings, ['text without a visible character was left out']);
  });

  it('keeps a sealed thought without readable words, and the blanks that a tool printed', () => {
    const thought: ContentPart = {
      type: 'reasoning',
      text: '',
      seal: { kind: 'redacted-thinking', value: 'x' },
    };
    const history = [
      message('user', text('hi')),
      message('assistant', thought, call('a')),
      message('user', result('a', text('\n'))),
    ];
    assert.deepEqual(fit(history), history);
  });

  it('lets every call have its result directly behind it, in front of what the user says', () => {
    const fitted = fit([
      message('user', text('go')),
      message('assistant', call('a'), call('b')),
      message('user', text('hurry')),
      message('tool', result('b', text('B'))),
      message('tool', result('a', text('A'))),
    ]);
    assert.deepEqual(fitted.slice(1), [
      message('assistant', call('a'), call('b')),
      message('user', result('a', text('A')), result('b', text('B')), text('hurry')),
    ]);
  });

  it('keeps results in a message of their own where the dialect has tool messages', () => {
    const fitted = fit(
      [
        message('user', text('go')),
        message('assistant', call('a'), call('b')),
        message('user', result('a'), text('hurry'), result('b')),
      ],
      CHAT,
    );
    assert.deepEqual(fitted.slice(2), [
      message('tool', result('a'), result('b')),
      message('user', text('hurry')),
    ]);
  });

  it('puts results in front of system text that came between them and their calls', () => {
    const fitted = fit(
      [
        message('user', text('go')),
        message('assistant', call('a')),
        message('system', text('note')),
        message('tool', result('a')),
      ],
      CHAT,
    );
    assert.deepEqual(
      fitted.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'system'],
    );
  });

  it('gives a call without a result one that says so', () => {
    const { messages, warnings } = fitHistory(
      [message('user', text('go')), message('assistant', call('a')), message('user', text('never mind'))],
      STRICT,
    );
    assert.deepEqual(messages[2], message('user', missing('a'), text('never mind')));
    assert.deepEqual(warnings, ['a tool call without a result was given one that says so']);
  });

  it('gives a call at the very end a result', () => {
    const fitted = fit([message('user', text('go')), message('assistant', call('a'))], CHAT);
    assert.deepEqual(fitted.at(-1), message('tool', missing('a')));
  });

  it('makes text of a result without a call and names the call', () => {
    const image: ContentPart = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } };
    const { messages, warnings } = fitHistory([message('tool', result('x1', text('words'), image))], STRICT);
    assert.deepEqual(messages, [
      message(
        'user',
        text('(result of the tool call x1, which is not part of this conversation)'),
        text('words'),
        image,
      ),
    ]);
    assert.deepEqual(warnings, ['a tool result without its call became text of the user']);
  });

  it('does not look for results behind the next answer of the assistant', () => {
    const fitted = fit([
      message('user', text('go')),
      message('assistant', call('a')),
      message('user', text('well?')),
      message('assistant', text('hm')),
      message('tool', result('a', text('late'))),
    ]);
    assert.deepEqual(fitted[2], message('user', missing('a'), text('well?')));
    assert.equal(fitted[4]?.content[0]?.type, 'text');
  });

  it('makes text of a second result for the same call', () => {
    const fitted = fit([
      message('user', text('go')),
      message('assistant', call('a')),
      message('user', result('a', text('first')), result('a', text('second'))),
    ]);
    assert.deepEqual(
      fitted[2]?.content.map(({ type }) => type),
      ['tool-result', 'text', 'text'],
    );
  });

  it('tells calls of the same id apart, in one answer and in several, on both sides', () => {
    const { messages, warnings } = fitHistory(
      [
        message('user', text('go')),
        message('assistant', call('a'), call('a')),
        message('user', result('a', text('1')), result('a', text('2'))),
        message('assistant', call('a')),
        message('user', result('a', text('3'))),
      ],
      STRICT,
    );
    assert.deepEqual(messages.slice(1), [
      message('assistant', call('a'), call('a_2')),
      message('user', result('a', text('1')), result('a_2', text('2'))),
      message('assistant', call('a_3')),
      message('user', result('a_3', text('3'))),
    ]);
    assert.deepEqual(warnings, ['tool call ids that occurred more than once were told apart']);
  });

  it('gives a call without an id one', () => {
    const fitted = fit([
      message('user', text('go')),
      message('assistant', call('')),
      message('user', result('')),
    ]);
    assert.deepEqual(fitted[1], message('assistant', call('call')));
    assert.deepEqual(fitted[2], message('user', result('call')));
  });

  it('writes ids in the form that the model insists on, on both sides, and never two the same', () => {
    const fitted = fit(
      [
        message('user', text('go')),
        message('assistant', call('call_1'), call('call_2')),
        message('user', result('call_1'), result('call_2')),
      ],
      { callId: (id) => (id.endsWith('_2_2') ? 'y' : 'x') },
    );
    assert.deepEqual(fitted[1], message('assistant', call('x'), call('y')));
    assert.deepEqual(fitted[2], message('user', result('x'), result('y')));
  });

  it('marks system text between the turns as such where it may stand first only', () => {
    const { messages, warnings } = fitHistory(
      [
        message('system', text('first')),
        message('developer', text('second')),
        message('user', text('hi')),
        message('system', text('note')),
      ],
      STRICT,
    );
    assert.deepEqual(messages, [
      message('system', text('first')),
      message('developer', text('second')),
      message('user', text('hi'), text('<system-reminder>\nnote\n</system-reminder>')),
    ]);
    assert.deepEqual(warnings, ['system text between the turns became marked text of the user']);
  });

  it('leaves system text where it is where it may stand anywhere', () => {
    const history = [
      message('user', text('hi')),
      message('system', text('note')),
      message('user', text('go on')),
    ];
    assert.deepEqual(fit(history, { systemText: 'anywhere' }), history);
  });

  it('splits results from what the user says even where calls are not paired', () => {
    const fitted = fit([message('user', text('one'), result('a'), text('two'))], {
      ...CHAT,
      pairsToolCalls: false,
    });
    assert.deepEqual(fitted, [
      message('user', text('one')),
      message('tool', result('a')),
      message('user', text('two')),
    ]);
  });

  it('pairs the calls of answers that stay apart behind each of them', () => {
    const fitted = fit(
      [
        message('user', text('go')),
        message('assistant', call('a')),
        message('assistant', call('b')),
        message('tool', result('a')),
        message('tool', result('b')),
      ],
      { ...CHAT, mergesNeighbours: false },
    );
    assert.deepEqual(
      fitted.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'tool'],
    );
  });
});

const words = fc.constantFrom('', ' ', 'one', 'two');
const callIds = fc.constantFrom('', 'a', 'b', 'a_2');
const part: fc.Arbitrary<ContentPart> = fc.oneof(
  words.map(text),
  callIds.map((id) => result(id)),
  fc.tuple(callIds, words).map(([id, said]) => result(id, text(said))),
);
const answerPart: fc.Arbitrary<ContentPart> = fc.oneof(
  words.map(text),
  callIds.map((id) => call(id)),
  words.map((said): ContentPart => ({ type: 'reasoning', text: said })),
);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc
    .tuple(fc.constantFrom<Role>('user', 'tool'), fc.array(part, { maxLength: 3 }))
    .map(([role, content]) => message(role, ...content)),
  fc
    .tuple(fc.constantFrom<Role>('system', 'developer'), fc.array(words.map(text), { maxLength: 2 }))
    .map(([role, content]) => message(role, ...content)),
  fc.array(answerPart, { maxLength: 3 }).map((content) => message('assistant', ...content)),
);
const anyHistory = fc.array(anyMessage, { maxLength: 12 });
const anyRules = fc.constantFrom(STRICT, CHAT, { ...CHAT, toolResultsAreUser: true });

describe('fitHistory, of any history [A5]', () => {
  it('says the same of a turn whatever follows the next answer of the assistant', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(12), anyRules, (history, cut, rules) => {
        const early = fitHistory(history.slice(0, cut), rules).messages;
        const closed = early.slice(
          0,
          Math.max(
            0,
            early.findLastIndex(({ role }) => role === 'assistant'),
          ),
        );
        assert.deepEqual(fitHistory(history, rules).messages.slice(0, closed.length), closed);
      }),
      { numRuns: 500 },
    );
  });

  it('only adds to what it said before a turn that the assistant answers', () => {
    fc.assert(
      fc.property(anyHistory, anyHistory, anyRules, (before, after, rules) => {
        const asked = [...before, message('user', text('go'))];
        const early = fitHistory(asked, rules).messages;
        const late = fitHistory([...asked, message('assistant', text('ok')), ...after], rules).messages;
        assert.deepEqual(late.slice(0, early.length), early);
      }),
      { numRuns: 500 },
    );
  });

  it('has nothing to change in what it made itself', () => {
    fc.assert(
      fc.property(anyHistory, anyRules, (history, rules) => {
        const { messages } = fitHistory(history, rules);
        assert.deepEqual(fitHistory(messages, rules), { messages, warnings: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('alternates roles, begins with the user, and pairs every call with one result of a unique id', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const turns = fitHistory(history, STRICT).messages.filter(
          ({ role }) => role === 'user' || role === 'assistant',
        );
        assert.deepEqual(
          turns.map(({ role }) => role),
          turns.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
        );
        const calls = turns.map(({ content }) =>
          content.flatMap((p) => (p.type === 'tool-call' ? [p.callId] : [])),
        );
        const results = turns.map(({ content }) =>
          content.flatMap((p) => (p.type === 'tool-result' ? [p.callId] : [])),
        );
        assert.equal(new Set(calls.flat()).size, calls.flat().length);
        assert.deepEqual(results.slice(1), calls.slice(0, -1));
        assert.deepEqual(results[0], []);
        assert.deepEqual(calls.at(-1), []);
      }),
      { numRuns: 500 },
    );
  });
});
