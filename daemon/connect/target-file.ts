// One file of an assistant on disk: read with every doubt turned into a sentence, written in one step through links and
// with the mode that it had.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

import { writeTemporary } from '../config/write-atomically.ts';
import { refusal } from './refusal.ts';

export interface TargetFile {
  /** As the assistant names it. */
  readonly path: string;
  /** Where links lead; `path` itself where there is no file. */
  readonly realPath: string;
  /** Without a byte order mark; null = there is no file. */
  readonly text: string | null;
  readonly hasByteOrderMark: boolean;
  /** Hex, of the bytes; null = there is no file. */
  readonly sha256: string | null;
  readonly mode: number;
}

/** A thousand times what a person writes into such a file. */
const MAX_FILE_BYTES = 1_048_576;
const BYTE_ORDER_MARK = '\uFEFF';
/** It will hold a token. */
const NEW_FILE_MODE = 0o600;

/** Throws a RouterError whose sentence says why the file is left alone. */
export function readTarget(file: string): TargetFile {
  const absent = { path: file, realPath: file, text: null, hasByteOrderMark: false, sha256: null };
  let descriptor: number;
  try {
    // Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !isLink(file)) return { ...absent, mode: NEW_FILE_MODE };
    throw refusal(file, null, unreadable(code));
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw refusal(file, null, 'is a folder; move it away and try again');
    if (!stats.isFile()) throw refusal(file, null, 'is not a regular file; move it away and try again');
    if (stats.size > MAX_FILE_BYTES) {
      throw refusal(file, null, `is larger than ${MAX_FILE_BYTES} bytes, which no such file should be`);
    }
    const userId = process.getuid?.();
    if (userId !== undefined && stats.uid !== userId) {
      throw refusal(file, null, 'belongs to another user; run this as that user');
    }
    const bytes = readFileSync(descriptor);
    const whole = decode(file, bytes);
    const hasByteOrderMark = whole.startsWith(BYTE_ORDER_MARK);
    return {
      path: file,
      realPath: realpathSync(file),
      text: hasByteOrderMark ? whole.slice(1) : whole,
      hasByteOrderMark,
      sha256: sha256Of(bytes),
      mode: stats.mode & 0o777,
    };
  } finally {
    closeSync(descriptor);
  }
}

/** What the file would be with that text. */
export function bytesOf(file: TargetFile, text: string): Buffer {
  return Buffer.from(`${file.hasByteOrderMark ? BYTE_ORDER_MARK : ''}${text}`);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Makes missing folders. Refuses when the file has changed since it was read. */
export function writeTarget(file: TargetFile, bytes: Buffer): void {
  explaining(file.path, () => {
    mkdirSync(path.dirname(file.realPath), { recursive: true, mode: 0o700 });
    const temporary = writeTemporary(file.realPath, bytes.toString());
    try {
      chmodSync(temporary, file.mode);
      if (readTarget(file.path).sha256 !== file.sha256) throw raced(file.path);
      renameSync(temporary, file.realPath);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Folders that writing the file will make, outermost first. */
export function missingFolders(file: TargetFile): readonly string[] {
  const missing: string[] = [];
  for (let folder = path.dirname(file.realPath); !existsSync(folder); folder = path.dirname(folder)) {
    missing.unshift(folder);
  }
  return missing;
}

/** Takes the file away, and of `madeFolders` those that are empty then. */
export function removeTarget(file: TargetFile, madeFolders: readonly string[]): void {
  explaining(file.path, () => {
    if (readTarget(file.path).sha256 !== file.sha256) throw raced(file.path);
    rmSync(file.realPath, { force: true });
  });
  removeFolders(madeFolders);
}

/** Those that are empty, innermost first. */
export function removeFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return; // something else lives there by now
    }
  }
}

function raced(file: string): Error {
  return refusal(file, null, 'was changed by another program at this moment; try again');
}

function decode(file: string, bytes: Buffer): string {
  if (bytes.includes(0)) throw refusal(file, null, 'is not UTF-8 text; save it with that encoding');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal(file, null, 'is not UTF-8 text; save it with that encoding');
  }
}

function unreadable(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'is a link to a file that does not exist; mend or remove the link';
    case 'ELOOP':
      return 'is a link that leads to itself; mend or remove it';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read by this user; give yourself the right to read it';
    case 'ENOTDIR':
      return 'cannot be reached, since a file stands where its folder should be';
    default:
      return `cannot be read (${code})`;
  }
}

function explaining<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    throw refusal(file, null, `cannot be written (${code}); give yourself the right to write there`);
  }
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Of the file system; '' for everything else, our own errors with their codes included. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return '';
  return String(error.code);
}
