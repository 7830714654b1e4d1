// The stream of `POST /v1/messages` of our own daemon -> what the editor shows, incrementally: texts at once, tool calls
// when they are whole. A call whose input is no JSON is an error in words, never a call with other arguments. Thoughts
// are left out: the editor has no final class for them. Pure; one decoder for one answer.

import { isRecord } from './message-parts.ts';

export type AnswerPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool-call'; readonly callId: string; readonly name: string; readonly input: object };

/** As the Messages dialect counts: what came out of a cache, or went into it, is not in `inputTokens`. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly outputTokens: number;
}

/** A sentence for people; `type` is that of the dialect's error, null where the stream itself was at fault. */
export class AnswerError extends Error {
  readonly type: string | null;

  constructor(message: string, type: string | null = null) {
    super(message);
    this.name = 'AnswerError';
    this.type = type;
  }
}

export interface AnswerDecoder {
  /** Throws `AnswerError`. */
  push(chunk: Uint8Array): readonly AnswerPart[];
  /** The stream is over. Throws `AnswerError` unless the answer is complete. */
  end(): void;
  /** The last one reported; null = none yet. */
  readonly usage: AnswerUsage | null;
  readonly stopReason: string | null;
}

export function createAnswerDecoder(): AnswerDecoder {
  return new Decoder();
}

const BROKEN_OFF =
  'The answer broke off before its end: the connection to the model was lost. Send the request again.';
const DECLINED = 'The model declined to answer this request. Word it differently, or pick another model.';

interface OpenCall {
  readonly callId: string;
  readonly name: string;
  json: string;
}

class Decoder implements AnswerDecoder {
  readonly #text = new TextDecoder();
  /** Lines of the event that is not complete, without the last, torn one. */
  #held = '';
  readonly #calls = new Map<number, OpenCall>();
  #hasContent = false;
  #isComplete = false;
  #usage: AnswerUsage | null = null;
  #stopReason: string | null = null;

  get usage(): AnswerUsage | null {
    return this.#usage;
  }

  get stopReason(): string | null {
    return this.#stopReason;
  }

  push(chunk: Uint8Array): readonly AnswerPart[] {
    this.#held += this.#text.decode(chunk, { stream: true });
    const parts: AnswerPart[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.#held);
      if (end === null) return parts;
      const event = this.#held.slice(0, end.index);
      this.#held = this.#held.slice(end.index + end[0].length);
      const data = dataOf(event);
      if (data !== '') parts.push(...this.#take(parsedEvent(data)));
    }
  }

  end(): void {
    if (!this.#isComplete) throw new AnswerError(BROKEN_OFF);
    if (this.#stopReason === 'refusal' && !this.#hasContent) throw new AnswerError(DECLINED);
  }

  #take(event: Readonly<Record<string, unknown>>): readonly AnswerPart[] {
    switch (event['type']) {
      case 'message_start':
        this.#countUsage(recordAt(recordAt(event, 'message'), 'usage'));
        return [];
      case 'content_block_start':
        return this.#start(indexOf(event), recordAt(event, 'content_block'));
      case 'content_block_delta':
        return this.#add(indexOf(event), recordAt(event, 'delta'));
      case 'content_block_stop':
        return this.#close(indexOf(event));
      case 'message_delta': {
        const reason = recordAt(event, 'delta')['stop_reason'];
        if (typeof reason === 'string') this.#stopReason = reason;
        this.#countUsage(recordAt(event, 'usage'));
        return [];
      }
      case 'message_stop':
        this.#isComplete = true;
        return [];
      case 'error':
        throw errorOf(event);
      default:
        return []; // pings, and what newer versions may add
    }
  }

  #start(index: number, block: Readonly<Record<string, unknown>>): readonly AnswerPart[] {
    const { type, id, name, text } = block;
    if (type === 'tool_use' && typeof id === 'string' && typeof name === 'string') {
      this.#calls.set(index, { callId: id, name, json: '' });
    }
    return type === 'text' && typeof text === 'string' ? this.#say(text) : [];
  }

  #add(index: number, delta: Readonly<Record<string, unknown>>): readonly AnswerPart[] {
    const { type, text, partial_json: json } = delta;
    if (type === 'text_delta' && typeof text === 'string') return this.#say(text);
    const call = this.#calls.get(index);
    if (call !== undefined && type === 'input_json_delta' && typeof json === 'string') call.json += json;
    return [];
  }

  #say(text: string): readonly AnswerPart[] {
    if (text === '') return [];
    this.#hasContent = true;
    return [{ type: 'text', text }];
  }

  #close(index: number): readonly AnswerPart[] {
    const call = this.#calls.get(index);
    if (call === undefined) return [];
    this.#calls.delete(index);
    this.#hasContent = true;
    return [{ type: 'tool-call', callId: call.callId, name: call.name, input: inputOf(call) }];
  }

  #countUsage(usage: Readonly<Record<string, unknown>>): void {
    const count = (name: string, known: number): number => {
      const value = usage[name];
      return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : known;
    };
    if (Object.keys(usage).length === 0) return;
    this.#usage = {
      inputTokens: count('input_tokens', this.#usage?.inputTokens ?? 0),
      cacheReadInputTokens: count('cache_read_input_tokens', this.#usage?.cacheReadInputTokens ?? 0),
      cacheCreationInputTokens: count(
        'cache_creation_input_tokens',
        this.#usage?.cacheCreationInputTokens ?? 0,
      ),
      outputTokens: count('output_tokens', this.#usage?.outputTokens ?? 0),
    };
  }
}

/** The sentence and type of an error, from an error answer or an event of a stream. */
export function errorOf(body: unknown): AnswerError {
  const error = recordAt(isRecord(body) ? body : {}, 'error');
  const { message, type } = error;
  return new AnswerError(
    typeof message === 'string' && message !== '' ? message : 'The model failed and gave no reason.',
    typeof type === 'string' ? type : null,
  );
}

function inputOf({ name, json }: OpenCall): object {
  // A call without input has no deltas.
  const input = json.trim() === '' ? {} : parsed(json);
  if (isRecord(input)) return input;
  throw new AnswerError(
    `The model called the tool ${name} with arguments that are not complete JSON, so it was not run. Send the request again, or pick another model.`,
  );
}

function parsedEvent(data: string): Readonly<Record<string, unknown>> {
  const event = parsed(data);
  if (isRecord(event)) return event;
  throw new AnswerError('The answer cannot be read: it is not in the format of the Messages API.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // told by whoever asked, with what it was
  }
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
    .join('\n');
}

function indexOf(event: Readonly<Record<string, unknown>>): number {
  const { index } = event;
  return typeof index === 'number' ? index : -1;
}

function recordAt(
  record: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = record[name];
  return isRecord(value) ? value : {};
}
