// What one conversation looks like in a world: which model it is on and what each model has of its prompt in its cache.
// The stored and the replayed world are told with the same rules, so that their differences do not hang on the rules.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput, SwitchBooks } from '../protocol/exchange-record.ts';
import type { DecisionPoint, ReasoningEffort } from '../protocol/vocabulary.ts';
import type { MovedSums } from './replay-tally.ts';

interface WarmPrefix {
  tokens: number;
  expiresAtMs: number;
}

/** Prompts of one conversation in the caches of models. Tokens of the reference tokenizer. */
export type ConversationCaches = Map<string, WarmPrefix>;

/** When each model last answered anybody: a beginning that conversations share is warm as long as somebody uses it. */
export type LastUses = Map<string, number>;

/** Where a prompt stands in its conversation. */
export interface PromptPlace {
  readonly tokens: number;
  /** How much of it the prompts before it had: those of its own line, or of anybody. */
  readonly sharedTokens: number;
  /** A call beside the conversation (a title, a first call of a sub-agent): it has no line of its own here. */
  readonly isSide: boolean;
  readonly atMs: number;
}

export class ConversationWorld {
  /** As it was. */
  readonly stored: ConversationCaches = new Map();
  /** As it would have been; null = no different so far. */
  replayed: ConversationCaches | null = null;
  /** The model that the replayed conversation is on; undefined = as it was. */
  affinity: { readonly model: string | null; readonly effort: ReasoningEffort | null } | undefined;
  books: ReplayedBooks | null = null;
  requests = 0;
  storedUsd = 0;
  replayedUsd = 0;
  /** Money of moved answers so far: errors of one conversation go together. */
  movedOutputUsd = 0;
  movedInputUsd = 0;
  /** The sums that the latest answer of another model went into. */
  latestMove: MovedSums | null = null;
  #movedAnswerTokens = 0;
  #lineTokens = 0;
  #commonTokens = 0;
  readonly #hits = new Map<string, boolean>();
  /** One bit for each kind, by model. */
  readonly #kinds = new Map<string, number>();

  /** Of the prompt, what consists of answers that other models would have given. */
  get movedAnswerTokens(): number {
    return this.#movedAnswerTokens;
  }

  noteMovedAnswer(tokens: number): void {
    this.#movedAnswerTokens += tokens;
  }

