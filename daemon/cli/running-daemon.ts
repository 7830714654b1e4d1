// Is a daemon running on this home folder? `daemon.json` only says where one was: a daemon that was killed leaves it
// behind, and its process id or port may belong to another program by now.

import { randomBytes } from 'node:crypto';
import { readLockfile } from '../lifecycle/lockfile.ts';
import { readPrivateFile } from '../lifecycle/private-file.ts';
import { proofOf, tokenPath } from '../lifecycle/tokens.ts';
import type { Lockfile } from '../protocol/lockfile.ts';
import { objectOf } from '../util/json.ts';
import { isProcessAlive } from '../util/process-alive.ts';
import { callLocal } from './local-http.ts';

export type DaemonPresence =
  | { readonly state: 'running'; readonly lockfile: Lockfile }
  /** The process is there but says nothing in time: busy, stopped by a debugger, or another program. */
  | { readonly state: 'silent'; readonly lockfile: Lockfile }
  /** Somebody answers who cannot prove to know the admin token: the daemon of another home, or another program. */
  | { readonly state: 'stranger'; readonly lockfile: Lockfile }
  /** `lockfile`: what a daemon that was killed left behind. */
  | { readonly state: 'absent'; readonly lockfile: Lockfile | null };

/** It answers within a millisecond; a machine that is waking up takes longer. */
const PATIENCE_MS = 1000;

/**
 * Sends no token: whoever answers at that address may be anybody, and is taken for the daemon only when it proves that
 * it knows the admin token. Never rejects.
 */
export async function findDaemon(home: string, patienceMs = PATIENCE_MS): Promise<DaemonPresence> {
  const lockfile = readLockfile(home);
  if (lockfile === null || !isProcessAlive(lockfile.pid)) return { state: 'absent', lockfile };
  try {
    const challenge = randomBytes(16).toString('hex');
    const url = new URL(`/healthz?challenge=${challenge}`, lockfile.url);
    const { statusCode, body } = await callLocal(url, { method: 'GET', timeoutMs: patienceMs });
    const answer = objectOf(body);
    const isWell = statusCode === 200 && answer?.['status'] === 'ok';
    if (!isWell) return { state: 'silent', lockfile };
    const expected = expectedProof(home, challenge, Number(url.port));
    const isOurs = expected === null || answer['proof'] === expected;
    return { state: isOurs ? 'running' : 'stranger', lockfile };
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
    return { state: isRefused ? 'absent' : 'silent', lockfile };
  }
}

/** null = there is no token that could be sent to anybody either. */
function expectedProof(home: string, challenge: string, port: number): string | null {
  try {
    const token = readPrivateFile(tokenPath(home, 'admin'))?.trim() ?? '';
    return token === '' ? null : proofOf(token, challenge, port);
  } catch {
    return null; // whoever needs the token says what is wrong with its file
  }
}
