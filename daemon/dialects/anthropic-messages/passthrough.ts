// Same dialect on both sides: the client's bytes go up with only these changes, each where the chosen model needs it:
//   model, max_tokens        the chosen model; down to its limit
//   thinking, output_config  adaptive <-> budget, efforts that it knows, the router's in place of the client's; see edit-thinking.ts
//   messages                 thoughts of other models go, system text between the turns may move; see edit-messages.ts
//   settings it refuses      go, each with a warning
//   cache_control            automatic caching and a mark on what conversations begin with, for a client that asked for
//                            none; one mark more where the model comes back to a conversation that others went on with

import type { ConversationRequest } from '../../conversation/request.ts';
import type { ReasoningEffort, SettingName } from '../../conversation/settings.ts';
import { numberOf } from '../../util/json.ts';
import { hasDuplicate, scanArray, scanObject, spliceMembers, typeAt } from '../../util/json-scan.ts';
import { ByteSearch } from '../../util/piece-facts.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { member } from '../body-fields.ts';
import { askedEffort } from '../asked-effort.ts';
import type { EncodeTarget } from '../dialect.ts';
import { Losses } from '../losses.ts';
import { applyEdits } from '../splice.ts';
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

const MARK = '"cache_control"';
const MAX_MARKS = 4;

/** Quotes inside of strings are escaped, so these bytes are a name or a whole string. */
const MARK_WORD = new ByteSearch(MARK);
const LIFE_WORD = new ByteSearch('"ttl"');
const THOUGHT_WORDS = ['"signature"', '"redacted_thinking"'].map((word) => new ByteSearch(word));

const EMPTY_TEXT = '""';

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
  if (wantsCaching(request, target)) {
    edits.set('cache_control', '{"type":"ephemeral"}');
    markBeginning(body, edits);
  }
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
  const hasThoughts = THOUGHT_WORDS.some((word) => word.isIn(body));
  const hasThinking = body.members.has('thinking');
  const marksCached = target.cachedAnswers !== undefined && hasFreeMark(body);
  const isUntouched = !movesSystemText && !hasDeveloper && !changesEfforts && !hasThoughts && !hasThinking;
  if (isUntouched && !marksCached) {
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
    ...(marksCached ? { cachedAnswers: target.cachedAnswers } : {}),
  };
  return editMessages(body, rules, losses);
}

/**
 * Anthropic takes four marks. One of five minutes must not stand before one of an hour, so nothing is added to a request
 * that says how long.
 */
function hasFreeMark(body: RequestBody): boolean {
  let count = 0;
  const first = MARK_WORD.isIn(body) ? body.bytes.indexOf(MARK) : -1;
  for (let at = first; at >= 0; at = body.bytes.indexOf(MARK, at + MARK.length)) count += 1;
  return count < MAX_MARKS && !LIFE_WORD.isIn(body);
}

/** What all conversations of an assistant begin with is found again by a mark of its own. */
function markBeginning(body: RequestBody, edits: MemberEdits): void {
  const system = edits.has('system') ? undefined : body.members.get('system');
  const marked = system === undefined ? undefined : markedSystem(body.bytes, system);
  if (marked !== undefined) edits.set('system', marked);
  else if (system === undefined && !edits.has('system')) markLastElement(body, 'tools', edits);
}

/** Text becomes a block, which alone can carry a mark. */
function markedSystem(bytes: Buffer, span: Span): string | undefined {
  const type = typeAt(bytes, span.start);
  if (type === 'array') return withMarkedLast(bytes, span);
  const text = bytes.toString('utf8', span.start, span.end);
  return type === 'string' && text.length > EMPTY_TEXT.length
    ? `[{"type":"text","text":${text},${MARK}:{"type":"ephemeral"}}]`
    : undefined;
}

function markLastElement(body: RequestBody, name: 'tools', edits: MemberEdits): void {
  const span = edits.has(name) ? undefined : body.members.get(name);
  if (span === undefined || typeAt(body.bytes, span.start) !== 'array') return;
  const marked = withMarkedLast(body.bytes, span);
  if (marked !== undefined) edits.set(name, marked);
}

function withMarkedLast(bytes: Buffer, list: Span): string | undefined {
  const last = scanArray(bytes, list).at(-1);
  if (last === undefined || typeAt(bytes, last.start) !== 'object' || scanObject(bytes, last).size === 0) {
    return undefined;
  }
  const start = last.start + 1;
  return applyEdits(bytes, list, [{ span: { start, end: start }, text: `${MARK}:{"type":"ephemeral"},` }]);
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
  return (toolCount > 0 || turnCount > 1) && !MARK_WORD.isIn(body);
}
