// How much models differ in something that is learnt from a history (length of answers, tokens per prompt): a small linear
// Gaussian model. The logarithm of an observation = what its kind of request usually has + what its model adds + noise.
// Models of which little was seen stay near 0 with a wide spread, so nothing is claimed that nobody saw.

export interface EffectPrior {
  /** Spread (standard deviation, logarithmic) of models among each other. */
  readonly modelSpread: number;
  /** Least spread of one observation. */
  readonly noiseSpread: number;
  /** What a mean of a kind of request may be off because a model was given the easier or harder ones of it. */
  readonly selectionSpread: number;
  /** How much observations of one conversation resemble each other, 0..1. */
  readonly clusterShare: number;
}

interface Cell {
  count: number;
  conversations: number;
  sum: number;
  squares: number;
}

/** Normal draws for `EffectPosterior.draw`. */
export type NormalDraw = () => number;

export class EffectPosterior {
  readonly #models: readonly string[];
  readonly #mean: readonly number[];
  /** Lower triangle L of the precision = L Lᵀ. */
  readonly #factor: readonly (readonly number[])[];

  constructor(models: readonly string[], mean: readonly number[], factor: readonly (readonly number[])[]) {
    this.#models = models;
    this.#mean = mean;
    this.#factor = factor;
  }

  /** Most likely effect of each model, logarithmic. */
  means(): ReadonlyMap<string, number> {
    return this.#asMap(this.#mean);
  }

  /** One set of effects that the history leaves possible. */
  draw(normal: NormalDraw): ReadonlyMap<string, number> {
    const size = this.#models.length;
    const steps = Array.from({ length: size }, normal);
    // Solves Lᵀ x = z, whose covariance is the inverse of the precision.
    for (let row = size - 1; row >= 0; row--) {
      let value = steps[row] ?? 0;
      for (let below = row + 1; below < size; below++) {
        value -= (this.#factor[below]?.[row] ?? 0) * (steps[below] ?? 0);
      }
      steps[row] = value / (this.#factor[row]?.[row] ?? 1);
    }
    return this.#asMap(this.#mean.map((mean, index) => mean + (steps[index] ?? 0)));
  }

  #asMap(values: readonly number[]): ReadonlyMap<string, number> {
    return new Map(this.#models.map((model, index) => [model, values[index] ?? 0]));
  }
}

export class ModelEffects {
  readonly #prior: EffectPrior;
  /** By kind of request, then by model. */
  readonly #kinds = new Map<number, Map<string, Cell>>();

  constructor(prior: EffectPrior) {
    this.#prior = prior;
  }

  /** `kind`: of request; any number. `isNewConversation`: the first of this conversation for this kind and model. */
  observe(kind: number, model: string, logarithm: number, isNewConversation: boolean): void {
    if (!Number.isFinite(logarithm)) return;
    let cells = this.#kinds.get(kind);
    if (cells === undefined) this.#kinds.set(kind, (cells = new Map()));
    let cell = cells.get(model);
    if (cell === undefined) cells.set(model, (cell = { count: 0, conversations: 0, sum: 0, squares: 0 }));
    cell.count += 1;
    if (isNewConversation) cell.conversations += 1;
    cell.sum += logarithm;
    cell.squares += logarithm * logarithm;
  }

  /** What the history says of `models`, all of them together. */
  posterior(models: readonly string[]): EffectPosterior {
    const size = models.length;
    const precision = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (__, column) => (row === column ? this.#prior.modelSpread ** -2 : 0)),
    );
    const vector = Array.from({ length: size }, () => 0);
    const places = new Map(models.map((model, index) => [model, index]));
    const noise = this.#noiseVariance();
    for (const cells of this.#kinds.values()) this.#addKind(cells, { places, precision, vector, noise });
    const factor = cholesky(precision);
    return new EffectPosterior(models, solve(factor, vector), factor);
  }

  /** Only differences within one kind of request count: its own level is not known. */
  #addKind(
    cells: ReadonlyMap<string, Cell>,
    target: {
      readonly places: ReadonlyMap<string, number>;
      readonly precision: number[][];
      readonly vector: number[];
      readonly noise: number;
    },
  ): void {
    const seen = [...cells].flatMap(([model, cell]) => {
      const place = target.places.get(model);
      return place === undefined
        ? []
        : [{ place, mean: cell.sum / cell.count, weight: this.#weight(cell, target.noise) }];
    });
    const total = seen.reduce((sum, { weight }) => sum + weight, 0);
    if (seen.length < 2 || total === 0) return;
    const level = seen.reduce((sum, { weight, mean }) => sum + weight * mean, 0) / total;
    for (const a of seen) {
      target.vector[a.place] = (target.vector[a.place] ?? 0) + a.weight * (a.mean - level);
      const row = target.precision[a.place];
      if (row === undefined) continue;
      row[a.place] = (row[a.place] ?? 0) + a.weight;
      for (const b of seen) row[b.place] = (row[b.place] ?? 0) - (a.weight * b.weight) / total;
    }
  }

  #weight({ count, conversations }: Cell, noise: number): number {
    const perConversation = count / Math.max(1, conversations);
    const effective = count / (1 + Math.max(0, perConversation - 1) * this.#prior.clusterShare);
    return 1 / (noise / effective + this.#prior.selectionSpread ** 2);
  }

  #noiseVariance(): number {
    let squares = 0;
    let freedom = 0;
    for (const cells of this.#kinds.values()) {
      for (const { count, sum, squares: own } of cells.values()) {
        squares += Math.max(0, own - (sum * sum) / count);
        freedom += count - 1;
      }
    }
    const least = this.#prior.noiseSpread ** 2;
    return freedom < 10 ? least : Math.max(least, squares / freedom);
  }
}

function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const factor = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  for (let row = 0; row < size; row++) {
    const own = factor[row] ?? [];
    for (let column = 0; column <= row; column++) {
      const other = factor[column] ?? [];
      let sum = matrix[row]?.[column] ?? 0;
      for (let k = 0; k < column; k++) sum -= (own[k] ?? 0) * (other[k] ?? 0);
      own[column] = row === column ? Math.sqrt(Math.max(1e-12, sum)) : sum / (other[column] ?? 1);
    }
  }
  return factor;
}

/** Solves L Lᵀ x = vector. */
function solve(factor: readonly (readonly number[])[], vector: readonly number[]): number[] {
  const size = vector.length;
  const half: number[] = [];
  for (let row = 0; row < size; row++) {
    let value = vector[row] ?? 0;
    for (let k = 0; k < row; k++) value -= (factor[row]?.[k] ?? 0) * (half[k] ?? 0);
    half[row] = value / (factor[row]?.[row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row--) {
    let value = half[row] ?? 0;
    for (let k = row + 1; k < size; k++) value -= (factor[k]?.[row] ?? 0) * (half[k] ?? 0);
    half[row] = value / (factor[row]?.[row] ?? 1);
  }
  return half;
}
