// What a view of the dashboard is, and what the shell gives it. Views know neither the editor nor the network: they ask
// the host, and are told events.

import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import type { CallMethod, HostState, PageCommand } from '../messages.ts';

export type ViewName = 'requests' | 'savings' | 'models' | 'health' | 'budgets' | 'replay';

/** The way to the daemon: by postMessage in the editor, by fetch and WebSocket in a browser. */
export interface DashboardHost {
  /** `editor` has commands; `browser` has none. */
  readonly kind: 'editor' | 'browser';
  /** Answer body of a route of the control API (see PAGE_ROUTES). Rejects with `HostError`. */
  call(method: CallMethod, route: string, body?: unknown): Promise<unknown>;
  onEvent(listener: (event: ControlEvent) => void): void;
  onState(listener: (state: HostState) => void): void;
  onShow(listener: (exchangeId: string) => void): void;
  /** Nothing happens in a browser. */
  runCommand(command: PageCommand): void;
}

export class HostError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'HostError';
    this.code = code;
  }
}

/** What all views look at; changed in the header of the page. */
export interface Filter {
  /** Totals and series begin there; null = everything. */
  readonly sinceMs: number | null;
  readonly client: string | null;
  readonly model: string | null;
  readonly task: string | null;
  readonly workspace: string | null;
}

export interface ViewContext {
  readonly host: DashboardHost;
  readonly filter: () => Filter;
  /** Says it to screen readers. */
  readonly announce: (sentence: string) => void;
  readonly openExchange: (exchangeId: string) => void;
  readonly go: (view: ViewName) => void;
}

export interface View {
  readonly element: HTMLElement;
  /** Comes to the front, or the filter changed while it was there: load and draw. */
  show(): void;
  hide(): void;
  onEvent(event: ControlEvent): void;
  /** Colours changed: charts are drawn anew. */
  onThemeChange(): void;
}

export type CreateView = (context: ViewContext) => View;
