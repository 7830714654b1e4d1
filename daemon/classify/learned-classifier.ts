// The classifier that decides by default: what the ask head makes of a message to an assistant, and what the outcome head
// knows about questions and problems that stand by themselves. Both are small linear models with shipped weights, so it
// answers in a fraction of a millisecond, without a network, the same every time.

import type { Classification, TaskType } from '../protocol/vocabulary.ts';
import { askHead } from './ask-head.ts';
import type { AskJudgement } from './ask-head.ts';
import type { Classifier, RequestFeatures } from './classifier.ts';
import { FAILURE_LIMIT, asNeeds, failuresOf, gradeOfNeeds } from './grade.ts';
import type { Needs } from './grade.ts';
import { shippedOutcomeHead } from './outcome-head.ts';
import type { Outcome, OutcomeHead } from './outcome-head.ts';
import { pastedMaterial } from './pasted-material.ts';

export interface LearnedClassifierOptions {
  /** A conversation with more user turns than this is never simple. Asked each time, since configuration can change. */
  readonly maxTurnsBeforeUpgrade: () => number;
  /** Others than the shipped ones, for the eval. */
  readonly askHead?: (features: RequestFeatures) => AskJudgement;
  readonly outcomeHead?: OutcomeHead;
}

/**
 * How much each head counts, between a message in the middle of somebody's work and a problem that stands by itself.
 * Set by validation: the first column so that developer messages stay ordered by the ask head, the second so that
 * problems are ordered by what was measured (test/eval/README.md).
 */
const ASK_WEIGHT = { message: 1, problem: 0.02 };
const OUTCOME_WEIGHT = { message: 0.3, problem: 0.8 };
/** The same for the question whether the middle tier would fail as well; problems start from a level of their own. */
const ASK_WEIGHT_STRONGEST = { message: 1, problem: 0.05 };
const OUTCOME_WEIGHT_STRONGEST = { message: 0, problem: 0.5 };
const LEVEL_STRONGEST = { message: 0, problem: -1.6 };

/** Clearly beyond the border between simple and moderate, and no further. */
const LIFTED_LOG_ODDS = Math.log(FAILURE_LIMIT / (1 - FAILURE_LIMIT)) + 0.1;

/** Below this share nothing is said about problems. */
const NAMED_SHARE = 0.5;
const CERTAIN_SHARE = 0.9;
/** Scores from which on, and below which, the experience is worth a word. */
const OFTEN_BETTER = 0.5;
const RARELY_BETTER = -1.4;

export function createLearnedClassifier(options: LearnedClassifierOptions): Classifier {
  return {
    name: 'learned',
    classify: (features) => ({ classification: classify(features, options), costUsd: 0 }),
  };
}

function classify(features: RequestFeatures, options: LearnedClassifierOptions): Classification {
  const head = options.outcomeHead ?? shippedOutcomeHead();
  const pasted = judgePasted(features, options.askHead ?? askHead);
  const asked = pasted?.asked ?? (options.askHead ?? askHead)(features);
  const outcome = pasted === undefined ? head.judge(features.ask) : NO_PROBLEM;
  const isLong = features.userTurns > options.maxTurnsBeforeUpgrade();
  const natural = blend(asked, outcome, pasted?.isLifted === true ? LIFTED_LOG_ODDS : -Infinity);
  const higher = isLong ? blend(asked, outcome, LIFTED_LOG_ODDS) : natural;
  const signals = [...asked.signals, ...outcomeSignals(head, outcome, features.ask)];
  if (isLong) signals.push(`conversation of ${features.userTurns} user turns is never simple`);
  return {
    taskType: taskOf(asked, outcome),
    complexity: gradeOfNeeds(higher),
    ...(isLong && gradeOfNeeds(natural) !== gradeOfNeeds(higher)
      ? { liftedFrom: gradeOfNeeds(natural) }
      : {}),
    confidence: confidenceOf(asked, outcome.problemShare, higher),
    ...failuresOf(higher),
    classifierName: 'learned',
    signals,
  };
}

interface PastedJudgement {
  readonly asked: AskJudgement;
  /** Never simple. */
  readonly isLifted: boolean;
}

