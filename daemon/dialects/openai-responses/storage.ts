// What a request says about where its conversation is kept.
// https://developers.openai.com/api/docs/guides/conversation-state (checked 2026-11-21).

import { typeAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';

/** Stored unless the client says no. */
export function isToBeStored({ bytes, members }: RequestBody): boolean {
  const span = members.get('store');
  return span === undefined || bytes.toString('utf8', span.start, span.end) !== 'false';
}

/** The earlier items lie in an object of the provider's, named in the request. */
export function isInConversation({ bytes, members }: RequestBody): boolean {
  const span = members.get('conversation');
  return span !== undefined && typeAt(bytes, span.start) !== 'null';
}
