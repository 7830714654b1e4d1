// What the chosen model refuses or calls by another name, as edits of named members of a chat client's own body. A body
// for a model of which nothing is known stays as it is.

import type { ConversationRequest } from '../../conversation/request.ts';
import type { SettingName } from '../../conversation/settings.ts';
import { numberOf } from '../../util/json.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { member } from '../body-fields.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { editEffort, type MemberEdits } from './edit-effort.ts';
import { refusedSettings } from './encode-settings.ts';
import { takesChoice } from './encode-tools.ts';
import { encodeResponseFormat } from './response-format.ts';

export interface SettingEdits {
  readonly isThinking: boolean;
  /** See `WireFormat.instruction`. */
  readonly instruction?: string;
}

const LIMIT_FIELDS = ['max_tokens', 'max_completion_tokens'] as const;

const SETTING_MEMBERS: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  temperature: ['temperature'],
  topP: ['top_p'],
  topK: ['top_k'],
  frequencyPenalty: ['frequency_penalty'],
  presencePenalty: ['presence_penalty'],
  seed: ['seed'],
  stopSequences: ['stop'],
  toolChoice: ['tool_choice'],
  parallelToolCalls: ['parallel_tool_calls'],
  verbosity: ['verbosity'],
  topLogprobs: ['logprobs', 'top_logprobs'],
  logitBias: ['logit_bias'],
  serviceTier: ['service_tier'],
  userId: ['user', 'safety_identifier'],
  promptCacheKey: ['prompt_cache_key'],
};

export function editSettings(
  request: ConversationRequest,
  target: EncodeTarget,
  edits: MemberEdits,
  losses: Losses,
): SettingEdits {
  const { traits } = target;
  editLimits(request.body, target, edits);
  if (traits === undefined && target.effort === undefined) return { isThinking: true };
  const isThinking = editEffort(request, target, edits, losses);
  if (traits === undefined) return { isThinking };
  const refused = refusedSettings(traits, isThinking).flatMap((name) => SETTING_MEMBERS[name] ?? []);
  for (const field of [...refused, ...(traits.refusesFields ?? [])])
    remove(field, request.body, edits, losses);
  renameSeed(request.body, target, edits);
  const choice = request.settings().toolChoice;
  if (choice !== undefined && !takesChoice(choice, traits) && request.body.members.has('tool_choice')) {
    edits.set('tool_choice', undefined);
    losses.add(`the chosen model does not take the tool choice ${choice.kind}; it chooses itself`);
  }
  const instruction = editFormat(request, target, edits, losses);
  return { isThinking, ...(instruction === undefined ? {} : { instruction }) };
}

/**
 * The limit of the model holds under both names; a name that the model is known not to take gives way to the other.
 * Vendors refuse a request with both, so the smaller one counts then.
 */
function editLimits(body: RequestBody, { traits, maxOutputTokens }: EncodeTarget, edits: MemberEdits): void {
  const asked = LIMIT_FIELDS.flatMap((field) => numberOf(member(body, field)) ?? []);
  const isBoth = asked.length === LIMIT_FIELDS.length;
  const right = traits?.outputLimitField ?? (isBoth ? 'max_tokens' : undefined);
  const limit = Math.min(...asked, maxOutputTokens);
  for (const field of LIMIT_FIELDS) {
    if (!body.members.has(field)) continue;
    if (right !== undefined && field !== right) edits.set(field, undefined);
    else if ((numberOf(member(body, field)) ?? 0) > limit) edits.set(field, String(limit));
  }
  const isMoved = right !== undefined && asked.length > 0 && numberOf(member(body, right)) === undefined;
  if (isMoved) edits.set(right, String(limit));
}

function renameSeed(body: RequestBody, { traits }: EncodeTarget, edits: MemberEdits): void {
  const seed = numberOf(member(body, 'seed'));
  if (traits?.seedField === undefined || !body.members.has('seed')) return;
  edits.set('seed', undefined);
  if (seed !== undefined && !body.members.has(traits.seedField)) edits.set(traits.seedField, String(seed));
}

function editFormat(
  request: ConversationRequest,
  { traits }: EncodeTarget,
  edits: MemberEdits,
  losses: Losses,
): string | undefined {
  if (traits?.responseFormats === undefined || !request.body.members.has('response_format')) return undefined;
  const wanted = request.responseFormat;
  if (traits.responseFormats.includes(wanted.kind)) return undefined;
  const { format, instruction } = encodeResponseFormat(wanted, traits, losses);
  edits.set('response_format', format === undefined ? undefined : JSON.stringify(format));
  return instruction;
}

function remove(field: string, body: RequestBody, edits: MemberEdits, losses: Losses): void {
  if (!body.members.has(field)) return;
  const value = member(body, field);
  edits.set(field, undefined);
  if (value !== null && value !== false) losses.refused(field);
}
