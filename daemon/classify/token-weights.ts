// What characters cost in hundredths of a token of o200k: the weights of the estimate, and the table by character code
// that its scan looks into. Whole numbers, so that a sum is the same in whatever pieces it is made, and quick. A letter
// that only some languages have tells of the words around it: the vocabulary of the tokenizer cuts those into more pieces
// than English ones, so the letter carries what they cost more. How it was fitted: token-estimate.ts.

/** Of what Latin texts and code are made of. */
export const WEIGHTS = {
  /** A run of Latin letters; a capital behind a small letter starts a new one, as it does for the tokenizer. */
  word: 97,
  /** Each letter of a word after the sixth. */
  longWordLetter: 5,
  /** More for words that end as English ones seldom do: in a, o or u, */
  wordInAOrU: 24,
  /** and in i. */
  wordInI: 75,
  number: 86,
  /** Each started group of three digits. */
  digits: 65,
  marks: 82,
  /** One mark before a Latin letter is often in one token with the word, several are not. */
  markBeforeWord: 48,
  marksBeforeWord: 90,
  /** The apostrophe and the one or two letters behind it of `it's` and `they'll`, which the tokenizer keeps with the word. */
  contraction: 0,
  /** Each mark of a row after the first. */
  furtherMark: 7,
  newline: 161,
  /** Behind a mark, which mostly has it in its token. */
  newlineAfterMark: 26,
  /** More than one space behind a line break. */
  indentation: 107,
  /** Two or more spaces in a row; single ones belong to the word that follows. */
  spaces: 144,
  /** Anything that is in no other class: typographic marks, arrows, boxes. */
  symbol: 83,
  /** Half of a surrogate pair (emoji, rare Han). */
  surrogate: 120,
} as const;

export const WORD_FREE_LETTERS = 6;
export const SCRIPT_FREE_LETTERS = 4;

