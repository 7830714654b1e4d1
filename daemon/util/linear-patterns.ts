// Regular expressions in time linear in the text, for patterns that a user writes and texts that anybody writes: a
// pattern with a catastrophe in it must not stop the daemon. The engine is RE2's, so there are no back references and no
// look-around. It is large, so it is loaded when the first pattern is met.

import type { RE2Set as PatternSet } from 're2js';

interface Engine {
  readonly RE2Set: typeof PatternSet;
  readonly CASE_INSENSITIVE: number;
}

let engine: Engine | null = null;
let loading: Promise<void> | undefined;

/** Cheap from the second call on. Rejects where the installation lacks the engine. */
export function loadPatternEngine(): Promise<void> {
  loading ??= import('re2js').then(({ RE2JS, RE2Set }) => {
    engine = { RE2Set, CASE_INSENSITIVE: RE2JS.CASE_INSENSITIVE };
  });
  return loading;
}

export interface PatternMatcher {
  /** Indices of the patterns that occur anywhere in the text. */
  readonly matchesIn: (text: string) => readonly number[];
}

/** Case does not count. Rejects with a SyntaxError for a pattern that is none. */
export async function compilePatterns(sources: readonly string[]): Promise<PatternMatcher> {
  await loadPatternEngine();
  return compiled(sources);
}

/**
 * What is wrong with a pattern, as the end of a sentence; null when nothing is. Before the engine is loaded only what the
 * language itself refuses is found.
 */
export function patternProblem(source: string): string | null {
  try {
    if (engine === null) RegExp(source);
    else compiled([source]);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, MAX_REASON_CHARS) : 'unknown reason';
    return `must be a regular expression in RE2 syntax (no look-around, no back references): ${why}`;
  }
}

const MAX_REASON_CHARS = 120;

function compiled(sources: readonly string[]): PatternMatcher {
  if (engine === null) throw new Error('the pattern engine is not loaded');
  const set = new engine.RE2Set(engine.RE2Set.UNANCHORED, engine.CASE_INSENSITIVE);
  for (const source of sources) set.add(source);
  set.compile();
  return { matchesIn: (text) => set.match(text) };
}
