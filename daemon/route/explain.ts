// "What would have to be different?" The smallest single changes of a request that lead to another first choice. Nothing
// is derived: each change is tried on the policy itself, so what is stated is true by construction.

import type { DecisionInput, WouldFlip } from '../protocol/exchange-record.ts';
import type { Capability, Complexity, Profile, TaskType } from '../protocol/vocabulary.ts';
import type { Policy, RoutePlan, RoutingTable } from './policy.ts';

/** A change that was tried and flips the choice; `input` is the changed input. */
export interface FlipProbe extends Omit<WouldFlip, 'patch'> {
  readonly input: DecisionInput;
}

interface Change {
  readonly change: string;
  readonly input: DecisionInput;
}

/** The first choice for a changed input; null when nobody can serve it. */
type ChoiceOf = (input: DecisionInput) => string | null;

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];
const PROFILES: readonly Profile[] = ['budget', 'balanced', 'quality'];
const TASK_TYPES: readonly TaskType[] = [
  'code',
  'classification',
  'reasoning',
  'translation',
  'creative',
  'vision',
  'general',
];
const NEEDS: readonly (readonly [Capability, string, string])[] = [
  ['vision', 'with an image', 'without images'],
  ['tools', 'with tools', 'without tools'],
  ['json', 'with a JSON answer asked for', 'without a JSON answer asked for'],
  ['reasoning', 'with reasoning asked for', 'without reasoning asked for'],
];

/** No model has a larger window; beyond it every request is alike. */
const MAX_TOKENS = 4_000_000;
const TOKEN_STEP_RATIO = 1.5;

/** In a fixed order: what the user set, what passes by itself, then what the request is made of. */
export function flipProbes(
  input: DecisionInput,
  table: RoutingTable,
  policy: Pick<Policy, 'plan'>,
): readonly FlipProbe[] {
  const plan = policy.plan(input, table);
  const chosen = plan.targets[0]?.id ?? null;
  const choiceOf: ChoiceOf = (changed) => policy.plan(changed, table).targets[0]?.id ?? null;
  const flips = (changes: readonly Change[]): readonly FlipProbe[] =>
    changes.flatMap((change) => {
      const to = choiceOf(change.input);
      return to === null || to === chosen ? [] : [{ ...change, to }];
    });
  return [
    ...flips(wishChanges(input)),
    ...flips(situationChanges(input)),
    ...costProbes(input, plan, choiceOf, chosen),
    ...flips(gradeChanges(input)),
    ...oncePerModel(flips(taskChanges(input))),
    ...flips(profileChanges(input, plan)),
    ...flips(needChanges(input)),
    ...tokenProbes(input, choiceOf, chosen),
  ];
}

/** One wish of the user or the client taken back. */
function wishChanges(input: DecisionInput): readonly Change[] {
  const { controls, standingOverride, requestModel } = input;
  const changes: Change[] = [];
  if (controls.headerModel !== null) {
    const changed = { ...input, controls: { ...controls, headerModel: null } };
    changes.push({ change: 'without the header x-pointsman-model', input: changed });
  }
  if (controls.queryModel !== null) {
    const changed = { ...input, controls: { ...controls, queryModel: null } };
    changes.push({ change: 'without ?model= in the query', input: changed });
  }
  if (standingOverride !== null) {
    changes.push({ change: 'without the override', input: { ...input, standingOverride: null } });
  }
  if (requestModel !== 'auto') {
    changes.push({ change: 'with the model name auto', input: { ...input, requestModel: 'auto' } });
  }
  return changes;
}

/** What passes with time: an outage, the middle of a task. */
function situationChanges(input: DecisionInput): readonly Change[] {
  const changes = [
    ...new Set(input.unavailable.filter((entry) => entry.isLasting !== true).map(({ model }) => model)),
  ].map((model): Change => {
    const unavailable = input.unavailable.filter((entry) => entry.model !== model);
    return { change: `${model} available again`, input: { ...input, unavailable } };
  });
  if (input.decisionPoint === 'continuation') {
    const changed = { ...input, decisionPoint: 'new-task' } as const;
    changes.push({ change: 'at the start of a task instead of inside one', input: changed });
  }
  if (input.decisionPoint === 'background') {
    const changed = { ...input, decisionPoint: 'new-task' } as const;
    changes.push({ change: 'as a request of the user instead of a background call', input: changed });
  }
  return changes;
}

function gradeChanges(input: DecisionInput): readonly Change[] {
  const { classification } = input;
  const index = GRADES.indexOf(classification.complexity);
  const neighbours = GRADES.filter((_, other) => Math.abs(other - index) === 1);
  return neighbours.map((complexity) => ({
    change: `complexity ${complexity}`,
    input: { ...input, classification: { ...classification, complexity } },
  }));
}

