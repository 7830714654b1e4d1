// Rows of an export -> what each says of one model on one day, by the columns that the export's format names. A cell that
// cannot be read stops the whole: money is never dropped silently.

import {
  USUAL_CONVENTIONS,
  countOfCell,
  dayFirstOf,
  dayOfCell,
  decimalCommaOf,
  numberOfCell,
  type CellConventions,
  type DayOfCell,
} from './invoice-cells.ts';
import type { CsvRecord } from './invoice-csv.ts';
import { InvoiceError } from './invoice-error.ts';
import { currencyOfSymbol, type InvoiceFormat } from './invoice-format.ts';
import { modelOfLineItem, modelOfSku } from './invoice-model-name.ts';
import type { InvoiceTable } from './invoice-table.ts';
import { printable } from './invoice-words.ts';

/** Counts that an export does not have are null. */
export interface InvoiceTokens {
  /** Cached ones included. */
  readonly inputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number | null;
  readonly requests: number | null;
}

export interface InvoiceOptions {
  /** Currency of amounts whose currency the export does not say. */
  readonly currency?: string;
  /** Models times days; an export with more is something else. 100,000 by default. */
  readonly maxCells?: number;
}

export interface InvoiceLine extends InvoiceTokens {
  readonly day: string;
  readonly offsetMinutes: number | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly amount: number | null;
  /** null = not known. */
  readonly currency: string | null;
}

export class RowReader {
  readonly dayColumnName: string;
  lacksCurrency = false;
  readonly #table: InvoiceTable;
  readonly #format: InvoiceFormat;
  readonly #options: InvoiceOptions;
  readonly #index = new Map<string, number>();
  readonly #conventions: CellConventions;
  readonly #dayColumn: number;
  readonly #amountColumn: number;
  #isOrderGuessed = false;
  #lastDay: { readonly text: string; readonly day: DayOfCell | undefined } = { text: '', day: undefined };

  constructor(table: InvoiceTable, options: InvoiceOptions) {
    this.#table = table;
    this.#format = table.format;
    this.#options = options;
    for (const [index, { name }] of table.columns.entries()) {
      if (!this.#index.has(name)) this.#index.set(name, index);
    }
    this.#dayColumn = this.#column(this.#format.day);
    this.dayColumnName = table.columns[this.#dayColumn]?.name ?? '';
    this.#amountColumn = this.#column(this.#format.amount ?? []);
    this.#conventions = this.#findConventions();
  }

  get notes(): string | null {
    return this.#isOrderGuessed
      ? 'dates such as 3/4/2026 are read as month/day, nothing in the file says otherwise'
      : null;
  }

  isOtherService({ cells }: CsvRecord): boolean {
    const { only } = this.#format;
    if (only === undefined) return false;
    const text = only.columns
      .map((name) => this.#cell(cells, [name]))
      .join(' ')
      .toLowerCase();
    return !only.words.some((word) => text.includes(word));
  }

  /** null = a row without a date: a sum at the foot, a remark. */
  read(record: CsvRecord): InvoiceLine | null {
    const { cells } = record;
    const day = this.#dayOf(cells[this.#dayColumn] ?? '');
    if (day === undefined) return null;
    this.#refuseSpans(record, day.day);
    const { amount, currency } = this.#amountOf(record);
    return {
      day: day.day,
      offsetMinutes: this.#format.dayZone === 'of-timestamps' ? day.offsetMinutes : null,
      model: this.#modelOf(cells),
      provider: this.#cell(cells, this.#format.providerColumn ?? []).toLowerCase() || null,
      amount,
      currency,
      ...this.#tokensOf(record),
    };
  }

  /** Rows of one day stand together. */
  #dayOf(text: string): DayOfCell | undefined {
    if (this.#lastDay.text !== text) this.#lastDay = { text, day: dayOfCell(text, this.#conventions) };
    return this.#lastDay.day;
  }

  #refuseSpans({ cells, line }: CsvRecord, day: string): void {
    const last = dayOfCell(this.#cell(cells, this.#format.lastDay ?? []), this.#conventions);
    if (last === undefined || last.day === day) return;
    throw new InvoiceError(
      `${this.#table.lineWord} ${line} covers ${day} to ${last.day}; export the report with one row per day`,
    );
  }

  #modelOf(cells: readonly string[]): string | null {
    const { model: names, modelForm } = this.#format;
    const text = names.map((name) => this.#cell(cells, [name])).find((cell) => cell !== '') ?? '';
    if (text === '') return null;
    if (modelForm === 'line-item') return modelOfLineItem(text);
    return modelForm === 'sku' ? (modelOfSku(text) ?? text) : text;
  }

  #amountOf(record: CsvRecord): { readonly amount: number | null; readonly currency: string | null } {
    const { amountScale = 1, long } = this.#format;
    const currency = this.#currencyOf(record.cells);
    if (this.#amountColumn !== -1) {
      const amount = this.#number(record, this.#amountColumn);
      return { amount: amount === null ? null : amount * amountScale, currency };
    }
    const priceColumn = long?.priceColumn === undefined ? -1 : this.#column([long.priceColumn]);
    if (long === undefined || priceColumn === -1) return { amount: null, currency };
    const price = this.#number(record, priceColumn);
    const quantity = this.#number(record, this.#column([long.quantityColumn]));
    if (price === null || quantity === null) return { amount: null, currency };
    if (currency === null) this.lacksCurrency = true;
    return { amount: price * quantity, currency };
  }

  #currencyOf(cells: readonly string[]): string | null {
    const named = this.#cell(cells, this.#format.currencyColumn ?? []);
    if (named !== '') return currencyOfSymbol(named.toLowerCase()) ?? printable(named.toUpperCase());
    const unit = this.#table.columns[this.#amountColumn]?.unit ?? null;
    const ofHeader = this.#format.currencyOfHeader === true && unit !== null ? currencyOfSymbol(unit) : null;
    return ofHeader ?? this.#options.currency ?? this.#format.currency ?? null;
  }

  #tokensOf(record: CsvRecord): InvoiceTokens {
    const { tokens, long } = this.#format;
    if (long !== undefined) return this.#longTokens(record, long);
    return {
      inputTokens: this.#count(record, tokens?.input ?? []),
      cachedInputTokens: this.#count(record, tokens?.cached ?? []),
      outputTokens: this.#count(record, tokens?.output ?? []),
      requests: this.#count(record, tokens?.requests ?? []),
    };
  }

