// The effort of reasoning in a chat client's own body, fitted to the chosen model or set to what the router asks for.
// Providers have several words for it (see decode-settings.ts); the client's own word is the one that is changed.

import type { ConversationRequest } from '../../conversation/request.ts';
import type { ReasoningEffort } from '../../conversation/settings.ts';
import { numberOf, objectOf, stringOf } from '../../util/json.ts';
import { parseRequestBody, spliceMembers } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { askedEffort, scaledBudget } from '../asked-effort.ts';
import { member } from '../body-fields.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { isEffort } from './decode-settings.ts';
import { effortFields, effortFor } from './encode-settings.ts';

/** By top-level name: JSON text, or undefined to remove the member. */
export type MemberEdits = Map<string, string | undefined>;

/** Answers whether the model may think, as far as the request says so. */
export function editEffort(
  request: ConversationRequest,
  target: EncodeTarget,
  edits: MemberEdits,
  losses: Losses,
): boolean {
  const { traits } = target;
  const { body, toolCount, stream } = request;
  const word = stringOf(member(body, 'reasoning_effort')) ?? '';
  const own = isEffort(word) ? word : undefined;
  // A word that only this provider has is the client's own business.
  if (word !== '' && own === undefined) return true;
  const wish = request.settings().reasoning;
  const asked = askedEffort(wish, target);
  const wanted = asked ?? own;
  const effort = effortFor(
    wanted === undefined ? undefined : { effort: wanted },
    traits,
    toolCount > 0,
    losses,
  );
  const said = asked === undefined || effort === undefined ? 'nothing' : editOwnWords(body, effort, edits);
  const isEnough =
    said === 'level' || (said === 'switch' && (effort === 'none' || traits?.efforts === undefined));
  const fields = isEnough && own === undefined ? {} : effortFields(effort, traits, stream, losses);
  if (own !== undefined && fields['reasoning_effort'] !== own) edits.set('reasoning_effort', undefined);
  for (const [field, value] of Object.entries(fields)) {
    const isOwnWord = field !== 'reasoning_effort' && body.members.has(field); // said, or changed, in the model's own words
    if (!isOwnWord && !(field === 'reasoning_effort' && value === own))
      edits.set(field, JSON.stringify(value));
  }
  return (effort ?? wish?.effort) !== 'none';
}

/** Changes the level where the client gave one in a provider's own words, and answers what these words say. */
function editOwnWords(
  body: RequestBody,
  effort: ReasoningEffort,
  edits: MemberEdits,
): 'level' | 'switch' | 'nothing' {
  const isOff = effort === 'none';
  const reasoning = editReasoning(body, effort, edits);
  const thinking = editThinking(body, effort, edits);
  const isSwitched = typeof member(body, 'enable_thinking') === 'boolean';
  if (isSwitched) setMember(body, 'enable_thinking', String(!isOff), edits);
  const budget = numberOf(member(body, 'thinking_budget')) ?? 0;
  if (budget > 0)
    setMember(body, 'thinking_budget', isOff ? undefined : String(scaledBudget(budget, effort)), edits);
  if (budget > 0 || reasoning === 'level' || thinking === 'level') return 'level';
  return isSwitched || thinking === 'switch' ? 'switch' : 'nothing';
}

/** `reasoning` of OpenRouter: either a level or a number of tokens. */
function editReasoning(body: RequestBody, effort: ReasoningEffort, edits: MemberEdits): 'level' | 'nothing' {
  const reasoning = objectOf(member(body, 'reasoning'));
  const budget = numberOf(reasoning?.['max_tokens']);
  const isSwitched = typeof reasoning?.['enabled'] === 'boolean';
  const hasLevel = typeof reasoning?.['effort'] === 'string';
  if (budget === undefined && !isSwitched && !hasLevel) return 'nothing';
  const isOff = effort === 'none';
  const changes = new Map<string, string | undefined>();
  if (isSwitched) changes.set('enabled', String(!isOff));
  const scales = budget !== undefined && budget > 0 && !isOff;
  if (budget !== undefined)
    changes.set('max_tokens', scales ? String(scaledBudget(budget, effort)) : undefined);
  if (hasLevel || !scales) changes.set('effort', JSON.stringify(effort));
  changeInside(body, 'reasoning', changes, edits);
  return 'level';
}

/** `thinking` of DeepSeek, Z.AI and Moonshot. */
function editThinking(
  body: RequestBody,
  effort: ReasoningEffort,
  edits: MemberEdits,
): 'level' | 'switch' | 'nothing' {
  const thinking = objectOf(member(body, 'thinking'));
  const type = stringOf(thinking?.['type']);
  if (type === undefined) return 'nothing';
  const isOff = effort === 'none';
  const budget = numberOf(thinking?.['budget_tokens']);
  const changes = new Map<string, string | undefined>();
  if (isOff !== (type === 'disabled')) changes.set('type', isOff ? '"disabled"' : '"enabled"');
  if (budget !== undefined)
    changes.set('budget_tokens', isOff ? undefined : String(scaledBudget(budget, effort)));
  changeInside(body, 'thinking', changes, edits);
  return budget === undefined ? 'switch' : 'level';
}

function changeInside(
  body: RequestBody,
  name: string,
  changes: ReadonlyMap<string, string | undefined>,
  edits: MemberEdits,
): void {
  const span = body.members.get(name);
  if (span === undefined || changes.size === 0) return;
  const inner = parseRequestBody(body.bytes.subarray(span.start, span.end));
  setMember(body, name, spliceMembers(inner, changes).toString(), edits);
}

/** Equal text is no edit. */
function setMember(body: RequestBody, name: string, text: string | undefined, edits: MemberEdits): void {
  const span = body.members.get(name);
  if (span !== undefined && text !== body.bytes.toString('utf8', span.start, span.end)) edits.set(name, text);
}
