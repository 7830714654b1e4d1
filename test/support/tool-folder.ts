// Where large programs are put that a suite installs for itself: a fresh folder that nobody else can have prepared, gone
// when the process ends, unless an environment variable names one to keep.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Absolute path of the folder; it exists. */
export function toolFolder(variable: string, name: string): string {
  const kept = process.env[variable];
  if (kept !== undefined) {
    mkdirSync(kept, { recursive: true });
    return path.resolve(kept);
  }
  const folder = mkdtempSync(path.join(tmpdir(), `pointsman-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
