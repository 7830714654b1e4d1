// Random numbers with a fixed seed, for figures that are worked out by drawing: equal questions get equal answers.

export interface RandomDraws {
  /** 0 <= x < 1. */
  readonly uniform: () => number;
  /** Mean 0, standard deviation 1. */
  readonly normal: () => number;
  /** 0..1 with this mean; the larger the weight, the closer to it. */
  readonly beta: (mean: number, weight: number) => number;
}

export function createDraws(seed: number): RandomDraws {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  // Box and Muller.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    beta(mean, weight) {
      if (mean <= 0 || mean >= 1) return Math.min(1, Math.max(0, mean));
      const one = gamma(mean * weight, { uniform, normal });
      return one / (one + gamma((1 - mean) * weight, { uniform, normal }));
    },
  };
}

/** Marsaglia and Tsang's method; below 1 by the usual step up. Never 0. */
function gamma(shape: number, { uniform, normal }: Pick<RandomDraws, 'uniform' | 'normal'>): number {
  if (shape < 1) {
    return Math.max(Number.MIN_VALUE, gamma(shape + 1, { uniform, normal }) * (1 - uniform()) ** (1 / shape));
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
