// The vault of signed thoughts: knows which model made which, so that each model of a conversation gets its own back
// byte for byte and never another's. In memory only. What it costs: nothing where no answer holds a signed thought; one
// digest per seal where client and provider speak the same dialect; else one checksum over the conversation per request.

import type { ConversationRequest } from '../conversation/request.ts';
import type { SignedHistory } from '../conversation/seal.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { AnswerSeals } from './answer-seals.ts';
import { SealStore, type SealStoreLimits } from './seal-store.ts';
import { SealView } from './seal-view.ts';

export type { AnswerSeals } from './answer-seals.ts';

/** A model at a provider: a signature is worth nothing at another account, so the provider counts. */
export interface Maker {
  readonly provider: string;
  readonly upstreamModel: string;
}

export interface VaultTarget extends Maker {
  readonly dialect: DialectId;
}

export interface VaultQuestion {
  readonly target: VaultTarget;
  readonly request: ConversationRequest;
  readonly conversationId: string;
  /** The configured model that the client asks for by name; absent = it asked for `auto`, or for a model nobody knows. */
  readonly named?: Maker;
}

/** Name of a model among the makers of seals. */
export function makerOf({ provider, upstreamModel }: Maker): string {
  return `${provider}/${upstreamModel}`;
}

export class SignedHistoryVault {
  readonly #store: SealStore;
  /** Views last as long as their request: what a target was told when it was asked is what its answer is bound to. */
  readonly #views = new WeakMap<ConversationRequest, Map<string, SealView>>();

  constructor(limits: Partial<SealStoreLimits> = {}) {
    this.#store = new SealStore(limits);
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  get conversationCount(): number {
    return this.#store.conversationCount;
  }

  /** What one target may be told of the thoughts in a request. The same view every time it is asked for. */
  viewFor(question: VaultQuestion): SignedHistory {
    return this.#viewOf(question);
  }

  /** Listens to the answer of `target`; must be closed when the answer is over, however it ended. */
  listen(question: VaultQuestion): AnswerSeals {
    const { target, request, conversationId } = question;
    return new AnswerSeals({
      store: this.#store,
      conversationId,
      view: this.#viewOf(question),
      clientDialect: request.dialect,
      providerDialect: target.dialect,
    });
  }

  /**
   * The target answered with a refusal of the request itself (kind `rejected`). Its thoughts in it may be the reason:
   * the account was changed, the client edited its history, a guess was wrong. They are not sent to it again, so the
   * conversation goes on instead of being refused for ever.
   */
  refused({ target, request, conversationId }: VaultQuestion): void {
    const maker = makerOf(target);
    const views = this.#views.get(request);
    const view = views?.get(maker);
    if (view === undefined) return;
    for (const digest of view.givenSeals) this.#store.noteIn(conversationId, digest).refusedBy.add(maker);
    for (const { prefix, answer } of view.givenThoughts) this.#store.forgetThought(maker, prefix, answer);
    views?.delete(maker);
  }

  #viewOf({ target, request, named }: VaultQuestion): SealView {
    const maker = makerOf(target);
    const views = this.#views.get(request) ?? new Map<string, SealView>();
    this.#views.set(request, views);
    const view =
      views.get(maker) ??
      new SealView({
        store: this.#store,
        maker,
        dialect: target.dialect,
        request,
        ...(named === undefined ? {} : { namedMaker: makerOf(named) }),
      });
    views.set(maker, view);
    return view;
  }
}
