import assert from 'node:assert/strict';

import { requestOf } from './chat-support.ts';

const settingsOf = (fields: object) => requestOf(fields).settings();
const unmappedOf = (fields: object) => requestOf(fields).unmappedFields();

describe('openai-chat decode-settings', () => {
  it('says nothing that the client did not say', () => {
    assert.deepEqual(settingsOf({ temperature: null, stop: [], tool_choice: null, logprobs: false }), {});
    assert.deepEqual(unmappedOf({ model: 'm', stream: true, max_tokens: 5, tools: [] }), []);
  });

  it('reads how the answer is to be sampled', () => {
    assert.deepEqual(
      settingsOf({
        temperature: 0.5,
        top_p: 0.9,
        top_k: 5,
        frequency_penalty: 1,
        presence_penalty: -1,
        seed: 7,
        stop: ['a', 'b'],
        logprobs: true,
        top_logprobs: 2,
        logit_bias: { 5: 1 },
      }),
      {
        temperature: 0.5,
        topP: 0.9,
        topK: 5,
        frequencyPenalty: 1,
        presencePenalty: -1,
        seed: 7,
        stopSequences: ['a', 'b'],
        topLogprobs: 2,
        logitBias: { 5: 1 },
      },
    );
    assert.deepEqual(settingsOf({ stop: 'a', logprobs: true }), { stopSequences: ['a'], topLogprobs: 0 });
  });

  it('reads the choice of a tool in all its forms', () => {
    const choice = (value: unknown) => settingsOf({ tool_choice: value }).toolChoice;
    assert.deepEqual(choice('auto'), { kind: 'auto' });
    assert.deepEqual(choice('any'), { kind: 'required' });
    assert.deepEqual(choice({ type: 'function', function: { name: 'f' } }), { kind: 'tool', name: 'f' });
    assert.deepEqual(choice({ type: 'custom', custom: { name: 'c' } }), { kind: 'tool', name: 'c' });
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } };
    assert.deepEqual(choice(allowed), { kind: 'required' });
    assert.deepEqual(unmappedOf({ tool_choice: allowed }), ['tool_choice.allowed_tools']);
    assert.deepEqual(settingsOf({ function_call: { name: 'f' } }).toolChoice, { kind: 'tool', name: 'f' });
    assert.equal(choice({}), undefined);
    assert.equal(choice('odd'), undefined);
  });

  it('reads the wish for reasoning under the names that providers have for it', () => {
    const wish = (fields: object) => settingsOf(fields).reasoning;
    assert.deepEqual(wish({ reasoning_effort: 'xhigh' }), { effort: 'xhigh' });
    assert.deepEqual(wish({ reasoning: { effort: 'low', max_tokens: 9, exclude: true } }), {
      effort: 'low',
      budgetTokens: 9,
      showsThoughts: false,
    });
    assert.deepEqual(wish({ thinking: { type: 'disabled' } }), { effort: 'none' });
    assert.deepEqual(wish({ enable_thinking: false }), { effort: 'none' });
    assert.deepEqual(wish({ thinking_budget: 9 }), { budgetTokens: 9 });
    assert.deepEqual(wish({ reasoning: { enabled: false } }), { effort: 'none' });
    for (const on of [
      { thinking: { type: 'enabled' } },
      { enable_thinking: true },
      { reasoning: { enabled: true } },
    ]) {
      assert.deepEqual(wish(on), { isAdaptive: true });
      assert.deepEqual(wish({ ...on, reasoning_effort: 'low' }), { effort: 'low' });
    }
    assert.deepEqual(wish({ thinking: { type: 'enabled', budget_tokens: 9 } }), { budgetTokens: 9 });
    assert.equal(wish({ reasoning_effort: 'default', thinking: 5 }), undefined);
    assert.deepEqual(unmappedOf({ reasoning_effort: 'default' }), ['reasoning_effort']);
  });

  it('reads the rest', () => {
    assert.deepEqual(
      settingsOf({
        parallel_tool_calls: false,
        verbosity: 'low',
        service_tier: 'flex',
        user: 'u',
        prompt_cache_key: 'k',
      }),
      { parallelToolCalls: false, verbosity: 'low', serviceTier: 'flex', userId: 'u', promptCacheKey: 'k' },
    );
    assert.deepEqual(settingsOf({ user: 'u', safety_identifier: 's', verbosity: 'odd' }), { userId: 's' });
  });

  it('names the members that have no neutral word, but for those that say nothing', () => {
    const fields = {
      web_search_options: {},
      prediction: { type: 'content' },
      modalities: ['text'],
      store: false,
      odd: null,
    };
    assert.deepEqual(unmappedOf(fields), ['web_search_options', 'prediction']);
    assert.deepEqual(unmappedOf({ modalities: ['text', 'audio'] }), ['modalities']);
  });

  it('names what providers add to messages and tools', () => {
    const fields = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: {} }] }],
    };
    assert.deepEqual(unmappedOf(fields), ['cache_control']);
    assert.deepEqual(unmappedOf({ tools: [{ type: 'function', eager_input_streaming: true }] }), [
      'eager_input_streaming',
    ]);
    assert.deepEqual(unmappedOf({ user: 'says "cache_control"' }), []);
  });

  it('names what providers add to the wish for reasoning', () => {
    const thinking = { type: 'enabled', clear_thinking: false, keep: null };
    assert.deepEqual(unmappedOf({ thinking, reasoning: { effort: 'low', summary: 'auto' } }), [
      'thinking.clear_thinking',
      'reasoning.summary',
    ]);
  });

  it('parses settings once', () => {
    const request = requestOf({ temperature: 1 });
    assert.equal(request.settings(), request.settings());
  });
});
