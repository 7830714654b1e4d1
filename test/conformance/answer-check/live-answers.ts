// The written answers as they go over the wire: asks, plain answers and streams as chat completions and as messages.
// Written by hand after the vendors' API references, and not with the codecs.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import { dataOf, list, object, readChat, readMessage, text, type Choice } from '../wire-answers.ts';
import type { Json } from '../wire-fixtures.ts';
import type { WrittenAnswer } from './corpus.ts';

export const LIVE_DIALECTS = ['openai-chat', 'anthropic-messages'] as const;
export type LiveDialect = (typeof LIVE_DIALECTS)[number];

export const WIRE_PATHS: Readonly<Record<LiveDialect, string>> = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
};

/** What a client reads in an answer, the same for both dialects. */
export interface Said {
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly { readonly name: string; readonly value: unknown }[];
}

/** Every answer costs something, so that the books have something to add up. */
export const INPUT_TOKENS = 1000;
export const OUTPUT_TOKENS = 50;
const DEFAULT_MAX_TOKENS = 4096;
const PIECES = /[\s\S]{1,37}/g;

/** Messages know neither "some JSON object" nor tools with free text. */
export function canAsk(dialect: LiveDialect, answer: WrittenAnswer): boolean {
  return dialect === 'openai-chat' || (answer.format?.kind !== 'json-object' && !hasFreeText(answer));
}

/** Plain messages hold the input of a call parsed, so that only an object fits. */
export function canAnswer(dialect: LiveDialect, answer: WrittenAnswer): boolean {
  if (dialect === 'openai-chat') return true;
  return !hasFreeText(answer) && (answer.calls ?? []).every(({ input }) => isJsonObject(valueOf(input)));
}

const hasFreeText = ({ calls = [] }: WrittenAnswer): boolean => calls.some(({ isText }) => isText === true);

/** Free text and broken JSON stay text. */
function valueOf(input: string): unknown {
  if (input.trim() === '') return {};
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
}

// ---- asks ----

export interface LiveAsk {
  readonly dialect: LiveDialect;
  readonly answer: WrittenAnswer;
  /** Tells this ask from all others, for the upstream and for the conversation that it belongs to. */
  readonly system: string;
  readonly isStreamed?: boolean;
  /** The model has called this tool, and the task goes on with what the tool returned. */
  readonly goesOnAfter?: string;
}

export function askBody(ask: LiveAsk): JsonObject {
  return ask.dialect === 'openai-chat' ? chatAsk(ask) : messagesAsk(ask);
}

