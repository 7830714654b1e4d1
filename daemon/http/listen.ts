// Binds a server to loopback, and says in a sentence why that was not possible.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { RouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';

export interface ListenOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly host: string;
  /** How long to wait for a taken port, ms. */
  readonly patienceMs: number;
  readonly clock: Clock;
  /** What the server reports later. */
  readonly onError: (error: Error) => void;
}

const PORT_RETRY_MS = 10;

/** Rejects with `config.invalid` for a taken port or an address that is not loopback. */
export async function listenOnLoopback(
  server: Server,
  options: ListenOptions,
): Promise<{ readonly url: string; readonly port: number }> {
  const { port, clock, patienceMs } = options;
  const address = loopbackAddress(options.host);
  const untilMs = clock.monotonicMs() + patienceMs;
  while (!(await bind(server, port, address, clock.monotonicMs() < untilMs))) {
    await new Promise<void>((resolve) => void setTimeout(resolve, PORT_RETRY_MS));
  }
  server.on('error', options.onError);
  const bound = (server.address() as AddressInfo).port;
  return { url: `http://${address === '::1' ? '[::1]' : address}:${bound}`, port: bound };
}

/** False when the port is taken and `mayWait`. */
function bind(server: Server, port: number, address: string, mayWait: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      if (mayWait && error.code === 'EADDRINUSE') resolve(false);
      else reject(listenError(error, port));
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(port, address);
  });
}

/** Anything but loopback would offer the user's keys to the network, so there is no way to ask for it. */
function loopbackAddress(host: string): string {
  if (host === '127.0.0.1' || host === 'localhost') return '127.0.0.1';
  if (host === '::1' || host === '[::1]') return '::1';
  const message = `pointsman listens on this machine only: use --host 127.0.0.1 or ::1 instead of ${host}`;
  throw new RouterError('config.invalid', message);
}

function listenError(error: NodeJS.ErrnoException, port: number): RouterError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken by another program; stop it, or start with --port 0 to get a free port`,
    EACCES: `port ${port} needs rights that pointsman does not have; choose one above 1023, or --port 0 for a free one`,
    EADDRNOTAVAIL: 'this machine has no such loopback address; use --host 127.0.0.1',
  };
  const message =
    reasons[error.code ?? ''] ?? `cannot listen on port ${port}; start with --port 0 to get a free port`;
  return new RouterError('config.invalid', message, { cause: error });
}
