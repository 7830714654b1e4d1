// Files that only their owner may read. Modes are checked on the open file, not on its name, so that nothing can be
// exchanged between the check and the reading.

import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeTemporary } from '../config/write-atomically.ts';
import { RouterError } from '../errors.ts';

/** null where files have no owner and mode to check (Windows: the profile folder's access list protects them). */
export function currentUserId(): number | null {
  return process.getuid?.() ?? null;
}

/** Nothing that is kept this way is longer. */
const MAX_PRIVATE_BYTES = 65_536;

/** Content of a file that is ours and closed to others; null when there is none. Throws `config.invalid` otherwise. */
export function readPrivateFile(path: string): string | null {
  const refuse = (why: string): RouterError => new RouterError('config.invalid', `${path} ${why}`);
  let descriptor: number;
  try {
    descriptor = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP' || code === 'EMLINK') throw refuse('is a link; remove it, a new file is made');
    if (code === 'EACCES')
      throw refuse('belongs to another user or cannot be read; remove it, a new file is made');
    throw refuse(`cannot be read (${code})`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw refuse('is not a file; remove it, a new file is made');
    if (stats.size > MAX_PRIVATE_BYTES) throw refuse('is too large; remove it, a new file is made');
    const userId = currentUserId();
    if (userId !== null && stats.uid !== userId) {
      throw refuse('belongs to another user; remove it, a new file is made');
    }
    if (userId !== null && (stats.mode & 0o077) !== 0) {
      throw refuse(`can be read by others; run: chmod 600 '${path}'`);
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes the file with mode 0600 and all of its content in one step; false when there is one already. Of several
 * processes that do this at once, one wins, and the others never see a part of the file.
 */
export function createPrivateFile(path: string, content: string): boolean {
  const temporary = writeTemporary(path, content);
  try {
    linkSync(temporary, path); // fails when the name is taken, unlike a rename
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      return createDirectly(path, content); // a file system without hard links
    }
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function createDirectly(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
