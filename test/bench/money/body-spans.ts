// Where things stand in the bytes of a JSON body: the spans of its members and of the elements of a list. Own code,
// without the daemon's scanner: a body that it would misread shows here.

/** The very bytes of members of a body, lists element by element, in the order of `names`; absent ones are left out. */
export function piecesOf(body: Buffer, names: readonly string[]): readonly string[] {
  const members = membersOf(body);
  return names.flatMap((name) => {
    const span = members.get(name);
    if (span === undefined) return [];
    const spans = body[span[0]] === OPEN_ARRAY ? elementsOf(body, span[0]) : [span];
    return spans.map(([start, end]) => `${name} ${body.toString('utf8', start, end)}`);
  });
}

export type Span = readonly [start: number, end: number];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export function membersOf(body: Buffer): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>();
  let at = behindSpace(body, 0);
  if (body[at] !== OPEN_OBJECT) throw new Error('the body of an upstream request is no JSON object');
  at = behindSpace(body, at + 1);
  while (at < body.length && body[at] !== CLOSE_OBJECT) {
    const nameEnd = endOfString(body, at);
    const name = body.toString('utf8', at + 1, nameEnd - 1);
    at = behindSpace(body, nameEnd);
    if (body[at] !== COLON) throw new Error('the body of an upstream request is no JSON');
    const start = behindSpace(body, at + 1);
    const end = endOfValue(body, start);
    members.set(name, [start, end]);
    at = behindSpace(body, end);
    if (body[at] === COMMA) at = behindSpace(body, at + 1);
  }
  return members;
}

export function elementsOf(body: Buffer, open: number): readonly Span[] {
  const spans: Span[] = [];
  let at = behindSpace(body, open + 1);
  while (at < body.length && body[at] !== CLOSE_ARRAY) {
    const end = endOfValue(body, at);
    spans.push([at, end]);
    at = behindSpace(body, end);
    if (body[at] === COMMA) at = behindSpace(body, at + 1);
  }
  return spans;
}

function endOfValue(body: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  while (at < body.length) {
    const byte = body[at];
    if (byte === QUOTE) {
      at = endOfString(body, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && byte === COMMA) return at;
    at += 1;
  }
  return at;
}

function endOfString(body: Buffer, start: number): number {
  for (let quote = body.indexOf(QUOTE, start + 1); quote >= 0; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (body[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new Error('a string in the body of an upstream request does not end');
}

function behindSpace(body: Buffer, start: number): number {
  let at = start;
  while (at < body.length && (body[at] ?? 0) <= 0x20) at += 1;
  return at;
}
