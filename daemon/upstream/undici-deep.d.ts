// Types of the undici modules that are imported on their own. The whole package makes the heap several times larger,
// and with it the garbage collector's pauses on large bodies, and the start twice as slow (measured, see README.md).

declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';
  const constructor: typeof Pool;
  export = constructor;
}

declare module 'undici/lib/dispatcher/env-http-proxy-agent.js' {
  import type { EnvHttpProxyAgent } from 'undici';
  const constructor: typeof EnvHttpProxyAgent;
  export = constructor;
}

declare module 'undici/lib/api/api-connect.js' {
  import type { Dispatcher } from 'undici';
  const connect: Dispatcher['connect'];
  export = connect;
}

declare module 'undici/lib/core/connect.js' {
  import type { Socket } from 'node:net';
  import type { buildConnector as PublicBuildConnector } from 'undici';

  /** Unlike the public type says, the connector returns the socket that it is opening. */
  function buildConnector(
    options: PublicBuildConnector.BuildOptions,
  ): (options: PublicBuildConnector.Options, callback: PublicBuildConnector.Callback) => Socket;
  export = buildConnector;
}
