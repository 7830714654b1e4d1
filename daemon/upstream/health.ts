// Which models are out for now, and until when. A model that fails several times in a row is ejected for a while that
// doubles with every relapse; then one request may try it (half-open) while the others stay away. A Retry-After keeps
// exactly that model away; a refused key keeps away the whole provider for ten minutes, used-up credit for good, both
// until credentials change. Durations run on the clock that never jumps; the times that are told are Unix epoch.

import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { Clock } from '../util/clock.ts';
import { healthEffect } from './next-step.ts';
import { LONGEST_RETRY_AFTER_MS } from './retry-after.ts';

/** What health needs to know of a target. */
export interface HealthTarget {
  readonly id: string;
  readonly provider: string;
}

export interface Unavailable {
  readonly model: string;
  /** One phrase without a full stop. */
  readonly why: string;
  /** Unix epoch ms; null = not before the user changes something. */
  readonly retryAtMs: number | null;
}

export interface HealthUpdate {
  readonly model: string;
  readonly provider: string;
  readonly health: 'ok' | 'ejected';
  readonly retryAtMs: number | null;
}

export interface HealthSettings {
  /** Failures in a row that eject a model. */
  readonly failuresToEject: number;
  /** A failure older than this no longer counts towards the row. */
  readonly failureWindowMs: number;
  readonly baseEjectionMs: number;
  readonly longestEjectionMs: number;
  /** Being well for this long takes one doubling back. */
  readonly decayMs: number;
  /** A half-open trial that has not ended by then (its request was lost) no longer keeps others away. */
  readonly trialMs: number;
  /** A refused key is tried again after this: one hiccup of a provider's login must not last until a restart. */
  readonly authMs: number;
  /** A model that this key may not use (403) is tried again after this; the provider's other models are not concerned. */
  readonly forbiddenMs: number;
}

/** Three failures as in the peers' breakers; recovery is seen within 30 s of the provider's own. */
export const HEALTH_SETTINGS: HealthSettings = {
  failuresToEject: 3,
  failureWindowMs: 60_000,
  baseEjectionMs: 5_000,
  longestEjectionMs: 30_000,
  decayMs: 60_000,
  trialMs: 60_000,
  authMs: 600_000,
  forbiddenMs: 300_000,
};

/** Endpoints that are passed on take any model name, so there could be any number of them. */
const MAX_MODELS = 1000;

export interface HealthDeps {
  readonly clock: Clock;
  /** All configured models, so that a provider's failure can be told per model. */
  readonly targets: () => readonly HealthTarget[];
  /** Called after every change between in and out. */
  readonly onChange?: (update: HealthUpdate) => void;
  readonly settings?: HealthSettings;
}

/** Times are of the monotonic clock; Infinity = until credentials change. */
interface ModelState {
  failures: number;
  lastFailureMs: number;
  /** How often it was ejected lately; each one doubles the time. */
  relapses: number;
  outUntilMs: number;
  /** Out because it kept failing, so one request must try it first; a model that asked for a pause needs no trial. */
  needsTrial: boolean;
  why: string;
  /** Start of the half-open trial that runs; null when none does. */
  trialSinceMs: number | null;
}

interface ProviderState {
  readonly outUntilMs: number;
  readonly why: string;
}

