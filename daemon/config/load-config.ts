// Reads `config.jsonc`. A file that is not there is a fine configuration (the defaults); one that is there and cannot be
// read is not, and says why.

import { createHash } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { KnownNames } from './cross-checks.ts';
import { decodeConfig, defaultConfig, formatProblems } from './decode-config.ts';
import { MAX_CONFIG_CHARS } from './jsonc-document.ts';
import type { RouterConfig } from './schema.ts';

export type LoadedConfig = {
  /** Equal for equal content; tells whether a change of the file changed anything. */
  readonly fingerprint: string;
} & (
  | { readonly status: 'loaded'; readonly config: RouterConfig }
  /** `config` holds the defaults. */
  | { readonly status: 'absent'; readonly config: RouterConfig }
  | { readonly status: 'invalid'; readonly error: string }
);

export interface LoadConfigOptions {
  readonly path: string;
  /** Rejects with a Node error code, or with a RefusedFile. */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  readonly known?: KnownNames | undefined;
}

/** Never rejects. */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const { path, readFile = readRegularFile } = options;
  const fileName = basename(path);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !isDanglingLink(path)) {
      return { status: 'absent', config: defaultConfig(), fingerprint: 'absent' };
    }
    const why = unreadable(path, error);
    return { status: 'invalid', error: `${fileName} ${why}`, fingerprint: why };
  }
  const fingerprint = fingerprintOf(bytes);
  const text = utf8Of(bytes);
  if (text === null) {
    return {
      status: 'invalid',
      error: `${fileName} is not UTF-8 text; save it with that encoding`,
      fingerprint,
    };
  }
  const decoded = decodeConfig(text, options.known);
  return decoded.ok
    ? { status: 'loaded', config: decoded.config, fingerprint }
    : { status: 'invalid', error: formatProblems(fileName, decoded.problems), fingerprint };
}

export function fingerprintOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A path that leads to something else than a readable file of sane size. The message ends a sentence. */
export class RefusedFile extends Error {
  override readonly name = 'RefusedFile';
}

/** UTF-8 needs at most four bytes a character. */
const MAX_CONFIG_BYTES = 4 * MAX_CONFIG_CHARS;

async function readRegularFile(path: string): Promise<Uint8Array> {
  // Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new RefusedFile('is a directory; it must be a file');
    if (!stats.isFile()) throw new RefusedFile('is not a regular file');
    if (stats.size > MAX_CONFIG_BYTES) {
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
