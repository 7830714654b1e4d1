// What must hold for codecs whatever they are given: only refusals of the request are thrown, every answer ends in one
// way, nothing is slow, no prototype changes, and no envelope of ours reaches a provider.

import assert from 'node:assert/strict';

import { MODEL_TRAITS, HOST_TRAITS } from '../../daemon/catalog/model-traits.ts';
import type { ModelTraits } from '../../daemon/conversation/model-traits.ts';
import { messagesOf, type ConversationRequest } from '../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import type {
  AnswerIdentity,
  ClientDialect,
  EncodeTarget,
  UpstreamDialect,
} from '../../daemon/dialects/dialect.ts';
import { isPassedOn } from '../../daemon/dialects/dialect.ts';
import { clientDialects, upstreamDialects } from '../../daemon/dialects/registry.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
import { RouterError } from '../../daemon/errors.ts';
import { SignedHistoryVault } from '../../daemon/pipeline/signed-history.ts';
import type { DialectId } from '../../daemon/protocol/vocabulary.ts';
import { parseJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';

export const CLIENTS = clientDialects.filter(({ id }) => !isPassedOn(id));
export const UPSTREAMS = upstreamDialects.filter(({ id }) => !isPassedOn(id));

/** Longest that one step may take for a small input, ms. */
const PATIENCE_MS = 1000;

const TRAITS: readonly (ModelTraits | undefined)[] = [
  undefined,
  ...[...HOST_TRAITS, ...MODEL_TRAITS].map(({ traits }) => traits),
];

/** A target of the dialect; `variant` chooses what is known of its model. */
export function targetOf(dialect: DialectId, variant: number): EncodeTarget {
  const traits = TRAITS[variant % TRAITS.length];
  return {
    dialect,
    upstreamModel: 'up-1',
    maxOutputTokens: 1000,
    ...(traits === undefined ? {} : { traits }),
  };
}

export function pathOf(client: ClientDialect): string | undefined {
  return client.id === 'google-generate' ? '/v1beta/models/auto:generateContent' : undefined;
}

/** The request, or undefined when it was refused in the one way that is allowed. */
export function decodedOrRefused(client: ClientDialect, text: string): ConversationRequest | undefined {
  return refusable(`${client.id} decode`, () =>
    client.decodeRequest(parseRequestBody(Buffer.from(text)), pathOf(client)),
  );
}

/** Reads all of a request and writes it for every provider; answers what goes out. */
export function checkRequest(client: ClientDialect, text: string, variant: number): readonly string[] {
  const request = decodedOrRefused(client, text);
  const sent: string[] = [];
  if (request !== undefined) {
    readAll(request);
    for (const upstream of UPSTREAMS) {
      const body = encoded(upstream, request, variant);
      if (body !== undefined) sent.push(body);
    }
  }
  assert.equal(Reflect.get({}, 'polluted'), undefined, 'a prototype has changed');
  assert.deepEqual(Object.keys(Object.prototype), []);
  return sent;
}

function readAll(request: ConversationRequest): void {
  for (const index of request.outline.keys()) {
    refusable('messages', () => request.message(index));
    request.messageBytes(index);
  }
  refusable('messages', () => messagesOf(request));
  refusable('tools', () => request.tools());
  refusable('settings', () => request.settings());
  refusable('unmapped', () => request.unmappedFields());
  refusable('format', () => request.responseFormat);
  request.preambleBytes();
}

/** The body for one provider; undefined when the request was refused. */
export function encoded(
  upstream: UpstreamDialect,
  request: ConversationRequest,
  variant = 0,
): string | undefined {
  const target = targetOf(upstream.id, variant);
  const withVault = variant % 2 === 1;
  const vaultTarget = { provider: 'p', upstreamModel: target.upstreamModel, dialect: target.dialect };
  return refusable(`${request.dialect} to ${upstream.id}`, () => {
    const history = withVault
      ? new SignedHistoryVault().viewFor({ target: vaultTarget, request, conversationId: 'c' })
      : undefined;
    const { body, warnings } = upstream.encodeRequest(request, {
      ...target,
      ...(history === undefined ? {} : { history }),
    });
    for (const warning of warnings) assert.ok(warning.length < 600, `a long warning: ${warning}`);
    const text = body.toString();
    assert.ok(parseJsonObject(text) !== undefined, 'what goes out is not a JSON object');
    return text;
  });
}

function refusable<T>(what: string, step: () => T): T | undefined {
  const startedMs = performance.now();
  try {
    return step();
  } catch (error) {
    if (error instanceof RouterError && error.code.startsWith('request.')) {
      assert.ok(error.message.length < 600, `a long refusal: ${error.message}`);
      return undefined;
    }
    throw new Error(`${what} threw`, { cause: error });
  } finally {
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < PATIENCE_MS, `${what} took ${tookMs} ms`);
  }
}

