// Policies on paper: the same sessions without a router, everything on the strong model, or a model for each request by a
// label that is wrong now and then. Billed by the same simulated caches.

import { NAIVE_CLASSIFIER, TIERS, type ModelSet, type Tier } from './model-sets.ts';
import { simulateTurn, type Answer, type Answerer, type Request, type SessionClock } from './play-session.ts';
import { bandFor, SimulatedPromptCache } from './prompt-cache.ts';
import { noisyDifficulty, type Assumptions } from './session-plan.ts';

export interface PaperTally {
  calls: number;
  failures: number;
  usd: number;
  switches: number;
  inputTokens: number;
  cachedTokens: number;
}

export type PaperPolicy = 'baseline' | 'naive';

const MTOK = 1_000_000;

export class PaperAnswerer implements Answerer {
  readonly tally: PaperTally = {
    calls: 0,
    failures: 0,
    usd: 0,
    switches: 0,
    inputTokens: 0,
    cachedTokens: 0,
  };
  readonly #policy: PaperPolicy;
  readonly #assumptions: Assumptions;
  readonly #clock: SessionClock;
  readonly #isWordy: boolean;
  readonly #caches: Readonly<Record<Tier, SimulatedPromptCache>>;
  /** Conversation -> tier of its last answer. */
  #last = new WeakMap<object, Tier>();
  #calls = 0;

  constructor(given: {
    readonly policy: PaperPolicy;
    readonly set: ModelSet;
    readonly assumptions: Assumptions;
    readonly clock: SessionClock;
    /** Verbose models write longer texts instead of thinking unseen. */
    readonly isWordy: boolean;
  }) {
    const { models } = given.set;
    this.#policy = given.policy;
    this.#assumptions = given.assumptions;
    this.#clock = given.clock;
    this.#isWordy = given.isWordy;
    this.#caches = {
      strong: new SimulatedPromptCache(models.strong),
      mid: new SimulatedPromptCache(models.mid),
      small: new SimulatedPromptCache(models.small),
    };
  }

  ask(request: Request): Answer {
    const { tally } = this;
    const { conversation, turn } = request;
    const tier = this.#tierFor(request);
    const cache = this.#caches[tier];
    const textFactor = this.#isWordy ? cache.model.verbosity : 1;
    const { hasFailed, text, call } = simulateTurn(turn, tier, this.#assumptions.failure, textFactor);
    const bill = cache.charge(conversation.prompt(), turn.outputTokens, this.#clock.now(), {
      missDraw: null,
    });
    tally.calls += 1;
    tally.failures += hasFailed ? 1 : 0;
    tally.usd += bill.usd;
    tally.inputTokens += bill.inputTokens;
    tally.cachedTokens += bill.cachedTokens;
    const last = this.#last.get(conversation);
    if (last !== undefined && last !== tier) tally.switches += 1;
    this.#last.set(conversation, tier);
    this.#calls += 1;
    return { text, hasFailed, tier, call: call === null ? null : { id: `call_${this.#calls}`, ...call } };
  }

  endSession(): void {
    for (const tier of TIERS) this.#caches[tier].forgetExpired(this.#clock.now());
  }

  #tierFor({ callClass, turn, noise }: Request): Tier {
    if (this.#policy === 'baseline') return 'strong';
    if (callClass === 'auxiliary') return 'small';
    if (turn.trial === null) return 'strong';
    this.#classify();
    return TIERS[noisyDifficulty(turn.trial.difficulty, noise, this.#assumptions.labelNoise)] ?? 'strong';
  }

  #classify(): void {
    const { model, inputTokens, outputTokens } = NAIVE_CLASSIFIER;
    const band = bandFor(model, inputTokens);
    this.tally.usd += (inputTokens * band.input + outputTokens * band.output) / MTOK;
  }
}
