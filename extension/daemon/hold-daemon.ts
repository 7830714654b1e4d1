// The connection to one daemon and the lease on it: what a window has while it is `ready`.

import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import { createCall } from './client.ts';
import type { DaemonConnection } from './daemon-session.ts';
import type { EventStream, StreamEnd } from './event-stream.ts';
import { readToken } from './locate.ts';

export interface HeldDaemon {
  readonly connection: DaemonConnection;
  readonly stream: EventStream;
  readonly lockfile: Lockfile;
  /** One of its tokens is another one now; false while one is about to be made again. */
  hasOtherTokens(): boolean;
}

export interface HoldOptions {
  readonly lockfile: Lockfile;
  readonly home: string;
  /** The user's setting; null = as configured in the home folder. */
  readonly port: number | null;
  readonly onEvent: (event: ControlEvent) => void;
  /** The lease is lost. Never called before this resolved. */
  readonly onEnd: (held: HeldDaemon, end: StreamEnd) => void;
}

/** null when it is gone again, or proves to be somebody else. Never rejects. */
export async function holdDaemon(options: HoldOptions): Promise<HeldDaemon | null> {
  const { lockfile, home, port } = options;
  const { url, pid, version } = lockfile;
  const [adminToken, clientToken] = [readToken(home, 'admin'), readToken(home, 'client')];
  if (adminToken === null || clientToken === null) return null;
  let held: HeldDaemon | null = null;
  let hasEnded = false;
  // The WebSocket library is most of what a window would have to load at its start.
  const { openEventStream } = await import('./event-stream.ts');
  const stream = await openEventStream({
    url,
    adminToken,
    onEvent: options.onEvent,
    onEnd(end) {
      hasEnded = true;
      if (held !== null) options.onEnd(held, end);
    },
  });
  if (stream === null || hasEnded) return null;
  const wantedPort = port ?? lockfile.configuredPort ?? 0;
  const isOnOtherPort = wantedPort !== 0 && Number(new URL(url).port) !== wantedPort;
  const connection: DaemonConnection = {
    url,
    home,
    version,
    pid,
    clientToken,
    ...(isOnOtherPort ? { isOnOtherPort } : {}),
    call: createCall({ url, adminToken: () => readToken(home, 'admin') }),
  };
  const hasOtherTokens = (): boolean => {
    const [admin, client] = [readToken(home, 'admin'), readToken(home, 'client')];
    if (admin === null || client === null) return false;
    return admin !== adminToken || client !== clientToken;
  };
  held = { connection, stream, lockfile, hasOtherTokens };
  return held;
}