/** Events of a stream as the router takes them: nothing behind the first failure. */
export function streamEvents(upstream: UpstreamDialect, stream: Buffer): readonly StreamEvent[] {
  const decoder = upstream.createStreamDecoder();
  const parser = createSseParser();
  const events: StreamEvent[] = [];
  const take = (more: readonly StreamEvent[]): boolean => {
    for (const event of more) events.push(event);
    return more.some(({ type }) => type === 'response-failed');
  };
  for (const frame of [...parser.push(stream), ...parser.flush()]) {
    if (take(decoder.push(frame))) return events;
  }
  take(decoder.end());
  return events;
}

/** Ends once, and every client's encoder can write it. */
export function checkEvents(events: readonly StreamEvent[], request?: ConversationRequest): void {
  const last = events.at(-1);
  assert.ok(last?.type === 'response-end' || last?.type === 'response-failed', `ends with ${last?.type}`);
  const endings = events.filter(({ type }) => type === 'response-end' || type === 'response-failed');
  assert.equal(endings.length, 1, 'ends more than once');
  checkParts(events);
  for (const client of CLIENTS) {
    const encoder = client.createStreamEncoder(identityOf(request));
    for (const event of events) {
      if (event.type === 'response-failed') break;
      encoder.push(event);
      client.lossOf(event);
    }
    if (last.type !== 'response-end') continue;
    encoder.end({ exchange_id: 'x' });
    JSON.stringify(client.encodeResponse(events, identityOf(request)));
  }
}

/** Every part begins once, before its deltas, and ends once; at a failure some may still be open. */
function checkParts(events: readonly StreamEvent[]): void {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const event of events) {
    if (!('id' in event) || event.type === 'refusal-delta') continue;
    const { id, type } = event;
    if (type.endsWith('-start')) {
      assert.ok(!seen.has(id), `${id} begins twice`);
      seen.add(id);
      open.add(id);
    } else {
      assert.ok(open.has(id), `${type} of ${id}, which is not open`);
      if (type.endsWith('-end')) open.delete(id);
    }
  }
  if (events.at(-1)?.type === 'response-end') assert.deepEqual([...open], [], 'parts are still open');
}

function identityOf(request: ConversationRequest | undefined): AnswerIdentity {
  return {
    responseId: 'x_1',
    responseModel: 'up-1',
    createdAtS: 7,
    wantsUsage: true,
    maker: 'p/up-1',
    ...(request === undefined ? {} : { request }),
  };
}

/** Lets a stream pass to a client of the same dialect. */
export function checkFilter(upstream: UpstreamDialect, stream: Buffer): void {
  const client = CLIENTS.find(({ id }) => id === upstream.id);
  if (client === undefined) return;
  for (const stripUsage of [true, false]) {
    const filter = client.createFrameFilter({ stripUsage, holdLast: true });
    const decoder = upstream.createStreamDecoder();
    const parser = createSseParser();
    for (const frame of [...parser.push(stream), ...parser.flush()]) {
      filter.push(frame, decoder.push(frame));
    }
    filter.end({ exchange_id: 'x' });
  }
}
