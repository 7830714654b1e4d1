// Judges what a developer writes to an assistant: task type of seven, and how likely it is that a weaker model would not
// do. A linear model learnt from self-written asks (test/eval/training/train-ask-head.ts) reads the ask; a short ask
// without content of its own is judged with up to three asks before it. Pure, deterministic, bounded in time.

import type { TaskType } from '../protocol/vocabulary.ts';
import {
  ASK_HEAD_DENSE,
  ASK_HEAD_TASKS,
  PLACEHOLDER,
  askHeadFeatures,
  conceptsOfToken,
  orderWordHash,
} from './ask-head-features.ts';
import type { AskHeadFeatures } from './ask-head-features.ts';
import data from './ask-head-weights.json' with { type: 'json' };
import type { RequestFeatures } from './classifier.ts';
import { asNeeds, gradeOfNeeds } from './grade.ts';
import type { Needs } from './grade.ts';
import { lazyLinearHead } from './linear-head.ts';
import { FOLLOW_UP_WORDS } from './rule-signals.ts';

export interface AskJudgement {
  readonly taskType: TaskType;
  /** 0..1. */
  readonly taskConfidence: number;
  readonly needs: Needs;
  /** 0..1, how likely the grade that follows from `needs` is the right one. */
  readonly confidence: number;
  /** Why, without a word of the ask. */
  readonly signals: readonly string[];
}

const CODE = ASK_HEAD_TASKS.indexOf('code');
const GENERAL = ASK_HEAD_TASKS.indexOf('general');
const VISION = ASK_HEAD_TASKS.indexOf('vision');

/** What one text says by itself. */
interface TextJudgement {
  /** Probability of each task type. */
  readonly tasks: readonly number[];
  /** Log-odds. */
  readonly stronger: number;
  readonly strongest: number;
  /** 0..1, that it only has a meaning after what was said before. */
  readonly leaning: number;
  /** 0..1, how much of its wording is known. */
  readonly known: number;
  readonly features: AskHeadFeatures;
}

const head = lazyLinearHead(data);
let knownWords: Buffer | undefined;

export function askHead(features: RequestFeatures): AskJudgement {
  if (features.ask.trim() === '') return withoutWords(features);
  const own = judgeText(features.ask);
  const share = features.earlierAsks.length === 0 ? 0 : contextShare(own);
  const context = share === 0 ? undefined : contextOf(features.earlierAsks);
  const lift = (mine: number, before: number): number => mine + share * (Math.max(mine, before) - mine);
  const stronger = context === undefined ? own.stronger : lift(own.stronger, context.stronger);
  const strongest = context === undefined ? own.strongest : lift(own.strongest, context.strongest);
  const tasks = own.tasks.map((mine, task) => mine + share * ((context?.tasks[task] ?? mine) - mine));
  const needs = asNeeds(sigmoid(stronger), sigmoid(strongest));
  const best = features.askHasImage ? VISION : largest(tasks);
  return {
    taskType: ASK_HEAD_TASKS[best] ?? 'general',
    taskConfidence: features.askHasImage ? 1 : round(tasks[best] ?? 0),
    needs,
    confidence: round(
      Math.max(MIN_CONFIDENCE, confidenceOf(needs)) * (own.known < 1 && share === 0 ? own.known : 1),
    ),
    signals: signalsOf(own, features, share),
  };
}

/** An image alone, or nothing at all: nobody can tell, so it counts as moderate. */
function withoutWords(features: RequestFeatures): AskJudgement {
  return {
    taskType: features.askHasImage ? 'vision' : 'general',
    taskConfidence: features.askHasImage ? 1 : 0,
    needs: asNeeds(sigmoid(UNKNOWN_STRONGER), sigmoid(UNKNOWN_STRONGEST)),
    confidence: 0,
    signals: [features.askHasImage ? 'an image without words' : 'no words of the user'],
  };
}

/** What is not understood counts as moderate, as an unknown label does. Log-odds. */
const UNKNOWN_STRONGER = 0.4;
const UNKNOWN_STRONGEST = -1.7;

/** So many words of a foreign text look known by chance; with so many more an ask is taken at its word. */
const CHANCE_SHARE = 0.2;
const UNDERSTOOD_SHARE = 0.3;
const MIN_CONFIDENCE = 0.2;

function judgeText(text: string): TextJudgement {
  const features = askHeadFeatures(text);
  const scores = head().scores(features.text);
  const known = Math.min(1, Math.max(0, (knownShare(features) - CHANCE_SHARE) / UNDERSTOOD_SHARE));
  const mixed = (score: number, unknown: number): number => known * score + (1 - known) * unknown;
  const [stronger = 0, strongest = 0, leaning = 0] = scores.slice(ASK_HEAD_TASKS.length);
  const tasks = softmax(scores.slice(0, ASK_HEAD_TASKS.length));
  return {
    tasks: tasks.map((share, task) => known * share + (task === GENERAL ? 1 - known : 0)),
    stronger: mixed(stronger, UNKNOWN_STRONGER),
    strongest: mixed(strongest, UNKNOWN_STRONGEST),
    leaning: known * sigmoid(leaning),
    known,
    features,
  };
}

