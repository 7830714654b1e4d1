// Ridge regression on the features of asks, by conjugate gradients: no randomness, so the same rows give the same
// weights. Each group of rows has an intercept of its own, which is thrown away afterwards: what a set of questions has
// in common is its format, and a model that knows the format knows nothing.

import type { AskTextFeatures } from '../../../daemon/classify/ask-text-features.ts';

/** Rows as one sparse table. The dense features are columns behind the hashed ones. */
export interface Table {
  readonly columns: Int32Array;
  readonly values: Float64Array;
  /** Row r has the entries starts[r]..starts[r + 1]. */
  readonly starts: Int32Array;
  readonly width: number;
  readonly hashSize: number;
}

export interface TableOptions {
  readonly hashBits: number;
  /** Features of hashes that occur in fewer rows than this are left out: they can only be learnt by heart. */
  readonly minRows: number;
  /** Dense columns are multiplied with this, so that they are punished less than the hashed ones. */
  readonly denseScale: number;
  readonly denseCount: number;
}

export function buildTable(rows: readonly AskTextFeatures[], options: TableOptions): Table {
  const hashSize = 2 ** options.hashBits;
  const mask = hashSize - 1;
  const seen = new Uint16Array(hashSize);
  for (const row of rows) {
    for (const hash of row.hashes) seen[hash & mask] = Math.min(65_535, (seen[hash & mask] ?? 0) + 1);
  }
  const columns: number[] = [];
  const values: number[] = [];
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    row.hashes.forEach((hash, at) => {
      if ((seen[hash & mask] ?? 0) < options.minRows) return;
      columns.push(hash & mask);
      values.push(row.values[at] ?? 0);
    });
    row.dense.forEach((value, at) => {
      if (value === 0) return;
      columns.push(hashSize + at);
      values.push(value * options.denseScale);
    });
    starts[index + 1] = columns.length;
  });
  return {
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
    starts,
    width: hashSize + options.denseCount,
    hashSize,
  };
}

export interface RidgeTask {
  readonly table: Table;
  /** Rows to learn from. */
  readonly rows: Int32Array;
  /** One per entry of `rows`: what to predict, how much it counts, which intercept it has. */
  readonly targets: Float64Array;
  readonly importance: Float64Array;
  readonly groups: Int32Array;
  readonly groupCount: number;
  readonly penalty: number;
  readonly iterations: number;
}

/** Weights of the columns. Within each group targets and features are centred (weighted). */
export function fitRidge(task: RidgeTask): Float64Array {
  const { table, rows, importance, groups, groupCount, penalty } = task;
  const sums = new Float64Array(groupCount);
  rows.forEach((_, index) => {
    sums[groups[index]!]! += importance[index]!;
  });
  /** Weighted centring within the groups, in place. */
  const centre = (vector: Float64Array): Float64Array => {
    const means = new Float64Array(groupCount);
    for (let index = 0; index < vector.length; index += 1)
      means[groups[index]!]! += importance[index]! * vector[index]!;
    for (let index = 0; index < vector.length; index += 1)
      vector[index]! -= means[groups[index]!]! / (sums[groups[index]!]! || 1);
    return vector;
  };
  /** importance-weighted, centred residual side back onto the columns. */
  const transposed = (vector: Float64Array): Float64Array => {
    const result = new Float64Array(table.width);
    for (let index = 0; index < rows.length; index += 1) {
      const weight = importance[index]! * vector[index]!;
      if (weight === 0) continue;
      const row = rows[index]!;
      for (let at = table.starts[row]!; at < table.starts[row + 1]!; at += 1)
        result[table.columns[at]!]! += weight * table.values[at]!;
    }
    return result;
  };
  const times = (weights: Float64Array): Float64Array => {
    const product = centre(predictRows(table, rows, weights));
    const result = transposed(product);
    for (let column = 0; column < result.length; column += 1) result[column]! += penalty * weights[column]!;
    return result;
  };
  return conjugateGradients(times, transposed(centre(Float64Array.from(task.targets))), task.iterations);
}

export function predictRows(table: Table, rows: Int32Array, weights: Float64Array): Float64Array {
  const result = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    let sum = 0;
    for (let at = table.starts[row]!; at < table.starts[row + 1]!; at += 1)
      sum += weights[table.columns[at]!]! * table.values[at]!;
    result[index] = sum;
  }
  return result;
}

function conjugateGradients(
  times: (vector: Float64Array) => Float64Array,
  right: Float64Array,
  iterations: number,
): Float64Array {
  const solution = new Float64Array(right.length);
  const residual = Float64Array.from(right);
  const direction = Float64Array.from(right);
  let square = dot(residual, residual);
  const enough = square * 1e-8;
  for (let iteration = 0; iteration < iterations && square > enough; iteration += 1) {
    const image = times(direction);
    const step = square / dot(direction, image);
    for (let index = 0; index < solution.length; index += 1) {
      solution[index]! += step * direction[index]!;
      residual[index]! -= step * image[index]!;
    }
    const next = dot(residual, residual);
    const keep = next / square;
    for (let index = 0; index < direction.length; index += 1)
      direction[index] = residual[index]! + keep * direction[index]!;
    square = next;
  }
  return solution;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += left[index]! * right[index]!;
  return sum;
}
