// One attempt over HTTP: encode, send, wait for the first content event (or the whole plain answer), hand it over.
// Whatever goes wrong before that is a value; nothing is retried here.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import { spokenDialect, type EncodedRequest, type UpstreamDialect } from '../dialects/dialect.ts';
import { RouterError } from '../errors.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { Clock } from '../util/clock.ts';
import { parseJsonObject } from '../util/json.ts';
import { answerBody, readUpTo, readWhole } from './answer-body.ts';
import { AnswerStream } from './answer-stream.ts';
import type { Answer, AttemptContext, AttemptOutcome, Upstream } from './attempt.ts';
import { createDispatchers, type Dispatchers } from './dispatchers.ts';
import { openCall, type HttpCall, type ResponseHeaders } from './http-call.ts';
import { headerLosses, requestHeaders, urlOf, type Connection } from './request-headers.ts';
import { retryAfterMs } from './retry-after.ts';
import { AttemptError, isOurBug, transportFailure } from './transport-failure.ts';
import { createTokenCounter, type TokenCounter } from './token-counter.ts';
import { Watchdog, type ExpiredPhase } from './watchdog.ts';

/** Limits of one attempt, ms. */
export interface AttemptTimeouts {
  readonly connectMs: number;
  readonly firstEventMs: number;
  /** For requests that ask for reasoning, and for the last target, behind which nobody waits. */
  readonly firstEventReasoningMs: number;
  /** Longest silence inside a stream. */
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface HttpUpstreamDeps {
  readonly dialectOf: (id: DialectId) => UpstreamDialect;
  readonly connection: (providerName: string) => Connection;
  readonly timeouts: () => AttemptTimeouts;
  readonly clock: Clock;
  /** Environment variables; only the proxy ones are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface HttpUpstream extends Upstream, TokenCounter {
  /** Drops all connections; attempts that still run fail. */
  close(): Promise<void>;
}

export function createHttpUpstream(deps: HttpUpstreamDeps): HttpUpstream {
  const dispatchers = createDispatchers({
    clock: deps.clock,
    connectMs: () => deps.timeouts().connectMs,
    environment: deps.environment,
  });
  return {
    attempt: (target, context) => new HttpAttempt(deps, dispatchers, target, context).run(),
    ...createTokenCounter(deps, dispatchers),
    close: () => dispatchers.close(),
  };
}

/** What is kept of an error answer. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * A plain answer shows nothing until it is finished, so it gets this many times the first-event limit, unless the
 * client asked for a short one.
 */
const PLAIN_FACTOR = 4;
const SHORT_ANSWER_TOKENS = 1024;

class HttpAttempt {
  readonly #deps: HttpUpstreamDeps;
  readonly #dispatchers: Dispatchers;
  readonly #target: ModelTarget;
  readonly #context: AttemptContext;
  readonly #dialect: UpstreamDialect;
  readonly #connection: Connection;
  readonly #limits: AttemptTimeouts;
  readonly #startedMs: number;
  readonly #watchdog: Watchdog;
  #call: HttpCall | null = null;
  /** Why it was ended before there was a call that could be told. */
  #ended: AttemptError | null = null;
  /** An answer was to come, by its status and type. */
  #isPlainAnswer = false;
  #stream: AnswerStream | null = null;
  /** The upstream's error body, kept for who must pass a refusal on. */
  #refusal: Buffer | null = null;

