// Conversations that go on from an answer by its id, or by the ids of its items. Before the answer: the whole conversation
// from memory for whoever does not have it, or one sentence that says what to do. Behind it: keeping the new answer for
// the next request. Concerns clients of the Responses dialect only; every other request passes untouched.

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { inputItems, withItems } from '../dialects/openai-responses/expand-input.ts';
import { isInConversation, isToBeStored } from '../dialects/openai-responses/storage.ts';
import {
  collectFromBody,
  createOutputCollector,
  type CollectedAnswer,
} from '../dialects/openai-responses/output-collector.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import { RouterError } from '../errors.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { Log } from '../util/log.ts';
import type { ClientResponse } from './client-response.ts';
import { fillReferences } from './item-references.ts';
import type { AnswerMaker, KnownAnswer, ResponseMemory } from './response-memory.ts';
import type { WireRequest } from './wire-request.ts';

export type Connections = ReadonlyMap<string, Pick<ProviderConnection, 'alsoSpeaks' | 'dialect'>>;

/** A request together with what it goes on from. */
export interface ContinuedRequest {
  /** The whole conversation where it is known, else the request as it came. */
  readonly request: ConversationRequest;
  /** What the client sent, without earlier turns; with items in the places of their ids where they are known. */
  readonly own: ConversationRequest;
  /** What this target is asked: only the new items where it has the earlier ones itself. */
  readonly requestFor: (target: ModelTarget) => ConversationRequest;
  /** Those of the targets that can go on with the conversation, in order. Throws one clear 400 when none can. */
  readonly able: (targets: readonly ModelTarget[]) => readonly ModelTarget[];
}

/** Looks up what the request goes on from. Throws only what decoding the whole conversation throws. */
export function continueStored(
  memory: ResponseMemory,
  wire: Pick<WireRequest, 'dialect' | 'path' | 'session'>,
  request: ConversationRequest,
  connections: Connections,
): ContinuedRequest {
  const filled = fillReferences(memory, wire, request);
  const own = filled?.request ?? request;
  const asSent = (target: ModelTarget): ConversationRequest => {
    if (filled === undefined) return request;
    const hasItems = speaks(connections.get(target.provider), request) && filled.areStoredAt(target);
    return hasItems ? request : own;
  };
  const previousId = request.previousResponseId;
  if (previousId === undefined) {
    return { request: own, own, requestFor: asSent, able: (targets) => targets };
  }
  const known = memory.lookup(previousId, wire.session);
  const whole = known?.items === null || known === undefined ? null : expanded(wire, own, known.items);
  const hasItself = (target: ModelTarget): boolean =>
    speaks(connections.get(target.provider), request) && mayHave(known, target);
  return {
    request: whole ?? own,
    own,
    requestFor: (target) => (whole === null || hasItself(target) ? asSent(target) : whole),
    able(targets) {
      const able = whole === null ? targets.filter(hasItself) : targets;
      if (able.length === 0 && targets.length > 0) throw notServed(previousId, known);
      return able;
    },
  };
}

export interface AnswerOrigin {
  /** null = no model was asked. */
  readonly maker: AnswerMaker | null;
  /** The answer comes in the client's own dialect, so the provider knows it under the same id. */
  readonly isPassedThrough: boolean;
}

export interface KeepAnswerDeps {
  readonly responses: ResponseMemory;
  readonly log: Log;
}

/**
 * The client with a memory: what is written goes through, and the answer is kept for a request that goes on from it at
 * the moment when it is complete, before its last bytes leave. `request`: what the client sent, without earlier turns.
 */