/** Plain work on a pasted text, such as a translation: the words of the text say nothing about how hard it is. */
function judgePasted(
  features: RequestFeatures,
  judge: (features: RequestFeatures) => AskJudgement,
): PastedJudgement | undefined {
  if (features.askHasImage) return undefined;
  const pasted = pastedMaterial(features.ask);
  if (pasted === undefined) return undefined;
  // The text is what it is about, and not what was said before.
  const asked = judge({ ...features, ask: pasted.instruction, earlierAsks: [] });
  const needs = asNeeds(
    sigmoid(logOdds(asked.needs.needsStronger) - EASIER_WITH_TEXT),
    asked.needs.needsStrongest,
  );
  if (needs.needsStronger > MOST_NEED || gradeOfNeeds(needs) === 'complex') return undefined;
  const signals = [...asked.signals, 'work on a pasted text, judged by its instruction'];
  return {
    asked: { ...asked, needs, signals },
    isLifted: pasted.isSmallTalk || pasted.materialChars > LONG_MATERIAL_CHARS,
  };
}

/** Words that name a text nobody sees count for a little more than with the text at hand. Log-odds. */
const EASIER_WITH_TEXT = 0.5;
/** Above this the head takes the instruction for more than plain work, or does not understand it. */
const MOST_NEED = 0.4;
/** Weak models lose their way in longer texts. */
const LONG_MATERIAL_CHARS = 30_000;
const NO_PROBLEM: Outcome = { score: 0, problemShare: 0, codeShare: 0 };

/** How likely each grade is exceeded. `least`: log-odds below which a stronger model is never taken for unnecessary. */
function blend(asked: AskJudgement, outcome: Outcome, least: number): Needs {
  const share = outcome.problemShare;
  const stronger =
    between(ASK_WEIGHT, share) * logOdds(asked.needs.needsStronger) +
    between(OUTCOME_WEIGHT, share) * outcome.score;
  const strongest =
    between(ASK_WEIGHT_STRONGEST, share) * logOdds(asked.needs.needsStrongest) +
    between(OUTCOME_WEIGHT_STRONGEST, share) * outcome.score +
    between(LEVEL_STRONGEST, share);
  return asNeeds(sigmoid(Math.max(stronger, least)), sigmoid(strongest));
}

/** The ask head has learnt from people at work, and takes most problems for theirs. */
function taskOf(asked: AskJudgement, outcome: Outcome): TaskType {
  if (outcome.problemShare < CERTAIN_SHARE || asked.taskType === 'vision') return asked.taskType;
  if (outcome.codeShare >= CERTAIN_SHARE) return 'code';
  return asked.taskType === 'code' && outcome.codeShare <= 1 - CERTAIN_SHARE ? 'reasoning' : asked.taskType;
}

/** For messages what the ask head says, unless it was overruled; for problems what the probabilities themselves say. */
function confidenceOf(asked: AskJudgement, share: number, needs: Needs): number {
  const grade = gradeOfNeeds(needs);
  const own = gradeOfNeeds(asked.needs) === grade ? asked.confidence : Math.min(0.5, asked.confidence);
  const complex = needs.needsStrongest;
  const simple = 1 - needs.needsStronger;
  const told = grade === 'complex' ? complex : grade === 'simple' ? simple : 1 - simple - complex;
  return Math.round(100 * between({ message: own, problem: told }, share)) / 100;
}

function outcomeSignals(head: OutcomeHead, outcome: Outcome, ask: string): readonly string[] {
  if (outcome.problemShare < NAMED_SHARE) return [];
  const signals = [outcome.codeShare > NAMED_SHARE ? 'a programming task by itself' : 'a question by itself'];
  if (outcome.score < RARELY_BETTER) signals.push('stronger models were rarely better at such questions');
  if (outcome.score < OFTEN_BETTER) return signals;
  const words = outcome.codeShare > NAMED_SHARE ? [] : head.tellingWords(ask);
  if (words.length > 0) signals.push(`words: ${words.join(', ')}`);
  signals.push('stronger models were often better at such questions');
  return signals;
}

function between(weight: { readonly message: number; readonly problem: number }, share: number): number {
  return weight.message + (weight.problem - weight.message) * share;
}

function logOdds(probability: number): number {
  const inside = Math.min(1 - 1e-5, Math.max(1e-5, probability));
  return Math.log(inside / (1 - inside));
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
