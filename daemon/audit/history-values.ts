// Checked reads of what stands in histories: counts that may be missing or nonsense, times in several forms.

import { numberOf, stringOf } from '../util/json.ts';

/** More than any model answers or reads in one call: what is above is a mistake of the writer. */
const MAX_TOKENS = 1e9;

/** A count of tokens; 0 where there is none. */
export function countOf(value: unknown): number {
  const number = numberOf(value);
  return number === undefined || number < 0 || number > MAX_TOKENS ? 0 : Math.round(number);
}

/** The name of a tier that is not billed as listed; null = it is, or nothing is said. */
export function tierNamed(value: unknown): string | null {
  const name = stringOf(value);
  return name !== undefined && SPECIAL_TIERS.has(name) ? name : null;
}

const SPECIAL_TIERS: ReadonlySet<string> = new Set(['fast', 'priority', 'batch', 'flex']);

/** From ISO 8601 or milliseconds; null for anything that is no time between 2020 and 2100. */
export function epochMs(value: unknown): number | null {
  const text = stringOf(value);
  const ms = text === undefined ? numberOf(value) : Date.parse(text);
  return ms !== undefined && ms > EARLIEST_MS && ms < LATEST_MS ? ms : null;
}

const EARLIEST_MS = Date.UTC(2020, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** Times of one file: where a line has none, that of the line before it, and at the beginning that of the file. */
export class FileTimes {
  #lastMs: number;

  constructor(changedAtMs: number) {
    this.#lastMs = changedAtMs;
  }

  of(value: unknown): number {
    this.#lastMs = epochMs(value) ?? this.#lastMs;
    return this.#lastMs;
  }
}
