// A request on its way to a provider of this dialect. From a client of the same dialect: the client's own bytes, see
// passthrough.ts. From another one: built from the neutral view, with a warning for each thing that has no place here.

import { fitHistory, type HistoryRules } from '../../conversation/fit-history.ts';
import type { ConversationRequest, Message } from '../../conversation/request.ts';
import { messagesOf } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { Losses } from '../losses.ts';
import { writtenCallId } from './call-ids.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeSettings } from './encode-settings.ts';
import { withUsefulThoughts } from './encode-thoughts.ts';
import { encodeTools, encodeToolUse } from './encode-tools.ts';
import { passRequest } from './passthrough.ts';
import { encodeResponseFormat } from './response-format.ts';

const PATH = '/chat/completions';

export function encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest {
  if (request.dialect === 'openai-chat') return { path: PATH, ...passRequest(request, target) };
  const losses = new Losses();
  const body = Buffer.from(JSON.stringify(buildBody(request, target, losses)));
  return { path: PATH, body, warnings: losses.list() };
}

function buildBody(request: ConversationRequest, target: EncodeTarget, losses: Losses): JsonObject {
  const { traits } = target;
  const { maxOutputTokens, choiceCount } = request;
  const tools = encodeTools(request.tools(), losses);
  const { fields, settings, isThinking } = encodeSettings(request, target, tools.length > 0, losses);
  const { format, instruction } = encodeResponseFormat(request.responseFormat, traits, losses);
  const asksForUsage = request.stream && target.usageInStream !== 'always';
  const messages = withInstruction(fittedMessages(request, target, losses), instruction);
  return {
    model: target.upstreamModel,
    messages: encodeMessages(messages, { target, isThinking, losses }),
    ...encodeToolUse(tools, settings, traits, losses),
    // Most providers of this dialect know only the older name.
    ...(maxOutputTokens === undefined
      ? {}
      : { [traits?.outputLimitField ?? 'max_tokens']: Math.min(maxOutputTokens, target.maxOutputTokens) }),
    ...fields,
    ...(choiceCount === 1 ? {} : { n: choiceCount }),
    ...(format === undefined ? {} : { response_format: format }),
    stream: request.stream,
    ...(asksForUsage ? { stream_options: { include_usage: true } } : {}),
  };
}

function fittedMessages(
  request: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
): readonly Message[] {
  const rules: HistoryRules = {
    systemText: target.traits?.systemInMessages === false ? 'first-only' : 'anywhere',
    startsWithUser: true,
    mergesNeighbours: true,
    toolResultsAreUser: false,
    pairsToolCalls: true,
    callId: writtenCallId(target.traits),
  };
  const own = messagesOf(request).map((message) => withUsefulThoughts(message, target, losses));
  const { messages, warnings } = fitHistory(own, rules);
  for (const warning of warnings) losses.add(warning);
  return messages;
}

/** Behind the system text that is there, so that what stands in front of it stays as it was. */
function withInstruction(messages: readonly Message[], instruction: string | undefined): readonly Message[] {
  if (instruction === undefined) return messages;
  const found = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const at = found === -1 ? messages.length : found;
  return messages.toSpliced(at, 0, { role: 'system', content: [{ type: 'text', text: instruction }] });
}
