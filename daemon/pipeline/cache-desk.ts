// What a person may ask of the response cache: how it stands, why a request would be answered from it or not, and that
// it forget. Nothing here serves a request.

import type { AnswerCaches } from '../cache/answer-caches.ts';
import type { SemanticExplanation } from '../cache/semantic-cache.ts';
import type { SemanticObstacle } from '../cache/semantic-eligibility.ts';
import type { AnswerLookedAt } from '../cache/answer-store.ts';
import { KEY_PARTS, type KeyParts, type RequestKey, type Unanswerable } from '../cache/request-key.ts';
import type {
  CacheBody,
  CacheClearedBody,
  CacheExplanation,
  ExplainedAnswer,
  SemanticVerdict,
} from '../protocol/cache-api.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { embeddingTarget, encoderIdOf } from './ask-embedder.ts';
import type { ExplainedRequest } from './explain.ts';
import { readControls } from './request-controls.ts';
import type { PipelineDeps } from './serve-exchange.ts';
import { requestKeyOf } from './shared-answer.ts';

const WHY_NEVER: Readonly<Record<Unanswerable, string>> = {
  'passed-on': 'completions and embeddings are passed on as they are and not kept',
  'stored-elsewhere': 'it goes on from something that only the provider has stored',
  likelihoods: 'it asks for the likelihoods of tokens, which are not kept',
  'server-tools': 'it lets the provider run a tool, whose results change by the hour',
  'inexact-numbers': 'it holds a number with so many digits that two of them cannot be told apart',
  'twin-members': 'it holds an object with two members of one name, which vendors read differently',
  empty: 'it asks nothing',
};

const PART_WORDS: Readonly<Record<keyof KeyParts, string>> = {
  models: 'the model, profile or price limit asked for, or the models configured',
  features: 'the features switched on by headers',
  settings: 'the sampling settings, limits or tool choice',
  format: 'the response format',
  fields: 'fields that only its dialect knows',
  tools: 'the tools',
  history: 'what was said before',
  ask: 'the last message',
};

export class CacheDesk {
  readonly #pipeline: Pick<PipelineDeps, 'snapshot' | 'overrides'>;
  readonly #cache: AnswerCaches;

  constructor(pipeline: Pick<PipelineDeps, 'snapshot' | 'overrides'>, cache: AnswerCaches) {
    this.#pipeline = pipeline;
    this.#cache = cache;
  }

  status(): CacheBody {
    const { onDisk: _, file, ...exact } = this.#cache.exact.state();
    const { wrongMarks: wrong, ...semantic } = this.#cache.semantic.state();
    const { enabled, threshold } = this.#cache.semantic.settings;
    return { exact: { ...exact, disk: file }, semantic: { enabled, threshold, ...semantic, wrong } };
  }

  clear(): CacheClearedBody {
    return { cleared: this.#cache.clear() };
  }

  /** The answer that was made in this exchange is not given any more; see `AnswerCaches`. */
  forget(exchangeId: string, wasGuessed: boolean): void {
    this.#cache.forget(exchangeId, wasGuessed);
  }

  /** Throws what the request path would answer to a malformed body or header. */
  explain({ dialect, bytes, headers }: ExplainedRequest): CacheExplanation {
    const controls = readControls({ headers, query: new URLSearchParams() }, this.#cache.isOpen);
    const request = dialect.decodeRequest(parseRequestBody(bytes));
    const standing = this.#pipeline.overrides.standing();
    const snapshot = this.#pipeline.snapshot();
    const key = requestKeyOf(standing, { request, path: '', headers, controls, snapshot });
    if (!this.#cache.isOpen)
      return never('both caches are switched off (cache.exact.enabled, cache.semantic.enabled)');
    if (controls.bypassCache) return never('it asks for no stored answer (x-pointsman-cache: off)');
    if (standing === 'passing') return never('a model override is in force, whose own answer is wanted');
    const obstacle = key.obstacle ?? key.hiddenObstacle;
    if (obstacle !== null) return never(WHY_NEVER[obstacle]);
    return this.#explainKey(key);
  }

  /** undefined = the built-in encoder is in use. */
  #encoderId(): string | undefined {
    const target = embeddingTarget(this.#pipeline.snapshot(), null);
    return target === null || typeof target === 'string' ? undefined : encoderIdOf(target);
  }

  #explainKey(key: RequestKey): CacheExplanation {
    const stored = this.#cache.exact.peek(key);
    if (stored !== undefined) {
      const why = 'the same question was answered before';
      return { verdict: 'hit', why, answer: explained(stored), nearest: null, semantic: null };
    }
    if (this.#cache.exact.isBeingMade(key)) {
      const why = 'the same question is being answered just now, and would wait for that answer';
      return { verdict: 'waits', why, answer: null, nearest: null, semantic: null };
    }
    const { semantic: similar } = this.#cache;
    const semantic = similar.isOpen ? semanticVerdict(similar.explain(key, this.#encoderId())) : null;
    const near = this.#cache.exact.nearest(key.parts);
    const differences = KEY_PARTS.filter((name) => near?.parts[name] !== key.parts[name]);
    const words = differences.map((name) => PART_WORDS[name]);
    return {
      verdict: semantic?.verdict === 'hit' ? 'hit' : 'miss',
      why:
        near === undefined
          ? 'no stored answer is to a question with this last message or this history'
          : 'the nearest stored question is another one',
      answer: null,
      nearest: near === undefined ? null : { ...explained(near), differences: words },
      semantic,
    };
  }
}

const WHY_NOT_SIMILAR: Readonly<Record<SemanticObstacle, string>> = {
  tools: 'requests with tools are never answered by likeness',
  'image-or-file': 'requests with images or files are never answered by likeness',
  'tool-calls': 'conversations with tool calls are never answered by likeness',
  'long-history': 'so long a conversation is never answered by likeness',
  'no-question': 'its last message is no text of the user',
  'long-question': 'so long a message is material rather than a question',
  'several-answers': 'it wants several answers',
  'wants-something-new': 'it wants something new, or something of today',
};

function semanticVerdict(explanation: SemanticExplanation): SemanticVerdict {
  if ('obstacle' in explanation) {
    return { verdict: 'never', why: WHY_NOT_SIMILAR[explanation.obstacle], similarity: null };
  }
  const [nearest] = explanation.candidates;
  if (nearest === undefined) {
    return { verdict: 'miss', why: 'no similar question was answered here yet', similarity: null };
  }
  const { similarity, requiredSimilarity, difference, wouldHit } = nearest;
  if (difference === null && explanation.untold !== null) {
    const why = `how alike it is to "${nearest.ask}" would be asked of ${explanation.untold}, which this did not do`;
    return { verdict: 'miss', why, similarity: null };
  }
  const bar = `${similarity.toFixed(2)} alike, ${requiredSimilarity.toFixed(2)} wanted`;
  if (wouldHit) return { verdict: 'hit', why: `it means the same as "${nearest.ask}" (${bar})`, similarity };
  const why =
    difference === null
      ? `it is not like "${nearest.ask}" enough (${bar})`
      : `it differs from "${nearest.ask}" in ${difference.fact}: "${difference.own}" and "${difference.other}"`;
  return { verdict: 'miss', why, similarity };
}

function never(why: string): CacheExplanation {
  return { verdict: 'never', why, answer: null, nearest: null, semantic: null };
}

function explained({ answer, expiresInMs }: AnswerLookedAt): ExplainedAnswer {
  const { exchangeId, model, provider } = answer;
  return { exchangeId, model, provider, expiresInS: Math.max(0, Math.round(expiresInMs / 1000)) };
}
