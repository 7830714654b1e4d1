// Finds the daemon of a home folder. `daemon.json` says where one was; who listens there now must prove itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import { shakeHands } from './handshake.ts';

export type Located =
  | { readonly status: 'running'; readonly lockfile: Lockfile }
  /** The process is there and says nothing. */
  | { readonly status: 'silent'; readonly lockfile: Lockfile }
  | { readonly status: 'absent' };

/** Never rejects. */
export async function locateDaemon(home: string, patienceMs?: number): Promise<Located> {
  const lockfile = readLockfile(home);
  const adminToken = readToken(home, 'admin');
  if (lockfile === null || adminToken === null) return { status: 'absent' };
  const handshake = await shakeHands(lockfile.url, adminToken, patienceMs);
  if (handshake.status === 'proven') {
    handshake.agent.destroy();
    return { status: 'running', lockfile };
  }
  const isSilent = handshake.status === 'silent' && isProcessAlive(lockfile.pid);
  return isSilent ? { status: 'silent', lockfile } : { status: 'absent' };
}

/** Whether whoever listens on a loopback port is the daemon of this home. Never rejects. */
export async function isOurs(home: string, port: number): Promise<boolean> {
  const adminToken = readToken(home, 'admin');
  if (adminToken === null) return false;
  const handshake = await shakeHands(`http://127.0.0.1:${port}`, adminToken);
  if (handshake.status === 'proven') handshake.agent.destroy();
  return handshake.status === 'proven';
}

/** null when there is none or it makes no sense. */
export function readLockfile(home: string): Lockfile | null {
  const value = parsed(readText(join(home, 'daemon.json')));
  if (value === null) return null;
  const { pid, url, version, protocolVersion, startedAt, lingerS, configuredPort } = value;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (typeof url !== 'string' || !isLoopbackUrl(url)) return null;
  if (typeof version !== 'string' || typeof startedAt !== 'string') return null;
  if (typeof protocolVersion !== 'number') return null;
  return {
    pid,
    url,
    version,
    protocolVersion,
    startedAt,
    ...(typeof lingerS === 'number' ? { lingerS } : {}),
    ...(typeof configuredPort === 'number' ? { configuredPort } : {}),
  };
}

/** null when there is none, or none that can be sent. */
export function readToken(home: string, kind: 'client' | 'admin'): string | null {
  const token = readText(join(home, kind === 'admin' ? 'admin-token' : 'token'))?.trim() ?? '';
  return /^[\x21-\x7e]{32,256}$/.test(token) ? token : null;
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

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // absent or unreadable is the same to whoever looks for a daemon
  }
}

function parsed(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && url.protocol === 'http:' && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname)
  );
}
