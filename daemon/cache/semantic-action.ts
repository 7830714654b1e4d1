// What a sentence orders to be done, wherever it says so: "fix X", "give me X", "X fails, please fix it", "how can X be
// fixed". Not here: what orders of the same thing there are (semantic-words.ts, semantic-parts.ts).

import type { Token } from './semantic-tokens.ts';
import { actionOf, verbForm } from './semantic-word-forms.ts';

const FRONTED =
  /^(?:when|whenever|if|after|before|while|instead-of|without|for|in|on|with|using|at|until|unless)$/;
const MADE: ReadonlyMap<string, string> = new Map([
  ['faster', 'optimize'],
  ['simpler', 'simplify'],
  ['shorter', 'shorten'],
  ['better', 'improve'],
]);

/** "In Python, how do I …", "git: …" and "When X, do Y" say at the beginning what may as well stand at the end. */
export function frontToEnd(tokens: readonly Token[]): readonly Token[] {
  const [first, second, third] = tokens;
  const border = tokens.findIndex(({ kind }) => kind === 'border');
  if (first?.kind === 'word' && FRONTED.test(first.text) && border > 1) {
    const isLast = tokens.findLastIndex(({ kind }) => kind === 'border') === border;
    return isLast ? [...tokens.slice(border + 1), ...tokens.slice(0, border)] : tokens;
  }
  if (first?.kind === 'name' && second?.kind === 'border' && tokens.length > 2) {
    return [...tokens.slice(2), { kind: 'word', text: 'in', isCapital: false }, first];
  }
  const isLed = first?.kind === 'word' && /^(in|using|with|on)$/.test(first.text);
  if (!isLed || second?.kind !== 'name') return tokens;
  const rest = third?.kind === 'border' ? tokens.slice(3) : tokens.slice(2);
  return rest.length === 0 ? tokens : [...rest, first, second];
}

/** "how can X be enabled" is "how can I enable X". */
export function asActive(tokens: readonly Token[]): readonly Token[] {
  const be = tokens.findIndex((token) => isOneOf(token, 'be'));
  const done = tokens[be + 1];
  if (!isOneOf(tokens[0], 'how') || !isOneOf(tokens[1], 'can', 'could', 'should', 'would') || be < 3)
    return tokens;
  const form = done?.kind === 'word' ? verbForm(done.text) : undefined;
  if (done === undefined || form?.form !== 'ed') return tokens;
  const word = (text: string): Token => ({ kind: 'word', text, isCapital: false });
  return [...tokens.slice(0, 2), word('i'), word(form.base), ...tokens.slice(2, be), ...tokens.slice(be + 2)];
}

export interface TakenAction {
  /** '' = none; "!" before it = not to be done. */
  readonly action: string;
  readonly tokens: readonly Token[];
  /** "vertically" in "vertically center text". */
  readonly manner?: string;
}

export function takeAction(tokens: readonly Token[]): TakenAction {
  const given = takeGiving(tokens);
  if (given !== undefined) return { action: 'write', tokens: given };
  const [before, verb] = tokens;
  const isLed = isOneOf(before, 'only', 'just') || (before?.kind === 'word' && before.text.endsWith('ly'));
  if (isLed && before !== undefined && verb?.kind === 'word' && verbForm(verb.text)?.form === 'base') {
    const { action, tokens: rest } = takeAction(tokens.slice(1));
    return before.text.endsWith('ly') && !isOneOf(before, 'only')
      ? { action, tokens: rest, manner: before.text }
      : { action, tokens: [before, ...rest] };
  }
  let index = 0;
  while (isOneOf(tokens[index], 'do') && isOneOf(tokens[index + 1], 'not')) index += 1;
  const isNegated = isOneOf(tokens[index], 'not');
  if (isNegated) index += 1;
  const first = tokens[index];
  let action = first?.kind === 'word' ? actionOf(first.text) : undefined;
  if (action !== undefined && first !== undefined) {
    // What is only turned or translated, and not into something, is not converted.
    const isConverted = tokens.some((token) => isOneOf(token, 'to', 'into'));
    if (action === 'convert' && !isConverted) action = verbForm(first.text)?.base ?? action;
    const isSaid =
      isOneOf(tokens[index + 1], 'that') || (action === 'show' && isOneOf(tokens[index + 1], 'me'));
    const rest = tokens.slice(index + (isSaid && tokens.length > index + 2 ? 2 : 1));
    const made = first.text === 'make' ? takeMaking(rest) : takePulling(first.text, rest);
    return { action: (isNegated ? '!' : '') + (made?.action ?? action), tokens: made?.tokens ?? rest };
  }
  return takeActionAtEnd(tokens) ?? { action: '', tokens };
}

/** "give me X" is "write X". */
function takeGiving(tokens: readonly Token[]): readonly Token[] | undefined {
  const line = tokens
    .slice(0, 3)
    .map(({ text }) => text)
    .join(' ');
  const match = /^(?:(?:give|write|get|make|create) me|provide me with|i need(?= an?(?: |$)))(?= |$)/.exec(
    line,
  );
  return match === null ? undefined : tokens.slice(match[0].split(' ').length);
}

/** "make X faster" is "optimize X". */
function takeMaking(rest: readonly Token[]): TakenAction | undefined {
  const last = rest.at(-1);
  const action = last?.kind === 'word' ? MADE.get(last.text) : undefined;
  if (action === undefined) return undefined;
  const isRun = isOneOf(rest.at(-2), 'run');
  return { action, tokens: rest.slice(0, isRun ? -2 : -1) };
}

/** "pull X out" is "extract X", "break X up into" is "split X into". */
function takePulling(verb: string, rest: readonly Token[]): TakenAction | undefined {
  if (verb === 'break' && rest.some((token) => isOneOf(token, 'into'))) {
    return { action: 'split', tokens: rest.filter((token) => !isOneOf(token, 'up', 'down')) };
  }
  const out = rest.findIndex((token) => isOneOf(token, 'out'));
  if (verb !== 'pull' || out < 0 || out > 4) return undefined;
  return { action: 'extract', tokens: rest.filter((_, index) => index !== out) };
}

/** "X fails, please fix it" */
function takeActionAtEnd(tokens: readonly Token[]): TakenAction | undefined {
  const border = tokens.findLastIndex(({ kind }) => kind === 'border');
  const tail = tokens
    .slice(border + 1)
    .filter((token) => !isOneOf(token, 'please', 'it', 'this', 'that', 'them'));
  const verb = tail[0];
  if (border < 1 || tail.length !== 1 || verb?.kind !== 'word') return undefined;
  const action = actionOf(verb.text);
  const isThere = isOneOf(tokens[0], 'there') && isOneOf(tokens[1], 'is', 'are');
  return action === undefined ? undefined : { action, tokens: tokens.slice(isThere ? 2 : 0, border) };
}

function isOneOf(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text);
}
