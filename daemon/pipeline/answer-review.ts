// Watches answers for what no good answer looks like, and says what follows: a plain one is put aside for a stronger
// model's, a streamed one lifts the rest of its task. Which checks count is the user's choice.

import type { RequestFeatures } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { isPassedOn } from '../dialects/dialect.ts';
import type { Classification } from '../protocol/vocabulary.ts';
import type { Responded } from '../upstream/attempt-loop.ts';
import {
  createAnswerCheck,
  type AnswerCheck,
  type AnswerFinding,
  type WeakAnswerKind,
} from '../verify/answer-check.ts';
import { loadParsers } from '../verify/parsers.ts';
import type { EscalationSettings } from './task-trouble.ts';

export interface AnswerReviewInput {
  readonly settings: EscalationSettings;
  readonly request: ConversationRequest;
  readonly features: RequestFeatures;
  readonly classification: Classification;
}

/** What `verify: off` leaves out; the others follow `weakAnswer`. */
const MECHANICAL: readonly WeakAnswerKind[] = [
  'wrong-json',
  'malformed-tool-call',
  'patch-does-not-apply',
  'code-does-not-parse',
];

export class AnswerReview {
  readonly #input: AnswerReviewInput;
  readonly #known = new Map<Responded, AnswerFinding | null>();

  constructor(input: AnswerReviewInput) {
    this.#input = input;
    if (input.settings.weakAnswer && input.classification.taskType === 'code') void loadParsers();
  }

  /** Of a complete plain answer that nobody has seen; null = nothing is wrong with it, or nobody wants to know. */
  readonly check = (answer: Responded): AnswerFinding | null => {
    // A weak one of several answers is not worth all of them, and few formats know more than one.
    if (this.#input.request.choiceCount > 1) return null;
    const check = this.#begin();
    if (check === null || answer.answer.kind !== 'plain') return null;
    check.observe(answer.answer.events);
    const finding = check.finding();
    this.#known.set(answer, finding);
    return finding;
  };

  /** For the answer that goes to the client; null where nothing is checked. What was looked at is not looked at again. */
  watch(answer: Responded): AnswerCheck | null {
    const known = this.#known.get(answer);
    return known === undefined ? this.#begin() : { observe: () => undefined, finding: () => known };
  }

  #begin(): AnswerCheck | null {
    const { settings, request, features, classification } = this.#input;
    if (!settings.weakAnswer || isPassedOn(request.dialect)) return null;
    return createAnswerCheck({
      ask: features.ask,
      taskType: classification.taskType,
      request,
      ...(settings.verify === 'off' ? { without: MECHANICAL } : {}),
    });
  }
}
