import assert from 'node:assert/strict';

import { requestOf } from './request-support.ts';

describe('decodeSettings (openai-responses)', () => {
  it('reads every setting that has a neutral word', () => {
    const request = requestOf({
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 3,
      tool_choice: 'required',
      parallel_tool_calls: false,
      reasoning: { effort: 'xhigh', summary: 'detailed' },
      text: { verbosity: 'low' },
      service_tier: 'flex',
      safety_identifier: 'p',
      user: 'u',
      prompt_cache_key: 'k',
    });
    assert.deepEqual(request.settings(), {
      temperature: 0.5,
      topP: 0.9,
      topLogprobs: 3,
      toolChoice: { kind: 'required' },
      parallelToolCalls: false,
      reasoning: { effort: 'xhigh', showsThoughts: true },
      verbosity: 'low',
      serviceTier: 'flex',
      userId: 'p',
      promptCacheKey: 'k',
    });
    assert.deepEqual(request.unmappedFields(), []);
  });

  it('takes a wish for logprobs from include', () => {
    assert.deepEqual(requestOf({ include: ['message.output_text.logprobs'] }).settings(), { topLogprobs: 0 });
    assert.deepEqual(requestOf({ include: ['reasoning.encrypted_content'] }).settings(), {});
  });

  it('reads the older names of a summary and of the user', () => {
    const settings = requestOf({ reasoning: { generate_summary: 'auto' }, user: 'u' }).settings();
    assert.deepEqual(settings, { reasoning: { showsThoughts: true }, userId: 'u' });
  });

  it('finds the chosen tool, in a namespace or not', () => {
    const tools = [
      { type: 'function', name: 'f' },
      { type: 'namespace', name: 'ns', tools: [{ type: 'custom', name: 'exec' }] },
    ];
    const chosen = (tool_choice: unknown) => requestOf({ tools, tool_choice }).settings().toolChoice;
    assert.deepEqual(chosen({ type: 'function', name: 'f' }), { kind: 'tool', name: 'f' });
    assert.deepEqual(chosen({ type: 'custom', name: 'exec' }), { kind: 'tool', name: 'ns__exec' });
    assert.deepEqual(chosen({ type: 'custom', name: 'exec', namespace: 'ns' }), {
      kind: 'tool',
      name: 'ns__exec',
    });
  });

  it('keeps the mode of a choice among allowed tools and names the rest as lost', () => {
    const request = requestOf({ tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } });
    assert.deepEqual(request.settings().toolChoice, { kind: 'required' });
    assert.deepEqual(request.unmappedFields(), ['tool_choice']);
    const server = requestOf({ tool_choice: { type: 'file_search' } });
    assert.equal(server.settings().toolChoice, undefined);
    assert.deepEqual(server.unmappedFields(), ['tool_choice']);
  });

  it('names what another vendor cannot be told', () => {
    const request = requestOf({
      background: true,
      truncation: 'auto',
      context_management: [{ type: 'compaction' }],
      max_tool_calls: 3,
      provider: { only: ['x'] },
      reasoning: { effort: 'galactic', context: 'all_turns', mode: 'pro' },
      text: { verbosity: 'endless', novelty: 1 },
    });
    assert.deepEqual(request.unmappedFields(), [
      'background',
      'truncation',
      'context_management',
      'max_tool_calls',
      'provider',
      'reasoning.effort',
      'reasoning.context',
      'reasoning.mode',
      'text.verbosity',
      'text.novelty',
    ]);
  });

  it('names nothing whose loss changes no answer', () => {
    const request = requestOf({
      type: 'response.create',
      generate: true,
      store: true,
      metadata: { a: 'b' },
      client_metadata: { a: 'b' },
      stream_options: { include_obfuscation: false },
      include: ['web_search_call.action.sources'],
      background: false,
      truncation: 'disabled',
      conversation: null,
      reasoning: { context: 'auto' },
    });
    assert.deepEqual(request.unmappedFields(), []);
  });

  it('names marks for the prompt cache, but not a text that speaks of them', () => {
    const part = { type: 'input_text', text: '"prompt_cache_breakpoint"' };
    assert.deepEqual(requestOf({ input: [{ role: 'user', content: [part] }] }).unmappedFields(), []);
    const marked = { ...part, prompt_cache_breakpoint: { mode: 'explicit' } };
    const request = requestOf({ input: [{ role: 'user', content: [marked] }] });
    assert.deepEqual(request.unmappedFields(), ['prompt_cache_breakpoint']);
  });

  it('names what only this vendor tells of messages', () => {
    const said = { role: 'assistant', content: 'x', phase: 'commentary' };
    assert.deepEqual(requestOf({ input: [said] }).unmappedFields(), ['phase']);
  });

  it('reads how the answer must be shaped', () => {
    const schema = { type: 'object' };
    const format = { type: 'json_schema', name: 'n', schema, strict: true };
    assert.deepEqual(requestOf({ text: { format } }).responseFormat, {
      kind: 'json-schema',
      name: 'n',
      schema,
      strict: true,
    });
    assert.deepEqual(requestOf({ text: { format: { type: 'json_object' } } }).responseFormat, {
      kind: 'json-object',
    });
    assert.deepEqual(requestOf({ text: { format: { type: 'text' } } }).responseFormat, { kind: 'text' });
    assert.deepEqual(requestOf({}).responseFormat, { kind: 'text' });
  });
});
