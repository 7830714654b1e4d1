// A stored answer on its way to the client: encoded in the client's dialect, streamed or plain as it asked.

import type { CachedAnswer } from '../cache/response-cache.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import { requestIdHeaders } from './answer-labels.ts';
import type { ClientResponse } from './client-response.ts';
import type { Exchange } from './exchange.ts';

export interface ReplayInput {
  readonly cached: CachedAnswer;
  readonly exchange: Exchange;
  readonly request: ConversationRequest;
  readonly clientDialect: ClientDialect;
}

/** Commits and sends the whole answer. */
export async function replayCached(input: ReplayInput, client: ClientResponse): Promise<void> {
  const { cached, exchange, request, clientDialect } = input;
  exchange.servedFromCache(cached);
  const identity = {
    responseId: exchange.id,
    responseModel: cached.model,
    createdAtS: exchange.receivedAtS,
    wantsUsage: request.wantsUsage,
    request,
  };
  const metadata = exchange.bodyMetadata();
  if (request.stream) {
    const encoder = clientDialect.createStreamEncoder(identity);
    client.commit(200, {
      ...requestIdHeaders(exchange.id),
      ...exchange.responseHeaders(true),
      'content-type': clientDialect.streamContentType,
    });
    for (const event of cached.events) {
      const text = encoder.push(event);
      if (text !== '') await client.write(text);
    }
    await client.write(encoder.end(metadata));
  } else {
    const encoded = Buffer.from(JSON.stringify(clientDialect.encodeResponse(cached.events, identity)));
    const body = metadata === undefined ? encoded : clientDialect.addMetadata(encoded, metadata);
    client.commit(200, {
      ...requestIdHeaders(exchange.id),
      ...exchange.responseHeaders(true),
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    await client.write(body);
  }
  client.end();
}
