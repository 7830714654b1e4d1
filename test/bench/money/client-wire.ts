// The simulated client's side of the wire: requests as Claude Code, opencode and Codex send them, built from parts that
// were rendered before, and the few fields of an answer that a client goes on with.

import {
  arrayOf,
  isJsonObject,
  objectOf,
  parseJsonObject,
  stringOf,
  type JsonObject,
} from '../../../daemon/util/json.ts';
import type { ClientDialect, Conversation, Frame, ToolCall } from './conversation.ts';

/** How a program behaves beyond its wire format; drawn once per session. */
export interface Habits {
  readonly dialect: ClientDialect;
  /** Names its session in a header, as the assistants do; plain programs on an SDK do not. */
  readonly namesSession: boolean;
  /** Says what kind of call it is (newer Claude Code). */
  readonly namesClass: boolean;
  /** Sets cache marks itself (Claude Code); others leave that to whoever stands between. */
  readonly marksCache: boolean;
  readonly isStreaming: boolean;
}

export type CallClass = 'main' | 'subagent' | 'compaction' | 'auxiliary';

export interface WireCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const PATHS: Readonly<Record<ClientDialect, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};

export interface WireInput {
  readonly conversation: Conversation;
  readonly habits: Habits;
  readonly model: string;
  readonly sessionId: string;
  readonly callClass: CallClass;
}

export function wireCall(given: WireInput): WireCall {
  const { conversation } = given;
  const { dialect } = conversation;
  const text =
    dialect === 'anthropic-messages'
      ? messagesBody(given)
      : dialect === 'openai-chat'
        ? chatBody(given)
        : responsesBody(given);
  return { path: PATHS[dialect], headers: HEADERS[dialect](given), body: Buffer.from(text) };
}

const HEADERS: Readonly<Record<ClientDialect, (given: WireInput) => Readonly<Record<string, string>>>> = {
  'anthropic-messages': ({ habits, sessionId, callClass }) => ({
    'anthropic-version': '2023-06-01',
    ...(habits.namesSession
      ? {
          'user-agent': 'claude-cli/2.1.329 (external, cli)',
          'x-app': 'cli',
          'anthropic-beta': 'claude-code-20250219',
          'x-claude-code-session-id': sessionId,
          ...(habits.namesClass ? { 'x-claude-code-request-class': callClass } : {}),
        }
      : { 'user-agent': 'Anthropic/JS 1.11.0' }),
  }),
  'openai-chat': ({ conversation, habits, sessionId }) =>
    habits.namesSession
      ? { 'user-agent': 'opencode/1.18.2', 'x-session-affinity': `ses_${threadOf(conversation, sessionId)}` }
      : SDK_HEADERS,
  'openai-responses': ({ conversation, habits, sessionId }) =>
    habits.namesSession
      ? {
          'user-agent': 'codex_cli_rs/0.169.0',
          originator: 'codex_cli_rs',
          'session-id': sessionId,
          'thread-id': threadOf(conversation, sessionId),
        }
      : SDK_HEADERS,
};

const SDK_HEADERS = { 'user-agent': 'OpenAI/JS 7.55.0' } as const;

/** A sub-agent has a thread of its own; titles are written in that of the session. */
function threadOf({ id, kind }: Conversation, sessionId: string): string {
  return kind === 'subagent' ? id : sessionId;
}

const frameTexts = new WeakMap<Frame, Map<string, string>>();

/** Tools and system text are rendered once per program and dialect. */
function frameText(frame: Frame, key: string, render: () => string): string {
  const texts = frameTexts.get(frame) ?? new Map<string, string>();
  frameTexts.set(frame, texts);
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = render();
  texts.set(key, text);
  return text;
}

function messagesBody({ conversation, habits, model, sessionId }: WireInput): string {
  const { frame, rendered } = conversation;
  const isMarking = habits.marksCache && frame.tools.length > 0;
  const turns = rendered.flatMap(({ isUserTurn }, index) => (isUserTurn ? [index] : []));
  const marked = new Set(isMarking ? turns.slice(-2) : []);
  const messages = rendered.map((item, index) => (marked.has(index) ? item.marked : item.plain)).join(',');
  const system = frameText(frame, `messages system ${isMarking}`, () =>
    JSON.stringify([
      {
        type: 'text',
        text: frame.system,
        ...(isMarking ? { cache_control: { type: 'ephemeral' } } : {}),
      },
    ]),
  );
  const tools = frameText(frame, 'messages tools', () =>
    JSON.stringify(
      frame.tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    ),
  );
  const user = habits.namesSession ? `,"metadata":{"user_id":"user_bench_session_${sessionId}"}` : '';
  const declared = frame.tools.length === 0 ? '' : `,"tools":${tools}`;
  return `{"model":"${model}","max_tokens":32000,"messages":[${messages}],"system":${system}${declared}${user},"stream":${habits.isStreaming}}`;
}

