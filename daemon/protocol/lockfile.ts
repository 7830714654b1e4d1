/** `HOME/daemon.json`: how the extension and the CLI find a running daemon. Holds no secret. */
export interface Lockfile {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  readonly protocolVersion: number;
  readonly startedAt: string;
}
