// One turn of a client that sends back what it got, over HTTP.

import assert from 'node:assert/strict';

import type { JsonObject } from '../../daemon/util/json.ts';
import { postAs } from './dialect-clients.ts';
import type { ClientDialectId, EchoClient } from './echo-clients.ts';
import type { TestDaemon } from './run-daemon.ts';

export const CLIENT_PATHS: Readonly<Record<ClientDialectId, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'google-generate': '/v1beta/models/auto:generateContent',
  'ollama-chat': '/api/chat',
};

/** Of a client that changes nothing. */
export const HABITS = {
  movesCacheMarks: false,
  thinksByBudget: false,
  dropsThoughts: false,
  trimsText: false,
};

/** One turn of a plain conversation with the model `model`. */
export async function turn(daemon: TestDaemon, echo: EchoClient, model: string): Promise<void> {
  const client = echo.dialect as ClientDialectId;
  const asked = { path: CLIENT_PATHS[client], body: echo.body };
  const response = await postAs(client, daemon, asked, { headers: { 'x-pointsman-model': model } });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  echo.receive(JSON.parse(text) as JsonObject);
}
