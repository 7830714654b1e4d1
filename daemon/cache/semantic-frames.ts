// What is wanted of the answer: the words at the beginning and the end of a sentence that ask rather than say about
// what ("how do I …", "…, why?", "could you please …"). Two asks with other wants never share an answer.

import type { Token } from './semantic-tokens.ts';

export type Want =
  /** How something is done. */
  | 'how'
  | 'how-it-works'
  | 'why'
  /** What something is, means or does. */
  | 'explain'
  | 'which'
  /** Something is to be done. */
  | 'do'
  /** Yes or no. */
  | 'whether'
  | 'statement';

export interface FramedTokens {
  readonly want: Want;
  /** Without the frame. */
  readonly tokens: readonly Token[];
  /** The frame stood in the past ("why did …"). */
  readonly isPast: boolean;
  /** Said "not" within the frame ("why doesn't …"). */
  readonly isNegated: boolean;
  /** Behind the frame comes what is to be done. */
  readonly leadsToAction: boolean;
}

const POLITE =
  /^(?:(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|thanks|,)|(?:can|could|would|will) you(?: please| kindly| maybe| possibly)?(?= (?!also|ever))|would you mind|i (?:want|need|would like|d like) you to|(?:please )?help me(?: to)?|let us|go ahead and|your task is to|i would appreciate it if you could|it would be great if you could|(?:quick|simple) question|just wondering|i was wondering|i am wondering)(?= |$)/;
const POLITE_END =
  /(?: ,)?(?: (?:please|pls|plz|thanks|thank you|thx|for me|if possible|if you can|if you could))$/;

const I = '(?:i|we|you|one|someone|somebody)';
const GOOD = '(?:(?:best|right|proper|correct|recommended|good|usual|standard|idiomatic) )*';
const HOW_FRAMES: readonly RegExp[] = [
  new RegExp(`^how (?:do|can|could|would|should|might|does) ${I}(?: best)? (?:go about )?`),
  /^how to /,
  new RegExp(
    `^(?:what is|what would be|is there|do you know) (?:the|a|any) ${GOOD}(?:§ )?way (?:for me )?(?:to|of|for) `,
  ),
  new RegExp(`^(?:the |a )?${GOOD}way (?:to|of) `),
  /^(?:what is |give me |show me |which is |i need )?(?:the |a )?(?:\S+ )?command (?:to|for|that) /,
  /^(?:what|which) (?:§ )?command (?=\w+s )/,
  new RegExp(`^(?:what|which) command (?:(?:can|should|do|would) ${I} (?:use|run) (?:to|for)|to use to) `),
  new RegExp(
    `^(?:can you )?(?:show|tell|teach|explain)(?: to)?(?: me)? how (?:to|${I} (?:can|could|should|would|do)) `,
  ),
  /^(?:give me |show me |list |what are )?(?:the )?(?:steps|instructions) (?:to|for) /,
  new RegExp(
    `^(?:i (?:want|need|would like) to (?:know|learn|find out|determine)|do you know) how (?:to|${I} can) `,
  ),
  new RegExp(`^what (?:do|should|must) ${I} (?:need to |have to )?do to `),
];
const WHY_FRAMES: readonly RegExp[] = [
  /^(?:do you know |any idea |tell me |can you tell me |explain(?: to me)? |i (?:do not|cannot|can not) understand )?why (?:(?:is|are|am|does|do|did|was|were|has|have|would|will|can) )?(?:it that )?(?:not )?/,
  /^how come (?:that )?/,
  /^what (?:is|are|was) the (?:reason|reasons|cause) (?:why|that|for why) /,
  /^for what reason (?:is|are|does|do|did) /,
];
const WORKS_FRAMES: readonly RegExp[] = [
  /^(?:explain(?: to me)?|describe|tell me|show me|i (?:want|would like) to (?:know|understand)) how (?=.* works?$)/,
  /^how (?:does|do) (?=.* works?$)/,
];
const EXPLAIN_FRAMES: readonly RegExp[] = [
  /^(?:explain|describe|clarify)(?: to me)?(?: what(?: (?:is )?meant by| is)?)?(?: |$)/,
  /^(?:tell me|i (?:want|need|would like) to (?:know|understand)|do you know|show me) what /,
  /^what (?:is|are) (?:meant by|the (?:meaning|purpose) of) /,
  /^(?:give me |provide )?an? explanation (?:of|for) /,
  /^what (?:is|are|does|do) /,
  /^help me understand (?:what )?/,
];
/** "What is the right X for Y?" is "Which X should I use for Y?" */
const WHICH_FRAMES: readonly RegExp[] = [
  /^what (?:is|are|would be) (?:the|a) (?:(?:best|right|proper|correct|recommended) )+(?=\S)/,
  /^(?:which|what) (?=\S)/,
];
const SHOULD_USE = new RegExp(` (?:should|do|would|shall) ${I} (?:use|return|choose|pick|take)(?= |$)`);
const WHETHER_FRAMES: readonly RegExp[] = [
  /^(?=(?:is|are|do|does|did|can|could|should|will|would|has|have|was|were|am|may|must) )/,
];

