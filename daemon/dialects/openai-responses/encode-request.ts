// A request on its way to a provider of this dialect. From a client of the same dialect: the client's own bytes, see
// passthrough.ts. From another one: built from the neutral view, with a warning for each thing that has no place here.
// The provider stores nothing of it (`store`), and its thoughts come back sealed (`include`).

import { fitHistory, type HistoryRules } from '../../conversation/fit-history.ts';
import { messagesOf, type ConversationRequest, type Message } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { Losses, noteUncarried } from '../losses.ts';
import { withRecalled } from '../recalled-thoughts.ts';
import { ItemEncoder, shortId } from './encode-item.ts';
import { CARRIED_SETTINGS, encodeSettings } from './encode-settings.ts';
import { passRequest } from './passthrough.ts';

const PATH = '/responses';

/** Items are free in their order; only calls and results must pair up ("No tool output found for function call"). */
const RULES: HistoryRules = {
  systemText: 'anywhere',
  startsWithUser: false,
  mergesNeighbours: false,
  toolResultsAreUser: false,
  pairsToolCalls: true,
  callId: (id) => shortId(id, 'call_'),
};

export function encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest {
  if (request.dialect === 'openai-responses') return { path: PATH, ...passRequest(request, target) };
  const losses = new Losses();
  noteUncarried(losses, request, CARRIED_SETTINGS);
  const body = buildBody(request, target, losses);
  return { path: PATH, body: Buffer.from(JSON.stringify(body)), warnings: losses.list() };
}

function buildBody(request: ConversationRequest, target: EncodeTarget, losses: Losses): JsonObject {
  const { choiceCount } = request;
  if (choiceCount > 1) losses.add(`${choiceCount} answers were asked for, but this model's API gives one`);
  const messages = messagesOf(request).map((message) => withRecalled(message, target.history));
  const fitted = fitHistory(messages, RULES);
  for (const warning of fitted.warnings) losses.add(warning);
  const { instructions, rest } = splitInstructions(fitted.messages);
  const encoder = new ItemEncoder(target, losses);
  return {
    model: target.upstreamModel,
    ...(instructions === '' ? {} : { instructions }),
    input: rest.flatMap((message) => encoder.encode(message)),
    ...encodeSettings(request, target, losses),
    stream: request.stream,
    store: false,
  };
}

/**
 * System text in front of everything is `instructions`; it is the first thing in the prompt either way. Later system
 * text, and a developer's, stays an item in its place.
 */
function splitInstructions(messages: readonly Message[]): {
  readonly instructions: string;
  readonly rest: readonly Message[];
} {
  const texts: string[] = [];
  let count = 0;
  for (const { role, content } of messages) {
    const isText = content.every((part) => part.type === 'text');
    if (role !== 'system' || !isText) break;
    for (const part of content) if (part.type === 'text') texts.push(part.text);
    count += 1;
  }
  // Something has to be answered: a request of system text alone stays one of items.
  if (count === messages.length) return { instructions: '', rest: messages };
  return { instructions: texts.join('\n\n'), rest: messages.slice(count) };
}
