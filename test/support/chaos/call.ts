// One request at the chaos upstream: what it would be answered with, event by event, and the bill that grows with what
// is really written. Faults write through it, so that the bill can never say anything else than the socket did.

import type { Socket } from 'node:net';

import type { UpstreamDialectId } from '../../../daemon/protocol/vocabulary.ts';
import type { JsonObject } from '../../../daemon/util/json.ts';
import { type Answer, type AnswerUsage, plainAnswer, streamFrames } from '../wire-answers.ts';
import { countTokens, promptTokens } from './words.ts';
import { type Framing, type HeaderList, type RawRequest, RawAnswerWriter } from './wire.ts';

/** What one attempt has used at the provider. */
export interface Bill {
  /** 1-based, in order of arrival. */
  readonly number: number;
  readonly model: string;
  readonly dialect: UpstreamDialectId;
  readonly isStream: boolean;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: JsonObject;
  /** 1-based; equal numbers show that a connection was used again. */
  readonly connection: number;
  /** `performance.now()`. */
  readonly receivedAtMs: number;
  /** Of the prompt; 0 where the request was refused. */
  readonly inputTokens: number;
  /** Of what was written so far, the words of the answer; the count in `usage` of a complete answer is this same. */
  readonly outputTokens: number;
  /** The final counts were written. */
  readonly isUsageDelivered: boolean;
  /** The whole answer was written. */
  readonly isComplete: boolean;
  /** Nothing is written to it any more, whoever ended it. */
  readonly isOver: boolean;
  /** Our side hung up before we ended the answer or the connection: `performance.now()`; null = it did not. */
  readonly hungUpAtMs: number | null;
}

export type OpenBill = { -readonly [Field in keyof Bill]: Bill[Field] };

/** One event of a stream and what has been billed when it is out. */
export interface ChaosFrame {
  readonly text: string;
  readonly outputTokens: number;
  /** The piece of the answer's words in it; undefined = none. */
  readonly piece?: string | undefined;
}

export interface CallOptions {
  readonly dialect: UpstreamDialectId;
  readonly isStream: boolean;
  readonly answer: Answer;
  readonly bill: OpenBill;
  readonly socket: Socket;
  readonly request: RawRequest;
}

export class ChaosCall {
  readonly dialect: UpstreamDialectId;
  readonly isStream: boolean;
  readonly request: RawRequest;
  readonly bill: OpenBill;
  /** With its usage: what the prompt and the words of the answer come to. */
  readonly answer: Answer & { readonly usage: AnswerUsage };
  readonly socket: Socket;
  readonly #writer: RawAnswerWriter;
  #isEndedByUs = false;

