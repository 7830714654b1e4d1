// Everything that was read, reduced to what the sums need: one small record for each call, with what its ask was taken
// for. Texts are classified as they come and then forgotten.

import type { Classifier, RequestFeatures } from '../classify/classifier.ts';
import type { Classification, TokenUsage } from '../protocol/vocabulary.ts';
import { hash53 } from './hash53.ts';
import type { AssistantName, HistoryCall, HistorySink } from './history-record.ts';

/** What begins with a call: a task of the user, of a sub-agent, the rest of a summed-up conversation, or nothing new. */
export type CallStart = 'ask' | 'subagent' | 'compaction' | 'none';

/** What an ask was taken for; shared by all calls of its task. */
export interface BookedAsk {
  readonly classification: Classification;
  readonly hasImage: boolean;
}

export interface BookedCall {
  /** Index into `HistoryBooks.conversations`. */
  readonly conversation: number;
  readonly assistant: AssistantName;
  /** Index into `HistoryBooks.models`. */
  readonly model: number;
  readonly atMs: number;
  readonly start: CallStart;
  readonly isSide: boolean;
  readonly ask: BookedAsk;
  usage: TokenUsage;
  cacheWrite1hTokens: number;
  readonly reportedCostUsd: number | null;
}

export interface BookedModel {
  readonly name: string;
  readonly provider: string | null;
}

/** More is not looked at by any classifier. */
const MAX_ASK_CHARS = 32_768;
const MAX_EARLIER_ASKS = 3;

/** Ten years of one person. More are not judged one by one (a tenth of a millisecond each), see `#judge`. */
const MAX_JUDGED_ASKS = 200_000;
/** Equal asks after equal ones are judged once, as long as there are not too many to be remembered. */
const MAX_REMEMBERED_ASKS = 50_000;

export class HistoryBooks {
  readonly calls: BookedCall[] = [];
  readonly models: BookedModel[] = [];
  /** Plans by which calls of each assistant were billed. */
  readonly subscriptions = new Map<AssistantName, Set<string>>();
  /** Calls that were not billed as listed, by tier. */
  readonly specialTiers = new Map<string, number>();
  asks = 0;
  /** Asks that were not judged for themselves, since there are too many. */
  unjudgedAsks = 0;
  readonly #judged: BookedAsk[] = [];
  readonly #remembered = new Map<number, BookedAsk>();
  readonly #maxJudgedAsks: number;
  readonly #classifier: Classifier;
  readonly #sinceMs: number;
  readonly #conversations = new Map<string, number>();
  readonly #modelIndexes = new Map<string, number>();
  /** Hash of a call's key -> index of the call; and the hashes of the variants that are known. */
  readonly #seen = new Map<number, number>();
  readonly #variants = new Map<number, number>();

  constructor(
    classifier: Classifier,
    options: { readonly sinceMs?: number; readonly maxJudgedAsks?: number } = {},
  ) {
    this.#classifier = classifier;
    this.#sinceMs = options.sinceMs ?? 0;
    this.#maxJudgedAsks = options.maxJudgedAsks ?? MAX_JUDGED_ASKS;
  }

  get conversations(): number {
    return this.#conversations.size;
  }

  /** For one file; what is known of its asks ends with it. */
  sinkFor(assistant: AssistantName): HistorySink {
    const threads = new Map<string, Thread>();
    const threadOf = (name: string): Thread => {
      const known = threads.get(name);
      if (known !== undefined) return known;
      const thread = new Thread();
      threads.set(name, thread);
      return thread;
    };
    return {
      ask: ({ conversation, text, hasImage }) => threadOf(conversation).hear(text, hasImage),
      compacted: (conversation) => threadOf(conversation).sumUp(),
      call: (call) => this.#book(assistant, call, threadOf(call.conversation)),
      subscription: (plan) => {
        const plans = this.subscriptions.get(assistant) ?? new Set();
        this.subscriptions.set(assistant, plans.add(plan));
      },
    };
  }

  #book(assistant: AssistantName, call: HistoryCall, thread: Thread): void {
    if (call.atMs < this.#sinceMs) {
      thread.answered();
      return;
    }
    const known = this.#findCopy(call);
    if (known !== undefined) {
      if (saysMore(call.usage, known.usage)) {
        known.usage = call.usage;
        known.cacheWrite1hTokens = call.cacheWrite1hTokens;
      }
      // Not an answer to what was asked since, where the copy stands in another file.
      return;
    }
    const { ask, isNew } = this.#askOf(thread, assistant);
    const start = thread.startOf(isNew, call.isSide);
    this.calls.push({
      conversation: indexIn(this.#conversations, `${assistant} ${call.conversation}`),
      assistant,
      model: this.#modelIndex(call),
      atMs: call.atMs,
      start,
      isSide: call.isSide,
      ask,
      usage: call.usage,
      cacheWrite1hTokens: call.cacheWrite1hTokens,
      reportedCostUsd: call.reportedCostUsd,
    });
    if (call.serviceTier !== null) {
      const calls = this.specialTiers.get(call.serviceTier) ?? 0;
      this.specialTiers.set(call.serviceTier, calls + 1);
    }
    thread.answered();
  }

