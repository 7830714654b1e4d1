// Judges an ask by a table of signals (rule-signals.ts) and its length. The fallback of the fallback: keyword scores do
// not predict which coding task a small model fails, so its confidence is low by design and later classifiers overrule
// it. It always answers, in microseconds, for any text in any language.

import type { Classification, Complexity, TaskType } from '../protocol/vocabulary.ts';
import { shapeOf } from './ask-shape.ts';
import type { AskShape } from './ask-shape.ts';
import type { Classifier, RequestFeatures } from './classifier.ts';
import { FAILURE_LIMIT, asNeeds, gradeOfNeeds } from './grade.ts';
import type { Needs } from './grade.ts';
import { createPhraseMatcher, wordsIn } from './phrase-matcher.ts';
import type { PhraseMatch } from './phrase-matcher.ts';
import {
  COMMON_VERBS,
  EDIT_VERBS,
  ENGLISH_WORDS,
  FOLLOW_UP_OPENERS,
  FOLLOW_UP_WORDS,
  POLITE_WORDS,
  RULE_SIGNALS,
  TECHNICAL_WORDS,
} from './rule-signals.ts';
import type { RuleSignal } from './rule-signals.ts';

export interface RuleClassifierOptions {
  /** A conversation with more user turns than this is never simple. Asked each time, since configuration can change. */
  readonly maxTurnsBeforeUpgrade: () => number;
}

/** `hardness` is on the scale of the weights; from here on an ask is complex. */
const COMPLEX_FROM = 1.5;
/** How much of the length counts towards complex: a long order is mostly several small ones. */
const HARD_LENGTH_RATIO = 0.5;
/** Length at which simple and not simple are equally likely when nothing else is known (developer messages). */
const EVEN_CHARS = 53;
const LENGTH_SLOPE = 1.3;
/** Length never says more than this in either direction: a long order is not a hard one, a short one not trivial. */
const MAX_LENGTH_WEIGHT = 1.6;
const MIN_LENGTH_WEIGHT = -1.8;

/** Words on the surface never say more than this about what a model can do. */
const MAX_CONFIDENCE = 0.8;

/** An order like "translate the following into …" is said in this many words; what follows is material. */
const TRANSFORM_ORDER_WORDS = 25;

/** An ask of at most this size may be a follow-up. */
const FOLLOW_UP_WORDS_MAX = 9;

const findSignals = createPhraseMatcher(RULE_SIGNALS);
const findOpeners = createPhraseMatcher([{ phrases: FOLLOW_UP_OPENERS }]);

/** What one text says by itself. */
export interface RuleJudgement {
  /** Log-odds of "not simple". */
  readonly difficulty: number;
  /** Sum of the signals that only complex work has, and part of the length; -Infinity without any such signal. */
  readonly hardness: number;
  readonly tasks: Readonly<Partial<Record<TaskType, number>>>;
  readonly signals: readonly string[];
  readonly isSmallTalk: boolean;
  /** Nothing in it is understood: another language, or no words at all. */
  readonly isOpaque: boolean;
  /** The rows of the table that were found and count. */
  readonly matches: readonly PhraseMatch<RuleSignal>[];
}

export function createRuleClassifier(options: RuleClassifierOptions): Classifier {
  return {
    name: 'rules',
    classify: (features) => ({ classification: classify(features, options), costUsd: 0 }),
  };
}

function classify(features: RequestFeatures, options: RuleClassifierOptions): Classification {
  const own = judgeByRules(features.ask);
  const context = contextOf(features, own);
  const signals = [...own.signals];
  let { difficulty, hardness } = own;
  if (context !== undefined) {
    signals.push('short follow-up, judged with the asks before it');
    difficulty = Math.max(difficulty, context.difficulty);
    hardness = Math.max(hardness, context.hardness);
  }
  if (features.userTurns > options.maxTurnsBeforeUpgrade()) {
    signals.push(`conversation of ${features.userTurns} user turns is never simple`);
    difficulty = Math.max(difficulty, LIFTED_DIFFICULTY);
  }
  const { taskType, why } = taskOf(features, own, context);
  signals.push(...why);
  const complexity = gradeOfNeeds(needsOf(difficulty, hardness));
  const isOpaque = own.isOpaque && context === undefined;
  return {
    taskType,
    complexity,
    confidence: round(
      isOpaque ? OPAQUE_CONFIDENCE : Math.min(MAX_CONFIDENCE, confidenceOf(complexity, difficulty, hardness)),
    ),
    ...needsOf(difficulty, hardness),
    classifierName: 'rules',
    signals,
  };
}

