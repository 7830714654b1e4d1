// Ways to cut a recorded stream, since recordings keep no packet boundaries: whole, byte by byte, and torn at every
// kind of place that a parser could get wrong.

export interface Splitting {
  readonly name: string;
  /** Bytes as they are to be fed; may differ from the recording only in its line ends. */
  readonly chunks: (bytes: Buffer) => readonly Buffer[];
}

const LF = 0x0a;

/** Cuts in front of every offset for which `isCut` holds. */
function cutWhere(isCut: (bytes: Buffer, at: number) => boolean): (bytes: Buffer) => readonly Buffer[] {
  return (bytes) => {
    const chunks: Buffer[] = [];
    let start = 0;
    for (let at = 1; at < bytes.length; at += 1) {
      if (!isCut(bytes, at)) continue;
      chunks.push(bytes.subarray(start, at));
      start = at;
    }
    chunks.push(bytes.subarray(start));
    return chunks;
  };
}

const everyBytes = (size: number) => cutWhere((_bytes, at) => at % size === 0);

/** A small generator of its own, so that every run cuts alike. */
function randomCuts(seed: number, oneIn: number): (bytes: Buffer) => readonly Buffer[] {
  return (bytes) => {
    let state = seed;
    return cutWhere(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % oneIn === 0;
    })(bytes);
  };
}

const before = (...wanted: readonly number[]) => cutWhere((bytes, at) => wanted.includes(bytes[at] ?? -1));
const after = (...wanted: readonly number[]) => cutWhere((bytes, at) => wanted.includes(bytes[at - 1] ?? -1));

const withLineEnds = (end: string, cut: (bytes: Buffer) => readonly Buffer[]) => (bytes: Buffer) =>
  cut(Buffer.from(bytes.toString('latin1').replaceAll(/\r?\n/g, end), 'latin1'));

export const SPLITTINGS: readonly Splitting[] = [
  { name: 'whole', chunks: (bytes) => [bytes] },
  { name: 'byte by byte', chunks: everyBytes(1) },
  { name: 'two bytes', chunks: everyBytes(2) },
  { name: 'three bytes', chunks: everyBytes(3) },
  { name: 'seven bytes', chunks: everyBytes(7) },
  { name: '64 bytes', chunks: everyBytes(64) },
  { name: '1,000 bytes', chunks: everyBytes(1000) },
  { name: 'before line ends', chunks: before(LF) },
  { name: 'after line ends', chunks: after(LF) },
  { name: 'between two line ends', chunks: cutWhere((b, at) => b[at - 1] === LF && b[at] === LF) },
  { name: 'before colons', chunks: before(0x3a) },
  { name: 'after colons', chunks: after(0x3a) },
  {
    name: 'after the space of a field',
    chunks: cutWhere((b, at) => b[at - 1] === 0x20 && b[at - 2] === 0x3a),
  },
  { name: 'inside the field name', chunks: cutWhere((b, at) => b[at - 2] === LF) },
  {
    name: 'inside characters',
    chunks: cutWhere((bytes, at) => (bytes[at] ?? 0) >= 0x80 && (bytes[at] ?? 0) < 0xc0),
  },
  { name: 'after backslashes', chunks: after(0x5c) },
  { name: 'around quotes', chunks: before(0x22) },
  { name: 'around braces', chunks: after(0x7b, 0x7d) },
  { name: 'random, seed 1', chunks: randomCuts(1, 11) },
  { name: 'random, seed 2', chunks: randomCuts(2, 97) },
  { name: 'random, seed 3', chunks: randomCuts(3, 701) },
  { name: 'CRLF, whole', chunks: withLineEnds('\r\n', (bytes) => [bytes]) },
  { name: 'CRLF, torn between CR and LF', chunks: withLineEnds('\r\n', before(LF)) },
  { name: 'CRLF, five bytes', chunks: withLineEnds('\r\n', everyBytes(5)) },
  { name: 'CR, three bytes', chunks: withLineEnds('\r', everyBytes(3)) },
];
