// Finds code that was left to be written (mission A29): TODO and placeholder comments, "rest of the code here", bodies
// that only throw "not implemented". Comments count, words in strings and names do not; what the user asked for or had
// in the prompt already is no fault of the answer's.

import type { AnswerFinding } from './answer-check.ts';
import { commentOf } from './comment-of.ts';
import { countStubs } from './stub-bodies.ts';
import type { AnswerSubject } from './subject.ts';
import type { WrittenCode } from './written-code.ts';

const NO_CODE: ReadonlySet<string> = new Set(
  'text txt plaintext plain console output log markdown md mdx csv gitignore mermaid http diff-example'.split(
    ' ',
  ),
);

/** Work that is left to somebody, in a comment. */
const LEFT_WORK: readonly RegExp[] = [
  /(?<![\w-])(?:TODO|FIXME|TBD)\b(?!s?\s+(?:app|list|item|comment|api)\b)|^\W*(?:todo|fixme|to-do)\s*[:(]/,
  /\b(?:not (?:yet )?implemented|to be implemented|unimplemented|implementation (?:goes |is )?(?:here|omitted|needed|pending|required)|needs? (?:to be )?implement(?:ed|ation))\b/i,
  /\b(?:your|actual|real|main|business|core|custom) (?:\w+ )?(?:code|logic|implementation|function|processing|calculation)s? (?:(?:goes|would go|should go|will go|can go|comes|belongs) )?(?:here|there)\b/i,
  /\b(?:add|insert|put|write|place|implement|fill in|include|perform|do|handle) (?:\w+ ){0,4}(?:here|(?:the )?(?:actual|real|remaining|rest|missing) (?:\w+\b ?){0,3})\s*(?:[.)]+\s*)?(?:\*\/|-->)?$/i,
  /^\W*implement (?:this|me|the|your|actual|it|logic)\b/i,
  /\bplaceholder (?:implementation|logic|code|function|method|body|for (?:the )?(?:actual|real|now|future)|value to|until|-)|\b(?:this is|just|only|as|use) an? placeholder\b|^\W*placeholder\W*$|^\W*placeholder\s*[:.-]/i,
  /\bin (?:a )?(?:real|actual) (?:implementation|application|app|code|scenario|project),? (?:you|this|we|it)\b.{0,40}\b(?:would|should|will|need|must)\b|\bsimulat(?:e|ed|ing) (?:the )?(?:actual|real)\b/i,
];

/** Code that is left out, in a comment or bare. */
const LEFT_OUT: readonly RegExp[] = [
  /\b(?:rest|remainder) of (?:the |your |this |our )?(?:\w+ ){0,3}(?:code|file|implementation|function|method|class|logic|component|module|methods|functions|body|handlers?|routes?|imports?|cases?|tests?|stays|remains|unchanged|here|goes|is the same)\b/i,
  /\b(?:existing|previous|original|other|remaining|unchanged|same|earlier) (?:\w+ )?(?:code|implementation|logic|methods?|functions?|imports?|content|cases|handlers?|routes?|fields|properties)\b.{0,30}(?:here|above|remains?|unchanged|omitted|the same|stays?|continues?|\.\.\.|…)|(?:\.\.\.|…)\s*(?:\(?)(?:the )?(?:existing|previous|original|other|remaining|unchanged|rest|same|more|keep|your|implementation|code|similar|etc|and so on|add|handle|continue|repeat)\b/i,
  /\b(?:code|implementation|details|body|methods?|functions?|logic|content|rest) (?:is |are |was |were )?(?:omitted|elided|truncated|left out|removed|shortened|skipped)\b|\bomitted for (?:brevity|clarity)\b|\bleft as an exercise\b|^\W*(?:same as (?:before|above)|(?:remains?|stays?) (?:the same|unchanged)|unchanged|keep (?:the )?(?:existing|rest))\b/i,
  /\band so (?:on|forth)\b\W*(?:for|$)|\bsimilar(?:ly)? (?:code |logic |implementation )?for (?:the )?(?:other|remaining|rest)\b|\brepeat (?:this )?for (?:the )?(?:other|remaining|rest|each)\b/i,
];

/** A comment of dots only. */
const BARE_DOTS = /^\s*(?:\.\.\.|…)\s*(?:(?:\*\/|-->)\s*)?(?:\}\s*)?$/;