export class Health {
  readonly #deps: HealthDeps;
  readonly #settings: HealthSettings;
  readonly #models = new Map<string, ModelState>();
  readonly #providers = new Map<string, ProviderState>();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
    this.#settings = deps.settings ?? HEALTH_SETTINGS;
  }

  /** How many models there is something to remember of. */
  get modelCount(): number {
    return this.#models.size;
  }

  /** Why and until when this target is out; null = it may be tried. */
  outage(target: HealthTarget): Unavailable | null {
    const nowMs = this.#deps.clock.monotonicMs();
    const provider = this.#providers.get(target.provider);
    if (provider !== undefined && provider.outUntilMs > nowMs) return this.#told(target.id, provider, nowMs);
    const state = this.#models.get(target.id);
    if (state === undefined) return null;
    if (state.outUntilMs > nowMs) return this.#told(target.id, state, nowMs);
    if (state.trialSinceMs === null) return null;
    const trialEndsMs = state.trialSinceMs + this.#settings.trialMs;
    if (trialEndsMs <= nowMs) return null;
    return this.#told(
      target.id,
      { outUntilMs: nowMs + this.#settings.baseEjectionMs, why: `${state.why}, being tried again` },
      nowMs,
    );
  }

  /** Every configured model that is out now. */
  unavailable(): readonly Unavailable[] {
    return this.#deps.targets().flatMap((target) => this.outage(target) ?? []);
  }

  /**
   * null while any of the targets may be tried. Else when the first of them comes back (Unix epoch ms; null = not
   * before the user changes something) and why each is out: a chain known to be down is answered at once.
   */
  allDownUntil(targets: readonly HealthTarget[]): { retryAtMs: number | null; why: string } | null {
    const outages: Unavailable[] = [];
    for (const target of targets) {
      const outage = this.outage(target);
      if (outage === null) return null;
      outages.push(outage);
    }
    const times = outages.flatMap(({ retryAtMs }) => retryAtMs ?? []);
    return {
      retryAtMs: times.length === 0 ? null : Math.min(...times),
      why: outages.map(({ model, why }) => `${model} ${why}`).join('; '),
    };
  }

  /** An attempt begins. The first one after an ejection is the trial that decides. */
  started(target: HealthTarget): void {
    const state = this.#models.get(target.id);
    if (state?.needsTrial === true) state.trialSinceMs = this.#deps.clock.monotonicMs();
  }

  /**
   * A stream has begun. Nobody is kept away until its end, which can take minutes; should it break, that one failure
   * ejects again.
   */
  began(target: HealthTarget): void {
    const state = this.#models.get(target.id);
    if (state?.needsTrial !== true || state.outUntilMs > this.#deps.clock.monotonicMs()) return;
    Object.assign(state, {
      failures: this.#settings.failuresToEject - 1,
      lastFailureMs: this.#deps.clock.monotonicMs(),
      outUntilMs: 0,
      needsTrial: false,
      trialSinceMs: null,
    });
    this.#publish(target, 'ok', null);
  }

  succeeded(target: HealthTarget): void {
    const wasProviderOut = this.#providers.delete(target.provider);
    const state = this.#models.get(target.id);
    const wasEjected = state !== undefined && state.outUntilMs > 0;
    if (state !== undefined) {
      Object.assign(state, { failures: 0, outUntilMs: 0, needsTrial: false, trialSinceMs: null, why: '' });
    }
    if (wasEjected) this.#publish(target, 'ok', null);
    if (!wasProviderOut) return;
    for (const other of this.#deps.targets()) {
      if (other.provider === target.provider && other.id !== target.id) this.#publish(other, 'ok', null);
    }
    if (!wasEjected) this.#publish(target, 'ok', null);
  }

  /** An attempt failed, or its stream broke later. What that means stands in `next-step.ts`. */
  failed(target: HealthTarget, failure: AttemptFailure): void {
    const effect = healthEffect(failure.kind);
    if (effect === 'eject' && failure.statusCode !== 403) return this.#ejectProvider(target, failure);
    if (effect === 'none') return this.#endTrial(target);
    const state = this.#stateOf(target);
    state.trialSinceMs = null;
    if (effect === 'eject') return this.#takeOut(target, state, this.#settings.forbiddenMs, failure);
    if (effect === 'cool-down' && failure.retryAfterMs !== undefined) {
      return this.#takeOut(target, state, Math.min(failure.retryAfterMs, LONGEST_RETRY_AFTER_MS), failure);
    }
    this.#countFailure(target, state, failure);
  }

  /** The user gave a provider (or all of them) another key: it starts with a clean slate. */
  credentialsChanged(provider?: string): void {
    const concerned = this.#deps
      .targets()
      .filter((target) => provider === undefined || target.provider === provider);
    const wereOut = concerned.filter((target) => this.outage(target) !== null);
    for (const target of concerned) {
      this.#models.delete(target.id);
      this.#providers.delete(target.provider);
    }
    for (const target of wereOut) this.#publish(target, 'ok', null);
  }

  #stateOf(target: HealthTarget): ModelState {
    let state = this.#models.get(target.id);
    if (state === undefined) {
      if (this.#models.size >= MAX_MODELS) this.#forgetUnlisted();
      state = {
        failures: 0,
        lastFailureMs: 0,
        relapses: 0,
        outUntilMs: 0,
        needsTrial: false,
        why: '',
        trialSinceMs: null,
      };
      this.#models.set(target.id, state);
    }
    return state;
  }

  /** The longest known model that is not configured. */
  #forgetUnlisted(): void {
    const configured = new Set(this.#deps.targets().map(({ id }) => id));
    for (const id of this.#models.keys()) {
      if (configured.has(id)) continue;
      this.#models.delete(id);
      return;
    }
  }

  #countFailure(target: HealthTarget, state: ModelState, failure: AttemptFailure): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const settings = this.#settings;
    // One burst of requests fails together: only the first of them ejects, only a failed trial is a relapse.
    if (state.needsTrial && state.outUntilMs > nowMs) return;
    const wasEjected = state.needsTrial;
    if (nowMs - state.lastFailureMs > settings.failureWindowMs) state.failures = 0;
    const wellForMs = nowMs - Math.max(state.lastFailureMs, state.outUntilMs);
    state.relapses = Math.max(0, state.relapses - Math.floor(Math.max(0, wellForMs) / settings.decayMs));
    state.failures++;
    state.lastFailureMs = nowMs;
    // A failed trial ejects at once: the row of failures was never broken.
    if (!wasEjected && state.failures < settings.failuresToEject) return;
    const ejectionMs = Math.min(settings.baseEjectionMs * 2 ** state.relapses, settings.longestEjectionMs);
    state.relapses++;
    state.needsTrial = true;
    this.#takeOut(target, state, ejectionMs, failure);
  }

  #takeOut(target: HealthTarget, state: ModelState, forMs: number, failure: AttemptFailure): void {
    const untilMs = this.#deps.clock.monotonicMs() + forMs;
    // A late failure of an attempt that began before the ejection must not shorten it.
    if (untilMs <= state.outUntilMs) return;
    state.outUntilMs = untilMs;
    state.why = whyOf(failure);
    this.#publish(target, 'ejected', this.#deps.clock.now() + forMs);
  }

  #ejectProvider(target: HealthTarget, failure: AttemptFailure): void {
    this.#endTrial(target);
    const { clock } = this.#deps;
    const forMs = failure.kind === 'quota' ? quotaOutageMs(failure) : this.#settings.authMs;
    this.#providers.set(target.provider, {
      outUntilMs: clock.monotonicMs() + forMs,
      why: whyOf(failure),
    });
    const retryAtMs = forMs === Infinity ? null : clock.now() + forMs;
    for (const model of this.#deps.targets()) {
      if (model.provider === target.provider) this.#publish(model, 'ejected', retryAtMs);
    }
  }

  #endTrial(target: HealthTarget): void {
    const state = this.#models.get(target.id);
    if (state !== undefined) state.trialSinceMs = null;
  }

  #told(
    model: string,
    out: { readonly outUntilMs: number; readonly why: string },
    nowMs: number,
  ): Unavailable {
    const retryAtMs =
      out.outUntilMs === Infinity ? null : Math.ceil(this.#deps.clock.now() + out.outUntilMs - nowMs);
    return { model, why: out.why, retryAtMs };
  }

  #publish(target: HealthTarget, health: 'ok' | 'ejected', retryAtMs: number | null): void {
    this.#deps.onChange?.({ model: target.id, provider: target.provider, health, retryAtMs });
  }
}

/**
 * A plan whose limit is reached names the time at which it starts again. Money that is used up comes back by somebody's
 * doing and not by being asked for again, whatever time an answer of 402 names.
 */
function quotaOutageMs({ statusCode, retryAfterMs }: AttemptFailure): number {
  return statusCode === 402 ? Infinity : (retryAfterMs ?? Infinity);
}

function whyOf(failure: AttemptFailure): string {
  const statusText = failure.statusCode === undefined ? '' : ` (${failure.statusCode})`;
  const keyText = failure.keyEnding === undefined ? '' : `, which ends in ${failure.keyEnding}`;
  return `${WHY[failure.kind] ?? 'keeps failing'}${keyText}${statusText}`;
}

const WHY: Readonly<Partial<Record<AttemptFailure['kind'], string>>> = {
  connect: 'cannot be reached',
  timeout: 'does not answer in time',
  'rate-limited': 'is rate limited',
  overloaded: 'is overloaded',
  auth: 'refuses its key',
  quota: 'has no quota left',
  'model-not-found': 'is unknown to its provider',
};
