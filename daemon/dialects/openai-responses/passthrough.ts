// Same dialect on both sides: the client's bytes go up with only these changes:
//   `model`; `max_output_tokens` down to the model's limit; members that the model refuses taken out
//   `reasoning.effort` to the nearest one that the model takes, or to the router's; nothing about reasoning to a model that has none
//   reasoning items that another model sealed cut out of `input`, and the ids of the items that went with them
// Everything else stays byte for byte.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ConversationRequest } from '../../conversation/request.ts';
import type { ReasoningEffort, SettingName } from '../../conversation/settings.ts';
import { arrayOf, objectOf, stringOf } from '../../util/json.ts';
import {
  hasDuplicate,
  parseRequestBody,
  scanArray,
  scanObject,
  spliceMembers,
  stringAt,
  typeAt,
} from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { askedEffort, askedReasoning } from '../asked-effort.ts';
import { hasMember, member, numberMember, stringMember } from '../body-fields.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import { Losses } from '../losses.ts';
import { editArray, type ElementChange } from '../splice.ts';
import { sealOf } from './decode-item.ts';
import { effortOf, LOGPROBS_INCLUDE } from './decode-settings.ts';
import { canReason, fittingEffort, REASONING_INCLUDE, refusedSettings } from './encode-settings.ts';
import { headOf, kindOf } from './item-kinds.ts';

type Edits = Map<string, string | undefined>;

/** The client's own bytes when nothing has to change. */
export function passRequest(
  request: ConversationRequest,
  target: EncodeTarget,
): Pick<EncodedRequest, 'body' | 'warnings'> {
  const { body } = request;
  const edits: Edits = new Map();
  const losses = new Losses();
  const isNamed = stringMember(body, 'model') === target.upstreamModel;
  if (!isNamed || hasDuplicate(body, 'model')) edits.set('model', JSON.stringify(target.upstreamModel));
  const limit = numberMember(body, 'max_output_tokens');
  if (limit !== undefined && limit > target.maxOutputTokens) {
    edits.set('max_output_tokens', String(target.maxOutputTokens));
  }
  editSettings(request, target, edits, losses);
  editInput(body, target, edits, losses);
  return { body: edits.size === 0 ? body.bytes : spliceMembers(body, edits), warnings: losses.list() };
}

/** Members of the body for each setting that a model may refuse. */
const MEMBERS_OF: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  temperature: ['temperature'],
  topP: ['top_p'],
  topLogprobs: ['top_logprobs'],
  toolChoice: ['tool_choice'],
  parallelToolCalls: ['parallel_tool_calls'],
  serviceTier: ['service_tier'],
  userId: ['user', 'safety_identifier'],
  promptCacheKey: ['prompt_cache_key'],
};

function editSettings(
  request: ConversationRequest,
  target: EncodeTarget,
  edits: Edits,
  losses: Losses,
): void {
  const { body } = request;
  const { traits } = target;
  const wish = request.settings().reasoning;
  const asked = askedEffort(wish, target);
  if (traits === undefined) {
    if (asked !== undefined) setEffort(body, asked, edits);
    return;
  }
  const refused = refusedSettings(traits, askedReasoning(wish, target));
  const remove = (key: string): void => {
    if (!hasMember(body, key)) return;
    edits.set(key, undefined);
    losses.refused(key);
  };
  for (const name of refused) for (const key of MEMBERS_OF[name] ?? []) remove(key);
  if (refused.includes('verbosity')) removeVerbosity(body, edits, losses);
  if (canReason(traits)) editEffort(body, traits, asked, edits, losses);
  else if (wish?.effort === 'none') edits.set('reasoning', undefined);
  else remove('reasoning');
  const unwanted = [
    ...(canReason(traits) ? [] : [REASONING_INCLUDE]),
    ...(refused.includes('topLogprobs') ? [LOGPROBS_INCLUDE] : []),
  ];
  removeIncludes(body, unwanted, edits);
}

/** `asked`: the router's effort in the place of the client's. */
function editEffort(
  body: RequestBody,
  traits: ModelTraits,
  asked: ReasoningEffort | undefined,
  edits: Edits,
  losses: Losses,
): void {
  const effort = asked ?? effortOf(objectOf(member(body, 'reasoning'))?.['effort']);
  const fitting = effort === undefined ? undefined : fittingEffort(effort, traits, losses);
  if (fitting !== undefined) setEffort(body, fitting, edits);
}

