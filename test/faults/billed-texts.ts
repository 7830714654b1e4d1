// Answers in several languages and in code, cut into the tokens that the o200k tokenizer makes of them, so that a
// simulated provider bills exactly what it has sent and needs no tokenizer. A token that is half a character stands
// together with the next ones; `tokens` says how many they are. The cutting was done once, with a real tokenizer.

import data from './billed-texts.json' with { type: 'json' };

export interface TextPiece {
  readonly text: string;
  readonly tokens: number;
}

export interface BilledText {
  readonly name: string;
  readonly text: string;
  readonly tokens: number;
  readonly pieces: readonly TextPiece[];
}

export const BILLED_TEXTS: readonly BilledText[] = data.map(({ name, tokens, pieces }) => {
  const parts = (pieces as readonly (string | readonly [string, number])[]).map((piece) =>
    typeof piece === 'string' ? { text: piece, tokens: 1 } : { text: piece[0], tokens: piece[1] },
  );
  return { name, tokens, pieces: parts, text: parts.map(({ text }) => text).join('') };
});