  #longTokens(record: CsvRecord, long: NonNullable<InvoiceFormat['long']>): InvoiceTokens {
    const none = { inputTokens: null, cachedInputTokens: null, outputTokens: null, requests: null };
    const unit = long.unitColumn === undefined ? '' : this.#cell(record.cells, [long.unitColumn]);
    if (long.unit !== undefined && unit.toLowerCase() !== long.unit) return none;
    const text = this.#cell(record.cells, [long.kindColumn]).toLowerCase();
    const kind = this.#format.modelForm === 'sku' ? text.replaceAll('_', ' ') : text;
    const quantity = this.#count(record, [long.quantityColumn]);
    const isKind = (words: readonly string[] | undefined): boolean =>
      words?.some((word) => kind.includes(word)) ?? false;
    if (isKind(long.none)) return none;
    if (isKind(long.requests)) return { ...none, requests: quantity };
    if (isKind(long.cached)) return { ...none, inputTokens: quantity, cachedInputTokens: quantity };
    if (isKind(long.output)) return { ...none, outputTokens: quantity };
    return isKind(long.input) ? { ...none, inputTokens: quantity } : none;
  }

  /** Sum of the columns that are there; null when there is none. */
  #count(record: CsvRecord, names: readonly string[]): number | null {
    let sum: number | null = null;
    for (const name of names) {
      const column = this.#column([name]);
      const text = record.cells[column]?.trim() ?? '';
      if (column === -1 || text === '') continue;
      const count = countOfCell(text);
      if (count === undefined) throw this.#unreadable(record, column);
      sum = (sum ?? 0) + count;
      if (this.#format.tokensAreOneColumn === true) break;
    }
    return sum;
  }

  #number(record: CsvRecord, column: number): number | null {
    const text = record.cells[column]?.trim() ?? '';
    if (text === '' || text === '-') return null;
    const value = numberOfCell(text, this.#conventions);
    if (value === undefined) throw this.#unreadable(record, column);
    return value;
  }

  #unreadable({ line, cells }: CsvRecord, column: number): InvoiceError {
    const name = this.#table.columns[column]?.name ?? '';
    const text = printable(cells[column] ?? '');
    return new InvoiceError(
      `${this.#table.lineWord} ${line} has "${text}" in the column ${name}, where a number is expected`,
    );
  }

  #cell(cells: readonly string[], names: readonly string[]): string {
    return cells[this.#column(names)]?.trim() ?? '';
  }

  #column(names: readonly string[]): number {
    for (const name of names) {
      const index = this.#index.get(name);
      if (index !== undefined) return index;
    }
    return -1;
  }

  #findConventions(): CellConventions {
    if (this.#table.lineWord === 'entry') return USUAL_CONVENTIONS;
    let hasDecimalComma: boolean | null = null;
    let isDayFirst: boolean | null = null;
    let hasSlashes = false;
    for (const { cells } of this.#table.rows()) {
      hasDecimalComma ??= decimalCommaOf(cells[this.#amountColumn] ?? '');
      const day = cells[this.#dayColumn] ?? '';
      hasSlashes ||= day.slice(1, 3).includes('/');
      isDayFirst ??= dayFirstOf(day);
      if (hasDecimalComma !== null && (!hasSlashes || isDayFirst !== null)) break;
    }
    this.#isOrderGuessed = hasSlashes && isDayFirst === null;
    return { hasDecimalComma: hasDecimalComma ?? false, isDayFirst: isDayFirst ?? false };
  }
}
