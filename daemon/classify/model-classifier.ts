// Reads the one word that a cheap model was asked for. Asking it (prompt, time limit, breaker, cost) comes with the
// hybrid mode; what its answer means is settled here.

import type { Complexity } from '../protocol/vocabulary.ts';

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

/** A one-word answer fits in this; the rest of a talkative one is not read. */
const MAX_ANSWER_CHARS = 200;

/**
 * The grade a model named, whatever it put around the word (case, quotes, `Complexity:`, a full stop). undefined when it
 * named none, or more than one: then it did not decide.
 */
export function parseComplexityLabel(text: string): Complexity | undefined {
  const words = text
    .slice(0, MAX_ANSWER_CHARS)
    .toLowerCase()
    .split(/[^a-z]/);
  const named = GRADES.filter((grade) => words.includes(grade));
  return named.length === 1 ? named[0] : undefined;
}

/** As above; a label that is no grade means moderate. */
export function complexityOfLabel(text: string): Complexity {
  return parseComplexityLabel(text) ?? 'moderate';
}
