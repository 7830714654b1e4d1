// One of the last requests once more, answered by a model that a person named, for comparison. It goes down the request
// path as any other and is an exchange of its own, in a conversation of its own: what is known of the conversation that
// it came from stays as it is. Nobody runs the tools that the answer calls.

import { RouterError } from '../errors.ts';
import type { ResendBody, ResendRequest, ResendSide } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { objectOf, parseJsonObject, stringOf } from '../util/json.ts';
import { AnswerText } from './answer-text.ts';
import type { ClientResponse } from './client-response.ts';
import type { KeptRequest, RecentRequests, RequestMemory } from './recent-requests.ts';
import { serveExchange, type PipelineDeps } from './serve-exchange.ts';
import type { WireRequest } from './wire-request.ts';

export interface ResendDeps {
  readonly pipeline: PipelineDeps;
  readonly recent: Pick<RecentRequests, 'begin' | 'find'>;
}

/** Goes into the record's `initiator`. */
export const RESEND_INITIATOR = 'resend';

/** Each of them costs money, and a person compares one answer at a time. */
const MAX_RUNNING = 4;

/**
 * A function that sends a request again; null = it is not kept. Throws what kept the model from answering at all. Aborting
 * the signal calls the model off.
 */
export function createResend(
  deps: ResendDeps,
): (request: ResendRequest, signal: AbortSignal) => Promise<ResendBody | null> {
  let running = 0;
  return async (request, signal) => {
    if (running >= MAX_RUNNING) {
      throw new RouterError(
        'router.overloaded',
        `${MAX_RUNNING} requests are being sent again already; wait for one of the answers`,
      );
    }
    running += 1;
    try {
      return await resend(deps, request, signal);
    } finally {
      running -= 1;
    }
  };
}

async function resend(
  { pipeline, recent }: ResendDeps,
  { exchangeId, model }: ResendRequest,
  signal: AbortSignal,
): Promise<ResendBody | null> {
  const kept = recent.find(exchangeId);
  if (kept === null) return null;
  checkModel(pipeline, model);
  const record = pipeline.ledger.exchange(exchangeId);
  if (record === null) {
    throw new RouterError(
      'request.unsupported',
      'this request is still being answered; send it again when its answer is complete',
      { statusCode: 409 },
    );
  }
  const original = sideOf(record, kept.text);
  const listening = listenTo(recent);
  const client = new UnseenClient();
  const wire = wireOf(pipeline, { request: kept.request, model, signal });
  await serveExchange({ ...pipeline, recent: listening.memory }, wire, client);
  if (client.refusal !== null) throw client.refusal;
  const again = pipeline.ledger.exchange(listening.exchangeId());
  if (again === null) throw new Error('the record of a request that was sent again is missing');
  return { original, again: sideOf(again, listening.text()) };
}

function checkModel(pipeline: PipelineDeps, model: string): void {
  const { targets } = pipeline.snapshot().table;
  if (targets.some(({ id }) => id === model)) return;
  const known = targets.map(({ id }) => id).join(', ');
  throw new RouterError('model.unknown', `no model "${model}" is configured; known are: ${known}`);
}

function sideOf(record: ExchangeRecord, text: string | null): ResendSide {
  return {
    exchangeId: record.exchangeId,
    model: record.responseModel,
    text,
    costUsd: record.costUsd,
    durationMs: record.durationMs,
    usage: record.usage,
    status: record.status,
  };
}

function wireOf(
  { clock, ids }: PipelineDeps,
  {
    request,
    model,
    signal,
  }: { readonly request: KeptRequest; readonly model: string; readonly signal: AbortSignal },
): WireRequest {
  const query = new URLSearchParams(request.query);
  query.delete('model');
  return {
    ...request,
    headers: headersOf(request.headers, {
      model,
      conversation: `${RESEND_INITIATOR}-${ids.exchangeId()}`,
      initiator: RESEND_INITIATOR,
      cache: 'off', // a stored answer would be the one that there is already
    }),
    query,
    signal,
    receivedAtMs: clock.now(),
    monotonicStartMs: clock.monotonicMs(),
  };
}

const CONTROL_HEADER = 'x-pointsman-';

/** Of what the client asked the router for, only where the request comes from stays. */
function headersOf(
  headers: ReadonlyMap<string, string>,
  controls: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const workspace = `${CONTROL_HEADER}workspace`;
  const kept = [...headers].filter(([name]) => !name.startsWith(CONTROL_HEADER) || name === workspace);
  return new Map([
    ...kept,
    ...Object.entries(controls).map(([name, value]) => [CONTROL_HEADER + name, value] as const),
  ]);
}

/** The request is remembered as any other; its text is heard here too, so that others cannot push it out meanwhile. */
function listenTo(recent: RequestMemory): {
  readonly memory: RequestMemory;
  readonly exchangeId: () => string;
  readonly text: () => string | null;
} {
  const text = new AnswerText();
  let exchangeId = '';
  return {
    memory: {
      begin(id, wire) {
        exchangeId = id;
        const remembered = recent.begin(id, wire);
        return {
          observe(events) {
            text.observe(events);
            remembered.observe(events);
          },
          close: () => remembered.close(),
        };
      },
    },
    exchangeId: () => exchangeId,
    text: () => text.text(),
  };
}

/** As much of a refusal as could hold its sentence. */
const MAX_REFUSAL_BYTES = 16 * 1024;

/** Stands where a client would be: takes everything, and remembers why there was no answer. */
class UnseenClient implements ClientResponse {
  isCommitted = false;
  /** Of an answer that never began; null = it did. */
  refusal: RouterError | null = null;
  #statusCode = 200;
  #refused = '';

  commit(statusCode: number): void {
    this.isCommitted = true;
    this.#statusCode = statusCode;
  }

  write(chunk: Buffer | string): undefined {
    if (this.#statusCode !== 200 && this.#refused.length < MAX_REFUSAL_BYTES) this.#refused += String(chunk);
    return undefined;
  }

  end(lastChunk?: Buffer | string): void {
    if (lastChunk !== undefined) this.write(lastChunk);
    if (this.#statusCode !== 200) this.refusal = refusalOf(this.#refused);
  }

  fail(_dialect: unknown, error: RouterError): void {
    if (!this.isCommitted) this.refusal = error;
  }
}

/** The provider's own sentence, wherever its dialect puts it. */
function refusalOf(body: string): RouterError {
  const said = objectOf(parseJsonObject(body)?.['error']);
  const why = stringOf(said?.['message']);
  const message =
    why === undefined ? 'the model refused the request' : `the model refused the request: ${why}`;
  return new RouterError('upstream.rejected', message);
}
