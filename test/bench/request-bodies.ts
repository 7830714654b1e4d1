// The requests of the bench, in both dialects: a small chat, and what a coding agent sends, of any size, with any number
// of messages. Each has a place for a counter in its newest message.

import type { WireDialect } from './wire-answers.ts';

export interface RequestBody {
  readonly bytes: Buffer;
  /** Where the digits of the counter are. */
  readonly counterAt: number;
}

export interface AgentShape {
  readonly dialect: WireDialect;
  readonly isStream: boolean;
  readonly bytes: number;
  /** All of them, the system prompt included where the dialect has it as one; even, at least 4. */
  readonly messages: number;
  readonly tools: number;
  /** task: the user's ask, then calls of tools and their results. ask: the same, and a new ask at the end. */
  readonly ending: 'task' | 'ask';
  /** Length of the user's newest ask. */
  readonly askBytes?: number;
}

const COUNTER_DIGITS = 12;
const COUNTER_TEXT = '0'.repeat(COUNTER_DIGITS);
const COUNTER_MARK = `ticket ${COUNTER_TEXT}`;

/** Writes ever new numbers into requests. */
export class BodyCounter {
  // Numbers of another run must not come again: a daemon may be kept between two.
  #next = Date.now() % 1e11;

  stamp(bytes: Buffer, at: number): void {
    this.#next += 1;
    bytes.write(String(this.#next).padStart(COUNTER_DIGITS, '0'), at, 'latin1');
  }
}

/** About 250 bytes. */
export function smallChat(isStream: boolean): RequestBody {
  return withCounter({
    model: 'auto',
    ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
    messages: [
      { role: 'system', content: 'You are a helpful assistant who answers briefly.' },
      {
        role: 'user',
        content: `What is a write-ahead log good for? Answer in two short sentences, ${COUNTER_MARK}.`,
      },
    ],
  });
}

/** A request of exactly `bytes`, or of the least that its messages and tools need. */
export function agentRequest(shape: AgentShape): RequestBody {
  const least = withCounter(jsonOf(shape, 0));
  const fillerBytes = Math.max(0, shape.bytes - least.bytes.length);
  return withCounter(jsonOf(shape, fillerBytes));
}

function withCounter(json: object): RequestBody {
  const bytes = Buffer.from(JSON.stringify(json));
  return { bytes, counterAt: bytes.indexOf(COUNTER_MARK) + COUNTER_MARK.length - COUNTER_DIGITS };
}

const SYSTEM = 'You are a coding agent. Work step by step, use the tools, and say what you did. '
  .repeat(6)
  .trim();
const FIRST_ASK = 'The nightly import writes duplicate rows since Tuesday. Find out why and fix it.';
const NEW_ASK = 'Good. Now rename the column and adapt the callers';
const LINE =
  'export const retryDelayMs = Math.min(maximumMs, baseMs * factor ** attempt); // see the queue, '; // nothing to escape
const TOOL_TEXT =
  'Reads a file of the workspace and returns its lines with numbers. Paths are relative to the root. ';

/** What a tool found: `bytes` of code, cut where it must be. */
function filler(bytes: number): string {
  return LINE.repeat(Math.ceil(bytes / LINE.length)).slice(0, bytes);
}

interface Step {
  readonly id: string;
  readonly path: string;
  readonly result: string;
}

function jsonOf(shape: AgentShape, fillerBytes: number): object {
  const isChat = shape.dialect === 'openai-chat';
  const hasNewAsk = shape.ending === 'ask';
  const stepCount = Math.max(1, Math.floor((shape.messages - (isChat ? 2 : 1) - (hasNewAsk ? 2 : 0)) / 2));
  const share = Math.floor(fillerBytes / stepCount);
  const steps = Array.from({ length: stepCount }, (_, index): Step => {
    const isLast = index === stepCount - 1;
    const bytes = isLast ? fillerBytes - share * (stepCount - 1) : share;
    const mark = isLast && !hasNewAsk ? ` ${COUNTER_MARK}` : '';
    return {
      id: `call_${String(index).padStart(4, '0')}`,
      path: 'src/import.ts',
      result: filler(bytes) + mark,
    };
  });
  const newAsk = hasNewAsk ? askOf(shape.askBytes ?? 120) : null;
  return isChat ? chatJson(shape, steps, newAsk) : messagesJson(shape, steps, newAsk);
}

function askOf(bytes: number): string {
  const text = `${NEW_ASK}, ${COUNTER_MARK}. `;
  const more = 'The callers are in the folder of the importer and in its tests; leave the schema alone. ';
  return (text + more.repeat(Math.ceil(bytes / more.length))).slice(0, Math.max(bytes, text.length));
}

function chatJson(shape: AgentShape, steps: readonly Step[], newAsk: string | null): object {
  const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
  return {
    model: 'auto',
    ...(shape.isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: FIRST_ASK },
      ...steps.flatMap(({ id, path, result }) => [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id, type: 'function', function: { name: 'tool_1', arguments: JSON.stringify({ path }) } },
          ],
        },
        { role: 'tool', tool_call_id: id, content: result },
      ]),
      ...(newAsk === null
        ? []
        : [
            { role: 'assistant', content: 'Done.' },
            { role: 'user', content: newAsk },
          ]),
    ],
    tools: Array.from({ length: shape.tools }, (_, index) => ({
      type: 'function',
      function: { name: `tool_${index}`, description: TOOL_TEXT.repeat(4), parameters },
    })),
  };
}

function messagesJson(shape: AgentShape, steps: readonly Step[], newAsk: string | null): object {
  const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
  return {
    model: 'claude-sonnet-4-5',
    max_tokens: 4096,
    ...(shape.isStream ? { stream: true } : {}),
    system: [{ type: 'text', text: SYSTEM }],
    messages: [
      { role: 'user', content: FIRST_ASK },
      ...steps.flatMap(({ id, path, result }) => [
        { role: 'assistant', content: [{ type: 'tool_use', id, name: 'tool_1', input: { path } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
      ]),
      ...(newAsk === null
        ? []
        : [
            { role: 'assistant', content: 'Done.' },
            { role: 'user', content: newAsk },
          ]),
    ],
    tools: Array.from({ length: shape.tools }, (_, index) => ({
      name: `tool_${index}`,
      description: TOOL_TEXT.repeat(4),
      input_schema: schema,
    })),
  };
}
