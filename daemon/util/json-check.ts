// The untrusting half of json-scan.ts: one pass without recursion over a JSON text that must be an object. Accepts
// exactly what JSON.parse accepts (RFC 8259), within bounds on depth and width.

import { RouterError } from '../errors.ts';
import type { EarlierBody } from './body-memory.ts';
import { commonRest, resumePoint } from './body-overlap.ts';
import type { BodyMember, Span } from './request-body.ts';

export interface ScanLimits {
  /** Levels of nesting, the outermost object counted as one. */
  readonly maxDepth: number;
  /** Members of any one object. Per object, since a long conversation has many small ones. */
  readonly maxKeys: number;
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const LOWER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const SIMPLE_ESCAPES = Buffer.from('"\\\\/bfnrt');
const LITERALS: ReadonlyMap<number, Buffer> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);

/** Longer arrays are not mapped, so that the map of a body of commas stays smaller than the body. */
const MAX_MAPPED_ELEMENTS = 10_000;

/**
 * Top-level members of the object in `bytes` (valid UTF-8). Throws `request.malformed` at the first fault. What an
 * `earlier` body under the same limits begins and ends with alike was found sound there, and is not looked at again.
 */
export function validateObject(
  bytes: Buffer,
  limits: ScanLimits,
  earlier?: EarlierBody,
): readonly BodyMember[] {
  return new ObjectCheck(bytes, limits, earlier).run();
}

class ObjectCheck {
  private readonly bytes: Buffer;
  private readonly limits: ScanLimits;
  private earlier: EarlierBody | undefined;
  private readonly entries: BodyMember[] = [];
  /** Opening byte and member count of each open container; index 0 is not used. */
  private readonly opened: Uint8Array;
  private readonly keyCounts: Uint32Array;
  /** The same memory as 32-bit words, from the first aligned offset on. */
  private readonly words: Int32Array;
  private readonly wordsStart: number;
  private depth = 0;
  private at = 0;
  /** Of the top-level member being read. */
  private key = '';
  private keyStart = 0;
  private valueStart = 0;
  /** Of that member where it is an array and not too long. */
  private elements: Span[] | undefined;
  private elementStart = 0;

  constructor(bytes: Buffer, limits: ScanLimits, earlier?: EarlierBody) {
    this.bytes = bytes;
    this.limits = limits;
    this.earlier = earlier;
    this.wordsStart = (4 - (bytes.byteOffset % 4)) % 4;
    const wordCount = Math.max(0, bytes.length - this.wordsStart) >> 2;
    const wordsOffset = wordCount > 0 ? bytes.byteOffset + this.wordsStart : 0;
    this.words = new Int32Array(bytes.buffer, wordsOffset, wordCount);
    this.opened = new Uint8Array(limits.maxDepth + 1);
    this.keyCounts = new Uint32Array(limits.maxDepth + 1);
  }

  run(): readonly BodyMember[] {
    if (this.skipHead()) this.closeFinished();
    else this.openBody();
    while (this.depth > 0) {
      if (this.depth === 2) this.elementStart = this.at;
      if (!this.readValue()) this.closeFinished();
    }
    if (this.at < this.bytes.length) this.refuse('nothing may follow the end of the object');
    return this.entries;
  }

  private openBody(): void {
    this.skipSpace();
    if (this.bytes[this.at] !== OPEN_OBJECT) this.refuse('the body must be one JSON object');
    if (!this.readValue()) this.closeFinished();
  }

  /** Takes over what the earlier body begins with alike; false when there is nothing. */
  private skipHead(): boolean {
    const point = this.earlier && resumePoint(this.earlier);
    if (point === undefined) return false;
    const { entry, element, elements } = point;
    this.entries.push(...point.entries);
    this.key = entry.key;
    this.keyStart = entry.keyStart;
    this.valueStart = entry.value.start;
    this.elements = elements?.slice();
    this.elementStart = element?.start ?? 0;
    this.depth = element === undefined ? 1 : 2;
    this.opened[1] = OPEN_OBJECT;
    this.opened[2] = OPEN_ARRAY;
    this.keyCounts[1] = this.entries.length + 1;
    this.at = (element ?? entry.value).end;
    return true;
  }

