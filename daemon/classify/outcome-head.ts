// How likely a stronger model is to pay off for an ask, learnt from questions of which it is known which models solved
// them. Two findings are built in: where the answer is knowledge, words tell (`gain`); where it is code, a stronger model
// pays off in the middle, since easy tasks are solved by all and the hardest by none (`difficulty`). Pure.

import { DENSE_NAMES, askTextFeatures, wordHash, wordsRead } from './ask-text-features.ts';
import type { AskTextFeatures } from './ask-text-features.ts';
import { decodeLinearHead } from './linear-head.ts';
import type { LinearHead, LinearHeadData } from './linear-head.ts';
import weights from './outcome-weights.json' with { type: 'json' };

/** As `train-outcome-head.ts` writes it. */
export interface OutcomeWeights {
  /** One output: how much better the stronger models were, in shares of the question. */
  readonly gain: LinearHeadData;
  /** Outputs `difficulty` (share of models that fail a task of this kind), `code`, `problem`, each about 0..1. */
  readonly kind: LinearHeadData;
  /** Common words of the questions, the only ones that may be named as a reason: asks are never quoted. */
  readonly words: readonly string[];
}

export interface Outcome {
  /** Centred, about -3..3; higher = a stronger model pays off more. Only the order and rough size mean something. */
  readonly score: number;
  /** 0..1: a problem or question that stands by itself, such as the ones this was learnt from. */
  readonly problemShare: number;
  /** 0..1: is to be solved by writing code. */
  readonly codeShare: number;
}

export interface OutcomeHead {
  judge(ask: string): Outcome;
  /** The known words that move the score most towards a stronger model, at most three. */
  tellingWords(ask: string): readonly string[];
}

/** Size of `gain` that counts as one step of the score. */
const GAIN_UNIT = 0.07;

/** A longer problem has more steps that can go wrong; this length is in the middle. */
const EVEN_LOG_CHARS = Math.log(220);
const LENGTH_WEIGHT = 0.4;

/** In code the words by themselves say nothing; the difficulty does, and the length. */
const LENGTH_WEIGHT_IN_CODE = 1;
/** Share of failing models at which a stronger one pays off most. */
const PEAK_DIFFICULTY = 0.4;
const DIFFICULTY_STEEPNESS = 6;
/** Puts code with its usual distance to the peak at the middle of the score. */
const USUAL_DISTANCE = 0.15;

/** In sums told in words, what the story is about says little and the number of steps much. */
const LENGTH_WEIGHT_IN_SUMS = 2;
/** Sums are short: more of one must never count for less. */
const EVEN_LOG_CHARS_OF_SUMS = Math.log(120);
const GAIN_IN_SUMS = 0.3;

const MAX_SCORE = 4;
const CHARS = DENSE_NAMES.indexOf('chars');
const NUMBERS = DENSE_NAMES.indexOf('numbers');
const CHOICES = DENSE_NAMES.indexOf('choices');

export function createOutcomeHead(data: OutcomeWeights): OutcomeHead {
  const gain = decodeLinearHead(data.gain);
  const kind = decodeLinearHead(data.kind);
  const nameable = new Set(data.words);
  return {
    judge: (ask) => judge(gain, kind, askTextFeatures(ask)),
    tellingWords: (ask) => tellingWords(gain, nameable, ask),
  };
}

/** The shipped one, decoded on first use. */
export function shippedOutcomeHead(): OutcomeHead {
  shipped ??= createOutcomeHead(weights);
  return shipped;
}
let shipped: OutcomeHead | undefined;

function judge(gain: LinearHead, kind: LinearHead, features: AskTextFeatures): Outcome {
  const [gained = 0] = gain.scores(features);
  const [difficulty = 0, code = 0, problem = 0] = kind.scores(features);
  const codeShare = ramp(code, CERTAIN_CODE);
  const sums = (1 - codeShare) * sumsShare(features);
  const words = 1 - codeShare - sums;
  // `chars` is ln(1 + characters) / 3.
  const logChars = 3 * (features.dense[CHARS] ?? 0);
  const distance = USUAL_DISTANCE - Math.abs(difficulty - PEAK_DIFFICULTY);
  const score =
    ((words + GAIN_IN_SUMS * sums) * gained) / GAIN_UNIT +
    (words * LENGTH_WEIGHT + codeShare * LENGTH_WEIGHT_IN_CODE) * (logChars - EVEN_LOG_CHARS) +
    sums * LENGTH_WEIGHT_IN_SUMS * (logChars - EVEN_LOG_CHARS_OF_SUMS) +
    codeShare * DIFFICULTY_STEEPNESS * distance;
  return { score: soften(score), problemShare: ramp(problem, CERTAIN_PROBLEM), codeShare };
}

/** 0..1: several numbers, and no answers to choose from. */
function sumsShare({ dense }: AskTextFeatures): number {
  if ((dense[CHOICES] ?? 0) > 0) return 0;
  // `numbers` is ln(1 + how many) / 2.
  const numbers = Math.expm1(2 * (dense[NUMBERS] ?? 0));
  return Math.min(1, Math.max(0, (numbers - 1) / 2));
}

/** A share that was fitted to 0 and 1 by least squares: nothing up to `DOUBTFUL`, certain from `certain` on. */
function ramp(value: number, certain: number): number {
  return Math.min(1, Math.max(0, (value - DOUBTFUL) / (certain - DOUBTFUL)));
}
const DOUBTFUL = 0.3;
const CERTAIN_CODE = 0.7;
/** Earlier: what is half a problem must not be put in order by what messages are. */
const CERTAIN_PROBLEM = 0.55;

/** Keeps the order and never reaches the limit. */
function soften(score: number): number {
  return MAX_SCORE * Math.tanh(score / MAX_SCORE);
}

/** Words beyond this many are not looked at for a reason. */
const MAX_WORDS_READ = 400;

function tellingWords(gain: LinearHead, nameable: ReadonlySet<string>, ask: string): readonly string[] {
  const found = new Map<string, number>();
  for (const word of wordsRead(ask, MAX_WORDS_READ)) {
    if (!nameable.has(word) || found.has(word)) continue;
    const weight = gain.weightOf(0, wordHash(word));
    if (weight > 0) found.set(word, weight);
  }
  return [...found]
    .toSorted((left, right) => right[1] - left[1])
    .slice(0, 3)
    .map(([word]) => word);
}
