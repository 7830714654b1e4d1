// One change at a time, across windows and the command line: HOME/connect.lock holds the process that is at it.

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { RouterError } from '../errors.ts';
import { isProcessAlive } from '../util/process-alive.ts';

/** A change takes milliseconds. */
const PATIENCE_MS = 3000;
const PAUSE_MS = 15;
/** Whoever holds it longer has died in a way that leaves no trace, or its number belongs to another process by now. */
const STALE_MS = 30_000;

/** Runs `work` while nobody else changes anything below this home. */
export async function withConnectLock<Result>(home: string, work: () => Result): Promise<Result> {
  const file = path.join(home, 'connect.lock');
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!take(file)) {
    if (isStale(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > giveUpAtMs) {
      throw new RouterError(
        'router.overloaded',
        'another window or command is changing the files of assistants right now; try again in a moment',
        { statusCode: 409 },
      );
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return true;
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 && !isProcessAlive(pid);
  } catch {
    return false; // gone in between: the next try will tell
  }
}
