// Edits in what a passing request says of thinking, so that the chosen model takes it: adaptive <-> budget, efforts that
// it knows, a budget below the output limit, and none where Anthropic would refuse it.

import { effortOfBudget, type ReasoningEffort } from '../../conversation/settings.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, stringOf } from '../../util/json.ts';
import {
  parseRequestBody,
  scanArray,
  scanObject,
  spliceMembers,
  typeAt,
  valueAt,
} from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { member } from '../body-fields.ts';
import { scaledBudget } from '../asked-effort.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { applyEdits, removals } from '../splice.ts';
import { effortOf } from './decode-settings.ts';
import {
  atMostHigh,
  budgetOfEffort,
  budgetWithin,
  CANNOT_TURN_OFF,
  canTurnOff,
  LEFT_OUT_MID_LOOP,
  LEFT_OUT_NO_ROOM,
  thinkingMode,
  wireEffort,
} from './thinking.ts';

/** New text of a member of the body; undefined = it goes. */
export type MemberEdits = Map<string, string | undefined>;

export interface ThinkingFacts {
  readonly target: EncodeTarget;
  /** `max_tokens` as it goes up. */
  readonly maxTokens: number;
  /** The effort of the turn under way, wherever the client wrote it. */
  readonly effort: ReasoningEffort | undefined;
  /** The router's level in its place; absent = the client's counts. */
  readonly asked?: ReasoningEffort | undefined;
  readonly opensWithThought: boolean;
}

/** Whether efforts of the client may have to change for this model. */
export function fitsEfforts({ traits }: EncodeTarget): boolean {
  return traits?.efforts !== undefined || (thinkingMode(traits) ?? 'adaptive') !== 'adaptive';
}

/** Answers whether the model is asked to think. */
export function editThinking(
  body: RequestBody,
  facts: ThinkingFacts,
  edits: MemberEdits,
  losses: Losses,
): boolean {
  const thinking = objectOf(member(body, 'thinking'));
  const type = stringOf(thinking?.['type']);
  if (facts.asked === 'none' && turnsOff(facts.target, type)) {
    edits.set('thinking', '{"type":"disabled"}');
    lowerEffort(body, facts.target, edits);
    dropThinkingEdits(body, edits, losses);
    return false;
  }
  const changes =
    thinking === undefined ? new Map<string, string | undefined>() : changesOf(thinking, facts, losses);
  editEffort(body, facts, changes, thinking, edits, losses);
  if (changes === 'leave-out') {
    edits.set('thinking', undefined);
    dropThinkingEdits(body, edits, losses);
    return false;
  }
  if (changes.size > 0) edits.set('thinking', splicedMember(body, 'thinking', changes));
  return type !== undefined && type !== 'disabled';
}

/** Whether asking for no effort means switching thinking off. A model that thinks of its own accord must be told to stop. */
function turnsOff({ traits }: EncodeTarget, type: string | undefined): boolean {
  if (type === 'disabled' || thinkingMode(traits) === 'none' || !canTurnOff(traits)) return false;
  return type !== undefined || thinkingMode(traits) === 'adaptive';
}

/** An effort that the client wrote, as the model takes it while it does not think. */
function lowerEffort(body: RequestBody, target: EncodeTarget, edits: MemberEdits): void {
  const own = effortOf(objectOf(member(body, 'output_config'))?.['effort']);
  if (own === undefined || !fitsEfforts(target)) return;
  const level = wireEffort(atMostHigh(own), target.traits);
  if (level !== own) writeEffort(body, level, edits);
}

/** undefined: it is taken out, and what is empty then. */
function writeEffort(body: RequestBody, effort: ReasoningEffort | undefined, edits: MemberEdits): void {
  const config = objectOf(member(body, 'output_config'));
  const text = effort === undefined ? undefined : JSON.stringify(effort);
  if (config === undefined) {
    if (text !== undefined) edits.set('output_config', `{"effort":${text}}`);
    return;
  }
  const isEmptied = text === undefined && Object.keys(config).every((name) => name === 'effort');
  edits.set(
    'output_config',
    isEmptied ? undefined : splicedMember(body, 'output_config', new Map([['effort', text]])),
  );
}

type Changes = ReadonlyMap<string, string | undefined>;

