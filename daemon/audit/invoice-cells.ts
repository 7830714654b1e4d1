// What people and programs write into the cells of an export -> numbers and days. A text that is neither is undefined,
// never 0.

/** How one table writes what can be read in two ways; found out from all of its rows. */
export interface CellConventions {
  /** `1.234,50` instead of `1,234.50`. */
  readonly hasDecimalComma: boolean;
  /** `21/11/2026` instead of `11/21/2026`. */
  readonly isDayFirst: boolean;
}

export const USUAL_CONVENTIONS: CellConventions = { hasDecimalComma: false, isDayFirst: false };

/** A day as a provider counts it, with what is needed to find the same day for a moment. */
export interface DayOfCell {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** Minutes east of UTC that the text names; null = it names none. */
  readonly offsetMinutes: number | null;
}

const MAX_NUMBER_CHARS = 64;
const PLAIN_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/u;

/** Empty cells are undefined as well. Reads signs, currency symbols, thousands separators and `(3.00)` for -3. */
export function numberOfCell(
  text: string,
  conventions: CellConventions = USUAL_CONVENTIONS,
): number | undefined {
  if (text.length > MAX_NUMBER_CHARS) return undefined;
  let bare = text.trim().toLowerCase();
  if (PLAIN_NUMBER.test(bare) && !conventions.hasDecimalComma) return Number(bare);
  const isNegative = bare.startsWith('(') && bare.endsWith(')');
  if (isNegative) bare = bare.slice(1, -1);
  bare = bare.replace(/^([+-]?)\s*(us\$|cn¥|nt\$|[$€£¥元₩₹]|[a-z]{3}\s)\s*/u, '$1');
  bare = bare.replace(/\s*(usd|cny|eur|gbp|[$€£¥元₩₹])$/u, '').replaceAll(/[\s'’_]/gu, '');
  const [decimal, thousands] = conventions.hasDecimalComma ? [',', '.'] : ['.', ','];
  const [whole = '', ...fraction] = bare.split(decimal);
  if (fraction.length > 1 || !areThousands(whole, thousands)) return undefined;
  const plain = whole.replaceAll(thousands, '') + (fraction[0] === undefined ? '' : `.${fraction[0]}`);
  if (!PLAIN_NUMBER.test(plain)) return undefined;
  return isNegative ? -Number(plain) : Number(plain);
}

const DOTTED_COUNT = /^\d{1,3}(\.\d{3})+$/u;

/** Counts are whole: every separator in `1.234.567` and `1,234,567` is one of thousands. */
export function countOfCell(text: string): number | undefined {
  const bare = text.trim();
  const isDotted = bare.length <= MAX_NUMBER_CHARS && DOTTED_COUNT.test(bare);
  const count = numberOfCell(isDotted ? bare.replaceAll('.', '') : bare);
  return count === undefined || count < 0 ? undefined : count;
}

/** `,` in groups of three digits, as in `1,234`; India's `1,00,000` too. */
function areThousands(whole: string, separator: string): boolean {
  const [first = '', ...groups] = whole.split(separator);
  return (
    groups.length === 0 ||
    (/^[+-]?\d{1,3}$/u.test(first) &&
      groups.every((group) => /^\d{2,3}$/u.test(group)) &&
      groups.at(-1)?.length === 3)
  );
}

/** What this cell says of the table's way to write numbers; null = nothing, as `1.234` and `1,234` do. */
export function decimalCommaOf(text: string): boolean | null {
  const comma = text.lastIndexOf(',');
  const dot = text.lastIndexOf('.');
  if (comma !== -1 && dot !== -1) return comma > dot;
  const last = Math.max(comma, dot);
  if (last === -1) return null;
  const isComma = last === comma;
  // Several of a kind separate thousands.
  if (text.indexOf(isComma ? ',' : '.') !== last) return !isComma;
  const digitsBehind = /^\d*/u.exec(text.slice(last + 1, last + 8))?.[0].length ?? 0;
  const isWholeZero = /(^|\D)0$/u.test(text.slice(Math.max(0, last - 2), last));
  return digitsBehind === 3 && !isWholeZero ? null : isComma;
}

const SLASHED = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d)/u;

/** What this cell says of the order of day and month; null = nothing. */
export function dayFirstOf(text: string): boolean | null {
  const match = SLASHED.exec(text.trim());
  if (match === null) return null;
  if (Number(match[1]) > 12) return true;
  return Number(match[2]) > 12 ? false : null;
}

const ISO_DAY = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/u;
const COMPACT_DAY = /^(\d{4})(\d{2})(\d{2})$/u;
const DOTTED_DAY = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/u;
const OFFSET = /\d([+-])(\d{2}):?(\d{2})$/u;
const UNIX_TIME = /^\d{9,10}(\.\d+)?$|^\d{12,13}$/u;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMED_DAY = /^([a-z]{3})[a-z]* (\d{1,2}),? (\d{4})$/u;

/** Times without an offset are taken as the day that they name. */
export function dayOfCell(
  text: string,
  conventions: CellConventions = USUAL_CONVENTIONS,
): DayOfCell | undefined {
  const cell = text.trim();
  if (cell.length > 40) return undefined;
  if (UNIX_TIME.test(cell)) {
    const seconds = cell.length > 11 && !cell.includes('.') ? Number(cell) / 1000 : Number(cell);
    return { day: new Date(seconds * 1000).toISOString().slice(0, 10), offsetMinutes: 0 };
  }
  const day = namedDay(cell, conventions);
  return day === undefined ? undefined : { day, offsetMinutes: offsetOf(cell) };
}

function namedDay(cell: string, { isDayFirst }: CellConventions): string | undefined {
  const iso = ISO_DAY.exec(cell) ?? COMPACT_DAY.exec(cell);
  if (iso !== null) return validDay(iso[1], iso[2], iso[3]);
  const slashed = SLASHED.exec(cell);
  if (slashed !== null) {
    const [, first, second, year] = slashed;
    return isDayFirst ? validDay(year, second, first) : validDay(year, first, second);
  }
  const dotted = DOTTED_DAY.exec(cell);
  if (dotted !== null) return validDay(dotted[3], dotted[2], dotted[1]);
  const named = NAMED_DAY.exec(cell.toLowerCase());
  if (named === null) return undefined;
  return validDay(named[3], String(MONTHS.indexOf(named[1] ?? '') + 1), named[2]);
}

function offsetOf(cell: string): number | null {
  if (cell.endsWith('Z') || cell.endsWith('z')) return 0;
  // A date alone ends like an offset: 2026-11-21.
  const match = cell.includes(':') ? OFFSET.exec(cell) : null;
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

function validDay(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
): string | undefined {
  const text = `${year ?? ''}-${(month ?? '').padStart(2, '0')}-${(day ?? '').padStart(2, '0')}`;
  const date = new Date(`${text}T00:00:00Z`);
  // 31 February becomes 3 March.
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? undefined : text;
}
