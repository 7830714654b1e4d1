// What a wire format must be able to do. Two faces: towards clients (ClientCodec) and towards providers
// (UpstreamCodec), so that a format only providers speak needs no client face.
// Codecs are pure and synchronous: no I/O, no clock, no random ids; equal input gives equal bytes.

import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { ModelTraits } from '../conversation/model-traits.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { SignedHistory } from '../conversation/seal.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { RouterError } from '../errors.ts';
import type { DialectId, ReasoningEffort } from '../protocol/vocabulary.ts';
import type { JsonObject } from '../util/json.ts';
import type { RequestBody } from '../util/request-body.ts';
import type { SseFrame } from './sse-parser.ts';

/** The facts about the chosen model that change what is sent to it. */
export interface EncodeTarget {
  readonly dialect: DialectId;
  readonly upstreamModel: string;
  readonly maxOutputTokens: number;
  /**
   * `always`: this provider sends usage in every stream and refuses to be asked for it (Mistral answers 422), so the
   * wish is left out, also where the client wrote it. Absent = asked for in every stream.
   */
  readonly usageInStream?: 'on-request' | 'always';
  /** What the model wants other than its dialect does; absent = nothing known. */
  readonly traits?: ModelTraits;
  /** Absent = nothing is remembered: seals as the vendor of the dialect writes them are taken for the target's own. */
  readonly history?: SignedHistory;
  /** Level of reasoning to ask for instead of the client's; absent = as the client asks. See asked-effort.ts. */
  readonly effort?: ReasoningEffort;
  /**
   * The model has the prompt in its cache as it stood after so many answers of the conversation, and others have answered
   * since; absent = nothing is known. Only where a cache must be told what to look for.
   */
  readonly cachedAnswers?: number;
}

export interface EncodedRequest {
  /** Path below the provider's base URL, with a leading slash. */
  readonly path: string;
  readonly body: Buffer;
  /** What could not be carried over to this dialect, one sentence each; goes into the record. */
  readonly warnings: readonly string[];
}

export interface StreamDecoder {
  push(frame: SseFrame): readonly StreamEvent[];
  /**
   * Asked behind a `push` that gave out one delta and nothing else: what to call with the words of further frames that
   * differ from that one in their words only, instead of pushing them. Null or absent = each must be pushed.
   */
  repeatable?(): ((words: string) => void) | null;
  /**
   * The upstream closed the stream. Emits what closes open parts and `response-end`, or `response-failed` with kind
   * `interrupted` when the stream was not complete by the rules of its dialect.
   */
  end(): readonly StreamEvent[];
}

export interface StreamEncoder {
  /** SSE text to write for this event; often empty. */
  push(event: StreamEvent): string;
  /** What is still owed after the last event (the terminator). Only called after `response-end`. */
  end(metadata: JsonObject | undefined): string;
}

/** Names the answer when it must be encoded anew (another dialect, or a replay from the cache). */
export interface AnswerIdentity {
  readonly responseId: string;
  readonly responseModel: string;
  readonly createdAtS: number;
  /** Whether the client asked for usage in the stream. */
  readonly wantsUsage: boolean;
  /** What is being answered; some dialects repeat parts of it, or name its tools in another way. */
  readonly request?: ConversationRequest;
  /** Name of the answering model among the makers of seals, for envelopes; absent = no envelopes are made. */
  readonly maker?: string;
}

/**
 * Lets a same-dialect stream pass with only named changes: the usage chunk that we asked for and the client did not is
 * taken out, and `_pointsman` is put into the last data chunk when `metadata` is given.
 * Frames come back as the bytes that arrived wherever nothing had to change.
 */
export interface FrameFilter {
  /** `events` is what the decoder made of this same frame. */
  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[];
  end(metadata: JsonObject | undefined): readonly Buffer[];
}

export interface ClientCodec {
  /** Content type of a stream that `createStreamEncoder` writes. */
  readonly streamContentType: string;
  /**
   * Throws `request.malformed` / `request.unsupported` naming the field; unknown fields are fine. `path`: the wire path
   * without its query, for dialects that put the model there; absent where nobody knows it.
   */
  decodeRequest(body: RequestBody, path?: string): ConversationRequest;
  encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject;
  createStreamEncoder(identity: AnswerIdentity): StreamEncoder;
  /**
   * What of this event has no place in an answer of this dialect, as a sentence for the record; undefined = nothing is
   * lost. The written list of what the dialect cannot carry.
   */
  lossOf(event: StreamEvent): string | undefined;
  createFrameFilter(options: { readonly stripUsage: boolean; readonly holdLast: boolean }): FrameFilter;
  /** A plain answer's bytes with a `_pointsman` member added; every other byte as it was. */
  addMetadata(bytes: Buffer, metadata: JsonObject): Buffer;
  encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject };
}

export interface UpstreamCodec {
  /**
   * Body for one attempt. Same dialect: the client's bytes with only named fields changed. Idempotent: called once
   * per attempt on the same request.
   */
  encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest;
  /** Events of a complete plain answer; `response-failed` when the body is an error in disguise or not an answer. */
  decodeResponse(body: JsonObject): readonly StreamEvent[];
  createStreamDecoder(): StreamDecoder;
  /** `bodyText` is at most 64 KiB of what the upstream sent with an error status. */
  decodeFailure(statusCode: number, bodyText: string): AttemptFailure;
  /** How a tool of this name is called at a provider of this dialect; deterministic. Absent = by its own name. */
  readonly fitToolName?: (name: string) => string;
  /** How a provider of this dialect is asked for the exact size of a request of the same dialect; absent = it cannot be. */
  readonly tokenCount?: TokenCountCodec;
}

export interface TokenCountCodec {
  encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest;
  /** Undefined when the answer holds no count. */
  decodeResponse(body: JsonObject): number | undefined;
}

/** Whether requests of this dialect are passed on to the model that they name instead of being routed. */
export function isPassedOn(dialect: DialectId): boolean {
  return dialect === 'openai-completions' || dialect === 'openai-embeddings';
}

/** What is spoken to a provider: the client's own dialect where it knows it, so that nothing has to be translated. */
export function spokenDialect(
  provider: { readonly dialect: DialectId; readonly alsoSpeaks?: readonly DialectId[] },
  clientDialect: DialectId,
): DialectId {
  if (isPassedOn(clientDialect) || provider.alsoSpeaks?.includes(clientDialect) === true)
    return clientDialect;
  return provider.dialect;
}

/** A dialect as clients speak it, and as providers speak it. */
export interface ClientDialect extends ClientCodec {
  readonly id: DialectId;
}
export interface UpstreamDialect extends UpstreamCodec {
  readonly id: DialectId;
}
export type Dialect = ClientDialect & UpstreamDialect;
