// The connections to providers: one pool per origin, kept alive between requests; through a proxy where the environment
// names one. Connection time is limited here, per connection, on the handed-in clock.

import type { Socket } from 'node:net';
import type { Dispatcher, EnvHttpProxyAgent, buildConnector } from 'undici';
import buildUndiciConnector from 'undici/lib/core/connect.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { isLoopbackHost } from '../config/base-url.ts';
import type { Clock } from '../util/clock.ts';
import { AttemptError } from './transport-failure.ts';

export interface DispatcherDeps {
  readonly clock: Clock;
  readonly connectMs: () => number;
  /** Environment variables; only the proxy ones are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Dispatchers {
  /** The dispatcher for an origin (`https://host:port`). */
  to(origin: string): Promise<Dispatcher> | Dispatcher;
  /** Drops every connection, running answers included. */
  close(): Promise<void>;
}

/** Idle connections are closed after this; providers and middle boxes drop them silently soon after. */
const KEEP_ALIVE_MS = 25_000;

/** A wall clock that moved this much more than the monotonic one: the machine slept, its sockets are dead. */
const SLEEP_GAP_MS = 30_000;

export function createDispatchers(deps: DispatcherDeps): Dispatchers {
  const pools = new Map<string, Dispatcher>();
  let proxy: Promise<EnvHttpProxyAgent> | null = null;
  let clockOffsetMs = deps.clock.now() - deps.clock.monotonicMs();

  const discardAfterSleep = (): void => {
    const offsetMs = deps.clock.now() - deps.clock.monotonicMs();
    const gapMs = Math.abs(offsetMs - clockOffsetMs);
    clockOffsetMs = offsetMs;
    if (gapMs < SLEEP_GAP_MS) return;
    const stale = [...pools.values()];
    pools.clear();
    // Running answers may finish; the limits of their attempts end those that cannot.
    for (const pool of stale) void pool.close();
  };

  return {
    to(origin) {
      discardAfterSleep();
      const known = pools.get(origin);
      if (known !== undefined) return known;
      if (isProxied(origin, deps.environment)) {
        checkProxyAddress(deps.environment);
        proxy ??= createProxyAgent(deps);
        return proxy;
      }
      const pool = new Pool(origin, {
        connect: limitedConnector(deps),
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        allowH2: false,
        pipelining: 1,
      });
      pools.set(origin, pool);
      return pool;
    },
    async close() {
      const open = [...pools.values(), ...(proxy === null ? [] : [await proxy])];
      pools.clear();
      proxy = null;
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** Whether the environment names a proxy for this kind of URL. Loopback is never proxied; NO_PROXY is undici's part. */
function isProxied(origin: string, environment: DispatcherDeps['environment']): boolean {
  const url = new URL(origin);
  if (isLoopbackHost(url.hostname)) return false;
  return proxyOf(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy', environment) !== '';
}

/** Lower case wins, as in curl. */
function proxyOf(name: string, environment: DispatcherDeps['environment']): string {
  return environment[name] ?? environment[name.toUpperCase()] ?? '';
}

function checkProxyAddress(environment: DispatcherDeps['environment']): void {
  for (const name of ['http_proxy', 'https_proxy']) {
    const address = proxyOf(name, environment);
    if (address === '' || URL.canParse(address)) continue;
    throw new AttemptError(
      'connect',
      `the proxy that ${name} names is not an address; correct or unset that variable`,
    );
  }
}

/** Loaded only where it is needed: it costs start time and heap. */
async function createProxyAgent({ environment, connectMs }: DispatcherDeps): Promise<EnvHttpProxyAgent> {
  const [{ default: Agent }, { default: connect }] = await Promise.all([
    import('undici/lib/dispatcher/env-http-proxy-agent.js'),
    import('undici/lib/api/api-connect.js'),
  ]);
  return new Agent({
    // Only undici's main module gives its classes the method that tunnels are opened with.
    clientFactory: (origin, options) => Object.assign(new Pool(origin, options), { connect }),
    httpProxy: proxyOf('http_proxy', environment),
    httpsProxy: proxyOf('https_proxy', environment),
    noProxy: proxyOf('no_proxy', environment),
    connectTimeout: connectMs(),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    allowH2: false,
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment cannot turn verification off.
    connect: { rejectUnauthorized: true },
    requestTls: { rejectUnauthorized: true },
    proxyTls: { rejectUnauthorized: true },
  });
}

class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';
}

/** undici's connector with our limit in place of its own, which only ticks every half second. TLS time included. */
function limitedConnector({ clock, connectMs }: DispatcherDeps): buildConnector.connector {
  const connect = buildUndiciConnector({ timeout: 0, allowH2: false, rejectUnauthorized: true });
  return (options, callback) => {
    const limitMs = connectMs();
    let socket: Socket | null = null;
    const cancel = clock.setTimer(limitMs, () => {
      socket?.destroy(new ConnectTimeout(`no connection within ${limitMs} ms`));
    });
    socket = connect(options, (...outcome) => {
      cancel();
      callback(...outcome);
    });
  };
}
