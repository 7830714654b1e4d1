// The local verdict counts, except where it is a toss-up: only then a cheap model is asked. Which of the three ways is
// taken (local, hybrid, model) is read from the configuration at each request.

import type { Classification } from '../protocol/vocabulary.ts';
import type { Classifier, ClassifierResult, RequestFeatures } from './classifier.ts';
import { FAILURE_LIMIT } from './grade.ts';
import {
  createModelClassifier,
  createSecondOpinion,
  hasAsk,
  type ModelClassifierDeps,
  withLocal,
  wouldAsk,
} from './model-classifier.ts';

/**
 * A probability this near to the border between two grades is a toss-up: the local estimates are not better than that.
 * About one in five messages to a coding assistant falls in, and nearly half of the wrong grades with them.
 */
const BAND = 0.05;

/** What the local classifier does not understand (another language, no words it knows) it says so about. */
const LOW_CONFIDENCE = 0.3;

/** Rounding of probabilities must not decide. */
const EPSILON = 1e-9;

/** Whether another opinion could easily change the grade. */
export function isAmbiguous({
  confidence,
  needsStronger,
  needsStrongest,
}: Pick<Classification, 'confidence' | 'needsStronger' | 'needsStrongest'>): boolean {
  return confidence < LOW_CONFIDENCE || isNearBorder(needsStronger) || isNearBorder(needsStrongest);
}

function isNearBorder(probability: number): boolean {
  return Math.abs(probability - FAILURE_LIMIT) <= BAND + EPSILON;
}

export function createHybridClassifier(deps: ModelClassifierDeps): Classifier {
  const secondOpinion = createSecondOpinion('hybrid', deps);
  const isOpen = (features: RequestFeatures, { classification }: ClassifierResult): boolean =>
    hasAsk(features) && isAmbiguous(classification);
  return {
    name: 'hybrid',
    classify: (features, signal) =>
      withLocal(deps.local, features, signal, (local) =>
        isOpen(features, local) ? secondOpinion(features, local, signal) : local,
      ),
    preview: (features, signal) =>
      withLocal(deps.local, features, signal, (local) =>
        isOpen(features, local) ? wouldAsk(local, deps.findModel) : local,
      ),
  };
}

export type ClassifierMode = 'local' | 'hybrid' | 'model';

/** The classifier of the configured mode; `mode` is asked at each request. */
export function createClassifierByMode(
  deps: ModelClassifierDeps & { readonly mode: () => ClassifierMode },
): Classifier {
  const classifiers: Readonly<Record<ClassifierMode, Classifier>> = {
    local: deps.local,
    hybrid: createHybridClassifier(deps),
    model: createModelClassifier(deps),
  };
  return {
    name: 'by mode',
    classify: (features, signal) => classifiers[deps.mode()].classify(features, signal),
    preview: (features, signal) => {
      const classifier = classifiers[deps.mode()];
      return classifier.preview?.(features, signal) ?? classifier.classify(features, signal);
    },
  };
}