function chatBody({ conversation, habits, model }: WireInput): string {
  const { frame, rendered } = conversation;
  const system = frameText(frame, 'chat system', () =>
    JSON.stringify({ role: 'system', content: frame.system }),
  );
  const tools = frameText(frame, 'chat tools', () =>
    JSON.stringify(
      frame.tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    ),
  );
  const declared = frame.tools.length === 0 ? '' : `,"tools":${tools}`;
  const stream = habits.isStreaming ? ',"stream":true,"stream_options":{"include_usage":true}' : '';
  const messages = rendered.map(({ plain }) => plain).join(',');
  return `{"model":"${model}","messages":[${system},${messages}]${declared}${stream}}`;
}

function responsesBody({ conversation, habits, model, sessionId }: WireInput): string {
  const { frame, rendered } = conversation;
  const instructions = frameText(frame, 'responses instructions', () => JSON.stringify(frame.system));
  const tools = frameText(frame, 'responses tools', () =>
    JSON.stringify(
      frame.tools.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        description,
        parameters: schema,
        strict: false,
      })),
    ),
  );
  const declared = frame.tools.length === 0 ? '' : `,"tools":${tools}`;
  const key = habits.namesSession ? `,"prompt_cache_key":"${sessionId}"` : '';
  const input = rendered.map(({ plain }) => plain).join(',');
  return `{"model":"${model}","instructions":${instructions},"input":[${input}]${declared},"store":false${key},"stream":${habits.isStreaming}}`;
}

export interface ReadAnswer {
  readonly text: string;
  readonly call: ToolCall | null;
}

/** Throws when there is neither text nor a call: then something went wrong on the way. */
export function readAnswer(dialect: ClientDialect, isStreaming: boolean, body: string): ReadAnswer {
  const answer = isStreaming ? READ_STREAM[dialect](eventsOf(body)) : READ_PLAIN[dialect](body);
  if (answer.text === '' && answer.call === null) throw new Error(`an answer without content: ${body}`);
  return answer;
}

function eventsOf(body: string): readonly JsonObject[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => parseJsonObject(line.slice(6)) ?? {});
}

const READ_PLAIN: Readonly<Record<ClientDialect, (body: string) => ReadAnswer>> = {
  'anthropic-messages': (body) => messagesAnswer(arrayOf(parseJsonObject(body)?.['content'])),
  'openai-chat'(body) {
    const choice = objectOf(arrayOf(parseJsonObject(body)?.['choices'])[0]);
    const message = objectOf(choice?.['message']);
    const call = objectOf(arrayOf(message?.['tool_calls'])[0]);
    const called = objectOf(call?.['function']);
    return {
      text: stringOf(message?.['content']) ?? '',
      call: called === undefined ? null : callOf(call?.['id'], called['name'], called['arguments']),
    };
  },
  'openai-responses': (body) => responsesAnswer(arrayOf(parseJsonObject(body)?.['output'])),
};

const READ_STREAM: Readonly<Record<ClientDialect, (events: readonly JsonObject[]) => ReadAnswer>> = {
  'anthropic-messages'(events) {
    let text = '';
    let input = '';
    let start: JsonObject | undefined;
    for (const event of events) {
      const delta = objectOf(event['delta']);
      text += stringOf(delta?.['text']) ?? '';
      input += stringOf(delta?.['partial_json']) ?? '';
      const block = objectOf(event['content_block']);
      if (block?.['type'] === 'tool_use') start = block;
    }
    return { text, call: start === undefined ? null : callOf(start['id'], start['name'], input) };
  },
  'openai-chat'(events) {
    let text = '';
    let input = '';
    let start: { readonly id: unknown; readonly name: unknown } | undefined;
    for (const event of events) {
      const delta = objectOf(objectOf(arrayOf(event['choices'])[0])?.['delta']);
      text += stringOf(delta?.['content']) ?? '';
      const call = objectOf(arrayOf(delta?.['tool_calls'])[0]);
      const called = objectOf(call?.['function']);
      start ??= called === undefined ? undefined : { id: call?.['id'], name: called['name'] };
      input += stringOf(called?.['arguments']) ?? '';
    }
    return { text, call: start === undefined ? null : callOf(start.id, start.name, input) };
  },
  'openai-responses'(events) {
    const items = events.flatMap((event) =>
      event['type'] === 'response.output_item.done' ? (objectOf(event['item']) ?? []) : [],
    );
    return responsesAnswer(items);
  },
};

function messagesAnswer(content: readonly unknown[]): ReadAnswer {
  const blocks = content.filter(isJsonObject);
  const use = blocks.find(({ type }) => type === 'tool_use');
  return {
    text: blocks.map(({ text }) => stringOf(text) ?? '').join(''),
    call: use === undefined ? null : callOf(use['id'], use['name'], JSON.stringify(use['input'])),
  };
}

function responsesAnswer(output: readonly unknown[]): ReadAnswer {
  const items = output.filter(isJsonObject);
  const call = items.find(({ type }) => type === 'function_call');
  const parts = items
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => arrayOf(content).filter(isJsonObject));
  return {
    text: parts.map(({ text }) => stringOf(text) ?? '').join(''),
    call: call === undefined ? null : callOf(call['call_id'], call['name'], call['arguments']),
  };
}

function callOf(id: unknown, name: unknown, input: unknown): ToolCall {
  return { id: String(id), name: String(name), input: String(input) };
}
