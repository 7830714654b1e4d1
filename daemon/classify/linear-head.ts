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

interface LinearOutput {
  readonly bias: number;
  readonly scale: number;
  readonly weights: Int8Array;
  readonly dense: Float64Array;
}

/** Decodes on the first use and keeps the result: a daemon that never classifies pays nothing. */
export function lazyLinearHead(data: LinearHeadData): () => LinearHead {
  let head: LinearHead | undefined;
  return () => (head ??= decodeLinearHead(data));
}

/** Throws when a table does not have the size that the head says. */
export function decodeLinearHead(data: LinearHeadData): LinearHead {
  const size = 2 ** data.hashBits;
  const mask = size - 1;
  const outputs = data.outputs.map((output) => decodeOutput(output, size));
  return {
    names: data.outputs.map((output) => output.name),
    scores: (features) => Float64Array.from(outputs, (output) => scoreOf(output, features, mask)),
    weightOf: (output, hash) => {
      const found = outputs[output];
      return found === undefined ? 0 : found.scale * (found.weights[hash & mask] ?? 0);
    },
  };
}

function decodeOutput(data: LinearOutputData, size: number): LinearOutput {
  const bytes = Buffer.from(data.weights, 'base64');
  if (bytes.length !== size) throw new RangeError(`${data.name}: ${bytes.length} weights, expected ${size}`);
  return {
    bias: data.bias,
    scale: data.scale,
    weights: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    dense: Float64Array.from(data.dense),
  };
}

function scoreOf(output: LinearOutput, features: AskTextFeatures, mask: number): number {
  const { hashes, values, dense } = features;
  let sum = 0;
  for (let index = 0; index < hashes.length; index += 1) {
    sum += (output.weights[(hashes[index] ?? 0) & mask] ?? 0) * (values[index] ?? 0);
  }
  let total = output.bias + output.scale * sum;
  for (let index = 0; index < dense.length; index += 1) {
    total += (output.dense[index] ?? 0) * (dense[index] ?? 0);
  }
  return total;
}