  constructor({ dialect, isStream, answer, bill, socket, request }: CallOptions) {
    this.dialect = dialect;
    this.isStream = isStream;
    this.request = request;
    this.bill = bill;
    this.socket = socket;
    this.answer = { ...answer, usage: answer.usage ?? usageOf(answer, bill.body) };
    this.#writer = new RawAnswerWriter(socket);
    socket.on('close', this.#onClose);
  }

  /** The same request, about another answer. */
  saying(answer: Answer): ChaosCall {
    this.detach();
    const { dialect, isStream, bill, socket, request } = this;
    return new ChaosCall({ dialect, isStream, answer, bill, socket, request });
  }

  /** The whole stream. */
  frames(): readonly ChaosFrame[] {
    return chaosFrames(this.dialect, this.answer);
  }

  /** The events up to and with the `count`-th word of the text; 0 = what opens the stream before the first. */
  framesUntilWord(count: number): readonly ChaosFrame[] {
    const frames = this.frames();
    if (count === 0) return frames.slice(0, OPENING_EVENTS[this.dialect]);
    return frames.slice(0, frames.findIndex(({ outputTokens }) => outputTokens >= count) + 1);
  }

  plain(): JsonObject {
    return plainAnswer(this.dialect, this.answer);
  }

  /** The provider reads the prompt: from now on it is billed, whatever comes. */
  bills(): void {
    this.bill.inputTokens = this.answer.usage.input;
  }

  async head(statusCode: number, headers: HeaderList, framing: Framing): Promise<void> {
    if (statusCode === 200) this.bills();
    await this.#writer.head(statusCode, headers, framing);
  }

  async streamHead(framing: Framing = 'chunked', headers: HeaderList = {}): Promise<void> {
    await this.head(200, { 'content-type': 'text/event-stream', ...headers }, framing);
  }

  async write(frames: readonly ChaosFrame[]): Promise<void> {
    for (const { text, outputTokens } of frames) {
      if (this.socket.destroyed) return;
      this.bill.outputTokens = Math.max(this.bill.outputTokens, outputTokens);
      await this.#writer.body(text);
    }
  }

  async body(piece: string | Buffer): Promise<void> {
    await this.#writer.body(piece);
  }

  /** Bytes outside of any framing. */
  async raw(bytes: string | Buffer): Promise<void> {
    await this.#writer.raw(bytes);
  }

  /** The proper end. `isUsageDelivered`: the last word on the counts was in it. */
  async end(isUsageDelivered: boolean): Promise<void> {
    if (this.socket.destroyed) return;
    this.bill.isUsageDelivered = isUsageDelivered;
    if (isUsageDelivered) this.bill.outputTokens = this.answer.usage.output;
    this.bill.isComplete = true;
    this.bill.isOver = true;
    this.detach();
    await this.#writer.end();
  }

  /** FIN, whatever was written so far. */
  cut(): void {
    this.#isEndedByUs = true;
    this.bill.isOver = true;
    this.socket.end();
  }

  /** RST. What the other side has not read yet is lost to it, so it gets the time to read. */
  async reset(): Promise<void> {
    this.#isEndedByUs = true;
    await pause(20);
    this.bill.isOver = true;
    this.socket.resetAndDestroy();
  }

  /** Nothing more comes; whatever the other side does about it. */
  async hang(): Promise<void> {
    if (this.socket.destroyed) return;
    await new Promise<void>((resolve) => this.socket.once('close', resolve));
  }

  /** The next request on the connection is nothing to this one. */
  detach(): void {
    this.socket.off('close', this.#onClose);
  }

  readonly #onClose = (): void => {
    this.bill.isOver = true;
    if (!this.#isEndedByUs) this.bill.hungUpAtMs = performance.now();
  };
}

/** Events of a stream before there is anything of the answer in it. */
const OPENING_EVENTS: Readonly<Record<UpstreamDialectId, number>> = {
  'google-generate': 0,
  'openai-chat': 1,
  'anthropic-messages': 2,
  'openai-responses': 2,
};

export async function pause(delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

function usageOf(answer: Answer, body: JsonObject): AnswerUsage {
  const words = countTokens(`${answer.thought ?? ''} ${answer.text ?? ''} ${answer.refusal ?? ''}`);
  const calls = (answer.calls ?? []).map((call) => countTokens(call.name + JSON.stringify(call.args)));
  const output = calls.reduce((sum, tokens) => sum + tokens, words);
  return { input: promptTokens(body), cached: 0, output, reasoning: countTokens(answer.thought ?? '') };
}

/** The events of a stream with what is billed when each is out. Words of thought and text come one event each, in order; calls are billed by the halves in which they come. */
export function chaosFrames(dialect: UpstreamDialectId, answer: Answer): ChaosFrame[] {
  const texts = [answer.thought, answer.text, answer.refusal].flatMap((text) => text?.split(/(?<= )/) ?? []);
  const pieces = [
    ...texts.map((text) => ({ text, wire: JSON.stringify(text) })),
    ...(answer.calls ?? []).flatMap(({ args }) => callPieces(JSON.stringify(args), dialect)),
  ];
  let next = 0;
  let outputTokens = 0;
  return streamFrames(dialect, answer).map((text) => {
    const piece = pieces[next];
    if (piece === undefined || !text.includes(piece.wire)) return { text, outputTokens };
    next++;
    outputTokens += countTokens(piece.text);
    return { text, outputTokens, piece: piece.text };
  });
}

/** Google's calls come whole and as objects, the others' as text in halves. */
function callPieces(args: string, dialect: UpstreamDialectId): { text: string; wire: string }[] {
  if (dialect === 'google-generate') return [{ text: args, wire: args }];
  const middle = Math.floor(args.length / 2);
  return [args.slice(0, middle), args.slice(middle)].map((text) => ({ text, wire: JSON.stringify(text) }));
}
