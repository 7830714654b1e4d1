// Fits the linear heads of the ask head: a softmax over the task types and one logistic score each for "not simple",
// "complex" and "leans on what was said before". Full-batch gradient steps from zero (AdaGrad, L2), no randomness: the
// same rows give the same weights.

import { ASK_HEAD_DENSE } from '../../../daemon/classify/ask-head-features.ts';
import type { AskTextFeatures } from '../../../daemon/classify/ask-text-features.ts';
import type { TrainedOutput } from './linear-head-file.ts';

export interface FitRow {
  readonly text: AskTextFeatures;
  /** Index of the right task type; -1 teaches nothing about it. */
  readonly task: number;
  /** 0 or 1 for each logistic score; -1 teaches nothing. */
  readonly flags: readonly number[];
  readonly importance: number;
}

export interface FitOptions {
  readonly hashBits: number;
  readonly taskCount: number;
  readonly flagCount: number;
  readonly penalty: number;
  readonly densePenalty: number;
  readonly steps: number;
  readonly rate: number;
}

/** One weight table per output, hashed columns first, then dense ones, then the bias. */
export interface Fitted {
  readonly weights: readonly Float64Array[];
  readonly hashSize: number;
}

interface SparseRow {
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

export function fitAskHead(rows: readonly FitRow[], options: FitOptions): Fitted {
  const hashSize = 2 ** options.hashBits;
  const width = hashSize + ASK_HEAD_DENSE.length + 1;
  const outputs = options.taskCount + options.flagCount;
  const sparse = rows.map(({ text }) => sparseRow(text, hashSize));
  const weights = Array.from({ length: outputs }, () => new Float64Array(width));
  const squares = Array.from({ length: outputs }, () => new Float64Array(width).fill(1e-8));
  const errors = new Float64Array(outputs);
  for (let step = 0; step < options.steps; step += 1) {
    const gradients = weights.map((table) => penaltyGradient(table, hashSize, options));
    rows.forEach((row, index) => {
      const entries = sparse[index];
      if (entries === undefined) return;
      errorsOf(row, scoresOf(weights, entries), options.taskCount, errors);
      gradients.forEach((gradient, output) => {
        addTo(gradient, entries, (errors[output] ?? 0) * row.importance);
      });
    });
    gradients.forEach((gradient, output) => {
      descend(weights[output], squares[output], gradient, options.rate);
    });
  }
  return { weights, hashSize };
}

/** Scores of one text before any squashing, in order: task types, then flags. */
export function scoresWith(fitted: Fitted, text: AskTextFeatures): readonly number[] {
  return scoresOf(fitted.weights, sparseRow(text, fitted.hashSize));
}

/** As it is stored; `adjust[i]` = factor and offset of the score of output i (calibration). */
export function trainedOutputs(
  fitted: Fitted,
  names: readonly string[],
  adjust: readonly (readonly [number, number])[],
): readonly TrainedOutput[] {
  const denseEnd = fitted.hashSize + ASK_HEAD_DENSE.length;
  return fitted.weights.map((table, output) => {
    const [factor, offset] = adjust[output] ?? [1, 0];
    return {
      name: names[output] ?? '',
      bias: (table[denseEnd] ?? 0) * factor + offset,
      weights: table.slice(0, fitted.hashSize).map((weight) => weight * factor),
      dense: table.slice(fitted.hashSize, denseEnd).map((weight) => weight * factor),
    };
  });
}

function sparseRow(text: AskTextFeatures, hashSize: number): SparseRow {
  const columns: number[] = [];
  const values: number[] = [];
  text.hashes.forEach((hash, index) => {
    columns.push(hash & (hashSize - 1));
    values.push(text.values[index] ?? 0);
  });
  text.dense.forEach((value, index) => {
    if (value === 0) return;
    columns.push(hashSize + index);
    values.push(value);
  });
  columns.push(hashSize + ASK_HEAD_DENSE.length);
  values.push(1);
  return { columns: Int32Array.from(columns), values: Float64Array.from(values) };
}

function scoresOf(weights: readonly Float64Array[], { columns, values }: SparseRow): readonly number[] {
  return weights.map((table) => {
    let sum = 0;
    for (let at = 0; at < columns.length; at += 1) sum += (table[columns[at] ?? 0] ?? 0) * (values[at] ?? 0);
    return sum;
  });
}

function errorsOf(row: FitRow, scores: readonly number[], taskCount: number, errors: Float64Array): void {
  const most = Math.max(...scores.slice(0, taskCount));
  let total = 0;
  for (let output = 0; output < taskCount; output += 1) total += Math.exp((scores[output] ?? 0) - most);
  scores.forEach((score, output) => {
    if (output < taskCount) {
      const right = output === row.task ? 1 : 0;
      errors[output] = row.task < 0 ? 0 : Math.exp(score - most) / total - right;
    } else {
      const right = row.flags[output - taskCount] ?? -1;
      errors[output] = right < 0 ? 0 : 1 / (1 + Math.exp(-score)) - right;
    }
  });
}

function penaltyGradient(table: Float64Array, hashSize: number, options: FitOptions): Float64Array {
  const gradient = new Float64Array(table.length);
  for (let column = 0; column < table.length - 1; column += 1) {
    gradient[column] = (table[column] ?? 0) * (column < hashSize ? options.penalty : options.densePenalty);
  }
  return gradient;
}

function addTo(gradient: Float64Array, { columns, values }: SparseRow, error: number): void {
  if (error === 0) return;
  for (let at = 0; at < columns.length; at += 1) {
    const column = columns[at] ?? 0;
    gradient[column] = (gradient[column] ?? 0) + error * (values[at] ?? 0);
  }
}

function descend(
  table: Float64Array | undefined,
  squares: Float64Array | undefined,
  gradient: Float64Array,
  rate: number,
): void {
  if (table === undefined || squares === undefined) return;
  for (let column = 0; column < table.length; column += 1) {
    const slope = gradient[column] ?? 0;
    if (slope === 0) continue;
    const square = (squares[column] ?? 0) + slope * slope;
    squares[column] = square;
    table[column] = (table[column] ?? 0) - (rate * slope) / Math.sqrt(square);
  }
}
