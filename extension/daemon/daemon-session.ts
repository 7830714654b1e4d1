// What the rest of the extension knows of the daemon: a state, a way to call it, and its events. The supervisor is the
// one that makes it true. No `vscode` here: everything below runs in plain Node, and is tested there.

import type { ControlEvent } from '../../daemon/protocol/control-events.ts';

/** One running daemon, found and proven to be ours. Replaced as a whole after each restart. */
export interface DaemonConnection {
  /** `http://127.0.0.1:7411` */
  readonly url: string;
  readonly home: string;
  readonly version: string;
  readonly pid: number;
  /**
   * It listens on another port than the configured one, as a rule because another program has that: whoever was pointed
   * at the configured port must be told. Absent = no.
   */
  readonly isOnOtherPort?: boolean;
  /** For assistants. Never logged, never shown but by the command that copies it. */
  readonly clientToken: string;
  /**
   * Answer body of a route below `/pointsman/v1/`. Rejects with `DaemonCallError`: the daemon's own sentence, or one that
   * says that it does not answer.
   */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    route: string,
    body?: unknown,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

export class DaemonCallError extends Error {
  /** Of the control API, or `daemon.unreachable`. */
  readonly code: string;
  readonly statusCode: number | null;

  constructor(code: string, message: string, statusCode: number | null = null) {
    super(message);
    this.name = 'DaemonCallError';
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** Something that only the user can mend, as one sentence and the button that mends it. */
export interface DaemonProblem {
  readonly code: 'port-taken' | 'node-too-old' | 'cannot-start' | 'keeps-crashing' | 'home-unusable';
  readonly sentence: string;
  readonly action: 'show-log' | 'restart' | 'open-settings';
}

export type DaemonState =
  /** Not wanted: the user stopped it, or nothing has asked for it yet. */
  | { readonly status: 'stopped' }
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly connection: DaemonConnection }
  /** Being stopped or handed over. */
  | { readonly status: 'stopping' }
  /** Gave up; `start()` or `restart()` tries again. */
  | { readonly status: 'failed'; readonly problem: DaemonProblem };

export type Unsubscribe = () => void;

export interface DaemonSession {
  readonly state: DaemonState;
  onStateChange(listener: (state: DaemonState) => void): Unsubscribe;
  /** Events of whatever daemon is connected; silent in between. */
  onEvent(listener: (event: ControlEvent) => void): Unsubscribe;
  /** Finds or starts the one daemon; resolves when it is ready, rejects with the sentence of the problem. */
  start(): Promise<DaemonConnection>;
  /** Ends the daemon for all windows and keeps it ended until `start`. */
  stop(): Promise<void>;
  /** Running exchanges are finished first. Calls that come in while one is under way are one more restart, not many. */
  restart(): Promise<DaemonConnection>;
}