function chatAsk({ answer, system, isStreamed, goesOnAfter }: LiveAsk): JsonObject {
  const { ask, tools = [], format, maxOutputTokens } = answer;
  const called = { id: 'call_1', type: 'function', function: { name: goesOnAfter ?? '', arguments: '{}' } };
  const more: JsonObject[] = [
    { role: 'assistant', content: null, tool_calls: [called] },
    { role: 'tool', tool_call_id: 'call_1', content: 'done' },
  ];
  return {
    model: 'auto',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: ask },
      ...(goesOnAfter === undefined ? [] : more),
    ],
    ...(tools.length === 0 ? {} : { tools: tools.map(chatTool) }),
    ...(format === undefined ? {} : { response_format: chatFormat(format) }),
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
    ...(isStreamed === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function chatTool(tool: NonNullable<WrittenAnswer['tools']>[number]): JsonObject {
  if (tool.kind === 'custom') return { type: 'custom', custom: { name: tool.name } };
  if (tool.kind !== 'function') throw new Error(`no such tool in the corpus: ${tool.kind}`);
  return { type: 'function', function: { name: tool.name, parameters: tool.parameters ?? {} } };
}

function chatFormat(format: NonNullable<WrittenAnswer['format']>): JsonObject {
  if (format.kind !== 'json-schema') return { type: format.kind === 'json-object' ? 'json_object' : 'text' };
  return { type: 'json_schema', json_schema: { name: 'person', schema: format.schema } };
}

function messagesAsk({ answer, system, isStreamed, goesOnAfter }: LiveAsk): JsonObject {
  const { ask, tools = [], format, maxOutputTokens } = answer;
  const called = { type: 'tool_use', id: 'toolu_1', name: goesOnAfter ?? '', input: {} };
  const more: JsonObject[] = [
    { role: 'assistant', content: [called] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
  ];
  const functions = tools.flatMap((tool): JsonObject[] =>
    tool.kind === 'function' ? [{ name: tool.name, input_schema: tool.parameters ?? {} }] : [],
  );
  return {
    model: 'auto',
    max_tokens: maxOutputTokens ?? DEFAULT_MAX_TOKENS,
    system,
    messages: [{ role: 'user', content: ask }, ...(goesOnAfter === undefined ? [] : more)],
    ...(functions.length === 0 ? {} : { tools: functions }),
    ...(format?.kind !== 'json-schema'
      ? {}
      : { output_config: { format: { type: 'json_schema', schema: format.schema } } }),
    ...(isStreamed === true ? { stream: true } : {}),
  };
}

// ---- plain answers ----

export function plainAnswer(dialect: LiveDialect, answer: WrittenAnswer): JsonObject {
  return dialect === 'openai-chat' ? chatAnswer(answer) : messagesAnswer(answer);
}

const CHAT_USAGE = {
  prompt_tokens: INPUT_TOKENS,
  completion_tokens: OUTPUT_TOKENS,
  total_tokens: INPUT_TOKENS + OUTPUT_TOKENS,
};

function chatFinish({ finishReason, calls }: WrittenAnswer): string {
  if (finishReason === 'length') return 'length';
  if (finishReason === 'content-filter') return 'content_filter';
  return calls === undefined ? 'stop' : 'tool_calls';
}

function chatCalls({ calls = [] }: WrittenAnswer): JsonObject[] {
  return calls.map(({ name, input, isText }, index) =>
    isText === true
      ? { id: `call_${index}`, type: 'custom', custom: { name, input } }
      : { id: `call_${index}`, type: 'function', function: { name, arguments: input } },
  );
}

function chatAnswer(answer: WrittenAnswer): JsonObject {
  const calls = chatCalls(answer);
  return {
    id: 'chatcmpl-live',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'live-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.text === '' && calls.length > 0 ? null : answer.text,
          refusal: answer.refusal ?? null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        finish_reason: chatFinish(answer),
      },
    ],
    usage: CHAT_USAGE,
  };
}

function stopReason({ finishReason, refusal, calls }: WrittenAnswer): string {
  if (finishReason === 'length') return 'max_tokens';
  if (finishReason === 'content-filter' || refusal !== undefined) return 'refusal';
  return calls === undefined ? 'end_turn' : 'tool_use';
}

/** The vendor says with the stop reason that the model refused, and writes what it says of it as text. */
function messagesBlocks(answer: WrittenAnswer): JsonObject[] {
  const spoken = answer.text === '' ? (answer.refusal ?? '') : answer.text;
  return [
    ...(spoken === '' ? [] : [{ type: 'text', text: spoken }]),
    ...(answer.calls ?? []).map(({ name, input }, index) => ({
      type: 'tool_use',
      id: `toolu_${index}`,
      name,
      input: valueOf(input) as JsonValue,
    })),
  ];
}

const MESSAGE_HEAD = { id: 'msg_live', type: 'message', role: 'assistant', model: 'live-model' };

function messagesAnswer(answer: WrittenAnswer): JsonObject {
  return {
    ...MESSAGE_HEAD,
    content: messagesBlocks(answer),
    stop_reason: stopReason(answer),
    stop_sequence: null,
    usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
  };
}

// ---- streams ----

export function streamFrames(dialect: LiveDialect, answer: WrittenAnswer): string[] {
  return dialect === 'openai-chat' ? chatFrames(answer) : messagesFrames(answer);
}

const piecesOf = (whole: string): readonly string[] => whole.match(PIECES) ?? [];

