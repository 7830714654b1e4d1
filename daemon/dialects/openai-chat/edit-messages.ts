// What the chosen model refuses or needs in the messages of a chat client, as edits of named members of single messages.
// Every other byte stays. Nothing is walked when nothing can have to change.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ConversationRequest } from '../../conversation/request.ts';
import { stringOf } from '../../util/json.ts';
import {
  parseRequestBody,
  scanArray,
  scanObject,
  spliceMembers,
  typeAt,
  valueAt,
} from '../../util/json-scan.ts';
import { ByteSearch } from '../../util/piece-facts.ts';
import type { Span } from '../../util/request-body.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import type { Losses } from '../losses.ts';
import { editArray, type ElementChange } from '../splice.ts';
import { writtenCallId } from './call-ids.ts';
import { NO_REASONING } from './encode-thoughts.ts';
import { callSeal, detailsOf, detailsSeal, thoughtSignatureOf } from './reasoning-details.ts';

export interface MessageRules {
  readonly target: EncodeTarget;
  readonly isThinking: boolean;
  /** System text to put behind the system text that is there. */
  readonly instruction?: string;
}

type Edits = Map<string, string | undefined>;

/** Names under which providers write readable thoughts; a client sends them back to whichever model is next. */
const THOUGHT_FIELDS = ['reasoning_content', 'reasoning', 'thinking'] as const;

/** Where none of these stands nothing of the kind can. */
const SEAL_WORDS = ['"reasoning_details"', '"thought_signature"'].map((word) => new ByteSearch(word));
const THOUGHT_WORDS = THOUGHT_FIELDS.map((field) => new ByteSearch(`"${field}"`));

/** JSON text of the messages; undefined when nothing has to change. */
export function editMessages(
  request: ConversationRequest,
  rules: MessageRules,
  losses: Losses,
): string | undefined {
  const list = request.body.members.get('messages');
  if (list === undefined || !isWalkNeeded(request, rules)) return undefined;
  return new MessageEditor(request, rules, losses).edit(list);
}

function isWalkNeeded(
  request: ConversationRequest,
  { target, isThinking, instruction }: MessageRules,
): boolean {
  const { traits, history } = target;
  const { body } = request;
  const hasSeals = history !== undefined && SEAL_WORDS.some((word) => word.isIn(body));
  const hasForeignText = isTextForeign(request, target) && THOUGHT_WORDS.some((word) => word.isIn(body));
  const isFitted = traits !== undefined && isPicky(traits, isThinking);
  return hasSeals || hasForeignText || instruction !== undefined || isFitted;
}

/**
 * Whether readable thoughts must not go up: many models refuse members that they do not know. A client that names the
 * very model knows what it takes, and so may a model of which nothing is known.
 */
function isTextForeign(request: ConversationRequest, { traits, upstreamModel }: EncodeTarget): boolean {
  if (traits === undefined || request.requestModel === upstreamModel) return false;
  return traits.wantsReasoningBack !== true && traits.needsReasoningWithCalls !== true;
}

function isPicky(traits: ModelTraits, isThinking: boolean): boolean {
  const { developerRole, toolCallIds, refusesMessageFields, needsReasoningWithCalls } = traits;
  return (
    developerRole === false ||
    toolCallIds !== undefined ||
    refusesMessageFields !== undefined ||
    (needsReasoningWithCalls === true && isThinking)
  );
}

class MessageEditor {
  readonly #request: ConversationRequest;
  readonly #rules: MessageRules;
  readonly #losses: Losses;
  readonly #bytes: Buffer;
  readonly #traits: ModelTraits | undefined;
  readonly #callId: ((id: string) => string) | undefined;
  readonly #isTextForeign: boolean;

  constructor(request: ConversationRequest, rules: MessageRules, losses: Losses) {
    this.#request = request;
    this.#rules = rules;
    this.#losses = losses;
    this.#bytes = request.body.bytes;
    this.#traits = rules.target.traits;
    this.#callId = this.#traits?.toolCallIds === undefined ? undefined : writtenCallId(this.#traits);
    this.#isTextForeign = isTextForeign(request, rules.target);
  }