  /** The same call, read before; undefined = this is the first time, and it is remembered. */
  #findCopy({ key, variant }: HistoryCall): BookedCall | undefined {
    if (key === null) return undefined;
    const index = this.calls.length;
    const keyHash = hash53(key);
    const variantHash = variant === null ? 0 : hash53(variant);
    const first = this.#seen.get(keyHash);
    if (first === undefined) {
      this.#seen.set(keyHash, index);
      this.#variants.set(index, variantHash);
      return undefined;
    }
    const firstVariant = this.#variants.get(first) ?? 0;
    if (variantHash === 0 || firstVariant === 0 || variantHash === firstVariant) return this.calls[first];
    const ownHash = hash53(`${key} ${variant}`);
    const own = this.#seen.get(ownHash);
    if (own !== undefined) return this.calls[own];
    this.#seen.set(ownHash, index);
    return undefined;
  }

  #askOf(thread: Thread, assistant: AssistantName): { readonly ask: BookedAsk; readonly isNew: boolean } {
    if (thread.booked !== null) return { ask: thread.booked, isNew: false };
    thread.booked = this.#judge(thread.features(assistant));
    if (thread.hasAsk) this.asks += 1;
    return { ask: thread.booked, isNew: true };
  }

  /** Above the limit asks take turns in standing for one that was judged, so that the shares stay those of the judged. */
  #judge(features: RequestFeatures): BookedAsk {
    const { ask, earlierAsks, userTurns, askHasImage, client } = features;
    const key = hash53(`${client} ${userTurns} ${askHasImage}\n${ask}\n${earlierAsks.join('\n')}`);
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    if (this.#judged.length >= this.#maxJudgedAsks) {
      const other = this.#judged[this.unjudgedAsks % this.#judged.length];
      this.unjudgedAsks += 1;
      if (other !== undefined) return other;
    }
    const result = this.#classifier.classify(features, NEVER);
    // Only classifiers on this machine are used here, and those answer at once.
    if (result instanceof Promise) throw new Error('the audit asks no model');
    const judged = { classification: { ...result.classification, signals: [] }, hasImage: askHasImage };
    this.#judged.push(judged);
    if (this.#remembered.size < MAX_REMEMBERED_ASKS) this.#remembered.set(key, judged);
    return judged;
  }

  #modelIndex({ model, provider }: HistoryCall): number {
    const index = indexIn(this.#modelIndexes, `${provider ?? ''} ${model}`);
    if (index === this.models.length) this.models.push({ name: model, provider });
    return index;
  }
}

const NEVER = new AbortController().signal;

function indexIn(indexes: Map<string, number>, key: string): number {
  const index = indexes.get(key) ?? indexes.size;
  indexes.set(key, index);
  return index;
}

/** The counts of a streamed answer grow from line to line. */
function saysMore(usage: TokenUsage, known: TokenUsage): boolean {
  return (
    usage.outputTokens > known.outputTokens ||
    (usage.outputTokens === known.outputTokens && usage.inputTokens > known.inputTokens)
  );
}

/** One conversation while its file is read. */
class Thread {
  booked: BookedAsk | null = null;
  hasAsk = false;
  hasImage = false;
  #ask = '';
  #earlier: string[] = [];
  #userTurns = 0;
  #isAnswered = true;
  #isSummedUp = false;
  #calls = 0;

  hear(text: string, hasImage: boolean): void {
    if (this.#isAnswered) this.#userTurns += 1;
    if (this.#ask !== '') this.#earlier = [this.#ask, ...this.#earlier].slice(0, MAX_EARLIER_ASKS);
    this.hasImage = hasImage || (!this.#isAnswered && this.hasImage);
    this.#ask = text.slice(0, MAX_ASK_CHARS);
    this.#isAnswered = false;
    this.hasAsk = true;
    this.booked = null;
  }

  sumUp(): void {
    this.#isSummedUp = true;
  }

  answered(): void {
    this.#isAnswered = true;
    this.#calls += 1;
  }

  startOf(isNew: boolean, isSide: boolean): CallStart {
    const isSummedUp = this.#isSummedUp;
    this.#isSummedUp = false;
    if (isSide && this.#calls === 0) return 'subagent';
    if (isSummedUp) return 'compaction';
    return isNew ? 'ask' : 'none';
  }

  features(assistant: AssistantName): RequestFeatures {
    return {
      client: assistant,
      ask: this.#ask,
      earlierAsks: this.#earlier,
      userTurns: this.#userTurns,
      messageCount: this.#calls * 2 + 1,
      inputTokens: 0,
      maxOutputTokens: undefined,
      needs: ['tools'],
      toolCount: 1,
      isToolResult: false,
      askHasImage: this.hasImage,
      wantsJson: false,
    };
  }
}