/** Share of the order's words that the corpus has too; names, code and errors are understood as such. */
function knownShare({ order, shape }: AskHeadFeatures): number {
  if (shape.hasCodeBlock || shape.hasErrorText || shape.identifiers > 0) return 1;
  let words = 0;
  let known = 0;
  for (const word of order) {
    if (word === '?' || word.startsWith(PLACEHOLDER)) continue;
    // Pairs of signs tell more than single ones, and longer pieces rarely occur twice.
    if (word.charCodeAt(0) >= 0x2e80 && word.length !== 2 && order.length > 1) continue;
    words += 1;
    if (isKnown(word)) known += 1;
  }
  if (words === 0) return order.every((word) => word === '?') ? 0 : 1;
  return known / words;
}

function isKnown(word: string): boolean {
  if (conceptsOfToken(word).length > 0) return true;
  knownWords ??= Buffer.from(data.knownWords, 'base64');
  const bit = orderWordHash(word) & (knownWords.length * 8 - 1);
  return (((knownWords[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}

/** How far an ask is judged by what came before it, 0..1. */
function contextShare(own: TextJudgement): number {
  const { order, shape } = own.features;
  if (order.length > MAX_LEANING_WORDS || shape.chars > MAX_LEANING_CHARS) return 0;
  const leaning = Math.min(1, Math.max(0, (own.leaning - 0.25) / 0.35));
  const points = order.length <= MAX_POINTING_WORDS && order.some((word) => FOLLOW_UP_WORDS.has(word));
  return points && sigmoid(own.stronger) > SMALL_TALK_LIMIT ? Math.max(leaning, POINTING_SHARE) : leaning;
}

const MAX_LEANING_WORDS = 16;
const MAX_LEANING_CHARS = 200;
/** "is it safe?": has a content, and points to what was said. */
const MAX_POINTING_WORDS = 9;
const POINTING_SHARE = 0.5;
/** Below this nothing is asked: thanks, greetings. */
const SMALL_TALK_LIMIT = 0.12;
/** Each ask counts so much less than the one after it. */
const AGE_FACTOR = 0.5;
/** An ask that leans itself, or says nothing, hardly counts. */
const LEAST_SUBSTANCE = 0.03;

type Context = Pick<TextJudgement, 'tasks' | 'stronger' | 'strongest'>;

/** The asks before, newest first, as one: the newer and the more they say by themselves, the more they count. */
function contextOf(earlierAsks: readonly string[]): Context {
  const judged = earlierAsks.slice(0, 3).map(judgeText);
  const weights = judged.map((one, age) => AGE_FACTOR ** age * Math.max(LEAST_SUBSTANCE, substanceOf(one)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (valueOf: (one: TextJudgement) => number): number =>
    judged.reduce((sum, one, index) => sum + valueOf(one) * (weights[index] ?? 0), 0) / total;
  return {
    tasks: ASK_HEAD_TASKS.map((_, task) => mean((one) => one.tasks[task] ?? 0)),
    stronger: mean((one) => one.stronger),
    strongest: mean((one) => one.strongest),
  };
}

function substanceOf({ leaning, stronger, tasks, features }: TextJudgement): number {
  const saysNothing =
    features.order.length <= 4 && sigmoid(stronger) < SMALL_TALK_LIMIT && (tasks[CODE] ?? 0) < 0.5;
  return saysNothing && !features.order.includes('?') ? 0 : 1 - leaning;
}

function signalsOf(own: TextJudgement, features: RequestFeatures, share: number): readonly string[] {
  const signals: string[] = [];
  if (features.askHasImage) signals.push('the ask comes with an image');
  if (share > 0.3) signals.push('short follow-up, judged with the asks before it');
  if (own.known < 0.5) signals.push('language or words not understood');
  signals.push(...reasonsOf(own.features), `${own.features.shape.chars} characters`);
  return signals;
}

const MAX_REASONS = 4;
const LEAST_REASON = 0.15;

/** The features that moved the judgement most, with their log-odds: plus is harder. */
function reasonsOf({ text, rules }: AskHeadFeatures): readonly string[] {
  const weights = data.outputs[ASK_HEAD_TASKS.length]?.dense ?? [];
  const reasons: { readonly index: number; readonly odds: number }[] = [];
  for (let index = 0; index < text.dense.length; index += 1) {
    const value = text.dense[index] ?? 0;
    if (value === 0) continue;
    const odds = value * (weights[index] ?? 0);
    if (Math.abs(odds) >= LEAST_REASON) reasons.push({ index, odds });
  }
  return reasons
    .toSorted((a, b) => Math.abs(b.odds) - Math.abs(a.odds))
    .slice(0, MAX_REASONS)
    .map(({ index, odds }) => {
      const name = withPhrase(ASK_HEAD_DENSE[index] ?? '', rules.matches);
      return `${name} (${odds > 0 ? '+' : ''}${odds.toFixed(1)})`;
    });
}

/** A row of the rules is shown with the phrase of the table that was found. */
function withPhrase(name: string, matches: AskHeadFeatures['rules']['matches']): string {
  const match = matches.find(({ row }) => row.why === name);
  return match === undefined ? name : `${name} "${match.phrase}"`;
}

function confidenceOf(needs: Needs): number {
  const grade = gradeOfNeeds(needs);
  if (grade === 'simple') return 1 - needs.needsStronger;
  return grade === 'complex' ? needs.needsStrongest : needs.needsStronger - needs.needsStrongest;
}

function softmax(scores: Float64Array): readonly number[] {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function largest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
