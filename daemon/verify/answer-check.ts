// Mechanical checks of a finished answer: is there one, is it whole, does what it holds parse, apply and fit what was
// asked for? Pure and bounded. It says nothing of whether an answer is right, only of what no right answer looks like.

import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { TaskType } from '../protocol/vocabulary.ts';
import { brokenCode } from './broken-code.ts';
import { brokenPatch } from './broken-patch.ts';
import { AnswerCollector } from './collected-answer.ts';
import { hedgedAnswer } from './hedges.ts';
import { loopingAnswer } from './looping.ts';
import { emptyAnswer, refusedAnswer, truncatedAnswer } from './missing-answer.ts';
import { placeholderCode } from './placeholder-code.ts';
import { malformedToolCall, wrongJson } from './structured-answer.ts';
import { AnswerSubject, type Check } from './subject.ts';

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
  /** Kinds that are not looked for; absent = all are. */
  readonly without?: readonly WeakAnswerKind[];
  readonly request: Pick<ConversationRequest, 'outline' | 'message' | 'tools' | 'responseFormat'> &
    Partial<Pick<ConversationRequest, 'settings' | 'maxOutputTokens'>>;
}

/** Collects one answer as it passes by; asked once, when it is complete. Keeps a bounded part of its text. */
export interface AnswerCheck {
  observe(events: readonly StreamEvent[]): void;
  /** The first reason to distrust the answer; null = none was found. Never throws. */
  finding(): AnswerFinding | null;
}

/** In order: an answer that is none needs no look at its code. */
const CHECKS: readonly (readonly [WeakAnswerKind, Check])[] = [
  ['refused', refusedAnswer],
  ['empty', emptyAnswer],
  ['truncated', truncatedAnswer],
  ['malformed-tool-call', malformedToolCall],
  ['wrong-json', wrongJson],
  ['looping', loopingAnswer],
  ['patch-does-not-apply', brokenPatch],
  ['placeholder-code', placeholderCode],
  ['code-does-not-parse', brokenCode],
  ['hedged', hedgedAnswer],
];

export function createAnswerCheck(checked: CheckedRequest): AnswerCheck {
  const collector = new AnswerCollector();
  return {
    observe: (events) => collector.observe(events),
    finding: () => findingOf(new AnswerSubject(collector.answer(), checked)),
  };
}

function findingOf(subject: AnswerSubject): AnswerFinding | null {
  const without = subject.checked.without ?? [];
  for (const [kind, check] of CHECKS) {
    if (without.includes(kind)) continue;
    const finding = findingBy(check, subject);
    if (finding !== null) return finding;
  }
  return null;
}

/** A check that fails has found nothing: it must never cost the user an answer. */
function findingBy(check: Check, subject: AnswerSubject): AnswerFinding | null {
  try {
    return check(subject);
  } catch {
    return null;
  }
}
