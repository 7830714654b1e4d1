// How much models write where others would have written less, measured on the answers that pass. A saving is stated
// against a baseline that was not asked, so its own manner belongs into it.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { TaskKind } from '../route/task-lengths.ts';

/** Below that a mean says little. */
const LEAST_ANSWERS = 60;

/** Old answers fade: a mean is over about so many. */
const MEMORY_ANSWERS = 3000;

/** Kinds of work times models; the names at endpoints that are passed on could be many. */
const MAX_MEANS = 2000;

type Habit = Pick<ModelTarget, 'id' | 'tokenizerFactor'>;

/** Mean and variance of logarithms with fading memory: answers are of all lengths, and one long one must not decide. */
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

  get standardError(): number {
    return this.#weight <= 1 ? Infinity : Math.sqrt(this.#squares / this.#weight / this.#weight);
  }
}

export class ModelHabits {
  /** Logarithms of the tokens written, in reference tokens, by kind of work and model; longest unused first. */
  readonly #written = new Map<string, FadingMean>();

  /** A complete answer with reported usage. */
  note(target: Habit, kind: TaskKind, usage: TokenUsage): void {
    entry(this.#written, `${kind} ${target.id}`).add(
      Math.log(Math.max(1, usage.outputTokens / target.tokenizerFactor)),
    );
  }

  /** How many means there are. */
  get size(): number {
    return this.#written.size;
  }

  knowsOutput(modelId: string, kind: TaskKind): boolean {
    return this.#known(modelId, kind) !== undefined;
  }

  /** What each model writes against the mean of all that are known, by id; models that are not known are absent. */
  outputRatios(targets: readonly Habit[], kind: TaskKind): Record<string, number> {
    const known = targets.flatMap(({ id }) => {
      const written = this.#known(id, kind);
      return written === undefined ? [] : [{ id, mean: written.mean }];
    });
    if (known.length < 2) return {};
    const mean = known.reduce((sum, one) => sum + one.mean, 0) / known.length;
    return Object.fromEntries(known.map((one) => [one.id, Math.exp(one.mean - mean)]));
  }

  /**
   * How much `to` would have written per token that `from` wrote, at most 1: where the cheap model was seen to write more,
   * the baseline is not made as wordy; where it writes less, that may be its easier work, and nothing is claimed for it.
   * A difference is believed as far as it exceeds its error. undefined = no difference is known.
   */
  outputRatio(from: Habit, to: Habit, kind: TaskKind): number | undefined {
    if (from.id === to.id) return 1;
    const own = this.#known(from.id, kind);
    const other = this.#known(to.id, kind);
    if (own === undefined || other === undefined) return undefined;
    const difference = other.mean - own.mean;
    const error = Math.hypot(own.standardError, other.standardError);
    if (difference >= 0 || error >= -difference) return undefined;
    return Math.exp(difference * (1 - (error / difference) ** 2));
  }

  #known(modelId: string, kind: TaskKind): FadingMean | undefined {
    const written = this.#written.get(`${kind} ${modelId}`);
    return written === undefined || written.count < LEAST_ANSWERS ? undefined : written;
  }
}

function entry(means: Map<string, FadingMean>, key: string): FadingMean {
  const mean = means.get(key) ?? new FadingMean();
  means.delete(key); // put last: the longest unused is the first
  means.set(key, mean);
  const [oldest] = means.keys();
  if (means.size > MAX_MEANS && oldest !== undefined) means.delete(oldest);
  return mean;
}