function setEffort(body: RequestBody, effort: ReasoningEffort, edits: Edits): void {
  const reasoning = objectOf(member(body, 'reasoning'));
  if (reasoning?.['effort'] === effort) return;
  const text = JSON.stringify(effort);
  if (reasoning === undefined) edits.set('reasoning', `{"effort":${text}}`);
  else editInner(body, 'reasoning', 'effort', text, edits);
}

function removeVerbosity(body: RequestBody, edits: Edits, losses: Losses): void {
  const verbosity = objectOf(member(body, 'text'))?.['verbosity'];
  if (verbosity === undefined || verbosity === null) return;
  editInner(body, 'text', 'verbosity', undefined, edits);
  losses.refused('text.verbosity');
}

function editInner(
  body: RequestBody,
  field: string,
  key: string,
  text: string | undefined,
  edits: Edits,
): void {
  const span = body.members.get(field);
  if (span === undefined) return;
  edits.set(field, spliceMembers(objectAt(body.bytes, span), new Map([[key, text]])).toString());
}

function objectAt(bytes: Buffer, span: Span): RequestBody {
  return parseRequestBody(bytes.subarray(span.start, span.end));
}

/** Nobody reads what is not made, so taking it out of `include` loses nothing. */
function removeIncludes(body: RequestBody, unwanted: readonly string[], edits: Edits): void {
  const span = body.members.get('include');
  if (span === undefined || !hasMember(body, 'include')) return;
  const isUnwanted = arrayOf(member(body, 'include')).map((value) =>
    unwanted.includes(stringOf(value) ?? ''),
  );
  if (!isUnwanted.includes(true)) return;
  const elements = scanArray(body.bytes, span);
  const kept = elements.map((_, index) => (isUnwanted[index] === true ? null : undefined));
  edits.set('include', editArray(body.bytes, span, elements, kept));
}

function editInput(body: RequestBody, target: EncodeTarget, edits: Edits, losses: Losses): void {
  const span = body.members.get('input');
  if (span === undefined || typeAt(body.bytes, span.start) !== 'array') return;
  const elements = scanArray(body.bytes, span);
  const changes = new InputEditor(body.bytes, target).edit(elements);
  if (changes.every((change) => change === undefined)) return;
  if (changes.includes(null)) losses.foreignThoughts();
  edits.set('input', editArray(body.bytes, span, elements, changes));
}

class InputEditor {
  private readonly bytes: Buffer;
  private readonly target: EncodeTarget;
  /** Behind a thought that was cut out, in the same turn. */
  private isBehindCut = false;

  constructor(bytes: Buffer, target: EncodeTarget) {
    this.bytes = bytes;
    this.target = target;
  }

  edit(elements: readonly Span[]): readonly ElementChange[] {
    return elements.map((span) => this.editItem(span));
  }

  private editItem(span: Span): ElementChange {
    const members = scanObject(this.bytes, span);
    const text = (key: string): string | undefined => {
      const value = members.get(key);
      if (value === undefined || typeAt(this.bytes, value.start) !== 'string') return undefined;
      return stringAt(this.bytes, value.start, value.end);
    };
    const kind = kindOf(headOf({ type: text('type'), role: text('role'), execution: text('execution') }));
    if (kind === 'reasoning') return this.editReasoning(span, text('encrypted_content') ?? '', text('id'));
    if (kind === 'output' || (kind === 'message' && text('role') !== 'assistant')) this.isBehindCut = false;
    return this.isBehindCut && members.has('id') && kind !== 'reference' ? this.withoutId(span) : undefined;
  }

  private editReasoning(span: Span, encryptedContent: string, itemId: string | undefined): ElementChange {
    const seal = sealOf(encryptedContent, itemId);
    this.isBehindCut = encryptedContent !== '' && !isOwnSeal(seal, this.target);
    if (this.isBehindCut) return null;
    // An own seal that came in an envelope goes on without it.
    if (seal === undefined || seal.value === encryptedContent) return undefined;
    const { value, itemId: id } = seal;
    const edits: Edits = new Map([['encrypted_content', JSON.stringify(value)]]);
    if (id !== undefined) edits.set('id', JSON.stringify(id));
    return spliceMembers(objectAt(this.bytes, span), edits).toString();
  }

  /**
   * OpenAI knows by its id which thought an item came with: "Item 'msg_…' of type 'message' was provided without its
   * required 'reasoning' item". Without an id it is an item like any other (both recorded in issues of 2026).
   */
  private withoutId(span: Span): string {
    return spliceMembers(objectAt(this.bytes, span), new Map([['id', undefined]])).toString();
  }
}
