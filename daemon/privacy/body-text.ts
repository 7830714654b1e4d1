// Every word that the bytes of a JSON request carry, keys included, as one text to search in: escapes resolved, also
// those of JSON inside of strings (tool arguments), and text that was sent as base64. Reads the bytes themselves and not
// their parse, since of two members of one name a parse keeps one and a provider gets both.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Arguments of a tool inside of arguments of a tool; deeper is not looked. */
const MAX_UNESCAPES = 3;
/** Shorter runs are names and ids. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{64,}={0,2}/g;
/** Enough to tell text from a picture or a program before all of it is decoded; a multiple of 4. */
const GLIMPSE_CHARS = 256;

/** The body must have passed the scan of `parseRequestBody`. */
export function textOfBody(bytes: Buffer): string {
  const texts: string[] = [];
  let at = bytes.indexOf(QUOTE);
  while (at >= 0) {
    const end = endOfString(bytes, at + 1);
    const text = unquoted(bytes, at, end);
    if (text.length > 1) texts.push(text, ...otherForms(text));
    at = bytes.indexOf(QUOTE, end + 1);
  }
  const all = texts.join('\n');
  // Letters that are put together from two code points are written so by some file systems.
  return all.normalize('NFC');
}

/** Offset of the closing quote. */
function endOfString(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(QUOTE, start);
  while (at >= 0) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
    at = bytes.indexOf(QUOTE, at + 1);
  }
  return bytes.length;
}

function unquoted(bytes: Buffer, quoteAt: number, end: number): string {
  const escape = bytes.indexOf(BACKSLASH, quoteAt);
  const raw = bytes.toString('utf8', quoteAt + 1, end);
  return escape >= 0 && escape < end ? withoutEscapes(raw) : raw;
}

/** What else the same text may be read as. */
function otherForms(text: string): readonly string[] {
  const forms: string[] = [];
  let form = text;
  for (let round = 0; round < MAX_UNESCAPES && form.includes('\\'); round += 1) {
    form = withoutEscapes(form);
    forms.push(form);
  }
  return [...forms, ...[text, ...forms].flatMap(textsInBase64)];
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Takes any text: what is no escape stays as it is. */
function withoutEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/nrtbf]))/g, (_, code?: string, letter = '') =>
    code === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function textsInBase64(text: string): readonly string[] {
  const texts: string[] = [];
  for (const [run] of text.matchAll(BASE64_RUN)) {
    const decoded = utf8Of(run.slice(0, GLIMPSE_CHARS)) === null ? null : utf8Of(run);
    if (decoded !== null) texts.push(decoded);
  }
  return texts;
}

/** null = no text: a picture, a program, or a name that only looks like base64. */
function utf8Of(base64: string): string | null {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.includes(0)) return null;
  // A character may be cut off at the end.
  const text = new TextDecoder('utf-8').decode(bytes);
  const end = text.length - 3;
  const broken = text.indexOf('\ufffd');
  return broken < 0 || broken >= end ? text : null;
}