  /** To be called once per request, in order. `seenTokens`: how much of it somebody was sent before. */
  place(input: DecisionInput, point: DecisionPoint, seenTokens: () => number): PromptPlace {
    const { inputTokens: tokens, atMs } = input;
    const isFirst = this.#lineTokens === 0;
    const isSide = point === 'background' || (point === 'subagent' && !isFirst);
    if (isSide) return { tokens, sharedTokens: Math.min(tokens, seenTokens()), isSide, atMs };
    const isAnew = isFirst || point === 'compaction' || tokens < this.#lineTokens / 2;
    const sharedTokens = Math.min(tokens, isAnew ? seenTokens() : this.#lineTokens);
    if (isFirst) this.#commonTokens = sharedTokens;
    if (isAnew) this.#movedAnswerTokens = 0;
    this.#lineTokens = tokens;
    for (const caches of [this.stored, this.replayed ?? this.stored]) {
      for (const entry of caches.values()) entry.tokens = Math.min(entry.tokens, sharedTokens);
    }
    return { tokens, sharedTokens, isSide, atMs };
  }

  /** How much of the prompt a model has warm, in tokens of the reference tokenizer. */
  warmTokens(caches: ConversationCaches, uses: LastUses, target: ModelTarget, place: PromptPlace): number {
    const { promptCache, tokenizerFactor, id } = target;
    if (promptCache.kind === 'none') return 0;
    const own = place.isSide ? undefined : caches.get(id);
    const ownTokens = own !== undefined && own.expiresAtMs > place.atMs ? own.tokens : 0;
    const common = place.isSide ? place.sharedTokens : Math.min(this.#commonTokens, place.sharedTokens);
    const isInUse = (uses.get(id) ?? -Infinity) + promptCache.ttlS * 1000 > place.atMs;
    const warm = isInUse ? Math.max(ownTokens, common) : ownTokens;
    return warm * tokenizerFactor >= promptCache.minTokens ? Math.min(warm, place.tokens) : 0;
  }

  /** From here on the replayed world goes its own way. */
  diverge(): ConversationCaches {
    this.replayed ??= new Map([...this.stored].map(([model, entry]) => [model, { ...entry }]));
    return this.replayed;
  }

  /** Whether the model's cache hit last time in this conversation; null = it was not asked. Remembers this time. */
  hitBefore(model: string, isHit: boolean): boolean | null {
    const before = this.#hits.get(model) ?? null;
    this.#hits.set(model, isHit);
    return before;
  }

  /** True the first time that it is asked about this kind (0..30) of answers of a model. */
  isFirstOfKind(model: string, kind: number): boolean {
    const seen = this.#kinds.get(model) ?? 0;
    if ((seen & (1 << kind)) !== 0) return false;
    this.#kinds.set(model, seen | (1 << kind));
    return true;
  }
}

/** A model has answered: from now on it has the prompt warm. */
export function rememberAnswer(
  caches: ConversationCaches,
  uses: LastUses,
  target: ModelTarget | undefined,
  { isSide, tokens, atMs }: PromptPlace,
): void {
  if (target === undefined) return;
  uses.set(target.id, atMs);
  if (isSide || target.promptCache.kind === 'none') return;
  const expiresAtMs = atMs + target.promptCache.ttlS * 1000;
  const entry = caches.get(target.id);
  if (entry === undefined) {
    caches.set(target.id, { tokens, expiresAtMs });
    return;
  }
  entry.tokens = tokens;
  entry.expiresAtMs = expiresAtMs;
}

/** The sums that the switch cap compares, in the replayed world. */
export class ReplayedBooks {
  readonly baselineModel: string;
  #actualUsd: number;
  #stayUsd: number;
  #hasLeft: boolean;

  private constructor(baselineModel: string, actualUsd: number, stayUsd: number, hasLeft: boolean) {
    this.baselineModel = baselineModel;
    this.#actualUsd = actualUsd;
    this.#stayUsd = stayUsd;
    this.#hasLeft = hasLeft;
  }

  /** Goes on from what the stored world had come to. */
  static from(stored: SwitchBooks): ReplayedBooks {
    return new ReplayedBooks(
      stored.baselineModel,
      stored.actualUsd,
      stored.stayUsd,
      stored.actualUsd !== stored.stayUsd,
    );
  }

  /** The books after one more answer; null as long as the baseline has not answered. */
  static after(
    books: ReplayedBooks | null,
    bill: {
      readonly baselineModel: string | null;
      readonly servedModel: string | null;
      readonly costUsd: number;
      readonly baselineCostUsd: number | null;
    },
  ): ReplayedBooks | null {
    const { baselineModel, servedModel, costUsd, baselineCostUsd } = bill;
    if (baselineModel === null || baselineCostUsd === null) return books;
    const isBaseline = servedModel === baselineModel;
    if (books === null || books.baselineModel !== baselineModel) {
      return isBaseline ? new ReplayedBooks(baselineModel, costUsd, costUsd, false) : null;
    }
    books.#hasLeft ||= servedModel !== null && !isBaseline;
    books.#actualUsd += costUsd;
    books.#stayUsd += books.#hasLeft ? baselineCostUsd : costUsd;
    return books;
  }

  asInput(stayWarmTokens: number): SwitchBooks {
    return {
      baselineModel: this.baselineModel,
      actualUsd: this.#actualUsd,
      stayUsd: this.#stayUsd,
      stayWarmTokens,
    };
  }
}
