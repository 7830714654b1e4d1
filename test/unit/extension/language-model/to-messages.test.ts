import assert from 'node:assert/strict';

import { toMessagesBody, type EditorRequest } from '../../../../extension/language-model/to-messages.ts';
import {
  assistant,
  call,
  data,
  failed,
  PIXELS,
  PIXELS_BASE64,
  result,
  system,
  text,
  thought,
  user,
} from './parts.ts';

function bodyOf(messages: EditorRequest['messages'], extra: Partial<EditorRequest> = {}) {
  return toMessagesBody({ model: 'auto', messages, maxOutputTokens: 32_000, ...extra });
}

const messagesOf = (...messages: EditorRequest['messages']) => bodyOf(messages).messages;
const said = (words: string) => ({ type: 'text', text: words });
const IMAGE = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: PIXELS_BASE64 },
};

describe('a request of the editor as a Messages body', () => {
  it('[C1] asks the named model for a stream of the usual length', () => {
    assert.deepEqual(bodyOf([user(text('hello'))]), {
      model: 'auto',
      stream: true,
      max_tokens: 32_000,
      messages: [{ role: 'user', content: [said('hello')] }],
    });
  });

  it('carries a conversation in turns', () => {
    assert.deepEqual(messagesOf(user(text('a')), assistant(text('b')), user(text('c'))), [
      { role: 'user', content: [said('a')] },
      { role: 'assistant', content: [said('b')] },
      { role: 'user', content: [said('c')] },
    ]);
  });

  it('takes content that is a plain string', () => {
    assert.deepEqual(messagesOf({ role: 1, content: 'hello' }), [{ role: 'user', content: [said('hello')] }]);
  });

  it('puts system messages at the beginning into the system text and leaves later ones where they are', () => {
    const body = bodyOf([
      system(text('be brief')),
      user(text('a')),
      system(text('now in French')),
      user(text('b')),
    ]);
    assert.deepEqual(body.system, [said('be brief')]);
    assert.deepEqual(
      body.messages.map(({ role }) => role),
      ['user', 'system', 'user'],
    );
  });

  it('sends a call and its result', () => {
    const messages = messagesOf(
      user(text('weather?')),
      assistant(text('let me see'), call('call_1', 'weather', { city: 'Bonn' })),
      user(result('call_1', text('rain'))),
    );
    assert.deepEqual(messages.slice(1), [
      {
        role: 'assistant',
        content: [
          said('let me see'),
          { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Bonn' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: [said('rain')] }] },
    ]);
  });

  it('says that a call failed where its result says so', () => {
    const [, , answer] = messagesOf(
      user(text('a')),
      assistant(call('c', 't')),
      user(failed('c', text('no such file'))),
    );
    assert.deepEqual(answer?.content, [
      { type: 'tool_result', tool_use_id: 'c', content: [said('no such file')], is_error: true },
    ]);
  });

  it('shows pictures, also those in the result of a call', () => {
    const [first, , answer] = messagesOf(
      user(text('look'), data('image/png', PIXELS)),
      assistant(call('c', 'screenshot')),
      user(result('c', text('here'), data('image/png', PIXELS))),
    );
    assert.deepEqual(first?.content, [said('look'), IMAGE]);
    assert.deepEqual(answer?.content, [
      { type: 'tool_result', tool_use_id: 'c', content: [said('here'), IMAGE] },
    ]);
  });

  it('writes the type of a JPEG as the dialect knows it', () => {
    const [first] = messagesOf(user(data('image/jpg', PIXELS)));
    assert.deepEqual(first?.content, [
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: PIXELS_BASE64 } },
    ]);
  });

  it('sends only the bytes of a picture that lies inside a larger buffer', () => {
    const buffer = new Uint8Array([9, 9, ...PIXELS, 9]);
    const [first] = messagesOf(user(data('image/png', buffer.subarray(2, 9))));
    assert.deepEqual(first?.content, [IMAGE]);
  });

  it('sends a PDF as a document', () => {
    const [first] = messagesOf(user(data('application/pdf', PIXELS)));
    const source = { type: 'base64', media_type: 'application/pdf', data: PIXELS_BASE64 };
    assert.deepEqual(first?.content, [{ type: 'document', source }]);
  });

  it('reads data that is text', () => {
    const types = [
      'text/plain',
      'text/markdown; charset=utf-8',
      'application/json',
      'application/vnd.x+json',
    ];
    for (const type of types) {
      assert.deepEqual(messagesOf(user(data(type, '{"ä": 1}')))[0]?.content, [said('{"ä": 1}')]);
    }
  });

  it('names data that no model can read, rather than leave it out', () => {
    const [first] = messagesOf(user(data('image/bmp', PIXELS)));
    assert.deepEqual(first?.content, [
      said('[An attachment of type image/bmp (7 bytes) that models cannot read]'),
    ]);
  });

  it('reads what a tool rendered for prompts', () => {
    const piece = {
      node: {
        type: 1,
        children: [{ type: 2, text: 'one' }, { children: [{ text: 'two', lineBreakBefore: true }] }],
      },
    };
    const [, , answer] = messagesOf(
      user(text('a')),
      assistant(call('c', 't')),
      user(result('c', { value: piece }, { value: { rows: 3 } })),
    );
    const [block] = answer?.content ?? [];
    assert.deepEqual(block?.type === 'tool_result' && block.content, [said('one\ntwo'), said('{"rows":3}')]);
  });

  it('keeps marks of what may be cached, on the block before them', () => {
    const [first] = messagesOf(user(text('long'), data('cache_control', 'ephemeral'), text('short')));
    assert.deepEqual(first?.content, [
      { ...said('long'), cache_control: { type: 'ephemeral' } },
      said('short'),
    ]);
  });

  it('leaves out thoughts, private marks of other extensions and parts of no known kind', () => {
    const odd = [thought('hm'), data('stateful_marker', 'x'), data('usage', '{}'), 7, null, { what: 1 }];
    assert.deepEqual(messagesOf(user(...odd, text('hello')))[0]?.content, [said('hello')]);
  });

  it('leaves out blank texts, which the dialect refuses', () => {
    assert.deepEqual(messagesOf(user(text('a')), assistant(text(' \n')), user(text('b'))), [
      { role: 'user', content: [said('a'), said('b')] },
    ]);
  });

  it('writes ids of other vendors in the letters of the dialect, the same in call and result', () => {
    const [, question, answer] = messagesOf(
      user(text('a')),
      assistant(call('functions.bash:0', 'bash')),
      user(result('functions.bash:0', text('ok'))),
    );
    const [use] = question?.content ?? [];
    const [made] = answer?.content ?? [];
    assert.ok(use?.type === 'tool_use' && made?.type === 'tool_result');
    assert.match(use.id, /^toolu_pm1_[\w-]+$/);
    assert.equal(made.tool_use_id, use.id);
  });

  it('offers tools with a schema of an object, also those without input', () => {
    const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
    const { tools } = bodyOf([user(text('a'))], {
      tools: [
        { name: 'read', description: 'reads', inputSchema: schema },
        { name: 'now', description: 'the time' },
      ],
    });
    assert.deepEqual(tools, [
      { name: 'read', description: 'reads', input_schema: schema },
      { name: 'now', description: 'the time', input_schema: { type: 'object', properties: {} } },
    ]);
  });

  it('demands a call where the caller demands one, if there are tools', () => {
    const tools = [{ name: 'read', description: 'reads' }];
    const choice = (extra: Partial<EditorRequest>) => bodyOf([user(text('a'))], extra).tool_choice;
    assert.deepEqual(choice({ tools, isToolRequired: true }), { type: 'any' });
    assert.equal(choice({ tools }), undefined);
    assert.equal(choice({ isToolRequired: true }), undefined);
  });

  it('asks instructions alone as if the user had said them', () => {
    const body = bodyOf([system(text('say hello'))]);
    assert.equal(body.system, undefined);
    assert.deepEqual(body.messages, [{ role: 'user', content: [said('say hello')] }]);
  });

  it('says so when there is nothing to answer', () => {
    for (const messages of [[], [user()], [user(text('')), assistant(thought('x'))]]) {
      assert.throws(() => bodyOf(messages), /^Error: The request holds no text and no picture/);
    }
  });
});
