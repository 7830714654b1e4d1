// Points in time as people read them, for axes, tables and sentences. Pure; English names, 24 hours, so that all columns
// line up. Times of day are those of the place where the page is read. Days are its own as well where the daemon was
// asked for them, and UTC where it counts from the beginning.

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Whether slices of a day or more are counted from midnight UTC. */
export function isUtcDays(startMs: number, sliceMs: number): boolean {
  return sliceMs >= DAY_MS && startMs % DAY_MS === 0;
}

/** Names the slice that begins there: `21 Nov`, `21 Nov 14:05`. */
export function sliceLabel(startMs: number, sliceMs: number): string {
  if (sliceMs < DAY_MS) return dateTimeLabel(startMs);
  // At noon it is the same day also where the clock was put back or forward meanwhile.
  return dayOf(new Date(startMs + DAY_MS / 2), isUtcDays(startMs, sliceMs));
}

/** Marks of an axis, evenly apart: dates where they lie days apart or a day begins, else the time of day. */
export function axisLabels(atMs: readonly number[], isUtc: boolean): readonly string[] {
  const stepMs = (atMs[1] ?? Number.POSITIVE_INFINITY) - (atMs[0] ?? 0);
  return atMs.map((ms) => {
    const date = new Date(ms);
    if (stepMs >= DAY_MS * 27) return monthOf(date, isUtc);
    if (stepMs < MINUTE_MS) return clockOf(date, isUtc) + secondsOf(date);
    return stepMs >= DAY_MS || clockOf(date, isUtc) === '00:00' ? dayOf(date, isUtc) : clockOf(date, isUtc);
  });
}

/** `21 Nov 14:05`, by the clock of this place. */
export function dateTimeLabel(ms: number): string {
  const date = new Date(ms);
  return `${dayOf(date, false)} ${clockOf(date, false)}`;
}

/** `14:05` or `14:05:09`, by the clock of this place. */
export function clockLabel(ms: number, withSeconds = false): string {
  const date = new Date(ms);
  return clockOf(date, false) + (withSeconds ? secondsOf(date) : '');
}

/** `in 5 h 12 min`, `in 3 days`, `now`. Never a promise to the second. */
export function timeUntil(atMs: number, nowMs: number): string {
  const ms = atMs - nowMs;
  if (ms <= 0) return 'now';
  if (ms < 60_000) return `in ${Math.ceil(ms / 1000)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 48 * 60) {
    const rest = minutes % 60;
    return `in ${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
  }
  return `in ${Math.round(minutes / 1440)} days`;
}

function secondsOf(date: Date): string {
  return `:${String(date.getSeconds()).padStart(2, '0')}`;
}

function dayOf(date: Date, isUtc: boolean): string {
  const day = isUtc ? date.getUTCDate() : date.getDate();
  return `${day} ${MONTHS[isUtc ? date.getUTCMonth() : date.getMonth()] ?? ''}`;
}

function monthOf(date: Date, isUtc: boolean): string {
  const month = MONTHS[isUtc ? date.getUTCMonth() : date.getMonth()] ?? '';
  return `${month} ${isUtc ? date.getUTCFullYear() : date.getFullYear()}`;
}

function clockOf(date: Date, isUtc: boolean): string {
  const [hours, minutes] = isUtc
    ? [date.getUTCHours(), date.getUTCMinutes()]
    : [date.getHours(), date.getMinutes()];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}
