// What the event socket (`GET /pointsman/v1/events`) sends, one JSON object a frame.

import type { OverrideState, TotalsBody } from './control-api.ts';
import type { AttemptRecord, ExchangeRecord } from './exchange-record.ts';
import type { Classification, RouteReason } from './vocabulary.ts';

export type ControlEvent =
  | {
      readonly type: 'exchange-start';
      readonly exchangeId: string;
      readonly client: string;
      readonly requestModel: string;
      readonly startedAt: string;
    }
  | {
      readonly type: 'exchange-routed';
      readonly exchangeId: string;
      readonly classification: Classification;
      readonly chosen: string;
      readonly reason: RouteReason;
    }
  | { readonly type: 'attempt-end'; readonly exchangeId: string; readonly attempt: AttemptRecord }
  | { readonly type: 'exchange-end'; readonly record: Omit<ExchangeRecord, 'decision'> }
  | { readonly type: 'totals-update'; readonly totals: TotalsBody }
  /** The strongest override in force, after one was set, cleared or used up; null = none. One that expires is not told. */
  | { readonly type: 'override-update'; readonly override: OverrideState | null }
  | { readonly type: 'config-update'; readonly valid: boolean; readonly error: string | null }
  | {
      readonly type: 'health-update';
      readonly model: string;
      readonly provider: string;
      readonly health: 'ok' | 'ejected';
      readonly retryAtMs: number | null;
    };

/**
 * Reasons with which the daemon closes the event socket. Only the first one is the wish of a person that it be gone;
 * after any other one whoever needs a daemon looks for the next one, or starts it.
 */
export const SOCKET_CLOSE_REASONS = {
  stopped: 'the daemon is stopping',
  handedOver: 'the daemon hands over',
  ended: 'the daemon is ending',
} as const;

export type SocketCloseReason = keyof typeof SOCKET_CLOSE_REASONS;