export function keepAnswer(
  deps: KeepAnswerDeps,
  wire: Pick<WireRequest, 'session'>,
  request: ConversationRequest,
  client: ClientResponse,
  { maker, isPassedThrough }: AnswerOrigin,
): ClientResponse {
  if (request.dialect !== 'openai-responses') return client;
  const isStored = isToBeStored(request.body);
  if (!isStored && wire.session === undefined) return client;
  return new WatchedClient(client, (answer) => {
    try {
      // What a vendor's own conversation object holds is not in the request.
      const items = isInConversation(request.body) ? null : [...inputItems(request.body), ...answer.items];
      deps.responses.remember({
        id: answer.responseId,
        previousId: request.previousResponseId,
        maker,
        isStoredByMaker: isStored && isPassedThrough,
        items,
        byId: answer.byId,
        ...(isStored || wire.session === undefined ? {} : { session: wire.session }),
      });
    } catch (error) {
      deps.log.error('an answer could not be kept', { error: String(error) });
    }
  });
}

/** For a request that only this daemon's memory could answer. */
export function notServed(previousId: string, known: KnownAnswer | undefined): RouterError {
  const maker = known?.isStoredByMaker === true ? known.maker : null;
  const id = previousId.slice(0, MAX_ID_CHARS);
  const message =
    maker === null
      ? `previous response "${id}" is not known here; send the whole conversation in "input" without "previous_response_id"`
      : `previous response "${id}" is stored at ${maker.provider} only; send the whole conversation in "input" without "previous_response_id", or pick a model of ${maker.provider}`;
  return new RouterError('request.not_found', message, { param: 'previous_response_id', statusCode: 400 });
}

const MAX_ID_CHARS = 128;

function expanded(
  { dialect, path }: { readonly dialect: ClientDialect; readonly path: string },
  request: ConversationRequest,
  earlier: readonly Buffer[],
): ConversationRequest {
  const bytes = withItems(request.body, earlier);
  return dialect.decodeRequest(parseRequestBody(bytes), path);
}

function speaks(
  connection: Pick<ProviderConnection, 'alsoSpeaks' | 'dialect'> | undefined,
  request: ConversationRequest,
): boolean {
  if (connection === undefined) return false;
  return connection.dialect === request.dialect || connection.alsoSpeaks?.includes(request.dialect) === true;
}

/** An answer that nobody here knows may be one that the client got from the provider directly. */
function mayHave(known: KnownAnswer | undefined, target: ModelTarget): boolean {
  return known === undefined || (known.isStoredByMaker && known.maker?.provider === target.provider);
}

class WatchedClient implements ClientResponse {
  private readonly client: ClientResponse;
  private readonly onComplete: (answer: CollectedAnswer) => void;
  private readonly stream = createOutputCollector();
  private readonly plain: Buffer[] = [];
  private kind: 'plain' | 'stream' | 'unwatched' = 'unwatched';

  constructor(client: ClientResponse, onComplete: (answer: CollectedAnswer) => void) {
    this.client = client;
    this.onComplete = onComplete;
  }

  get isCommitted(): boolean {
    return this.client.isCommitted;
  }

  commit(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (statusCode === 200) {
      this.kind = headers['content-type']?.startsWith('text/event-stream') === true ? 'stream' : 'plain';
    }
    this.client.commit(statusCode, headers);
  }

  write(chunk: Buffer | string): Promise<void> | undefined {
    this.watch(chunk);
    return this.client.write(chunk);
  }

  end(lastChunk?: Buffer | string): void {
    if (lastChunk !== undefined) this.watch(lastChunk);
    this.client.end(lastChunk);
  }

  fail(...failure: Parameters<ClientResponse['fail']>): void {
    this.client.fail(...failure);
  }

  private watch(chunk: Buffer | string): void {
    if (this.kind === 'unwatched') return;
    const answer = this.kind === 'stream' ? this.readStream(chunk) : this.readPlain(chunk);
    if (answer === undefined) return;
    this.kind = 'unwatched';
    this.onComplete(answer);
  }

  private readStream(chunk: Buffer | string): CollectedAnswer | undefined {
    this.stream.push(chunk);
    return this.stream.answer();
  }

  private readPlain(chunk: Buffer | string): CollectedAnswer | undefined {
    this.plain.push(Buffer.from(chunk));
    return collectFromBody(Buffer.concat(this.plain));
  }
}
