// A local classifier with a fixed verdict and a model that answers by script, for tests of classifiers that ask.

import type { Classifier, ClassifierResult } from '../../../../daemon/classify/classifier.ts';
import type { AskedModel, ModelReply } from '../../../../daemon/classify/model-classifier.ts';
import type { ModelQuestion } from '../../../../daemon/classify/model-question.ts';
import type { Classification } from '../../../../daemon/protocol/vocabulary.ts';

export const LOCAL: Classification = {
  taskType: 'code',
  complexity: 'simple',
  confidence: 0.6,
  needsStronger: 0.24,
  needsStrongest: 0.05,
  classifierName: 'learned',
  signals: ['short'],
};

export function localOf(classification: Partial<Classification> = {}): Classifier {
  return {
    name: 'learned',
    classify: () => ({ classification: { ...LOCAL, ...classification }, costUsd: 0 }),
  };
}

export interface ScriptedModel extends AskedModel {
  readonly questions: ModelQuestion[];
}

/** Answers with these, one after the other; the last one for good. */
export function scripted(...replies: readonly (string | ModelReply)[]): ScriptedModel {
  const questions: ModelQuestion[] = [];
  return {
    id: 'fast',
    questions,
    async ask(question) {
      const reply = replies[Math.min(questions.length, replies.length - 1)] ?? '';
      questions.push(question);
      return typeof reply === 'string' ? { status: 'answered', text: reply, costUsd: 0.001 } : reply;
    },
  };
}

export const FAILED: ModelReply = { status: 'failed', why: 'timeout', costUsd: 0.0005 };

export async function verdict(
  classifier: Classifier,
  features: Parameters<Classifier['classify']>[0],
): Promise<ClassifierResult> {
  return await classifier.classify(features, new AbortController().signal);
}
