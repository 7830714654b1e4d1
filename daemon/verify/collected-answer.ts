// Gathers what one answer says as its events pass by: text, calls, how it ended. On the request path, so it only appends
// strings, up to a bound; nothing is looked at before the end.

import type { FinishReason, StreamEvent } from '../conversation/stream-event.ts';

/** Characters that are kept of an answer; what comes after them is not judged. */
export const MAX_KEPT_CHARS = 256 * 1024;

export interface CollectedCall {
  readonly name: string;
  /** JSON, or free text when `isText`. */
  readonly input: string;
  readonly isText: boolean;
}

export interface CollectedAnswer {
  readonly text: string;
  readonly calls: readonly CollectedCall[];
  readonly hasRefusal: boolean;
  /** Something that has no words here: citations, audio, a tool that the provider runs itself. */
  readonly hasOther: boolean;
  /** undefined = the answer never came to its end. */
  readonly finishReason: FinishReason | undefined;
  /** Characters written, thoughts included. */
  readonly writtenChars: number;
  /** As reported, thoughts included; undefined = not reported. */
  readonly outputTokens: number | undefined;
  /** More was written than is kept, so that the end is missing here and nowhere else. */
  readonly isPartlyKept: boolean;
}

/** Tokens come one by one and each string has a head of its own, so now and then they become one. */
const MAX_STRINGS = 512;
/** What a piece takes besides its text, roughly: a hostile answer could begin a call with every event. */
const PIECE_CHARS = 64;

type Piece = { readonly id: string; strings: string[] } & (
  { readonly type: 'text' } | { readonly type: 'call'; readonly name: string; readonly isText: boolean }
);

export class AnswerCollector {
  readonly #pieces: Piece[] = [];
  #keptChars = 0;
  #writtenChars = 0;
  #outputTokens: number | undefined;
  #hasRefusal = false;
  #hasOther = false;
  #finishReason: FinishReason | undefined;

  /** Only the first of several choices is looked at. */
  observe(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if (event.type === 'usage') this.#outputTokens = event.usage.outputTokens;
      else if ('choice' in event && event.choice === 0) this.#one(event);
    }
  }

  answer(): CollectedAnswer {
    return {
      text: this.#text(),
      calls: this.#pieces.flatMap((piece) =>
        piece.type === 'call'
          ? [{ name: piece.name, input: piece.strings.join(''), isText: piece.isText }]
          : [],
      ),
      hasRefusal: this.#hasRefusal,
      hasOther: this.#hasOther,
      finishReason: this.#finishReason,
      writtenChars: this.#writtenChars,
      outputTokens: this.#outputTokens,
      isPartlyKept: this.#keptChars >= MAX_KEPT_CHARS,
    };
  }

  #one(event: Extract<StreamEvent, { choice: number }>): void {
    switch (event.type) {
      case 'text-delta':
        this.#keep(this.#textPiece(event.id), event.delta);
        break;
      case 'tool-input-start':
        this.#begin({
          type: 'call',
          id: event.id,
          name: event.name,
          isText: event.isText === true,
          strings: [],
        });
        break;
      case 'tool-input-delta': {
        const call = this.#pieces.findLast((piece) => piece.type === 'call' && piece.id === event.id);
        if (call !== undefined) this.#keep(call, event.delta);
        break;
      }
      case 'reasoning-delta':
        this.#writtenChars += event.delta.length;
        break;
      case 'refusal-delta':
        this.#hasRefusal ||= event.delta !== '';
        break;
      case 'other-content':
        this.#hasOther = true;
        break;
      case 'choice-end':
        this.#finishReason = event.finishReason;
        break;
      default:
        break;
    }
  }

  /** One piece for text that nothing but text stands between: vendors split a sentence where a citation begins. */
  #textPiece(id: string): Piece {
    const last = this.#pieces.at(-1);
    if (last?.type === 'text') return last;
    return this.#begin({ type: 'text', id, strings: [] });
  }

  #begin(piece: Piece): Piece {
    if (this.#keptChars >= MAX_KEPT_CHARS) return piece;
    if (this.#pieces.length > 0) this.#keptChars += PIECE_CHARS;
    this.#pieces.push(piece);
    return piece;
  }

  #keep(piece: Piece, delta: string): void {
    this.#writtenChars += delta.length;
    const room = MAX_KEPT_CHARS - this.#keptChars;
    if (room <= 0) return;
    piece.strings.push(delta.length <= room ? delta : delta.slice(0, room));
    this.#keptChars += Math.min(delta.length, room);
    if (piece.strings.length >= MAX_STRINGS) piece.strings = [piece.strings.join('')];
  }

  #text(): string {
    const texts = this.#pieces
      .filter((piece) => piece.type === 'text')
      .map((piece) => piece.strings.join(''));
    return texts.join('\n\n');
  }
}
