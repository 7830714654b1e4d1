// Rich requests of each dialect with what only that dialect has: the members that a neutral view loses most easily. Drawn
// at random from lists, so that each request is another one.

import type { JsonObject, JsonValue } from '../../../daemon/util/json.ts';
import type { Written } from './builders.ts';
import { chance, identifier, objectValue, pick, schema, whole, words, type Random } from './descriptions.ts';

/** A member that is there in some of the requests. */
function some(random: Random, members: Readonly<Record<string, () => JsonValue>>, ratio = 0.3): JsonObject {
  return Object.fromEntries(
    Object.entries(members)
      .filter(() => chance(random, ratio))
      .map(([name, make]) => [name, make()]),
  );
}

const INNER = (random: Random): JsonObject => some(random, { x_vendor: () => objectValue(random) }, 0.15);

export function nativeChat(random: Random): Written {
  const id = `call_${whole(random, 1, 1e9)}`;
  const name = identifier(random);
  const body: JsonObject = {
    model: pick(random, ['auto', 'large']),
    messages: [
      { role: pick(random, ['system', 'developer']), content: words(random), ...INNER(random) },
      {
        role: 'user',
        ...some(random, { name: () => words(random, 1, 1) }),
        content: [
          { type: 'text', text: words(random), ...INNER(random) },
          {
            type: 'image_url',
            image_url: {
              url: `https://example.org/${whole(random, 1, 999)}.png`,
              detail: pick(random, ['low', 'high']),
            },
          },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          {
            type: 'file',
            file: {
              file_data: 'data:application/pdf;base64,JVBERi0=',
              filename: `${words(random, 1, 1)}.pdf`,
            },
          },
        ],
      },
      {
        role: 'assistant',
        content: pick(random, [null, words(random)]),
        reasoning_content: words(random),
        ...some(random, { refusal: () => words(random), reasoning: () => words(random) }),
        tool_calls: [
          {
            id,
            type: 'function',
            function: { name, arguments: JSON.stringify(objectValue(random)) },
            ...some(random, {
              extra_content: () => ({ google: { thought_signature: words(random, 1, 1) } }),
            }),
          },
          { id: `${id}b`, type: 'custom', custom: { name: 'patch', input: words(random) } },
        ],
      },
      { role: 'tool', tool_call_id: id, content: words(random), ...INNER(random) },
      { role: 'tool', tool_call_id: `${id}b`, content: [{ type: 'text', text: words(random) }] },
      { role: 'user', content: words(random) },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name,
          description: words(random),
          parameters: schema(random),
          strict: true,
          ...INNER(random),
        },
      },
      {
        type: 'custom',
        custom: {
          name: 'patch',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: words(random) } },
        },
      },
    ],
    ...some(random, {
      temperature: () => whole(random, 0, 20) / 10,
      top_p: () => whole(random, 1, 9) / 10,
      frequency_penalty: () => whole(random, 1, 9) / 10,
      presence_penalty: () => whole(random, 1, 9) / 10,
      seed: () => whole(random, 1, 1e6),
      stop: () => [words(random, 1, 1), 'END'],
      logit_bias: () => ({ '50256': -100, [String(whole(random, 1, 999))]: 5 }),
      n: () => whole(random, 2, 4),
      max_tokens: () => whole(random, 1, 999),
      reasoning_effort: () => pick(random, ['low', 'high', 'ultra']),
      verbosity: () => pick(random, ['low', 'high']),
      tool_choice: () =>
        pick<JsonValue>(random, [
          'required',
          'none',
          {
            type: 'allowed_tools',
            allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name } }] },
          },
        ]),
      response_format: () => ({
        type: 'json_schema',
        json_schema: { name: 'x', description: words(random), strict: true, schema: schema(random) },
      }),
      prediction: () => ({ type: 'content', content: words(random) }),
      thinking: () => ({ type: 'enabled', budget_tokens: 2000, clear_thinking: false }),
      reasoning: () => ({ effort: 'high', exclude: true }),
      enable_thinking: () => true,
      provider: () => ({ order: ['a', 'b'] }),
      modalities: () => ['text', 'audio'],
      audio: () => ({ voice: 'alloy', format: 'wav' }),
      x_unknown: () => objectValue(random),
      metadata: () => ({ a: 'b' }),
      user: () => words(random, 1, 1),
      stream: () => true,
      service_tier: () => 'flex',
    }),
  };
  return { dialect: 'openai-chat', path: '/v1/chat/completions', body };
}

