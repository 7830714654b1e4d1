// The bytes of a file -> tables of which it is known what format they are. CSV, JSON pages of usage APIs (which become
// tables with one column per path), JSON lines, and ZIP archives of them.

import { arrayOf, isJsonObject, type JsonValue } from '../util/json.ts';
import { DELIMITERS, csvRecords, type CsvRecord } from './invoice-csv.ts';
import { InvoiceError } from './invoice-error.ts';
import {
  EXPECTED_FORMATS,
  nearestFormat,
  recogniseFormat,
  tableColumn,
  type InvoiceFormat,
  type TableColumn,
} from './invoice-format.ts';
import { printable } from './invoice-words.ts';
import { isZip, tablesOfZip } from './invoice-zip.ts';

export interface InvoiceTable {
  readonly format: InvoiceFormat;
  readonly columns: readonly TableColumn[];
  /** Can be walked through more than once. */
  readonly rows: () => Iterable<CsvRecord>;
  /** What `CsvRecord.line` counts. */
  readonly lineWord: 'line' | 'entry';
  readonly notes: readonly string[];
}

export const MAX_INVOICE_BYTES = 128 * 1_048_576;
/** Google's cost table begins with some lines about the invoice. */
const MAX_PREAMBLE_RECORDS = 40;
const MAX_JSON_COLUMNS = 300;
const MAX_NESTING = 3;
const MAX_NAMED_COLUMNS = 12;

/** Throws InvoiceError for everything that is no usage export. Tables of an archive that are none are left out. */
export function readTables(bytes: Uint8Array): readonly InvoiceTable[] {
  if (bytes.length > MAX_INVOICE_BYTES) {
    throw new InvoiceError(
      `it is larger than ${MAX_INVOICE_BYTES / 1_048_576} MiB; export a shorter time, or by day instead of by request`,
    );
  }
  if (!isZip(bytes)) return [tableOfText(decode(bytes))];
  const entries = tablesOfZip(bytes, MAX_INVOICE_BYTES);
  const tables: InvoiceTable[] = [];
  let refusal: InvoiceError | null = null;
  for (const { name, bytes: content } of entries) {
    try {
      tables.push(tableOfText(decode(content)));
    } catch (error) {
      if (!(error instanceof InvoiceError)) throw error;
      refusal ??= new InvoiceError(`${printable(name)} in the archive: ${error.message}`);
    }
  }
  if (tables.length > 0) return tables;
  throw refusal ?? new InvoiceError(`the archive holds no CSV or JSON file; ${EXPECTED_FORMATS}`);
}

function decode(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new InvoiceError('it is empty; export it again');
  // Spreadsheets save "Unicode text" so.
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!isUtf16 && bytes.subarray(0, 8192).includes(0)) throw notText();
  try {
    return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notText();
  }
}

function notText(): InvoiceError {
  return new InvoiceError(`it is not a text file (CSV or JSON in UTF-8); ${EXPECTED_FORMATS}`);
}

function tableOfText(text: string): InvoiceTable {
  const first = /\S/u.exec(text.slice(0, 1000))?.[0];
  return first === '{' || first === '[' ? tableOfJson(text) : tableOfCsv(text);
}

function tableOfCsv(text: string): InvoiceTable {
  let firstRecord: CsvRecord | null = null;
  for (const delimiter of DELIMITERS) {
    let records = 0;
    for (const record of csvRecords(text, delimiter)) {
      firstRecord = better(firstRecord, record);
      records += 1;
      const table = tableFrom(text, delimiter, record, records);
      if (table !== null) return table;
      if (records >= MAX_PREAMBLE_RECORDS) break;
    }
  }
  throw unknownColumns(firstRecord?.cells ?? []);
}

/** Of two readings of the first line the one that splits it further. */
function better(known: CsvRecord | null, record: CsvRecord): CsvRecord {
  if (known === null) return record;
  return record.line === known.line && record.cells.length > known.cells.length ? record : known;
}

