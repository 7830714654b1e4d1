import assert from 'node:assert/strict';

import type { ConversationRequest, Message } from '../../../../../daemon/conversation/request.ts';
import type { RequestSettings } from '../../../../../daemon/conversation/settings.ts';
import { chatRequest, encoded, historyOf, list, TARGET, targetWith } from './request-support.ts';

/** A request of another dialect with these neutral settings. */
const wishing = (settings: RequestSettings, fields: object = {}): ConversationRequest =>
  chatRequest(fields, { settings: () => settings });

const TOOL = { type: 'function', function: { name: 't', description: 'd', parameters: { type: 'object' } } };
const CALL = { id: 'c', type: 'function', function: { name: 't', arguments: '{"a":1e400}' } };

/** A request whose neutral messages are these. */
function talking(messages: readonly Message[], fields: object = {}): ConversationRequest {
  return chatRequest(
    { messages: messages.map(() => ({ role: 'user', content: 'x' })), ...fields },
    { message: (index: number) => messages[index] ?? { role: 'user', content: [] } },
  );
}

const says = (role: Message['role'], text: string): Message => ({ role, content: [{ type: 'text', text }] });

describe('anthropic-messages encoding of requests from other dialects', () => {
  it('[A3] writes the least that Anthropic wants', () => {
    assert.deepEqual(encoded(chatRequest({ model: 'auto' })), {
      body: {
        model: 'up',
        max_tokens: 32_000,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
        stream: false,
      },
      warnings: [],
    });
  });

  it('[B2] clamps the output limit', () => {
    const limit = (fields: object, maxOutputTokens: number) =>
      encoded(chatRequest(fields), { ...TARGET, maxOutputTokens }).body['max_tokens'];
    assert.equal(limit({ max_tokens: 5 }, 100), 5);
    assert.equal(limit({ max_tokens: 500 }, 100), 100);
    assert.equal(limit({}, 100), 100);
  });

  it('[A3] puts leading system and developer text into system, a block each', () => {
    const messages = [
      { role: 'system', content: 'a' },
      { role: 'developer', content: 'b' },
      { role: 'user', content: 'c' },
    ];
    const { body } = encoded(chatRequest({ messages }));
    assert.deepEqual(body['system'], [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    assert.equal(list(body['messages']).length, 1);
  });

  it('[A3] writes calls and results as blocks, numbers as they were', () => {
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: 'ok', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'c', content: 'done' },
    ];
    const { body } = encoded(chatRequest({ messages, tools: [TOOL] }));
    assert.deepEqual(body['tools'], [{ name: 't', description: 'd', input_schema: { type: 'object' } }]);
    assert.deepEqual(list(body['messages'])[1]?.['content'], [
      { type: 'text', text: 'ok' },
      { type: 'tool_use', id: 'c', name: 't', input: { a: Infinity } },
    ]);
    assert.deepEqual(list(body['messages'])[2], {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'done' }] }],
    });
  });

  it('sends arguments that are no object as one text, and none as an empty object', () => {
    const call = (input: string): Message => ({
      role: 'assistant',
      content: [{ type: 'tool-call', callId: 'c', name: 't', input }],
    });
    const inputOf = (input: string) => {
      const { body, warnings } = encoded(talking([says('user', 'x'), call(input)]));
      return [
        list(list(body['messages'])[1]?.['content'])[0]?.['input'],
        warnings.some((w) => w.includes('arguments')),
      ];
    };
    assert.deepEqual(inputOf(''), [{}, false]);
    assert.deepEqual(inputOf('{broken'), [{ input: '{broken' }, true]);
    assert.deepEqual(inputOf('[1]'), [{ input: '[1]' }, true]);
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    assert.deepEqual(inputOf(deep), [{ input: deep }, true]);
  });

  it('writes ids of calls in letters that Anthropic allows, equal ones equally', () => {
    const messages: Message[] = [
      says('user', 'x'),
      { role: 'assistant', content: [{ type: 'tool-call', callId: 'f.a:0', name: 't', input: '{}' }] },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'f.a:0', content: [] }] },
    ];
    const { body } = encoded(talking(messages));
    const id = list(list(body['messages'])[1]?.['content'])[0]?.['id'];
    assert.match(String(id), /^[a-zA-Z0-9_-]+$/);
    assert.equal(list(list(body['messages'])[2]?.['content'])[0]?.['tool_use_id'], id);
  });

  it('[A3] keeps system text between the turns in place only where the model and its rules allow it', () => {
    const roles = (messages: readonly Message[], systemInMessages: boolean) =>
      list(encoded(talking(messages), targetWith({ systemInMessages })).body['messages']).map(
        ({ role }) => role,
      );
    const legal = [
      says('user', 'a'),
      says('system', 'b'),
      says('assistant', 'c'),
      says('user', 'd'),
      says('system', 'e'),
    ];
    assert.deepEqual(roles(legal, true), ['user', 'system', 'assistant', 'user', 'system']);
    assert.deepEqual(roles(legal, false), ['user', 'assistant', 'user']);
    const early = [says('user', 'a'), says('assistant', 'b'), says('system', 'c'), says('user', 'd')];
    assert.deepEqual(roles(early, true), ['user', 'assistant', 'user']);
    const { body } = encoded(talking(early), targetWith({ systemInMessages: true }));
    assert.match(JSON.stringify(body), /<system-reminder>\\nc\\n<\/system-reminder>/);
  });

  it('asks the user’s way for more where the conversation ends with the assistant', () => {
    const { body, warnings } = encoded(talking([says('user', 'a'), says('assistant', 'b')]));
    assert.equal(list(body['messages']).at(-1)?.['role'], 'user');
    assert.equal(warnings.length, 1);
  });

  it('[B5] writes its own thoughts byte for byte and leaves those of others out', () => {
    const assistant: Message = {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'theirs', seal: { kind: 'encrypted-reasoning', value: 'e', maker: 'x' } },
        { type: 'reasoning', text: 'unsealed' },
        { type: 'reasoning', text: 'mine', seal: { kind: 'thinking-signature', value: 'own', maker: 'us' } },
        { type: 'reasoning', text: '', seal: { kind: 'redacted-thinking', value: 'red', maker: 'us' } },
        { type: 'text', text: 'answer' },
      ],
    };
    const target = { ...TARGET, history: historyOf('own', 'red', 'e') };
    const { body, warnings } = encoded(talking([says('user', 'a'), assistant, says('user', 'b')]), target);
    assert.deepEqual(list(body['messages'])[1]?.['content'], [
      { type: 'thinking', thinking: 'mine', signature: 'own' },
      { type: 'redacted_thinking', data: 'red' },
      { type: 'text', text: 'answer' },
    ]);
    assert.deepEqual(warnings, ['thoughts of another model were left out']);
  });

  it('[B5] puts thoughts back that the client’s dialect could not carry', () => {
    const seal = { kind: 'thinking-signature', value: 'own' } as const;
    const part = { type: 'reasoning', text: 'hm', seal } as const;
    const history = { ...historyOf('own'), recall: () => [{ beforePart: 0, part }] };
    const conversation = talking([says('user', 'a'), says('assistant', 'b'), says('user', 'c')]);
    const { body } = encoded(conversation, { ...TARGET, history });
    assert.deepEqual(list(body['messages'])[1]?.['content'], [
      { type: 'thinking', thinking: 'hm', signature: 'own' },
      { type: 'text', text: 'b' },
    ]);
  });

  it('removes an answer that held nothing but thoughts, and joins its neighbours', () => {
    const seal = { kind: 'thinking-signature', value: 'own' } as const;
    const sent = [
      { type: 'reasoning', text: 'x' } as const,
      { type: 'reasoning', text: 'x', seal } as const,
    ].map((part) => {
      const answer: Message = { role: 'assistant', content: [part] };
      return encoded(talking([says('user', 'a'), answer, says('user', 'b')]));
    });
    for (const { body, warnings } of sent) {
      assert.equal(warnings.length, 1);
      assert.deepEqual(body['messages'], [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ]);
    }
  });

  it('[A5] asks an adaptive model by effort and shows thoughts where the client reads them', () => {
    const reasoning = { effort: 'minimal', showsThoughts: true } as const;
    const { body } = encoded(wishing({ reasoning }), targetWith({ thinking: 'adaptive' }));
    assert.deepEqual(body['thinking'], { type: 'adaptive', display: 'summarized' });
    assert.deepEqual(body['output_config'], { effort: 'low' });
  });

  it('[A5] asks a model of budgets by a budget below the output limit', () => {
    const thinking = (wish: NonNullable<RequestSettings['reasoning']>, max_tokens: number) =>
      encoded(wishing({ reasoning: wish }, { max_tokens }), targetWith({ thinking: 'budget' })).body[
        'thinking'
      ];
    assert.deepEqual(thinking({ effort: 'medium' }, 32_000), { type: 'enabled', budget_tokens: 10_240 });
    assert.deepEqual(thinking({ effort: 'high' }, 10_000), { type: 'enabled', budget_tokens: 8000 });
    assert.deepEqual(thinking({ budgetTokens: 5000 }, 10_000), { type: 'enabled', budget_tokens: 5000 });
    assert.equal(thinking({ effort: 'high' }, 1024), undefined);
  });

  it('[A5] switches thinking off when asked to', () => {
    const off = (thinking: 'adaptive' | 'budget') =>
      encoded(wishing({ reasoning: { effort: 'none' } }), targetWith({ thinking })).body['thinking'];
    assert.deepEqual(off('adaptive'), { type: 'disabled' });
    assert.equal(off('budget'), undefined);
  });

  it('[A5] asks a model that cannot stop thinking for as little as possible', () => {
    const target = targetWith({ thinking: 'adaptive', efforts: ['low', 'high'] });
    const { body, warnings } = encoded(wishing({ reasoning: { effort: 'none' } }), target);
    assert.equal('thinking' in body, false);
    assert.deepEqual(body['output_config'], { effort: 'low' });
    assert.equal(warnings.length, 1);
  });

  it('[A5] keeps the thoughts of a model that cannot be forced to a tool', () => {
    const settings: RequestSettings = { toolChoice: { kind: 'required' }, reasoning: { effort: 'high' } };
    const { body, warnings } = encoded(
      wishing(settings, { tools: [TOOL] }),
      targetWith({ toolChoices: ['auto', 'none'] }),
    );
    assert.deepEqual([body['tool_choice'], body['thinking']], [{ type: 'auto' }, { type: 'adaptive' }]);
    assert.equal(warnings.length, 1);
  });

  it('[A5] leaves sampling out that a thinking model refuses', () => {
    const settings: RequestSettings = { temperature: 0.3, topP: 0.5, topK: 3, reasoning: { effort: 'low' } };
    const { body, warnings } = encoded(wishing(settings));
    for (const name of ['temperature', 'top_p', 'top_k']) assert.equal(name in body, false);
    assert.equal(warnings.length, 3);
    const plain = encoded(wishing({ temperature: 1.7, topK: 3 })).body;
    assert.deepEqual([plain['temperature'], plain['top_k']], [1, 3]);
  });

  it('does not think with a budget in an answer that was begun without its own thoughts', () => {
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: null, tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'c', content: 'done' },
    ];
    const request = wishing({ reasoning: { effort: 'high' } }, { messages, tools: [TOOL] });
    const { body, warnings } = encoded(request, targetWith({ thinking: 'budget' }));
    assert.equal('thinking' in body, false);
    assert.match(warnings.join(), /begun without thoughts/);
    assert.deepEqual(encoded(request, targetWith({ thinking: 'adaptive' })).body['thinking'], {
      type: 'adaptive',
    });
  });

  it('forces a tool rather than a thought', () => {
    const settings: RequestSettings = { toolChoice: { kind: 'required' }, reasoning: { effort: 'max' } };
    const { body, warnings } = encoded(wishing(settings, { tools: [TOOL] }));
    assert.deepEqual(body['tool_choice'], { type: 'any' });
    assert.deepEqual([body['thinking'], body['output_config']], [{ type: 'disabled' }, { effort: 'high' }]);
    assert.equal(warnings.length, 1);
  });

  it('names every setting and field that it cannot carry', () => {
    const request = chatRequest(
      {},
      {
        settings: () => ({
          seed: 1,
          serviceTier: 'flex',
          stopSequences: ['\n', 'END'],
          userId: 'u'.repeat(300),
        }),
        unmappedFields: () => ['prediction'],
        choiceCount: 2,
        responseFormat: { kind: 'json-object' },
      },
    );
    const { body, warnings } = encoded(request);
    assert.deepEqual(body['stop_sequences'], ['END']);
    assert.equal('metadata' in body, false);
    for (const word of ['seed', 'prediction', 'n (more', 'flex', 'white space', 'user id', 'json_object']) {
      assert.ok(
        warnings.some((warning) => warning.includes(word)),
        word,
      );
    }
  });

  it('closes the schema of an answer and tells its limits in words', () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'number', minimum: 1, description: 'count' } },
    };
    const { body, warnings } = encoded(chatRequest({}, { responseFormat: { kind: 'json-schema', schema } }));
    assert.deepEqual(body['output_config'], {
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { n: { type: 'number', description: 'count\n\n{minimum: 1}' } },
          additionalProperties: false,
        },
      },
    });
    assert.deepEqual(warnings, ['the schema of the answer was loosened']);
  });

  it('marks tools, system text and the last two turns of the user for the cache, in a large conversation only', () => {
    const messages = (size: number) => [
      { role: 'system', content: 'x'.repeat(size) },
      ...[1, 2, 3].flatMap((turn) => [
        { role: 'user', content: `ask ${turn}` },
        { role: 'assistant', content: `answer ${turn}` },
      ]),
      { role: 'user', content: 'last' },
    ];
    const { body } = encoded(chatRequest({ messages: messages(5000), tools: [TOOL] }));
    const marked = [...list(body['tools']), ...list(body['system'])];
    assert.ok(marked.every((block) => JSON.stringify(block['cache_control']) === '{"type":"ephemeral"}'));
    const isMarked = list(body['messages']).map(
      ({ content }) => 'cache_control' in (list(content).at(-1) ?? {}),
    );
    assert.deepEqual(isMarked, [false, false, false, false, true, false, true]);
    const small = encoded(chatRequest({ messages: messages(5), tools: [TOOL] })).body;
    assert.equal(JSON.stringify(small).includes('cache_control'), false);
  });
});
