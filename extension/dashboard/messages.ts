// What the dashboard page and the editor say to each other by postMessage: calls of the control API, their answers,
// events, and commands. A leaf: both sides import it.

import type { ControlEvent } from '../../daemon/protocol/control-events.ts';

export type CallMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Commands that the page may run in the editor; everything else is refused. */
export const PAGE_COMMANDS = [
  'pointsman.connectAssistant',
  'pointsman.setProviderKey',
  'pointsman.setBudget',
  'pointsman.startDaemon',
  'pointsman.restartDaemon',
  'pointsman.showLog',
  'pointsman.runDoctor',
  'pointsman.overrideNextRequest',
] as const;
export type PageCommand = (typeof PAGE_COMMANDS)[number];

/** The daemon as the page sees it. */
export type HostState =
  | { readonly status: 'ready' }
  | { readonly status: 'starting' }
  | { readonly status: 'stopped' }
  | { readonly status: 'failed'; readonly sentence: string };

export type ToHost =
  | { readonly type: 'ready' }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: CallMethod;
      readonly route: string;
      readonly body?: unknown;
    }
  | { readonly type: 'command'; readonly command: PageCommand };

export type ToPage =
  | { readonly type: 'answer'; readonly id: number; readonly body: unknown }
  | {
      readonly type: 'refusal';
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string };
    }
  | { readonly type: 'event'; readonly event: ControlEvent }
  | { readonly type: 'state'; readonly state: HostState }
  /** Open one request. */
  | { readonly type: 'show'; readonly exchangeId: string };

/** Routes of the control API (without query) that the page may call, by method; `*` = one path segment. */
export const PAGE_ROUTES: Readonly<Record<CallMethod, readonly string[]>> = {
  GET: ['status', 'totals', 'series', 'exchanges', 'exchanges/*', 'budgets', 'assistants'],
  POST: ['replay', 'feedback', 'resend'],
  PUT: ['override', 'budgets'],
  DELETE: ['override'],
};

export function isPageRoute(method: string, route: string): boolean {
  const known = Object.hasOwn(PAGE_ROUTES, method) ? PAGE_ROUTES[method as CallMethod] : [];
  const path = route.split('?', 1)[0] ?? '';
  if (!/^[a-zA-Z0-9_/-]+$/.test(path)) return false;
  return known.some((pattern) =>
    pattern.endsWith('/*')
      ? path.startsWith(pattern.slice(0, -1)) && /^[^/]+$/.test(path.slice(pattern.length - 1))
      : path === pattern,
  );
}
