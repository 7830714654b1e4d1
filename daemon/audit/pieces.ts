// Cuts a file that arrives in chunks into the pieces that readers take: lines, or the elements of a JSON array. Memory is
// bounded by the longest piece.

/** Longer than any line that assistants write; such a piece is left out. */
export const MAX_PIECE_BYTES = 64 * 1024 * 1024;

export interface PieceCutter {
  push(chunk: Buffer): void;
  /** Hands out what is left. */
  end(): void;
}

export interface PieceHandler {
  readonly onPiece: (bytes: Buffer) => void;
  /** A piece above `MAX_PIECE_BYTES`, or a rest that is no whole piece. */
  readonly onBroken: () => void;
  readonly maxPieceBytes?: number;
}

const NEWLINE = 0x0a;

/** Lines without their ends; empty ones are left out. */
export function createLineCutter(handler: PieceHandler): PieceCutter {
  const rest = new Rest(handler.maxPieceBytes ?? MAX_PIECE_BYTES);
  const give = (line: Buffer): void => {
    if (!isBlank(line)) handler.onPiece(line);
  };
  const finish = (last: Buffer): void => {
    const line = rest.take(last);
    if (line === null) handler.onBroken();
    else give(line);
  };
  return {
    push(chunk) {
      let start = 0;
      let end = chunk.indexOf(NEWLINE);
      if (end >= 0 && !rest.isEmpty) {
        finish(chunk.subarray(0, end));
        start = end + 1;
        end = chunk.indexOf(NEWLINE, start);
      }
      for (; end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        give(chunk.subarray(start, end));
        start = end + 1;
      }
      if (start < chunk.length) rest.add(chunk.subarray(start));
    },
    end() {
      if (!rest.isEmpty) finish(EMPTY);
    },
  };
}

const EMPTY = Buffer.alloc(0);

/** The beginning of a piece whose end has not come yet. */
class Rest {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Copies, since chunks are used again. Of a piece that is too long only the length is kept. */
  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) this.#parts = [];
    else this.#parts.push(Buffer.from(part));
  }

  /** The whole piece; null = it was too long. */
  take(last: Buffer): Buffer | null {
    const isTooLong = this.#bytes + last.length > this.#maxBytes;
    const whole = isTooLong ? null : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The objects in the array that the whole file is, or in the member `messages` of the object that it is. Nothing else
 * of JSON is checked: an element that is none fails when it is parsed.
 */
export function createElementCutter(handler: PieceHandler): PieceCutter {
  return new ElementCutter(handler);
}

const MAX_KEY_CHARS = 32;

class ElementCutter implements PieceCutter {
  readonly #handler: PieceHandler;
  readonly #rest: Rest;
  #depth = 0;
  /** Depth of the objects that are wanted; 0 = not inside of the array. */
  #wantedDepth = 0;
  #isInString = false;
  /** The next byte stands behind a backslash. */
  #isEscaped = false;
  /** The last string of the outermost object: a name where something opens behind it. */
  #key = '';
  #isInPiece = false;
  /** Where the piece begins in the chunk. */
  #start = 0;

  constructor(handler: PieceHandler) {
    this.#handler = handler;
    this.#rest = new Rest(handler.maxPieceBytes ?? MAX_PIECE_BYTES);
  }

  push(chunk: Buffer): void {
    this.#start = 0;
    for (let at = 0; at < chunk.length;) {
      at = this.#isInString ? this.#throughString(chunk, at) : this.#toNextString(chunk, at);
    }
    if (this.#isInPiece) this.#rest.add(chunk.subarray(this.#start));
  }

  end(): void {
    if (this.#isInPiece || this.#depth > 0) this.#handler.onBroken();
  }

  /** Offset behind the string, or the end of the chunk. */
  #throughString(chunk: Buffer, start: number): number {
    let at = this.#isEscaped ? start + 1 : start;
    this.#isEscaped = false;
    while (at < chunk.length && chunk[at] !== QUOTE) at += chunk[at] === BACKSLASH ? 2 : 1;
    this.#isEscaped = at > chunk.length;
    this.#isInString = at >= chunk.length;
    if (this.#depth === 1 && this.#key.length < MAX_KEY_CHARS) {
      this.#key += chunk.toString('latin1', start, Math.min(at, start + MAX_KEY_CHARS));
    }
    return Math.min(at + 1, chunk.length);
  }

  /** Offset behind the quote that opens the next string, or the end of the chunk. */
  #toNextString(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        this.#isInString = true;
        if (this.#depth === 1) this.#key = '';
        return at + 1;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte, at);
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#close(chunk, at);
    }
    return chunk.length;
  }

  #open(byte: number, at: number): void {
    this.#depth += 1;
    if (byte === OPEN_ARRAY && this.#wantedDepth === 0) {
      const isWanted = this.#depth === 1 || (this.#depth === 2 && this.#key === 'messages');
      if (isWanted) this.#wantedDepth = this.#depth + 1;
    }
    if (byte !== OPEN_OBJECT || this.#depth !== this.#wantedDepth) return;
    this.#isInPiece = true;
    this.#start = at;
  }

  #close(chunk: Buffer, at: number): void {
    if (this.#isInPiece && this.#depth === this.#wantedDepth) {
      this.#isInPiece = false;
      const piece = this.#rest.take(chunk.subarray(this.#start, at + 1));
      if (piece === null) this.#handler.onBroken();
      else this.#handler.onPiece(piece);
    }
    this.#depth -= 1;
    if (this.#depth < this.#wantedDepth - 1) this.#wantedDepth = 0;
  }
}
