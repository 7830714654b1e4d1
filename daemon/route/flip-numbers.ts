// The numbers at which a choice flips: cost limit, probabilities of the classifier, input tokens. Each is looked for by
// trying, outward from the number that is, then between the last two tries.

import { gradeOfNeeds } from '../classify/grade.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { FlipProbe, Try } from './explain.ts';
import type { RoutePlan } from './policy.ts';
import { needsOf } from './success-probability.ts';

/** No model has a larger window; beyond it every request is alike. */
const MAX_TOKENS = 4_000_000;
const TOKEN_STEP_RATIO = 1.5;

/** Probabilities are tried in parts of this; a flip that is undone within one of these first steps may be missed. */
const PROBABILITY_PARTS = 100_000;
const FIRST_STEP_PARTS = 5_000;
/** Digits that a person is told: thousandths. */
const TOLD_PARTS = PROBABILITY_PARTS / 1000;

type Need = 'needsStronger' | 'needsStrongest';

/** The nearest lower and the nearest higher cost limit; only the expected costs themselves can be borders. */
export function costProbes(input: DecisionInput, plan: RoutePlan, attempt: Try): readonly FlipProbe[] {
  const current = input.controls.maxCostUsd;
  const costs = new Set(plan.candidates.flatMap(({ expectedCostUsd }) => expectedCostUsd ?? []));
  const ascending = [...costs].toSorted((a, b) => a - b);
  const at = (word: string, maxCostUsd: number): FlipProbe | null =>
    attempt({ change: `max cost ${word} to ${maxCostUsd} USD`, patch: { controls: { maxCostUsd } } });
  const nearest = (word: string, values: readonly number[]): FlipProbe | null => {
    for (const value of values) {
      const exact = at(word, value);
      if (exact !== null) return rounded(exact, word, value, at);
    }
    return null;
  };
  const lower = ascending.filter((cost) => current === null || cost < current).toReversed();
  const higher = current === null ? [] : ascending.filter((cost) => cost > current);
  const unlimited = { change: 'without a max cost', patch: { controls: { maxCostUsd: null } } };
  const raised = nearest('raised', higher) ?? (current === null ? null : attempt(unlimited));
  return [nearest(current === null ? 'set' : 'lowered', lower), raised].filter((found) => found !== null);
}

/** The same flip at a number that a person would write, where there is one. The sentence holds the number itself. */
function rounded(
  exact: FlipProbe,
  word: string,
  value: number,
  at: (word: string, maxCostUsd: number) => FlipProbe | null,
): FlipProbe {
  for (let digits = 2; digits < 9; digits++) {
    const found = at(word, Number(value.toPrecision(digits)));
    if (found?.to === exact.to) return found;
  }
  return exact;
}

/** "needsStronger below 0.25": the nearest border on each side of each of the two probabilities, in thousandths. */
export function needsProbes(input: DecisionInput, attempt: Try): readonly FlipProbe[] {
  const needs = needsOf({ ...input, decisionPoint: 'new-task' });
  return (['needsStronger', 'needsStrongest'] as const).flatMap((need) =>
    ([-1, 1] as const).flatMap((direction) => {
      const most = need === 'needsStrongest' ? needs.needsStronger : 1;
      return needBorder(input, need, { start: needs[need], direction, most }, attempt) ?? [];
    }),
  );
}

interface Search {
  readonly start: number;
  readonly direction: -1 | 1;
  /** The second probability is never above the first. */
  readonly most: number;
}

function needBorder(
  input: DecisionInput,
  need: Need,
  { start, direction, most }: Search,
  attempt: Try,
): FlipProbe | null {
  const word = direction < 0 ? 'below' : 'above';
  const end = direction < 0 ? 0 : Math.round(most * PROBABILITY_PARTS);
  const at = (parts: number, told: number): FlipProbe | null =>
    attempt({ change: `${need} ${word} ${told}`, patch: needPatch(input, need, parts / PROBABILITY_PARTS) });
  let same = Math.round(start * PROBABILITY_PARTS);
  let flipped: number | null = null;
  while (flipped === null && same !== end) {
    const next =
      direction < 0 ? Math.max(end, same - FIRST_STEP_PARTS) : Math.min(end, same + FIRST_STEP_PARTS);
    if (at(next, 0) === null) same = next;
    else flipped = next;
  }
  if (flipped === null) return null;
  while (Math.abs(flipped - same) > 1) {
    const middle = Math.floor((flipped + same) / 2);
    if (at(middle, 0) === null) same = middle;
    else flipped = middle;
  }
  // Below 0.25 holds for 0.249, and for all that lies between: the border is told on the safe side.
  const inner = direction < 0 ? flipped : same;
  const border = direction < 0 ? Math.floor(inner / TOLD_PARTS) : Math.ceil(inner / TOLD_PARTS);
  const beyond = (border + direction) * TOLD_PARTS;
  const isWithin = direction < 0 ? beyond >= end : beyond <= end;
  return isWithin ? at(beyond, border / 1000) : null;
}

/** The number with what must go along with it, so that the classification stays one that a classifier could give. */
function needPatch(input: DecisionInput, need: Need, value: number): Readonly<Record<string, unknown>> {
  const { needsStronger, needsStrongest, complexity } = input.classification;
  const changed = { needsStronger, needsStrongest, [need]: value };
  const isDragged = changed.needsStrongest > changed.needsStronger;
  const needs = isDragged ? { ...changed, needsStrongest: value } : changed;
  const grade = gradeOfNeeds(needs);
  return {
    classification: {
      [need]: value,
      ...(isDragged ? { needsStrongest: value } : {}),
      ...(grade === complexity ? {} : { complexity: grade }),
    },
  };
}

/** The nearest larger and the nearest smaller input with another choice, to the token. */
export function tokenProbes(input: DecisionInput, attempt: Try): readonly FlipProbe[] {
  const start = input.inputTokens;
  if (!Number.isSafeInteger(start) || start < 0) return [];
  return (['grows', 'shrinks'] as const).flatMap((direction) => {
    const at = (inputTokens: number): FlipProbe | null =>
      attempt({ change: `the input ${direction} to ${inputTokens} tokens`, patch: { inputTokens } });
    return nearestFlip(start, direction, at) ?? [];
  });
}

/** Steps away from `start` until the choice flips, then halves the last step. A flip inside one step may be missed. */
function nearestFlip(
  start: number,
  direction: 'grows' | 'shrinks',
  at: (tokens: number) => FlipProbe | null,
): FlipProbe | null {
  let same = start;
  for (;;) {
    const next =
      direction === 'grows' ? Math.ceil(same * TOKEN_STEP_RATIO) + 64 : Math.floor(same / TOKEN_STEP_RATIO);
    if (next === same || next > MAX_TOKENS) return null;
    let found = at(next);
    if (found === null) {
      same = next;
      continue;
    }
    let flipped = next;
    while (Math.abs(flipped - same) > 1) {
      const middle = Math.floor((flipped + same) / 2);
      const nearer = at(middle);
      if (nearer === null) same = middle;
      else [flipped, found] = [middle, nearer];
    }
    return found;
  }
}
