// `HOME/starting`: one window starts the daemon, the others wait. It only saves processes: should two windows hold it
// after all, the listening port decides.

import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isProcessAlive } from './locate.ts';

export interface StartMark {
  release(): void;
}

/** Its holder renews it; one that is older belongs to nobody. */
const STALE_MS = 10_000;
const RENEW_MS = 2000;

/** null = another window has it. Throws what the file system says, also where there is no home folder to make it in. */
export function takeStartMark(home: string): StartMark | null {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, 'starting');
  if (!create(path)) {
    if (!isStale(path)) return null;
    rmSync(path, { force: true });
    if (!create(path)) return null;
  }
  const timer = setInterval(() => renew(path), RENEW_MS);
  timer.unref();
  return {
    release() {
      clearInterval(timer);
      if (ownerOf(path) === process.pid) rmSync(path, { force: true });
    },
  };
}

function create(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(descriptor, String(process.pid));
  closeSync(descriptor);
  return true;
}

function isStale(path: string): boolean {
  const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const owner = ownerOf(path);
  // Written a moment after it was made, so one without a number is young or broken.
  return Math.abs(ageMs) > STALE_MS || (owner !== null && !isProcessAlive(owner));
}

function ownerOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function renew(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Somebody took it for stale; the port decides.
  }
}
