// Finds and reads what processes that are gone have left of their `UnwrittenLog`.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { StartedNote } from './ledger-store.ts';
import type { StartedExchange } from './ledger.ts';
import { DETAIL_COLUMNS, EXCHANGE_COLUMNS, type EncodedRow } from './record-row.ts';
import { UNWRITTEN } from './unwritten-log.ts';

export interface LeftBehind {
  /** Each exchange once. */
  readonly rows: readonly EncodedRow[];
  /** Exchanges without an end. */
  readonly started: readonly StartedExchange[];
  /** How many files are those of a process that runs. */
  readonly othersFiles: number;
  /** To be called when all of it is in the database. */
  readonly remove: () => void;
}

/** `ownLog`: what the paths of the caller's own files begin with. */
export function readLeftBehind(
  ledgerPath: string,
  { ownLog, isRunning }: { readonly ownLog: string | undefined; isRunning: (note: StartedNote) => boolean },
): LeftBehind {
  const rows = new Map<string, EncodedRow>();
  const started = new Map<string, StartedExchange>();
  const files: { readonly file: string; readonly lastUsedMs: number }[] = [];
  let othersFiles = 0;
  for (const { file, processId } of unwrittenFiles(ledgerPath)) {
    if (ownLog !== undefined && file.startsWith(ownLog)) continue;
    const lastUsedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (lastUsedMs === undefined) continue; // its owner has just removed it
    if (isRunning({ processId, startedAtMs: lastUsedMs })) {
      othersFiles += 1;
      continue;
    }
    files.push({ file, lastUsedMs });
  }
  // The newer last: where an exchange stands in both files of a process, the later line counts.
  for (const { file } of files.toSorted((a, b) => a.lastUsedMs - b.lastUsedMs))
    readLines(file, rows, started);
  return {
    rows: [...rows.values()],
    started: [...started.values()].filter(({ exchangeId }) => !rows.has(exchangeId)),
    othersFiles,
    remove: () => files.forEach(({ file }) => rmSync(file, { force: true })),
  };
}

function unwrittenFiles(
  ledgerPath: string,
): readonly { readonly file: string; readonly processId: number }[] {
  const folder = path.dirname(ledgerPath);
  const start = path.basename(`${ledgerPath}${UNWRITTEN}`);
  return readdirSync(folder).flatMap((name) => {
    const [processId = '', ...rest] = name.startsWith(start) ? name.slice(start.length).split('.') : [];
    if (rest.length !== 2 || !/^\d+$/u.test(processId)) return [];
    return [{ file: path.join(folder, name), processId: Number(processId) }];
  });
}

function readLines(file: string, rows: Map<string, EncodedRow>, started: Map<string, StartedExchange>): void {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [kind, first, ...details] = parsed(line);
    if (kind === 'started' && first !== undefined) {
      const note = first as StartedExchange;
      started.set(note.exchangeId, note);
    } else if (kind === 'ended' && Array.isArray(first)) {
      const row = rowOf(first, details);
      rows.set(row.exchangeId, row);
    }
  }
}

/** Empty for the line that was being written when the disk was full or the power went. */
function parsed(line: string): readonly unknown[] {
  try {
    return JSON.parse(line) as readonly unknown[];
  } catch {
    return [];
  }
}

/** A row of another version may lack the newest columns, or have some that are not known here. */
function rowOf(columns: readonly unknown[], details: readonly unknown[]): EncodedRow {
  return {
    exchangeId: String(columns[0]),
    columns: EXCHANGE_COLUMNS.map((_name, index) => (columns[index] ?? null) as string | number | null),
    details: DETAIL_COLUMNS.map((_name, index) =>
      details[index] == null ? null : JSON.stringify(details[index]),
    ),
  };
}
