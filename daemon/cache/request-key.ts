// What makes two requests the same question: digests over everything that may change the answer, in the words of the
// neutral model, so that dialect, order of keys, white space and metadata make no difference. Where it cannot be told
// whether something changes the answer it counts: a miss is cheap, a wrong hit is not.

import { hash } from 'node:crypto';
import type { ContentPart, ConversationRequest, Role, ToolDefinition } from '../conversation/request.ts';
import type { RequestSettings } from '../conversation/settings.ts';
import { isPassedOn } from '../dialects/dialect.ts';
import { isJsonObject, type JsonValue } from '../util/json.ts';
import { ambiguityOf, type JsonAmbiguity } from './ambiguous-json.ts';
import { canonicalJson, canonicalJsonOfText } from './canonical-json.ts';
import { leftOutOf } from './left-out.ts';
import { objectResponsesIn } from '../dialects/google-generate/read-members.ts';

/** What beside the request itself decides which model answers and how. */
export interface KeyScope {
  /** The models that may answer, in words: names, wishes, profile, limits. */
  readonly models: JsonValue;
  /** Headers that switch on features of a vendor (`anthropic-beta` …). */
  readonly features: readonly string[];
}

/** '' = the client did not say. */
export interface KeyPlace {
  readonly conversation: string;
  readonly workspace: string;
}

const NOWHERE: KeyPlace = { conversation: '', workspace: '' };

/** The parts of a key, in the order in which a person would look for a difference. Each is a digest. */
export interface KeyParts {
  readonly models: string;
  readonly features: string;
  readonly settings: string;
  readonly format: string;
  readonly fields: string;
  readonly tools: string;
  /** Everything that was said before the last part of the last message. */
  readonly history: string;
  /** The last part of the last message. */
  readonly ask: string;
}

export const KEY_PARTS = [
  'models',
  'features',
  'settings',
  'format',
  'fields',
  'tools',
  'history',
  'ask',
] as const satisfies readonly (keyof KeyParts)[];

/** Why no stored answer may stand in for a new one. */
export type Unanswerable =
  'passed-on' | 'stored-elsewhere' | 'likelihoods' | 'server-tools' | 'empty' | JsonAmbiguity;

/** Worked out as far as it is asked for: most requests have an ask that nobody had before, which is all it takes. */
export class RequestKey {
  readonly request: ConversationRequest;
  readonly scope: KeyScope;
  /** That it came on; some dialects have the model there. */
  readonly path: string;
  /** Where it was asked: only the same words are shared between places. */
  readonly place: KeyPlace;
  #ask: string | undefined;
  #parts: KeyParts | undefined;
  #key: string | undefined;
  #hidden: Unanswerable | null | undefined;

  constructor(request: ConversationRequest, scope: KeyScope, path = '', place: KeyPlace = NOWHERE) {
    this.request = request;
    this.scope = scope;
    this.path = path;
    this.place = place;
  }

  /** null = it has a key. What costs nothing to find out; see `hiddenObstacle` for the rest. */
  get obstacle(): Unanswerable | null {
    const { dialect, boundBy, previousResponseId, outline } = this.request;
    if (isPassedOn(dialect)) return 'passed-on';
    if (boundBy !== undefined || previousResponseId !== undefined) return 'stored-elsewhere';
    if (outline.length === 0) return 'empty';
    // The likelihoods of tokens are not part of a stored answer.
    return this.request.settings().topLogprobs === undefined ? null : 'likelihoods';
  }

  /** What only a look at the tools, and at every name and number, tells. */
  get hiddenObstacle(): Unanswerable | null {
    this.#hidden ??= asksOutside(this.request) ? 'server-tools' : ambiguityOf(this.request.body.bytes);
    return this.#hidden;
  }

  /** Digest of the last part alone: two requests that differ here differ. Cheap, since that part is read anyway. */
  get ask(): string {
    if (this.#ask === undefined) {
      const index = this.request.outline.length - 1;
      const last = this.request.message(index);
      const part = last.content.findLast(says);
      const isObject = objectResults(this.request, index).at(-1) === true;
      const reading = { nameOf: () => 0, isObject: () => isObject };
      // The id of a call says which one is meant, and is looked at with all that was said before.
      this.#ask = digest(part === undefined ? last.role : [roleOf(last.role, part), partOf(part, reading)]);
    }
    return this.#ask;
  }

  get parts(): KeyParts {
    this.#parts ??= {
      models: digest(this.scope.models),
      features: digest(this.scope.features),
      settings: digest(settingsOf(this.request)),
      format: digest(this.request.responseFormat),
      fields: digest(leftOutOf(this.request)),
      tools: digest(this.request.tools().map(toolOf)),
      history: historyOf(this.request),
      ask: this.ask,
    };
    return this.#parts;
  }

  /** Equal keys are the same question. */
  get key(): string {
    this.#key ??= hash('sha256', KEY_PARTS.map((name) => this.parts[name]).join(' '), 'base64url');
    return this.#key;
  }
}

function digest(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'base64url');
}

