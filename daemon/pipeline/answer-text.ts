// What one answer says, as a person would read it: text and refusals as they come, tool calls in brackets, thoughts left
// out. On the request path, so it only appends strings, up to a bound.

import type { StreamEvent } from '../conversation/stream-event.ts';

/** Characters that are kept of an answer. */
export const MAX_TEXT_CHARS = 256 * 1024;

/** Two bytes a character is the most that the engine takes. */
const BYTES_PER_CHAR = 2;
/** Tokens come one by one and each string has a head of its own, so now and then they become one. */
const MAX_STRINGS = 512;
const CUT_MARK = '[the rest is not kept]';

/** Text, or the input of one call. */
interface Part {
  /** Of the call; null = text. */
  readonly call: { readonly id: string; readonly name: string } | null;
  strings: string[];
}

export class AnswerText {
  readonly #parts: Part[] = [];
  #chars = 0;
  #hasBegun = false;

  /** Answers by how many bytes the text has grown. Only the first of several choices is kept. */
  observe(events: readonly StreamEvent[]): number {
    const before = this.#chars;
    for (const event of events) {
      this.#hasBegun = true;
      if ('choice' in event && event.choice === 0) this.#one(event);
    }
    return (this.#chars - before) * BYTES_PER_CHAR;
  }

  /** null = nothing was answered. */
  text(): string | null {
    if (!this.#hasBegun) return null;
    const texts = this.#parts.map(({ call, strings }) => {
      const written = strings.join('');
      return call === null ? written : `[tool call ${call.name}(${written})]`;
    });
    if (this.#chars >= MAX_TEXT_CHARS) texts.push(CUT_MARK);
    return texts.join('\n\n');
  }

  /** Many small strings become few. */
  join(): void {
    for (const part of this.#parts) if (part.strings.length > 1) part.strings = [part.strings.join('')];
  }

  #one(event: Extract<StreamEvent, { choice: number }>): void {
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
        this.#add(this.#textPart(), event.delta);
        break;
      case 'tool-input-start':
        this.#start({ id: event.id, name: event.name });
        break;
      case 'tool-input-delta': {
        // Calls may be written side by side.
        const part = this.#parts.findLast(({ call }) => call?.id === event.id);
        if (part !== undefined) this.#add(part, event.delta);
        break;
      }
      default:
        break;
    }
  }

  /** One part for text that nothing else stands between: vendors split a sentence where a citation begins. */
  #textPart(): Part {
    const last = this.#parts.at(-1);
    return last?.call === null ? last : this.#start(null);
  }

  #start(call: Part['call']): Part {
    const part: Part = { call, strings: [] };
    // A hostile answer could begin a call with every event.
    if (this.#chars >= MAX_TEXT_CHARS) return part;
    this.#chars += PART_CHARS + (call?.name.length ?? 0);
    this.#parts.push(part);
    return part;
  }

  #add(part: Part, delta: string): void {
    const room = MAX_TEXT_CHARS - this.#chars;
    if (room <= 0 || delta === '') return;
    part.strings.push(delta.length <= room ? delta : delta.slice(0, room));
    this.#chars += Math.min(delta.length, room);
    if (part.strings.length >= MAX_STRINGS) part.strings = [part.strings.join('')];
  }
}

/** What a part takes besides its text, roughly. */
const PART_CHARS = 64;
