// The seam between "what is in the request" and "what kind of work is it".

import type { Capability, Classification } from '../protocol/vocabulary.ts';

/** What a classifier may look at. Lives in memory only; `ask` and `earlierAsks` are the user's own words. */
export interface RequestFeatures {
  /** Which assistant called, from its headers; `unknown` otherwise. */
  readonly client: string;
  /** The user's last own words, without what the assistant wrapped around them. '' when there are none. */
  readonly ask: string;
  /** Up to three user turns before `ask`, newest first. */
  readonly earlierAsks: readonly string[];
  /** User turns of the conversation, this one included; tool results do not count. */
  readonly userTurns: number;
  readonly messageCount: number;
  /** Estimated tokens of the whole request. */
  readonly inputTokens: number;
  readonly maxOutputTokens: number | undefined;
  readonly needs: readonly Capability[];
  readonly toolCount: number;
  /** The last message is a tool result: the middle of a tool loop. */
  readonly isToolResult: boolean;
  /** The request names the one model that must answer, so that its grade decides nothing; absent = it does not. */
  readonly isPinned?: boolean;
  /** Privacy rules keep the request from the model that would be asked for a grade; absent = they do not. */
  readonly isHeldBack?: boolean;
  /** An image in the last user turn (not merely somewhere in the history). */
  readonly askHasImage: boolean;
  readonly wantsJson: boolean;
}

export interface ClassifierResult {
  readonly classification: Classification;
  /** What asking cost, USD; 0 for everything local. */
  readonly costUsd: number;
}

export interface Classifier {
  readonly name: string;
  /** Never rejects: a classifier that cannot tell says `moderate` with low confidence. */
  classify(features: RequestFeatures, signal: AbortSignal): ClassifierResult | Promise<ClassifierResult>;
  /** The same without asking anybody, for `explain`; absent = `classify` asks nobody. */
  readonly preview?: (
    features: RequestFeatures,
    signal: AbortSignal,
  ) => ClassifierResult | Promise<ClassifierResult>;
}