  /** Behind a member: takes over the rest where the earlier body ends alike. */
  private skipTail(): void {
    const { earlier, bytes } = this;
    const restBytes = bytes.length - this.at;
    if (earlier === undefined || restBytes > earlier.sameTailBytes) return;
    const rest = commonRest(earlier, bytes, restBytes);
    // Where it does not fit the first time it never does; trying behind every member would cost the square of them.
    this.earlier = undefined;
    if (rest === undefined || this.entries.length + rest.length > this.limits.maxKeys) return;
    this.entries.push(...rest);
    this.depth = 0;
    this.at = this.bytes.length;
  }

  /** Reads a scalar or an empty container whole (false); of any other container the opening (true). */
  private readValue(): boolean {
    const first = this.bytes[this.at];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.open(first);
    if (first === QUOTE) this.readString();
    else if (first === MINUS || isDigit(first)) this.readNumber();
    else this.readLiteral(first);
    return false;
  }

  private open(first: number): boolean {
    if (this.depth === this.limits.maxDepth) {
      this.refuse(`the body is nested deeper than ${this.limits.maxDepth} levels`);
    }
    this.depth += 1;
    this.opened[this.depth] = first;
    this.keyCounts[this.depth] = 0;
    if (this.depth === 2) this.elements = first === OPEN_ARRAY ? [] : undefined;
    this.at += 1;
    this.skipSpace();
    if (this.bytes[this.at] === closerOf(first)) {
      this.depth -= 1;
      this.at += 1;
      return false;
    }
    if (first === OPEN_OBJECT) this.readKey();
    return true;
  }

  /** Behind a value: closes every container that ends here, then moves on to the next value. */
  private closeFinished(): void {
    for (;;) {
      if (this.depth === 1) this.keepEntry();
      else if (this.depth === 2) this.keepElement();
      this.skipSpace();
      if (this.depth === 0) return;
      const opener = this.opened[this.depth];
      const byte = this.bytes[this.at];
      if (byte === COMMA) {
        this.at += 1;
        this.skipSpace();
        if (opener === OPEN_OBJECT) this.readKey();
        return;
      }
      if (byte !== closerOf(opener)) this.refuse(`expected ',' or '${opener === OPEN_OBJECT ? '}' : ']'}'`);
      this.depth -= 1;
      this.at += 1;
    }
  }

  private keepEntry(): void {
    const value = { start: this.valueStart, end: this.at };
    const { key, keyStart, elements } = this;
    this.entries.push({ key, keyStart, value, ...(elements === undefined ? {} : { elements }) });
    this.elements = undefined;
    this.skipTail();
  }

  private keepElement(): void {
    if (this.elements === undefined) return;
    this.elements.push({ start: this.elementStart, end: this.at });
    if (this.elements.length > MAX_MAPPED_ELEMENTS) this.elements = undefined;
  }

  private readKey(): void {
    const start = this.at;
    if (this.bytes[start] !== QUOTE) this.refuse('expected a name in double quotes');
    const count = (this.keyCounts[this.depth] ?? 0) + 1;
    if (count > this.limits.maxKeys) this.refuse(`an object has more than ${this.limits.maxKeys} members`);
    this.keyCounts[this.depth] = count;
    this.readString();
    const end = this.at;
    this.skipSpace();
    if (this.bytes[this.at] !== COLON) this.refuse("expected ':' after the name");
    this.at += 1;
    this.skipSpace();
    if (this.depth > 1) return;
    this.key = JSON.parse(this.bytes.toString('utf8', start, end)) as string;
    this.keyStart = start;
    this.valueStart = this.at;
  }

