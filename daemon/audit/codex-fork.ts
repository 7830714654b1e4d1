// Which calls in a forked Codex thread were copied from the thread that it comes from. The copies stand at the beginning
// of its file, under their old times or all under the time of the fork, and were paid for once.

import { hash53 } from './hash53.ts';

/** Totals of the calls of each thread, in files that were read before: a fork's file is younger than its origin's. */
export class CodexThreads {
  readonly #marks = new Map<string, Set<number>>();

  note(thread: string, mark: string): void {
    const marks = this.#marks.get(thread) ?? new Set();
    this.#marks.set(thread, marks.add(hash53(mark)));
  }

  seenIn(thread: string): ReadonlySet<number> {
    return this.#marks.get(thread) ?? NONE;
  }
}

const NONE: ReadonlySet<number> = new Set();

/** Copies are written at once, calls take longer than this. */
const AT_ONCE_MS = 1000;

export interface ForkOrigin {
  readonly createdAtMs: number | null;
  /** Marks of the origin's calls, where its file was read. */
  readonly origin: ReadonlySet<number>;
  /** The whole thread was copied; false = a sub-agent, which may begin with nothing. */
  readonly isCopy: boolean;
}

export class ForkGuard {
  readonly #origin: ForkOrigin;
  #lastCopyAtMs: number | null;
  #mayBeCopy = true;
  #holdsCopies: boolean;

  constructor(origin: ForkOrigin) {
    this.#origin = origin;
    this.#lastCopyAtMs = origin.createdAtMs;
    this.#holdsCopies = origin.isCopy;
  }

  /** Something of the origin stands in the file, so its calls may as well. */
  holdsCopies(): void {
    this.#holdsCopies = true;
  }

  ownWorkBegins(): void {
    this.#mayBeCopy = false;
  }

  /** Asked for each call in the order of the file; after the first own one there are no copies. */
  isCopied(atMs: number, mark: string | null): boolean {
    if (!this.#mayBeCopy) return false;
    const { createdAtMs, origin } = this.#origin;
    const isOld = createdAtMs !== null && atMs < createdAtMs;
    const isAtOnce = this.#lastCopyAtMs !== null && Math.abs(atMs - this.#lastCopyAtMs) <= AT_ONCE_MS;
    const isKnown = mark !== null && origin.has(hash53(mark));
    this.#mayBeCopy = isOld || (this.#holdsCopies && (isAtOnce || isKnown));
    if (this.#mayBeCopy) this.#lastCopyAtMs = Math.max(atMs, createdAtMs ?? atMs);
    return this.#mayBeCopy;
  }
}
