// Puts one short question to a configured model, through the upstream layer and in whatever dialect its provider speaks;
// for the classifier. It is bounded in time, its cost is told whatever happens, and the model's health is read but never
// changed: a question that fails must not take the model out of routing, and one that succeeds proves little.
//
// The question holds words of the user and so goes to the provider of that model, also when the request itself would
// stay on this machine. There is no rule yet that says so; when there is one, `findModel` is the place that must obey it.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { AskedModel, FindModel, ModelReply } from '../classify/model-classifier.ts';
import type { ModelQuestion } from '../classify/model-question.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { openAiChat } from '../dialects/openai-chat/dialect.ts';
import type { FailureKind } from '../protocol/vocabulary.ts';
import type { AttemptOutcome, Upstream } from '../upstream/attempt.ts';
import type { Health } from '../upstream/health.ts';
import type { Clock } from '../util/clock.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { causeText, type Log } from '../util/log.ts';
import { AnswerObserver } from './answer-observer.ts';
import { attemptMoney, settleUsage } from './settle.ts';
import type { RouterSnapshot } from './snapshot.ts';
import { UsageBooks } from './usage-books.ts';

export interface AskModelDeps {
  readonly upstream: Upstream;
  readonly health: Pick<Health, 'outage'>;
  readonly snapshot: () => Pick<RouterSnapshot, 'table' | 'connections'>;
  /** `classifier` of the configuration now in force. */
  readonly settings: () => { readonly model?: string; readonly timeoutMs: number };
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
}

/** Longest wait for an attempt that was told to stop, before its answer is given up. */
const STOP_MS = 25;

/** More text than this is no one-word answer, whatever follows. */
const MAX_TEXT_CHARS = 1000;

/** After these the provider may bill what it was sent; a refusal is not billed. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set([
  'timeout',
  'interrupted',
  'invalid-response',
  'client-closed',
]);

export function createFindModel(deps: AskModelDeps): FindModel {
  return () => {
    const { model, timeoutMs } = deps.settings();
    if (model === undefined) return 'classifier.model names none';
    const { table, connections } = deps.snapshot();
    const target = table.targets.find(({ id }) => id === model);
    if (target === undefined) return `${model} is not among the models`;
    if (!target.usable) return `${model} cannot be used: ${target.unusableWhy ?? 'its provider has no key'}`;
    const outage = deps.health.outage(target);
    if (outage !== null) return `${model} is out for now: ${outage.why}`;
    return new ConfiguredModel(deps, { target, connections, timeoutMs });
  };
}

type Attempt = Pick<RouterSnapshot, 'connections'> & {
  readonly target: ModelTarget;
  readonly timeoutMs: number;
};

class ConfiguredModel implements AskedModel {
  readonly id: string;
  readonly #deps: AskModelDeps;
  readonly #given: Attempt;

  constructor(deps: AskModelDeps, given: Attempt) {
    this.id = given.target.id;
    this.#deps = deps;
    this.#given = given;
  }

  async ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelReply> {
    const { timeoutMs, target } = this.#given;
    const limit = new AbortController();
    const cancelTimer = this.#deps.clock.setTimer(timeoutMs, () => limit.abort());
    const request = requestOf(question, target);
    try {
      const outcome = await this.#attempt(request, AbortSignal.any([signal, limit.signal]));
      if (outcome?.status === 'responded') return this.#answered(request, outcome);
      const costUsd = this.#leftBehindUsd(request, outcome);
      if (signal.aborted) return { status: 'cancelled', why: 'the client left', costUsd };
      const why = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : whyOf(outcome);
      return { status: 'failed', why, costUsd };
    } catch (error) {
      this.#deps.log.error('asking a model failed', { model: target.id, cause: causeText(error) });
      return { status: 'failed', why: 'an error of the router', costUsd: 0 };
    } finally {
      cancelTimer();
    }
  }

  /** null = it was told to stop and did not say in time how far it had come. */
  async #attempt(request: ConversationRequest, signal: AbortSignal): Promise<AttemptOutcome | null> {
    const { target, connections } = this.#given;
    const attempt = this.#deps.upstream.attempt(target, {
      request,
      connections,
      signal,
      isLast: false,
      // Thoughts would use up the few tokens of the answer.
      effort: 'none',
    });
    let cancelTimer = (): void => {};
    let onAbort = (): void => {};
    const givenUp = new Promise<null>((resolve) => {
      onAbort = () => {
        cancelTimer = this.#deps.clock.setTimer(STOP_MS, () => resolve(null));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([attempt, givenUp]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      cancelTimer();
      attempt.catch(() => {}); // one that is given up may still fail
    }
  }

  #answered(
    request: ConversationRequest,
    outcome: Extract<AttemptOutcome, { status: 'responded' }>,
  ): ModelReply {
    const { answer } = outcome;
    if (answer.kind !== 'plain')
      return {
        status: 'failed',
        why: 'a stream instead of an answer',
        costUsd: this.#costUsd(request, null),
      };
    const seen = new AnswerObserver();
    seen.observe(answer.events);
    let text = '';
    for (const event of answer.events) {
      if (event.type === 'text-delta' && text.length < MAX_TEXT_CHARS) text += event.delta;
    }
    const note = this.#isUnpriced()
      ? { note: `${this.id} has no price: what asking it cost is not known` }
      : {};
    return { status: 'answered', text, costUsd: this.#costUsd(request, seen), ...note };
  }

  /** A prompt that was sent may be billed though its answer never came or came too late: the estimate is booked. */
  #leftBehindUsd(
    request: ConversationRequest,
    outcome: Extract<AttemptOutcome, { status: 'failed' }> | null,
  ): number {
    const isBilled = outcome === null || (outcome.sent && MAY_BE_BILLED.has(outcome.failure.kind));
    return isBilled ? this.#costUsd(request, null) : 0;
  }

  /** What the provider reported, else our estimate; of an answer that was not seen (null) only the prompt. */
  #costUsd(request: ConversationRequest, seen: AnswerObserver | null): number {
    const { target } = this.#given;
    const { sizes } = seen ?? new AnswerObserver();
    const { usage } = settleUsage({
      reported: seen?.usage ?? null,
      isComplete: seen !== null,
      hasContent: sizes.hasContent,
      guess: () =>
        new UsageBooks(request, undefined).guess(target, { answer: sizes, routedTokens: 0, warmShare: 0 }),
    });
    return attemptMoney(usage, target, seen?.reportedCostUsd ?? null, this.#deps.clock.now()).costUsd ?? 0;
  }

  #isUnpriced(): boolean {
    const { billing, price } = this.#given.target;
    return billing === 'metered' && price === null;
  }
}

/** As a chat client would ask; the dialect of the provider makes its own words of it. */
function requestOf(
  { instruction, material, maxOutputTokens }: ModelQuestion,
  target: ModelTarget,
): ConversationRequest {
  const body = {
    model: target.upstreamModel,
    messages: [
      { role: 'system', content: instruction },
      { role: 'user', content: material },
    ],
    temperature: 0,
    max_tokens: maxOutputTokens,
    stream: false,
  };
  return openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
}

/** Only words of ours: a provider's message may quote what it was sent. */
function whyOf(outcome: Extract<AttemptOutcome, { status: 'failed' }> | null): string {
  if (outcome === null) return 'it could not be stopped';
  const { kind, statusCode } = outcome.failure;
  return statusCode === undefined ? kind : `${kind} (${statusCode})`;
}
