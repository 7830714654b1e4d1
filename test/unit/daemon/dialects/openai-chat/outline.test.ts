import assert from 'node:assert/strict';

import { refusalOf, requestOf } from './chat-support.ts';

const ROLES = 'system, developer, user, assistant, tool, function';

describe('openai-chat outline', () => {
  it('tells role, size and kind of each message in wire order', () => {
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'developer', content: 'really' },
      { role: 'user', content: 'read it' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'r', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'text' },
      { role: 'function', name: 'r', content: 'text' },
      { role: 'assistant', content: '', tool_calls: [] },
      { role: 'assistant', function_call: { name: 'r', arguments: '{}' }, tool_calls: null },
    ];
    const { outline } = requestOf({ messages });
    assert.deepEqual(
      outline.map(({ role, isToolResult, hasToolCall, hasText }) => [
        role,
        isToolResult,
        hasToolCall,
        hasText,
      ]),
      [
        ['system', false, false, true],
        ['developer', false, false, true],
        ['user', false, false, true],
        ['assistant', false, true, false],
        ['tool', true, false, false],
        ['tool', true, false, false],
        ['assistant', false, false, false],
        ['assistant', false, true, false],
      ],
    );
    assert.deepEqual(
      outline.map(({ bytes }) => bytes),
      messages.map((message) => JSON.stringify(message).length),
    );
  });

  it('finds pictures and text in content parts, whatever the order of their members', () => {
    const part = (type: string) => ({ image_url: { type: 'text' }, type });
    const messages = [
      { role: 'user', content: [part('image_url')] },
      { role: 'user', content: [part('input_image'), { type: 'text', text: 'x' }] },
      { role: 'user', content: [part('image')] },
      { role: 'user', content: [{ type: 'input_audio' }, { type: 5 }, {}] },
      { content: [{ type: 'text', text: 'x' }], role: 'user' },
    ];
    assert.deepEqual(
      requestOf({ messages }).outline.map(({ hasImage, hasText }) => [hasImage, hasText]),
      [
        [true, false],
        [true, true],
        [true, false],
        [false, false],
        [false, true],
      ],
    );
  });

  it('reads roles that are written with escapes', () => {
    const [message] = requestOf({ messages: [{ role: 'user' }] }).outline;
    assert.equal(message?.role, 'user');
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, 'messages is missing; send the conversation as an array of messages'],
    [null, 'messages must be an array of messages'],
    ['hello', 'messages must be an array of messages'],
    [[], 'messages is empty; send at least one message'],
    [['hello'], 'messages[0] must be an object with a role'],
    [[{ role: 'user' }, {}], `messages[1].role is missing; send one of ${ROLES}`],
    [[{ role: 'robot' }], `messages[0].role must be one of ${ROLES}`],
    [[{ role: 5 }], `messages[0].role must be one of ${ROLES}`],
    [[{ role: 'user', content: 5 }], 'messages[0].content must be a string or an array of parts'],
    [[{ role: 'user', content: {} }], 'messages[0].content must be a string or an array of parts'],
    [[{ role: 'user', content: ['x'] }], 'messages[0].content[0] must be an object with a type'],
    [[{ role: 'assistant', tool_calls: {} }], 'messages[0].tool_calls must be an array'],
  ];
  for (const [messages, message] of wrong) {
    it(`refuses ${JSON.stringify(messages)} as messages, naming the place`, () => {
      assert.equal(refusalOf({ messages }), `messages: ${message}`);
    });
  }
});
