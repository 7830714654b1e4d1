// Whom the processes behind an editor talk to while a test runs: looked at again and again, since connections are short.
// What is allowed is named; everything else is kept in words.

import { setInterval } from 'node:timers';

import type { RunningCodeServer } from '../code-server.ts';
import type { TestHome } from '../test-home.ts';
import { daemonsOf, extensionHosts, isLoopback, peersOf, type Peer } from './process-list.ts';

const EVERY_MS = 50;

export interface PeerWatch {
  /** Sightings of connections that are as they should be: none means that nobody looked. */
  readonly expected: number;
  /** Each one once, in words. */
  readonly strangers: readonly string[];
  stop(): void;
}

/**
 * Extension hosts may talk to their editor and to the daemon, the daemon to whoever calls it, to the daemon that it takes
 * over from and to the simulated providers. All of that is on this machine.
 */
export function watchPeers(server: RunningCodeServer, home: TestHome): PeerWatch {
  const providers = [...home.providers.map(({ baseUrl }) => baseUrl), home.agent.origin].map((url) =>
    Number(new URL(url).port),
  );
  const isOfHost = (peer: Peer): boolean => peer.localPort === server.port || peer.port === home.port;
  // A daemon that takes over from another one asks it at the port that both have.
  const isOfDaemon = (peer: Peer): boolean =>
    [peer.localPort, peer.port].includes(home.port) || providers.includes(peer.port);
  const strangers = new Set<string>();
  let expected = 0;
  const look = (who: string, pids: readonly number[], isKnown: (peer: Peer) => boolean): void => {
    for (const peer of peersOf(pids)) {
      if (isLoopback(peer) && isKnown(peer)) expected += 1;
      else strangers.add(`${who}, from its port ${peer.localPort}, with ${peer.address} port ${peer.port}`);
    }
  };
  const timer = setInterval(() => {
    look('an extension host', extensionHosts(server.folder), isOfHost);
    look('the daemon', daemonsOf(home.folder), isOfDaemon);
  }, EVERY_MS);
  return {
    get expected() {
      return expected;
    },
    get strangers() {
      return [...strangers];
    },
    stop: () => clearInterval(timer),
  };
}
