// `HOME/daemon.json`: where the running daemon is found. It is a signpost, not a lock: the listening port decides who
// is the one daemon, so a stale file does no harm beyond one failed connection.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isLoopbackHost } from '../config/base-url.ts';
import { writeAtomically } from '../config/write-atomically.ts';
import type { Lockfile } from '../protocol/lockfile.ts';
import type { Clock } from '../util/clock.ts';
import { numberOf, parseJsonObject, stringOf } from '../util/json.ts';
import type { Log } from '../util/log.ts';

export function lockfilePath(home: string): string {
  return join(home, 'daemon.json');
}

/** Throws what the file system says. */
export function writeLockfile(home: string, lockfile: Lockfile): void {
  writeAtomically(lockfilePath(home), `${JSON.stringify(lockfile, null, 2)}\n`);
}

/** As long as a disk takes no file, how often to try again. */
const TRY_AGAIN_MS = 10_000;

/**
 * Puts up the signpost and keeps trying where the disk is full or may not be written: a daemon that commands do not find
 * by themselves is better than none. The returned function takes it down.
 */
export function keepLockfile(
  home: string,
  lockfile: Lockfile,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): () => void {
  let cancel = (): void => undefined;
  const tryToWrite = (isFirst: boolean): void => {
    try {
      writeLockfile(home, lockfile);
    } catch (error) {
      cancel = clock.setTimer(TRY_AGAIN_MS, () => tryToWrite(false));
      if (!isFirst) return;
      log.warn('daemon.json cannot be written, so commands and editor windows do not find this daemon', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };
  tryToWrite(true);
  return () => {
    cancel();
    removeLockfile(home, lockfile);
  };
}

/** null when there is none or it makes no sense. Says nothing about whether that daemon still runs. */
export function readLockfile(home: string): Lockfile | null {
  let text: string;
  try {
    text = readFileSync(lockfilePath(home), 'utf8');
  } catch {
    return null; // absent or unreadable is the same to whoever looks for a daemon
  }
  const value = parseJsonObject(text);
  const pid = numberOf(value?.['pid']);
  const url = stringOf(value?.['url']);
  const version = stringOf(value?.['version']);
  const protocolVersion = numberOf(value?.['protocolVersion']);
  const startedAt = stringOf(value?.['startedAt']);
  if (pid === undefined || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (url === undefined || !isLoopbackUrl(url)) return null;
  if (version === undefined || startedAt === undefined || Number.isNaN(Date.parse(startedAt))) return null;
  if (protocolVersion === undefined || !Number.isSafeInteger(protocolVersion)) return null;
  const lingerS = numberOf(value?.['lingerS']);
  const configuredPort = numberOf(value?.['configuredPort']);
  return {
    pid,
    url,
    version,
    protocolVersion,
    startedAt,
    ...(lingerS === undefined ? {} : { lingerS }),
    ...(configuredPort === undefined ? {} : { configuredPort }),
  };
}

/** Removes the file if it still is the one that `own` wrote; the file of a successor stays. Never throws. */
export function removeLockfile(home: string, own: Lockfile): void {
  const found = readLockfile(home);
  if (found === null || found.pid !== own.pid || found.url !== own.url || found.startedAt !== own.startedAt)
    return;
  try {
    rmSync(lockfilePath(home), { force: true });
  } catch {
    // A folder that became read-only: the stale file is recognised by whoever reads it.
  }
}

/** Whoever reads the file sends a token to that address, so it must not lead off this machine. */
function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'http:' && isLoopbackHost(url.hostname);
}
