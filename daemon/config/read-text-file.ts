// Reads a text file that a person wrote: bounded, UTF-8, a regular file. Whatever is wrong with it is a phrase that
// follows the file's name and says what to do.

import { createHash } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { MAX_CONFIG_CHARS } from './jsonc-document.ts';

export type TextFile =
  | { readonly status: 'read'; readonly text: string; readonly fingerprint: string }
  | { readonly status: 'absent'; readonly fingerprint: string }
  /** `why` is the rest of a sentence that starts with the file's name. */
  | { readonly status: 'unreadable'; readonly why: string; readonly fingerprint: string };

/** A path that leads to something else than a readable file of sane size. The message ends a sentence. */
export class RefusedFile extends Error {
  override readonly name = 'RefusedFile';
}

/** UTF-8 needs at most four bytes a character. */
const MAX_BYTES = 4 * MAX_CONFIG_CHARS;

/** Never rejects. `readFile` rejects with a Node error code, or with a RefusedFile. */
export async function readTextFile(
  path: string,
  readFile: (path: string) => Promise<Uint8Array> = readRegularFile,
): Promise<TextFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !isDanglingLink(path)) {
      return { status: 'absent', fingerprint: 'absent' };
    }
    const why = unreadable(path, error);
    return { status: 'unreadable', why, fingerprint: why };
  }
  const fingerprint = fingerprintOf(bytes);
  const text = utf8Of(bytes);
  if (text !== null) return { status: 'read', text, fingerprint };
  return { status: 'unreadable', why: 'is not UTF-8 text; save it with that encoding', fingerprint };
}

/** Equal for equal content. */
export function fingerprintOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

async function readRegularFile(path: string): Promise<Uint8Array> {
  // Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new RefusedFile('is a directory; it must be a file');
    if (!stats.isFile()) throw new RefusedFile('is not a regular file');
    if (stats.size > MAX_BYTES) {
      throw new RefusedFile(`is too large; it must be at most ${MAX_CONFIG_CHARS} characters`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): string {
  if (error instanceof RefusedFile) return error.message;
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'is a link to a file that does not exist';
    case 'EACCES':
    case 'EPERM':
      return `cannot be read by this user; run: chmod u+r '${path}'`;
    case 'EISDIR':
      return 'is a directory; it must be a file';
    case 'ELOOP':
      return 'is a link that leads to itself';
    default:
      return `cannot be read (${codeOf(error) ?? 'unknown error'})`;
  }
}

function isDanglingLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** null for anything that is not UTF-8; a byte order mark is dropped. UTF-16, which has zero bytes, is told apart by them. */
function utf8Of(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null; // the caller says it in a sentence
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