  constructor(
    deps: HttpUpstreamDeps,
    dispatchers: Dispatchers,
    target: ModelTarget,
    context: AttemptContext,
  ) {
    this.#deps = deps;
    this.#dispatchers = dispatchers;
    this.#target = target;
    this.#context = context;
    const connection = context.connections?.get(target.provider) ?? deps.connection(target.provider);
    this.#dialect = deps.dialectOf(spokenDialect(connection, context.request.dialect));
    this.#connection = { ...connection, dialect: this.#dialect.id };
    this.#limits = deps.timeouts();
    this.#startedMs = deps.clock.monotonicMs();
    const limits = { firstEventMs: firstEventLimitMs(this.#limits, context), totalMs: this.#limits.totalMs };
    this.#watchdog = new Watchdog(deps.clock, limits, (phase, limitMs) =>
      this.#end(new AttemptError('timeout', timeoutSentence(target.provider, phase, limitMs))),
    );
  }

  async run(): Promise<AttemptOutcome> {
    const { signal } = this.#context;
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
    try {
      const encoded = this.#encode();
      const call = await this.#send(encoded);
      return {
        status: 'responded',
        target: this.#target,
        dialect: this.#dialect,
        answer: await this.#receive(call),
        timeToFirstChunkMs: (call.firstByteAtMs ?? this.#deps.clock.monotonicMs()) - this.#startedMs,
        headers: passedOn(call.headers),
        warnings: [...encoded.warnings, ...this.#headerLosses()],
      };
    } catch (error) {
      this.#release();
      if (this.#call === null && !this.#context.signal.aborted && isOurBug(error)) throw error;
      const failure = this.#failureOf(error);
      this.#call?.destroy(new AttemptError(failure.kind, failure.message));
      const sent = this.#call?.isSent ?? false;
      return {
        status: 'failed',
        target: this.#target,
        failure,
        sent,
        ...(this.#hasBegun() ? { begun: { usage: this.#stream?.usage ?? null } } : {}),
        body: this.#refusal,
      };
    }
  }

  /** A request that cannot be put into this target's words is refused here; another target may speak its dialect. */
  #encode(): EncodedRequest {
    try {
      const { usageInStream } = this.#connection;
      const { request, history, effort, cachedAnswers } = this.#context;
      const target = {
        ...this.#target,
        dialect: this.#dialect.id,
        ...(usageInStream === undefined ? {} : { usageInStream }),
        ...(history === undefined ? {} : { history }),
        ...(effort === undefined ? {} : { effort }),
        ...(cachedAnswers === undefined ? {} : { cachedAnswers }),
      };
      return this.#dialect.encodeRequest(request, target);
    } catch (error) {
      if (!(error instanceof RouterError) || !error.code.startsWith('request.')) throw error;
      throw new AttemptError('rejected', error.message, { statusCode: error.statusCode });
    }
  }

  #headerLosses(): readonly string[] {
    const { request, clientHeaders } = this.#context;
    return headerLosses(this.#dialect.id, request.dialect, clientHeaders);
  }

  /** Resolves when status and headers are here. */
  async #send(encoded: EncodedRequest): Promise<HttpCall> {
    const { request, clientHeaders } = this.#context;
    const { origin, path } = urlOf(this.#connection, encoded.path);
    const headers = requestHeaders(this.#connection, request, clientHeaders);
    const known = this.#dispatchers.to(origin);
    const dispatcher = known instanceof Promise ? await known : known;
    if (this.#ended !== null) throw this.#ended;
    const options = { origin, path, method: 'POST', headers, body: encoded.body } as const;
    this.#call = openCall(dispatcher, options, () => this.#deps.clock.monotonicMs());
    await this.#call.head();
    return this.#call;
  }

  async #receive(call: HttpCall): Promise<Answer> {
    const { statusCode, headers } = call;
    if (statusCode >= 400) throw await this.#errorAnswer(call);
    if (statusCode >= 300) {
      const sentence = `${this.#connection.name} redirects (${statusCode}), which is never followed; correct its base URL`;
      throw new AttemptError('invalid-response', sentence, { statusCode });
    }
    const type = mediaType(headers);
    if (!this.#context.request.stream) return this.#plainAnswer(call, type);
    if (type === 'text/event-stream' || type === '') return this.#streamAnswer(call);
    if (isJson(type)) await this.#decodePlain(call); // mostly an error in disguise, which says more than its type
    throw new AttemptError('invalid-response', `the answer is ${type}, but a stream was asked for`);
  }

  async #plainAnswer(call: HttpCall, type: string): Promise<Answer> {
    if (!isJson(type) && type !== '') {
      throw new AttemptError('invalid-response', `the answer is ${type} instead of JSON`);
    }
    this.#isPlainAnswer = true;
    const answer = await this.#decodePlain(call);
    this.#release();
    return answer;
  }

  async #decodePlain(call: HttpCall): Promise<Answer> {
    const bytes = await readWhole(answerBody(call));
    const json = parseJsonObject(bytes.toString());
    if (json === undefined) {
      throw new AttemptError('invalid-response', bytes.length === 0 ? 'the answer is empty' : 'broken JSON');
    }
    const events = this.#dialect.decodeResponse(json);
    for (const event of events) {
      if (event.type === 'response-failed') throw AttemptError.of(event.failure);
    }
    return { kind: 'plain', bytes, events };
  }

  async #streamAnswer(call: HttpCall): Promise<Answer> {
    const stream = new AnswerStream({
      body: answerBody(call),
      decoder: this.#dialect.createStreamDecoder(),
      isPassedThrough: this.#context.request.dialect === this.#dialect.id,
      watchdog: this.#watchdog,
      provider: this.#connection.name,
      idleMs: this.#limits.idleMs,
      signal: this.#context.signal,
      onOver: () => this.#release(),
    });
    this.#stream = stream;
    await stream.open();
    return { kind: 'stream', batches: stream, tail: () => stream.tail() };
  }

  async #errorAnswer(call: HttpCall): Promise<AttemptError> {
    const { statusCode, headers } = call;
    const { bytes, isCut } = await readUpTo(answerBody(call), MAX_ERROR_BYTES);
    const text = this.#withoutKey(wordsOf(bytes.toString(), headers));
    if (!isCut && parseJsonObject(text) !== undefined) this.#refusal = Buffer.from(text);
    const failure = this.#dialect.decodeFailure(statusCode, text);
    const waitMs = failure.retryAfterMs ?? retryAfterMs(headers, this.#deps.clock.now());
    return AttemptError.of({ ...failure, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) });
  }

  #failureOf(error: unknown): AttemptFailure {
    if (this.#context.signal.aborted) return whyAborted(this.#context.signal).failure;
    if (error instanceof RouterError) return { kind: 'invalid-response', message: error.message };
    const hasHead = this.#call !== null && this.#call.statusCode !== 0;
    const failure = transportFailure(error, this.#connection.name, hasHead ? 'in-body' : 'before-head');
    return {
      ...failure,
      message: this.#withoutKey(failure.message).slice(0, 500),
      ...this.#keyAtFault(failure),
    };
  }

  /** Somebody with two keys wants to know which one it was. */
  #keyAtFault({ kind }: AttemptFailure): Pick<AttemptFailure, 'keyEnding'> {
    const keyEnding = this.#connection.apiKey?.ending ?? '';
    return (kind === 'auth' || kind === 'quota') && keyEnding !== '' ? { keyEnding } : {};
  }

  /** A stream is opened when the model is at work; a plain answer begins when it is written. */
  #hasBegun(): boolean {
    return this.#stream !== null || (this.#isPlainAnswer && this.#call?.firstByteAtMs != null);
  }

  /** Some providers quote the key that they refuse. */
  #withoutKey(text: string): string {
    const key = this.#connection.apiKey?.reveal();
    return key === undefined || key === '' ? text : text.replaceAll(key, '[key]');
  }

