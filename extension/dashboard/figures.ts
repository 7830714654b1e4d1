// Numbers as people read them, the same in the status bar, the tooltips and the dashboard. Pure. Money is never rounded
// anywhere but here.

const UNKNOWN = 'unknown';

/** `$1,234.57`, `$0.0031`, `-$0.02`; three significant digits below a cent; null = unknown. */
export function usd(amount: number | null): string {
  if (amount === null || !Number.isFinite(amount)) return UNKNOWN;
  const size = Math.abs(amount);
  const sign = amount < 0 ? '-' : '';
  if (size === 0) return '$0.00';
  if (size >= 0.0995) return `${sign}$${grouped(size, 2)}`;
  if (size >= 0.000_000_1) return `${sign}$${fixedDigits(size, 2)}`;
  return `${sign}<$0.0000001`;
}

/** As `usd`, with a plus sign before gains. */
export function signedUsd(amount: number | null): string {
  return amount !== null && amount > 0 ? `+${usd(amount)}` : usd(amount);
}

/** `12.3 %`, `-4.0 %`; null = unknown. */
export function percent(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return UNKNOWN;
  return `${(ratio * 100).toFixed(1)} %`;
}

/** `1,234`, `12.3 k`, `4.56 M`. */
export function tokens(count: number): string {
  if (count < 10_000) return grouped(count, 0);
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} k` : `${(count / 1_000_000).toFixed(2)} M`;
}

/** `812 ms`, `4.2 s`, `2 min 5 s`; null = unknown. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function grouped(value: number, decimals: number): string {
  const [whole = '', fraction] = value.toFixed(decimals).split('.');
  const withCommas = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/** So many significant digits, never in exponents, without zeros at the end. */
function fixedDigits(value: number, digits: number): string {
  const decimals = Math.min(10, digits - 1 - Math.floor(Math.log10(value)));
  return value.toFixed(decimals).replace(/0+$/, '');
}
