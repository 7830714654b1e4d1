// Axes of the picture: from a value to a place, and which values are written beside an axis. Pure.

export interface Scale {
  /** Where a value is, px. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to at least `largest`, with 3 to 6 round ticks. */
export function linearScale(largest: number, from: number, to: number): Scale {
  const step = niceStep(largest);
  const end = Math.max(1, Math.ceil(largest / step - 1e-9)) * step;
  return {
    at: (value) => from + ((to - from) * value) / end,
    ticks: Array.from({ length: Math.round(end / step) + 1 }, (_, index) => roundOff(index * step)),
  };
}

/** 1, 2 or 5 times a power of ten, so that three to six steps reach `largest`. */
function niceStep(largest: number): number {
  const rough = (largest > 0 ? largest : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** 0.30000000000000004 is nothing to write beside an axis. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12));
}
