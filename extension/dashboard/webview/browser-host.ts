// The host in a browser: the daemon that served the page, by fetch and WebSocket on the same origin. The cookie that the
// ticket became does the rest; no token is ever in the hands of the page.

import { CONTROL_PREFIX, type ErrorBody } from '../../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import type { CallMethod, HostState } from '../messages.ts';
import type { PageHost, PageState } from './page-host.ts';
import { HostError } from './view.ts';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
const STATE_KEY = 'pointsman.dashboard';

const GONE: HostState = {
  status: 'failed',
  sentence: 'The daemon does not answer. Start it with "pointsman serve"; this page connects by itself.',
};

const NOT_ADMITTED: HostState = {
  status: 'failed',
  sentence: 'This page is no longer admitted. Open the dashboard again with "pointsman dashboard".',
};

export class BrowserHost implements PageHost {
  readonly kind = 'browser';
  readonly #onEvent: ((event: ControlEvent) => void)[] = [];
  readonly #onState: ((state: HostState) => void)[] = [];
  readonly #onShow: ((exchangeId: string) => void)[] = [];
  #retryMs = FIRST_RETRY_MS;

  begin(): void {
    this.#connect();
    window.addEventListener('hashchange', () => this.#showHash());
    this.#showHash();
  }

  async call(method: CallMethod, route: string, body?: unknown): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(`${CONTROL_PREFIX}/${route}`, {
        method,
        credentials: 'same-origin',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    } catch {
      throw new HostError('daemon.unreachable', 'the daemon does not answer; start it and try again');
    }
    const given: unknown = await answer.json().catch(() => null);
    if (answer.ok) return given;
    if (answer.status === 401 || answer.status === 403) this.#tell(NOT_ADMITTED);
    const error = (given as Partial<ErrorBody> | null)?.error;
    throw new HostError(
      error?.code ?? 'router.internal',
      error?.message ?? `the daemon answered with status ${answer.status}; its log says why`,
    );
  }

  onEvent(listener: (event: ControlEvent) => void): void {
    this.#onEvent.push(listener);
  }

  onState(listener: (state: HostState) => void): void {
    this.#onState.push(listener);
  }

  onShow(listener: (exchangeId: string) => void): void {
    this.#onShow.push(listener);
  }

  runCommand(): void {
    // There is no editor to run it.
  }

  readState(): Partial<PageState> {
    try {
      const state: unknown = JSON.parse(sessionStorage.getItem(STATE_KEY) ?? '{}');
      return typeof state === 'object' && state !== null ? state : {};
    } catch {
      return {}; // storage may be forbidden
    }
  }

  writeState(state: PageState): void {
    try {
      sessionStorage.setItem(STATE_KEY, JSON.stringify(state));
    } catch {
      // Then the page begins anew next time.
    }
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${CONTROL_PREFIX}/events`);
    let wasOpen = false;
    socket.addEventListener('open', () => {
      wasOpen = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#tell({ status: 'ready' });
    });
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'string') return;
      const event = JSON.parse(data) as ControlEvent;
      for (const listener of this.#onEvent) listener(event);
    });
    socket.addEventListener('close', () => {
      void this.#sayWhyClosed(wasOpen);
      setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
    });
  }

  /** A refused socket does not say why; a plain request does. */
  async #sayWhyClosed(wasOpen: boolean): Promise<void> {
    const answer = wasOpen
      ? null
      : await fetch(`${CONTROL_PREFIX}/status`, { credentials: 'same-origin' }).catch(() => null);
    const isRefused = answer !== null && (answer.status === 401 || answer.status === 403);
    this.#tell(isRefused ? NOT_ADMITTED : GONE);
  }

  /** `/dashboard#exchange=x_…` opens one request. */
  #showHash(): void {
    const exchangeId = new URLSearchParams(location.hash.slice(1)).get('exchange');
    if (exchangeId === null) return;
    for (const listener of this.#onShow) listener(exchangeId);
  }

  #tell(state: HostState): void {
    for (const listener of this.#onState) listener(state);
  }
}