function tableFrom(
  text: string,
  delimiter: string,
  header: CsvRecord,
  position: number,
): InvoiceTable | null {
  const columns = header.cells.map(tableColumn);
  const format = recogniseFormat(columns);
  if (format === null) return null;
  const rows = function* rows(): Iterable<CsvRecord> {
    let index = 0;
    for (const record of csvRecords(text, delimiter)) {
      index += 1;
      if (index > position) yield record;
    }
  };
  return { format, columns, rows, lineWord: 'line', notes: [] };
}

function unknownColumns(cells: readonly string[]): InvoiceError {
  const nearest = nearestFormat(cells.map(tableColumn));
  if (nearest !== null) {
    return new InvoiceError(
      `it looks like the export "${nearest.title}", but lacks ${nearest.missing.join(', ')} among its columns; export it again as it is`,
    );
  }
  const names = cells
    .map((cell) => printable(cell.trim()))
    .filter((name) => name !== '')
    .slice(0, MAX_NAMED_COLUMNS);
  const seen = names.length === 0 ? 'it has no columns' : `its columns are ${names.join(', ')}`;
  return new InvoiceError(`it is no usage export that is known: ${seen}; ${EXPECTED_FORMATS}`);
}

function tableOfJson(text: string): InvoiceTable {
  const collector = new JsonRows();
  for (const value of jsonValues(text)) collector.add(value);
  const columns = [...collector.columns.keys()].map((name) => ({ name, unit: null }));
  const format = recogniseFormat(columns);
  if (format === null) {
    if (columns.length === 0) throw new InvoiceError(`it holds no entries; ${EXPECTED_FORMATS}`);
    throw unknownColumns(columns.map(({ name }) => name));
  }
  const notes = collector.hasMore
    ? ['the export says that it has further pages (has_more); fetch them all and give them as one array']
    : [];
  return { format, columns, rows: () => collector.records, lineWord: 'entry', notes };
}

/** One document, or one on each line. */
function jsonValues(text: string): readonly JsonValue[] {
  try {
    return [JSON.parse(text) as JsonValue];
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line) as JsonValue);
    } catch {
      // neither: the first complaint is about the whole
    }
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new InvoiceError(`it looks like JSON but is none (${printable(reason)}); export it again`);
  }
}

/** Pages (`data`) of buckets (`results`) of entries, or entries alone. */
class JsonRows {
  readonly columns = new Map<string, number>();
  readonly records: CsvRecord[] = [];
  hasMore = false;

  add(value: JsonValue, bucket: ReadonlyMap<string, string> = new Map(), depth = 0): void {
    if (depth > 4) return;
    if (Array.isArray(value)) {
      for (const item of value as readonly JsonValue[]) this.add(item, bucket, depth + 1);
      return;
    }
    if (!isJsonObject(value)) return;
    const lists = [value['data'], value['results']].filter((list) => Array.isArray(list));
    const fields = new Map(bucket);
    flatten(value, '', fields, 0);
    if (lists.length === 0) {
      this.#addRecord(fields);
      return;
    }
    // The last page of several has the last word.
    if (Array.isArray(value['data'])) this.hasMore = value['has_more'] === true;
    for (const list of lists) for (const item of arrayOf(list)) this.add(item, fields, depth + 1);
  }

  #addRecord(fields: ReadonlyMap<string, string>): void {
    const cells: string[] = [];
    for (const [name, text] of fields) {
      let index = this.columns.get(name);
      if (index === undefined) {
        if (this.columns.size >= MAX_JSON_COLUMNS) continue;
        index = this.columns.size;
        this.columns.set(name, index);
      }
      cells[index] = text;
    }
    this.records.push({ line: this.records.length + 1, cells: Array.from(cells, (cell) => cell ?? '') });
  }
}

function flatten(value: JsonValue, prefix: string, into: Map<string, string>, depth: number): void {
  if (!isJsonObject(value) || depth > MAX_NESTING) return;
  for (const [key, member] of Object.entries(value)) {
    const name = `${prefix}${key.toLowerCase()}`;
    if (typeof member === 'string' || typeof member === 'number') into.set(name, String(member));
    else if (isJsonObject(member)) flatten(member, `${name}.`, into, depth + 1);
    // A null of the entry must not let the bucket's value of the same name through.
    else if (member === null) into.set(name, '');
  }
}
