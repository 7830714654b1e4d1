// Figures as people read them in reports. What is not known says so; it is never 0.

export const UNKNOWN = 'unknown';

/** An amount without its unit. */
export type Money = (amount: number | null | undefined) => string;

/** How money of one report is written: so many decimals that its largest amount has about four digits that count. */
export function moneyFormat(largestUsd: number): Money {
  const size = Math.abs(largestUsd);
  const decimals = size >= 1000 ? 2 : size >= 0.1 ? 4 : 6;
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  // A loss too small for its decimals is no -0.
  return (amount) =>
    amount === null || amount === undefined ? UNKNOWN : format.format(amount).replace(/^-(?=[0.,]*$)/u, '');
}

export function percent(ratio: number | null): string {
  return ratio === null ? UNKNOWN : `${(ratio * 100).toFixed(1)} %`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 request`, `2 requests`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Four digits at most: `812`, `12.3k`, `4.56M`. */
export function short(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let unit = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  if (unit === 0) return String(Math.round(rest));
  const decimals = rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(decimals)}${units[unit] ?? ''}`;
}

export function duration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  return ms < 9_999.5 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
