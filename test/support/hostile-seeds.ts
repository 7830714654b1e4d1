// Requests and answers that use much of what each dialect has: what the tests of hostile input begin with.

import { sealEnvelope } from '../../daemon/dialects/envelope.ts';
import type { Tree } from './hostile-input.ts';

/** A seal of another model as a client sends it back. */
const FOREIGN_ENVELOPE = sealEnvelope({ kind: 'thinking-signature', value: 'c2VhbA==' }, 'elsewhere/model');

/** Every envelope begins so. */
export const ENVELOPE_START = FOREIGN_ENVELOPE.slice(0, 16);

const TORN_ENVELOPE = FOREIGN_ENVELOPE.slice(0, 40);

const SCHEMA: Tree = {
  type: 'object',
  properties: {
    path: { type: 'string', enum: ['a', 'b'] },
    count: { type: ['integer', 'null'], minimum: 0 },
  },
  required: ['path'],
  additionalProperties: false,
};

/** One rich request of each client dialect. */
export const REQUESTS: ReadonlyMap<string, Tree> = new Map<string, Tree>([
  [
    'openai-chat',
    {
      model: 'auto',
      stream: false,
      max_completion_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      n: 1,
      seed: 7,
      stop: ['END'],
      logprobs: true,
      top_logprobs: 2,
      logit_bias: { '5': -100 },
      parallel_tool_calls: true,
      reasoning_effort: 'high',
      verbosity: 'low',
      user: 'u1',
      metadata: { a: 'b' },
      stream_options: { include_usage: true },
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: SCHEMA, strict: true } },
      tool_choice: { type: 'function', function: { name: 'read' } },
      tools: [
        { type: 'function', function: { name: 'read', description: 'reads', parameters: SCHEMA } },
        {
          type: 'custom',
          custom: {
            name: 'patch',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: A' } },
          },
        },
      ],
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          name: 'me',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look',
          reasoning_content: 'thinking',
          reasoning_details: [{ type: 'reasoning.encrypted', data: FOREIGN_ENVELOPE }],
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'read', arguments: '{"path":"a"}' },
              extra_content: { google: { thought_signature: FOREIGN_ENVELOPE } },
            },
            { id: 'call_2', type: 'custom', custom: { name: 'patch', input: 'A' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'found' },
        { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'done' }] },
        { role: 'assistant', content: null, refusal: 'no' },
        { role: 'developer', content: 'now this' },
        {
          role: 'user',
          content: [
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
            { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          ],
        },
      ],
    },
  ],
  [
    'anthropic-messages',
    {
      model: 'claude-auto',
      max_tokens: 2000,
      stream: false,
      temperature: 1,
      top_k: 5,
      stop_sequences: ['END'],
      service_tier: 'auto',
      metadata: { user_id: 'u1' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: SCHEMA } },
      context_management: { edits: [{ type: 'clear_thinking_20251015' }] },
      tool_choice: { type: 'tool', name: 'read', disable_parallel_tool_use: true },
      tools: [
        { name: 'read', description: 'reads', input_schema: SCHEMA, cache_control: { type: 'ephemeral' } },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
      ],
      system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: FOREIGN_ENVELOPE },
            { type: 'redacted_thinking', data: TORN_ENVELOPE },
            { type: 'text', text: 'I look' },
            { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a', count: 1 } },
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
            { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              is_error: true,
              content: [
                { type: 'text', text: 'no' },
                { type: 'image', source: { type: 'url', url: 'https://example.test/a.png' } },
              ],
            },
          ],
        },
        { role: 'system', content: 'be kind' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'own', signature: 'c2ln' },
            { type: 'text', text: 'x' },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: 'd',
              context: 'c',
              source: { type: 'content', content: [{ type: 'text', text: 't' }] },
            },
            { type: 'text', text: 'go on' },
          ],
        },
      ],
    },
  ],
  [
    'openai-responses',
    {
      model: 'auto',
      stream: false,
      instructions: 'be brief',
      max_output_tokens: 500,
      temperature: 0.5,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 's', schema: SCHEMA, strict: true } },
      include: ['reasoning.encrypted_content'],
      store: false,
      truncation: 'auto',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      tool_choice: { type: 'function', name: 'read' },
      parallel_tool_calls: false,
      tools: [
        { type: 'function', name: 'read', description: 'reads', parameters: SCHEMA, strict: false },
        {
          type: 'custom',
          name: 'patch',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: A' },
        },
        { type: 'namespace', name: 'mail', tools: [{ type: 'function', name: 'send', parameters: SCHEMA }] },
        { type: 'web_search' },
      ],
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'function', name: 'more', parameters: SCHEMA }],
        },
        { role: 'developer', content: 'be kind' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'look' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
          ],
        },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'hm' }],
          encrypted_content: FOREIGN_ENVELOPE,
        },
        { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{"path":"a"}' },
        { type: 'custom_tool_call', call_id: 'call_2', name: 'patch', input: 'A' },
        { type: 'function_call', call_id: 'call_3', namespace: 'mail', name: 'send', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'found' },
        { type: 'custom_tool_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'ok' }] },
        { type: 'function_call_output', call_id: 'call_3', output: 'sent' },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAAA' },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          status: 'completed',
          content: [
            { type: 'output_text', text: 'x', annotations: [] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        {
          type: 'local_shell_call',
          call_id: 'call_4',
          status: 'completed',
          action: { type: 'exec', command: ['ls'], env: {} },
        },
        { type: 'local_shell_call_output', id: 'call_4', output: 'a' },
        { role: 'user', content: 'go on' },
      ],
    },
  ],
  [
    'google-generate',
    {
      generationConfig: {
        temperature: 0.5,
        topK: 5,
        candidateCount: 1,
        maxOutputTokens: 500,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
        thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
      },
      safetySettings: [{ category: 'X', threshold: 'Y' }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['read'] } },
      tools: [
        {
          functionDeclarations: [
            {
              name: 'read',
              description: 'reads',
              parameters: { type: 'OBJECT', properties: { path: { type: 'STRING' } } },
            },
            { name: 'more', parametersJsonSchema: SCHEMA },
          ],
        },
        { googleSearch: {} },
      ],
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'look' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
        {
          role: 'model',
          parts: [
            { text: 'hm', thought: true },
            { functionCall: { name: 'read', args: { path: 'a', n: 5 } }, thoughtSignature: FOREIGN_ENVELOPE },
            { functionCall: { id: 'c2', name: 'more', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'read', response: { output: 'found' } } },
            { functionResponse: { id: 'c2', name: 'more', response: { error: 'no' } } },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'x', thoughtSignature: 'c2ln' },
            { executableCode: { language: 'PYTHON', code: '1' } },
          ],
        },
        {
          role: 'user',
          parts: [
            { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.test/a.pdf' } },
            { text: 'go on' },
          ],
        },
      ],
    },
  ],
  [
    'ollama-chat',
    {
      model: 'auto',
      stream: false,
      think: 'high',
      keep_alive: '5m',
      format: SCHEMA,
      options: {
        temperature: 0.5,
        num_predict: 500,
        top_k: 5,
        top_p: 0.9,
        seed: 7,
        stop: ['END'],
        num_ctx: 4096,
      },
      tools: [{ type: 'function', function: { name: 'read', description: 'reads', parameters: SCHEMA } }],
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'look', images: ['iVBORw0KGgo='] },
        {
          role: 'assistant',
          content: '',
          thinking: 'hm',
          tool_calls: [
            { function: { name: 'read', arguments: { path: 'a', n: 5 } } },
            { function: { name: 'read', arguments: {} } },
          ],
        },
        { role: 'tool', content: 'found', tool_name: 'read' },
        { role: 'tool', content: 'again', tool_name: 'read' },
        { role: 'user', content: 'go on' },
      ],
    },
  ],
]);

