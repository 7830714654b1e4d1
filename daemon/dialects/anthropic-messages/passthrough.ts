// Same dialect on both sides: the client's bytes go up with only these changes, each where the chosen model needs it:
//   model, max_tokens        the chosen model; down to its limit
//   thinking, output_config  adaptive <-> budget, efforts that it knows, the router's in place of the client's; see edit-thinking.ts
//   messages                 thoughts of other models go, system text between the turns may move; see edit-messages.ts
//   settings it refuses      go, each with a warning
//   cache_control            automatic caching, for a conversation whose client asked for none

import type { ConversationRequest } from '../../conversation/request.ts';
import type { ReasoningEffort, SettingName } from '../../conversation/settings.ts';
import { numberOf } from '../../util/json.ts';
import { hasDuplicate, spliceMembers } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { member } from '../body-fields.ts';
import { askedEffort } from '../asked-effort.ts';
import type { EncodeTarget } from '../dialect.ts';
import { Losses } from '../losses.ts';
import { WORTH_CACHING_BYTES } from './cache-marks.ts';
import { editMessages, type MessageEdits } from './edit-messages.ts';
import { editThinking, fitsEfforts, type MemberEdits } from './edit-thinking.ts';
import { CHOICE_REFUSED } from './encode-tools.ts';
import { isSystemRole } from './system-text.ts';
import { wireEffort } from './thinking.ts';

/** Settings that a model may refuse, as this dialect writes them. */
const SETTING_MEMBERS: ReadonlyMap<SettingName, string> = new Map<SettingName, string>([
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['stopSequences', 'stop_sequences'],
  ['toolChoice', 'tool_choice'],
  ['serviceTier', 'service_tier'],
]);

const OPEN_OBJECT = 0x7b;

/** Models at Anthropic itself; other providers of the dialect need not know automatic caching. */
const ANTHROPICS_OWN = /^claude-[a-z0-9.-]+$/;

export interface PassedRequest {
  readonly body: Buffer;
  readonly warnings: readonly string[];
}

/** The client's own bytes when nothing has to change. Also for the bodies of count_tokens. */
export function passRequest(request: ConversationRequest, target: EncodeTarget): PassedRequest {
  const { body } = request;
  const losses = new Losses();
  const edits: MemberEdits = new Map();
  const isNamed = request.requestModel === target.upstreamModel && body.members.has('model');
  if (!isNamed || hasDuplicate(body, 'model')) edits.set('model', JSON.stringify(target.upstreamModel));
  const maxTokens = numberOf(member(body, 'max_tokens')) ?? target.maxOutputTokens;
  if (maxTokens > target.maxOutputTokens) edits.set('max_tokens', String(target.maxOutputTokens));
  const wish = request.settings().reasoning;
  const asked = askedEffort(wish, target);
  const { text, opensWithThought } = messageEdits(request, target, asked, losses);
  if (text !== undefined) edits.set('messages', text);
  const isThinking = editThinking(
    body,
    {
      target,
      maxTokens: Math.min(maxTokens, target.maxOutputTokens),
      effort: wish?.effort,
      asked,
      opensWithThought,
    },
    edits,
    losses,
  );
  removeRefused(body, target, isThinking, edits, losses);
  editToolChoice(request, target, edits, losses);
  if (wantsCaching(request, target)) edits.set('cache_control', '{"type":"ephemeral"}');
  const bytes = edits.size === 0 ? body.bytes : spliceMembers(body, edits);
  return { body: bytes, warnings: losses.list() };
}

/** Walks the messages only when there is something in them that may have to change. */
function messageEdits(
  request: ConversationRequest,
  target: EncodeTarget,
  asked: ReasoningEffort | undefined,
  losses: Losses,
): MessageEdits {
  const { body } = request;
  const { traits } = target;
  // The separate `system` member is no object; only messages between the turns are looked at.
  const between = request.outline.filter((_, index) => request.messageBytes(index)[0] === OPEN_OBJECT);
  const hasSystemText = between.some(({ role }) => isSystemRole(role));
  const hasDeveloper = between.some(({ role }) => role === 'developer');
  // A client that names the model itself knows what it takes, unless we know better.
  const isForeignChoice = request.requestModel !== target.upstreamModel;
  const movesSystemText =
    hasSystemText &&
    (traits?.systemInMessages === false || (traits?.systemInMessages === undefined && isForeignChoice));
  const lastEffort = asked === undefined || asked === 'none' ? undefined : wireEffort(asked, traits);
  const changesEfforts = hasSystemText && (fitsEfforts(target) || lastEffort !== undefined);
  const hasThoughts = body.bytes.includes('"signature"') || body.bytes.includes('"redacted_thinking"');
  const hasThinking = body.members.has('thinking');
  if (!movesSystemText && !hasDeveloper && !changesEfforts && !hasThoughts && !hasThinking) {
    return { text: undefined, opensWithThought: true };
  }
  const rules = {
    target,
    movesSystemText,
    ...(changesEfforts
      ? {
          fitEffort: (effort: ReasoningEffort) => (fitsEfforts(target) ? wireEffort(effort, traits) : effort),
        }
      : {}),
    ...(lastEffort === undefined ? {} : { lastEffort }),
  };
  return editMessages(body, rules, losses);
}

function removeRefused(
  body: RequestBody,
  { traits }: EncodeTarget,
  isThinking: boolean,
  edits: MemberEdits,
  losses: Losses,
): void {
  const whileThinking = isThinking ? (traits?.refusesWhileThinking ?? []) : [];
  for (const name of [...(traits?.refuses ?? []), ...whileThinking]) {
    const field = SETTING_MEMBERS.get(name);
    if (field === undefined || !body.members.has(field)) continue;
    if (traits?.refuses?.includes(name) !== true && isDefault(body, field)) continue;
    edits.set(field, undefined);
    losses.refused(field);
  }
}

function editToolChoice(
  request: ConversationRequest,
  { traits }: EncodeTarget,
  edits: MemberEdits,
  losses: Losses,
): void {
  const { toolChoice, parallelToolCalls } = request.settings();
  if (toolChoice === undefined || traits?.toolChoices?.includes(toolChoice.kind) !== false) return;
  losses.add(CHOICE_REFUSED);
  const parallel = parallelToolCalls === false ? ',"disable_parallel_tool_use":true' : '';
  edits.set('tool_choice', `{"type":"auto"${parallel}}`);
}

/** While it thinks, a model takes what it would do anyway. */
function isDefault(body: RequestBody, field: string): boolean {
  const value = numberOf(member(body, field)) ?? 0;
  return (field === 'temperature' && value === 1) || (field === 'top_p' && value >= 0.95);
}

/**
 * `cache_control` on the body makes Anthropic mark the last block itself
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#automatic-caching, checked 2026-11-21).
 */
function wantsCaching(request: ConversationRequest, target: EncodeTarget): boolean {
  const { body, outline, toolCount } = request;
  if (!ANTHROPICS_OWN.test(target.upstreamModel) || body.bytes.length < WORTH_CACHING_BYTES) return false;
  if (!body.members.has('max_tokens')) return false; // tokens are only counted
  const turnCount = outline.filter(({ role }) => role === 'user').length;
  // Quotes inside of strings are escaped, so these bytes are a mark of the client's own.
  return (toolCount > 0 || turnCount > 1) && !body.bytes.includes('"cache_control"');
}
