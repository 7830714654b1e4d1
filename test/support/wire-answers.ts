// A model's answer in the format of each provider, plain and streamed, and the ways in which each says that it failed.
// Written by hand after the vendors' API references (checked 2026-11-21) and not with the codecs, so that a mistake
// there is not made here too. All content is synthetic.

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { JsonObject, JsonValue } from '../../daemon/util/json.ts';
import { json, type SeenRequest, sse, type Verb } from './fake-upstream.ts';

export const UPSTREAM_DIALECTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
] as const satisfies readonly UpstreamDialectId[];

export interface AnswerCall {
  readonly id: string;
  readonly name: string;
  readonly args: JsonObject;
}

export interface AnswerUsage {
  /** With what was read from the cache. */
  readonly input: number;
  readonly cached: number;
  /** With the reasoning. */
  readonly output: number;
  /** Anthropic does not tell it apart. */
  readonly reasoning: number;
}

/** What a model says. */
export interface Answer {
  readonly thought?: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly calls?: readonly AnswerCall[];
  /** The answer reached the output limit. */
  readonly isCut?: boolean;
  readonly usage?: AnswerUsage;
}

export const USAGE: AnswerUsage = { input: 1200, cached: 200, output: 40, reasoning: 10 };

/** Name under which the answering model reports itself. */
export const ANSWER_MODEL = 'synthetic-model-1';

/** Answers in the dialect in the way that it is asked: streamed or plain. */
export function answering(dialect: UpstreamDialectId, answer: Answer): Verb {
  return (context) => {
    const verb = asksForStream(context.request)
      ? sse(streamFrames(dialect, answer))
      : json(plainAnswer(dialect, answer));
    return verb(context);
  };
}

export function asksForStream({ json: body, path }: Pick<SeenRequest, 'json' | 'path'>): boolean {
  return body?.['stream'] === true || path.includes(':streamGenerateContent');
}

export function plainAnswer(dialect: UpstreamDialectId, answer: Answer): JsonObject {
  return PLAIN[dialect](answer);
}

/** SSE text, one event each. */
export function streamFrames(dialect: UpstreamDialectId, answer: Answer): string[] {
  return STREAMED[dialect](answer);
}

/** Frames up to the second word of the text: what a stream has sent when it breaks. */
export function begunFrames(dialect: UpstreamDialectId, answer: Answer): string[] {
  const frames = streamFrames(dialect, answer);
  const [, second = ''] = words(answer.text);
  return frames.slice(0, frames.findIndex((frame) => frame.includes(JSON.stringify(second))) + 1);
}

/** What opens a stream before there is anything of the answer in it. */
export function openingFrames(dialect: UpstreamDialectId): string[] {
  const frames = streamFrames(dialect, { text: 'x' });
  return frames.slice(
    0,
    { 'google-generate': 0, 'openai-chat': 1, 'anthropic-messages': 2, 'openai-responses': 2 }[dialect],
  );
}

/** The error with which each vendor breaks into a stream of its own. */
export function errorFrame(dialect: UpstreamDialectId): string {
  return ERROR_FRAMES[dialect]();
}

const ERROR_FRAMES: Readonly<Record<UpstreamDialectId, () => string>> = {
  'anthropic-messages': () => named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  'openai-responses': () => {
    const error = { code: 'server_error', message: 'The model failed.' };
    const response = { ...responsesHead(), status: 'failed', error, output: [], usage: null };
    return named('response.failed', { sequence_number: 9, response });
  },
  'openai-chat': () =>
    data({ error: { message: 'The server had an error.', type: 'server_error', code: null } }),
  'google-generate': () =>
    data({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
};

/** The body of an error status as each vendor writes it. */
export function errorBody(dialect: UpstreamDialectId, statusCode: number, message: string): JsonObject {
  switch (dialect) {
    case 'anthropic-messages':
      return {
        type: 'error',
        error: { type: ANTHROPIC_TYPES[statusCode] ?? 'api_error', message },
        request_id: 'req_1',
      };
    case 'google-generate':
      return { error: { code: statusCode, message, status: GOOGLE_STATUSES[statusCode] ?? 'INTERNAL' } };
    default:
      return {
        error: { message, type: OPENAI_TYPES[statusCode] ?? 'server_error', param: null, code: null },
      };
  }
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};
const GOOGLE_STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  429: 'RESOURCE_EXHAUSTED',
  529: 'UNAVAILABLE',
};
const OPENAI_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
};

