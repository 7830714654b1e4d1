// A linear model over the features of an ask: reads its weights from a JSON file (bytes in base64, one table of hashed
// weights per output) and gives one score per output. Pure; how the weights came about is in test/eval/README.md.

import type { AskTextFeatures } from './ask-text-features.ts';

/** As it lies in the file. */
export interface LinearHeadData {
  /** Each table has 2^hashBits weights. */
  readonly hashBits: number;
  readonly outputs: readonly LinearOutputData[];
}

export interface LinearOutputData {
  readonly name: string;
  readonly bias: number;
  /** Weight of the byte 1. */
  readonly scale: number;
  /** Base64 of signed bytes. */
  readonly weights: string;
  /** Of the dense features, in their order. */
  readonly dense: readonly number[];
}

export interface LinearHead {
  /** Names of the scores, in order. */
  readonly names: readonly string[];
  /** Score of each output before any squashing (log-odds, or whatever it was trained for). */
  scores(features: AskTextFeatures): Float64Array;
  /** Weight of one hash in one output. */
  weightOf(output: number, hash: number): number;
}

/** Decodes on the first use and keeps the result: a daemon that never classifies pays nothing. */
export function lazyLinearHead(data: LinearHeadData): () => LinearHead {
  let head: LinearHead | undefined;
  return () => (head ??= decodeLinearHead(data));
}

/**
 * Throws when a table does not have the size that the head says. The weights of one hash lie side by side, whatever their
 * output: a text has some four hundred hashes, each at another place of a table that no cache holds.
 */
export function decodeLinearHead(data: LinearHeadData): LinearHead {
  const size = 2 ** data.hashBits;
  const mask = size - 1;
  const { outputs } = data;
  const weights = interleaved(outputs, size);
  const denseWeights = interleavedDense(outputs);
  return {
    names: outputs.map((output) => output.name),
    scores: ({ hashes, values, dense }) => {
      const sums = new Float64Array(outputs.length);
      for (let index = 0; index < hashes.length; index += 1)
        addRow(sums, weights, (hashes[index] ?? 0) & mask, values[index] ?? 0);
      outputs.forEach(({ bias, scale }, output) => {
        sums[output] = bias + scale * (sums[output] ?? 0);
      });
      for (let index = 0; index < dense.length; index += 1) {
        const value = dense[index] ?? 0;
        if (value !== 0) addRow(sums, denseWeights, index, value); // most are flags that are not set
      }
      return sums;
    },
    weightOf: (output, hash) =>
      (outputs[output]?.scale ?? 0) * (weights[(hash & mask) * outputs.length + output] ?? 0),
  };
}

/** In place: sums that are handed about would each be an object of its own. */
function addRow(sums: Float64Array, weights: Int8Array | Float64Array, row: number, value: number): void {
  const start = row * sums.length;
  for (let output = 0; output < sums.length; output += 1)
    sums[output] = (sums[output] ?? 0) + (weights[start + output] ?? 0) * value;
}

function interleavedDense(outputs: readonly LinearOutputData[]): Float64Array {
  const rows = Math.max(...outputs.map(({ dense }) => dense.length));
  const weights = new Float64Array(rows * outputs.length);
  outputs.forEach(({ dense }, at) =>
    dense.forEach((weight, row) => (weights[row * outputs.length + at] = weight)),
  );
  return weights;
}

function interleaved(outputs: readonly LinearOutputData[], size: number): Int8Array {
  const width = outputs.length;
  const weights = new Int8Array(size * width);
  outputs.forEach((output, at) => {
    const bytes = Buffer.from(output.weights, 'base64');
    if (bytes.length !== size)
      throw new RangeError(`${output.name}: ${bytes.length} weights, expected ${size}`);
    for (let row = 0; row < size; row += 1) weights[row * width + at] = bytes[row] ?? 0;
  });
  return weights;
}
