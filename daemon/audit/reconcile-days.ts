// The days of an invoice, and which of them a moment belongs to: providers end their days at different midnights.

import type { Invoice } from './invoice.ts';

/** First and last day of an invoice; nothing can be before the first of none. */
export function daysOf({ cells }: Invoice): readonly [first: string, last: string] {
  const days = cells.map(({ day }) => day).sort();
  return [days[0] ?? '9999-99-99', days.at(-1) ?? ''];
}

const HOUR_MS = 3_600_000;

/** Unix epoch ms -> the day on which the provider counts that moment. */
export function dayFinder({ dayZone, offsetOfDay }: Invoice): (atMs: number) => string {
  if (dayZone !== 'UTC') return dayInZone(dayZone);
  const offsets = [...new Set(offsetOfDay.values())];
  const dayAt = (atMs: number, offset: number): string =>
    new Date(atMs + offset * 60_000).toISOString().slice(0, 10);
  if (offsets.length === 0) return (atMs) => dayAt(atMs, 0);
  return (atMs) => {
    // Summer and winter time: the offset that the provider gave for that very day.
    const fitting = offsets.find((offset) => offsetOfDay.get(dayAt(atMs, offset)) === offset);
    return dayAt(atMs, fitting ?? offsets[0] ?? 0);
  };
}

function dayInZone(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  // Formatting takes microseconds, and midnights are at full hours there.
  const dayOfHour = new Map<number, string>();
  return (atMs) => {
    const hour = Math.floor(atMs / HOUR_MS);
    let day = dayOfHour.get(hour);
    if (day === undefined) {
      day = format.format(hour * HOUR_MS);
      dayOfHour.set(hour, day);
    }
    return day;
  };
}

/** For people: the time zone of the days. */
export function zoneName({ dayZone, offsetOfDay }: Invoice): string {
  if (dayZone !== 'UTC') return dayZone;
  const offsets = [...new Set(offsetOfDay.values())].filter((minutes) => minutes !== 0);
  if (offsets.length === 0) return 'UTC';
  return offsets
    .map((minutes) => {
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
      return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
    })
    .join(', ');
}
