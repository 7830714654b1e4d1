import assert from 'node:assert/strict';

import { semanticEligibility, semanticScope } from '../../../../daemon/cache/semantic-eligibility.ts';
import type { JsonObject } from '../../../../daemon/util/json.ts';
import { neutralRequest } from '../classify/neutral-request.ts';

const ASK = { role: 'user', content: 'How do I sort a list in Python?' };
const SYSTEM = { role: 'system', content: 'You are helpful.' };
const ANSWER = { role: 'assistant', content: 'Like this.' };

function eligibility(body: JsonObject): string {
  const request = neutralRequest({ model: 'auto', ...body });
  const found = semanticEligibility({ ...request, choiceCount: Number(body['n'] ?? 1) });
  return found.isEligible ? `ask: ${found.ask}` : found.obstacle;
}

const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const tool = { type: 'function', function: { name: 'read', parameters: { type: 'object' } } };
const call = {
  role: 'assistant',
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{}' } }],
};

const OBSTACLES: readonly (readonly [obstacle: string, what: string, body: JsonObject])[] = [
  ['tools', 'with tools', { messages: [ASK], tools: [tool] }],
  [
    'image-or-file',
    'with an image',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }] },
  ],
  [
    'image-or-file',
    'with a file',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { file_id: 'f' } },
            { type: 'text', text: 'Sum up.' },
          ],
        },
      ],
    },
  ],
  [
    'tool-calls',
    'behind a tool call',
    { messages: [ASK, call, { role: 'tool', tool_call_id: 'c', content: 'x' }, ASK] },
  ],
  ['long-history', 'late in a conversation', { messages: [ASK, ANSWER, ASK, ANSWER, ASK, ANSWER, ASK] }],
  [
    'long-history',
    'behind a long text',
    { messages: [{ role: 'user', content: 'x'.repeat(40_000) }, ANSWER, ASK] },
  ],
  ['no-question', 'that ends in an answer', { messages: [ASK, ANSWER] }],
  ['long-question', 'with a long ask', { messages: [{ role: 'user', content: 'why '.repeat(1000) }] }],
  ['several-answers', 'for several answers', { messages: [ASK], n: 2 }],
  ['wants-something-new', 'for something new', { messages: [{ role: 'user', content: 'Try again.' }] }],
  ['wants-something-new', 'about today', { messages: [{ role: 'user', content: 'What changed today?' }] }],
];

describe('semanticEligibility [A32]', () => {
  it('takes a short question in text, with or without a system prompt and a short history', () => {
    const expected = `ask: ${ASK.content}`;
    assert.equal(eligibility({ messages: [ASK] }), expected);
    assert.equal(eligibility({ messages: [SYSTEM, ASK] }), expected);
    assert.equal(eligibility({ messages: [SYSTEM, { role: 'user', content: 'Hi' }, ANSWER, ASK] }), expected);
  });

  for (const [obstacle, what, body] of OBSTACLES) {
    it(`leaves a request ${what} alone`, () => {
      assert.equal(eligibility(body), obstacle);
    });
  }
});

describe('semanticScope [A32]', () => {
  const parts = {
    models: 'm',
    features: 'x',
    settings: 's',
    format: 'f',
    fields: 'u',
    tools: 't',
    history: 'h',
    ask: 'a',
  };
  const input = { parts, conversation: 'c', workspace: 'w', encoderId: 'e' };

  it('is the same for another ask with all else equal', () => {
    assert.equal(semanticScope({ ...input, parts: { ...parts, ask: 'other' } }), semanticScope(input));
  });

  it('differs with everything else', () => {
    const others = [
      ...Object.keys(parts)
        .filter((name) => name !== 'ask')
        .map((name) => ({ ...input, parts: { ...parts, [name]: 'other' } })),
      { ...input, conversation: 'other' },
      { ...input, workspace: 'other' },
      { ...input, encoderId: 'other' },
    ];
    assert.equal(new Set([input, ...others].map(semanticScope)).size, others.length + 1);
  });
});
