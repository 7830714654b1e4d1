// What load and provider of the soak say to each other inside of a request: the last user message of every request
// carries a mark that says what the provider shall do with it, and a number that must come back in the answer.

export const NONCE_CHARS = 12;

/** What the provider does with a request. Faults in capitals hit every attempt, the others the first one only. */
export const DEEDS = {
  /** Answers. */
  fine: 'a',
  /** Says nothing for a while, so that the client can hang up while it waits. */
  stall: 's',
  /** Streams its first half and then says nothing for a while. */
  slow: 'w',
  overloaded: 'o',
  serverError: 'e',
  rateLimited: 'l',
  reset: 'r',
  /** Ends the connection in the middle of the answer. */
  cut: 'c',
  garbage: 'g',
  refused: 'R',
  serverErrorAlways: 'E',
} as const;

export type Deed = (typeof DEEDS)[keyof typeof DEEDS];

export const FAULTS: readonly Deed[] = [
  DEEDS.overloaded,
  DEEDS.serverError,
  DEEDS.rateLimited,
  DEEDS.reset,
  DEEDS.cut,
  DEEDS.garbage,
  DEEDS.refused,
  DEEDS.serverErrorAlways,
];

/** Longest silence of `stall` and `slow`, ms; whoever hangs up does so long before. */
export const SILENCE_MS = 2000;

const MARK = '[[soak:';

export function markOf(deed: Deed, nonce: string): string {
  return `${MARK}${deed}:${nonce}]]`;
}

/** The last mark of a request body, as bytes; undefined when there is none. */
export function markIn(body: Buffer): { readonly deed: Deed; readonly nonce: string } | undefined {
  const at = body.lastIndexOf(MARK);
  if (at < 0) return undefined;
  const from = at + MARK.length;
  const nonce = body.toString('latin1', from + 2, from + 2 + NONCE_CHARS);
  return { deed: String.fromCharCode(body[from] ?? 0) as Deed, nonce };
}

/** The number so and so, always equally long, so that prepared answers keep their length. */
export function nonceOf(index: number): string {
  return `n${index.toString(36).padStart(NONCE_CHARS - 1, '0')}`;
}