// ---- chat completions: https://platform.openai.com/docs/api-reference/chat/object and /chat/streaming ----

const CHAT_HEAD = { id: 'chatcmpl-1', created: 1_795_000_000, model: ANSWER_MODEL };

function chatFinish({ calls = [], isCut }: Answer): string {
  if (isCut === true) return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function chatUsage({ input, cached, output, reasoning }: AnswerUsage): JsonObject {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function plainChat(answer: Answer): JsonObject {
  const { thought, text, refusal, calls = [], usage = USAGE } = answer;
  const message = {
    role: 'assistant',
    content: text ?? (refusal === undefined && calls.length === 0 ? '' : null),
    refusal: refusal ?? null,
    ...(thought === undefined ? {} : { reasoning_content: thought }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(chatCall) }),
  };
  return {
    ...CHAT_HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: chatFinish(answer) }],
    usage: chatUsage(usage),
  };
}

function chatCall({ id, name, args }: AnswerCall): JsonObject {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}

function streamedChat(answer: Answer): string[] {
  const { thought, text, refusal, calls = [], usage = USAGE } = answer;
  const chunk = (choices: readonly JsonObject[], more: JsonObject = {}): string =>
    data({ ...CHAT_HEAD, object: 'chat.completion.chunk', choices, ...more });
  const delta = (part: JsonObject, finish_reason: string | null = null): string =>
    chunk([{ index: 0, delta: part, logprobs: null, finish_reason }]);
  return [
    delta({ role: 'assistant', content: '', refusal: null }),
    ...words(thought).map((reasoning_content) => delta({ reasoning_content })),
    ...words(text).map((content) => delta({ content })),
    ...words(refusal).map((part) => delta({ refusal: part })),
    ...calls.flatMap((call, index) => {
      const opened = { name: call.name, arguments: '' };
      return [
        delta({ tool_calls: [{ index, id: call.id, type: 'function', function: opened }] }),
        ...halves(call.args).map((part) => delta({ tool_calls: [{ index, function: { arguments: part } }] })),
      ];
    }),
    delta({}, chatFinish(answer)),
    chunk([], { usage: chatUsage(usage) }),
    'data: [DONE]\n\n',
  ];
}

// ---- Responses: https://platform.openai.com/docs/api-reference/responses/object and /responses-streaming ----

function responsesHead(): JsonObject {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_795_000_000,
    model: ANSWER_MODEL,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
  };
}

function responsesItems(answer: Answer): JsonObject[] {
  const { thought, text, refusal, calls = [], isCut } = answer;
  const status = isCut === true ? 'incomplete' : 'completed';
  const said = [
    ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: [] }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ];
  return [
    ...(thought === undefined
      ? []
      : [
          {
            id: 'rs_1',
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: thought }],
            encrypted_content: 'gAAA1',
          },
        ]),
    ...(said.length === 0
      ? []
      : [{ id: 'msg_1', type: 'message', status, role: 'assistant', content: said }]),
    ...calls.map(({ id, name, args }) => ({
      id: `fc_${id}`,
      type: 'function_call',
      status: 'completed',
      call_id: id,
      name,
      arguments: JSON.stringify(args),
    })),
  ];
}

function plainResponses(answer: Answer): JsonObject {
  const { input, cached, output, reasoning } = answer.usage ?? USAGE;
  return {
    ...responsesHead(),
    status: answer.isCut === true ? 'incomplete' : 'completed',
    incomplete_details: answer.isCut === true ? { reason: 'max_output_tokens' } : null,
    output: responsesItems(answer),
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
  };
}

function streamedResponses(answer: Answer): string[] {
  const response = plainResponses(answer);
  const opened = { ...responsesHead(), status: 'in_progress', output: [], usage: null };
  const end = answer.isCut === true ? 'response.incomplete' : 'response.completed';
  return [
    { type: 'response.created', response: opened },
    { type: 'response.in_progress', response: opened },
    ...responsesItems(answer).flatMap(responsesItemEvents),
    { type: end, response },
  ].map((event, sequence_number) => named(event.type, { ...event, sequence_number }));
}

