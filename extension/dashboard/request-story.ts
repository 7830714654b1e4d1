// A decision as a person tells it: what was asked, how it was read, why this model, what would have changed it. Pure.
// Records of older versions lack members; what is absent is left out.

import type { Candidate, Decision, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { TaskType } from '../../daemon/protocol/vocabulary.ts';
import { duration, grouped, percent, tokens, usd } from './figures.ts';
import { isHit } from './hit-story.ts';
import {
  clientName,
  decisionPointWords,
  errorWords,
  failureWords,
  reasonSentence,
  taskName,
} from './words.ts';

export interface RequestStory {
  /** One sentence: who asked for what, and who answered. */
  readonly headline: string;
  /** How the ask was read; empty without a decision. */
  readonly reading: readonly string[];
  /** Why this model. */
  readonly choice: readonly string[];
  readonly flips: readonly { readonly change: string; readonly to: string }[];
  readonly signals: readonly string[];
}

export interface CandidateRow {
  readonly model: string;
  readonly isChosen: boolean;
  readonly expectedCost: string;
  readonly taskCost: string;
  readonly success: string;
  readonly warm: string;
  readonly effort: string;
  readonly verdict: string;
}

export interface SwitchStory {
  readonly sentence: string;
  readonly rows: readonly { readonly label: string; readonly value: string }[];
}

export function requestStory(record: ExchangeRecord): RequestStory {
  const { decision } = record;
  return {
    headline: headlineOf(record),
    reading: decision === null ? [] : readingOf(decision),
    choice: choiceOf(record),
    // Of a stored answer they would change nothing.
    flips: decision === null || isHit(record) ? [] : flipsOf(decision),
    signals: decision?.classification.signals ?? [],
  };
}

function headlineOf(record: ExchangeRecord): string {
  const asked = record.requestModel === '' ? 'a model' : record.requestModel;
  const who = clientName(record.client);
  if (isHit(record)) {
    const what = record.cache === 'exact' ? 'an equal request' : 'a similar request';
    return `${who} asked for ${asked}, and got the stored answer to ${what}.`;
  }
  if (record.responseModel === null) {
    return `${who} asked for ${asked}, and nobody answered. ${errorWords(record.errorType)}`;
  }
  const took = ` in ${duration(record.durationMs)}`;
  const answered = `${who} asked for ${asked}, and ${record.responseModel} answered`;
  if (record.status === 'ok') return `${answered}${took}.`;
  return `${answered}, but not to the end. ${errorWords(record.errorType)}`;
}

function readingOf({ classification, decisionPoint, profile, ask }: Decision): readonly string[] {
  const { taskType, complexity, confidence, needsStronger, liftedFrom, classifierName } =
    classification as Decision['classification'] & { readonly needsStronger?: number };
  const lifted = liftedFrom === undefined ? '' : `, lifted from ${liftedFrom} by its long conversation`;
  const turns = ask.earlierUserTurns === 1 ? '1 earlier turn' : `${ask.earlierUserTurns} earlier turns`;
  return [
    `An ask of ${grouped(ask.chars, 0)} characters with ${turns}, read as ${taskName(taskType).toLowerCase()}, ${complexity}${lifted}.`,
    `The ${classifierName} classifier is ${percent(confidence)} sure of the grade.`,
    ...(typeof needsStronger === 'number'
      ? [`With a probability of ${percent(needsStronger)} it needs more than the least expensive models.`]
      : []),
    `Decided ${decisionPointWords(decisionPoint)}, with the ${profile} profile.`,
  ];
}

function choiceOf(record: ExchangeRecord): readonly string[] {
  const { decision, reason } = record;
  if (decision === null) {
    return reason === null ? ['No decision was kept for this request.'] : [reasonSentence(reason)];
  }
  const { bindingConstraint, notes, helps, effort } = decision as Partial<Decision>;
  if (isHit(record)) return [...hitSentences(record, decision), ...(notes ?? []).map(sentence)];
  return [
    reasonSentence(reason ?? decision.reason),
    ...fallbackSentences(record, decision),
    ...(bindingConstraint == null ? [] : [`The next cheaper one, ${sentence(bindingConstraint)}`]),
    ...(helps === undefined ? [] : [`The task stays on ${helps}; only this step was done by another model.`]),
    ...(effort == null ? [] : [`It was asked to think at effort “${effort}”.`]),
    ...(notes ?? []).map(sentence),
  ];
}

/** The decision is the one that was not needed. */
function hitSentences({ cache }: ExchangeRecord, { chosen }: Decision): readonly string[] {
  return [
    cache === 'exact'
      ? reasonSentence('cache')
      : 'A request that was taken to mean the same was answered before, so no model was asked.',
    ...(chosen === '' ? [] : [`Without that, ${chosen} would have been asked.`]),
  ];
}

/** The plan named another model than the one that answered. */
function fallbackSentences(record: ExchangeRecord, decision: Decision): readonly string[] {
  const { chosen } = decision;
  if (chosen === '' || chosen === record.responseModel) return [];
  const failed = record.attempts.find(({ model, status }) => model === chosen && status === 'failed');
  if (failed === undefined) return [`The plan began with ${chosen}.`];
  return [`The plan began with ${chosen}, which failed: ${failureWords(failed.errorType).toLowerCase()}.`];
}

function flipsOf(decision: Partial<Decision>): RequestStory['flips'] {
  return (decision.wouldFlip ?? []).map(({ change, to }) => ({ change: flipWords(change), to }));
}

/** The daemon names its own figures; here they are said. What is not known stays as it is written. */
const FLIPS: readonly (readonly [RegExp, (found: readonly string[]) => string])[] = [
  [
    /^needsStronger (above|below) ([\d.]+)$/,
    ([, side = '', share = '']) => `chance of needing a stronger model ${side} ${shareText(share)}`,
  ],
  [
    /^needsStrongest (above|below) ([\d.]+)$/,
    ([, side = '', share = '']) => `chance of needing the strongest models ${side} ${shareText(share)}`,
  ],
  [/^complexity (\S+)$/, ([, grade = '']) => `read as ${grade}`],
  [/^task type (\S+)$/, ([, task = '']) => `read as ${taskName(task as TaskType).toLowerCase()}`],
  [/^profile (\S+)$/, ([, profile = '']) => `with the ${profile} profile`],
  [/^(\S+) out$/, ([, model = '']) => `with ${model} out of service`],
];

export function flipWords(change: string): string {
  for (const [pattern, say] of FLIPS) {
    const found = pattern.exec(change);
    if (found !== null) return say(found);
  }
  return change;
}

const shareText = (share: string): string => `${Number((Number(share) * 100).toFixed(2))} %`;

export function candidateRows(decision: Decision): readonly CandidateRow[] {
  return decision.candidates.map((candidate) => candidateRow(candidate, decision));
}

function candidateRow(candidate: Candidate, { chosen, fallbacks }: Decision): CandidateRow {
  const { expectedCostUsd, expectedTaskCostUsd, successProbability, warmTokens, effort }: Partial<Candidate> =
    candidate;
  const isChosen = candidate.model === chosen;
  const stand = fallbacks.includes(candidate.model) ? 'Stands by in case of a failure.' : 'Not chosen.';
  return {
    model: candidate.model,
    isChosen,
    expectedCost: usd(expectedCostUsd ?? null),
    taskCost: expectedTaskCostUsd === undefined ? '–' : usd(expectedTaskCostUsd),
    success: successProbability == null ? '–' : percent(successProbability),
    warm: warmTokens === undefined || warmTokens === 0 ? '–' : tokens(Math.round(warmTokens)),
    effort: effort ?? '',
    verdict: isChosen ? 'Chosen' : candidate.rejected === null ? stand : sentence(candidate.rejected),
  };
}

/** What staying and moving were reckoned to cost; null = there was no such choice. */
export function switchStory(decision: Decision): SwitchStory | null {
  const economics = decision.switchEconomics;
  if (economics == null) return null;
  const { fromModel, toModel, expectedSteps, stayCostUsd, moveCostUsd, paybackSteps, allowanceUsd, moved } =
    economics;
  const steps = Math.max(1, Math.round(expectedSteps));
  const ahead = steps === 1 ? 'this request' : `the next ${steps} requests`;
  return {
    sentence: `The conversation ${moved ? `moved from ${fromModel} to ${toModel}` : `stayed on ${fromModel} instead of moving to ${toModel}`}, reckoned over ${ahead}.`,
    rows: [
      { label: `Staying on ${fromModel}`, value: usd(stayCostUsd) },
      { label: `Moving to ${toModel}`, value: usd(moveCostUsd) },
      { label: 'The move pays for itself after', value: paybackText(paybackSteps) },
      {
        label: 'Limit on switching leaves',
        value: allowanceUsd === null ? 'no limit yet' : usd(allowanceUsd),
      },
    ],
  };
}

function paybackText(paybackSteps: number | null): string {
  if (paybackSteps === null) return 'never';
  const steps = Math.ceil(paybackSteps);
  return steps <= 1 ? 'the first request' : `${steps} requests`;
}

/** The daemon's remarks begin small and have no full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  // A name of a model at the beginning keeps its spelling.
  const first = /^[a-z]+\b(?![-_.:/\d])/.test(trimmed) ? trimmed.charAt(0).toUpperCase() : trimmed.charAt(0);
  const whole = `${first}${trimmed.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
