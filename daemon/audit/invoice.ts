// A provider's usage export as amounts and tokens by day and model: what the provider says we used.

import { InvoiceError } from './invoice-error.ts';
import type { InvoiceFormat } from './invoice-format.ts';
import { RowReader, type InvoiceLine, type InvoiceOptions, type InvoiceTokens } from './invoice-rows.ts';
import type { InvoiceTable } from './invoice-table.ts';
import { counted } from './invoice-words.ts';

/** All that an invoice says of one model on one day. */
export interface InvoiceCell extends InvoiceTokens {
  readonly day: string;
  /** As the provider writes it; null = the export is not split by model. */
  readonly model: string | null;
  /** Only where the export has a column for it. */
  readonly provider: string | null;
  /** By currency. */
  readonly amounts: ReadonlyMap<string, number>;
  /** Square of what rounding in the rows may move the amount by. */
  readonly roundingVariance: number;
}

export interface Invoice {
  readonly formats: readonly InvoiceFormat[];
  readonly cells: readonly InvoiceCell[];
  /** Minutes east of UTC of each day, where the export's times carry them. */
  readonly offsetOfDay: ReadonlyMap<string, number>;
  /** A time zone by name. */
  readonly dayZone: string;
  readonly rows: number;
  readonly notes: readonly string[];
}

const MAX_CELLS = 100_000;

/** Throws InvoiceError when the tables do not belong together or a row cannot be trusted. */
export function readInvoice(tables: readonly InvoiceTable[], options: InvoiceOptions = {}): Invoice {
  const formats = [...new Set(tables.map(({ format }) => format))];
  const providers = new Set(formats.flatMap(({ providers }) => providers[0] ?? []));
  if (providers.size > 1) {
    throw new InvoiceError(
      `these are exports of ${[...providers].join(' and ')}; reconcile one provider at a time`,
    );
  }
  const books = new InvoiceBooks(formats, options);
  for (const table of tables) books.addTable(table);
  return books.close();
}

class InvoiceBooks {
  readonly #formats: readonly InvoiceFormat[];
  readonly #options: InvoiceOptions;
  readonly #cells = new Map<string, OpenCell>();
  readonly #offsetOfDay = new Map<string, number>();
  readonly #notes = new Set<string>();
  #rows = 0;
  #otherServices = 0;
  #skipped = 0;
  #firstSkipped: string | null = null;

  constructor(formats: readonly InvoiceFormat[], options: InvoiceOptions) {
    this.#formats = formats;
    this.#options = options;
  }

  addTable(table: InvoiceTable): void {
    const { format } = table;
    const reader = new RowReader(table, this.#options);
    const hasAmountsElsewhere = this.#formats.some(({ id }) => id === format.amountsIn);
    for (const note of table.notes) this.#notes.add(note);
    let usable = 0;
    for (const record of table.rows()) {
      if (reader.isOtherService(record)) {
        this.#otherServices += 1;
        continue;
      }
      const line = reader.read(record);
      if (line === null) {
        this.#skipped += 1;
        this.#firstSkipped ??= `${table.lineWord} ${record.line}`;
        continue;
      }
      usable += 1;
      this.#add(line, format, hasAmountsElsewhere);
    }
    if (usable === 0 && this.#otherServices === 0) {
      throw new InvoiceError(
        `no row of this export (${format.title}) has a date in the column ${reader.dayColumnName}`,
      );
    }
    if (reader.lacksCurrency && !hasAmountsElsewhere) {
      this.#notes.add(
        `${format.title} has prices but not their currency: give the file with the costs as well (or the whole ZIP), or say --currency USD`,
      );
    }
    if (reader.notes !== null) this.#notes.add(reader.notes);
  }

  close(): Invoice {
    if (this.#otherServices > 0) {
      this.#notes.add(`${counted(this.#otherServices, 'row')} of other services left out`);
    }
    if (this.#skipped > 0) {
      this.#notes.add(
        `${counted(this.#skipped, 'row')} without a date left out, the first is ${this.#firstSkipped ?? ''}`,
      );
    }
    const cells = [...this.#cells.values()].filter((cell) => !cell.isEmpty());
    return {
      formats: this.#formats,
      cells,
      offsetOfDay: this.#offsetOfDay,
      dayZone: this.#formats.find(({ dayZone }) => dayZone.includes('/'))?.dayZone ?? 'UTC',
      rows: this.#rows,
      notes: [...this.#notes],
    };
  }

  #add(line: InvoiceLine, format: InvoiceFormat, hasAmountsElsewhere: boolean): void {
    this.#rows += 1;
    const key = `${line.day}\0${line.provider ?? ''}\0${line.model ?? '\0'}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      const { maxCells = MAX_CELLS } = this.#options;
      if (this.#cells.size >= maxCells) {
        throw new InvoiceError(
          `it has more than ${maxCells} different models and days, so this is no usage export`,
        );
      }
      cell = new OpenCell(line);
      this.#cells.set(key, cell);
    }
    cell.add(line, hasAmountsElsewhere);
    // Independent errors, each uniform in half a step: the root is three and a half times their standard deviation.
    if (line.amount !== null) cell.roundingVariance += (format.amountStep ?? 0) ** 2;
    if (line.offsetMinutes !== null) this.#offsetOfDay.set(line.day, line.offsetMinutes);
  }
}

class OpenCell implements InvoiceCell {
  readonly day: string;
  readonly model: string | null;
  readonly provider: string | null;
  readonly amounts = new Map<string, number>();
  roundingVariance = 0;
  inputTokens: number | null = null;
  cachedInputTokens: number | null = null;
  outputTokens: number | null = null;
  requests: number | null = null;

  constructor({ day, model, provider }: InvoiceLine) {
    this.day = day;
    this.model = model;
    this.provider = provider;
  }

  add(line: InvoiceLine, hasAmountsElsewhere: boolean): void {
    this.inputTokens = plus(this.inputTokens, line.inputTokens);
    this.cachedInputTokens = plus(this.cachedInputTokens, line.cachedInputTokens);
    this.outputTokens = plus(this.outputTokens, line.outputTokens);
    this.requests = plus(this.requests, line.requests);
    if (line.amount === null || line.currency === null || hasAmountsElsewhere) return;
    this.amounts.set(line.currency, (this.amounts.get(line.currency) ?? 0) + line.amount);
  }

  /** Consoles list models that were not used, with zeros. A rounded amount of 0 is another thing. */
  isEmpty(): boolean {
    if (this.roundingVariance > 0) return false;
    const counts = [this.inputTokens, this.outputTokens, this.requests, ...this.amounts.values()];
    return counts.every((count) => (count ?? 0) === 0);
  }
}

function plus(sum: number | null, more: number | null): number | null {
  return more === null ? sum : (sum ?? 0) + more;
}