/** Judges one text by the table, without anything before it. */
export function judgeByRules(ask: string, shape: AskShape = shapeOf(ask)): RuleJudgement {
  const words = wordsIn(shape.prose);
  const matches = relevantSignals(words);
  const technical = new Set(words.filter(isTechnical)).size;
  const isOpaque = isNotUnderstood(shape, words, matches.length + technical);
  const counted = countedSignals(shape, technical);
  const isTransform = matches.some(({ row }) => row.isTransform === true);
  const length = isTransform ? 0 : lengthWeight(shape.chars);
  const sum = [...matches.map(({ row }) => row), ...counted].reduce(
    (total, { weight }) => total + weight,
    length,
  );
  const hard = matches.filter(({ row }) => row.isHard === true);
  const hardSum = hard.reduce((total, { row }) => total + row.weight, HARD_LENGTH_RATIO * length);
  const signals = matches.map(({ row, phrase }) => `${row.why} ("${phrase}")`);
  signals.push(...counted.map(({ why }) => why));
  signals.push(isOpaque ? 'language or words not understood' : `${shape.chars} characters`);
  return {
    difficulty: isOpaque ? OPAQUE_DIFFICULTY : sum,
    hardness: hard.length === 0 ? -Infinity : hardSum,
    tasks: taskWeights(matches, shape, technical, words),
    signals,
    isSmallTalk: matches.some(({ row }) => row.weight <= -3),
    isOpaque,
    matches,
  };
}

function relevantSignals(words: readonly string[]): readonly PhraseMatch<RuleSignal>[] {
  const matches = findSignals(words).filter((match) => applies(match, words));
  const start = startOf(words);
  const leads = matches.some(({ row, at }) => row.isTransform === true && at <= start + 1);
  if (!leads) return matches;
  return matches.filter(({ row, at }) => row.isHard !== true && at < start + TRANSFORM_ORDER_WORDS);
}

function applies(match: PhraseMatch<RuleSignal>, words: readonly string[]): boolean {
  if (match.row.maxWords !== undefined && words.length > match.row.maxWords) return false;
  return match.row.atStart !== true || match.at <= startOf(words);
}

/** Index of the first word that is not mere politeness. */
function startOf(words: readonly string[]): number {
  const index = words.findIndex((word) => !POLITE_WORDS.has(word));
  return Math.max(0, index);
}

function isNotUnderstood(shape: AskShape, words: readonly string[], known: number): boolean {
  if (words.length === 0) return true;
  if (known > 0 || shape.identifiers > 0 || shape.hasErrorText || shape.hasCodeBlock) return false;
  if (shape.foreignRatio > 0.5) return true;
  return words.length >= 3 && !words.some((word) => ENGLISH_WORDS.has(word) || EDIT_VERBS.has(word));
}

/** Signals that are counted, not looked up. */
function countedSignals(
  shape: AskShape,
  technical: number,
): readonly { readonly why: string; readonly weight: number }[] {
  const found: { why: string; weight: number }[] = [];
  if (technical > 0)
    found.push({ why: `${technical} technical terms`, weight: Math.min(0.45, 0.15 * technical) });
  if (shape.hasErrorText) found.push({ why: 'a pasted error', weight: 0.8 });
  if (shape.hasCodeBlock) found.push({ why: 'a block of code', weight: 0.4 });
  if (shape.listItems >= 3) found.push({ why: `${shape.listItems} points to cover`, weight: 0.6 });
  return found;
}

function isTechnical(word: string): boolean {
  return TECHNICAL_WORDS.has(word) || (word.endsWith('s') && TECHNICAL_WORDS.has(word.slice(0, -1)));
}

function lengthWeight(chars: number): number {
  const weight = LENGTH_SLOPE * Math.log(Math.max(1, chars) / EVEN_CHARS);
  return Math.min(MAX_LENGTH_WEIGHT, Math.max(MIN_LENGTH_WEIGHT, weight));
}

