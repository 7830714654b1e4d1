// "What would have to be different?" The smallest single changes of a request that lead to another first choice. Nothing
// is derived: each change is a merge patch that is applied and planned again, so what is stated is true by construction.

import { needsOfGrade } from '../classify/grade.ts';
import type { DecisionInput, WouldFlip } from '../protocol/exchange-record.ts';
import type { Capability, Complexity, Profile, TaskType } from '../protocol/vocabulary.ts';
import { completeInput } from './complete-input.ts';
import { costProbes, needsProbes, tokenProbes } from './flip-numbers.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { Policy, RoutePlan, RoutingTable } from './policy.ts';

/** A change that was tried and flips the choice; `input` is the changed input. */
export interface FlipProbe extends WouldFlip {
  readonly input: DecisionInput;
}

/** A change in words and as a merge patch of the input. */
export type Change = Omit<WouldFlip, 'to'>;

/** A change that was tried; null when it does not lead to another model. */
export type Try = (change: Change) => FlipProbe | null;

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

/** Longer tasks are not looked ahead at. */
const MAX_STEPS = 200;

/** How sure a classifier is that names a grade and nothing else. */
const TYPICAL_CONFIDENCE = 0.8;

/** In a fixed order: what the user set, what passes by itself, then what the request is made of. */
export function flipProbes(
  given: DecisionInput,
  table: RoutingTable,
  policy: Pick<Policy, 'plan'>,
): readonly FlipProbe[] {
  const input = completeInput(given);
  const plan = policy.plan(input, table);
  const chosen = plan.targets[0]?.id ?? null;
  const attempt: Try = ({ change, patch }) => {
    const changed = applyMergePatch(input, patch);
    const to = policy.plan(changed, table).targets[0]?.id ?? null;
    return to === null || to === chosen ? null : { change, to, patch, input: changed };
  };
  const flips = (changes: readonly Change[]): readonly FlipProbe[] =>
    changes.flatMap((change) => attempt(change) ?? []);
  return [
    ...flips(wishChanges(input)),
    ...flips(situationChanges(input)),
    ...costProbes(input, plan, attempt),
    ...needsProbes(input, attempt),
    ...flips(gradeChanges(input)),
    ...oncePerModel(flips(taskChanges(input))),
    ...flips(profileChanges(plan)),
    ...flips(evidenceChanges(input)),
    ...flips(needChanges(input)),
    ...tokenProbes(input, attempt),
    ...flips(outageChanges(input, chosen)),
  ];
}

/** One wish of the user or the client taken back. */
function wishChanges({ controls, standingOverride, requestModel }: DecisionInput): readonly Change[] {
  const changes: Change[] = [];
  if (controls.headerModel !== null) {
    const patch = { controls: { headerModel: null } };
    changes.push({ change: 'without the header x-pointsman-model', patch });
  }
  if (controls.queryModel !== null) {
    changes.push({ change: 'without ?model= in the query', patch: { controls: { queryModel: null } } });
  }
  if (standingOverride !== null) {
    changes.push({ change: 'without the override', patch: { standingOverride: null } });
  }
  if (requestModel !== 'auto') {
    changes.push({ change: 'with the model name auto', patch: { requestModel: 'auto' } });
  }
  return changes;
}

/** What passes with time: an outage, the middle of a task, a task that goes badly. */
function situationChanges(input: DecisionInput): readonly Change[] {
  const passing = input.unavailable.filter((entry) => entry.isLasting !== true);
  const changes = [...new Set(passing.map(({ model }) => model))].map((model): Change => {
    const unavailable = input.unavailable.filter((entry) => entry.model !== model);
    return { change: `${model} available again`, patch: { unavailable } };
  });
  if (input.escalation !== null) {
    const change = `the task going well on ${input.escalation.fromModel}`;
    changes.push({ change, patch: { escalation: null } });
  }
  if ((input.budgetPressure ?? null) !== null) {
    changes.push({ change: 'without a budget that runs out', patch: { budgetPressure: null } });
  }
  changes.push(...economicsChanges(input));
  const patch = { decisionPoint: 'new-task' };
  if (input.decisionPoint === 'continuation') {
    changes.push({ change: 'at the start of a task instead of inside one', patch });
  }
  if (input.decisionPoint === 'background') {
    changes.push({ change: 'as a request of the user instead of a background call', patch });
  }
  return changes;
}