export function placeholderCode(subject: AnswerSubject): AnswerFinding | null {
  const { ask } = subject.checked;
  const wish = wishOf(ask.length > 20_000 ? `${ask.slice(0, 10_000)}\n${ask.slice(-10_000)}` : ask);
  if (wish.wantsStubs) return null;
  const holds = (line: string): boolean => subject.prompt.holds(line);
  let count = 0;
  for (const written of subject.written) {
    if (!NO_CODE.has(written.language)) count += placeholdersIn(written, wish, holds);
  }
  if (count === 0) return null;
  return {
    kind: 'placeholder-code',
    why: `left ${count} ${count === 1 ? 'place' : 'places'} of its code unwritten`,
  };
}

interface Wish {
  /** A skeleton, a stub, only the changed parts: gaps are what was asked for. */
  readonly wantsStubs: boolean;
  /** The ask is about marks of open work themselves. */
  readonly isAboutMarks: boolean;
  /** An explanation, in which code is an illustration. */
  readonly isQuestion: boolean;
  /** Code is to be written, so that dots are not enough. */
  readonly wantsWork: boolean;
}

/** Gaps that were wished for in other words, and in other languages. */
const WANTS_GAPS: readonly RegExp[] = [
  /\b(?:empty|blank) (?:\w{1,20} )?(?:methods?|functions?|bod(?:y|ies)|handlers?|class(?:es)?|hooks?|callbacks?)\b|\bfill[- ]in[- ]the[- ]blanks?\b|\b(?:gaps?|blanks?|bod(?:y|ies)|parts?|places?) (?:for \w{1,20} )?to (?:be )?fill/i,
  /\b(?:i|we)(?:'ll| will| shall| can| want to| would like to|'d like to|'m going to| am going to| plan to) (?:then |just )?(?:fill|implement|write|add|complete|finish|code|do|provide|supply)\b[^.\n]{0,80}\b(?:myself|ourselves|on my own)\b|\b(?:i|we)(?:'ll| will) (?:then |later )?(?:fill (?:in|out|it|them|that)\b|(?:implement|code|complete|finish) (?:\w{1,20} ){1,4}later\b)/i,
  /\b(?:readers?|students?|learners?|pupils?|candidates?|participants?|juniors?|attendees?|beginners?) (?:will |must |should |can |could |has to |have to |need to |needs to |to |is to |are to )?(?:completes?|fills?|finish(?:es)?|implements?|solves?) [^.\n]{0,40}\b(?:exercises?|tasks?|blanks?|gaps?|code|bod(?:y|ies)|functions?|methods?|parts?)\b|\b(?:subclass(?:es)?|sub-class(?:es)?|derived class(?:es)?) (?:will |must |should |can |have to |need to |has to |needs to |to )?(?:implements?|overrides?|provides?|defines?|fills?)\b|\bbase class whose\b|\bto be (?:overridden|implemented) (?:by|in)\b/i,
  /(?<!\p{L})(?:vorlagen?|(?:grund)?gerüst\p{L}{0,2}|(?:code)?skelett\p{L}{0,2}|rohbau|leere[nrms]? (?:methoden?|funktionen?|rümpfen?|klassen?|rumpf)|ich (?:dann |später )?(?:selbst|selber)|nur die (?:geänderten|relevanten|änderungen)|squelettes?|gabarits?|ébauches?|moi-même|seulement les|esqueletos?|plantillas?|yo mismo|yo misma|scheletro|eu mesmo|шаблон\p{L}{0,3}|скелет\p{L}{0,3}|заготовк\p{L}{1,3}|каркас\p{L}{0,3})(?!\p{L})/iu,
  /模板|骨架|框架代码|留空|占位|存根|空方法|空函数|雛形|ひな形|スケルトン|テンプレート|템플릿|스켈레톤/,
];
const EXERCISE =
  /\b(?:create|write|make|design|give|prepare|generate|draft|invent)\b[^.\n]{0,60}\b(?:katas?|worksheets?|(?:coding|programming|code|practice|python|javascript|typescript|java|rust|go|sql) (?:exercises?|challenges?)|exercises? for (?:\w{1,12} )?(?:juniors?|students?|beginners?|learners?|readers?|pupils?|class|course|interview)|interview (?:questions?|tasks?)|lab assignments?)\b/i;
