// What the dashboard page and the editor say to each other by postMessage: calls of the control API, their answers,
// events, and commands. A leaf: both sides import it.

import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { CallMethod } from '../../daemon/protocol/page-routes.ts';

// Kept beside the control API: the daemon holds browsers to the same list.
export { isPageRoute, PAGE_ROUTES, type CallMethod } from '../../daemon/protocol/page-routes.ts';

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