function taskChanges(input: DecisionInput): readonly Change[] {
  const { classification } = input;
  return TASK_TYPES.filter((taskType) => taskType !== classification.taskType).map((taskType) => ({
    change: `task type ${taskType}`,
    input: { ...input, classification: { ...classification, taskType } },
  }));
}

function profileChanges(input: DecisionInput, plan: RoutePlan): readonly Change[] {
  return PROFILES.filter((profile) => profile !== plan.profile).map((profile) => ({
    change: `profile ${profile}`,
    input: { ...input, controls: { ...input.controls, profile } },
  }));
}

function needChanges(input: DecisionInput): readonly Change[] {
  return NEEDS.map(([need, added, dropped]) =>
    input.needs.includes(need)
      ? { change: dropped, input: { ...input, needs: input.needs.filter((other) => other !== need) } }
      : { change: added, input: { ...input, needs: [...input.needs, need] } },
  );
}

/** The nearest lower and the nearest higher cost limit; only the expected costs themselves can be thresholds. */
function costProbes(
  input: DecisionInput,
  plan: RoutePlan,
  choiceOf: ChoiceOf,
  chosen: string | null,
): readonly FlipProbe[] {
  const current = input.controls.maxCostUsd;
  const costs = new Set(plan.candidates.flatMap(({ expectedCostUsd }) => expectedCostUsd ?? []));
  const ascending = [...costs].toSorted((a, b) => a - b);
  const probe = (change: string, maxCostUsd: number | null): FlipProbe | null => {
    const changed = { ...input, controls: { ...input.controls, maxCostUsd } };
    const to = choiceOf(changed);
    return to === null || to === chosen ? null : { change, to, input: changed };
  };
  const nearest = (word: string, values: readonly number[]): FlipProbe | null => {
    for (const value of values) {
      const exact = probe(`max cost ${word} to ${value} USD`, value);
      if (exact !== null) return rounded(exact, word, value, probe);
    }
    return null;
  };
  const lower = ascending.filter((cost) => current === null || cost < current).toReversed();
  const higher = current === null ? [] : ascending.filter((cost) => cost > current);
  const raised = nearest('raised', higher) ?? (current === null ? null : probe('without a max cost', null));
  return [nearest(current === null ? 'set' : 'lowered', lower), raised].filter((found) => found !== null);
}

/** The same flip at a number that a person would write, where there is one. The sentence holds the number itself. */
function rounded(
  exact: FlipProbe,
  word: string,
  value: number,
  probe: (change: string, maxCostUsd: number) => FlipProbe | null,
): FlipProbe {
  for (let digits = 2; digits < 9; digits++) {
    const round = Number(value.toPrecision(digits));
    const found = probe(`max cost ${word} to ${round} USD`, round);
    if (found?.to === exact.to) return found;
  }
  return exact;
}

/** The nearest larger and the nearest smaller input with another choice, to the token. */
function tokenProbes(input: DecisionInput, choiceOf: ChoiceOf, chosen: string | null): readonly FlipProbe[] {
  const start = input.inputTokens;
  if (!Number.isSafeInteger(start) || start < 0) return [];
  const at = (inputTokens: number): DecisionInput => ({ ...input, inputTokens });
  const flipsAt = (tokens: number): boolean => {
    const to = choiceOf(at(tokens));
    return to !== null && to !== chosen;
  };
  const probes: FlipProbe[] = [];
  for (const direction of ['grows', 'shrinks'] as const) {
    const tokens = nearestFlip(start, direction, flipsAt);
    const to = tokens === null ? null : choiceOf(at(tokens));
    if (tokens === null || to === null) continue;
    probes.push({ change: `the input ${direction} to ${tokens} tokens`, to, input: at(tokens) });
  }
  return probes;
}

/** Steps away from `start` until the choice flips, then halves the last step. A flip inside one step may be missed. */
function nearestFlip(
  start: number,
  direction: 'grows' | 'shrinks',
  flipsAt: (tokens: number) => boolean,
): number | null {
  let same = start;
  for (;;) {
    const next =
      direction === 'grows' ? Math.ceil(same * TOKEN_STEP_RATIO) + 64 : Math.floor(same / TOKEN_STEP_RATIO);
    if (next === same || next > MAX_TOKENS) return null;
    if (!flipsAt(next)) {
      same = next;
      continue;
    }
    let flipped = next;
    while (Math.abs(flipped - same) > 1) {
      const middle = Math.floor((flipped + same) / 2);
      if (flipsAt(middle)) flipped = middle;
      else same = middle;
    }
    return flipped;
  }
}

/** Six other task types often lead to one model; the first says enough. */
function oncePerModel(probes: readonly FlipProbe[]): readonly FlipProbe[] {
  return probes.filter((probe, index) => probes.findIndex(({ to }) => to === probe.to) === index);
}