function chatFrames(answer: WrittenAnswer): string[] {
  const head = { id: 'chatcmpl-live', object: 'chat.completion.chunk', created: 1_795_000_000 };
  const frame = (more: JsonObject): string =>
    `data: ${JSON.stringify({ ...head, model: 'live-model', choices: [], ...more })}\n\n`;
  const delta = (part: JsonObject, finish: string | null = null): string =>
    frame({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
  return [
    delta({ role: 'assistant', content: '' }),
    ...piecesOf(answer.text).map((content) => delta({ content })),
    ...piecesOf(answer.refusal ?? '').map((refusal) => delta({ refusal })),
    ...chatCalls(answer).map((call, index) => delta({ tool_calls: [{ index, ...call }] })),
    delta({}, chatFinish(answer)),
    frame({ usage: CHAT_USAGE }),
    'data: [DONE]\n\n',
  ];
}

function messagesFrames(answer: WrittenAnswer): string[] {
  const frame = (type: string, more: JsonObject): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
  const usage = { input_tokens: INPUT_TOKENS, output_tokens: 1 };
  const message = { ...MESSAGE_HEAD, content: [], stop_reason: null, stop_sequence: null, usage };
  const blocks = messagesBlocks(answer).flatMap((block, index): string[] => {
    const isText = block['type'] === 'text';
    const opened = isText ? { type: 'text', text: '' } : { ...block, input: {} };
    const pieces = piecesOf(isText ? text(block['text']) : JSON.stringify(block['input']));
    return [
      frame('content_block_start', { index, content_block: opened }),
      ...pieces.map((piece) =>
        frame('content_block_delta', {
          index,
          delta: isText
            ? { type: 'text_delta', text: piece }
            : { type: 'input_json_delta', partial_json: piece },
        }),
      ),
      frame('content_block_stop', { index }),
    ];
  });
  return [
    frame('message_start', { message }),
    ...blocks,
    frame('message_delta', {
      delta: { stop_reason: stopReason(answer), stop_sequence: null },
      usage: { output_tokens: OUTPUT_TOKENS },
    }),
    frame('message_stop', {}),
  ];
}

// ---- what a client reads ----

const saidBy = (choice: Choice | undefined): Said => ({
  text: choice?.text ?? '',
  refusal: choice?.refusal ?? '',
  calls: (choice?.tools ?? []).map(({ name, value }) => ({ name, value })),
});

/** `text` is the body of a plain answer, or a whole stream. */
export function readSaid(dialect: LiveDialect, body: string): Said {
  const isStream = /^(?:event|data|:)/.test(body);
  const parts: readonly Json[] = isStream ? dataOf(body) : [JSON.parse(body) as Json];
  if (dialect === 'openai-chat') return saidBy(readChat(parts).choices.get(0));
  const message = isStream ? messageOf(parts) : object(parts[0]);
  return saidBy(readMessage(message).choices.get(0));
}

/** The message that the events of a stream build. */
function messageOf(events: readonly Json[]): Json {
  const blocks: Json[] = [];
  for (const event of events) {
    const index = Number(event['index'] ?? 0);
    if (event['type'] === 'content_block_start')
      blocks[index] = { ...object(event['content_block']), input: '' };
    const block = blocks[index];
    if (event['type'] !== 'content_block_delta' || block === undefined) continue;
    const delta = object(event['delta']);
    block['text'] = text(block['text']) + text(delta['text']);
    block['input'] = text(block['input']) + text(delta['partial_json']);
  }
  const content = blocks.map((block) => ({ ...block, input: valueOf(text(block['input'])) }));
  const start = object(events.find(({ type }) => type === 'message_start')?.['message']);
  const end = object(events.find(({ type }) => type === 'message_delta')?.['delta']);
  return { ...start, content: list(content), stop_reason: text(end['stop_reason']) };
}

/** What the answer says when it reaches a client as it was written. */
export function saidAsWritten({ text: written, calls = [] }: WrittenAnswer): Said {
  return {
    text: written,
    refusal: '',
    calls: calls.map(({ name, input, isText }) => ({
      name,
      value: isText === true ? input : valueOf(input),
    })),
  };
}
