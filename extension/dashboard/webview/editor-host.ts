// The host inside the editor: everything by postMessage, since a webview has no network.

import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import type { CallMethod, HostState, PageCommand, ToHost, ToPage } from '../messages.ts';
import type { PageHost, PageState } from './page-host.ts';
import { HostError } from './view.ts';

interface EditorApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

export const isInEditor = (): boolean => 'acquireVsCodeApi' in globalThis;

interface PendingCall {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: HostError) => void;
}

export class EditorHost implements PageHost {
  readonly kind = 'editor';
  readonly #api = acquireVsCodeApi();
  readonly #pending = new Map<number, PendingCall>();
  readonly #onEvent: ((event: ControlEvent) => void)[] = [];
  readonly #onState: ((state: HostState) => void)[] = [];
  readonly #onShow: ((exchangeId: string) => void)[] = [];
  #lastId = 0;

  begin(): void {
    window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => this.#receive(data));
    this.#post({ type: 'ready' });
  }

  call(method: CallMethod, route: string, body?: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post({ type: 'call', id, method, route, ...(body === undefined ? {} : { body }) });
    });
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

  runCommand(command: PageCommand): void {
    this.#post({ type: 'command', command });
  }

  readState(): Partial<PageState> {
    const state = this.#api.getState();
    return typeof state === 'object' && state !== null ? state : {};
  }

  writeState(state: PageState): void {
    this.#api.setState(state);
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'answer':
        this.#take(message.id)?.resolve(message.body);
        break;
      case 'refusal':
        this.#take(message.id)?.reject(new HostError(message.error.code, message.error.message));
        break;
      case 'event':
        for (const listener of this.#onEvent) listener(message.event);
        break;
      case 'state':
        for (const listener of this.#onState) listener(message.state);
        break;
      case 'show':
        for (const listener of this.#onShow) listener(message.exchangeId);
        break;
      default:
        break; // the editor's own messages
    }
  }

  #post(message: ToHost): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not the window's: it reaches the editor only
    this.#api.postMessage(message);
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    return call;
  }
}
