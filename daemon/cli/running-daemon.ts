// Is a daemon running on this home folder? `daemon.json` only says where one was: a daemon that was killed leaves it
// behind, and its process id or port may belong to another program by now.

import { readLockfile } from '../lifecycle/lockfile.ts';
import type { Lockfile } from '../protocol/lockfile.ts';
import { objectOf } from '../util/json.ts';
import { callLocal } from './local-http.ts';

export type DaemonPresence =
  | { readonly state: 'running'; readonly lockfile: Lockfile }
  /** The process is there but says nothing in time: busy, stopped by a debugger, or another program. */
  | { readonly state: 'silent'; readonly lockfile: Lockfile }
  /** `lockfile`: what a daemon that was killed left behind. */
  | { readonly state: 'absent'; readonly lockfile: Lockfile | null };

/** It answers within a millisecond; a machine that is waking up takes longer. */
const PATIENCE_MS = 1000;

/** Sends no token: whoever answers at that address may be anybody. Never rejects. */
export async function findDaemon(home: string, patienceMs = PATIENCE_MS): Promise<DaemonPresence> {
  const lockfile = readLockfile(home);
  if (lockfile === null || !isProcessAlive(lockfile.pid)) return { state: 'absent', lockfile };
  try {
    const url = new URL('/healthz', lockfile.url);
    const { statusCode, body } = await callLocal(url, { method: 'GET', timeoutMs: patienceMs });
    const isWell = statusCode === 200 && objectOf(body)?.['status'] === 'ok';
    return { state: isWell ? 'running' : 'silent', lockfile };
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
    return { state: isRefused ? 'absent' : 'silent', lockfile };
  }
}

/** True also for the process of another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
