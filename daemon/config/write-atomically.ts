// Replaces a file in one step: a reader sees the old content or the new one, never a part, and a crash or a full disk
// leaves the old one.

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Private to the user from its first byte on. */
const PRIVATE_MODE = 0o600;

/** Throws what the file system says. A symbolic link stays one: the file that it names is replaced. */
export function writeAtomically(path: string, content: string): void {
  const target = realPathOf(path);
  const temporary = writeTemporary(target, content);
  try {
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a complete new file beside `path` (0600, never an existing one) and returns its name. */
export function writeTemporary(path: string, content: string): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const descriptor = openSync(temporary, 'wx', PRIVATE_MODE);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there yet
  }
}
