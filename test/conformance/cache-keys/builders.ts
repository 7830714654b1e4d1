// Writes a description down in each dialect as its vendor documents it; null where the dialect cannot say it. Ids of calls,
// metadata and the like are drawn anew each time: they are no part of the question.

import type { DialectId } from '../../../daemon/protocol/vocabulary.ts';
import type { JsonObject, JsonValue } from '../../../daemon/util/json.ts';
import { chance, pick, whole, words, type Description, type Picture, type Random } from './descriptions.ts';

/** A request as it stands on the wire. */
export interface Written {
  readonly dialect: DialectId;
  readonly path: string;
  readonly body: JsonObject;
}

export type Builder = (description: Description, random: Random) => Written | null;

const present = (members: Record<string, JsonValue | undefined>): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));

const isPicture = (part: string | Picture): part is Picture => typeof part !== 'string';

/** Ids in order of the calls; the results of a turn take those of the turn before. */
function callIds(
  random: Random,
  prefix: string,
): { next(): string; taken(count: number): readonly string[] } {
  const ids: string[] = [];
  let given = 0;
  return {
    next: () => {
      ids.push(`${prefix}${whole(random, 1e8, 9e8)}${ids.length}`);
      return ids.at(-1) ?? '';
    },
    taken: (count) => {
      given += count;
      return ids.slice(given - count, given);
    },
  };
}

const arguments_ = (random: Random, input: JsonObject): string =>
  JSON.stringify(input, undefined, pick(random, [0, 1, 2]));

const json = (random: Random): JsonObject => ({ trace: words(random, 1, 3), n: String(whole(random, 1, 9)) });

