// Mechanical checks of a finished answer: is there one, is it whole, does what it holds parse, apply and fit what was
// asked for? Pure and bounded. It says nothing of whether an answer is right, only of what no right answer looks like.

import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { TaskType } from '../protocol/vocabulary.ts';

export type WeakAnswerKind =
  | 'empty'
  | 'refused'
  | 'truncated'
  | 'looping'
  | 'placeholder-code'
  | 'hedged'
  | 'wrong-json'
  | 'malformed-tool-call'
  | 'patch-does-not-apply'
  | 'code-does-not-parse';

export interface AnswerFinding {
  readonly kind: WeakAnswerKind;
  /** A phrase that follows the model's name and quotes nothing of the answer: "left 2 functions as placeholders". */
  readonly why: string;
}

/** What an answer is checked against. */
export interface CheckedRequest {
  /** The user's own last words. */
  readonly ask: string;
  readonly taskType: TaskType;
  readonly request: Pick<ConversationRequest, 'outline' | 'message' | 'tools' | 'responseFormat'>;
}

/** Collects one answer as it passes by; asked once, when it is complete. Keeps a bounded part of its text. */
export interface AnswerCheck {
  observe(events: readonly StreamEvent[]): void;
  /** The first reason to distrust the answer; null = none was found. Never throws. */
  finding(): AnswerFinding | null;
}

export function createAnswerCheck(_checked: CheckedRequest): AnswerCheck {
  return { observe: () => undefined, finding: () => null };
}