export function nativeMessages(random: Random): Written {
  const id = `toolu_${whole(random, 1, 1e9)}`;
  const name = identifier(random);
  const body: JsonObject = {
    model: pick(random, ['auto', 'large']),
    max_tokens: whole(random, 1, 9999),
    system: [
      { type: 'text', text: words(random), cache_control: { type: 'ephemeral' } },
      { type: 'text', text: words(random), ...INNER(random) },
    ],
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'text',
            text: words(random),
            ...some(random, { citations: () => [{ type: 'char_location', cited_text: words(random) }] }),
          },
          { type: 'image', source: { type: 'url', url: `https://example.org/${whole(random, 1, 99)}.png` } },
          {
            type: 'document',
            source: pick<JsonObject>(random, [
              { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
              { type: 'text', media_type: 'text/plain', data: words(random) },
              {
                type: 'content',
                content: [
                  { type: 'text', text: words(random) },
                  { type: 'text', text: words(random) },
                ],
              },
              { type: 'file', file_id: `file_${whole(random, 1, 99)}` },
            ]),
            title: words(random, 1, 2),
            ...some(random, { context: () => words(random), citations: () => ({ enabled: true }) }),
          },
          {
            type: 'search_result',
            source: 'https://example.org',
            title: words(random),
            content: [{ type: 'text', text: words(random) }],
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            thinking: words(random),
            signature: Buffer.from(words(random)).toString('base64'),
          },
          { type: 'redacted_thinking', data: Buffer.from(words(random)).toString('base64') },
          { type: 'text', text: words(random) },
          {
            type: 'tool_use',
            id,
            name,
            input: objectValue(random),
            ...some(random, { caller: () => ({ type: 'direct' }) }),
          },
        ],
        ...INNER(random),
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: id,
            content: [
              { type: 'text', text: words(random), ...INNER(random) },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
            ],
            ...some(random, { is_error: () => true }),
          },
          { type: 'text', text: words(random) },
        ],
      },
      ...(chance(random, 0.3)
        ? [{ role: 'system', content: words(random), output_config: { effort: 'low' } }]
        : []),
    ],
    tools: [
      {
        name,
        description: words(random),
        input_schema: schema(random),
        ...some(random, {
          strict: () => true,
          input_examples: () => [objectValue(random)],
          defer_loading: () => true,
          type: () => 'custom',
        }),
      },
    ],
    ...some(random, {
      temperature: () => whole(random, 0, 10) / 10,
      top_p: () => whole(random, 1, 9) / 10,
      top_k: () => whole(random, 1, 90),
      stop_sequences: () => [words(random, 1, 1), 'END'],
      thinking: () =>
        pick<JsonObject>(random, [
          { type: 'enabled', budget_tokens: whole(random, 1024, 9999), display: 'summarized' },
          { type: 'adaptive' },
          { type: 'between_tools' },
          { type: 'disabled' },
        ]),
      output_config: () => ({
        effort: pick(random, ['low', 'high', 'max']),
        task_budget: { type: 'tokens', total: 9 },
      }),
      tool_choice: () =>
        pick<JsonObject>(random, [
          { type: 'any' },
          { type: 'tool', name },
          { type: 'auto', disable_parallel_tool_use: true },
        ]),
      context_management: () => ({ edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }),
      speed: () => 'fast',
      metadata: () => ({ user_id: 'u' }),
      stream: () => true,
    }),
  };
  return { dialect: 'anthropic-messages', path: '/v1/messages', body };
}

