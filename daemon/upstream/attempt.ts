// One try against one target, as values. Resolves only when the first content-bearing event is in hand (or a plain
// answer is complete), so whoever gets `responded` may commit.

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { SignedHistory } from '../conversation/seal.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import type { SseFrame } from '../dialects/sse-parser.ts';
import type { ReasoningEffort, TokenUsage } from '../protocol/vocabulary.ts';

/**
 * A frame of the upstream's stream with what it means; or several in one, without `event` and `data`, that only carry on
 * the words of the one before them.
 */
export interface StreamPiece {
  readonly frame: SseFrame;
  readonly events: readonly StreamEvent[];
}

export type Answer =
  /** `bytes`: the body as it arrived (decompressed). */
  | { readonly kind: 'plain'; readonly bytes: Buffer; readonly events: readonly StreamEvent[] }
  /**
   * Batches of complete frames, one batch per upstream read, so that nothing is held back or coalesced. Ends normally
   * only after a complete answer; `tail` then holds the events of the decoder's end. Throws RouterError
   * `upstream.stream_interrupted` on a torn, stalled or failed stream. Returning early aborts the upstream.
   */
  | {
      readonly kind: 'stream';
      readonly batches: AsyncIterable<readonly StreamPiece[]>;
      readonly tail: () => readonly StreamEvent[];
    };

/** What there was of an answer that came to nothing. */
export interface BegunAnswer {
  /** null = no counts had come yet. */
  readonly usage: TokenUsage | null;
}

export type AttemptOutcome =
  | {
      readonly status: 'responded';
      readonly target: ModelTarget;
      readonly dialect: UpstreamDialect;
      /** Time from sending to the first byte of the body, ms. */
      readonly timeToFirstChunkMs: number;
      /** Answer headers that may pass on to the client (request ids, rate limits), lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly answer: Answer;
      /** What could not be carried to this target's dialect. */
      readonly warnings: readonly string[];
    }
  | {
      readonly status: 'failed';
      readonly target: ModelTarget;
      readonly failure: AttemptFailure;
      /** The request had left this machine when it failed, so the provider may bill it. */
      readonly sent: boolean;
      /** An answer had begun to come: the provider had read the prompt. With the counts in it so far. */
      readonly begun?: BegunAnswer;
      /** Body of the upstream's refusal, passed on when nobody else can answer. */
      readonly body: Buffer | null;
    };

export interface AttemptContext {
  readonly request: ConversationRequest;
  /** What this target may be told of signed thoughts; absent = nothing is remembered. */
  readonly history?: SignedHistory;
  /** Level of reasoning to ask this target for instead of the client's; absent = as the client asks. */
  readonly effort?: ReasoningEffort;
  /** See `EncodeTarget.cachedAnswers`. */
  readonly cachedAnswers?: number;
  /** Aborted when the client leaves, the total time is up, or the daemon stops. */
  readonly signal: AbortSignal;
  /** The last target of a chain is given more time to its first event. */
  readonly isLast: boolean;
  /** Headers of the client, lower case. Only an allow-list of them is ever passed on. */
  readonly clientHeaders?: ReadonlyMap<string, string>;
  /** Providers by name as they were when the exchange began: an edit of the configuration must not move it elsewhere. */
  readonly connections?: ReadonlyMap<string, ProviderConnection>;
}

export interface Upstream {
  attempt(target: ModelTarget, context: AttemptContext): Promise<AttemptOutcome>;
}
