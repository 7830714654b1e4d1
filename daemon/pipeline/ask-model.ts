// Puts one short question to a configured model, through the upstream layer and in whatever dialect its provider speaks;
// for the classifier. It is bounded in time, its cost is told whatever happens, and the model's health is read but never
// changed.
//
// The question holds words of the user and so goes to the provider of that model, also when the request itself would
// stay on this machine. There is no rule yet that says so; when there is one, `findModel` is the place that must obey it.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { AskedModel, FindModel, ModelReply } from '../classify/model-classifier.ts';
import type { ModelQuestion } from '../classify/model-question.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { openAiChat } from '../dialects/openai-chat/dialect.ts';
import type { AttemptOutcome, Upstream } from '../upstream/attempt.ts';
import type { Health } from '../upstream/health.ts';
import type { Clock } from '../util/clock.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { causeText, type Log } from '../util/log.ts';
import { attemptBeside, isUnpriced, whyItFailed } from './attempt-beside.ts';
import type { RouterSnapshot } from './snapshot.ts';

export interface AskModelDeps {
  readonly upstream: Upstream;
  readonly health: Pick<Health, 'outage'>;
  readonly snapshot: () => Pick<RouterSnapshot, 'table' | 'connections'>;
  /** `classifier` of the configuration now in force. */
  readonly settings: () => { readonly model?: string; readonly timeoutMs: number };
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
}

/** More text than this is no one-word answer, whatever follows. */
const MAX_TEXT_CHARS = 1000;

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
    const { timeoutMs, target, connections } = this.#given;
    const limit = new AbortController();
    const cancelTimer = this.#deps.clock.setTimer(timeoutMs, () => limit.abort());
    try {
      const { outcome, costUsd } = await attemptBeside(this.#deps, target, {
        request: requestOf(question, target),
        connections,
        signal: AbortSignal.any([signal, limit.signal]),
        // Thoughts would use up the few tokens of the answer.
        effort: 'none',
      });
      if (outcome?.status === 'responded') return this.#answered(outcome, costUsd);
      if (signal.aborted) return { status: 'cancelled', why: 'the client left', costUsd };
      const why = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : whyItFailed(outcome);
      return { status: 'failed', why, costUsd };
    } catch (error) {
      this.#deps.log.error('asking a model failed', { model: target.id, cause: causeText(error) });
      return { status: 'failed', why: 'an error of the router', costUsd: 0 };
    } finally {
      cancelTimer();
    }
  }

  #answered({ answer }: Extract<AttemptOutcome, { status: 'responded' }>, costUsd: number): ModelReply {
    if (answer.kind !== 'plain') return { status: 'failed', why: 'a stream instead of an answer', costUsd };
    let text = '';
    for (const event of answer.events) {
      if (event.type === 'text-delta' && text.length < MAX_TEXT_CHARS) text += event.delta;
    }
    const note = isUnpriced(this.#given.target)
      ? { note: `${this.id} has no price: what asking it cost is not known` }
      : {};
    return { status: 'answered', text, costUsd, ...note };
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
