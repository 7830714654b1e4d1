// Walks over the words of a sentence and sorts them into segments, each led by a preposition or conjunction. Articles,
// "is" and "does" say nothing by themselves and go; all other words stay.

import type { Mark, Pointing } from './semantic-meaning.ts';
import type { Token } from './semantic-tokens.ts';
import { actionOf, isPlural, plainWord } from './semantic-word-forms.ts';
import { MARKERS, VERB_WORDS } from './semantic-words.ts';

export interface Item {
  readonly text: string;
  readonly isWord: boolean;
  readonly name?: string;
  readonly isCapital?: boolean;
  mark?: Omit<Mark, 'word'>;
}

export interface Segment {
  /** '' = what stands before any preposition. */
  readonly marker: string;
  readonly items: Item[];
}

const POINTING: ReadonlyMap<string, Pointing> = new Map([
  ['a', 'a'],
  ['an', 'a'],
  ['the', 'the'],
  ['this', 'this'],
  ['these', 'this'],
  ['my', 'this'],
  ['our', 'this'],
]);
const COUNTING = new Set('all any some no both several many few more most other last first next'.split(' '));
/** With one of these in a sentence, order is meaning. */
const JOINTS = new Set('and or but nor then not never only just also'.split(' '));
const EMPTY_WORDS = new Set('is are am be being'.split(' '));
const OPERATOR_NEIGHBOURS = new Set('and or vs versus operator keyword between'.split(' '));

export class SentenceWalk {
  readonly segments: Segment[] = [{ marker: '', items: [] }];
  isSimple = true;
  isPast = false;
  isFuture = false;
  negations = 0;
  readonly pointings = new Set<Pointing>();
  /** Speaks of "this …", which can only be something beside the ask. */
  pointsAtText = false;
  readonly #tokens: readonly Token[];
  readonly #isWriting: boolean;
  #pointing: Pointing = 'none';
  /** Whether "the size of X" was read as "the X size". */
  hasOf = false;
  /** Where the words behind "of" go: before the words that stand before it. */
  #insertAt: number | undefined;
  /** Where in the segment the run of words began that goes on. */
  #runStart = 0;
  #lastNoun: { readonly item: Item; readonly pointing: Pointing } | undefined;

  constructor(tokens: readonly Token[], isWriting: boolean) {
    this.#tokens = tokens;
    this.#isWriting = isWriting;
    tokens.forEach((token, index) => this.#step(token, index));
    this.#endRun();
  }

  get #current(): Segment {
    return this.segments.at(-1) ?? { marker: '', items: [] };
  }

  #step(token: Token, index: number): void {
    if (token.kind === 'border') {
      this.#endRun();
    } else if (token.kind === 'word') {
      this.#word(token, index);
    } else if (token.kind === 'name') {
      this.#put({ text: `@${token.text}`, isWord: false, name: token.text, isCapital: token.isCapital });
    } else {
      // Among operators every place counts.
      if (token.kind === 'symbol') this.isSimple = false;
      this.#put({ text: `=${token.text}`, isWord: false });
      this.#lastNoun = undefined;
    }
  }

  #word(token: Token, index: number): void {
    const { text } = token;
    const next = this.#tokens[index + 1];
    const pointing = POINTING.get(text);
    if (pointing !== undefined && isNounStart(next)) {
      if (text === 'this' || text === 'these') this.pointsAtText = true;
      this.#pointing = pointing;
      this.pointings.add(pointing);
    } else if (EMPTY_WORDS.has(text) && !this.#isOperator(index)) {
      this.#endRun();
    } else if (/^(was|were|did|had)$/.test(text)) {
      this.isPast = true;
    } else if (text === 'will') {
      this.isFuture = true;
    } else if (/^(do|does)$/.test(text) && next?.text === 'not') {
      return;
    } else if (/^(it|them)$/.test(text) && index === 0) {
      return;
    } else if (JOINTS.has(text)) {
      this.#joint(text === 'not' ? '!' : text);
    } else {
      const marker = this.#markerOf(text, index);
      if (marker === undefined) this.#content(token);
      else this.#openSegment(marker);
    }
  }

  #joint(text: string): void {
    this.#endRun();
    this.#runStart = this.#current.items.length + 1;
    this.isSimple = false;
    if (text === '!' || text === 'never') this.negations += 1;
    this.#put({ text, isWord: text !== '!' });
    this.#lastNoun = undefined;
  }

  /** "is" may be the very thing that is asked about ("is and =="). */
  #isOperator(index: number): boolean {
    return [this.#tokens[index - 1], this.#tokens[index + 1]].some(
      (token) => token !== undefined && OPERATOR_NEIGHBOURS.has(token.text),
    );
  }

  /** "to check" and "that checks" are one, where something is to be written. */
  #markerOf(text: string, index: number): string | undefined {
    const marker = MARKERS.get(text);
    const next = this.#tokens[index + 1];
    if (marker !== 'to' || !this.#isWriting || index === 0) return marker;
    return next?.kind === 'word' && VERB_WORDS.has(next.text) ? 'that' : marker;
  }

  #content({ text, isCapital, isFirst }: Token): void {
    const { marker, items } = this.#current;
    if (COUNTING.has(plainWord(text))) this.#pointing = 'counted';
    const action = marker === 'that' && items.length === 0 ? actionOf(text) : undefined;
    const more = { isPlural: isPlural(text) };
    const mark = isFirst === true ? more : { ...more, isCapital };
    const item: Item = { text: action ?? plainWord(text), isWord: true, mark };
    this.#put(item);
    this.#lastNoun = action === undefined ? { item, pointing: this.#pointing } : undefined;
  }

  #put(item: Item): void {
    const { items } = this.#current;
    if (this.#insertAt === undefined) {
      items.push(item);
    } else {
      items.splice(this.#insertAt, 0, item);
      this.#insertAt += 1;
    }
  }

  #openSegment(marker: string): void {
    this.#endRun();
    const { items } = this.#current;
    if (marker === 'of' && items.at(-1)?.isWord === true && this.#runStart < items.length) {
      this.hasOf = true;
      this.#insertAt = this.#runStart;
      return;
    }
    this.segments.push({ marker, items: [] });
    this.#runStart = 0;
  }

  /** The last word of a run is what the article before the run points at. */
  #endRun(): void {
    const noun = this.#lastNoun;
    if (noun !== undefined) noun.item.mark = { ...noun.item.mark, pointing: noun.pointing };
    this.#lastNoun = undefined;
    this.#pointing = 'none';
    if (this.#insertAt === undefined) return;
    // "the tests of the failing build" is not "the failing build tests".
    const inserted = this.#insertAt - this.#runStart;
    if (inserted > 1) this.#current.items.splice(this.#insertAt, 0, { text: "'s", isWord: false });
    this.#insertAt = undefined;
  }
}

/** Whether an article can stand before it; else "a" and "this" are things themselves. */
function isNounStart(token: Token | undefined): boolean {
  if (token === undefined || token.kind === 'border') return false;
  if (token.kind !== 'word') return true;
  return !MARKERS.has(token.text) && !JOINTS.has(token.text) && !EMPTY_WORDS.has(token.text);
}
