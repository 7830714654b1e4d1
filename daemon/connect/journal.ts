// HOME/connect.json: what was changed in whose files, so that it can be undone. Private, as it keeps what stood there.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { writeAtomically } from '../config/write-atomically.ts';
import { RouterError } from '../errors.ts';
import { arrayOf, numberOf, objectOf, parseJsonObject, stringOf } from '../util/json.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import type { FormerParts } from './text-editor.ts';

export interface JournalFile {
  readonly path: string;
  /** Of the bytes before the first change; null = there was no file. */
  readonly beforeSha256: string | null;
  readonly afterSha256: string;
  /** Absolute path of the copy; null = there was no file, or others have written into it between two changes of ours. */
  readonly backupPath: string | null;
  /** Nobody but us changed it between the copy and `afterSha256`: the copy may be put back as it is. */
  readonly isExact: boolean;
  readonly madeFolders: readonly string[];
  /** By edit. */
  readonly former: Readonly<Record<string, FormerParts>>;
  /** What was written by `set` edits, by edit. */
  readonly written: Readonly<Record<string, JsonValue>>;
}

export interface JournalEntry {
  readonly origin: string;
  readonly files: readonly JournalFile[];
}

export type Journal = ReadonlyMap<string, JournalEntry>;

export function journalPath(home: string): string {
  return path.join(home, 'connect.json');
}

/** A journal that cannot be read is refused: writing a new one over it would lose what an undo needs. */
export function readJournal(home: string): Journal {
  const file = journalPath(home);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw broken(file);
  }
  const assistants = objectOf(parseJsonObject(text)?.['assistants']);
  if (assistants === undefined) throw broken(file);
  return new Map(Object.entries(assistants).map(([id, entry]) => [id, entryOf(file, entry ?? null)]));
}

export function writeJournal(home: string, journal: Journal): void {
  const body = { version: 1, assistants: Object.fromEntries(journal) };
  writeAtomically(journalPath(home), `${JSON.stringify(body, null, 2)}\n`);
}

function entryOf(file: string, value: JsonValue): JournalEntry {
  const origin = stringOf(objectOf(value)?.['origin']);
  if (origin === undefined) throw broken(file);
  const files = arrayOf(objectOf(value)?.['files']).map((item) => fileOf(file, objectOf(item)));
  return { origin, files };
}

function fileOf(file: string, value: JsonObject | undefined): JournalFile {
  const target = stringOf(value?.['path']);
  const afterSha256 = stringOf(value?.['afterSha256']);
  if (value === undefined || target === undefined || afterSha256 === undefined || !path.isAbsolute(target)) {
    throw broken(file);
  }
  const former = Object.entries(objectOf(value['former']) ?? {}).map(([id, parts]) => {
    const text = stringOf(objectOf(parts)?.['text']) ?? null;
    return [id, { text, madeParents: numberOf(objectOf(parts)?.['madeParents']) ?? 0 }] as const;
  });
  return {
    path: target,
    beforeSha256: stringOf(value['beforeSha256']) ?? null,
    afterSha256,
    backupPath: stringOf(value['backupPath']) ?? null,
    isExact: value['isExact'] === true,
    madeFolders: arrayOf(value['madeFolders']).flatMap((folder) => stringOf(folder) ?? []),
    former: Object.fromEntries(former),
    written: Object.fromEntries(
      Object.entries(objectOf(value['written']) ?? {}).map(([id, member]) => [id, member ?? null]),
    ),
  };
}

function broken(file: string): RouterError {
  return new RouterError(
    'config.invalid',
    `${file} cannot be read, so nobody knows what to put back; mend it or remove it, then connect again`,
  );
}