function responsesItemEvents(item: JsonObject, output_index: number): WireEvent[] {
  const at = { output_index, item_id: item['id'] ?? '' };
  const around = (opened: JsonObject, events: readonly WireEvent[]): WireEvent[] => [
    { type: 'response.output_item.added', output_index, item: { ...item, ...opened } },
    ...events.map((event) => ({ ...event, ...at })),
    { type: 'response.output_item.done', output_index, item },
  ];
  if (item['type'] === 'reasoning') {
    const [part] = item['summary'] as [{ type: string; text: string }];
    const kind = 'response.reasoning_summary_';
    return around({ summary: [], encrypted_content: '' }, [
      { type: `${kind}part.added`, summary_index: 0, part: { ...part, text: '' } },
      ...words(part.text).map((delta) => ({ type: `${kind}text.delta`, summary_index: 0, delta })),
      { type: `${kind}text.done`, summary_index: 0, text: part.text },
      { type: `${kind}part.done`, summary_index: 0, part },
    ]);
  }
  if (item['type'] === 'message') {
    const parts = item['content'] as JsonObject[];
    return around({ status: 'in_progress', content: [] }, parts.flatMap(responsesPartEvents));
  }
  const kind = 'response.function_call_arguments';
  return around({ status: 'in_progress', arguments: '' }, [
    ...halvesOf(item['arguments']).map((delta) => ({
      type: `${kind}.delta`,
      delta,
    })),
    { type: `${kind}.done`, arguments: item['arguments'] ?? '', name: item['name'] ?? '' },
  ]);
}

function responsesPartEvents(part: JsonObject, content_index: number): WireEvent[] {
  const isText = part['type'] === 'output_text';
  const field = isText ? 'text' : 'refusal';
  const kind = isText ? 'response.output_text' : 'response.refusal';
  return [
    { type: 'response.content_part.added', part: { ...part, [field]: '' } },
    ...words(part[field]).map((delta) => ({ type: `${kind}.delta`, delta })),
    { type: `${kind}.done`, [field]: part[field] ?? '' },
    { type: 'response.content_part.done', part },
  ].map((event) => ({ ...event, content_index }));
}

// ---- Anthropic: https://platform.claude.com/docs/en/api/messages and /build-with-claude/streaming ----

const ANTHROPIC_HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: ANSWER_MODEL };

/** Counts apart: what is neither read from nor written to the cache, and the rest. */
function anthropicUsage({ input, cached, output }: AnswerUsage): JsonObject {
  return {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  };
}

function anthropicStop({ calls = [], isCut, refusal }: Answer): string {
  if (isCut === true) return 'max_tokens';
  if (refusal !== undefined) return 'refusal';
  return calls.length > 0 ? 'tool_use' : 'end_turn';
}

function anthropicBlocks({ thought, text, refusal, calls = [] }: Answer): JsonObject[] {
  return [
    ...(thought === undefined ? [] : [{ type: 'thinking', thinking: thought, signature: 'EqQBCgIYAhIM' }]),
    ...[text, refusal].flatMap((said) => (said === undefined ? [] : [{ type: 'text', text: said }])),
    ...calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args })),
  ];
}

function plainAnthropic(answer: Answer): JsonObject {
  return {
    ...ANTHROPIC_HEAD,
    content: anthropicBlocks(answer),
    stop_reason: anthropicStop(answer),
    stop_sequence: null,
    usage: anthropicUsage(answer.usage ?? USAGE),
  };
}

