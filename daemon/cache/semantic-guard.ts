// Whether one answer may stand for two asks. Everything counts that no list of semantic-words.ts lets go: the first
// fact in which two asks differ forbids it. Wrong hits cost more than misses, so nothing is weighed here.

import {
  literalKinds,
  meaningOf,
  type LiteralKind,
  type Mark,
  type Meaning,
  type Pointing,
} from './semantic-meaning.ts';

export type { Meaning };
export { meaningOf };

export type GuardFact =
  | 'language'
  | LiteralKind
  | 'negation'
  | 'want'
  | 'action'
  | 'tense'
  | 'word'
  | 'order'
  | 'quantity'
  | 'pointing'
  | 'capital';

export interface Difference {
  readonly fact: GuardFact;
  readonly own: string;
  readonly other: string;
}

/** The first fact in which two asks differ; undefined = both may have the same answer. */
export function differenceOf(own: Meaning, other: Meaning): Difference | undefined {
  if (own.language !== other.language) return { fact: 'language', own: own.language, other: other.language };
  for (const kind of literalKinds()) {
    const difference = lists(kind, own.literals[kind], other.literals[kind]);
    if (difference !== undefined) return difference;
  }
  if (own.negations !== other.negations) {
    return { fact: 'negation', own: String(own.negations), other: String(other.negations) };
  }
  return (
    lists('want', own.wants, other.wants) ??
    lists('tense', own.tenses, other.tenses) ??
    lists('action', own.actions, other.actions) ??
    lists('word', own.words, other.words) ??
    (own.structure === other.structure
      ? (pointings(own.pointings, other.pointings) ?? marks(own.marks, other.marks))
      : { fact: 'order', own: own.structure, other: other.structure })
  );
}

/**
 * What two asks that may share an answer have in common: entries with other keys need not be looked at. It leaves out
 * what `differenceOf` compares more loosely than as equal text.
 */
export function meaningKey(meaning: Meaning): string {
  return `${meaning.language}\n${meaning.structure}`;
}

function lists(fact: GuardFact, own: readonly string[], other: readonly string[]): Difference | undefined {
  if (own.length === other.length && own.every((text, index) => text === other[index])) return undefined;
  return { fact, own: without(own, other), other: without(other, own) };
}

/** What only one of two has; all of it when only order or number differs. */
function without(own: readonly string[], other: readonly string[]): string {
  const only = own.filter((text) => !other.includes(text));
  return (only.length > 0 ? only : own).join(' ');
}

/** "my commits" and "commits". */
function pointings(own: ReadonlySet<Pointing>, other: ReadonlySet<Pointing>): Difference | undefined {
  const isLoose = (one: ReadonlySet<Pointing>): boolean => !one.has('this') && !one.has('the');
  const differs = (own.has('this') && isLoose(other)) || (other.has('this') && isLoose(own));
  if (!differs) return undefined;
  return { fact: 'pointing', own: [...own].join(' '), other: [...other].join(' ') };
}

/** "this test" and "these tests", "my commits" and "commits", "Map" and "map" are not the same; "an error" and "errors" are. */
function marks(own: readonly Mark[], other: readonly Mark[]): Difference | undefined {
  for (const [index, mark] of own.entries()) {
    const counterpart = other[index];
    if (counterpart === undefined) return undefined;
    const fact = markFact(mark, counterpart) ?? markFact(counterpart, mark);
    if (fact !== undefined) return { fact, own: written(mark), other: written(counterpart) };
  }
  return undefined;
}

function markFact(one: Mark, two: Mark): 'quantity' | 'pointing' | 'capital' | undefined {
  if (one.isCapital === true && two.isCapital === false) return 'capital';
  if (one.pointing === undefined || two.pointing === undefined) return undefined;
  if (one.pointing === 'counted' || two.pointing === 'counted') return undefined;
  const isDefinite = one.pointing === 'this' || one.pointing === 'the' || one.pointing === 'open';
  if (one.isPlural !== two.isPlural && isDefinite) return 'quantity';
  if (one.pointing === 'this' && (two.pointing === 'a' || two.pointing === 'none')) return 'pointing';
  return undefined;
}

function written({ word, pointing, isPlural, isCapital }: Mark): string {
  const more = `${isPlural === true ? ' (more than one)' : ''}${isCapital === true ? ' (with a capital)' : ''}`;
  return `${pointing ?? ''} ${word}${more}`.trim();
}
