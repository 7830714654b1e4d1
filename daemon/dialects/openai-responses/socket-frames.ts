// The Responses API over a WebSocket: what a client's frame asks for, and stream events, errors and warm-ups as frames.
// Sockets themselves are in http/responses-socket.ts.
// https://developers.openai.com/api/docs/guides/websocket-mode and
// https://developers.openai.com/api/reference/resources/responses/websocket-events (both checked 2026-11-21).

import { RouterError, toRouterError } from '../../errors.ts';
import type { JsonObject } from '../../util/json.ts';
import { parseRequestBody, spliceMembers, stringAt, typeAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { malformed } from '../body-fields.ts';
import { createSseParser } from '../sse-parser.ts';

export type ClientFrame =
  | {
      readonly kind: 'create';
      /** The body that the same request would have over HTTP, streamed. */
      readonly body: Buffer;
      /** `generate: false`: prepare for what follows, ask no model. */
      readonly isWarmUp: boolean;
      /** The client's name for one of several orders of requests on the connection; its answers carry it back. */
      readonly streamId: string | undefined;
    }
  /** Needs no answer. */
  | { readonly kind: 'notice' }
  | { readonly kind: 'refused'; readonly error: RouterError; readonly streamId: string | undefined };

const MAX_STREAM_ID_CHARS = 256;

/** Codex reports with it that an answer was taken in; it waits for no answer and would take one for the next turn's. */
const NOTICE = 'response.processed';

/** Members of the envelope; the rest of a frame is the body. */
const ENVELOPE: readonly string[] = ['type', 'stream_id', 'generate', 'background'];

export function readClientFrame(frame: Buffer): ClientFrame {
  let streamId: string | undefined;
  try {
    const body = parseRequestBody(frame);
    streamId = readStreamId(body);
    const type = stringMember(body, 'type');
    if (type === NOTICE) return { kind: 'notice' };
    if (type !== 'response.create') {
      const message =
        'the "type" of a frame must be "response.create"; send one with the members of the request';
      throw new RouterError('request.unsupported', message, { param: 'type' });
    }
    if (flag(body, 'background') === true) {
      const message = '"background" is not possible over a WebSocket; leave it out';
      throw new RouterError('request.unsupported', message, { param: 'background' });
    }
    const isWarmUp = flag(body, 'generate') === false;
    return { kind: 'create', body: httpBody(body), isWarmUp, streamId };
  } catch (error) {
    return { kind: 'refused', error: toRouterError(error), streamId };
  }
}

/** The events of a piece of an answer's stream (whole events), each as the text of one frame. */
export function eventFrames(written: Buffer | string, streamId: string | undefined): readonly string[] {
  const bytes = typeof written === 'string' ? Buffer.from(written) : written;
  const frames: string[] = [];
  const parser = createSseParser(Infinity);
  for (const { data } of [...parser.push(bytes), ...parser.flush()]) {
    // Comments keep HTTP connections awake; the terminator of a stream is not an event.
    if (data !== '' && data !== '[DONE]') frames.push(withStreamId(data, streamId));
  }
  return frames;
}

/**
 * A failure before an answer began. Official clients read `error`; Codex also reads `status`, and `headers` for how
 * long to wait. `body`: the error as it would be over HTTP.
 */
export function errorFrame(
  failure: {
    readonly statusCode: number;
    readonly body: JsonObject;
    readonly headers: Readonly<Record<string, string>>;
  },
  streamId: string | undefined,
): string {
  const { statusCode, body, headers } = failure;
  const event: JsonObject = {
    type: 'error',
    status: statusCode,
    error: body['error'] ?? { type: 'api_error', code: null, message: 'the request failed', param: null },
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
  return withStreamId(JSON.stringify(event), streamId);
}

function httpBody(body: RequestBody): Buffer {
  const edits = new Map<string, string | undefined>([['stream', 'true']]);
  for (const name of ENVELOPE) if (body.members.has(name)) edits.set(name, undefined);
  return spliceMembers(body, edits);
}

/** `json`: the text of an object that is not empty. */
function withStreamId(json: string, streamId: string | undefined): string {
  if (streamId === undefined) return json;
  const at = json.indexOf('{') + 1;
  return `${json.slice(0, at)}"stream_id":${JSON.stringify(streamId)},${json.slice(at)}`;
}

function readStreamId(body: RequestBody): string | undefined {
  const span = body.members.get('stream_id');
  if (span === undefined || typeAt(body.bytes, span.start) === 'null') return undefined;
  const streamId = stringMember(body, 'stream_id');
  if (streamId !== undefined && streamId !== '' && streamId.length <= MAX_STREAM_ID_CHARS) return streamId;
  const message = `"stream_id" must be a text of 1 to ${MAX_STREAM_ID_CHARS} characters`;
  throw malformed('stream_id', message);
}

function stringMember({ bytes, members }: RequestBody, name: string): string | undefined {
  const span = members.get(name);
  if (span === undefined || typeAt(bytes, span.start) !== 'string') return undefined;
  return stringAt(bytes, span.start, span.end);
}

/** Undefined = not there or null. */
function flag({ bytes, members }: RequestBody, name: string): boolean | undefined {
  const span = members.get(name);
  if (span === undefined || typeAt(bytes, span.start) === 'null') return undefined;
  if (typeAt(bytes, span.start) === 'boolean') return bytes[span.start] === 0x74;
  throw malformed(name, `"${name}" must be true or false`);
}
