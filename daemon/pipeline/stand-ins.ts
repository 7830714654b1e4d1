// Which models of a plan may be tried when their turn comes: no dearer one without consent, none that a budget has no room
// for. What was passed over is told to the record, and to the client when nobody answered.

import type { ModelTarget } from '../catalog/model-target.ts';
import { RouterError } from '../errors.ts';
import type { Candidate } from '../protocol/exchange-record.ts';
import type { Admission } from './budget-gate.ts';
import { CONSENT_ADVICE, whyHeldBack, type WishedChoice } from './dearer-fallback.ts';

export class StandIns {
  readonly #candidates: readonly Candidate[];
  /** null = dearer ones may be tried. */
  readonly #wished: WishedChoice | null;
  readonly #warn: (sentence: string) => void;
  /** Sentences about models that were passed over. */
  readonly #passedOver = new Set<string>();
  #waitsForConsent = false;
  #admission: Admission | null = null;

  constructor(given: {
    readonly candidates: readonly Candidate[];
    readonly wished: WishedChoice | null;
    readonly warn: (sentence: string) => void;
  }) {
    this.#candidates = given.candidates;
    this.#wished = given.wished;
    this.#warn = given.warn;
  }

  /** The first of a plan that may be tried without asking. Throws when all of them would have to be asked about. */
  first(targets: readonly ModelTarget[]): ModelTarget | null {
    const allowed = targets.find((target) => this.#isConsented(target));
    const wished = this.#wished?.target.id;
    if (allowed !== undefined || targets.length === 0 || wished === undefined) return allowed ?? null;
    throw this.explain(
      new RouterError('upstream.all_failed', `${wished} cannot be asked now`, { statusCode: 503 }),
    );
  }

  admitted(admission: Admission): void {
    this.#admission = admission;
  }

  readonly mayTry = (target: ModelTarget): boolean => {
    if (!this.#isConsented(target)) return false;
    const why = this.#admission?.tryAlso(target) ?? null;
    if (why !== null) this.#passOver(`${target.id} was not asked: ${why}`);
    return why === null;
  };

  /** `error` with what else could have been tried, where nobody answered. */
  explain(error: RouterError): RouterError {
    if (error.code !== 'upstream.all_failed' || this.#passedOver.size === 0) return error;
    const advice = this.#waitsForConsent ? [CONSENT_ADVICE] : [];
    const message = [error.message, ...this.#passedOver, ...advice].join('; ');
    const { statusCode, retryAfterMs } = error;
    return new RouterError(error.code, message, {
      statusCode,
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #isConsented(target: ModelTarget): boolean {
    const why = this.#wished === null ? null : whyHeldBack(target, this.#candidates, this.#wished);
    if (why === null) return true;
    this.#waitsForConsent = true;
    this.#passOver(`${target.id} was not asked: it ${why}`);
    return false;
  }

  #passOver(sentence: string): void {
    this.#passedOver.add(sentence);
    this.#warn(sentence);
  }
}