const FRAMES: readonly (readonly [want: Want, frames: readonly RegExp[]])[] = [
  ['how', HOW_FRAMES],
  ['why', WHY_FRAMES],
  ['how-it-works', WORKS_FRAMES],
  ['which', WHICH_FRAMES.slice(0, 1)],
  ['explain', EXPLAIN_FRAMES],
  ['which', WHICH_FRAMES.slice(1)],
  ['whether', WHETHER_FRAMES],
];

const WHY_END =
  /(?: , | )(?:why(?: is (?:that|this))?|any idea why|what is the reason|how come|why could that be)$/;
const WISH = /^i (?:want|need|would like|have|am trying) to /;
const HOW_END = /(?: ,)? how(?: (?:do|can|should|would) i (?:do|achieve|accomplish) (?:that|this|it))?$/;

/** Takes the frame off of a sentence. `isQuestion` decides between a statement with ", why?" and one without. */
export function takeFrame(tokens: readonly Token[], isQuestion: boolean): FramedTokens {
  let rest = withoutPoliteness(tokens);
  if (/^(?:explain|describe|show|what|how|why|tell) .* to me$/.test(lineOf(rest))) rest = rest.slice(0, -2);
  let line = lineOf(rest);
  const end = WHY_END.exec(line) ?? (isQuestion ? HOW_END.exec(line) : null);
  if (end !== null && line.length > end[0].length) {
    rest = rest.slice(0, -countOf(end[0]));
    const want: Want = WHY_END.test(line) ? 'why' : 'how';
    const wish = want === 'how' ? (WISH.exec(line)?.[0] ?? '') : '';
    rest = withoutBorders(rest.slice(countOf(wish)));
    return { want, tokens: rest, isPast: false, isNegated: false, leadsToAction: want === 'how' };
  }
  for (const [want, frames] of FRAMES) {
    const match = firstMatch(line, frames);
    if (match === undefined) continue;
    rest = [...rest.slice(countOf(match)), ...namesWithin(rest.slice(0, countOf(match)))];
    line = lineOf(rest);
    if (want === 'how-it-works') rest = rest.slice(0, -1);
    if (want === 'explain') rest = withoutVerbOfMeaning(rest);
    if (want === 'which') rest = withoutMatch(rest, SHOULD_USE.exec(line));
    const isNegated = match.endsWith(' not ');
    return {
      want,
      tokens: rest,
      isPast: /\b(?:did|was|were) /.test(match),
      isNegated,
      leadsToAction: want === 'how',
    };
  }
  return { want: 'statement', tokens: rest, isPast: false, isNegated: false, leadsToAction: true };
}

/** "what X does", "what X means: …" */
function withoutVerbOfMeaning(tokens: readonly Token[]): readonly Token[] {
  const line = lineOf(tokens);
  const verb = / (?:means?|does|do|is|are)(?=(?: , §)?$| in )/.exec(line);
  const isPattern = /\b(?:regex|regexp|pattern|glob)\b/.test(line);
  return withoutMatch(tokens, verb ?? (isPattern ? / matche?s?(?=(?: , §)?$)/.exec(line) : null));
}

function withoutMatch(tokens: readonly Token[], match: RegExpExecArray | null): readonly Token[] {
  if (match === null) return tokens;
  const start = countOf(lineOf(tokens).slice(0, match.index));
  return [...tokens.slice(0, start), ...tokens.slice(start + countOf(match[0]))];
}

/** "the flexbox way of …": a name within the frame goes on as "… in flexbox". */
function namesWithin(frame: readonly Token[]): readonly Token[] {
  const command = frame.findIndex(({ text }) => text === 'command');
  return frame.flatMap((token, index) => {
    const isTool = index === command - 1 && !/^(?:a|the|this|what|which)$/.test(token.text);
    if (token.kind === 'border' || (token.kind === 'word' && !isTool)) return [];
    return [{ kind: 'word', text: token.kind === 'word' ? 'with' : 'in', isCapital: false } as const, token];
  });
}

function withoutPoliteness(tokens: readonly Token[]): readonly Token[] {
  let rest = tokens;
  for (;;) {
    const line = lineOf(rest);
    const start = POLITE.exec(line)?.[0] ?? '';
    const end = start === '' ? (POLITE_END.exec(line)?.[0] ?? '') : '';
    const isWhole = start === line || end === line;
    if ((start === '' && end === '') || isWhole) return isWhole ? [] : withoutBorders(rest);
    rest = start === '' ? rest.slice(0, -countOf(end)) : rest.slice(countOf(start));
  }
}

function withoutBorders(tokens: readonly Token[]): readonly Token[] {
  let start = 0;
  let end = tokens.length;
  while (tokens[start]?.kind === 'border') start += 1;
  while (end > start && tokens[end - 1]?.kind === 'border') end -= 1;
  return tokens.slice(start, end);
}

/** Words as they stand; a sign for everything literal, so that no pattern can look into it. */
function lineOf(tokens: readonly Token[]): string {
  return tokens.map(({ kind, text }) => (kind === 'word' ? text : kind === 'border' ? ',' : '§')).join(' ');
}

function countOf(matched: string): number {
  return matched.trim() === '' ? 0 : matched.trim().split(' ').length;
}

function firstMatch(line: string, frames: readonly RegExp[]): string | undefined {
  for (const frame of frames) {
    const match = frame.exec(line);
    if (match !== null) return match[0];
  }
  return undefined;
}
