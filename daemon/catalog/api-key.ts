// A provider's key on its way from where it is kept to the request that needs it. Whatever prints or serialises an
// object that holds one shows a placeholder.

import { inspect } from 'node:util';

const PLACEHOLDER = '[redacted]';
const LEAST_CHARS_TO_SHOW = 20;

export class ApiKey {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The key itself. Only the code that sets the request's authentication header calls this. */
  reveal(): string {
    return this.#value;
  }

  /** The last four characters, by which people tell their keys apart; '' of a key so short that they would give it away. */
  get ending(): string {
    return this.#value.length < LEAST_CHARS_TO_SHOW ? '' : this.#value.slice(-4);
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  [inspect.custom](): string {
    return PLACEHOLDER;
  }
}
