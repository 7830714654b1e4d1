// An error as the clients of each dialect expect it.

import assert from 'node:assert/strict';

import { isJsonObject } from '../../daemon/util/json.ts';
import type { ClientDialectId } from './echo-clients.ts';

/** The message of an error, after a look at the shape that the dialect's clients expect. */
export function readError(client: ClientDialectId, body: unknown): { readonly message: string } {
  assert.ok(isJsonObject(body), `no object: ${JSON.stringify(body)}`);
  const { error } = body;
  if (client === 'ollama-chat') {
    assert.ok(typeof error === 'string');
    return { message: error };
  }
  assert.ok(isJsonObject(error), `no error: ${JSON.stringify(body)}`);
  const { message, status: statusName, code, type } = error;
  assert.ok(typeof message === 'string');
  if (client === 'anthropic-messages') assert.equal(body['type'], 'error');
  if (client === 'google-generate') {
    assert.equal(typeof code, 'number');
    assert.ok(typeof statusName === 'string' && /^[A-Z_]+$/.test(statusName));
  } else assert.equal(typeof type, 'string');
  return { message };
}
