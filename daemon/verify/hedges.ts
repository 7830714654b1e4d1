// Finds answers to reasoning tasks that do not stand by themselves (mission A29). Strong hedges count alone, mild ones
// by how many sentences they are in; quotes, code and the user's own doubts do not count.

import type { AnswerFinding } from './answer-check.ts';
import type { AnswerSubject } from './subject.ts';

const STRONG: readonly RegExp[] = [
  /(?<!\b(?:you|you're|you are|they|they're|he|she|users?|one|people|if) (?:are |is |might be |may be )?)\b(?:not|n't) (?:entirely|completely|fully|totally|absolutely|100 ?%|quite|very|really|too|at all|exactly) (?:sure|certain|confident)/,
  /\bi(?:'m| am) (?:really |honestly )?(?:not (?:sure|certain|confident)|unsure|uncertain|(?:just |only )?guessing)/,
  /\b(?:i|this|that|it|which|my (?:answer|reasoning|calculation|result|conclusion|count)|this (?:answer|result)|the answer|the result) (?:might|may|could|can) (?:very well |well |also |still )?(?:be|have been) (?:wrong|mistaken|incorrect|inaccurate|off)\b/,
  /(?:^|[(,;-] ?)(?:but )?(?:might|may|could) be (?:wrong|mistaken)\b/,
  /\b(?:take (?:this|it|that) with a (?:grain|pinch) of salt|don't quote me|(?:this is )?(?:just|only) (?:a|my) guess|(?:is|it's|be|here's|that's) my best guess|^my best guess|if i had to guess|i can't be (?:sure|certain)|hard for me to (?:say|tell)|no idea)\b/,
];

/** "could be written as" and "could be at most 3" are ways of reasoning. */
const MILD =
  /\bcould be\b(?! (?:\w+ed|written|seen|shown|drawn|split|done|made|found|put|taken|given|chosen|read|said|any|either|at (?:most|least)|no |only|both|odd|even)\b)|\bpossibly\b|\bperhaps\b|\bmaybe\b|\bprobably\b|\bi (?:think|believe|guess|suppose|suspect)\b(?! you (?:could|can|might) say)|\bmight be\b/;

export function hedgedAnswer({ answer, checked, fenced }: AnswerSubject): AnswerFinding | null {
  if (checked.taskType !== 'reasoning' || answer.calls.length > 0) return null;
  const sentences = sentencesOf(fenced.prose);
  if (sentences.some((sentence) => STRONG.some((pattern) => pattern.test(sentence)))) {
    return { kind: 'hedged', why: 'said that its answer may be wrong' };
  }
  const mild = sentences.filter((sentence) => MILD.test(sentence)).length;
  const isHedged = sentences.length <= 2 ? mild >= 1 : mild >= Math.max(2, sentences.length * 0.4);
  return isHedged ? { kind: 'hedged', why: 'did not commit itself to an answer' } : null;
}

/** Lower case, without quotations and what is marked as code. */
function sentencesOf(prose: string): readonly string[] {
  const bare = prose
    .slice(0, 64 * 1024)
    .replaceAll(/[’‘]/g, "'")
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('>'))
    .join('\n')
    .replaceAll(/"[^"\n]{0,300}"|“[^”\n]{0,300}”|`[^`\n]{0,300}`/g, 'x')
    .replaceAll(/[*_]/g, '')
    .toLowerCase();
  return bare
    .split(/(?<=[.!?])\s+|\n+/)
    .map((one) => one.trim())
    .filter((one) => /\p{L}/u.test(one));
}