function taskWeights(
  matches: readonly PhraseMatch<RuleSignal>[],
  shape: AskShape,
  technical: number,
  words: readonly string[],
): Readonly<Partial<Record<TaskType, number>>> {
  const tasks: Partial<Record<TaskType, number>> = {};
  const add = (task: TaskType, weight: number): void => {
    tasks[task] = (tasks[task] ?? 0) + weight;
  };
  for (const { row } of matches) {
    for (const task of TASK_ORDER) add(task, row.task?.[task] ?? 0);
  }
  const verb = words[startOf(words)] ?? '';
  if (EDIT_VERBS.has(verb)) add('code', 1);
  else if (COMMON_VERBS.has(verb)) add('code', 0.5);
  add('code', Math.min(1.5, 0.5 * technical) + Math.min(2, shape.identifiers));
  if (shape.hasCodeBlock) add('code', 1.5);
  if (shape.hasErrorText) add('code', 1);
  return tasks;
}

/** Of equal weights the first wins: the more particular kind of work. */
const TASK_ORDER: readonly TaskType[] = [
  'translation',
  'classification',
  'creative',
  'code',
  'reasoning',
  'general',
];

function taskOf(
  features: RequestFeatures,
  own: RuleJudgement,
  context: RuleJudgement | undefined,
): { readonly taskType: TaskType; readonly why: readonly string[] } {
  if (features.askHasImage) return { taskType: 'vision', why: ['the ask comes with an image'] };
  const task = strongestTask(own.tasks);
  if (task !== undefined) return { taskType: task, why: [] };
  const inherited = context === undefined ? undefined : strongestTask(context.tasks);
  return { taskType: inherited ?? 'general', why: [] };
}

function strongestTask(tasks: Readonly<Partial<Record<TaskType, number>>>): TaskType | undefined {
  let best: TaskType | undefined;
  for (const task of TASK_ORDER) {
    const weight = tasks[task] ?? 0;
    if (weight >= 1 && weight > (best === undefined ? 0 : (tasks[best] ?? 0))) best = task;
  }
  return best;
}

/** The hardest of the asks before a follow-up, each a little less telling than the one after it. */
function contextOf(features: RequestFeatures, own: RuleJudgement): RuleJudgement | undefined {
  if (features.earlierAsks.length === 0 || own.isSmallTalk || !isFollowUp(features.ask)) return undefined;
  let context: RuleJudgement | undefined;
  features.earlierAsks.forEach((ask, index) => {
    const judged = judgeByRules(ask);
    const difficulty = judged.difficulty - CONTEXT_DECAY * index;
    const hardness = judged.hardness - CONTEXT_DECAY * index;
    if (context === undefined || difficulty > context.difficulty)
      context = { ...judged, difficulty, hardness };
  });
  return context;
}

function isFollowUp(ask: string): boolean {
  const words = wordsIn(ask.slice(0, 200));
  if (words.length > FOLLOW_UP_WORDS_MAX || ask.length > 200) return false;
  if (words.length <= 3 || words.some((word) => FOLLOW_UP_WORDS.has(word))) return true;
  return findOpeners(words).some((match) => match.at === 0);
}

/** Clearly beyond the border between simple and moderate, and no further. */
const LIFTED_DIFFICULTY = 0.1;
const CONTEXT_DECAY = 0.1;
/** What is not understood counts as moderate, as an unknown label does. */
const OPAQUE_DIFFICULTY = 0.7;
const OPAQUE_CONFIDENCE = 0.2;

/** At difficulty 0, and at the hardness from which an ask is complex, exactly at the border of the grade. */
function needsOf(difficulty: number, hardness: number): Needs {
  const border = Math.log(FAILURE_LIMIT / (1 - FAILURE_LIMIT));
  return asNeeds(sigmoid(border + difficulty), sigmoid(border + hardness - COMPLEX_FROM));
}

function confidenceOf(complexity: Complexity, difficulty: number, hardness: number): number {
  const simple = sigmoid(-difficulty);
  if (complexity === 'simple') return simple;
  const complex = (1 - simple) * sigmoid(hardness - COMPLEX_FROM);
  return complexity === 'complex' ? complex : 1 - simple - complex;
}

function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
