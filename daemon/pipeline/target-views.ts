// What each target of a plan is asked, and what it may be told of the conversation: the request in the form that fits it
// (a stored conversation in full or by its id), the signed thoughts that are its own, and how hard it is to think.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { spokenDialect } from '../dialects/dialect.ts';
import { resolveModelName } from '../route/model-name.ts';
import type { RoutePlan } from '../route/policy.ts';
import type { AttemptReport, Responded } from '../upstream/attempt-loop.ts';
import type { AttemptContext } from '../upstream/attempt.ts';
import type { PromptBooks } from './prompt-books.ts';
import type { AnswerSeals, Maker, SignedHistoryVault, VaultQuestion } from './signed-history.ts';
import type { RouterSnapshot } from './snapshot.ts';
import type { ContinuedRequest } from './stored-response.ts';

export interface TargetViewsInput {
  readonly vault: SignedHistoryVault;
  readonly earlier: ContinuedRequest;
  readonly conversationId: string;
  readonly snapshot: Pick<RouterSnapshot, 'table' | 'connections'>;
  /** How hard to think is asked of a model instead of what the client asks; absent = nothing is. */
  readonly plan?: Pick<RoutePlan, 'efforts'>;
  /** What of the prompt is warm where; absent = nothing is known. */
  readonly prompt?: Pick<PromptBooks, 'cachedAnswers'>;
}

export type TargetView = Required<Pick<AttemptContext, 'request' | 'history'>> &
  Pick<AttemptContext, 'effort' | 'cachedAnswers'>;

export class TargetViews {
  readonly #input: TargetViewsInput;
  readonly #named: Maker | undefined;

  constructor(input: TargetViewsInput) {
    this.#input = input;
    this.#named = namedModel(input);
  }

  readonly forTarget = (target: ModelTarget): TargetView => {
    const question = this.#question(target);
    const effort = this.#input.plan?.efforts[target.id];
    const cachedAnswers = this.#input.prompt?.cachedAnswers(target);
    return {
      request: question.request,
      history: this.#input.vault.viewFor(question),
      ...(effort === undefined ? {} : { effort }),
      ...(cachedAnswers === undefined ? {} : { cachedAnswers }),
    };
  };

  /** Must be closed when the answer is over. */
  listen({ target }: Pick<Responded, 'target'>): AnswerSeals {
    return this.#input.vault.listen(this.#question(target));
  }

  attemptFailed({ target, failure }: AttemptReport): void {
    if (failure.kind === 'rejected') this.#input.vault.refused(this.#question(target));
  }

  #question(target: ModelTarget): VaultQuestion {
    const { earlier, conversationId, snapshot } = this.#input;
    const request = earlier.requestFor(target);
    const connection = snapshot.connections.get(target.provider) ?? target;
    const dialect = spokenDialect(connection, request.dialect);
    const { provider, upstreamModel } = target;
    const named = this.#named;
    return {
      target: { provider, upstreamModel, dialect },
      request,
      conversationId,
      ...(named === undefined ? {} : { named }),
    };
  }
}

/** The configured model that the client asks for by name. */
function namedModel({ earlier, snapshot }: TargetViewsInput): Maker | undefined {
  const { request }: { readonly request: ConversationRequest } = earlier;
  const named = resolveModelName(request.requestModel, snapshot.table);
  return named.kind === 'exact' || named.kind === 'ceiling' ? named.target : undefined;
}
