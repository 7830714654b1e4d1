// Carries an answer to the client: the same bytes where client and provider speak the same dialect, else
// encoded anew from the events. Each upstream read is written at once; a slow client slows the upstream down.

import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import {
  spokenDialect,
  type AnswerIdentity,
  type ClientDialect,
  type FrameFilter,
  type StreamEncoder,
} from '../dialects/dialect.ts';
import { shortened } from '../dialects/losses.ts';
import { RouterError } from '../errors.ts';
import type { Refusal } from '../upstream/attempt-loop.ts';
import type { AttemptOutcome, StreamPiece } from '../upstream/attempt.ts';
import type { JsonObject } from '../util/json.ts';
import { requestIdHeaders } from './answer-labels.ts';
import type { ClientResponse } from './client-response.ts';
import type { Exchange } from './exchange.ts';
import { makerOf } from './signed-history.ts';
import { createToolNamer, type ToolNamer } from './tool-namer.ts';

type Responded = Extract<AttemptOutcome, { status: 'responded' }>;

export interface ReplyInput {
  readonly exchange: Exchange;
  readonly request: ConversationRequest;
  readonly clientDialect: ClientDialect;
  readonly answer: Responded;
}

/** An answer ready to be sent: commit with `headers`, then `relayTo` the client. */
export interface Reply {
  readonly headers: Readonly<Record<string, string>>;
  /** Resolves when the client has the whole answer; rejects when either side breaks. */
  relayTo(client: ClientResponse): Promise<void>;
}

export function prepareReply(input: ReplyInput): Reply {
  const { answer } = input.answer;
  return answer.kind === 'plain' ? plainReply(input, answer) : streamReply(input, answer);
}

/** A socket takes this much at once, so waiting for it would tell nothing; head and body leave in one packet. */
const ONE_WRITE_BYTES = 64 * 1024;

/** The whole answer is in hand, so what it cost goes into the headers. */
function plainReply(input: ReplyInput, plain: Extract<Responded['answer'], { kind: 'plain' }>): Reply {
  const { exchange, clientDialect, answer } = input;
  const events = namerFor(input)(plain.events);
  exchange.observe(events);
  const metadata = exchange.bodyMetadata();
  const carried = isTranslated(input) ? encodePlain(input, events) : plain.bytes;
  const body = metadata === undefined ? carried : clientDialect.addMetadata(carried, metadata);
  return {
    headers: {
      ...requestIdHeaders(exchange.id),
      ...answer.headers,
      ...exchange.responseHeaders(true),
      'content-type': 'application/json',
      'content-length': String(body.length),
    },
    async relayTo(client) {
      // Of a long answer the end waits, so that a client that leaves in the middle is noticed.
      const rest = Math.max(0, body.length - ONE_WRITE_BYTES);
      if (rest > 0) await client.write(body.subarray(0, rest));
      exchange.completed();
      client.end(body.subarray(rest));
    },
  };
}

function encodePlain(input: ReplyInput, events: readonly StreamEvent[]): Buffer {
  noteLosses(input, events);
  return Buffer.from(JSON.stringify(input.clientDialect.encodeResponse(events, answerIdentity(input))));
}

function streamReply(input: ReplyInput, stream: Extract<Responded['answer'], { kind: 'stream' }>): Reply {
  const { exchange, answer } = input;
  return {
    headers: {
      ...requestIdHeaders(exchange.id),
      ...answer.headers,
      ...exchange.responseHeaders(false),
      'content-type': input.clientDialect.streamContentType,
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    },
    async relayTo(client) {
      const writer = isTranslated(input) ? encoded(input) : filtered(input);
      const named = namerFor(input);
      for await (const batch of stream.batches) {
        const pieces = isTranslated(input)
          ? batch.map(({ frame, events }) => ({ frame, events: named(events) }))
          : batch;
        for (const piece of pieces) take(exchange, piece.events);
        const out = writer.batch(pieces);
        exchange.completed();
        if (out.length > 0) await client.write(out);
      }
      const tail = named(stream.tail());
      take(exchange, tail);
      const rest = writer.end(tail, exchange.bodyMetadata());
      exchange.completed();
      if (rest.length > 0) await client.write(rest);
      client.end();
    },
  };
}