function changesOf(thinking: JsonObject, facts: ThinkingFacts, losses: Losses): Changes | 'leave-out' {
  const { target, maxTokens, opensWithThought } = facts;
  const effort = facts.asked ?? facts.effort ?? 'high';
  const type = stringOf(thinking['type']);
  const leaveOut = (why: string): 'leave-out' => {
    losses.add(why);
    return 'leave-out';
  };
  const mode = thinkingMode(target.traits);
  if (mode === 'none') {
    return type === 'disabled'
      ? 'leave-out'
      : leaveOut('thinking is unknown to the chosen model and was left out');
  }
  if (type === 'enabled' && mode === 'adaptive') {
    return new Map([
      ['type', '"adaptive"'],
      ['budget_tokens', undefined],
    ]);
  }
  if (type === 'disabled') return canTurnOff(target.traits) ? new Map() : leaveOut(CANNOT_TURN_OFF);
  const becomesBudget = mode === 'budget' && (type === 'adaptive' || type === 'between_tools');
  if (type !== 'enabled' && !becomesBudget) return new Map();
  if (!opensWithThought) return leaveOut(LEFT_OUT_MID_LOOP);
  const asked = numberOf(thinking['budget_tokens']);
  const budget = becomesBudget ? budgetOfEffort(effort, maxTokens) : fittedBudget(asked, facts);
  if (becomesBudget && budget === undefined) return leaveOut(LEFT_OUT_NO_ROOM);
  if (budget === undefined) return asked === undefined ? new Map() : leaveOut(LEFT_OUT_NO_ROOM);
  const changes = new Map<string, string | undefined>();
  if (becomesBudget) changes.set('type', '"enabled"');
  if (budget !== asked) changes.set('budget_tokens', String(budget));
  return changes;
}

/** The client's budget, moved with the effort where the router asks for another one, and below the output limit. */
function fittedBudget(
  budgetTokens: number | undefined,
  { asked, maxTokens }: ThinkingFacts,
): number | undefined {
  if (budgetTokens === undefined) return undefined;
  const wanted = asked === undefined ? budgetTokens : scaledBudget(budgetTokens, asked);
  return wanted === budgetTokens && wanted < maxTokens ? wanted : budgetWithin(wanted, maxTokens);
}

/** `output_config.effort`: one that the model knows, none where it knows none, that of a budget that went away. */
function editEffort(
  body: RequestBody,
  { target, effort, asked }: ThinkingFacts,
  changes: Changes | 'leave-out',
  thinking: JsonObject | undefined,
  edits: MemberEdits,
  losses: Losses,
): void {
  const config = objectOf(member(body, 'output_config'));
  const own = effortOf(config?.['effort']);
  const budget = numberOf(thinking?.['budget_tokens']);
  const replacesBudget = changes !== 'leave-out' && changes.get('type') === '"adaptive"';
  const isTurnedDown = changes === 'leave-out' && thinking?.['type'] === 'disabled';
  const isOff = thinking?.['type'] === 'disabled';
  // Where a budget or a message says it, it was changed there; an unknown model may not know the member at all.
  const isSaidElsewhere = (budget !== undefined && !replacesBudget) || (effort !== undefined && !isOff);
  const isTaken = own !== undefined || (target.traits?.efforts !== undefined && !isSaidElsewhere);
  const wanted =
    (isTurnedDown ? 'none' : ((isTaken ? asked : undefined) ?? own)) ??
    (replacesBudget && effort === undefined && budget !== undefined ? effortOfBudget(budget) : undefined);
  if (wanted === undefined) return;
  const level = isOff && target.traits?.efforts !== undefined ? atMostHigh(wanted) : wanted;
  const isClients = own !== undefined && asked === undefined;
  const fitted = isClients && !fitsEfforts(target) ? own : wireEffort(level, target.traits);
  if (fitted === own) return;
  // A budget that took its place says the same.
  const becameBudget = changes !== 'leave-out' && changes.get('type') === '"enabled"';
  if (fitted === undefined && !becameBudget) losses.leftOut('output_config.effort');
  writeEffort(body, fitted, edits);
}

/** Clearing old thoughts is refused in a request that does not think. */
function dropThinkingEdits(body: RequestBody, edits: MemberEdits, losses: Losses): void {
  const span = body.members.get('context_management');
  if (span === undefined || typeAt(body.bytes, span.start) !== 'object') return;
  const list = scanObject(body.bytes, span).get('edits');
  if (list === undefined || typeAt(body.bytes, list.start) !== 'array') return;
  const kinds = arrayOf(valueAt(body, list)).map((edit) => stringOf(objectOf(edit)?.['type']) ?? '');
  const isDropped = kinds.map((kind) => kind.startsWith('clear_thinking'));
  if (!isDropped.includes(true)) return;
  losses.add('context_management of thoughts was left out with thinking');
  const isOnlyMember = scanObject(body.bytes, span).size === 1;
  if (isOnlyMember && !isDropped.includes(false)) edits.set('context_management', undefined);
  else {
    const gone = removals(scanArray(body.bytes, list), (index) => isDropped[index] === true);
    edits.set('context_management', applyEdits(body.bytes, span, gone));
  }
}

function splicedMember(body: RequestBody, name: string, changes: Changes): string | undefined {
  const span = body.members.get(name);
  if (span === undefined) return undefined;
  return spliceMembers(parseRequestBody(body.bytes.subarray(span.start, span.end)), changes).toString();
}
