// Keeps the list of models as the daemon knows it at the moment. A list that was there once stays while the daemon
// restarts, or the chat would put another model in the place of the chosen one. No `vscode` here.

import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { DaemonSession, DaemonState, Unsubscribe } from '../daemon/daemon-session.ts';
import { type EditorModel, editorModels } from './model-list.ts';

export interface ModelSource {
  /** Empty until the daemon has been asked, and where no provider can be used. */
  readonly models: readonly EditorModel[];
  /** Called after the list has changed in anything that is shown. */
  onChange(listener: () => void): Unsubscribe;
  /**
   * The list; while there has never been one and the daemon is starting, it is waited for. With `isWanted` the user asked
   * for models, so the daemon is started where it is not. Never rejects.
   */
  resolve(options: { readonly isWanted: boolean; readonly waitMs: number }): Promise<readonly EditorModel[]>;
  dispose(): void;
}

export function createModelSource(session: DaemonSession): ModelSource {
  return new Source(session);
}

class Source implements ModelSource {
  readonly #session: DaemonSession;
  readonly #listeners = new Set<() => void>();
  readonly #stopListening: readonly Unsubscribe[];
  #models: readonly EditorModel[] = [];
  #hasAsked = false;
  /** The call that runs, and whether what it will say is old already. */
  #running: Promise<void> | null = null;
  #isStale = false;

  constructor(session: DaemonSession) {
    this.#session = session;
    this.#stopListening = [
      session.onStateChange((state) => this.#follow(state)),
      session.onEvent((event) => {
        if (changesModels(event)) void this.#refresh();
      }),
    ];
    this.#follow(session.state);
  }

  get models(): readonly EditorModel[] {
    return this.#models;
  }

  onChange(listener: () => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async resolve(options: { readonly isWanted: boolean; readonly waitMs: number }) {
    if (options.isWanted && this.#session.state.status !== 'ready') {
      await this.#session.start().then(
        () => {},
        () => {}, // told by whoever shows the state of the daemon
      );
    }
    const isComing = !this.#hasAsked && ['starting', 'ready'].includes(this.#session.state.status);
    if (isComing) await this.#firstList(options.waitMs);
    return this.#models;
  }

  dispose(): void {
    for (const stop of this.#stopListening) stop();
    this.#listeners.clear();
  }

  #follow(state: DaemonState): void {
    if (state.status === 'ready') void this.#refresh();
  }

  /** Changes that come while a call runs are one more call, not many. */
  #refresh(): Promise<void> {
    this.#isStale = true;
    this.#running ??= this.#askUntilFresh().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #askUntilFresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const { state } = this.#session;
      if (state.status !== 'ready') return;
      try {
        this.#take(editorModels((await state.connection.call('GET', 'status')) as StatusBody));
      } catch {
        // It went away, or is too busy: the next state or event brings us here again.
      }
    }
  }

  #take(models: readonly EditorModel[]): void {
    const isSame = this.#hasAsked && JSON.stringify(models) === JSON.stringify(this.#models);
    this.#hasAsked = true;
    this.#models = models;
    if (!isSame) for (const listener of this.#listeners) listener();
  }

  #firstList(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      const stop = this.onChange(done);
    });
  }
}

function changesModels({ type }: ControlEvent): boolean {
  return type === 'config-update' || type === 'health-update';
}
