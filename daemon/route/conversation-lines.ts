// The lines of one conversation: the main one, its forks, and the sub-agents that share its session. A request belongs to
// the line whose last request it goes on from; told by checksums of messages, so that nothing of their text is kept.

import type { MessageChecksums } from '../conversation/message-checksums.ts';

/** What is compared; all of it is cheap to make. */
export interface LineRequest extends MessageChecksums {
  /** Of tools and system text: which program of the assistant is speaking. */
  readonly frame: string;
  readonly toolCount: number;
}

export interface Line {
  readonly id: string;
  readonly frame: string;
  readonly hasTools: boolean;
  /** Of the last request: how many messages, the running checksum after them, and the last two by themselves. */
  readonly messageCount: number;
  readonly checksum: number;
  readonly lastMessages: readonly number[];
}

/** How a request stands to what is known. `fork`: a known beginning goes on differently. */
export type LineRelation = 'new' | 'same' | 'rewritten' | 'fork';

/** A person has no more attempts at one conversation open; the least recently used one is forgotten. */
const MAX_LINES = 12;

/**
 * Messages at the end by which a line is known again after its beginning was rewritten. Two: many say `continue`, and
 * who edits the last message keeps the one before it.
 */
const TAIL_MESSAGES = 2;

export class ConversationLines {
  /** Least recently used first. */
  #lines: Line[] = [];
  /** How many lines there ever were beside the first one; part of their names. */
  #branches = 0;

  get size(): number {
    return this.#lines.length;
  }

  /** The longest line that the request goes on from, or asks again. */
  extended({ running }: LineRequest): Line | undefined {
    let best: Line | undefined;
    for (const line of this.#lines) {
      if (running[line.messageCount - 1] !== line.checksum) continue;
      if (best === undefined || line.messageCount >= best.messageCount) best = line;
    }
    return best;
  }

  /** The line whose last messages are in the request although its beginning is another: a program shortened it. */
  rewritten({ single }: LineRequest): Line | undefined {
    return this.#lines.findLast(({ lastMessages: [before, last] }) =>
      single.some((each, at) => last !== undefined && each === last && single[at - 1] === before),
    );
  }

  get(id: string): Line | undefined {
    return this.#lines.find((line) => line.id === id);
  }

  /** A number for the next line that leaves a known one. */
  nextBranch(): number {
    return this.#branches + 1;
  }

  set(id: string, { frame, toolCount, running, single }: LineRequest): void {
    const others = this.#lines.filter((line) => line.id !== id);
    if (others.length === this.#lines.length && others.length > 0) this.#branches += 1;
    this.#lines = others;
    this.#lines.push({
      id,
      frame,
      hasTools: toolCount > 0,
      messageCount: running.length,
      checksum: running.at(-1) ?? 0,
      lastMessages: single.slice(-TAIL_MESSAGES),
    });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }
}
