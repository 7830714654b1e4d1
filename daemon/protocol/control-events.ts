// What the event socket (`GET /pointsman/v1/events`) sends, one JSON object a frame.

import type { TotalsBody } from './control-api.ts';
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
  | { readonly type: 'config-update'; readonly valid: boolean; readonly error: string | null }
  | {
      readonly type: 'health-update';
      readonly model: string;
      readonly provider: string;
      readonly health: 'ok' | 'ejected';
      readonly retryAtMs: number | null;
    };
