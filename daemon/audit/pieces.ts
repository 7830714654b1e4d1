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
  const rest = new Rest(handler.maxPieceBytes ?? MAX_PIECE_BYTES);
  let depth = 0;
  /** Depth of the objects that are wanted; 0 = not inside of the array. */
  let wantedDepth = 0;
  let isInString = false;
  let isEscaped = false;
  let key = '';
  let isInPiece = false;
  const open = (byte: number): boolean => {
    depth += 1;
    if (byte === OPEN_ARRAY && wantedDepth === 0) {
      if (depth === 1 || (depth === 2 && key === 'messages')) wantedDepth = depth + 1;
    }
    return byte === OPEN_OBJECT && depth === wantedDepth;
  };
  const push = (chunk: Buffer): void => {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInString = false;
        else if (depth === 1 && key.length < MAX_KEY_CHARS) key += String.fromCharCode(byte ?? 0);
      } else if (byte === QUOTE) {
        isInString = true;
        if (depth === 1) key = '';
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (open(byte)) {
          isInPiece = true;
          start = at;
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (isInPiece && depth === wantedDepth) {
          isInPiece = false;
          const piece = rest.take(chunk.subarray(start, at + 1));
          if (piece === null) handler.onBroken();
          else handler.onPiece(piece);
        }
        depth -= 1;
        if (depth < wantedDepth - 1) wantedDepth = 0;
      }
    }
    if (isInPiece) rest.add(chunk.subarray(start));
  };
  return {
    push,
    end() {
      if (isInPiece || depth > 0) handler.onBroken();
    },
  };
}

const MAX_KEY_CHARS = 32;
