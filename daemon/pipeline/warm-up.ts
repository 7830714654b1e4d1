// A request that asks for no answer (`generate: false`): the client announces what its next request will begin with.
// Nothing is sent anywhere, since who will be asked is decided when there is something to ask; the items are kept, so
// that the next request can go on from them. No model, no money: it is no exchange and leaves no record.

import type { StreamEvent } from '../conversation/stream-event.ts';
import { NO_USAGE } from '../conversation/usage.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { IdSource } from '../util/ids.ts';
import type { ClientResponse } from './client-response.ts';
import { keepAnswer, notServed, type KeepAnswerDeps } from './stored-response.ts';
import type { WireRequest } from './wire-request.ts';

export interface WarmUpDeps extends KeepAnswerDeps {
  readonly ids: IdSource;
}

/** Answers with an empty response. Throws `request.malformed`; nothing is sent then. */
export function answerWarmUp(deps: WarmUpDeps, wire: WireRequest, client: ClientResponse): void {
  const { dialect, path } = wire;
  const request = dialect.decodeRequest(parseRequestBody(wire.bytes), path);
  const previousId = request.previousResponseId;
  const previous = previousId === undefined ? undefined : deps.responses.lookup(previousId, wire.session);
  // No provider will ever know this answer, so all that comes before it must be here.
  if (previousId !== undefined && (previous === undefined || previous.items === null)) {
    throw notServed(previousId, previous);
  }
  const responseId = deps.ids.exchangeId();
  const responseModel = request.requestModel;
  const encoder = dialect.createStreamEncoder({
    responseId,
    responseModel,
    createdAtS: Math.floor(wire.receivedAtMs / 1000),
    wantsUsage: true,
    request,
  });
  const events: readonly StreamEvent[] = [
    { type: 'response-start', responseId, responseModel },
    { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'completed' },
    { type: 'usage', usage: NO_USAGE },
    { type: 'response-end' },
  ];
  const kept = keepAnswer(deps, wire, request, client, { maker: null, isPassedThrough: false });
  kept.commit(200, { 'content-type': dialect.streamContentType });
  kept.end(events.map((event) => encoder.push(event)).join('') + encoder.end(undefined));
}
