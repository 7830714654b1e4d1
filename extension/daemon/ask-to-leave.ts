// The wish that a daemon be gone, from a window and from the uninstallation.

import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import { createCall } from './client.ts';
import { locateDaemon, readToken } from './locate.ts';

export interface LeaveWish {
  /** Hand over: what runs may go on so long, the port is free at once. Absent = as a signal does. */
  readonly drainMs?: number;
  readonly patienceMs?: number;
  /** Leave a daemon alone that the user started. */
  readonly onlyLingering?: boolean;
}

/** The daemon that was asked; null = none is there, or it did not take the wish. Never rejects. */
export async function askToLeave(home: string, wish: LeaveWish = {}): Promise<Lockfile | null> {
  const { drainMs, patienceMs, onlyLingering = false } = wish;
  const located = await locateDaemon(home, patienceMs);
  if (located.status !== 'running') return null;
  if (onlyLingering && located.lockfile.lingerS === undefined) return null;
  const call = createCall({ url: located.lockfile.url, adminToken: () => readToken(home, 'admin') });
  const body = drainMs === undefined ? {} : { drainMs };
  const options = patienceMs === undefined ? {} : { timeoutMs: patienceMs };
  return await call('POST', 'shutdown', body, options).then(
    () => located.lockfile,
    () => null,
  );
}
