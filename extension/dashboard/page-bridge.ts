// Between the page and the daemon: what the page may ask is passed on, and what the daemon tells is passed back. Without
// `vscode`, so that it is tested in plain Node. The page is not trusted: what is not on the lists is refused.

import type { DaemonSession, DaemonState, Unsubscribe } from '../daemon/daemon-session.ts';
import {
  isPageRoute,
  PAGE_COMMANDS,
  type CallMethod,
  type HostState,
  type PageCommand,
  type ToPage,
} from './messages.ts';

export interface BridgeDeps {
  readonly session: DaemonSession;
  readonly post: (message: ToPage) => void;
  readonly runCommand: (command: PageCommand) => void;
}

interface Call {
  readonly id: number;
  readonly method: CallMethod;
  readonly route: string;
  readonly body: unknown;
}

const CALL_TIMEOUT_MS = 30_000;
/** An answer of a model takes as long as it takes. */
const RESEND_TIMEOUT_MS = 10 * 60_000;

export class PageBridge {
  readonly #deps: BridgeDeps;
  readonly #subscriptions: readonly Unsubscribe[];
  /** A page that was hidden begins anew, and says so. */
  #isListening = false;
  #shownLater: string | null = null;

  constructor(deps: BridgeDeps) {
    this.#deps = deps;
    const { session } = deps;
    this.#subscriptions = [
      session.onStateChange((state) => this.#tell({ type: 'state', state: hostState(state) })),
      session.onEvent((event) => this.#tell({ type: 'event', event })),
    ];
  }

  /** Whatever the page has sent. */
  receive(message: unknown): void {
    const type = memberOf(message, 'type');
    if (type === 'ready') this.#begin();
    else if (type === 'command') this.#command(memberOf(message, 'command'));
    else if (type === 'call') {
      const call = callOf(message);
      if (call !== null) void this.#call(call);
    }
  }

  /** Opens one request on the page; as soon as there is one that listens. */
  show(exchangeId: string): void {
    if (this.#isListening) this.#tell({ type: 'show', exchangeId });
    else this.#shownLater = exchangeId;
  }

  /** The page is no longer there: nothing reaches it until it begins again. */
  pause(): void {
    this.#isListening = false;
  }

  dispose(): void {
    this.#isListening = false;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  #begin(): void {
    this.#isListening = true;
    this.#tell({ type: 'state', state: hostState(this.#deps.session.state) });
    const exchangeId = this.#shownLater;
    this.#shownLater = null;
    if (exchangeId !== null) this.#tell({ type: 'show', exchangeId });
  }

  #command(command: unknown): void {
    const known = PAGE_COMMANDS.find((candidate) => candidate === command);
    if (known !== undefined) this.#deps.runCommand(known);
  }

  async #call({ id, method, route, body }: Call): Promise<void> {
    if (!isPageRoute(method, route)) {
      return this.#refuse(id, 'request.not_found', 'the dashboard may not call this');
    }
    const { state } = this.#deps.session;
    if (state.status !== 'ready') {
      return this.#refuse(id, 'daemon.unreachable', 'the daemon is not running; start it and try again');
    }
    try {
      const timeoutMs = route === 'resend' || route === 'replay' ? RESEND_TIMEOUT_MS : CALL_TIMEOUT_MS;
      const answer = await state.connection.call(method, route, body, { timeoutMs });
      this.#tell({ type: 'answer', id, body: answer });
    } catch (error) {
      const code = memberOf(error, 'code');
      const message = memberOf(error, 'message');
      this.#refuse(
        id,
        typeof code === 'string' ? code : 'router.internal',
        typeof message === 'string' && message !== ''
          ? message
          : 'the daemon did not answer; its log says why',
      );
    }
  }

  #refuse(id: number, code: string, message: string): void {
    this.#tell({ type: 'refusal', id, error: { code, message } });
  }

  #tell(message: ToPage): void {
    if (this.#isListening) this.#deps.post(message);
  }
}

/** What the page is told of the daemon: neither its address nor any token. */
export function hostState(state: DaemonState): HostState {
  switch (state.status) {
    case 'ready':
    case 'starting':
    case 'stopped':
      return { status: state.status };
    // Mostly on the way to the next one; when it is not, `stopped` follows at once.
    case 'stopping':
      return { status: 'starting' };
    default:
      return { status: 'failed', sentence: state.problem.sentence };
  }
}

function callOf(message: unknown): Call | null {
  const id = memberOf(message, 'id');
  const method = memberOf(message, 'method');
  const route = memberOf(message, 'route');
  if (typeof id !== 'number' || typeof method !== 'string' || typeof route !== 'string') return null;
  return { id, method: method as CallMethod, route, body: memberOf(message, 'body') };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
