// Gathers an answer for later, event by event as it passes, and says in the end whether it may stand in for another:
// only one that is whole, that a model ended of its own accord, and that holds nothing the neutral words leave out.

import type { StreamEvent } from '../conversation/stream-event.ts';

/** Endings after which the same question would get the same kind of answer. */
const WHOLE: ReadonlySet<string> = new Set(['stop', 'tool-calls']);

/** More than the longest answers have; beyond it the cache is not worth the memory. */
const MAX_CHARS = 2 * 1024 * 1024;

type Delta = Extract<StreamEvent, { readonly delta: string }>;

export class AnswerCollector {
  readonly #events: StreamEvent[] = [];
  /** Pieces of one part that follow each other: a hundred small objects for a sentence would be most of what is held. */
  #open: { readonly first: Delta; text: string } | null = null;
  #chars = 0;
  #isStorable = true;
  #isWhole = false;

  observe(events: readonly StreamEvent[]): void {
    for (const event of events) if (this.#isStorable) this.#take(event);
  }

  /** null = not to be stored. */
  answer(): readonly StreamEvent[] | null {
    this.#closePart();
    return this.#isStorable && this.#isWhole ? this.#events : null;
  }

  #take(event: StreamEvent): void {
    switch (event.type) {
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        this.#join(event);
        return;
      case 'response-failed':
      case 'other-content':
      case 'refusal-delta':
        this.#refuse();
        return;
      case 'choice-end':
        if (!WHOLE.has(event.finishReason)) return this.#refuse();
        break;
      case 'response-end':
        this.#isWhole = true;
        break;
      default:
    }
    this.#closePart();
    this.#events.push(event);
  }

  #join(event: Delta): void {
    this.#chars += event.delta.length;
    if (this.#chars > MAX_CHARS) return this.#refuse();
    const open = this.#open;
    if (open?.first.type === event.type && open.first.id === event.id && open.first.choice === event.choice) {
      open.text += event.delta;
      return;
    }
    this.#closePart();
    this.#open = { first: event, text: event.delta };
  }

  #closePart(): void {
    if (this.#open === null) return;
    const { first, text } = this.#open;
    this.#events.push({ ...first, delta: text });
    this.#open = null;
  }

  #refuse(): void {
    this.#isStorable = false;
    this.#open = null;
    this.#events.length = 0;
  }
}
