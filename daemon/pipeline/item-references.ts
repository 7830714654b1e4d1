// Requests that name items of earlier answers by their ids (`item_reference`, as the AI SDK writes them) instead of
// sending them: puts the items themselves in their places, for whoever did not store them.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { referencesIn, withReferencesFilled } from '../dialects/openai-responses/expand-input.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { KnownItem, ResponseMemory } from './response-memory.ts';
import type { WireRequest } from './wire-request.ts';

export interface FilledRequest {
  /** With the items in the places of their references; without thoughts that are worth something to their maker only. */
  readonly request: ConversationRequest;
  /** Whether this target's provider has every item that is referred to. */
  readonly areStoredAt: (target: Pick<ModelTarget, 'provider'>) => boolean;
}

/** Undefined when the request refers to no item, or to one that is not known here. */
export function fillReferences(
  memory: ResponseMemory,
  wire: Pick<WireRequest, 'dialect' | 'path' | 'session'>,
  request: ConversationRequest,
): FilledRequest | undefined {
  // The decoder names the place of the first one; what else binds a request to its vendor cannot be filled in.
  if (request.boundBy?.startsWith('input[') !== true) return undefined;
  const known = new Map<number, KnownItem>();
  for (const { index, id } of referencesIn(request.body)) {
    const item = memory.lookupItem(id, wire.session);
    if (item === undefined) return undefined;
    known.set(index, item);
  }
  const bytes = withReferencesFilled(
    request.body,
    new Map([...known].map(([index, item]) => [index, item.bytes])),
  );
  return {
    request: wire.dialect.decodeRequest(parseRequestBody(bytes), wire.path),
    areStoredAt: ({ provider }) =>
      [...known.values()].every(
        ({ isStoredByMaker, maker }) => isStoredByMaker && maker?.provider === provider,
      ),
  };
}
