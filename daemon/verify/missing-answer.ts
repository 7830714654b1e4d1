// Answers that are none: nothing at all, a refusal, or a beginning without an end.

import type { AnswerFinding } from './answer-check.ts';
import { isAboutHarm, isAboutRefusing, isGivenRefusal, isPlainRefusal } from './refusal.ts';
import type { AnswerSubject } from './subject.ts';

/** Dots may be an answer where they are spoken of. */
const WANTS_DOTS = /["'“„«`(]\s?(?:\.{3}|…)\s?["'”“»`)]|\b(?:pause|ellipsis|dots?|silence)\b/i;

export function emptyAnswer(subject: AnswerSubject): AnswerFinding | null {
  const { answer, checked, isCutByClient } = subject;
  if (answer.calls.length > 0 || answer.hasOther || answer.hasRefusal) return null;
  if (answer.finishReason === 'content-filter' || answer.finishReason === 'refusal' || isCutByClient)
    return null;
  if (/\b(?:nothing|empty|blank|silent|no (?:text|output|response|answer))\b/i.test(checked.ask)) return null;
  const bare = answer.text.trim();
  if (bare !== '' && WANTS_DOTS.test(checked.ask)) return null;
  if (/^[.…\s]*$/.test(bare.slice(0, 100)) && bare.length <= 100)
    return { kind: 'empty', why: 'answered with nothing' };
  const hasOnlyFence =
    /^[`~]{3,}[\w+#.-]{0,30}(?:\s+[`~]{3,})?$/.test(bare.slice(0, 200)) && bare.length < 200;
  return hasOnlyFence ? { kind: 'empty', why: 'answered with an empty block of code' } : null;
}

export function refusedAnswer({ answer, checked, fenced, prompt }: AnswerSubject): AnswerFinding | null {
  if (answer.calls.length > 0 || isAboutHarm(checked.ask)) return null; // nobody else should answer that
  if (answer.hasRefusal || answer.finishReason === 'refusal')
    return { kind: 'refused', why: 'refused to answer' };
  if (answer.finishReason === 'content-filter') {
    return { kind: 'refused', why: 'was stopped by a content filter' };
  }
  if (fenced.blocks.length > 0 || isAboutRefusing(checked.ask)) return null;
  if (!isPlainRefusal(answer.text)) return null;
  const texts = prompt.messages.filter(({ role }) => role !== 'system').map(({ text }) => text);
  return isGivenRefusal(checked.ask, texts) ? null : { kind: 'refused', why: 'refused an ordinary request' };
}

export function truncatedAnswer(subject: AnswerSubject): AnswerFinding | null {
  const { answer, fenced, isCutByClient } = subject;
  if (isCutByClient) return null;
  if (answer.finishReason === 'length') {
    return { kind: 'truncated', why: 'stopped at its output limit' };
  }
  if (subject.hasNoEnd || answer.calls.length > 0) return null;
  const last = fenced.blocks.at(-1);
  const stopsInBlock = last?.isOpen === true && last.code.trim() !== '';
  return stopsInBlock ? { kind: 'truncated', why: 'stopped in the middle of a block of code' } : null;
}
