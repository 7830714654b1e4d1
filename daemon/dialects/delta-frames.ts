// Recognises events of a stream that say what one before them said but for the words. Most do: of 500 tokens 497. Once
// such an event has been read by the book, those that repeat it are compared byte by byte and only the words are taken
// out, .3 us an event instead of 3. Whatever differs anywhere else is read by the book again.

import type { StreamEvent } from '../conversation/stream-event.ts';

/** More text of a part that is open. */
export type Delta = Extract<StreamEvent, { readonly delta: string }>;

/** Between the bytes that are compared: the words, or what may differ because no decoder reads it. */
type Hole = 'words' | 'text' | 'number' | 'spaces';

interface Span {
  readonly start: number;
  readonly end: number;
  readonly hole: Hole;
}

/**
 * Padding against those who listen to sizes, and OpenAI's count of its events: in every event another, and no part of
 * the answer. Anthropic pads with spaces before the last brace, where JSON gives them no meaning.
 */
const UNREAD = /"obfuscation":"([^"]*)"|"sequence_number":(\d+)|\}( *)\}\s*$/dg;

/** Longer ones are rare, and not what takes the time. */
const MAX_TEMPLATE_BYTES = 4096;

const LF = '\n';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;

/** One event that was read, as what must be the same in another one: texts to be compared with holes between them. */
export class DeltaTemplate {
  /** What it meant. */
  readonly event: Delta;
  /** The words of the event that `match` has found last. */
  words = '';
  /** One more than there are holes; bytes as characters (latin1), so that offsets are the same in both. */
  readonly #literals: readonly string[];
  readonly #holes: readonly Hole[];

  private constructor(event: Delta, literals: readonly string[], holes: readonly Hole[]) {
    this.event = event;
    this.#literals = literals;
    this.#holes = holes;
  }

  /**
   * From the bytes of a frame and what the decoder made of it. Null where it cannot be told for certain where in the bytes
   * the words stand: without a backslash every string is spelled as it is, so the one that occurs once is it.
   */
  static of(raw: Buffer, events: readonly StreamEvent[]): DeltaTemplate | null {
    const [event] = events;
    if (event === undefined || events.length !== 1 || !('delta' in event)) return null;
    if (event.delta === '' || raw.length > MAX_TEMPLATE_BYTES) return null;
    const text = raw.toString('latin1');
    if (text.includes('\\') || !text.endsWith(LF)) return null;
    const spelled = `"${Buffer.from(event.delta).toString('latin1')}"`;
    const start = text.indexOf(spelled);
    if (start === -1 || text.includes(spelled, start + 1)) return null;
    const words: Span = { start: start + 1, end: start + spelled.length - 1, hole: 'words' };
    const spans = [words, ...unreadSpans(text)].toSorted((a, b) => a.start - b.start);
    if (spans.some((span, index) => span.start < (spans[index - 1]?.end ?? 0))) return null;
    const ends = [0, ...spans.map((span) => span.end)];
    const literals = ends.map((end, index) => text.slice(end, spans[index]?.start));
    return new DeltaTemplate(
      event,
      literals,
      spans.map((span) => span.hole),
    );
  }

  /**
   * Where the frame that begins at `at` ends; -1 when it is another one, or not whole. `text`: `chunk` as latin1. Says
   * yes only where the parser and the decoder would have made the same event of it, with `words` for its delta.
   */
  match(chunk: Buffer, text: string, at: number): number {
    let position = at;
    const holes = this.#holes;
    const literals = this.#literals;
    for (let index = 0; index < holes.length; index += 1) {
      const hole = holes[index] ?? 'words';
      const literal = literals[index] ?? '';
      if (!standsAt(text, literal, position)) return -1;
      position += literal.length;
      const end = hole === 'words' ? this.#wordsFrom(chunk, text, position) : endOfHole(hole, text, position);
      if (end === -1) return -1;
      position = end;
    }
    const last = literals[holes.length] ?? '';
    return standsAt(text, last, position) ? position + last.length : -1;
  }

  /** Up to the quote that ends them; -1 where there are none, or no JSON string. */
  #wordsFrom(chunk: Buffer, text: string, start: number): number {
    let hasEscape = false;
    let isAscii = true;
    let end = start;
    for (; ; end += 1) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) break;
      if (!(code >= 0x20)) return -1; // NaN: the chunk ends in the middle
      if (code >= 0x80) isAscii = false;
      if (code !== BACKSLASH) continue;
      hasEscape = true;
      end += 1;
    }
    if (end === start) return -1;
    const written = isAscii ? text.slice(start, end) : chunk.toString('utf8', start, end);
    const words = hasEscape ? unescaped(written) : written;
    if (words === undefined) return -1;
    this.words = words;
    return end;
  }
}

/** `startsWith` compares letter by letter; a slice is only a view, and equal ones are found as fast as memory is. */
function standsAt(text: string, literal: string, position: number): boolean {
  return text.slice(position, position + literal.length) === literal;
}

function unreadSpans(text: string): readonly Span[] {
  const kinds: readonly Hole[] = ['text', 'number', 'spaces'];
  return [...text.matchAll(UNREAD)].flatMap(({ indices }) =>
    kinds.flatMap((hole, group): readonly Span[] => {
      const at = indices?.[group + 1];
      return at === undefined ? [] : [{ start: at[0], end: at[1], hole }];
    }),
  );
}

function endOfHole(hole: Exclude<Hole, 'words'>, text: string, start: number): number {
  const belongs = BELONGS[hole];
  let end = start;
  while (belongs(text.charCodeAt(end))) end += 1;
  // Neither nothing nor 01 is a number.
  const isNumber = end > start && (end === start + 1 || text.charCodeAt(start) !== ZERO);
  return hole === 'number' && !isNumber ? -1 : end;
}

const BELONGS: Readonly<Record<Exclude<Hole, 'words'>, (code: number) => boolean>> = {
  text: isPlainCharacter,
  number: (code) => code >= ZERO && code <= 0x39,
  spaces: (code) => code === 0x20,
};

/** Of a JSON string, and no escape. */
function isPlainCharacter(code: number): boolean {
  return code >= 0x20 && code !== QUOTE && code !== BACKSLASH;
}

/** What a JSON string stands for; undefined for what is none. */
function unescaped(written: string): string | undefined {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return undefined;
  }
}
