// Identifiers that people see: random, so that they can be made anywhere without asking, and in the order of time, so
// that the ledger's index grows at its end instead of everywhere (a batch of 50 rows then dirties one page, not 50).

import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Makes ids of one kind; handed in so that tests can count instead. */
export interface IdSource {
  exchangeId(): string;
}

/** Hex digits of the time; enough until the year 10889. */
const TIME_DIGITS = 12;

/** `x_`, 12 hex digits of Unix ms, 19 random ones. Drawn from a UUID, whose entropy Node buffers (0.1 us). */
export function createIdSource(clock: Pick<Clock, 'now'>): IdSource {
  return {
    exchangeId() {
      const time = clock.now().toString(16).padStart(TIME_DIGITS, '0');
      return `x_${time}${randomUUID()
        .replaceAll('-', '')
        .slice(TIME_DIGITS + 1)}`;
    },
  };
}
