// Writes trained weights as `LinearHeadData`: each table is scaled to signed bytes. Deterministic: same weights, same
// bytes.

import type { LinearHeadData } from '../../../daemon/classify/linear-head.ts';

export interface TrainedOutput {
  readonly name: string;
  readonly bias: number;
  /** 2^hashBits of them. */
  readonly weights: ArrayLike<number>;
  readonly dense: ArrayLike<number>;
}

export function encodeLinearHead(hashBits: number, outputs: readonly TrainedOutput[]): LinearHeadData {
  return {
    hashBits,
    outputs: outputs.map((output) => {
      const weights = Array.from(output.weights);
      const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      const scale = largest === 0 ? 1 : Number((largest / 127).toPrecision(6));
      const bytes = Int8Array.from(weights, (weight) =>
        Math.max(-127, Math.min(127, Math.round(weight / scale))),
      );
      return {
        name: output.name,
        bias: Number(output.bias.toPrecision(6)),
        scale,
        weights: Buffer.from(bytes.buffer).toString('base64'),
        dense: Array.from(output.dense, (weight) => Number(weight.toPrecision(6))),
      };
    }),
  };
}
