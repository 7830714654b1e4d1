// Copies of assistants' files as they were before each change, private and in our home, where no assistant looks for
// configuration.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { readJournal } from './journal.ts';
import { bytesOf, sha256Of, type TargetFile } from './target-file.ts';

/** Copies that are kept of each assistant's files. */
const KEPT_COPIES = 10;

/** Into our home, where no assistant looks for configuration. null = there is nothing to keep. */
export function backUp(home: string, atMs: number, id: string, file: TargetFile): string | null {
  if (file.text === null) return null;
  const folder = path.join(home, 'connect-backups', id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const moment = new Date(atMs).toISOString().replaceAll(/[:.]/g, '-');
  for (let attempt = 0; ; attempt += 1) {
    const copy = path.join(folder, `${moment}-${String(attempt).padStart(2, '0')}${backupSuffix(file)}`);
    try {
      writeFileSync(copy, bytesOf(file, file.text), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST' && attempt < 100) continue;
      throw error;
    }
    return copy;
  }
}

export function backupSuffix(file: TargetFile): string {
  return `-${sha256Of(Buffer.from(file.path)).slice(0, 8)}-${path.basename(file.path)}`;
}

/** Removes the oldest copies that no journal entry needs. */
export function pruneBackups(home: string): void {
  const root = path.join(home, 'connect-backups');
  const needed = new Set(
    [...readJournal(home).values()].flatMap(({ files }) => files.map((f) => f.backupPath)),
  );
  for (const id of existsSync(root) ? readdirSync(root) : []) {
    const copies = readdirSync(path.join(root, id)).toSorted().slice(0, -KEPT_COPIES);
    for (const name of copies) {
      const copy = path.join(root, id, name);
      if (!needed.has(copy)) rmSync(copy, { force: true });
    }
  }
}