/** One rich streamed answer of each dialect of a provider: data of its events in order. */
export const STREAMS: ReadonlyMap<string, readonly Tree[]> = new Map<string, readonly Tree[]>([
  [
    'openai-chat',
    [
      chatChunk({ role: 'assistant', content: '' }),
      chatChunk({ reasoning_content: 'hm' }),
      chatChunk({
        reasoning: 'hm',
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', index: 0 }],
      }),
      chatChunk({ content: 'I ' }),
      chatChunk({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'deep' }] },
          { type: 'text', text: 'look' },
        ],
      }),
      chatChunk({ refusal: 'no' }),
      chatChunk({
        tool_calls: [
          {
            index: 0,
            id: 'call_1',
            type: 'function',
            function: { name: 'read', arguments: '' },
            extra_content: { google: { thought_signature: 'c2ln' } },
          },
        ],
      }),
      chatChunk({
        tool_calls: [
          { index: 0, function: { arguments: '{"path":' } },
          {
            index: 1,
            id: 'call_2',
            type: 'function',
            function: { name: 'patch', arguments: '{"input":"A"}' },
          },
        ],
      }),
      chatChunk({ tool_calls: [{ index: 0, function: { arguments: '"a"}' } }] }),
      chatChunk({}, 'tool_calls'),
      {
        id: 'c1',
        object: 'chat.completion.chunk',
        created: 7,
        model: 'm',
        choices: [],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 3 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
      '[DONE]',
    ],
  ],
  [
    'anthropic-messages',
    [
      {
        type: 'message_start',
        message: {
          id: 'm1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          stop_reason: null,
          usage: {
            input_tokens: 5,
            cache_read_input_tokens: 2,
            cache_creation_input_tokens: 1,
            output_tokens: 1,
          },
        },
      },
      { type: 'ping' },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'redacted_thinking', data: 'ZGF0YQ==' },
      },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'I look' } },
      {
        type: 'content_block_delta',
        index: 2,
        delta: { type: 'citations_delta', citation: { cited_text: 'x' } },
      },
      { type: 'content_block_stop', index: 2 },
      {
        type: 'content_block_start',
        index: 3,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 3,
        delta: { type: 'input_json_delta', partial_json: '{"path":' },
      },
      { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '"a"}' } },
      { type: 'content_block_stop', index: 3 },
      {
        type: 'content_block_start',
        index: 4,
        content_block: { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
      },
      { type: 'content_block_stop', index: 4 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 20 },
      },
      { type: 'message_stop' },
    ],
  ],
  [
    'openai-responses',
    [
      {
        type: 'response.created',
        response: {
          id: 'r1',
          object: 'response',
          created_at: 7,
          model: 'm',
          status: 'in_progress',
          output: [],
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'reasoning', id: 'rs_1', summary: [] },
      },
      {
        type: 'response.reasoning_summary_text.delta',
        output_index: 0,
        summary_index: 0,
        item_id: 'rs_1',
        delta: 'hm',
      },
      {
        type: 'response.reasoning_summary_text.done',
        output_index: 0,
        summary_index: 0,
        item_id: 'rs_1',
        text: 'hm!',
      },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'hm!' }],
          encrypted_content: 'gAAAA',
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
      },
      {
        type: 'response.content_part.added',
        output_index: 1,
        content_index: 0,
        item_id: 'msg_1',
        part: { type: 'output_text', text: '' },
      },
      {
        type: 'response.output_text.delta',
        output_index: 1,
        content_index: 0,
        item_id: 'msg_1',
        delta: 'I look',
        logprobs: [],
      },
      { type: 'response.refusal.delta', output_index: 1, content_index: 1, item_id: 'msg_1', delta: 'no' },
      {
        type: 'response.output_item.done',
        output_index: 1,
        item: {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'I look', annotations: [{ type: 'url_citation' }] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 2,
        item: { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'read', arguments: '' },
      },
      { type: 'response.function_call_arguments.delta', output_index: 2, item_id: 'fc_1', delta: '{"path":' },
      {
        type: 'response.function_call_arguments.done',
        output_index: 2,
        item_id: 'fc_1',
        arguments: '{"path":"a"}',
      },
      {
        type: 'response.output_item.done',
        output_index: 2,
        item: {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'call_1',
          name: 'read',
          arguments: '{"path":"a"}',
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 3,
        item: { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'patch', input: '' },
      },
      { type: 'response.custom_tool_call_input.delta', output_index: 3, item_id: 'ct_1', delta: 'A' },
      {
        type: 'response.output_item.done',
        output_index: 3,
        item: { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'patch', input: 'A' },
      },
      {
        type: 'response.output_item.done',
        output_index: 4,
        item: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      },
      {
        type: 'response.completed',
        response: {
          id: 'r1',
          model: 'm',
          status: 'completed',
          output: [{ type: 'message', content: [{ type: 'output_text', text: 'I look' }] }],
          usage: {
            input_tokens: 9,
            output_tokens: 4,
            input_tokens_details: { cached_tokens: 3 },
            output_tokens_details: { reasoning_tokens: 2 },
          },
        },
      },
    ],
  ],
  [
    'google-generate',
    [
      googleChunk([{ text: 'hm', thought: true }]),
      googleChunk([{ text: 'I look', thoughtSignature: 'c2ln' }]),
      googleChunk([{ functionCall: { name: 'read', args: { path: 'a', n: 5 } }, thoughtSignature: 'c2ln' }]),
      googleChunk([{ functionCall: { name: 'more', id: 'c2', willContinue: true } }]),
      googleChunk([
        {
          functionCall: {
            partialArgs: [
              { jsonPath: '$.a[0].b', stringValue: 'x' },
              { jsonPath: '$.n', numberValue: 5 },
            ],
            willContinue: true,
          },
        },
      ]),
      googleChunk([{ functionCall: {} }]),
      googleChunk([{ executableCode: { language: 'PYTHON', code: '1' } }]),
      {
        responseId: 'g1',
        modelVersion: 'm',
        candidates: [
          {
            index: 0,
            content: { role: 'model', parts: [{ text: '' }] },
            finishReason: 'STOP',
            groundingMetadata: { webSearchQueries: ['x'] },
          },
        ],
        usageMetadata: {
          promptTokenCount: 9,
          candidatesTokenCount: 4,
          thoughtsTokenCount: 2,
          cachedContentTokenCount: 3,
          totalTokenCount: 15,
        },
      },
    ],
  ],
]);

