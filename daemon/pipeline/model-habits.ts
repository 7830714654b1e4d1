// How much models write where others would have written less, measured on the answers that pass. A saving is stated
// against a baseline that was not asked, so its own manner belongs into it.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { TaskKind } from '../route/task-lengths.ts';

/** Below that a mean says little. */
const LEAST_ANSWERS = 100;

/** Standard errors that two means must lie apart. */
const LEAST_STANDARD_ERRORS = 2;

/** Old answers fade: a mean is over about so many. */
const MEMORY_ANSWERS = 3000;

type Habit = Pick<ModelTarget, 'id' | 'tokenizerFactor'>;

/** Mean and variance with fading memory. */
class FadingMean {
  #weight = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    const kept = 1 - 1 / MEMORY_ANSWERS;
    this.#weight = this.#weight * kept + 1;
    const difference = value - this.#mean;
    this.#mean += difference / this.#weight;
    this.#squares = this.#squares * kept + difference * (value - this.#mean);
  }

  get count(): number {
    return this.#weight;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Of the mean, as a share of it. */
  get standardErrorRatio(): number {
    if (this.#weight <= 1 || this.#mean === 0) return Infinity;
    return Math.sqrt(this.#squares / this.#weight / this.#weight) / this.#mean;
  }
}

export class ModelHabits {
  /** Tokens written, in reference tokens, by kind of work and model. */
  readonly #written = new Map<string, FadingMean>();

  /** A complete answer with reported usage. */
  note(target: Habit, kind: TaskKind, usage: TokenUsage): void {
    entry(this.#written, `${kind} ${target.id}`).add(usage.outputTokens / target.tokenizerFactor);
  }

  knowsOutput(modelId: string, kind: TaskKind): boolean {
    return (this.#written.get(`${kind} ${modelId}`)?.count ?? 0) >= LEAST_ANSWERS;
  }

  /** What each model writes against the mean of all that are known, by id; models that are not known are absent. */
  outputRatios(targets: readonly Habit[], kind: TaskKind): Record<string, number> {
    const known = targets.flatMap(({ id }) => {
      const written = this.#written.get(`${kind} ${id}`);
      return written === undefined || written.count < LEAST_ANSWERS ? [] : [{ id, mean: written.mean }];
    });
    const total = known.reduce((sum, { mean }) => sum + mean, 0);
    if (known.length < 2 || total <= 0) return {};
    const mean = total / known.length;
    return Object.fromEntries(known.map((one) => [one.id, one.mean / mean]));
  }

  /**
   * How much `to` would have written per token that `from` wrote, at most 1: where the cheap model was seen to write more,
   * the baseline is not made as wordy; where it writes less, that may be its easier work, and nothing is claimed for it.
   */
  outputRatio(from: Habit, to: Habit, kind: TaskKind): number | undefined {
    if (from.id === to.id) return 1;
    const own = this.#written.get(`${kind} ${from.id}`);
    const other = this.#written.get(`${kind} ${to.id}`);
    if (own === undefined || other === undefined) return undefined;
    if (own.count < LEAST_ANSWERS || other.count < LEAST_ANSWERS || own.mean <= 0) return undefined;
    const ratio = other.mean / own.mean;
    const error = Math.hypot(own.standardErrorRatio, other.standardErrorRatio);
    return ratio < 1 - LEAST_STANDARD_ERRORS * error ? ratio : undefined;
  }
}

function entry(means: Map<string, FadingMean>, key: string): FadingMean {
  let mean = means.get(key);
  if (mean === undefined) {
    mean = new FadingMean();
    means.set(key, mean);
  }
  return mean;
}
