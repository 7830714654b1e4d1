// Finds answers to reasoning tasks that do not stand by themselves (mission A29). Strong hedges count alone, mild ones
// by how many sentences they are in; quotes, code and the user's own doubts do not count. What is a reasoning task is
// also read off the ask, since classifiers hold many a short problem for something general.

import type { AnswerFinding, CheckedRequest } from './answer-check.ts';
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

/** What is counted, worked out or concluded; a short question of this kind is easily held for small talk. */
const PUZZLE: readonly RegExp[] = [
  /\bhow many\b(?! (?:people|inhabitants|citizens|speakers|users|employees|species|languages|calories|stars|galaxies|barrels|hours|words|times should)\b)|\bhow old (?:is|was|will) (?!the\b)/,
  /\bwhich (?:of (?:the|these|those|them)|\w{1,20} (?:is|has|holds?|hides?|comes?|weighs?|contains?|must|does not))\b/,
  /\b(?:primes?(?! minister)|divisible|divisors?|factorial|remainder|integers?|digits?|(?:even|odd) numbers?|equation|fraction|percent|probability|square root|perimeter|angles?|triangles?|hypotenuse|(?:area|volume|sum|product|average|median|limit|integral|derivative) of|converges?|diverges?)\b/,
  /\b(?:theorem|premises?|syllogism|impl(?:y|ies)|argument (?:is )?(?:valid|sound)|truth table|knaves?|liars?|riddle|puzzle|two dice|chess ?board|twice|thrice|half as|times as|days (?:after|before)|weighs? (?:more|less)|(?:taller|older|younger|heavier|lighter) than|does not belong|what comes next|(?:next|missing) (?:number|term|letter|value|digit))\b/,
  /\d ?[+*^=<>×÷] ?[\d(a-z]|\d [-/] \d|\\(?:frac|sqrt|int|sum|lfloor)\b/,
];

/** Such questions want a guess, a diagnosis or somebody's taste: whoever does not commit himself there is honest. */
const OPEN =
  /\b(?:should|recommend|recommendations?|advice|suggest|suggestions?|opinion|good|best|better|favou?rite|prefer|ideas?|likely|might|may|could|perhaps|roughly|approximately|estimate|guess|predict|forecast|tomorrow|next (?:week|month|year)|why|causes?|wrong|problem|safe|healthy|mean|meaning)\b/;
const PERSONAL = /\b(?:i|you|we|me|my|your|our|us|would)\b/;

/** "If all cats purr and Tom is a cat, does Tom purr?" */
const PREMISE = /^(?:if|suppose|assume|given that|all|every|no|some) |[a-z]\. [^.?]{1,200}\?$/;

/** Nobody knows, so whoever says that he does not is right. */
const UNKNOWABLE =
  /\b(?:gods?|aliens?|ghosts?|souls?|heaven|hell|free will|life elsewhere) (?:really |actually )?exist|\bexistence of\b|\bis there (?:an? |any )?(?:gods?|afterlife|life (?:after|on other|elsewhere|beyond)|heaven|hell|soul|free will|multiverse|meaning)\b|\b(?:conscious(?:ness)?|sentient|afterlife|free will|multiverse|parallel universes?|dark (?:matter|energy)|meaning of life|are we alone|in a simulation)\b|\b(?:be|is|are) (?:\w{1,20} )?(?:certain|sure)\b/;

/** A doubt of how new a figure is, not of what it is. */
const IS_ABOUT_TIME =
  /\b(?:latest|current|currently|up[- ]to[- ]date|recent|recently|newest|as of|nowadays|today|this year|still|since then|has changed|have changed|changed since|outdated|cut-?off)\b/;

const HAS_CHOICES: readonly RegExp[] = [/^ {0,4}\(?a[.):] /m, /^ {0,4}\(?b[.):] /m];
const MAX_ASK_CHARS = 2000;

export function hedgedAnswer({ answer, checked, fenced }: AnswerSubject): AnswerFinding | null {
  const isReasoned = isReasoning(checked);
  if (answer.calls.length > 0 || !(isReasoned || isClosedQuestion(checked))) return null;
  const sentences = sentencesOf(fenced.prose);
  if (!isReasoned && sentences.some((sentence) => sentence.endsWith('?'))) return null; // asks back
  if (isUnknowable(checked)) return null;
  const doubts = sentences.filter((sentence) => STRONG.some((pattern) => pattern.test(sentence)));
  if (doubts.length > 0 && (isReasoned || !doubtsOnlyTime(sentences, doubts))) {
    return { kind: 'hedged', why: 'said that its answer may be wrong' };
  }
  if (!isReasoned) return null;
  const mild = sentences.filter((sentence) => MILD.test(sentence)).length;
  const isHedged = sentences.length <= 2 ? mild >= 1 : mild >= Math.max(2, sentences.length * 0.4);
  return isHedged ? { kind: 'hedged', why: 'did not commit itself to an answer' } : null;
}

function isUnknowable({ ask }: CheckedRequest): boolean {
  if (ask.length > 300) return false;
  const bare = ask.trim().toLowerCase();
  return bare.endsWith('?') && UNKNOWABLE.test(bare) && !PUZZLE.some((pattern) => pattern.test(bare));
}

/** "About 2 million; I am not sure of the latest figure." */
function doubtsOnlyTime(sentences: readonly string[], doubts: readonly string[]): boolean {
  const hasValue = sentences.length > doubts.length || doubts.some((sentence) => /\d/.test(sentence));
  return hasValue && doubts.every((sentence) => IS_ABOUT_TIME.test(sentence));
}

/** The task as it was classified, or one that the ask itself shows to have a single answer. */
function isReasoning(checked: CheckedRequest): boolean {
  if (checked.taskType === 'reasoning') return true;
  if (!isShortQuestion(checked)) return false;
  const bare = checked.ask.trim().toLowerCase();
  if (HAS_CHOICES.every((pattern) => pattern.test(bare))) return true;
  if (OPEN.test(bare)) return false;
  const isConcluded = bare.endsWith('?') && PREMISE.test(bare) && !PERSONAL.test(bare);
  return isConcluded || PUZZLE.some((pattern) => pattern.test(bare));
}

/** Whoever doubts the answer to a closed question has not found it, also where nothing is to be reasoned. */
function isClosedQuestion(checked: CheckedRequest): boolean {
  const bare = checked.ask.slice(0, MAX_ASK_CHARS).trim().toLowerCase();
  return isShortQuestion(checked) && bare.endsWith('?') && !OPEN.test(bare) && !PERSONAL.test(bare);
}

/** What classifiers call general is often a short problem, and a problem with choices is often called a classification. */
function isShortQuestion({ ask, taskType }: CheckedRequest): boolean {
  return (taskType === 'general' || taskType === 'classification') && ask.length <= MAX_ASK_CHARS;
}

/** Lower case, without quotations and what is marked as code. */
function sentencesOf(prose: string): readonly string[] {
  const bare = prose
    .slice(0, 64 * 1024)
    .replaceAll(/[’‘]/g, "'")
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('>'))
    .join('\n')
    .replaceAll(/"[^"\n]{0,300}"|“[^“”\n]{0,300}”|`[^`\n]{0,300}`/g, 'x')
    .replaceAll(/[*_]/g, '')
    .toLowerCase();
  return bare
    .split(/(?<=[.!?])\s+|\n+/)
    .map((one) => one.trim())
    .filter((one) => /\p{L}/u.test(one));
}
