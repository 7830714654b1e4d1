// Finds the phrases of a table in a text, whole words only, in one pass: the text is cut into words once and each word
// is looked up once, so that the cost does not grow with the table and no text can make it slow.

/** Words in lower case; letters of all scripts, digits, and the marks that hold words and names together (' - _). */
export function wordsIn(text: string): readonly string[] {
  const words: string[] = [];
  let start = -1;
  let isPlain = true;
  for (let position = 0; position <= text.length; position += 1) {
    const code = position < text.length ? text.charCodeAt(position) : 0;
    const isWord = isWordCode(code);
    if (isWord && start < 0) start = position;
    if (isWord && ((code >= 65 && code <= 90) || code >= 0xc0)) isPlain = false;
    if (isWord || start < 0) continue;
    const word = text.slice(start, position);
    words.push(isPlain ? word : normalWord(word));
    start = -1;
    isPlain = true;
  }
  return words;
}

export interface PhraseMatch<Row> {
  readonly row: Row;
  /** The first phrase of the row that was found. */
  readonly phrase: string;
  /** Different phrases of the row that were found. */
  readonly count: number;
  /** Index of the word at which the first one starts. */
  readonly at: number;
}

export type FindPhrases<Row> = (words: readonly string[]) => readonly PhraseMatch<Row>[];

/** Phrases are lower case, words separated by one space. Matches come in table order. */
export function createPhraseMatcher<Row extends { readonly phrases: readonly string[] }>(
  rows: readonly Row[],
): FindPhrases<Row> {
  const byFirstWord = new Map<string, { row: number; phrase: string; words: readonly string[] }[]>();
  rows.forEach((row, index) => {
    for (const phrase of row.phrases) {
      const words = wordsIn(phrase);
      const first = words[0];
      if (first === undefined) continue;
      const entry = { row: index, phrase, words };
      const known = byFirstWord.get(first);
      if (known === undefined) byFirstWord.set(first, [entry]);
      else known.push(entry);
    }
  });
  return (words) => {
    const found = new Map<number, { phrases: Set<string>; phrase: string; at: number }>();
    for (let at = 0; at < words.length; at += 1) {
      for (const entry of byFirstWord.get(words[at] ?? '') ?? []) {
        if (!entry.words.every((word, offset) => words[at + offset] === word)) continue;
        const known = found.get(entry.row);
        if (known === undefined) {
          found.set(entry.row, { phrases: new Set([entry.phrase]), phrase: entry.phrase, at });
        } else known.phrases.add(entry.phrase);
      }
    }
    const matches: PhraseMatch<Row>[] = [];
    for (const index of [...found.keys()].toSorted((a, b) => a - b)) {
      const [row, match] = [rows[index], found.get(index)];
      if (row === undefined || match === undefined) continue;
      matches.push({ row, phrase: match.phrase, count: match.phrases.size, at: match.at });
    }
    return matches;
  };
}

function normalWord(word: string): string {
  // Typographic apostrophes come from phones and word processors.
  return word.toLowerCase().replaceAll('\u2019', "'");
}

function isWordCode(code: number): boolean {
  if (code >= 97 && code <= 122) return true;
  if (code >= 65 && code <= 90) return true;
  if (code >= 48 && code <= 57) return true;
  if (code === 39 || code === 45 || code === 95) return true;
  // Everything outside of ASCII but its spaces and quotation marks; an apostrophe among them is kept.
  return (
    code >= 0xc0 &&
    code !== 0xd7 &&
    code !== 0xf7 &&
    !(code >= 0x2000 && code < 0x2070 && code !== 0x2019) &&
    !(code >= 0x3000 && code <= 0x3002) &&
    code !== 0xff0c
  );
}
