// What a wire format of the SIMULATED providers must be able to do: three of them speak three formats, written here a
// second time and without the daemon's codecs, so that a mistake in those shows.

import type { DialectId } from '../protocol/vocabulary.ts';
import type { JsonObject } from '../util/json.ts';

/** What a simulated model makes of a request. */
export interface SimulatedAsk {
  /** The last that the user wrote; what tools returned is not of the user. */
  readonly words: string;
  /** Results of tools since then. */
  readonly toolResults: number;
  readonly hasTools: boolean;
  readonly wantsJson: boolean;
  readonly wantsThoughts: boolean;
}

export interface SimulatedAnswer {
  /** '' = it did not think, or does not show it. */
  readonly thought: string;
  readonly text: string;
  readonly toolCall: { readonly name: string; readonly input: string } | null;
}

export interface SimulatedUsage {
  /** All of the prompt; the next two are parts of it. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Written to the prompt cache, where that is billed apart. */
  readonly writtenTokens: number;
  readonly outputTokens: number;
  readonly thoughtTokens: number;
}

/** One answer, before it is put into words of a wire format. */
export interface SimulatedTurn {
  /** Unique among all simulated providers. */
  readonly id: string;
  readonly model: string;
  readonly answer: SimulatedAnswer;
  /** The vendor's proof that its model thought this. */
  readonly proof: string;
  readonly usage: SimulatedUsage;
}

/** A piece of a prompt as a prompt cache sees it. */
export interface PromptPiece {
  readonly text: string;
  /** The client asked to have the prompt cached up to here. */
  readonly isMarked: boolean;
}

export interface SealedThought {
  readonly thought: string;
  readonly proof: string;
}

export interface SimulatedFrame {
  readonly text: string;
  /** How much of the answer is in it; that is what a vendor bills when the line breaks. */
  readonly answerBytes: number;
}

export interface SimulatedWire {
  readonly dialect: DialectId;
  readonly path: string;
  readAsk(body: JsonObject): SimulatedAsk;
  promptOf(body: JsonObject): readonly PromptPiece[];
  /** Thoughts that came back with the conversation, with the proofs that came with them. */
  thoughtsOf(body: JsonObject): readonly SealedThought[];
  plain(turn: SimulatedTurn): JsonObject;
  frames(turn: SimulatedTurn, body: JsonObject): readonly SimulatedFrame[];
  error(message: string): JsonObject;
}

/** One server-sent event; `answer` is the part of the answer in it. */
export function frameOf(data: JsonObject, answer = ''): SimulatedFrame {
  const event = typeof data['type'] === 'string' ? `event: ${data['type']}\n` : '';
  return { text: `${event}data: ${JSON.stringify(data)}\n\n`, answerBytes: Buffer.byteLength(answer) };
}

/** Words, each with the white space behind it: the pieces that an answer is streamed in. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}