/** What single letters add. */
const LETTERS: readonly (readonly [letters: string, more: number])[] = [
  // Rare in English and in code, not so in Polish, Finnish, Croatian, Indonesian, Swahili.
  ['k', 95],
  ['z', 84],
  ['j', 76],
  ['w', 6],
  ['g', 5],
  // Western Europe; of its languages Portuguese is in the vocabulary best.
  ['àáçèéêëìíîïñòóôùúûœß', 91],
  ['ãõ', 60],
  // In German words now and then, in Finnish and Estonian ones most of the time.
  ['äöü', 155],
  ['åæøėįųū', 258],
  ['čěřšžůýďťňðþ', 97],
  ['āēīģķļņ', 119],
  ['ąćęłńśźż', 75],
  ['șțţ', 144],
  ['ăâ', 164],
  ['őű', -2],
  ['ışğİəĵŭĝĉŝ', 34],
  ['đơư', -30],
  // Ukrainian and Belarusian, Kazakh, Serbian and Macedonian, Bulgarian.
  ['іїєґ', 102],
  ['ңөүұқғәһ', 30],
  ['јљњћђџѓќѕў', 249],
  ['ъ', 345],
  // Vowel signs, marks and digits of Arabic.
  ['\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0654\u0670،؛؟۔٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 82],
  // Frequent forms of traditional Chinese that the simplified script does not have.
  [
    '這個們為會來時說對開關國發與應過還後裡無點實現當樣經從將沒動問題間進機號數據員變類長東見車馬門資訊連線檔設條請圖結構單處執環參輸錯誤聲簡語頁權體義於傳換終給繼續選擇項務',
    101,
  ],
];

export interface Script {
  readonly name: string;
  readonly from: number;
  /** The first code after it. */
  readonly to: number;
  /** Of a word, and of each letter in it. */
  /** null = a run of Latin letters. */
  readonly word: number | null;
  readonly letter: number;
  /** More for each letter after the fourth. */
  readonly lateLetter?: number;
}

export const SCRIPTS: readonly Script[] = [
  // Vietnamese, whose syllables are in the vocabulary, in words of other Latin letters.
  { name: 'Latin with two accents', from: 0x1e00, to: 0x1f00, word: null, letter: -30 },
  { name: 'Greek', from: 0x370, to: 0x400, word: 0, letter: 39 },
  { name: 'Greek with breathings', from: 0x1f00, to: 0x2000, word: 0, letter: 39 },
  { name: 'Cyrillic', from: 0x400, to: 0x530, word: 91, letter: 12 },
  { name: 'Armenian', from: 0x530, to: 0x590, word: 179, letter: 5 },
  { name: 'Hebrew', from: 0x590, to: 0x600, word: 0, letter: 47 },
  { name: 'Arabic', from: 0x600, to: 0x780, word: 95, letter: 6, lateLetter: 38 },
  { name: 'Devanagari', from: 0x900, to: 0x980, word: 0, letter: 37 },
  { name: 'Bengali', from: 0x980, to: 0xa00, word: 70, letter: 25 },
  { name: 'Gurmukhi', from: 0xa00, to: 0xa80, word: 0, letter: 63 },
  { name: 'Gujarati', from: 0xa80, to: 0xb00, word: 50, letter: 33 },
  { name: 'Tamil', from: 0xb80, to: 0xc00, word: 0, letter: 37 },
  { name: 'Telugu', from: 0xc00, to: 0xc80, word: 0, letter: 51 },
  { name: 'Kannada', from: 0xc80, to: 0xd00, word: 0, letter: 44 },
  { name: 'Malayalam', from: 0xd00, to: 0xd80, word: 77, letter: 28 },
  { name: 'Sinhala', from: 0xd80, to: 0xe00, word: 0, letter: 63 },
  { name: 'Thai', from: 0xe00, to: 0xe80, word: 0, letter: 41 },
  { name: 'Lao', from: 0xe80, to: 0xf00, word: 0, letter: 189 },
  { name: 'Burmese', from: 0x1000, to: 0x10a0, word: 0, letter: 56 },
  { name: 'Georgian', from: 0x10a0, to: 0x1100, word: 167, letter: 10 },
  { name: 'Ethiopic', from: 0x1200, to: 0x1400, word: 0, letter: 199 },
  { name: 'Khmer', from: 0x1780, to: 0x1800, word: 0, letter: 62 },
  { name: 'Kana', from: 0x3040, to: 0x3100, word: 76, letter: 49 },
  { name: 'Han', from: 0x3400, to: 0xa000, word: 0, letter: 75 },
  { name: 'Han for compatibility', from: 0xf900, to: 0xfb00, word: 0, letter: 75 },
  { name: 'Hangul', from: 0xac00, to: 0xd7b0, word: 58, letter: 54 },
];

/** Classes of characters. Letters of other scripts than Latin have the numbers from `script` on, in the order of `SCRIPTS`. */
export const CLASS = {
  capital: 0,
  small: 1,
  /** a, o, u */
  smallVowel: 2,
  smallI: 3,
  digit: 4,
  mark: 5,
  space: 6,
  newline: 7,
  symbol: 8,
  apostrophe: 9,
  script: 10,
} as const;

export const CLASS_BITS = 6;
export const CLASS_COUNT = CLASS.script + SCRIPTS.length;

/** By character code: its class in the lowest bits, and above them what it adds to the run that it stands in. */
export const CHARACTERS = charactersByCode();

function charactersByCode(): Int16Array {
  const table = new Int16Array(0x10000);
  const fill = (kind: number, from: number, to = from + 1, each = 0): void => {
    table.fill((each << CLASS_BITS) | kind, from, to);
  };
  fill(CLASS.symbol, 0, 0x10000, WEIGHTS.symbol);
  fill(CLASS.space, 0, 33);
  fill(CLASS.newline, 10);
  fill(CLASS.mark, 33, 128);
  fill(CLASS.apostrophe, "'".charCodeAt(0));
  fill(CLASS.digit, 48, 58);
  fill(CLASS.capital, 65, 91);
  fill(CLASS.small, 97, 123);
  for (const vowel of 'aou') fill(CLASS.smallVowel, vowel.charCodeAt(0));
  fill(CLASS.smallI, 'i'.charCodeAt(0));
  fill(CLASS.small, 0xc0, 0x250);
  for (const sign of '×÷') fill(CLASS.symbol, sign.charCodeAt(0), undefined, WEIGHTS.symbol);
  fill(CLASS.symbol, 0xd800, 0xe000, WEIGHTS.surrogate);
  for (const [index, { from, to, word, letter }] of SCRIPTS.entries()) {
    fill(word === null ? CLASS.small : CLASS.script + index, from, to, letter);
  }
  for (const [letters, more] of LETTERS) {
    for (const code of codesOf(letters)) table[code] = (table[code] ?? 0) + (more << CLASS_BITS);
  }
  return table;
}

/** Both cases, but of plain letters the small one alone: a capital tells of a name, not of a language. */
function codesOf(letters: string): ReadonlySet<number> {
  const codes = new Set<number>();
  for (const letter of letters) {
    codes.add(letter.charCodeAt(0));
    const capital = letter.toUpperCase();
    if (capital.length === 1 && capital > '~') codes.add(capital.charCodeAt(0));
  }
  return codes;
}