  edit(list: Span): string | undefined {
    const spans = scanArray(this.#bytes, list);
    const edited = spans.map((span, index) => this.#message(span, index));
    const { instruction } = this.#rules;
    if (instruction !== undefined) this.#addInstruction(instruction, spans, edited);
    if (edited.every((change) => change === undefined)) return undefined;
    return editArray(this.#bytes, list, spans, edited);
  }

  /** Joined to the message that it stands before, or behind the last one. */
  #addInstruction(instruction: string, spans: readonly Span[], edited: ElementChange[]): void {
    const found = this.#request.outline.findIndex(({ role }) => role !== 'system' && role !== 'developer');
    const at = found === -1 ? spans.length - 1 : found;
    const span = spans[at];
    const message = JSON.stringify({ role: 'system', content: instruction });
    const neighbour = edited[at] === undefined && span !== undefined ? this.#text(span) : edited[at];
    const texts = found === -1 ? [neighbour, message] : [message, neighbour];
    edited[at] = texts.filter((text) => typeof text === 'string').join(',');
  }

  #message(span: Span, index: number): ElementChange {
    const members = scanObject(this.#bytes, span);
    const edits: Edits = new Map();
    this.#editRole(members, edits);
    const refused = this.#traits?.refusesMessageFields ?? [];
    const isCut = refused.filter((field) => this.#remove(field, members, edits)).length > 0;
    this.#editIds(members, edits);
    const isForeignCut = [this.#cutForeignDetails(members, edits), this.#cutForeignText(members, edits)];
    this.#addReasoning(members, index, edits);
    if (edits.size === 0) return undefined;
    if ((isCut || isForeignCut.includes(true)) && !this.#hasContent(members, edits)) return null;
    return spliceMembers(parseRequestBody(this.#bytes.subarray(span.start, span.end)), edits).toString();
  }

  #editRole(members: ReadonlyMap<string, Span>, edits: Edits): void {
    if (this.#traits?.developerRole === false && this.#value(members, 'role') === 'developer')
      edits.set('role', '"system"');
  }

  /** Whether something was lost by it. */
  #remove(field: string, members: ReadonlyMap<string, Span>, edits: Edits): boolean {
    if (!members.has(field)) return false;
    const value = this.#value(members, field);
    edits.set(field, undefined);
    if (value === null || value === '') return false;
    this.#losses.refused(`${field} in messages`);
    return true;
  }

  #editIds(members: ReadonlyMap<string, Span>, edits: Edits): void {
    const id = stringOf(this.#value(members, 'tool_call_id'));
    const written = id === undefined ? undefined : this.#callId?.(id);
    if (written !== undefined && written !== id) edits.set('tool_call_id', JSON.stringify(written));
    const calls = this.#list(members, 'tool_calls');
    if (calls === undefined) return;
    const edited = calls.map((span) => this.#call(span));
    if (edited.every((text) => text === undefined)) return;
    const texts = calls.map((span, index) => edited[index] ?? this.#text(span));
    edits.set('tool_calls', `[${texts.join(',')}]`);
  }

  #call(span: Span): string | undefined {
    if (typeAt(this.#bytes, span.start) !== 'object') return undefined;
    const members = scanObject(this.#bytes, span);
    const edits: Edits = new Map();
    const id = stringOf(this.#value(members, 'id'));
    const written = id === undefined ? undefined : this.#callId?.(id);
    if (written !== undefined && written !== id) edits.set('id', JSON.stringify(written));
    const call = { extra_content: this.#value(members, 'extra_content') };
    const signature = thoughtSignatureOf(call) ?? '';
    const seal = callSeal(call);
    const isOwn = isOwnSeal(seal, this.#rules.target) && seal.value === signature;
    if (signature !== '' && !isOwn) {
      edits.set('extra_content', undefined);
      this.#losses.foreignThoughts();
    }
    if (edits.size === 0) return undefined;
    return spliceMembers(parseRequestBody(this.#bytes.subarray(span.start, span.end)), edits).toString();
  }

  #cutForeignDetails(members: ReadonlyMap<string, Span>, edits: Edits): boolean {
    if (!members.has('reasoning_details') || edits.has('reasoning_details')) return false;
    const seal = detailsSeal(detailsOf(this.#value(members, 'reasoning_details')));
    if (seal === undefined || isOwnSeal(seal, this.#rules.target)) return false;
    edits.set('reasoning_details', undefined);
    this.#losses.foreignThoughts();
    return true;
  }

  #cutForeignText(members: ReadonlyMap<string, Span>, edits: Edits): boolean {
    if (!this.#isTextForeign || this.#value(members, 'role') !== 'assistant') return false;
    const found = THOUGHT_FIELDS.filter((field) => members.has(field) && !edits.has(field));
    for (const field of found) edits.set(field, undefined);
    const isLost = found.some((field) => (this.#value(members, field) ?? '') !== '');
    if (isLost) this.#losses.foreignThoughts();
    return isLost;
  }

  /** Clients of this dialect seldom send thoughts back; for some providers there must be one with every call. */
  #addReasoning(members: ReadonlyMap<string, Span>, index: number, edits: Edits): void {
    const { target, isThinking } = this.#rules;
    if (this.#traits?.needsReasoningWithCalls !== true || !isThinking) return;
    const hasCalls = (this.#list(members, 'tool_calls')?.length ?? 0) > 0;
    const reasoning = stringOf(this.#value(members, 'reasoning_content')) ?? '';
    if (!hasCalls || reasoning.trim() !== '') return;
    const recalled = target.history?.recall(this.#request.message(index)) ?? [];
    const texts = recalled.flatMap(({ part }) => (part.seal?.kind === 'unsealed' ? [part.text] : []));
    edits.set('reasoning_content', JSON.stringify(texts.length === 0 ? NO_REASONING : texts.join('\n')));
  }

  #hasContent(members: ReadonlyMap<string, Span>, edits: Edits): boolean {
    const content = this.#value(members, 'content') ?? '';
    const parts = this.#list(members, 'content')?.length ?? (content === '' ? 0 : 1);
    if (parts > 0 || (this.#list(members, 'tool_calls')?.length ?? 0) > 0) return true;
    const others = ['function_call', 'refusal', 'audio', 'reasoning_details'];
    return others.some((field) => !edits.has(field) && (this.#value(members, field) ?? '') !== '');
  }

  #list(members: ReadonlyMap<string, Span>, field: string): readonly Span[] | undefined {
    const span = members.get(field);
    if (span === undefined || typeAt(this.#bytes, span.start) !== 'array') return undefined;
    return scanArray(this.#bytes, span);
  }

  #value(members: ReadonlyMap<string, Span>, field: string) {
    const span = members.get(field);
    return span === undefined ? undefined : valueAt({ bytes: this.#bytes }, span);
  }

  #text({ start, end }: Span): string {
    return this.#bytes.toString('utf8', start, end);
  }
}