/** Members of a body that let a vendor look something up: what it finds changes by the hour. */
const LOOKS_UP = /search|plugins|mcp_servers|container|retrieval/i;

function asksOutside(request: ConversationRequest): boolean {
  if (request.tools().some(({ kind }) => kind === 'server')) return true;
  for (const name of request.body.members.keys()) if (LOOKS_UP.test(name)) return true;
  return false;
}

/** Values that say what would happen anyway are left out, since dialects differ in whether they must be said. */
function settingsOf(request: ConversationRequest): unknown {
  const {
    userId: _user,
    promptCacheKey: _key,
    serviceTier: _tier,
    toolChoice,
    parallelToolCalls,
    stopSequences,
    ...settings
  }: RequestSettings = request.settings();
  return {
    ...settings,
    toolChoice: toolChoice?.kind === 'auto' ? undefined : toolChoice,
    parallelToolCalls: parallelToolCalls === true ? undefined : parallelToolCalls,
    stopSequences: stopSequences?.length === 0 ? undefined : stopSequences,
    maxOutputTokens: request.maxOutputTokens,
    choices: request.choiceCount,
  };
}

/** What of a free-text tool is its grammar stands in a place of its own; what else is said of a tool is left out, see there. */
function toolOf({ kind, name, description, parameters, strict, raw }: ToolDefinition): unknown {
  return { kind, name, description, parameters, strict, ...(kind === 'function' ? {} : { raw }) };
}

/**
 * Everything before the last part, as one chain over the parts: which of them stand together in one message is not the
 * same in all dialects. Only where somebody speaks twice in a row does the border between the two messages count.
 */
function historyOf(request: ConversationRequest): string {
  const calls = new CallNames();
  const chain: (readonly [role: string, name: string | undefined, part?: unknown])[] = [];
  let spoke: Role | null = null;
  for (let index = 0; index < request.outline.length; index += 1) {
    const { role, name, content } = request.message(index);
    const parts = content.filter(says);
    const results = objectResults(request, index).values();
    const reading = { nameOf: calls.nameOf, isObject: () => results.next().value === true };
    if (parts[0] !== undefined && isSpeech(parts[0]) && spoke === role) chain.push(['again', name]);
    for (const part of parts) chain.push([roleOf(role, part), name, partOf(part, reading)]);
    if (parts.length === 0) chain.push([role, name]);
    const last = parts.at(-1);
    spoke = last !== undefined && isSpeech(last) && SPEAKERS.has(role) ? role : null;
  }
  // The last one is in `ask`; here stands which call it answers.
  const last = chain.pop();
  return digest([chain, calls.lastName, last?.[1]]);
}

/** The vendors' formats differ in how many messages the system text may have. */
const SPEAKERS: ReadonlySet<Role> = new Set(['user', 'assistant']);

function isSpeech({ type }: ContentPart): boolean {
  return type === 'text' || type === 'image' || type === 'document';
}

function says(part: ContentPart): boolean {
  return part.type !== 'text' || part.text !== '';
}

function roleOf(role: Role, part: ContentPart): string {
  return part.type === 'tool-result' ? 'tool' : role;
}

interface PartReading {
  readonly nameOf: (callId: string) => number;
  /** Whether the next result of a tool is an object; then it stands among what is left out, whatever order it has. */
  readonly isObject: () => boolean;
}

function partOf(part: ContentPart, reading: PartReading): unknown {
  switch (part.type) {
    case 'tool-call': {
      const input = part.isText === true ? part.input : canonicalJsonOfText(part.input);
      return { ...part, callId: reading.nameOf(part.callId), input };
    }
    case 'tool-result': {
      const spoken = reading.isObject() ? part.content.filter(({ type }) => type !== 'text') : part.content;
      return {
        type: part.type,
        callId: reading.nameOf(part.callId),
        content: spoken.filter(says).map((inner) => partOf(inner, reading)),
        isError: part.isError === true ? true : undefined,
      };
    }
    case 'image':
      return { ...part, detail: part.detail === 'auto' ? undefined : part.detail };
    case 'other':
      return { ...part, raw: withoutCacheMark(part.raw) };
    default:
      return part;
  }
}

/** Google's tools answer with objects, of which the neutral model makes texts: whether each result of a message is one. */
function objectResults(request: ConversationRequest, index: number): readonly boolean[] {
  if (request.dialect !== 'google-generate' || request.outline[index]?.isToolResult !== true) return [];
  return objectResponsesIn(JSON.parse(request.messageBytes(index).toString()) as JsonValue);
}

function withoutCacheMark(raw: JsonValue): JsonValue {
  if (!isJsonObject(raw)) return raw;
  const { cache_control: _mark, ...rest } = raw;
  return rest;
}

/** Ids of calls are made up anew by every client and vendor; which call is meant is all they say. */
class CallNames {
  readonly #names = new Map<string, number>();
  lastName: number | null = null;

  readonly nameOf = (callId: string): number => {
    const known = this.#names.get(callId) ?? this.#names.size;
    this.#names.set(callId, known);
    this.lastName = known;
    return known;
  };
}