function isTranslated({ answer, clientDialect }: ReplyInput): boolean {
  return answer.dialect.id !== clientDialect.id;
}

/** Bytes that pass as they are hold the client's own names. */
function namerFor(input: ReplyInput): ToolNamer {
  return isTranslated(input) ? createToolNamer(input.request, input.answer.dialect) : (events) => events;
}

/** The upstream layer turns every failure into an exception; one that gets here must not look like an end. */
function take(exchange: Exchange, events: readonly StreamEvent[]): void {
  exchange.observe(events);
  if (events.some((event) => event.type === 'response-failed')) {
    throw new RouterError('upstream.stream_interrupted', 'the model stopped in the middle of its answer');
  }
}

/** Everybody who could serve the request was asked, so a client that repeats it only repeats the answer. */
const REFUSAL_HEADERS = { 'content-type': 'application/json', 'x-should-retry': 'false' } as const;

/**
 * Every target refused the request itself: the client gets the first refusal. In the provider's own bytes where it was
 * asked in the client's dialect, since they name the parameter at fault; else shaped for the client.
 */
export function sendRefusal(
  { exchange, clientDialect }: Pick<ReplyInput, 'exchange' | 'clientDialect'>,
  { target, statusCode, body }: Refusal,
  error: RouterError,
  client: ClientResponse,
): void {
  const connection = exchange.snapshot.connections.get(target.provider) ?? target;
  if (body === null || spokenDialect(connection, clientDialect.id) !== clientDialect.id) {
    client.fail(clientDialect, error, exchange.errorHeaders());
    return;
  }
  client.commit(statusCode, { ...exchange.errorHeaders(), ...REFUSAL_HEADERS });
  client.end(body);
}

/** Turns batches of frames into what the client gets. */
interface StreamWriter {
  batch(pieces: readonly StreamPiece[]): Buffer | string;
  end(tail: readonly StreamEvent[], metadata: JsonObject | undefined): Buffer | string;
}

function filtered(input: ReplyInput): StreamWriter {
  const wantsMetadata = (input.exchange.controls.metadata ?? input.exchange.snapshot.metadata) === 'body';
  const filter: FrameFilter = input.clientDialect.createFrameFilter({
    stripUsage: !input.request.wantsUsage,
    holdLast: wantsMetadata,
  });
  return {
    batch: (pieces) => joined(pieces.flatMap((piece) => filter.push(piece.frame, piece.events))),
    end: (_tail, metadata) => joined([...filter.end(metadata)]),
  };
}

function encoded(input: ReplyInput): StreamWriter {
  const encoder: StreamEncoder = input.clientDialect.createStreamEncoder(answerIdentity(input));
  const text = (events: readonly StreamEvent[]): string => {
    noteLosses(input, events);
    let out = '';
    for (const event of events) out += encoder.push(event);
    return out;
  };
  return {
    batch: (pieces) => pieces.map((piece) => text(piece.events)).join(''),
    end: (tail, metadata) => text(tail) + encoder.end(metadata),
  };
}

/** What the answer holds that the client's dialect has no place for must stand in the record. */
function noteLosses({ clientDialect, exchange }: ReplyInput, events: readonly StreamEvent[]): void {
  for (const event of events) {
    const loss = clientDialect.lossOf(event);
    if (loss !== undefined) exchange.warn(shortened(loss));
  }
}

function answerIdentity({ exchange, request, answer }: ReplyInput): AnswerIdentity {
  return {
    responseId: exchange.id,
    responseModel: answer.target.upstreamModel,
    createdAtS: exchange.receivedAtS,
    wantsUsage: request.wantsUsage,
    request,
    maker: makerOf(answer.target),
  };
}

/** One write per upstream read: neighbours in the same memory are one slice again, and nothing is copied. */
function joined(buffers: readonly Buffer[]): Buffer {
  const [first] = buffers;
  if (first === undefined) return Buffer.alloc(0);
  let end = first.byteOffset;
  for (const buffer of buffers) {
    if (buffer.buffer !== first.buffer || buffer.byteOffset !== end) return Buffer.concat(buffers);
    end += buffer.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}
