// Names of tools that a dialect's pattern does not allow (Google's may hold dots and colons), written so that they can be
// read back from the name alone: nothing has to be remembered between a request and its answer.

import { createHash } from 'node:crypto';

/** What OpenAI and Anthropic allow; how long a name may be is the dialect's own. */
const USUAL = /^[a-zA-Z0-9_-]+$/;
const DIGEST_CHARACTERS = 12;

/** Ends every name that was rewritten; no client's own tools are called so. */
const MARK = '-pm1';
const ESCAPED = /-x([0-9a-f]{2})/g;

/** Begins a rewritten name where its own first character may not; behind a dash of an escape there is always an x. */
const START = '_-';
const STARTED = /^_-(?!x)/;

export class ToolNames {
  readonly #maxCharacters: number;
  readonly #allowed: RegExp;

  /** `allowed`: every rewritten name of letters, digits, `_` and `-` fits it, or does with an underscore in front. */
  constructor(maxCharacters: number, allowed: RegExp = USUAL) {
    this.#maxCharacters = maxCharacters;
    this.#allowed = allowed;
  }

  /**
   * The name as it is written. No two become the same. Only a name that is too long cannot be read back by itself: who
   * knows the declared tools finds it among them.
   */
  fit(name: string): string {
    const max = this.#maxCharacters;
    if (this.#allowed.test(name) && name.length <= max && !name.endsWith(MARK)) return name;
    let fitted = '';
    for (const byte of Buffer.from(name)) {
      const character = String.fromCharCode(byte);
      fitted += /[a-zA-Z0-9_]/.test(character) ? character : `-x${byte.toString(16).padStart(2, '0')}`;
    }
    fitted += MARK;
    if (!this.#allowed.test(fitted)) fitted = START + fitted;
    if (fitted.length <= max) return fitted;
    const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_CHARACTERS);
    const cut = `${name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, max - digest.length - 1)}-${digest}`;
    return this.#allowed.test(cut) ? cut : `_${cut.slice(1)}`;
  }

  /** The name that `fit` was given; every other name is what it is. */
  original(written: string): string {
    if (!written.endsWith(MARK)) return written;
    const bytes = written
      .slice(0, -MARK.length)
      .replace(STARTED, '')
      .replace(ESCAPED, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    const original = Buffer.from(bytes, 'latin1').toString();
    return this.fit(original) === written ? original : written;
  }
}