/** `message_delta` repeats the counts of the input, as the real ones do. */
function streamedAnthropic(answer: Answer): string[] {
  const usage = anthropicUsage(answer.usage ?? USAGE);
  const opened = {
    ...ANTHROPIC_HEAD,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  return [
    { type: 'message_start', message: opened },
    { type: 'ping' },
    ...anthropicBlocks(answer).flatMap(anthropicBlockEvents),
    { type: 'message_delta', delta: { stop_reason: anthropicStop(answer), stop_sequence: null }, usage },
    { type: 'message_stop' },
  ].map((event) => named(event.type, event));
}

function anthropicBlockEvents(block: JsonObject, index: number): WireEvent[] {
  const around = (content_block: JsonObject, deltas: readonly JsonObject[]): WireEvent[] => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  switch (block['type']) {
    case 'thinking':
      return around({ type: 'thinking', thinking: '', signature: '' }, [
        ...words(block['thinking']).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block['signature'] ?? '' },
      ]);
    case 'text':
      return around(
        { type: 'text', text: '' },
        words(block['text']).map((text) => ({ type: 'text_delta', text })),
      );
    default:
      return around(
        { ...block, input: {} },
        ['', ...halves(block['input'] as JsonObject)].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      );
  }
}

// ---- Google: https://ai.google.dev/api/generate-content ----

function googleParts({ thought, text, calls = [] }: Answer): JsonObject[] {
  return [
    ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ id, name, args }, index) => ({
      functionCall: { id, name, args },
      ...(index === 0 ? { thoughtSignature: 'CpQBAdHtim' } : {}),
    })),
  ];
}

function googleFinish({ isCut, refusal }: Answer): string {
  if (isCut === true) return 'MAX_TOKENS';
  return refusal === undefined ? 'STOP' : 'SAFETY';
}

/** Thoughts are counted beside the candidates. */
function googleTail(answer: Answer): JsonObject {
  const { input, cached, output, reasoning } = answer.usage ?? USAGE;
  return {
    usageMetadata: {
      promptTokenCount: input,
      cachedContentTokenCount: cached,
      candidatesTokenCount: output - reasoning,
      thoughtsTokenCount: reasoning,
      totalTokenCount: input + output,
    },
    modelVersion: ANSWER_MODEL,
    responseId: 'g_1',
  };
}

function plainGoogle(answer: Answer): JsonObject {
  const parts = googleParts(answer);
  // A refused or empty answer has no parts at all.
  const content = parts.length === 0 ? { role: 'model' } : { role: 'model', parts };
  return { candidates: [{ content, finishReason: googleFinish(answer), index: 0 }], ...googleTail(answer) };
}

/** Texts in pieces, calls whole, counts as far as it is; the reason stands in a last chunk of its own. */
function streamedGoogle(answer: Answer): string[] {
  const pieces = googleParts(answer).flatMap((part): JsonObject[] =>
    typeof part['text'] === 'string' ? words(part['text']).map((text) => ({ ...part, text })) : [part],
  );
  const usage = answer.usage ?? USAGE;
  return [
    ...pieces.map((part, index) => {
      const output = Math.min(usage.output, usage.reasoning + index + 1);
      const tail = googleTail({ usage: { ...usage, output } });
      return data({ candidates: [{ content: { role: 'model', parts: [part] }, index: 0 }], ...tail });
    }),
    data({
      candidates: [
        { content: { role: 'model', parts: [{ text: '' }] }, finishReason: googleFinish(answer), index: 0 },
      ],
      ...googleTail({ usage }),
    }),
  ];
}

const PLAIN: Readonly<Record<UpstreamDialectId, (answer: Answer) => JsonObject>> = {
  'openai-chat': plainChat,
  'openai-responses': plainResponses,
  'anthropic-messages': plainAnthropic,
  'google-generate': plainGoogle,
};

const STREAMED: Readonly<Record<UpstreamDialectId, (answer: Answer) => string[]>> = {
  'openai-chat': streamedChat,
  'openai-responses': streamedResponses,
  'anthropic-messages': streamedAnthropic,
  'google-generate': streamedGoogle,
};

function data(value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function named(type: string, fields: JsonObject): string {
  return `event: ${type}\n${data({ type, ...fields })}`;
}

interface WireEvent {
  readonly type: string;
  readonly [field: string]: JsonValue;
}

function words(text: JsonValue | undefined): string[] {
  return typeof text === 'string' && text !== '' ? text.split(/(?<= )/) : [];
}

function halves(args: JsonObject): string[] {
  return halvesOf(JSON.stringify(args));
}

function halvesOf(text: JsonValue | undefined): string[] {
  if (typeof text !== 'string') return [];
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}
