// How the suites of this folder print what they measured.

/** The value below which this share of the others lies; 0 of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1))] ?? 0;
}

/** `name   n  p50  p99  max`, in ms. */
export function delayLine(name: string, delaysMs: readonly number[]): string {
  const figures = [0.5, 0.99, 1].map((share) => quantile(delaysMs, share).toFixed(1).padStart(9)).join('');
  return `  ${name.padEnd(42)}${String(delaysMs.length).padStart(6)}${figures}`;
}

export const DELAY_HEADING = `  ${'ms'.padEnd(42)}${'n'.padStart(6)}${['p50', 'p99', 'max'].map((name) => name.padStart(9)).join('')}`;
