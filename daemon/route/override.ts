// Whose wish counts. Strongest first: the header x-pointsman-model, ?model= in the query, an `exact/` name, then what
// the user set from the palette (next request, conversation, always), then the policy with the name as its ceiling.

import type { ModelTarget } from '../catalog/model-target.ts';
import { RouterError } from '../errors.ts';
import type { OverrideState } from '../protocol/control-api.ts';
import type { DecisionInput, OverrideScope } from '../protocol/exchange-record.ts';
import type { DecisionPoint, Profile } from '../protocol/vocabulary.ts';
import type { Clock } from '../util/clock.ts';
import { explicitConversationId } from './conversation-identity.ts';
import { knownNames, quoted, resolveModelName, type ResolvedName } from './model-name.ts';
import type { RoutingTable } from './policy.ts';

interface IntentBase {
  readonly profile: Profile;
  /** What the costs are compared with: the model that was asked for, else the configured one. */
  readonly baseline: ModelTarget | null;
  readonly notes: readonly string[];
}

/** What is wanted of the policy for one request. */
export type Intent =
  /** `because`: who asks for it, as a clause. */
  | (IntentBase & {
      readonly kind: 'pinned';
      readonly target: ModelTarget;
      readonly reason: 'override' | 'exact';
      readonly because: string;
    })
  /** `ceiling`: no model may be dearer than this one; null = no limit. */
  | (IntentBase & { readonly kind: 'free'; readonly ceiling: ModelTarget | null })
  | (IntentBase & { readonly kind: 'unknown-model'; readonly message: string });

const SCOPE_PHRASE: Readonly<Record<OverrideScope, string>> = {
  next: 'the override for the next request',
  conversation: 'the override of this conversation',
  always: 'the standing override',
};

const EXACT_NAME = 'the name behind exact/';
const BARE_NAME = 'the model name (bareModelNames is exact)';

export function resolveIntent(input: DecisionInput, table: RoutingTable): Intent {
  const { controls, standingOverride } = input;
  const requested = resolveModelName(input.requestModel, table);
  const configured = table.targets.find((target) => target.id === table.baseline) ?? null;
  const named = requested.kind === 'exact' || requested.kind === 'ceiling' ? requested.target : null;
  const notes: string[] = [];
  const base: IntentBase = {
    profile: controls.profile ?? (requested.kind === 'auto' ? requested.profile : null) ?? table.profile,
    baseline: named ?? configured,
    notes,
  };

  const control = controls.headerModel ?? controls.queryModel;
  if (control !== null) {
    const source = controls.headerModel === null ? '?model=' : 'x-pointsman-model';
    return controlIntent(resolveModelName(control, table), source, base, { input, table, notes });
  }
  if (requested.kind === 'exact-unknown') {
    return { ...base, kind: 'unknown-model', message: unknownModel('exact/', requested.name, table) };
  }
  if (requested.kind === 'exact' && requested.isPrefixed) {
    return pinned(base, requested.target, 'exact', EXACT_NAME);
  }
  if (standingOverride !== null) {
    const source = SCOPE_PHRASE[standingOverride.scope] ?? 'an override';
    const wish = resolveModelName(standingOverride.model, table);
    if (wish.kind === 'auto') return freed(wish, base, input, notes);
    if (wish.kind === 'exact' || wish.kind === 'ceiling') {
      return pinned(base, wish.target, 'override', source);
    }
    // The model was checked when the override was set; a later configuration no longer has it.
    notes.push(`${source} names ${quoted(standingOverride.model)}, which is no longer configured; ignored`);
  }
  if (requested.kind === 'auto') return freed(requested, base, input, notes);
  if (requested.kind === 'exact') return pinned(base, requested.target, 'exact', BARE_NAME);
  if (requested.kind === 'ceiling') return { ...base, kind: 'free', ceiling: requested.target };
  return unknownNameIntent(requested.name, base, table, notes);
}

/** A name nobody knows means the configured baseline (which `base` holds here). */
function unknownNameIntent(name: string, base: IntentBase, table: RoutingTable, notes: string[]): Intent {
  const { baseline } = base;
  if (baseline === null) {
    notes.push(`model ${quoted(name)} is not configured and there is no baseline; routed as auto`);
    return { ...base, kind: 'free', ceiling: null };
  }
  notes.push(`model ${quoted(name)} is not configured; taken as the baseline ${baseline.id}`);
  if (table.bareModelNames === 'exact') return pinned(base, baseline, 'exact', BARE_NAME);
  return { ...base, kind: 'free', ceiling: baseline };
}

/** Header or query: like `exact/`, but the baseline stays what it would have been; `auto` frees the policy. */
function controlIntent(
  wish: ResolvedName,
  source: string,
  base: IntentBase,
  context: { readonly input: DecisionInput; readonly table: RoutingTable; readonly notes: string[] },
): Intent {
  if (wish.kind === 'auto') return freed(wish, base, context.input, context.notes);
  if (wish.kind === 'exact' || wish.kind === 'ceiling') return pinned(base, wish.target, 'override', source);
  return { ...base, kind: 'unknown-model', message: unknownModel(source, wish.name, context.table) };
}

/** An override that says `auto` lifts the ceiling; its profile counts unless the request asks for one itself. */
function freed(
  wish: Extract<ResolvedName, { kind: 'auto' }>,
  base: IntentBase,
  input: DecisionInput,
  notes: string[],
): Intent {
  if (wish.note !== null) notes.push(wish.note);
  const profile = input.controls.profile ?? wish.profile ?? base.profile;
  return { ...base, kind: 'free', ceiling: null, profile };
}

