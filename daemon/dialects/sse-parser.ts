// Bytes -> server-sent events, incrementally (https://html.spec.whatwg.org/multipage/server-sent-events.html, checked
// 2026-11-21). Keeps the exact bytes of every event, so that a stream can pass unchanged while it is being read.
// One departure from the standard, in `flush`: providers exist that leave out the last blank line.

import { RouterError } from '../errors.ts';
import { parseJsonObject } from '../util/json.ts';

/** One complete event of a stream. */
export interface SseFrame {
  /** The bytes as they arrived, with the blank line that ends the event. */
  readonly raw: Buffer;
  /** Value of the `event:` field; '' when there was none. */
  readonly event: string;
  /** `data:` lines joined with newlines; '' for comments and pings. */
  readonly data: string;
}

/** Takes the events of a chunk as they are found. */
export interface SseSink {
  frame(frame: SseFrame): void;
  /**
   * An event begins at `at` of the chunk. The offset up to which the sink has read on by itself, whole events only; `at`
   * when it leaves the next one to the parser.
   */
  skip(chunk: Buffer, at: number): number;
}

export interface SseParser {
  /**
   * Events that this chunk completes. Their `raw` bytes and those of `rest()`, in order, are the input. A frame that
   * lies in one chunk shares its memory. Throws `upstream.stream_interrupted` when an event outgrows the bound.
   */
  push(chunk: Buffer): readonly SseFrame[];
  /** The same for a reader that knows some events without the parser's help. */
  pushTo(chunk: Buffer, sink: SseSink): void;
  /** Bytes of the event that is not complete yet. */
  rest(): Buffer;
  /**
   * The stream has ended: gives out what is left when it is an event that only lacks its blank line, which some
   * providers forget after the last one. "Whole" means that its data is `[DONE]` or a complete JSON object, which no
   * torn event can be. Anything else stays in `rest()`.
   */
  flush(): readonly SseFrame[];
}

/** No event of a provider is near this size (an image in base64 is the largest); more is a fault or an attack. */
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xef;
const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');

export function createSseParser(maxEventBytes = MAX_EVENT_BYTES): SseParser {
  return new EventSplitter(maxEventBytes);
}

class EventSplitter implements SseParser {
  private readonly maxEventBytes: number;
  /** Start of the event that is not complete yet; grows by doubling, so that a drip of bytes costs linear time. */
  private held = Buffer.alloc(0);
  private heldBytes = 0;
  private isLineEmpty = true;
  /** A carriage return ended the last chunk: whether a line feed belongs to it shows in the next one. */
  private openReturn: 'none' | 'line' | 'blank' = 'none';
  private isFirst = true;

  constructor(maxEventBytes: number) {
    this.maxEventBytes = maxEventBytes;
  }

  push(chunk: Buffer): readonly SseFrame[] {
    const frames: SseFrame[] = [];
    this.pushTo(chunk, { frame: (frame) => frames.push(frame), skip: (_chunk, at) => at });
    return frames;
  }

  pushTo(chunk: Buffer, sink: SseSink): void {
    if (chunk.length === 0) return;
    let frameStart = 0;
    let at = 0;
    const finish = (end: number): void => {
      sink.frame(this.takeFrame(chunk.subarray(frameStart, end)));
      frameStart = sink.skip(chunk, end);
      at = frameStart;
    };
    if (this.openReturn !== 'none') {
      if (chunk[0] === LF) at = 1;
      if (this.openReturn === 'blank') finish(at);
      this.openReturn = 'none';
    } else if (this.heldBytes === 0 && this.isLineEmpty) {
      frameStart = sink.skip(chunk, 0);
      at = frameStart;
    }
    const lines = new LineEnds(chunk);
    while (at < chunk.length) {
      const lineEnd = lines.next(at);
      const isBlank = this.isLineEmpty && lineEnd === at;
      this.isLineEmpty = lineEnd !== -1;
      if (lineEnd === -1) break;
      if (chunk[lineEnd] === CR && lineEnd + 1 === chunk.length) {
        this.openReturn = isBlank ? 'blank' : 'line';
        break;
      }
      at = afterTerminator(chunk, lineEnd);
      if (isBlank) finish(at);
    }
    this.hold(chunk.subarray(frameStart));
  }