  private readString(): void {
    const { bytes } = this;
    const start = this.at;
    let at = this.endOfPlain(start + 1);
    for (;;) {
      const byte = bytes[at] ?? -1;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) at = this.endOfPlain(this.endOfEscape(at));
      else if (byte >= 0x20) at = this.endOfPlain(at + 1);
      else if (byte === -1) this.refuse('a string is not closed', start);
      else this.refuse('a control character inside a string must be escaped', at);
    }
    this.at = at + 1;
  }

  /**
   * Skips four bytes at a time while none of them can matter inside a string: most of a request is prose, and a plain
   * loop over it is four times slower. Stops early wherever in doubt.
   */
  private endOfPlain(start: number): number {
    const { bytes, words, wordsStart } = this;
    let at = start;
    while (((at - wordsStart) & 3) !== 0) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return at;
      at += 1;
    }
    let index = (at - wordsStart) >> 2;
    for (; index < words.length; index += 1) {
      const word = words[index] ?? 0;
      // Classic zero-byte test, three times: a byte below 0x20, a quote, a backslash. Bytes from 0x80 up never match.
      const quotes = word ^ 0x22222222;
      const backslashes = word ^ 0x5c5c5c5c;
      const hits =
        ((word - 0x20202020) & ~word) |
        ((quotes - 0x01010101) & ~quotes) |
        ((backslashes - 0x01010101) & ~backslashes);
      if ((hits & 0x80808080) !== 0) break;
    }
    return wordsStart + index * 4;
  }

  private endOfEscape(at: number): number {
    const byte = this.bytes[at + 1];
    if (byte === LOWER_U) {
      for (let index = at + 2; index < at + 6; index += 1) {
        if (!isHexDigit(this.bytes[index])) this.refuse('\\u must be followed by four hex digits', at);
      }
      return at + 6;
    }
    if (byte === undefined || !SIMPLE_ESCAPES.includes(byte)) this.refuse('unknown escape in a string', at);
    return at + 2;
  }

  private readNumber(): void {
    if (this.bytes[this.at] === MINUS) this.at += 1;
    if (this.bytes[this.at] === ZERO) this.at += 1;
    else this.readDigits();
    if (this.bytes[this.at] === DOT) {
      this.at += 1;
      this.readDigits();
    }
    const exponent = this.bytes[this.at];
    if (exponent !== LOWER_E && exponent !== UPPER_E) return;
    this.at += 1;
    const sign = this.bytes[this.at];
    if (sign === PLUS || sign === MINUS) this.at += 1;
    this.readDigits();
  }

  private readDigits(): void {
    if (!isDigit(this.bytes[this.at])) this.refuse('expected a digit');
    while (isDigit(this.bytes[this.at])) this.at += 1;
  }

  private readLiteral(first: number | undefined): void {
    const word = first === undefined ? undefined : LITERALS.get(first);
    const end = this.at + (word?.length ?? 0);
    if (word === undefined || word.compare(this.bytes, this.at, Math.min(end, this.bytes.length)) !== 0) {
      this.refuse('expected a value');
    }
    this.at = end;
  }

  private skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at += 1;
    }
  }

  private refuse(what: string, at = this.at): never {
    const before = this.bytes.subarray(0, at);
    const line = before.toString('latin1').split('\n').length;
    const column = at - before.lastIndexOf(0x0a);
    const byte = this.bytes[at];
    let found = `, found byte 0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
    if (byte === undefined) found = ', but the body ends there';
    else if (byte > 0x20 && byte < 0x7f) found = `, found '${String.fromCharCode(byte)}'`;
    throw new RouterError(
      'request.malformed',
      `the request body is not usable JSON at byte ${at} (line ${line}, column ${column}): ${what}${found}`,
    );
  }
}

function closerOf(opener: number | undefined): number {
  return opener === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
