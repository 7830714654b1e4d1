/** `HOME/daemon.json`: how the extension and the CLI find a running daemon. Holds no secret. */
export interface Lockfile {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  readonly protocolVersion: number;
  readonly startedAt: string;
  /** How long it stays when nobody needs it, as whoever started it asked for; absent = until it is stopped. */
  readonly lingerS?: number;
  /** Port of the configuration; `url` has another one when that was taken, or when a port was asked for. */
  readonly configuredPort?: number;
}
