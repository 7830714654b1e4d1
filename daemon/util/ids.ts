// Identifiers that people see. Random, so that they can be made anywhere without asking.

import { randomBytes } from 'node:crypto';

/** Makes ids of one kind; handed in so that tests can count instead. */
export interface IdSource {
  exchangeId(): string;
}

/** `x_` and 16 characters of base64url (96 bits). */
export const randomIds: IdSource = {
  exchangeId: () => `x_${randomBytes(12).toString('base64url')}`,
};
