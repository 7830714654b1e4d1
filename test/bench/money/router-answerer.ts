// The router over HTTP, measured from outside: what the simulated providers bill for each request, how much of what was
// warm they served from their caches, and what staying on the baseline model would have been billed.

import { readAnswer, wireCall, type Habits } from './client-wire.ts';
import type { Conversation } from './conversation.ts';
import type { DaemonUnderTest } from './daemon-under-test.ts';
import type { ModelSet, Tier } from './model-sets.ts';
import type { Answer, Answerer, Request, SessionClock } from './play-session.ts';
import { SimulatedPromptCache } from './prompt-cache.ts';
import type { SimulatedProviders } from './simulated-providers.ts';

export interface RouterTally {
  calls: number;
  failures: number;
  /** What the providers billed, everything included. */
  usd: number;
  /** At list prices, as if there were no prompt caches: what was served, and the baseline. */
  listUsd: number;
  listBaselineUsd: number;
  /** The baseline model for these very requests, with its own cache. */
  sameRequestsUsd: number;
  switches: number;
  /** Tokens that the same model had seen in the same task and still had; what was read of them; what was warm. */
  eligibleTokens: number;
  readTokens: number;
  warmTokens: number;
  /** Conversations in which the baseline model answered, and what they cost beyond staying on it. */
  switchable: number;
  violations: number;
  worstRatio: number;
  worstRunningRatio: number;
  /** True grade -> grade by the router, first requests of asks. */
  readonly confusion: number[][];
  readonly callsByTier: Record<Tier, number>;
  readonly usdByTier: Record<Tier, number>;
  /** `sameRequestsUsd` by the tier that answered. */
  readonly sameRequestsByTier: Record<Tier, number>;
  /** Requests by the router's reason. */
  readonly reasons: Record<string, number>;
  upstreamBytes: number;
}

