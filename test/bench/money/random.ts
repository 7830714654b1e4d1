// Seeded randomness: the same seed gives the same sessions on every machine.

export type Random = () => number;

/** Uniform in [0, 1). */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Median, spread (sigma of the logarithm), least and greatest value. */
export type LogNormal = readonly [median: number, sigma: number, least: number, greatest: number];

export function logNormal(random: Random, [median, sigma, least, greatest]: LogNormal): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(greatest, Math.max(least, median * Math.exp(sigma * gauss)));
}

/** Index by weight; the weights add up to 1. */
export function pickWeighted(random: Random, weights: readonly number[]): number {
  let left = random();
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return weights.length - 1;
}

export function pickOne<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
