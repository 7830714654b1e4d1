// A model's answer as a sequence of events, noun-action. The same events describe a streamed and a plain answer.
// Order: response-start; then per part one *-start, deltas, one *-end with the same id; choice-end per choice;
// usage whenever it comes (last one wins, never summed); response-end or response-failed last.
// `choice` is the index of the answer when several were asked for (n > 1), else 0.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import type { Seal } from './seal.ts';

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'other';

export type StreamEvent =
  | {
      readonly type: 'response-start';
      readonly responseId: string;
      readonly responseModel: string;
      readonly createdAtS?: number;
    }
  | { readonly type: 'text-start'; readonly id: string; readonly choice: number }
  | { readonly type: 'text-delta'; readonly id: string; readonly choice: number; readonly delta: string }
  | { readonly type: 'text-end'; readonly id: string; readonly choice: number }
  | { readonly type: 'reasoning-start'; readonly id: string; readonly choice: number }
  | { readonly type: 'reasoning-delta'; readonly id: string; readonly choice: number; readonly delta: string }
  | {
      readonly type: 'reasoning-end';
      readonly id: string;
      readonly choice: number;
      /** What the model wants back with this thought, or with the part behind it. */
      readonly seal?: Seal;
    }
  | { readonly type: 'refusal-delta'; readonly id: string; readonly choice: number; readonly delta: string }
  | {
      readonly type: 'tool-input-start';
      readonly id: string;
      readonly choice: number;
      readonly callId: string;
      readonly name: string;
      /** The input is free text instead of JSON (custom tools). */
      readonly isText?: boolean;
    }
  | {
      readonly type: 'tool-input-delta';
      readonly id: string;
      readonly choice: number;
      readonly delta: string;
    }
  | { readonly type: 'tool-input-end'; readonly id: string; readonly choice: number }
  /** A part this model has no word for (logprobs, audio, annotations); `bytes` so that estimates can count it. */
  | {
      readonly type: 'other-content';
      readonly choice: number;
      readonly wireType: string;
      readonly bytes: number;
    }
  | {
      readonly type: 'choice-end';
      readonly choice: number;
      readonly finishReason: FinishReason;
      readonly wireReason: string;
    }
  /**
   * `costUsd`: what the provider itself says it charged, where it says so (OpenRouter). `cacheWrite1hTokens`: how many of
   * the tokens written to the prompt cache are kept for an hour, which costs more (Anthropic); absent = none.
   */
  | {
      readonly type: 'usage';
      readonly usage: TokenUsage;
      readonly costUsd?: number;
      readonly cacheWrite1hTokens?: number;
    }
  | { readonly type: 'response-end' }
  | { readonly type: 'response-failed'; readonly failure: AttemptFailure };

/**
 * Whether an event carries something of the answer. The first such event is the commit point: before it every failure
 * can fall back, after it none can. A finished choice counts, since an empty answer may be the right one.
 */
export function isContent(event: StreamEvent): boolean {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'refusal-delta':
    case 'tool-input-delta':
      return event.delta !== '';
    case 'reasoning-end':
      return event.seal !== undefined; // a thought that nobody may read is still a thought
    case 'tool-input-start':
    case 'other-content':
    case 'choice-end':
      return true;
    default:
      return false;
  }
}
