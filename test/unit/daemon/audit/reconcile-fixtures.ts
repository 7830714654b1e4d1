// Invoices and books for the tests of reconciliation.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { readTables } from '../../../../daemon/audit/invoice-table.ts';
import { readInvoice, type Invoice } from '../../../../daemon/audit/invoice.ts';
import type { InvoiceOptions } from '../../../../daemon/audit/invoice-rows.ts';
import { bookCells, type BookedExchange, type BooksQuery } from '../../../../daemon/audit/reconcile-books.ts';
import { ModelNames, type NamedModel } from '../../../../daemon/audit/reconcile-names.ts';
import { reconcile, type Reconciliation } from '../../../../daemon/audit/reconcile.ts';
import { OVERLAY_ROWS } from '../../../../daemon/catalog/price-book.ts';
import type { AttemptRecord } from '../../../../daemon/protocol/exchange-record.ts';

const SAMPLES = path.join(import.meta.dirname, '..', '..', '..', 'samples', 'invoices');

export function sample(name: string): Uint8Array {
  return readFileSync(path.join(SAMPLES, name));
}

/** Text stands for a file with that content. */
export function invoiceOf(files: readonly (string | Uint8Array)[], options: InvoiceOptions = {}): Invoice {
  const bytes = files.map((file) => (typeof file === 'string' ? Buffer.from(file) : file));
  return readInvoice(
    bytes.flatMap((content) => readTables(content)),
    options,
  );
}

/** `<day> <model> <in>/<cached>/<out> <amounts>`, with `-` for what the export does not say. */
export function cellsOf(invoice: Invoice): readonly string[] {
  const count = (value: number | null): string => (value === null ? '-' : String(value));
  return invoice.cells.map((cell) => {
    const amounts = [...cell.amounts].map(([currency, amount]) => `${Number(amount.toFixed(9))} ${currency}`);
    const tokens = [cell.inputTokens, cell.cachedInputTokens, cell.outputTokens].map(count).join('/');
    return `${cell.day} ${cell.model ?? '-'} ${tokens} ${amounts.join('+') || '-'}`;
  });
}

export function zipOf(entries: Readonly<Record<string, Uint8Array | string>>, method = 8): Uint8Array {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const plain = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(plain) : plain;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), common, tail, Buffer.from(name)]),
    );
    files.push(local);
    offset += local.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directoryBytes.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, directoryBytes, Buffer.from('PK\x05\x06'), end]);
}

/** An attempt at `opus` of the provider `anthropic`, $1.86 for a million tokens in (800,000 cached) and 40,000 out. */
export function attempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    model: 'opus',
    provider: 'anthropic',
    startedAtMs: 0,
    durationMs: 900,
    timeToFirstChunkMs: 200,
    status: 'ok',
    errorType: null,
    statusCode: 200,
    usage: {
      inputTokens: 1_000_000,
      cacheReadInputTokens: 800_000,
      cacheCreationInputTokens: 100_000,
      outputTokens: 40_000,
      reasoningOutputTokens: 0,
    },
    usageSource: 'reported',
    costUsd: 1.86,
    possiblyBilled: false,
    prices: null,
    ...changes,
  };
}

export function exchange(
  startedAt: string,
  attempts: readonly AttemptRecord[],
  changes: Partial<BookedExchange> = {},
): BookedExchange {
  return { startedAt, attempts, classifierCostUsd: 0, ...changes };
}

export const CONFIGURED: readonly NamedModel[] = [
  { id: 'opus', provider: 'anthropic', upstreamModel: 'claude-opus-5-5' },
  { id: 'sonnet', provider: 'anthropic', upstreamModel: 'claude-sonnet-5-5' },
  { id: 'flash', provider: 'deepseek', upstreamModel: 'deepseek-flash' },
];

export interface Comparison {
  readonly invoice: Invoice;
  readonly exchanges: readonly BookedExchange[];
  readonly configured?: readonly NamedModel[];
  readonly tables?: ConstructorParameters<typeof ModelNames>[0]['tables'];
  readonly provider?: string;
  readonly classifier?: BooksQuery['classifier'];
  readonly toleranceRatio?: number;
  readonly usdPer?: Readonly<Record<string, number>>;
}

export function compared(given: Comparison): Reconciliation {
  const names = new ModelNames({
    tables: given.tables ?? new Map(),
    configured: given.configured ?? CONFIGURED,
    overlay: OVERLAY_ROWS,
  });
  const books = bookCells(given.exchanges, {
    invoice: given.invoice,
    names,
    provider: given.provider ?? null,
    classifier: given.classifier ?? null,
    knownProviders: ['anthropic', 'openai', 'openrouter', 'deepseek', 'gemini'],
  });
  return reconcile(given.invoice, books, names, {
    toleranceRatio: given.toleranceRatio ?? 0.02,
    usdPer: new Map(Object.entries(given.usdPer ?? {})),
  });
}