export const chat: Builder = (asked, random) => {
  if (asked.schema !== undefined && asked.schemaName === undefined) return null;
  const ids = callIds(random, 'call_');
  const text = (content: string): JsonValue =>
    chance(random, 0.5) ? content : [{ type: 'text', text: content }];
  const messages = asked.turns.flatMap((turn): JsonObject[] => {
    if (turn.by === 'tools') {
      const taken = ids.taken(turn.results.length);
      return turn.results.map((result, index) => ({
        role: 'tool',
        tool_call_id: taken[index] ?? '',
        content: text(result),
      }));
    }
    if (turn.by === 'user') {
      const [only, ...others] = turn.parts;
      if (others.length === 0 && typeof only === 'string') return [{ role: 'user', content: text(only) }];
      const parts = turn.parts.map((part): JsonObject =>
        isPicture(part)
          ? { type: 'image_url', image_url: { url: `data:${part.mediaType};base64,${part.data}` } }
          : { type: 'text', text: part },
      );
      return [{ role: 'user', content: parts }];
    }
    const calls = turn.calls.map(({ name, input }) => ({
      id: ids.next(),
      type: 'function',
      function: { name, arguments: arguments_(random, input) },
    }));
    const content = turn.text === '' ? null : turn.text;
    return [{ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
  });
  const system = asked.system.map((line) => ({ role: 'system', content: text(line) }));
  const body = present({
    model: asked.model,
    messages: [...system, ...messages],
    tools:
      asked.tools.length === 0
        ? undefined
        : asked.tools.map(({ name, description, schema }) => ({
            type: 'function',
            function: { name, description, parameters: schema },
          })),
    tool_choice:
      typeof asked.toolChoice === 'object'
        ? { type: 'function', function: { name: asked.toolChoice.name } }
        : asked.toolChoice,
    parallel_tool_calls: asked.isSerial ? false : undefined,
    max_completion_tokens: asked.maxTokens,
    temperature: asked.temperature,
    top_p: asked.topP,
    top_k: asked.topK,
    stop: asked.stop.length === 0 ? undefined : asked.stop,
    seed: asked.seed,
    reasoning_effort: asked.effort,
    response_format:
      asked.schema === undefined
        ? undefined
        : { type: 'json_schema', json_schema: { name: asked.schemaName ?? '', schema: asked.schema } },
    stream: chance(random, 0.5) ? true : undefined,
    user: chance(random, 0.3) ? words(random, 1, 2) : undefined,
    metadata: chance(random, 0.3) ? json(random) : undefined,
    store: chance(random, 0.3) ? false : undefined,
  });
  return { dialect: 'openai-chat', path: '/v1/chat/completions', body };
};

export const responses: Builder = (asked, random) => {
  if (asked.topK !== undefined || asked.stop.length > 0 || asked.seed !== undefined) return null;
  if (asked.schema !== undefined && asked.schemaName === undefined) return null;
  const ids = callIds(random, 'call_');
  const items = asked.turns.flatMap((turn): JsonObject[] => {
    if (turn.by === 'tools') {
      const taken = ids.taken(turn.results.length);
      return turn.results.map((output, index) => ({
        type: 'function_call_output',
        call_id: taken[index] ?? '',
        output,
      }));
    }
    if (turn.by === 'user') {
      const content = turn.parts.map((part): JsonObject =>
        isPicture(part)
          ? { type: 'input_image', detail: 'auto', image_url: `data:${part.mediaType};base64,${part.data}` }
          : { type: 'input_text', text: part },
      );
      return [{ ...(chance(random, 0.5) ? { type: 'message' } : {}), role: 'user', content }];
    }
    const said: JsonObject[] =
      turn.text === ''
        ? []
        : [
            {
              type: 'message',
              role: 'assistant',
              id: `msg_${whole(random, 1, 1e9)}`,
              status: 'completed',
              content: [{ type: 'output_text', text: turn.text, annotations: [] }],
            },
          ];
    const calls = turn.calls.map(({ name, input }) => ({
      type: 'function_call',
      id: `fc_${whole(random, 1, 1e9)}`,
      call_id: ids.next(),
      name,
      arguments: arguments_(random, input),
      status: 'completed',
    }));
    return [...said, ...calls];
  });
  const [instructions, ...system] = asked.system;
  const body = present({
    model: asked.model,
    instructions,
    input: [...system.map((content) => ({ role: 'system', content })), ...items],
    tools:
      asked.tools.length === 0
        ? undefined
        : asked.tools.map(({ name, description, schema }) => ({
            type: 'function',
            name,
            description,
            parameters: schema,
          })),
    tool_choice:
      typeof asked.toolChoice === 'object'
        ? { type: 'function', name: asked.toolChoice.name }
        : asked.toolChoice,
    parallel_tool_calls: asked.isSerial ? false : undefined,
    max_output_tokens: asked.maxTokens,
    temperature: asked.temperature,
    top_p: asked.topP,
    reasoning: asked.effort === undefined ? undefined : { effort: asked.effort },
    text:
      asked.schema === undefined
        ? undefined
        : { format: { type: 'json_schema', name: asked.schemaName ?? '', schema: asked.schema } },
    stream: chance(random, 0.5) ? true : undefined,
    store: chance(random, 0.5) ? false : undefined,
    prompt_cache_key: chance(random, 0.3) ? words(random, 1, 2) : undefined,
  });
  return { dialect: 'openai-responses', path: '/v1/responses', body };
};

export const messages: Builder = (asked, random) => {
  if (asked.seed !== undefined || (asked.schema !== undefined && asked.schemaName !== undefined)) return null;
  const ids = callIds(random, 'toolu_');
  const mark = (block: JsonObject): JsonObject =>
    chance(random, 0.2) ? { ...block, cache_control: { type: 'ephemeral' } } : block;
  const blocks = (turn: Description['turns'][number]): JsonObject[] => {
    if (turn.by === 'tools') {
      const taken = ids.taken(turn.results.length);
      return turn.results.map((content, index) =>
        mark({ type: 'tool_result', tool_use_id: taken[index] ?? '', content }),
      );
    }
    if (turn.by === 'user') {
      return turn.parts.map((part) =>
        mark(
          isPicture(part)
            ? { type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.data } }
            : { type: 'text', text: part },
        ),
      );
    }
    const said = turn.text === '' ? [] : [mark({ type: 'text', text: turn.text })];
    return [
      ...said,
      ...turn.calls.map(({ name, input }) => ({ type: 'tool_use', id: ids.next(), name, input })),
    ];
  };
  const wire: { role: string; content: JsonObject[] }[] = [];
  for (const turn of asked.turns) {
    const role = turn.by === 'assistant' ? 'assistant' : 'user';
    const last = wire.at(-1);
    // What a tool said and what the user says then stand together.
    if (last?.role === role) last.content.push(...blocks(turn));
    else wire.push({ role, content: blocks(turn) });
  }
  const config = present({
    effort: asked.effort,
    format: asked.schema === undefined ? undefined : { type: 'json_schema', schema: asked.schema },
  });
  const choice =
    typeof asked.toolChoice === 'object'
      ? { type: 'tool', name: asked.toolChoice.name }
      : asked.toolChoice === undefined
        ? undefined
        : { type: asked.toolChoice === 'required' ? 'any' : asked.toolChoice };
  const serial = asked.isSerial
    ? { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true }
    : choice;
  const body = present({
    model: asked.model,
    system:
      asked.system.length === 0 ? undefined : asked.system.map((line) => mark({ type: 'text', text: line })),
    messages: wire,
    tools:
      asked.tools.length === 0
        ? undefined
        : asked.tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    tool_choice: serial,
    max_tokens: asked.maxTokens,
    temperature: asked.temperature,
    top_p: asked.topP,
    top_k: asked.topK,
    stop_sequences: asked.stop.length === 0 ? undefined : asked.stop,
    output_config: Object.keys(config).length === 0 ? undefined : config,
    stream: chance(random, 0.5) ? true : undefined,
    metadata: chance(random, 0.4) ? { user_id: words(random, 1, 2) } : undefined,
  });
  return { dialect: 'anthropic-messages', path: '/v1/messages', body };
};

export const generate: Builder = (asked, random) => {
  if (asked.isSerial || (asked.schema !== undefined && asked.schemaName !== undefined)) return null;
  const hasIds = chance(random, 0.5);
  const ids = callIds(random, 'g');
  const contents = asked.turns.map((turn, index): JsonObject => {
    if (turn.by === 'tools') {
      const before = asked.turns[index - 1];
      const taken = ids.taken(turn.results.length);
      const parts = turn.results.map((output, place) => ({
        functionResponse: {
          ...(hasIds ? { id: taken[place] ?? '' } : {}),
          name: before?.by === 'assistant' ? (before.calls[place]?.name ?? '') : '',
          response: { output },
        },
      }));
      return { role: 'user', parts };
    }
    if (turn.by === 'user') {
      const parts = turn.parts.map((part): JsonObject =>
        isPicture(part) ? { inlineData: { mimeType: part.mediaType, data: part.data } } : { text: part },
      );
      return { ...(chance(random, 0.8) ? { role: 'user' } : {}), parts };
    }
    const calls = turn.calls.map(({ name, input }) => {
      const id = ids.next();
      return { functionCall: { ...(hasIds ? { id } : {}), name, args: input } };
    });
    return { role: 'model', parts: [...(turn.text === '' ? [] : [{ text: turn.text }]), ...calls] };
  });
  const isSnake = chance(random, 0.3);
  const mode =
    typeof asked.toolChoice === 'object'
      ? 'ANY'
      : asked.toolChoice === 'required'
        ? 'ANY'
        : asked.toolChoice?.toUpperCase();
  const names = typeof asked.toolChoice === 'object' ? { allowedFunctionNames: [asked.toolChoice.name] } : {};
  const config = present({
    temperature: asked.temperature,
    topP: asked.topP,
    topK: asked.topK,
    maxOutputTokens: asked.maxTokens,
    stopSequences: asked.stop.length === 0 ? undefined : asked.stop,
    seed: asked.seed,
    thinkingConfig: asked.effort === undefined ? undefined : { thinkingLevel: asked.effort.toUpperCase() },
    responseMimeType: asked.schema === undefined ? undefined : 'application/json',
    responseJsonSchema: asked.schema,
  });
  const body = present({
    contents,
    [isSnake ? 'system_instruction' : 'systemInstruction']:
      asked.system.length === 0 ? undefined : { parts: asked.system.map((text) => ({ text })) },
    tools:
      asked.tools.length === 0
        ? undefined
        : [
            {
              functionDeclarations: asked.tools.map(({ name, description, schema }) => ({
                name,
                description,
                [pick(random, ['parameters', 'parametersJsonSchema'])]: schema,
              })),
            },
          ],
    [isSnake ? 'tool_config' : 'toolConfig']:
      mode === undefined ? undefined : { functionCallingConfig: { mode, ...names } },
    [isSnake ? 'generation_config' : 'generationConfig']: config,
  });
  const verb = pick(random, ['generateContent', 'streamGenerateContent']);
  return { dialect: 'google-generate', path: `/v1beta/models/${asked.model}:${verb}`, body };
};

export const BUILDERS: readonly Builder[] = [chat, responses, messages, generate];
