// Asks a cheap model for the grade of an ask, and puts its word in the place of the local one. The local classifier is
// always asked first, costs nothing, and counts whenever the model cannot be asked, is late, or says nothing. The kind
// of task stays the local one: the model is asked for one word.

import type { Classification, Complexity } from '../protocol/vocabulary.ts';
import type { Clock } from '../util/clock.ts';
import type { Classifier, ClassifierResult, RequestFeatures } from './classifier.ts';
import { needsOfGrade } from './grade.ts';
import { type ModelQuestion, modelQuestion } from './model-question.ts';
import { QuestionBreaker } from './question-breaker.ts';

/** How a question ended. `why`: a phrase without any text of the conversation or of the provider, for the record. */
export type ModelReply =
  | { readonly status: 'answered'; readonly text: string; readonly costUsd: number; readonly note?: string }
  /** `costUsd`: what may be billed all the same. */
  | { readonly status: 'failed' | 'cancelled'; readonly why: string; readonly costUsd: number };

/** A model that can be asked now. */
export interface AskedModel {
  readonly id: string;
  /** Within the configured time; never rejects. `signal`: the client's. */
  ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelReply>;
}

/** The configured model, read anew for each request; a phrase that says why there is none to ask. */
export type FindModel = () => AskedModel | string;

export interface ModelClassifierDeps {
  readonly local: Classifier;
  readonly findModel: FindModel;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

/** A one-word answer fits in this; the rest of a talkative one is not read. */
const MAX_ANSWER_CHARS = 200;

/** How sure one word of a cheap model is; and an answer that names no grade, which means moderate. */
const MODEL_CONFIDENCE = 0.75;
const UNKNOWN_LABEL_CONFIDENCE = 0.3;

/** Puts the model's word in the place of a local verdict. */
export type SecondOpinion = (
  features: RequestFeatures,
  local: ClassifierResult,
  signal: AbortSignal,
) => ClassifierResult | Promise<ClassifierResult>;

/** `name`: of the classifier whose verdict it becomes when the model answers. */
export function createSecondOpinion(
  name: string,
  { findModel, clock }: Pick<ModelClassifierDeps, 'findModel' | 'clock'>,
): SecondOpinion {
  const breaker = new QuestionBreaker(clock);
  return (features, local, signal) => {
    const model = findModel();
    if (typeof model === 'string') return unasked(local, `no model was asked: ${model}`);
    if (signal.aborted) return local;
    if (!breaker.mayAsk(model.id))
      return unasked(local, `${model.id} was not asked: it failed several times in a row`);
    return model.ask(modelQuestion(features), signal).then((reply) => {
      const isSilent = reply.status === 'answered' && reply.text.trim() === '';
      if (reply.status === 'cancelled') breaker.abandoned(model.id);
      else if (reply.status === 'failed' || isSilent) breaker.failed(model.id);
      else breaker.succeeded(model.id);
      const costUsd = local.costUsd + reply.costUsd;
      if (reply.status === 'answered' && !isSilent) {
        return { classification: judged(name, model.id, reply, local.classification), costUsd };
      }
      const why = reply.status === 'answered' ? 'it said nothing' : reply.why;
      return { ...unasked(local, `${model.id} was asked in vain: ${why}`), costUsd };
    });
  };
}

/** Always asks; where there is nothing of the user's to grade (the middle of a tool loop), the local verdict counts. */
export function createModelClassifier(deps: ModelClassifierDeps): Classifier {
  const secondOpinion = createSecondOpinion('model', deps);
  return {
    name: 'model',
    classify: (features, signal) =>
      withLocal(deps.local, features, signal, (local) =>
        hasAsk(features) ? secondOpinion(features, local, signal) : local,
      ),
    preview: (features, signal) =>
      withLocal(deps.local, features, signal, (local) =>
        hasAsk(features) ? wouldAsk(local, deps.findModel) : local,
      ),
  };
}

/** Whether there are words of the user that a decision can hang on, and that a model may see. */
export function hasAsk(
  features: Pick<RequestFeatures, 'ask' | 'isToolResult' | 'isPinned' | 'isHeldBack'>,
): boolean {
  const isOpen = features.isPinned !== true && features.isHeldBack !== true;
  return features.ask.trim() !== '' && !features.isToolResult && isOpen;
}

/** The local verdict, and `then` with it; at once where the local classifier answers at once. */
export function withLocal(
  local: Classifier,
  features: RequestFeatures,
  signal: AbortSignal,
  then: (result: ClassifierResult) => ClassifierResult | Promise<ClassifierResult>,
): ClassifierResult | Promise<ClassifierResult> {
  const result = local.classify(features, signal);
  return result instanceof Promise ? result.then(then) : then(result);
}

/** What `explain` shows, which calls nobody. */
export function wouldAsk(local: ClassifierResult, findModel: FindModel): ClassifierResult {
  const model = findModel();
  if (typeof model === 'string') return unasked(local, `no model would be asked: ${model}`);
  return unasked(local, `${model.id} would be asked for a grade; this is the local one`);
}

function unasked(local: ClassifierResult, why: string): ClassifierResult {
  const { classification } = local;
  return { ...local, classification: { ...classification, signals: [why, ...classification.signals] } };
}

function judged(
  classifierName: string,
  model: string,
  { text, note }: Extract<ModelReply, { status: 'answered' }>,
  local: Classification,
): Classification {
  const named = parseComplexityLabel(text);
  const complexity = complexityOfLabel(text);
  const said = named ?? 'no grade, which means moderate';
  const localWord = `${local.complexity} (${local.classifierName}, P(needs a stronger model) ${local.needsStronger})`;
  const signals = [
    `${model} was asked and said ${said}; the local grade was ${localWord}`,
    ...(note === undefined ? [] : [note]),
    ...local.signals,
  ];
  const isSame = named === local.complexity;
  const confidence = named === undefined ? UNKNOWN_LABEL_CONFIDENCE : MODEL_CONFIDENCE;
  return {
    taskType: local.taskType,
    complexity,
    confidence: isSame ? Math.max(confidence, local.confidence) : confidence,
    // A word says less than a probability: where both agree the finer figures stay.
    ...(isSame
      ? { needsStronger: local.needsStronger, needsStrongest: local.needsStrongest }
      : needsOfGrade(complexity, confidence)),
    classifierName,
    signals,
  };
}

/**
 * The grade a model named, whatever it put around the word (case, quotes, `Complexity:`, a full stop). undefined when it
 * named none, or more than one: then it did not decide.
 */
export function parseComplexityLabel(text: string): Complexity | undefined {
  const words = text
    .slice(0, MAX_ANSWER_CHARS)
    .toLowerCase()
    .split(/[^a-z]/);
  const named = GRADES.filter((grade) => words.includes(grade));
  return named.length === 1 ? named[0] : undefined;
}

/** As above; a label that is no grade means moderate. */
export function complexityOfLabel(text: string): Complexity {
  return parseComplexityLabel(text) ?? 'moderate';
}