export function nativeResponses(random: Random): Written {
  const id = `call_${whole(random, 1, 1e9)}`;
  const name = identifier(random);
  const body: JsonObject = {
    model: pick(random, ['auto', 'large']),
    instructions: words(random),
    input: [
      { role: 'developer', content: words(random) },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: words(random), ...INNER(random) },
          {
            type: 'input_image',
            image_url: 'https://example.org/a.png',
            detail: pick(random, ['low', 'high']),
          },
          { type: 'input_file', file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' },
        ],
      },
      {
        type: 'reasoning',
        id: `rs_${whole(random, 1, 1e9)}`,
        summary: [
          { type: 'summary_text', text: words(random) },
          { type: 'summary_text', text: words(random) },
        ],
        encrypted_content: Buffer.from(words(random)).toString('base64'),
      },
      {
        type: 'message',
        role: 'assistant',
        id: `msg_${whole(random, 1, 1e9)}`,
        status: 'completed',
        content: [
          {
            type: 'output_text',
            text: words(random),
            annotations: chance(random, 0.3)
              ? [{ type: 'url_citation', url: 'https://example.org', title: words(random) }]
              : [],
          },
          { type: 'refusal', refusal: words(random) },
        ],
        ...some(random, { phase: () => 'commentary' }),
      },
      {
        type: 'function_call',
        call_id: id,
        name,
        arguments: JSON.stringify(objectValue(random)),
        ...some(random, { namespace: () => 'space' }),
      },
      {
        type: 'function_call_output',
        call_id: id,
        output: pick<JsonValue>(random, [words(random), [{ type: 'input_text', text: words(random) }]]),
      },
      {
        type: 'local_shell_call',
        call_id: `${id}s`,
        action: { type: 'exec', command: ['ls', words(random)] },
        status: 'completed',
      },
      { type: 'local_shell_call_output', call_id: `${id}s`, output: words(random) },
      { type: 'custom_tool_call', call_id: `${id}c`, name: 'patch', input: words(random) },
      { type: 'custom_tool_call_output', call_id: `${id}c`, output: words(random) },
      { role: 'user', content: words(random) },
    ],
    tools: [
      {
        type: 'function',
        name,
        description: words(random),
        parameters: schema(random),
        strict: true,
        ...some(random, { defer_loading: () => true }),
      },
      {
        type: 'custom',
        name: 'patch',
        description: words(random),
        format: { type: 'grammar', syntax: 'lark', definition: words(random) },
      },
      {
        type: 'namespace',
        name: 'space',
        description: words(random),
        tools: [{ type: 'function', name: 'inner', parameters: schema(random) }],
      },
    ],
    ...some(random, {
      temperature: () => whole(random, 0, 20) / 10,
      top_p: () => whole(random, 1, 9) / 10,
      max_output_tokens: () => whole(random, 1, 999),
      max_tool_calls: () => whole(random, 1, 9),
      include: () => ['reasoning.encrypted_content'],
      truncation: () => 'auto',
      reasoning: () => ({
        effort: pick(random, ['low', 'high']),
        summary: pick(random, ['auto', 'concise', 'detailed']),
      }),
      text: () => ({
        verbosity: 'low',
        format: { type: 'json_schema', name: 'x', description: words(random), schema: schema(random) },
      }),
      tool_choice: () =>
        pick<JsonValue>(random, [
          'required',
          { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name }] },
        ]),
      parallel_tool_calls: () => false,
      x_unknown: () => objectValue(random),
      metadata: () => ({ a: 'b' }),
      client_metadata: () => ({ session_id: 's' }),
      store: () => false,
      stream: () => true,
    }),
  };
  return { dialect: 'openai-responses', path: '/v1/responses', body };
}

