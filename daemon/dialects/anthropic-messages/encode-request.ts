// A request on its way to a provider of this dialect. From a client of the same dialect: the client's own bytes, see
// passthrough.ts. From another one: built from the neutral view, with a warning for each thing that has no place here.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ConversationRequest } from '../../conversation/request.ts';
import type { RequestSettings, SettingName } from '../../conversation/settings.ts';
import type { JsonObject } from '../../util/json.ts';
import { askedSettings } from '../asked-effort.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { Losses, noteUncarried, withoutRefused } from '../losses.ts';
import { withCacheMarks } from './cache-marks.ts';
import { encodeConversation } from './encode-message.ts';
import { encodeTools } from './encode-tools.ts';
import { fitStrictSchema } from './fit-schema.ts';
import { passRequest } from './passthrough.ts';
import { asksForThoughts, planThinking } from './thinking.ts';
import { opensWithThought } from './wire-message.ts';

const PATH = '/v1/messages';

/** `max_tokens` is required; this is asked for where the client set no limit, as Claude Code does it. */
const DEFAULT_MAX_TOKENS = 32_000;

/** Longer ids of users are refused. */
const MAX_USER_ID_CHARACTERS = 256;

const CARRIED: ReadonlySet<SettingName> = new Set<SettingName>([
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'toolChoice',
  'parallelToolCalls',
  'reasoning',
  'serviceTier',
  'userId',
]);

/** OpenAI's words for the service tier, as Anthropic says them; its other tiers have no counterpart. */
const SERVICE_TIERS: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['default', 'standard_only'],
  ['standard_only', 'standard_only'],
]);

export function encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest {
  if (request.dialect === 'anthropic-messages') return { path: PATH, ...passRequest(request, target) };
  const losses = new Losses();
  const body = buildBody(request, target, losses);
  return { path: PATH, body: Buffer.from(JSON.stringify(body)), warnings: losses.list() };
}

function buildBody(request: ConversationRequest, target: EncodeTarget, losses: Losses): JsonObject {
  const { traits } = target;
  noteUncarried(losses, request, CARRIED);
  const settings = withoutRefused(losses, askedSettings(request, target), traits?.refuses ?? []);
  const conversation = encodeConversation(request, target, losses);
  const { tools, toolChoice } = encodeTools(request.tools(), settings, conversation.messages, losses, traits);
  const maxTokens = Math.min(request.maxOutputTokens ?? DEFAULT_MAX_TOKENS, target.maxOutputTokens);
  const { thinking, effort, isThinking } = planThinking(
    settings.reasoning,
    {
      traits,
      maxTokens,
      forcesTool: toolChoice?.['type'] === 'any' || toolChoice?.['type'] === 'tool',
      opensWithThought: opensWithThought(conversation.messages),
      isUnasked: target.effort !== undefined && !asksForThoughts(request.settings().reasoning ?? {}),
    },
    losses,
  );
  if (request.choiceCount > 1) losses.leftOut('n (more than one answer)');
  const outputConfig = {
    ...(effort === undefined ? {} : { effort }),
    ...answerFormat(request, traits, losses),
  };
  const marked = withCacheMarks({ tools, ...conversation }, request.body.bytes.length, target.cachedAnswers);
  return {
    model: target.upstreamModel,
    max_tokens: maxTokens,
    ...(marked.system.length === 0 ? {} : { system: marked.system }),
    ...(marked.tools.length === 0 ? {} : { tools: marked.tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    messages: marked.messages,
    ...(thinking === undefined ? {} : { thinking }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...sampling(settings, target, isThinking, losses),
    ...bookkeeping(settings, losses),
    stream: request.stream,
  };
}

/** A thinking model takes only its own temperature, no `top_k` and hardly any other `top_p`. */
function sampling(
  all: RequestSettings,
  { traits }: EncodeTarget,
  isThinking: boolean,
  losses: Losses,
): JsonObject {
  const refused: SettingName[] = isThinking ? [...(traits?.refusesWhileThinking ?? [])] : [];
  if (isThinking && all.temperature !== 1) refused.push('temperature');
  if (isThinking && (all.topP ?? 1) < 0.95) refused.push('topP');
  if (isThinking) refused.push('topK');
  // Either one may be changed, not both: models since Claude 4.1 refuse the pair.
  if (all.temperature !== undefined && !refused.includes('temperature')) refused.push('topP');
  const { temperature, topP, topK, stopSequences = [] } = withoutRefused(losses, all, refused);
  if ((temperature ?? 0) > 1)
    losses.add('temperature was lowered to 1, the most that the chosen model takes');
  const stop = stopSequences.filter((text) => text.trim() !== '');
  if (stop.length < stopSequences.length) losses.leftOut('a stop sequence of white space');
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
  };
}

function bookkeeping({ serviceTier, userId }: RequestSettings, losses: Losses): JsonObject {
  const tier = SERVICE_TIERS.get(serviceTier ?? '');
  if (serviceTier !== undefined && tier === undefined) losses.leftOut(`the service tier ${serviceTier}`);
  const isLong = (userId?.length ?? 0) > MAX_USER_ID_CHARACTERS;
  if (isLong) losses.leftOut('a user id this long');
  return {
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(userId === undefined || isLong ? {} : { metadata: { user_id: userId } }),
  };
}

function answerFormat(
  { responseFormat }: ConversationRequest,
  traits: ModelTraits | undefined,
  losses: Losses,
): JsonObject {
  switch (responseFormat.kind) {
    case 'json-object':
      losses.leftOut('the answer format json_object');
      return {};
    case 'json-schema': {
      if (traits?.responseFormats?.includes('json-schema') === false) {
        losses.leftOut('the schema of the answer');
        return {};
      }
      const { schema, isLooser } = fitStrictSchema(responseFormat.schema);
      if (isLooser) losses.add('the schema of the answer was loosened');
      return { format: { type: 'json_schema', schema } };
    }
    default:
      return {};
  }
}