  rest(): Buffer {
    return Buffer.from(this.held.subarray(0, this.heldBytes));
  }

  flush(): readonly SseFrame[] {
    if (this.heldBytes === 0) return [];
    const frame = readFrame(this.rest(), this.isFirst);
    const isWhole =
      this.openReturn === 'blank' || frame.data === '[DONE]' || parseJsonObject(frame.data) !== undefined;
    if (!isWhole) return [];
    this.heldBytes = 0;
    return [frame];
  }

  private takeFrame(tail: Buffer): SseFrame {
    this.checkSize(tail.length);
    const raw = this.heldBytes === 0 ? tail : Buffer.concat([this.held.subarray(0, this.heldBytes), tail]);
    const frame = readFrame(raw, this.isFirst);
    this.heldBytes = 0;
    this.isFirst = false;
    return frame;
  }

  private hold(tail: Buffer): void {
    this.checkSize(tail.length);
    const needed = this.heldBytes + tail.length;
    if (needed > this.held.length) {
      const grown = Buffer.allocUnsafe(Math.max(1024, needed * 2));
      this.held.copy(grown, 0, 0, this.heldBytes);
      this.held = grown;
    }
    tail.copy(this.held, this.heldBytes);
    this.heldBytes = needed;
  }

  private checkSize(addedBytes: number): void {
    if (this.heldBytes + addedBytes <= this.maxEventBytes) return;
    throw new RouterError(
      'upstream.stream_interrupted',
      `the model's stream holds an event of more than ${this.maxEventBytes} bytes and was given up; try another model`,
    );
  }
}

/** The fields of one event. Unknown fields, `id`, `retry` and comments count for nothing here; `raw` has them. */
function readFrame(raw: Buffer, isFirst: boolean): SseFrame {
  let event = '';
  let data: string | undefined;
  const lines = new LineEnds(raw);
  let at = isFirst && raw[0] === BYTE_ORDER_MARK ? 3 : 0;
  while (at < raw.length) {
    const found = lines.next(at);
    const lineEnd = found === -1 ? raw.length : found;
    if (isField(raw, at, lineEnd, DATA)) {
      const value = fieldValue(raw, at + DATA.length, lineEnd);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (isField(raw, at, lineEnd, EVENT)) {
      event = fieldValue(raw, at + EVENT.length, lineEnd);
    }
    at = afterTerminator(raw, lineEnd);
  }
  return { raw, event, data: data ?? '' };
}

/** Ends of lines in order; remembers both searches, so that a text with only one kind of line end is walked once. */
class LineEnds {
  private readonly bytes: Buffer;
  private nextFeed: number;
  private nextReturn: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.nextFeed = bytes.indexOf(LF);
    this.nextReturn = bytes.indexOf(CR);
  }

  /** Offset of the first CR or LF at or behind `at`, -1 when there is none. `at` never goes back. */
  next(at: number): number {
    if (this.nextFeed !== -1 && this.nextFeed < at) this.nextFeed = this.bytes.indexOf(LF, at);
    if (this.nextReturn !== -1 && this.nextReturn < at) this.nextReturn = this.bytes.indexOf(CR, at);
    if (this.nextReturn === -1) return this.nextFeed;
    return this.nextFeed === -1 ? this.nextReturn : Math.min(this.nextFeed, this.nextReturn);
  }
}

function afterTerminator(bytes: Buffer, lineEnd: number): number {
  return bytes[lineEnd] === CR && bytes[lineEnd + 1] === LF ? lineEnd + 2 : lineEnd + 1;
}

function isField(raw: Buffer, start: number, lineEnd: number, name: Buffer): boolean {
  const nameEnd = start + name.length;
  if (nameEnd > lineEnd || raw[start] !== name[0]) return false;
  if (nameEnd < lineEnd && raw[nameEnd] !== COLON) return false;
  return name.compare(raw, start, nameEnd) === 0;
}

/** `start` lies on the colon, or on the line's end when the field has none. */
function fieldValue(raw: Buffer, start: number, lineEnd: number): string {
  const valueStart = raw[start + 1] === SPACE ? start + 2 : start + 1;
  return valueStart < lineEnd ? raw.toString('utf8', valueStart, lineEnd) : '';
}
