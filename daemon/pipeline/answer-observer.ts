// Watches the events of one answer pass by and remembers what the books need: usage (last one wins, never summed),
// how each choice ended, and how much was written, for the estimate when no usage ever comes. Keeps no text.

import type { StreamEvent } from '../conversation/stream-event.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';

export class AnswerObserver {
  /** Last usage that the provider reported. */
  usage: TokenUsage | null = null;
  /** What the provider says it charged, USD. */
  reportedCostUsd: number | null = null;
  /** UTF-8 bytes of text, reasoning and tool arguments seen so far. */
  outputBytes = 0;
  reasoningBytes = 0;
  /** The answer came to its end. */
  isComplete = false;

  observe(events: readonly StreamEvent[]): void {
    for (const event of events) this.#one(event);
  }

  #one(event: StreamEvent): void {
    switch (event.type) {
      case 'reasoning-delta':
        this.reasoningBytes += Buffer.byteLength(event.delta);
        this.outputBytes += Buffer.byteLength(event.delta);
        break;
      case 'text-delta':
      case 'refusal-delta':
      case 'tool-input-delta':
        this.outputBytes += Buffer.byteLength(event.delta);
        break;
      case 'tool-input-start':
        this.outputBytes += Buffer.byteLength(event.name);
        break;
      case 'usage':
        this.usage = event.usage;
        if (event.costUsd !== undefined) this.reportedCostUsd = event.costUsd;
        break;
      case 'response-end':
        this.isComplete = true;
        break;
      default:
        break;
    }
  }
}