/** One rich plain answer of each dialect of a provider. */
export const ANSWERS: ReadonlyMap<string, Tree> = new Map<string, Tree>([
  [
    'openai-chat',
    {
      id: 'c1',
      object: 'chat.completion',
      created: 7,
      model: 'm',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          logprobs: { content: [] },
          message: {
            role: 'assistant',
            content: 'I look',
            refusal: null,
            reasoning_content: 'hm',
            reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's' }],
            annotations: [{ type: 'url_citation' }],
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
              { id: 'call_2', type: 'custom', custom: { name: 'patch', input: 'A' } },
            ],
          },
        },
        {
          index: 1,
          finish_reason: 'stop',
          message: { role: 'assistant', content: [{ type: 'text', text: 'y' }] },
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } },
    },
  ],
  [
    'anthropic-messages',
    {
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'text', text: 'I look', citations: [{ cited_text: 'x' }] },
        { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
      ],
      usage: {
        input_tokens: 5,
        cache_read_input_tokens: 2,
        cache_creation: { ephemeral_5m_input_tokens: 1 },
        output_tokens: 20,
      },
    },
  ],
  [
    'openai-responses',
    {
      id: 'r1',
      object: 'response',
      created_at: 7,
      model: 'm',
      status: 'completed',
      output: [
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'hm' }],
          encrypted_content: 'gAAAA',
        },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'I look', annotations: [] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'read', arguments: '{"path":"a"}' },
        { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'patch', input: 'A' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      ],
      usage: {
        input_tokens: 9,
        output_tokens: 4,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
    },
  ],
  [
    'google-generate',
    {
      responseId: 'g1',
      modelVersion: 'm',
      candidates: [
        {
          index: 0,
          finishReason: 'STOP',
          content: {
            role: 'model',
            parts: [
              { text: 'hm', thought: true },
              { text: 'I look', thoughtSignature: 'c2ln' },
              { functionCall: { name: 'read', args: { path: 'a', n: 5 } } },
              { executableCode: { code: '1' } },
            ],
          },
          citationMetadata: { citationSources: [{}] },
        },
      ],
      usageMetadata: {
        promptTokenCount: 9,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 2,
        totalTokenCount: 15,
      },
    },
  ],
]);

function chatChunk(delta: Tree, finishReason: string | null = null): Tree {
  return {
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 7,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }],
  };
}

function googleChunk(parts: Tree[]): Tree {
  return {
    responseId: 'g1',
    modelVersion: 'm',
    candidates: [{ index: 0, content: { role: 'model', parts } }],
  };
}
