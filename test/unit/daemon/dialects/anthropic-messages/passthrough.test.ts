import assert from 'node:assert/strict';

import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { passRequest } from '../../../../../daemon/dialects/anthropic-messages/passthrough.ts';
import {
  HELLO,
  historyOf,
  list,
  passed,
  passedBody,
  requestOf,
  requestOfText,
  TARGET,
  targetWith,
} from './request-support.ts';

const MESSAGES = '"messages" : [ {"role":"user","content":"\\u00e9"} ]';
const CALL = { type: 'tool_use', id: 'c', name: 't', input: {} };
const RESULT = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c' }] };
const thought = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature });

describe('anthropic-messages passthrough of requests', () => {
  it('changes the model and not one other byte', () => {
    assert.equal(
      passed(`{ "x":1e400,"model" : "a", ${MESSAGES} , "betas": [ ]}`),
      `{ "x":1e400,"model" : "up", ${MESSAGES} , "betas": [ ]}`,
    );
    assert.equal(passed(`{${MESSAGES}}`), `{${MESSAGES},"model":"up"}`);
  });

  it('gives back the very bytes when nothing has to change', () => {
    const request = requestOfText(
      `{"model":"up","max_tokens":64000,"thinking":{"type":"adaptive"},${MESSAGES}}`,
    );
    const { body, warnings } = passRequest(request, TARGET);
    assert.equal(body, request.body.bytes);
    assert.deepEqual(warnings, []);
  });

  it('[B2] lowers the output limit to that of the model, and adds none', () => {
    assert.equal(
      passed(`{"model":"up","max_tokens":128000,${MESSAGES}}`),
      `{"model":"up","max_tokens":64000,${MESSAGES}}`,
    );
    assert.equal(passed(`{"model":"up",${MESSAGES}}`), `{"model":"up",${MESSAGES}}`);
  });

  it('[A5] removes settings that the model refuses, and says so', () => {
    const target = targetWith({ refuses: ['temperature'], refusesWhileThinking: ['topK'] });
    const fields = { temperature: 0.2, top_k: 3 };
    assert.deepEqual(passedBody(fields, target).body, { model: 'up', messages: [HELLO], top_k: 3 });
    const thinking = passedBody({ ...fields, thinking: { type: 'adaptive' } }, target);
    assert.equal('top_k' in thinking.body, false);
    assert.deepEqual(thinking.warnings, [
      'temperature is refused by the chosen model and was left out',
      'top_k is refused by the chosen model and was left out',
    ]);
  });

  it('[A5] leaves a temperature alone that a thinking model has anyway', () => {
    const target = targetWith({ refusesWhileThinking: ['temperature', 'topP'] });
    const fields = { temperature: 1, top_p: 0.99, thinking: { type: 'adaptive' } };
    assert.deepEqual(passedBody(fields, target).warnings, []);
    assert.equal(passedBody({ ...fields, temperature: 0.9 }, target).warnings.length, 1);
  });

  it('[A5] forces no tool on a model that refuses it', () => {
    const tool_choice = { type: 'tool', name: 't', disable_parallel_tool_use: true };
    const { body, warnings } = passedBody({ tool_choice }, targetWith({ toolChoices: ['auto', 'none'] }));
    assert.deepEqual(body['tool_choice'], { type: 'auto', disable_parallel_tool_use: true });
    assert.equal(warnings.length, 1);
  });

  it('[A5] asks a model that cannot stop thinking for as little as possible', () => {
    const fields = { thinking: { type: 'disabled' }, output_config: { effort: 'max' } };
    const thinking = passedBody(
      fields,
      targetWith({ thinking: 'adaptive', efforts: ['low', 'high', 'max'] }),
    );
    assert.equal('thinking' in thinking.body, false);
    assert.deepEqual(thinking.body['output_config'], { effort: 'low' });
    assert.equal(thinking.warnings.length, 1);
    const off = passedBody(fields, targetWith({ thinking: 'adaptive', efforts: ['none', 'high', 'max'] }));
    assert.deepEqual(off.body['thinking'], { type: 'disabled' });
    assert.deepEqual(off.body['output_config'], { effort: 'high' });
  });

  it('[B5] cuts thoughts of other makers out and keeps its own, byte for byte', () => {
    const envelope = sealEnvelope({ kind: 'encrypted-reasoning', value: 'e' }, 'openai/x');
    const own = '{ "type":"thinking","thinking":"mine","signature":"own" }';
    const foreign = JSON.stringify(thought('theirs'));
    const messages = (thoughts: string) =>
      `{"model":"up","messages":[{"role":"user","content":"x"} , {"role":"assistant","content":[ ${thoughts}{"type":"text","text":"y"} ]},{"role":"user","content":"z"}]}`;
    const target = { ...TARGET, history: historyOf('own') };
    const wire = messages(`${foreign}, ${own} , ${JSON.stringify(thought(envelope))}, `);
    assert.equal(passed(wire, target), messages(`${own}, `));
    assert.deepEqual(passRequest(requestOfText(wire), target).warnings, [
      'thoughts of another model were left out',
    ]);
  });

  it('[B5] lets no envelope through where nothing is remembered, and leaves native seals alone', () => {
    const content = [
      thought('native'),
      thought(sealEnvelope({ kind: 'unsealed', value: '' }, 'x')),
      thought('cG9pbnRzbWFuLjEubroken'),
      { type: 'redacted_thinking', data: 'native' },
      { type: 'text', text: 'y' },
    ];
    const { body } = passedBody({ messages: [HELLO, { role: 'assistant', content }, HELLO] });
    assert.deepEqual(list(body['messages'])[1]?.['content'], [content[0], content[3], content[4]]);
  });

  it('[B5] takes a seal of its own out of its envelope', () => {
    const seal = { kind: 'thinking-signature', value: 'own' } as const;
    const content = [thought(sealEnvelope(seal, 'us')), { type: 'text', text: 'y' }];
    const target = { ...TARGET, history: historyOf('own') };
    const { body } = passedBody({ messages: [HELLO, { role: 'assistant', content }, HELLO] }, target);
    assert.deepEqual(list(body['messages'])[1]?.['content'], [thought('own'), content[1]]);
  });

  it('[B5] removes an answer of which nothing stays, and system text that lost its place moves', () => {
    const messages = [
      HELLO,
      { role: 'system', content: 'now' },
      { role: 'assistant', content: [thought('theirs')] },
      { role: 'user', content: 'more' },
    ];
    const { body } = passedBody({ messages }, { ...TARGET, history: historyOf() });
    assert.deepEqual(body['messages'], [
      HELLO,
      { role: 'user', content: [{ type: 'text', text: '<system-reminder>\nnow\n</system-reminder>' }] },
      { role: 'user', content: 'more' },
    ]);
  });

  it('[A5] makes system text between the turns the user’s for a model that does not take it', () => {
    const cache_control = { type: 'ephemeral' };
    const system = { role: 'system', content: [{ type: 'text', text: 'now', cache_control }] };
    const moved = {
      role: 'user',
      content: [{ type: 'text', text: '<system-reminder>\nnow\n</system-reminder>', cache_control }],
    };
    const fields = { system: 'first', messages: [HELLO, system] };
    const { body, warnings } = passedBody(fields, targetWith({ systemInMessages: false }));
    assert.deepEqual(body['messages'], [HELLO, moved]);
    assert.equal(body['system'], 'first');
    assert.deepEqual(warnings, ['system text between the turns became marked text of the user']);
  });

  it('leaves system text in place for a model that takes it, or that the client named itself', () => {
    const messages = [HELLO, { role: 'system', content: 'now' }];
    const rolesAt = (model: string, target = TARGET) =>
      list(passedBody({ model, messages }, target).body['messages']).map(({ role }) => role);
    assert.deepEqual(rolesAt('up'), ['user', 'system']);
    assert.deepEqual(rolesAt('auto', targetWith({ systemInMessages: true })), ['user', 'system']);
    assert.deepEqual(rolesAt('auto'), ['user', 'user']);
  });

  it('[A5] asks a model of budgets with a budget instead of adaptive thinking and effort', () => {
    const text = `{"model":"up","max_tokens":32000,"thinking":{"type":"adaptive", "display":"updates"},"output_config":{"effort":"medium"},${MESSAGES}}`;
    assert.equal(
      passed(text, targetWith({ thinking: 'budget' })),
      `{"model":"up","max_tokens":32000,"thinking":{"type":"enabled", "display":"updates","budget_tokens":10240},${MESSAGES}}`,
    );
    assert.deepEqual(passRequest(requestOfText(text), targetWith({ thinking: 'budget' })).warnings, []);
  });

  it('[A5] asks an adaptive model without a budget, with the effort that the budget stood for', () => {
    const thinking = { type: 'enabled', budget_tokens: 31_999, display: 'summarized' };
    const target = targetWith({ thinking: 'adaptive' });
    const { body } = passedBody({ max_tokens: 32_000, thinking }, target);
    assert.deepEqual(body['thinking'], { type: 'adaptive', display: 'summarized' });
    assert.deepEqual(body['output_config'], { effort: 'high' });
    const own = passedBody({ thinking, output_config: { effort: 'low' } }, target);
    assert.deepEqual(own.body['output_config'], { effort: 'low' });
  });

  it('[A5] writes efforts that the model knows, in messages too', () => {
    const messages = [HELLO, { role: 'system', content: 'x', output_config: { effort: 'max' } }];
    const fields = { messages, output_config: { effort: 'max', format: {} } };
    const known = passedBody(fields, targetWith({ efforts: ['low', 'high'], systemInMessages: true })).body;
    assert.deepEqual(known['output_config'], { effort: 'high', format: {} });
    assert.deepEqual(list(known['messages'])[1]?.['output_config'], { effort: 'high' });
    const none = passedBody(fields, targetWith({ efforts: [], systemInMessages: true }));
    assert.deepEqual(none.body['output_config'], { format: {} });
    assert.deepEqual(list(none.body['messages'])[1]?.['output_config'], {});
    assert.equal(none.warnings.length, 1);
  });

  it('[B2] keeps a budget below an output limit that was lowered', () => {
    const fields = { max_tokens: 64_000, thinking: { type: 'enabled', budget_tokens: 40_000 } };
    const { body } = passedBody(fields, { ...TARGET, maxOutputTokens: 8000 });
    assert.deepEqual(body['thinking'], { type: 'enabled', budget_tokens: 6400 });
    const small = passedBody(fields, { ...TARGET, maxOutputTokens: 1000 });
    assert.equal('thinking' in small.body, false);
    assert.match(small.warnings.join(), /no room/);
  });

  it('leaves thinking out, and the clearing of thoughts, where an answer was begun without its own thoughts', () => {
    const context_management = { edits: [{ type: 'clear_thinking_20251015' }, { type: 'other' }] };
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    const messages = (...content: object[]) => [HELLO, { role: 'assistant', content }, RESULT];
    const begun = (...content: object[]) =>
      passedBody(
        { thinking, context_management, max_tokens: 9000, messages: messages(...content) },
        { ...TARGET, history: historyOf('own') },
      );
    assert.deepEqual(begun(thought('own'), CALL).body['thinking'], thinking);
    const without = begun(thought('theirs'), CALL);
    assert.equal('thinking' in without.body, false);
    assert.deepEqual(without.body['context_management'], { edits: [{ type: 'other' }] });
    assert.match(without.warnings.join(), /begun without thoughts/);
  });

  it('thinks again as soon as the user has spoken', () => {
    const messages = [
      HELLO,
      { role: 'assistant', content: [CALL] },
      RESULT,
      { role: 'assistant', content: 'ok' },
      HELLO,
    ];
    const warningsOf = (...more: object[]) => {
      const thinking = { type: 'enabled', budget_tokens: 2000 };
      return passedBody({ max_tokens: 9000, thinking, messages: [...messages, ...more] }).warnings.length;
    };
    assert.equal(warningsOf(), 0);
    assert.equal(warningsOf({ role: 'assistant', content: [thought('native'), CALL] }, RESULT), 0);
    assert.equal(warningsOf({ role: 'assistant', content: [CALL] }, RESULT), 1);
  });

  it('asks for automatic caching in a conversation that goes on, unless the client marked it itself', () => {
    const long = 'x'.repeat(5000);
    const tools = [{ name: 't', input_schema: {} }];
    const claude = { ...TARGET, upstreamModel: 'claude-sonnet-5-5' };
    const cached = (fields: object, target = claude) =>
      passedBody({ max_tokens: 9, ...fields }, target).body['cache_control'];
    assert.deepEqual(cached({ tools, system: long }), { type: 'ephemeral' });
    assert.equal(cached({ tools }), undefined);
    assert.equal(cached({ tools, system: long, max_tokens: undefined }), undefined);
    assert.equal(cached({ system: long }), undefined);
    assert.equal(cached({ tools, system: long }, TARGET), undefined);
    const marked = [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }];
    assert.equal(cached({ tools, system: marked }), undefined);
  });

  it('gives equal bytes for equal requests', () => {
    const request = requestOf({ max_tokens: 99_999, thinking: { type: 'adaptive' } });
    const target = targetWith({ thinking: 'budget' });
    assert.deepEqual(passRequest(request, target), passRequest(request, target));
  });
});
