// Copies of the daemon outside of the extension's folder, which the editor removes with the next version while the
// daemon may still run. A copy is named after version and content, made in one step and never changed; one that no
// running daemon uses goes when another one is made.

import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isProcessAlive } from './locate.ts';

export interface StageOptions {
  /** `dist` of the extension. */
  readonly from: string;
  /** Where the copies are; a folder of ours alone. */
  readonly into: string;
  readonly version: string;
}

const SCRIPT = 'daemon.cjs';
/** What the daemon reads beside itself; where one is missing it does without. */
const PARTS: readonly string[] = [
  SCRIPT,
  ...['app', 'commands', 'demo', 'first-steps', 'parsers', 'patterns', 'prices'].map((name) => `${name}.cjs`),
  'config.schema.json',
  'webview',
];
const USERS = 'used-by';
/** `<version>-<16 hex>` and a copy that is being made. */
const COPY_NAME = /^\d+\.\d+\.\d+[\w.-]*-[0-9a-f]{16}(?:\.[0-9a-f]{12}\.tmp)?$/;
/** A younger copy may be about to be used. */
const YOUNG_MS = 10 * 60_000;

/** Path of the copy's daemon.cjs. Throws what the file system says. Twenty windows may do this at once. */
export async function stageDaemon({ from, into, version }: StageOptions): Promise<string> {
  const files = await listFiles(from);
  const name = `${version}-${await contentHash(from, files)}`;
  const copy = join(into, name);
  if (!(await isComplete(from, copy, files))) {
    await mkdir(into, { recursive: true, mode: 0o700 });
    await makeCopy(from, copy, files);
    await removeUnusedCopies(into, name);
  }
  return join(copy, SCRIPT);
}

/** Keeps the copy for as long as this process lives. */
export async function noteUse(script: string, pid: number): Promise<void> {
  const users = join(dirname(script), USERS);
  await mkdir(users, { recursive: true });
  await writeFile(join(users, String(pid)), '');
}

/** Removes every copy, and the folder when nothing else is in it. For the end of the extension. */
export async function removeAllCopies(into: string): Promise<void> {
  for (const name of await namesIn(into)) {
    if (COPY_NAME.test(name)) await rm(join(into, name), { recursive: true, force: true });
  }
  if ((await namesIn(into)).length === 0) await rm(into, { recursive: true, force: true });
}

async function makeCopy(from: string, copy: string, files: readonly string[]): Promise<void> {
  const temporary = `${copy}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    for (const file of files) {
      await mkdir(dirname(join(temporary, file)), { recursive: true });
      await cp(join(from, file), join(temporary, file));
    }
    await rename(temporary, copy);
  } catch (error) {
    // Another window was first, or something incomplete is in the way.
    if (!(await isComplete(from, copy, files))) {
      await rm(copy, { recursive: true, force: true });
      await rename(temporary, copy).catch(() => undefined);
    }
    if (!(await isComplete(from, copy, files))) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Copies of other content, unless a process that uses one lives. Never rejects: a leftover harms nobody. */
async function removeUnusedCopies(into: string, keep: string): Promise<void> {
  for (const name of await namesIn(into)) {
    if (name === keep || !COPY_NAME.test(name)) continue;
    const copy = join(into, name);
    const users = (await namesIn(join(copy, USERS))).map(Number);
    if (users.some((pid) => isProcessAlive(pid)) || (await ageMs(copy)) < YOUNG_MS) continue;
    await rm(copy, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Paths below `from`, in a fixed order. */
async function listFiles(from: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const part of PARTS) {
    const info = await stat(join(from, part)).catch(() => null);
    if (info === null) continue;
    if (!info.isDirectory()) files.push(part);
    else files.push(...(await namesIn(join(from, part))).map((name) => join(part, name)));
  }
  return files;
}

async function contentHash(from: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(from, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Something may have tidied up in there. */
async function isComplete(from: string, copy: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const [source, copied] = await Promise.all(
      [from, copy].map((folder) => stat(join(folder, file)).catch(() => null)),
    );
    if (source === null || copied === null || source?.size !== copied?.size) return false;
  }
  if (!files.some((file) => basename(file) === SCRIPT)) return false;
  // A disk that was full or failing leaves files of the right size, too.
  return (await contentHash(copy, files)) === (await contentHash(from, files));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch((): string[] => [])).toSorted();
}

async function ageMs(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  return info === null ? 0 : Date.now() - info.mtimeMs;
}
