import assert from 'node:assert/strict';

import type { Message } from '../../../../../daemon/conversation/request.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-responses/encode-request.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { encodedBody, foreign, ownerOf, TARGET, user, warningsOf } from './request-support.ts';

const system = (...texts: readonly string[]): Message => {
  return { role: 'system', content: texts.map((text) => ({ type: 'text', text })) };
};

describe('encodeRequest (openai-responses)', () => {
  it('builds a request that the provider stores nothing of and seals its thoughts in', () => {
    const encoded = encodeRequest(foreign([user('hi')], { stream: true }), TARGET);
    assert.equal(encoded.path, '/responses');
    assert.deepEqual(encoded.warnings, []);
    assert.deepEqual(JSON.parse(encoded.body.toString()), {
      model: 'up-1',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      include: ['reasoning.encrypted_content'],
      stream: true,
      store: false,
    });
  });

  it('sends leading system text as instructions and keeps later system text in its place [A5]', () => {
    const developer: Message = { role: 'developer', content: [{ type: 'text', text: 'd' }] };
    const body = encodedBody(foreign([system('a', 'b'), system('c'), developer, user('x'), system('late')]));
    assert.equal(body['instructions'], 'a\n\nb\n\nc');
    assert.deepEqual(body['input'], [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] },
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'late' }] },
    ]);
  });

  it('leaves a request of system text alone something to answer', () => {
    const body = encodedBody(foreign([system('a')]));
    assert.equal(body['instructions'], undefined);
    assert.deepEqual(body['input'], [
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'a' }] },
    ]);
  });

  it('gives the same beginning for the same beginning of a conversation', () => {
    const messages = [
      system('s'),
      user('a'),
      { role: 'assistant', content: [{ type: 'text', text: 'b' }] } as const,
    ];
    const one = JSON.stringify(encodedBody(foreign(messages))['input']);
    const two = JSON.stringify(encodedBody(foreign([...messages, user('c')]))['input']);
    assert.ok(two.startsWith(one.slice(0, -1)));
  });

  it('pairs calls and results and shortens long ids alike, never two to one', () => {
    const call = (callId: string) => ({ type: 'tool-call', callId, name: 'f', input: '{}' }) as const;
    const result = (callId: string) =>
      ({ type: 'tool-result', callId, content: [{ type: 'text', text: callId.at(-1) ?? '' }] }) as const;
    const [a, b] = [`${'x'.repeat(70)}a`, `${'x'.repeat(70)}b`];
    const request = foreign([
      user('go'),
      { role: 'assistant', content: [call(a), call(b), call('short')] },
      { role: 'tool', content: [result(b), result(a)] },
    ]);
    const items = encodedBody(request)['input'] as readonly Record<string, string>[];
    const calls = items.filter(({ type }) => type === 'function_call').map((item) => item['call_id'] ?? '');
    assert.equal(new Set(calls).size, 3);
    assert.ok(calls.every((id) => id.length <= 64));
    assert.equal(calls[2], 'short');
    const outputs = items.filter(({ type }) => type === 'function_call_output');
    assert.deepEqual(
      outputs.map((item) => [item['call_id'], item['output']]),
      [
        [calls[0], 'a'],
        [calls[1], 'b'],
        ['short', '(no result was recorded)'],
      ],
    );
    assert.deepEqual(encodedBody(request), encodedBody(request));
  });

  it('gives tools names that this dialect takes, in definitions, choice and history', () => {
    for (const name of ['a.b/c', 'x'.repeat(70)]) {
      const call = { type: 'tool-call', callId: 'c', name, input: '{}' } as const;
      const request = foreign([user('go'), { role: 'assistant', content: [call] }], {
        tools: () => [{ kind: 'function', name, raw: {} }],
        settings: () => ({ toolChoice: { kind: 'tool', name } }),
      });
      const { tools, tool_choice: choice, input } = encodedBody(request) as Record<string, JsonObject[]>;
      const written = tools?.[0]?.['name'];
      assert.match(JSON.stringify(written), /^"[a-zA-Z0-9_-]{1,64}"$/);
      assert.deepEqual(choice, { type: 'function', name: written });
      const called = input?.find(({ type }) => type === 'function_call');
      assert.equal(called?.['name'], written);
      assert.deepEqual(
        warningsOf(request).filter((warning) => warning.includes('name')),
        [],
      );
    }
  });

  it('puts thoughts back that the client could not keep [B5]', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'gAAA', itemId: 'rs_1', maker: 'up' } as const;
    const history = {
      ...ownerOf('gAAA'),
      recall: () => [{ beforePart: 1, part: { type: 'reasoning', text: '', seal } as const }],
    };
    const answer: Message = {
      role: 'assistant',
      content: [
        { type: 'text', text: 'a' },
        { type: 'tool-call', callId: 'c', name: 'f', input: '{}' },
      ],
    };
    const result: Message = { role: 'tool', content: [{ type: 'tool-result', callId: 'c', content: [] }] };
    const body = encodedBody(foreign([user('x'), answer, result]), { history });
    assert.deepEqual((body['input'] as readonly object[]).slice(1, 4), [
      { type: 'message', role: 'assistant', content: 'a' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    ]);
  });

  it('says what it leaves out: fields, settings, further answers', () => {
    const request = foreign([user('x')], {
      unmappedFields: () => ['context_management'],
      settings: () => ({ stopSequences: ['x'], seed: 1, topK: 2 }),
      choiceCount: 2,
    });
    const lost = (what: string) => `${what} has no counterpart at the chosen model and was left out`;
    assert.deepEqual(warningsOf(request), [
      ...['context_management', 'stopSequences', 'seed', 'topK'].map(lost),
      "2 answers were asked for, but this model's API gives one",
    ]);
  });

  it('refuses what only another vendor has stored', () => {
    assert.throws(
      () => encodeRequest(foreign([user('x')], { boundBy: 'cachedContent' }), TARGET),
      (error) => error instanceof RouterError && error.code === 'request.unsupported',
    );
  });
});
