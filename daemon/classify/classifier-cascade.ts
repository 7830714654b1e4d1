// Several classifiers in order of trust: the first that answers in time decides. What fails or is late is passed over at
// once, so that the request path waits for no model longer than its limit, and an answer always comes.
// Asking a second classifier because the first is *unsure* is another composition; this one is only for *unavailable*.

import { RouterError } from '../errors.ts';
import type { Classification } from '../protocol/vocabulary.ts';
import { systemClock } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import type { Classifier, ClassifierResult, RequestFeatures } from './classifier.ts';
import { needsOfGrade } from './grade.ts';

export interface ClassifierCascadeOptions {
  /** Longest wait for one classifier, ms. Those that answer at once are never timed. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** Default of `classifier.timeoutMs`. */
const DEFAULT_TIMEOUT_MS = 1500;

/** What is said when nobody could tell; also what an unknown label means. */
const LAST_RESORT: Classification = Object.freeze({
  taskType: 'general',
  complexity: 'moderate',
  confidence: 0,
  ...needsOfGrade('moderate', 0),
  classifierName: 'none',
  signals: Object.freeze(['no classifier was available']),
});

/** `classifiers` best first. Never throws or rejects; with none left it answers moderate, general, confidence 0. */
export function createClassifierCascade(
  classifiers: readonly Classifier[],
  options: ClassifierCascadeOptions = {},
): Classifier {
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;

  const classifyFrom = (
    index: number,
    features: RequestFeatures,
    signal: AbortSignal,
    passedOver: readonly string[],
  ): ClassifierResult | Promise<ClassifierResult> => {
    const classifier = classifiers[index];
    // A client that left needs no classification; the pipeline notices by itself.
    if (classifier === undefined || signal.aborted) return withNotes(lastResort(), passedOver);
    const passOver = (why: string): ClassifierResult | Promise<ClassifierResult> =>
      classifyFrom(index + 1, features, signal, [...passedOver, `${classifier.name} unavailable: ${why}`]);
    const limit = new AbortController();
    try {
      const answer = classifier.classify(features, AbortSignal.any([signal, limit.signal]));
      if (!(answer instanceof Promise)) return withNotes(answer, passedOver);
      return inTime(answer, { clock, timeoutMs, signal, limit }).then(
        (result) => (typeof result === 'string' ? passOver(result) : withNotes(result, passedOver)),
        (error: unknown) => passOver(whyOf(error)),
      );
    } catch (error) {
      return passOver(whyOf(error));
    }
  };

  return { name: 'cascade', classify: (features, signal) => classifyFrom(0, features, signal, []) };
}

interface Waiting {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Aborted when the wait is over, so that a late classifier stops working (and costing). */
  readonly limit: AbortController;
}

/** The answer, or why there is none to wait for. Rejects as `answer` does. */
async function inTime(
  answer: Promise<ClassifierResult>,
  waiting: Waiting,
): Promise<ClassifierResult | string> {
  const { clock, timeoutMs, signal, limit } = waiting;
  return await new Promise((resolve, reject) => {
    const cancelTimer = clock.setTimer(timeoutMs, () => giveUp(`no answer within ${timeoutMs} ms`));
    const onAbort = (): void => giveUp('the client left');
    const settle = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    const giveUp = (why: string): void => {
      settle();
      limit.abort();
      resolve(why);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    answer.finally(settle).then(resolve, reject);
  });
}

function lastResort(): ClassifierResult {
  return { classification: LAST_RESORT, costUsd: 0 };
}

function withNotes(result: ClassifierResult, notes: readonly string[]): ClassifierResult {
  if (notes.length === 0) return result;
  const { classification } = result;
  return {
    ...result,
    classification: { ...classification, signals: [...notes, ...classification.signals] },
  };
}

/** Goes into the record, so only codes of ours: messages of others may quote what they were sent. */
function whyOf(error: unknown): string {
  return error instanceof RouterError ? error.code : 'it failed';
}