export function nativeGenerate(random: Random): Written {
  const name = identifier(random);
  const body: JsonObject = {
    systemInstruction: { parts: [{ text: words(random) }, { text: words(random) }] },
    contents: [
      {
        role: 'user',
        parts: [
          { text: words(random), ...INNER(random) },
          { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=', displayName: words(random, 1, 1) } },
          { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } },
          {
            fileData: {
              mimeType: pick(random, ['application/pdf', 'image/png']),
              fileUri: `https://example.org/${whole(random, 1, 99)}`,
            },
          },
          { text: words(random), ...some(random, { videoMetadata: () => ({ fps: 2 }) }) },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: words(random), thought: true },
          {
            text: words(random),
            ...some(random, { thoughtSignature: () => Buffer.from(words(random)).toString('base64') }),
          },
          {
            functionCall: { name, args: objectValue(random) },
            thoughtSignature: Buffer.from(words(random)).toString('base64'),
          },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              name,
              response: pick<JsonObject>(random, [
                { output: words(random) },
                { error: words(random) },
                { output: objectValue(random) },
                objectValue(random),
              ]),
              ...some(random, { willContinue: () => true }),
            },
          },
        ],
      },
      { role: 'user', parts: [{ text: words(random) }] },
    ],
    tools: [
      {
        functionDeclarations: [
          {
            name,
            description: words(random),
            ...pick<JsonObject>(random, [
              {
                parameters: {
                  type: 'OBJECT',
                  properties: { a: { type: 'STRING', nullable: true, example: words(random) } },
                  propertyOrdering: ['a'],
                },
              },
              { parametersJsonSchema: schema(random) },
            ]),
            ...some(random, { behavior: () => 'BLOCKING', response: () => schema(random) }),
          },
        ],
      },
    ],
    generationConfig: some(random, {
      temperature: () => whole(random, 0, 20) / 10,
      topP: () => whole(random, 1, 9) / 10,
      topK: () => whole(random, 1, 90),
      candidateCount: () => whole(random, 2, 4),
      maxOutputTokens: () => whole(random, 1, 999),
      seed: () => whole(random, 1, 999),
      stopSequences: () => [words(random, 1, 1), 'END'],
      responseModalities: () => ['TEXT', 'IMAGE'],
      responseMimeType: () => 'text/x.enum',
      responseSchema: () => ({ type: 'STRING', enum: ['a', words(random)] }),
      thinkingConfig: () =>
        pick<JsonObject>(random, [
          { thinkingBudget: whole(random, 0, 999) },
          { thinkingLevel: 'LOW', includeThoughts: true },
        ]),
      mediaResolution: () => 'MEDIA_RESOLUTION_LOW',
      speechConfig: () => ({ languageCode: 'de-DE' }),
    }),
    ...some(random, {
      safetySettings: () => [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      toolConfig: () => ({
        functionCallingConfig: pick<JsonObject>(random, [
          { mode: 'ANY', allowedFunctionNames: [name] },
          { mode: 'VALIDATED' },
          { mode: 'ANY', allowedFunctionNames: [name, 'other'] },
        ]),
      }),
    }),
  };
  return { dialect: 'google-generate', path: '/v1beta/models/auto:generateContent', body };
}

export function nativeOllama(random: Random): Written {
  const name = identifier(random);
  const body: JsonObject = {
    model: 'auto',
    messages: [
      { role: 'system', content: words(random) },
      { role: 'user', content: words(random), images: ['iVBORw0KGgo='] },
      {
        role: 'assistant',
        content: words(random),
        thinking: words(random),
        tool_calls: [{ function: { name, arguments: objectValue(random) } }],
      },
      { role: 'tool', tool_name: name, content: words(random) },
      { role: 'user', content: words(random), ...INNER(random) },
    ],
    tools: [{ type: 'function', function: { name, description: words(random), parameters: schema(random) } }],
    ...some(random, {
      options: () => ({
        temperature: whole(random, 1, 9) / 10,
        num_predict: whole(random, 1, 99),
        num_ctx: 4096,
        mirostat: 1,
      }),
      format: () => pick<JsonValue>(random, ['json', schema(random)]),
      think: () => pick<JsonValue>(random, [true, 'high']),
      template: () => words(random),
      stream: () => false,
    }),
  };
  return { dialect: 'ollama-chat', path: '/api/chat', body };
}

export const NATIVES = [nativeChat, nativeMessages, nativeResponses, nativeGenerate, nativeOllama];
