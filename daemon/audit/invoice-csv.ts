// Delimited text (RFC 4180 and what spreadsheets make of it) -> records, one after the other, in linear time.

import { InvoiceError } from './invoice-error.ts';

export interface CsvRecord {
  /** Line of the file that it begins on, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** What separates cells in exports and in what spreadsheets of other countries save. */
export const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** No export has lines of this length; a file that does is something else. */
const MAX_RECORD_CHARS = 1_048_576;
const MAX_CELLS = 1000;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Empty lines are left out. Quotes may hold delimiters, line ends and doubled quotes. */
export function* csvRecords(text: string, delimiter: string): Generator<CsvRecord> {
  const reader = new RecordReader(text, delimiter);
  for (let record = reader.next(); record !== null; record = reader.next()) {
    if (record.cells.length > 1 || record.cells[0] !== '') yield record;
  }
}

class RecordReader {
  readonly #text: string;
  readonly #delimiterCode: number;
  #at = 0;
  #line = 1;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiterCode = delimiter.charCodeAt(0);
  }

  next(): CsvRecord | null {
    if (this.#at >= this.#text.length) return null;
    const line = this.#line;
    const limit = this.#at + MAX_RECORD_CHARS;
    const cells: string[] = [];
    for (;;) {
      cells.push(this.#cell(limit, line));
      if (cells.length > MAX_CELLS) {
        throw new InvoiceError(`line ${line} has more than ${MAX_CELLS} cells, so this is no usage export`);
      }
      if (this.#text.charCodeAt(this.#at) !== this.#delimiterCode) break;
      this.#at += 1;
    }
    this.#skipLineEnd();
    return { line, cells };
  }

  #cell(limit: number, line: number): string {
    if (this.#text[this.#at] === '"') return this.#quoted(limit, line);
    const start = this.#at;
    this.#at = this.#endOfCell(limit, line);
    return this.#text.slice(start, this.#at);
  }

  #quoted(limit: number, line: number): string {
    let value = '';
    let from = this.#at + 1;
    for (;;) {
      const quote = this.#text.indexOf('"', from);
      if (quote === -1 || quote > limit) {
        throw quote === -1 && this.#text.length <= limit
          ? new InvoiceError(`line ${line} begins a quoted cell that never ends`)
          : tooLong(line);
      }
      value += this.#text.slice(from, quote);
      from = quote + 1;
      if (this.#text[from] !== '"') break;
      value += '"';
      from += 1;
    }
    for (const character of value) if (character === '\n') this.#line += 1;
    this.#at = from;
    // What stands between the closing quote and the delimiter belongs to the cell, as spreadsheets read it.
    const rest = this.#at;
    this.#at = this.#endOfCell(limit, line);
    return value + this.#text.slice(rest, this.#at);
  }

  #endOfCell(limit: number, line: number): number {
    const text = this.#text;
    for (let end = this.#at; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === this.#delimiterCode || code === LINE_FEED || code === CARRIAGE_RETURN) return end;
      if (end > limit) throw tooLong(line);
    }
    return text.length;
  }

  #skipLineEnd(): void {
    if (this.#text[this.#at] === '\r') this.#at += 1;
    if (this.#text[this.#at] === '\n') this.#at += 1;
    this.#line += 1;
  }
}

function tooLong(line: number): InvoiceError {
  return new InvoiceError(
    `line ${line} is longer than a million characters, so this is no usage export; export it again as CSV or JSON`,
  );
}
