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

/** `$0.000610`: with as many decimals as it takes for a column of terms to add up in sight; null = unknown. */
export function exactUsd(amount: number | null, decimals = 6): string {
  if (amount === null || !Number.isFinite(amount)) return UNKNOWN;
  return `${amount < 0 ? '-' : ''}$${grouped(Math.abs(amount), decimals)}`;
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

/** `12 requests`, `1 request`; the plural adds an s unless another one is given. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count, 0)} ${count === 1 ? noun : plural}`;
}

/** `$1.20 to $2.10`. */
export function usdRange([low, high]: readonly [number, number]): string {
  return `${usd(low)} to ${usd(high)}`;
}

/** As `percent`, with a plus sign before gains. */
export function signedPercent(ratio: number | null): string {
  return ratio !== null && ratio > 0 ? `+${percent(ratio)}` : percent(ratio);
}

/** Marks of an axis, evenly apart, with as many decimals as tell them apart. */
export function axisUsd(amounts: readonly number[]): readonly string[] {
  const step = Math.abs((amounts[1] ?? 1) - (amounts[0] ?? 0));
  const decimals = step >= 1 ? 0 : Math.min(10, Math.max(2, Math.ceil(-Math.log10(step) - 1e-9)));
  return amounts.map((amount) => {
    const text = grouped(Math.abs(amount), decimals);
    return `${amount < 0 && /[1-9]/.test(text) ? '-' : ''}$${text}`;
  });
}

/** `512 B`, `3.4 kB`, `67.1 MB`. */
export function byteText(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  if (count < 999_950) return `${(count / 1000).toFixed(1)} kB`;
  return count < 999_950_000 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** A price, of which every digit counts: `$0.435`, `$4.00`. */
export function priceUsd(amount: number | null): string {
  if (amount === null || !Number.isFinite(amount)) return UNKNOWN;
  const decimals = amount.toFixed(6).replace(/0+$/, '').split('.')[1]?.length ?? 0;
  return `$${grouped(amount, Math.max(2, decimals))}`;
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
