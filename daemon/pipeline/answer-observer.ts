// Watches the events of one answer pass by and remembers what the books need: usage (last one wins, never summed),
// how each choice ended, and how much was written, for the estimate when no usage ever comes. Keeps no text.

import { RunningTokenCount } from '../classify/running-token-count.ts';
import { isContent, type StreamEvent } from '../conversation/stream-event.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';

/** How much of an answer was seen, tokens of the reference tokenizer (o200k) by estimate. */
export interface AnswerSizes {
  /** The model wrote something, be it only a sealed thought. An end, or a list of numbers (embeddings), is no writing. */
  readonly hasContent: boolean;
  readonly textTokens: number;
  /** Thoughts that could be read. */
  readonly reasoningTokens: number;
  readonly callCount: number;
  /** Names and arguments of calls. */
  readonly callTokens: number;
  /** Thoughts that came sealed, and the length of their seals. */
  readonly sealCount: number;
  readonly sealChars: number;
}

export class AnswerObserver {
  /** Last usage that the provider reported. */
  usage: TokenUsage | null = null;
  /** Of the tokens written to the prompt cache, how many are kept for an hour. */
  cacheWrite1hTokens = 0;
  /** What the provider says it charged, USD. */
  reportedCostUsd: number | null = null;
  /** The answer came to its end. */
  isComplete = false;
  readonly #text = new RunningTokenCount();
  readonly #reasoning = new RunningTokenCount();
  readonly #calls = new RunningTokenCount();
  #hasContent = false;
  #callCount = 0;
  #sealCount = 0;
  #sealChars = 0;

  observe(events: readonly StreamEvent[]): void {
    for (const event of events) this.#one(event);
  }

  get sizes(): AnswerSizes {
    return {
      hasContent: this.#hasContent,
      textTokens: this.#text.tokens,
      reasoningTokens: this.#reasoning.tokens,
      callCount: this.#callCount,
      callTokens: this.#calls.tokens,
      sealCount: this.#sealCount,
      sealChars: this.#sealChars,
    };
  }

  #one(event: StreamEvent): void {
    this.#hasContent ||= isContent(event) && event.type !== 'choice-end' && event.type !== 'other-content';
    switch (event.type) {
      case 'reasoning-delta':
        this.#reasoning.add(event.delta);
        break;
      case 'reasoning-end':
        this.#reasoning.break();
        this.#noteSeal(event.seal);
        break;
      case 'text-delta':
      case 'refusal-delta':
        this.#text.add(event.delta);
        break;
      case 'text-end':
        this.#text.break();
        break;
      case 'tool-input-start':
        this.#callCount += 1;
        this.#calls.break();
        this.#calls.add(event.name);
        this.#calls.break();
        break;
      case 'tool-input-delta':
        this.#calls.add(event.delta);
        break;
      case 'usage':
        this.usage = event.usage;
        this.cacheWrite1hTokens = event.cacheWrite1hTokens ?? 0;
        if (event.costUsd !== undefined) this.reportedCostUsd = event.costUsd;
        break;
      case 'response-end':
        this.isComplete = true;
        break;
      default:
        break;
    }
  }

  #noteSeal(seal: Extract<StreamEvent, { type: 'reasoning-end' }>['seal']): void {
    if (seal === undefined || seal.kind === 'unsealed') return;
    this.#sealCount += 1;
    this.#sealChars += seal.value.length;
  }
}