export function emptyRouterTally(): RouterTally {
  return {
    calls: 0,
    failures: 0,
    usd: 0,
    listUsd: 0,
    listBaselineUsd: 0,
    sameRequestsUsd: 0,
    switches: 0,
    eligibleTokens: 0,
    readTokens: 0,
    warmTokens: 0,
    switchable: 0,
    violations: 0,
    worstRatio: 0,
    worstRunningRatio: 0,
    confusion: [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
    callsByTier: { strong: 0, mid: 0, small: 0 },
    usdByTier: { strong: 0, mid: 0, small: 0 },
    sameRequestsByTier: { strong: 0, mid: 0, small: 0 },
    reasons: {},
    upstreamBytes: 0,
  };
}

/** A conversation since the baseline model first answered in it. */
interface SwitchBooks {
  readonly stayCache: SimulatedPromptCache;
  actualUsd: number;
  stayUsd: number;
  worstRatio: number;
}

interface ConversationBooks {
  lastTier: Tier | null;
  /** What each model last saw of it. */
  readonly seen: Map<Tier, { task: number; generation: number; refTokens: number; atMs: number }>;
  switchBooks: SwitchBooks | null;
}

export interface RouterAnswererInput {
  readonly set: ModelSet;
  readonly daemon: DaemonUnderTest;
  readonly providers: SimulatedProviders;
  readonly clock: SessionClock;
  /** The name that clients ask for. */
  readonly model: string;
}

const SWITCH_LIMIT = 1.05;
const GRADES = ['simple', 'moderate', 'complex'];
const MTOK = 1_000_000;

export class RouterAnswerer implements Answerer {
  readonly tally = emptyRouterTally();
  readonly #given: RouterAnswererInput;
  readonly #sameRequests: SimulatedPromptCache;
  #books = new Map<Conversation, ConversationBooks>();
  #session: { readonly id: string; readonly habits: Habits } | null = null;

  constructor(given: RouterAnswererInput) {
    this.#given = given;
    this.#sameRequests = new SimulatedPromptCache(given.set.models.strong);
  }

  beginSession(id: string, habits: Habits): void {
    this.#session = { id, habits };
  }

  endSession(): void {
    const { tally } = this;
    for (const { switchBooks } of this.#books.values()) {
      if (switchBooks === null) continue;
      const ratio = switchBooks.actualUsd / switchBooks.stayUsd;
      tally.switchable += 1;
      tally.worstRatio = Math.max(tally.worstRatio, ratio);
      tally.worstRunningRatio = Math.max(tally.worstRunningRatio, switchBooks.worstRatio);
      if (ratio > SWITCH_LIMIT) tally.violations += 1;
    }
    this.#books = new Map();
    this.#session = null;
    this.#given.providers.endSession();
    this.#sameRequests.forgetExpired(this.#given.clock.now());
  }

  async ask(request: Request): Promise<Answer> {
    const session = this.#session;
    if (session === null) throw new Error('no session has begun');
    const { providers, daemon, model } = this.#given;
    const { conversation, turn, callClass } = request;
    const { habits } = session;
    providers.begin(turn);
    const call = wireCall({ conversation, habits, model, sessionId: session.id, callClass });
    const answer = await daemon.post(call);
    const charges = providers.end();
    const last = charges.at(-1);
    if (providers.failure !== undefined) throw providers.failure;
    if (answer.statusCode !== 200 || last === undefined) {
      throw new Error(`a request was answered with ${answer.statusCode}: ${answer.body.slice(0, 500)}`);
    }
    this.#count(request, charges, answer.headers);
    return {
      ...readAnswer(conversation.dialect, habits.isStreaming, answer.body),
      hasFailed: last.hasFailed,
      tier: last.tier,
    };
  }

  #count(
    request: Request,
    charges: ReturnType<SimulatedProviders['end']>,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  ): void {
    const { tally } = this;
    const { set, clock } = this.#given;
    const { conversation, turn } = request;
    const last = charges.at(-1);
    if (last === undefined) return;
    const { strong } = set.models;
    let usd = 0;
    for (const { tier, bill, bodyBytes } of charges) {
      usd += bill.usd;
      tally.usdByTier[tier] += bill.usd;
      const { input, output } = set.models[tier];
      tally.listUsd += (conversation.refTokens * input + turn.outputTokens * output) / MTOK;
      tally.upstreamBytes += bodyBytes;
    }
    tally.usd += usd;
    tally.listBaselineUsd +=
      (conversation.refTokens * strong.input + turn.outputTokens * strong.output) / MTOK;
    const stay = this.#sameRequests.charge(conversation.prompt(), turn.outputTokens, clock.now(), {
      missDraw: null,
    });
    tally.sameRequestsUsd += stay.usd;
    tally.sameRequestsByTier[last.tier] += stay.usd;
    tally.calls += 1;
    tally.failures += last.hasFailed ? 1 : 0;
    tally.callsByTier[last.tier] += 1;
    const reason = String(headers['x-pointsman-reason'] ?? 'none');
    tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
    if (request.isAsk) {
      const row = tally.confusion[request.difficulty];
      const column = GRADES.indexOf(String(headers['x-pointsman-complexity']));
      if (row !== undefined && column >= 0) row[column] = (row[column] ?? 0) + 1;
    }
    if (conversation.kind === 'background') return;
    const books = this.#booksOf(conversation);
    this.#countCache(request, last, books);
    if (books.lastTier !== null && books.lastTier !== last.tier) tally.switches += 1;
    books.lastTier = last.tier;
    this.#countSwitchSpend(request, last.tier, usd, books);
  }

  #countCache(
    { conversation, task }: Request,
    { tier, bill }: ReturnType<SimulatedProviders['end']>[number],
    books: ConversationBooks,
  ): void {
    const { tally } = this;
    const { set, clock } = this.#given;
    const model = set.models[tier];
    const { generation, refTokens } = conversation;
    const seen = books.seen.get(tier);
    const atMs = clock.now();
    if (seen?.task === task && seen.generation === generation && atMs - seen.atMs < model.ttlS * 1000) {
      const eligible = Math.floor(seen.refTokens * model.tokenizerFactor);
      if (eligible >= model.minTokens) {
        tally.eligibleTokens += eligible;
        tally.readTokens += Math.min(eligible, bill.cachedTokens);
        tally.warmTokens += Math.min(eligible, bill.warmTokens);
      }
    }
    books.seen.set(tier, { task, generation, refTokens, atMs });
  }

  #countSwitchSpend(
    { conversation, turn }: Request,
    tier: Tier,
    usd: number,
    books: ConversationBooks,
  ): void {
    const { set, clock } = this.#given;
    const habits = this.#session?.habits;
    // Without the router's choice, not without the router: it caches for clients that do not.
    const isUnmarked = habits?.dialect === 'anthropic-messages' && !habits.marksCache;
    const prompt = conversation.prompt(isUnmarked ? 'end' : 'all');
    const charge = (cache: SimulatedPromptCache): number =>
      cache.charge(prompt, turn.outputTokens, clock.now(), { missDraw: null }).usd;
    if (books.switchBooks === null) {
      if (tier !== 'strong') return;
      const stayCache = new SimulatedPromptCache(set.models.strong);
      charge(stayCache);
      books.switchBooks = { stayCache, actualUsd: usd, stayUsd: usd, worstRatio: 1 };
      return;
    }
    const { switchBooks } = books;
    switchBooks.actualUsd += usd;
    switchBooks.stayUsd += charge(switchBooks.stayCache);
    switchBooks.worstRatio = Math.max(switchBooks.worstRatio, switchBooks.actualUsd / switchBooks.stayUsd);
  }

  #booksOf(conversation: Conversation): ConversationBooks {
    const known = this.#books.get(conversation);
    if (known !== undefined) return known;
    const books: ConversationBooks = { lastTier: null, seen: new Map(), switchBooks: null };
    this.#books.set(conversation, books);
    return books;
  }
}