function pinned(
  base: IntentBase,
  target: ModelTarget,
  reason: 'override' | 'exact',
  source: string,
): Extract<Intent, { kind: 'pinned' }> {
  return { ...base, kind: 'pinned', target, reason, because: `${source} asks for ${target.id}` };
}

function unknownModel(source: string, name: string, table: RoutingTable): string {
  const known = knownNames(table);
  const more = table.targets.length - known.length;
  const list =
    known.length === 0
      ? 'no model is configured'
      : `known are ${known.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${source} names ${quoted(name)}, which is no model of the configuration; ${list}`;
}

export interface OverrideRequest {
  readonly model: string;
  readonly scope: OverrideScope;
  /** Needed for scope `conversation`; limits scope `next` to one. As the user wrote it or as a record has it. */
  readonly conversationId?: string;
  /** Absent = until cleared. */
  readonly ttlMs?: number;
}

/** More conversations than anybody overrides by hand; the oldest override goes first. */
const MAX_CONVERSATION_OVERRIDES = 1000;

/** Overrides set from the palette or the control API. Whether a model exists is checked by whoever sets one. */
export class OverrideBoard {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onChange: (current: OverrideState | null) => void;
  #next: OverrideState | null = null;
  #always: OverrideState | null = null;
  /** By conversation id, oldest first. */
  readonly #conversations = new Map<string, OverrideState>();

  /** `onChange` is told what is in force after each change but an expiry. */
  constructor(clock: Pick<Clock, 'now'>, onChange: (current: OverrideState | null) => void = () => {}) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Replaces an earlier override of the same scope (and conversation). Throws when a conversation is missing. */
  set(request: OverrideRequest): OverrideState {
    const { conversationId } = request;
    if (request.scope === 'conversation' && conversationId === undefined) {
      throw new RouterError(
        'request.malformed',
        'an override with scope conversation needs a conversationId',
      );
    }
    const state: OverrideState = {
      model: request.model,
      scope: request.scope,
      conversationId: conversationId === undefined ? null : explicitConversationId(conversationId),
      expiresAtMs: request.ttlMs === undefined ? null : this.#clock.now() + request.ttlMs,
    };
    if (state.scope === 'next') this.#next = state;
    else if (state.scope === 'always') this.#always = state;
    else this.#bind(state.conversationId ?? '', state);
    this.#onChange(this.current());
    return state;
  }

  /**
   * Whether requests of nobody in particular follow a wish: the name of the model that all do, `passing` where some do
   * for a while, null = none does.
   */
  standing(): string | null {
    const isNone = this.#next === null && this.#always === null && this.#conversations.size === 0;
    const current = isNone ? null : this.current();
    if (current === null) return null;
    return current.scope === 'always' ? current.model : 'passing';
  }

  /** Everything, one scope, or one conversation. */
  clear(scope?: OverrideScope, conversationId?: string): void {
    this.#remove(scope, conversationId);
    this.#onChange(this.current());
  }

  #remove(scope: OverrideScope | undefined, conversationId: string | undefined): void {
    if (scope === undefined || scope === 'next') this.#next = null;
    if (scope === undefined || scope === 'always') this.#always = null;
    if (scope !== undefined && scope !== 'conversation') return;
    if (conversationId !== undefined) {
      this.#conversations.delete(explicitConversationId(conversationId));
      return;
    }
    this.#conversations.clear();
  }

  /**
   * The override for a request of this conversation, used up if it was for the next request only. Background calls
   * (titles run beside the user's own request) neither use it up nor follow it.
   */
  take(conversationId: string, atMs: number, point?: DecisionPoint): DecisionInput['standingOverride'] {
    const found = this.#find(conversationId, atMs, point);
    if (found === null) return null;
    if (found === this.#next) {
      this.#next = null;
      this.#onChange(this.current());
    }
    return { model: found.model, scope: found.scope };
  }

  /** As `take`, and nothing is used up. */
  peek(conversationId: string, atMs: number, point?: DecisionPoint): DecisionInput['standingOverride'] {
    const found = this.#find(conversationId, atMs, point);
    return found === null ? null : { model: found.model, scope: found.scope };
  }

  /** The strongest override in force, for the status; of several conversations the latest. */
  current(): OverrideState | null {
    const atMs = this.#clock.now();
    const latestFirst = [...this.#conversations.values()].toReversed();
    const states = [this.#next, ...latestFirst, this.#always];
    return states.find((state) => state !== null && isInForce(state, atMs)) ?? null;
  }

  #find(conversationId: string, atMs: number, point: DecisionPoint | undefined): OverrideState | null {
    const next = this.#next;
    const appliesNext = next !== null && (next.conversationId ?? conversationId) === conversationId;
    const states = [
      appliesNext && point !== 'background' ? next : null,
      this.#conversations.get(conversationId) ?? null,
      this.#always,
    ];
    return states.find((state) => state !== null && isInForce(state, atMs)) ?? null;
  }

  #bind(conversationId: string, state: OverrideState): void {
    this.#conversations.delete(conversationId);
    this.#conversations.set(conversationId, state);
    if (this.#conversations.size <= MAX_CONVERSATION_OVERRIDES) return;
    const [oldest] = this.#conversations.keys();
    if (oldest !== undefined) this.#conversations.delete(oldest);
  }
}

function isInForce(state: OverrideState, atMs: number): boolean {
  return state.expiresAtMs === null || atMs < state.expiresAtMs;
}