const SOLUTION =
  /\b(?:solutions?|solves?|solving|answers? (?:to|for)|my (?:homework|exercise|kata|assignment))\b/i;

function wishesGaps(words: string): boolean {
  const plain = words.replaceAll('’', "'");
  if (WANTS_GAPS.some((pattern) => pattern.test(plain))) return true;
  return EXERCISE.test(plain) && !SOLUTION.test(plain);
}

function wishOf(ask: string): Wish {
  const words = withoutCode(ask);
  const wants =
    /\b(?:stubs?|skeletons?|scaffold\w*|boilerplate|templates?|pseudo-?code|signatures?|outline|starter|abbreviated?|abstract (?:base )?class|interfaces? only|only (?:the )?(?:interface|signatures?|changed|changes|relevant|diff)|(?:show|give)(?: me)? (?:only|just)|no implementation|without (?:implementing|implementation|bod)|leave (?:the |it |them )?(?:\w+ )?(?:empty|blank|unimplemented|todo)|not implemented|unimplemented|NotImplemented\w*|elide|omit (?:the )?(?:unchanged|rest))\b/i;
  const marks =
    /\b(?:TODOs|TODO|FIXMEs?)\b(?! (?:app|list|item|api))|\b(?:todo|fixme) (?:comments?|marks?|markers?|notes?)\b|\bplaceholder (?:comments?|code|functions?|bod)|\b(?:pending|skipped|unfinished|todo) (?:tests?|specs?)\b|\b(?:tests?|specs?|it) (?:as|is|are) (?:pending|skipped|todo|unfinished)\b/;
  const question =
    /^\W*(?:please )?(?:explain|what|why|when|describe|compare|summari[sz]e|review|walk me|is |are |does |do i |should|which|difference|can you explain|could you explain|tell me|how (?:does|do|is|are|did|come)\b(?! (?:i|we|you) (?:write|implement|create|build|make)))/i;
  const work =
    /\b(?:write|implement|create|build|generate|rewrite|refactor|complete|finish|code up|port|convert|develop)\b/i;
  return {
    wantsStubs: wants.test(words) || wishesGaps(words),
    isAboutMarks: marks.test(words),
    isQuestion: question.test(words) && !work.test(words.slice(0, 400)),
    wantsWork: work.test(words),
  };
}

/** Code in the ask says nothing about what is wished. */
function withoutCode(ask: string): string {
  return ask
    .split('```')
    .filter((_, index) => index % 2 === 0)
    .join(' ');
}

function placeholdersIn(written: WrittenCode, wish: Wish, holds: (line: string) => boolean): number {
  const { code, language } = written;
  const lines = code.split('\n');
  let count = 0;
  for (const line of lines) if (marksGap(line, language, wish) && !holds(line)) count += 1;
  const isShowingMarks = wish.isAboutMarks && !wish.wantsWork;
  if (count > 0 || wish.isQuestion || isShowingMarks) return count;
  const stubs = countStubs(code, language).filter((stub) => !holds(stub));
  return stubs.length;
}

function marksGap(line: string, language: string, wish: Wish): boolean {
  if (line.length > 1000) return false;
  const comment = commentOf(line, language);
  if (comment !== null) {
    const leavesWork = !wish.isAboutMarks && LEFT_WORK.some((pattern) => pattern.test(comment));
    if (leavesWork) return !wish.isQuestion || /\b(?:TODO|FIXME)\b/.test(comment);
    if (wish.isQuestion) return false;
    return (wish.wantsWork && BARE_DOTS.test(comment)) || LEFT_OUT.some((pattern) => pattern.test(comment));
  }
  const bare = line.trim();
  if (!wish.isAboutMarks && /^(?:TODO|FIXME)\s*[:(]/.test(bare)) return true; // in a docstring
  if (wish.isQuestion) return false;
  if (
    /^(?:\.\.\.|…|\[\.\.\.\]|\(\.\.\.\)|<\.\.\.>)? ?(?:\(?)(?:rest of|existing code|remaining code)/i.test(
      bare,
    )
  )
    return true;
  return (
    wish.wantsWork &&
    /\)[^'"`]{0,60}\{\s*(?:\.\.\.|…|\/\*\s*(?:(?:\.\.\.|…)\s*)?\*\/)\s*\}\s*[;,]?$/.test(bare)
  );
}
