import assert from 'node:assert/strict';

import { requestOf } from './request-support.ts';

const settingsOf = (fields: object) => requestOf(fields).settings();

describe('anthropic-messages decoding of settings', () => {
  it('reads sampling, tools and bookkeeping, and leaves out what is not said', () => {
    assert.deepEqual(settingsOf({}), {});
    assert.deepEqual(
      settingsOf({
        temperature: 0.5,
        top_p: 0.9,
        top_k: 4,
        stop_sequences: ['x'],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
        service_tier: 'auto',
        metadata: { user_id: 'u' },
      }),
      {
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        stopSequences: ['x'],
        toolChoice: { kind: 'required' },
        parallelToolCalls: false,
        serviceTier: 'auto',
        userId: 'u',
      },
    );
  });

  it('reads every choice of tools', () => {
    const choice = (tool_choice: object) => settingsOf({ tool_choice }).toolChoice;
    assert.deepEqual(choice({ type: 'auto' }), { kind: 'auto' });
    assert.deepEqual(choice({ type: 'none' }), { kind: 'none' });
    assert.deepEqual(choice({ type: 'tool', name: 't' }), { kind: 'tool', name: 't' });
  });

  it('[A5] reads thinking of every kind as a wish', () => {
    const wish = (fields: object) => settingsOf(fields).reasoning;
    assert.deepEqual(
      wish({ thinking: { type: 'adaptive', display: 'updates' }, output_config: { effort: 'max' } }),
      {
        effort: 'max',
        isAdaptive: true,
        showsThoughts: true,
      },
    );
    assert.deepEqual(wish({ thinking: { type: 'enabled', budget_tokens: 2048, display: 'omitted' } }), {
      budgetTokens: 2048,
      showsThoughts: false,
    });
    assert.deepEqual(wish({ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }), {
      effort: 'none',
    });
    assert.deepEqual(wish({ output_config: { effort: 'medium' } }), { effort: 'medium' });
  });

  it('takes the effort of the last message that has one', () => {
    const system = (effort: string) => ({ role: 'system', content: 'x', output_config: { effort } });
    const messages = [
      { role: 'user', content: 'a' },
      system('low'),
      { role: 'assistant', content: 'b' },
      system('high'),
    ];
    assert.deepEqual(settingsOf({ messages, output_config: { effort: 'medium' } }).reasoning, {
      effort: 'high',
    });
  });

  it('tells functions from tools that only Anthropic defines', () => {
    const schema = { type: 'object' };
    const tools = [
      { name: 'a', description: 'd', input_schema: schema, strict: true },
      { type: 'custom', name: 'b', input_schema: schema },
      { type: 'web_search_20250305', name: 'web_search' },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'mcp_toolset', mcp_server_name: 'x' },
    ];
    assert.deepEqual(
      requestOf({ tools })
        .tools()
        .map(({ kind, name }) => [kind, name]),
      [
        ['function', 'a'],
        ['function', 'b'],
        ['server', 'web_search'],
        ['server', 'bash'],
        ['server', 'mcp_toolset'],
      ],
    );
    assert.deepEqual(requestOf({ tools }).tools()[0], {
      kind: 'function',
      name: 'a',
      description: 'd',
      parameters: schema,
      strict: true,
      raw: tools[0],
    });
  });

  it('reads the answer format by both names', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const wanted = { kind: 'json-schema', schema: { type: 'object' } };
    assert.deepEqual(requestOf({ output_config: { format } }).responseFormat, wanted);
    assert.deepEqual(requestOf({ output_format: format }).responseFormat, wanted);
    assert.deepEqual(requestOf({}).responseFormat, { kind: 'text' });
  });

  it('names what it has no word for, wherever it stands', () => {
    const request = requestOf({
      max_tokens: 1,
      context_management: {},
      mcp_servers: [],
      thinking: { type: 'adaptive', block_binding: {} },
      output_config: { effort: 'low', task_budget: {} },
      tools: [{ name: 't', input_schema: {}, defer_loading: true, cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'y', clear_at: 'never' },
      ],
    });
    assert.deepEqual(request.unmappedFields(), [
      'context_management',
      'mcp_servers',
      'thinking.block_binding',
      'output_config.task_budget',
      'tools.defer_loading',
      'messages.clear_at',
      'cache_control',
    ]);
    assert.deepEqual(
      requestOf({ max_tokens: 1, stream: true, system: 'the word cache_control' }).unmappedFields(),
      [],
    );
  });
});
