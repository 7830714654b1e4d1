// One sentence of an ask -> what is wanted, the action, and segments: runs of words, each led by the preposition that
// says which part they play.

import { asActive, frontToEnd, takeAction, type TakenAction } from './semantic-action.ts';
import { takeFrame } from './semantic-frames.ts';
import type { Mark, Pointing } from './semantic-meaning.ts';
import { Parts } from './semantic-parts.ts';
import { SentenceWalk } from './semantic-segments.ts';
import type { Sentence } from './semantic-tokens.ts';

export interface ParsedSentence {
  readonly want: string;
  readonly action: string;
  readonly tense: string;
  readonly negations: number;
  readonly words: readonly string[];
  readonly structure: string;
  readonly pointings: ReadonlySet<Pointing>;
  readonly marks: readonly Mark[];
}

/** Whoever orders one of these to do something wants to know the command. */
const COMMAND_TOOLS = new Set(
  `git docker kubernetes kubectl npm yarn pnpm pip cargo helm vim neovim emacs vscode postgres mysql sqlite mongodb redis
  linux windows macos ubuntu`.split(/\s+/),
);

/** undefined = nothing but politeness. */
export function parseSentence(sentence: Sentence, hasOneName: boolean): ParsedSentence | undefined {
  const framed = takeFrame(asActive(frontToEnd(sentence.tokens)), sentence.isQuestion);
  if (framed.tokens.length === 0) return undefined;
  const taken: TakenAction = framed.leadsToAction
    ? takeAction(framed.tokens)
    : { action: '', tokens: framed.tokens };
  const walk = new SentenceWalk(taken.tokens, taken.action === 'write');
  const want = framed.want === 'statement' && taken.action !== '' ? 'do' : framed.want;
  const parts = new Parts({ want, walk, hasOneName, action: taken.action, manner: taken.manner ?? '' });
  const isCommand = parts.names.some((name) => COMMAND_TOOLS.has(name)) && !walk.pointsAtText;
  const wanted = want === 'do' && parts.action !== 'write' && isCommand ? 'how' : want;
  const isNegated = framed.isNegated || parts.isNegated;
  const tense = [
    ...(framed.isPast || walk.isPast ? ['past'] : []),
    ...(walk.isFuture ? ['future'] : []),
    ...(isNegated ? ['not'] : []),
  ].join(' ');
  const items = parts.segments.flatMap((segment) => segment.items);
  const facts = [parts.state, parts.manner].filter((word) => word !== '');
  const head = [wanted, tense, parts.action, ...parts.pulled.map((name) => `@${name}`), ...facts];
  return {
    want: wanted,
    action: parts.action,
    tense,
    negations: walk.negations + (framed.isNegated ? 1 : 0) + (parts.action.startsWith('!') ? 1 : 0),
    words: [...items.filter(({ isWord }) => isWord).map(({ text }) => text), ...facts],
    structure: `${head.join(' ; ')} ; ${parts.written()}`,
    pointings: walk.pointings,
    marks: items.filter(({ isWord }) => isWord).map(({ text, mark }) => ({ word: text, ...mark })),
  };
}