/** What a conversation has behind it, and ahead of it. */
function economicsChanges({ economics }: DecisionInput): readonly Change[] {
  if (economics === undefined) return [];
  const changes: Change[] = [];
  const warm = Object.keys(economics.warmTokens);
  if (warm.length > 0) {
    const patch = { economics: { warmTokens: Object.fromEntries(warm.map((model) => [model, null])) } };
    changes.push({ change: 'with nothing in any prompt cache', patch });
  }
  if (economics.switchBooks !== null) {
    const change = 'without a limit on what switching may cost';
    changes.push({ change, patch: { economics: { switchBooks: null } } });
  }
  const steps = economics.expectedSteps;
  for (const expectedSteps of [1, Math.ceil(steps / 2), Math.ceil(steps * 2), Math.ceil(steps * 5)]) {
    if (expectedSteps === steps || expectedSteps > MAX_STEPS) continue;
    const change = `the task expected to take ${expectedSteps} requests from here on, not ${Number(steps.toFixed(1))}`;
    changes.push({ change, patch: { economics: { expectedSteps } } });
  }
  return changes;
}

/** The neighbouring grades, with the probabilities that are typical of them. */
function gradeChanges({ classification }: DecisionInput): readonly Change[] {
  const index = GRADES.indexOf(classification.complexity);
  return GRADES.filter((_, other) => Math.abs(other - index) === 1).map((complexity) => ({
    change: `complexity ${complexity}`,
    patch: { classification: { complexity, ...needsOfGrade(complexity, TYPICAL_CONFIDENCE) } },
  }));
}

function taskChanges({ classification }: DecisionInput): readonly Change[] {
  return TASK_TYPES.filter((taskType) => taskType !== classification.taskType).map((taskType) => ({
    change: `task type ${taskType}`,
    patch: { classification: { taskType } },
  }));
}

function profileChanges(plan: RoutePlan): readonly Change[] {
  return PROFILES.filter((profile) => profile !== plan.profile).map((profile) => ({
    change: `profile ${profile}`,
    patch: { controls: { profile } },
  }));
}

/** The shipped expectation alone. A merge patch takes members away one by one. */
function evidenceChanges({ evidence }: DecisionInput): readonly Change[] {
  const none = (counts: object) => Object.fromEntries(Object.keys(counts).map((key) => [key, null]));
  const patch = { evidence: { tiers: none(evidence.tiers), models: none(evidence.models) } };
  const isEmpty = Object.keys(evidence.tiers).length + Object.keys(evidence.models).length === 0;
  return isEmpty ? [] : [{ change: 'without the outcomes seen on this machine', patch }];
}

function needChanges(input: DecisionInput): readonly Change[] {
  return NEEDS.map(([need, added, dropped]) =>
    input.needs.includes(need)
      ? { change: dropped, patch: { needs: input.needs.filter((other) => other !== need) } }
      : { change: added, patch: { needs: [...input.needs, need] } },
  );
}

/** The runner-up: who answers when the choice cannot. */
function outageChanges({ unavailable }: DecisionInput, chosen: string | null): readonly Change[] {
  if (chosen === null || unavailable.some(({ model }) => model === chosen)) return [];
  const out = { model: chosen, why: 'is taken to be out' };
  return [{ change: `${chosen} out`, patch: { unavailable: [...unavailable, out] } }];
}

/** Six other task types often lead to one model; the first says enough. */
function oncePerModel(probes: readonly FlipProbe[]): readonly FlipProbe[] {
  return probes.filter((probe, index) => probes.findIndex(({ to }) => to === probe.to) === index);
}
