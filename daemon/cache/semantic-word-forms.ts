// One form for the forms of a word. Only what is surely the same word: "-s" and, of known verbs, "-ing"; "tracked" stays
// apart from "track", since it says that something is already done.

import { SAME_ACTIONS, SAME_WORDS, VERB_WORDS } from './semantic-words.ts';

export interface VerbForm {
  readonly base: string;
  readonly form: 'base' | 's' | 'ing' | 'ed';
}

/** Nouns that only look like forms of verbs or like plurals. */
const WHOLE_WORDS = new Set(
  `setting settings string strings mapping binding heading padding spacing timing warning meaning rating building opening
  ending listing news status alias canvas redis axis series species process access address class pass less process this
  does has was his its yes css https dns aws os is as us loss cross press across always sometimes perhaps besides`.split(
    /\s+/,
  ),
);

const UK_SPELLING = /^(.{3,})is(e|es|ing|ed|ation)$/;

export function verbForm(word: string): VerbForm | undefined {
  const own = formOf(word);
  if (own !== undefined) return own;
  const match = UK_SPELLING.exec(word);
  return match === null ? undefined : formOf(`${match[1] ?? ''}iz${match[2] ?? ''}`);
}

function formOf(word: string): VerbForm | undefined {
  if (VERB_WORDS.has(word)) return { base: word, form: 'base' };
  if (WHOLE_WORDS.has(word)) return undefined;
  for (const [ending, form] of [
    ['ing', 'ing'],
    ['ed', 'ed'],
    ['es', 's'],
    ['s', 's'],
  ] as const) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length);
    const base = [`${stem}e`, stem, stem.replace(/(.)\1$/, '$1'), stem.replace(/i$/, 'y')].find((one) =>
      VERB_WORDS.has(one),
    );
    if (base !== undefined) return { base, form };
  }
  return undefined;
}

/** What is to be done, one word for all that mean it; undefined = no known verb in a form that orders. */
export function actionOf(word: string): string | undefined {
  const form = verbForm(word);
  if (form === undefined || form.form === 'ed') return undefined;
  return SAME_ACTIONS.get(form.base) ?? SAME_WORDS.get(form.base) ?? form.base;
}

/** With "-s" these are verbs and no nouns. */
const NO_NOUNS = new Set(
  `fail crash hang rerender flicker leak work take use return throw keep make get give contain become need happen show
  expect allow require`.split(/\s+/),
);

export function isPlural(word: string): boolean {
  if (NO_NOUNS.has(verbForm(word)?.base ?? '')) return false;
  return singular(word) !== word && SAME_WORDS.get(word) !== 'documentation';
}

function singular(word: string): string {
  if (word.length <= 3 || WHOLE_WORDS.has(word) || !word.endsWith('s')) return word;
  if (/(?:ss|us|is|os)$/.test(word)) return word;
  if (/(?:cook|mov|zomb|calor|newb|sort|cal)ies$/.test(word)) return word.slice(0, -1);
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** The word that stands for all of its forms and for what means the same. */
export function plainWord(word: string): string {
  const known = SAME_WORDS.get(word);
  if (known !== undefined) return known;
  const form = verbForm(word);
  if (form?.form === 'ed') return `${SAME_WORDS.get(form.base) ?? form.base}+ed`;
  if (form?.form === 'ing') return SAME_WORDS.get(form.base) ?? form.base;
  const one = singular(word);
  const spelled = one.replace(UK_SPELLING, (whole: string, stem: string, end: string) =>
    VERB_WORDS.has(`${stem}ize`) ? `${stem}iz${end}` : whole,
  );
  return SAME_WORDS.get(spelled) ?? spelled;
}