  readonly #onAbort = (): void => {
    this.#end(whyAborted(this.#context.signal));
  };

  #end(reason: AttemptError): void {
    this.#ended ??= reason;
    this.#call?.destroy(reason);
  }

  #release(): void {
    this.#watchdog.stop();
    this.#context.signal.removeEventListener('abort', this.#onAbort);
  }
}

/** Whoever lost patience says so; else it was the client. */
function whyAborted({ reason }: AbortSignal): AttemptError {
  if (reason instanceof AttemptError) return reason;
  return new AttemptError('client-closed', 'the client closed the connection');
}

function firstEventLimitMs(limits: AttemptTimeouts, { request, isLast }: AttemptContext): number {
  const patientMs = Math.max(limits.firstEventMs, limits.firstEventReasoningMs);
  if (isLast || request.needs.includes('reasoning')) return patientMs;
  const isShort = (request.maxOutputTokens ?? Infinity) <= SHORT_ANSWER_TOKENS;
  if (request.stream || isShort) return limits.firstEventMs;
  return Math.min(limits.firstEventMs * PLAIN_FACTOR, patientMs);
}

function timeoutSentence(provider: string, phase: ExpiredPhase, limitMs: number): string {
  switch (phase) {
    case 'first-event':
      return `${provider} sent nothing of an answer within ${limitMs} ms`;
    case 'idle':
      return `${provider} fell silent for ${limitMs} ms in the middle of its answer`;
    default:
      return `${provider} did not finish within ${limitMs} ms`;
  }
}

/** A page is what a proxy in between puts up for people: it says nothing of the request, and its markup nothing at all. */
function wordsOf(body: string, headers: ResponseHeaders): string {
  const isPage = /html|xml/.test(mediaType(headers)) || /^\s*<[!?a-z]/i.test(body);
  return isPage
    ? 'a page came instead of an answer; is something else at its base URL, or in between?'
    : body;
}

function mediaType(headers: ResponseHeaders): string {
  return (headers['content-type'] ?? '').replace(/;.*/s, '').trim().toLowerCase();
}

function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

/** Answer headers that help a client and tell nothing of the connection: request ids and rate limits. */
const PASSED_ON = /^(?:x-request-id|request-id|openai-processing-ms|(?:x|anthropic)-ratelimit-[a-z0-9-]+)$/;

function passedOn(headers: ResponseHeaders): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && PASSED_ON.test(name)) passed[name] = value;
  }
  return passed;
}
