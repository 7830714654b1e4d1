// What the fault table of the trust specification (F1-F23) asks for, as data: what is done to a request, and what the
// client, the ledger and health must make of it. Which clients, providers and shapes it is tried with: cells.ts.

import type { FailureKind, UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { Fault } from '../support/chaos-upstream.ts';
import type { Answer } from '../support/wire-answers.ts';
import { ANSWER_ROWS } from './rows-answers.ts';
import { CONNECTION_ROWS } from './rows-connections.ts';
import { REFUSAL_ROWS } from './rows-refusals.ts';

export type Shape = 'stream' | 'plain';

/** Where a provider is that is no chaos upstream. */
export type Place = 'closed-port' | 'unknown-host' | 'black-hole' | 'full-backlog' | 'self-signed';

export type ByDialect<Value> = Value | Readonly<Record<UpstreamDialectId, Value>>;

/** When nobody else is left. */
export interface Alone {
  readonly statusCode: ByDialect<number>;
  /** Attempts that the one model gets; 1 when absent. */
  readonly attempts?: ByDialect<number>;
  /** Seconds in `retry-after`, at least and at most; absent = there is no such header. */
  readonly retryAfterS?: readonly [number, number];
}

export type Expected =
  /** By the first model, in full. */
  | { readonly outcome: 'served'; readonly usage: 'reported' | 'estimated' }
  /** The client has the beginning and a destroyed connection; nobody else is asked. */
  | { readonly outcome: 'torn' }
  /** Before the first content: the second model answers, or there is one error. */
  | {
      readonly outcome: 'failed';
      readonly errorType: ByDialect<FailureKind>;
      readonly alone: Alone;
      /** What the next request finds: the model is asked again, or left alone for a while or for good; `asked` when absent. */
      readonly afterwards?: 'asked' | 'left-alone' | 'left-for-good';
      /** Nobody knows whether it was billed, and the books say so. */
      readonly isUncertain?: boolean;
    }
  /** The request is at fault: the second model is not asked. */
  | { readonly outcome: 'refused'; readonly statusCode: number };

export interface FaultRow {
  /** Line of the specification's fault table. */
  readonly id: string;
  /** Continues "when a provider …". */
  readonly name: string;
  readonly fault?: Fault;
  readonly place?: Place;
  readonly expected: Expected;
  /** Only with this shape, and why not with the other. */
  readonly only?: { readonly shape: Shape; readonly why: string };
  /** Providers of these dialects cannot do that, and why. */
  readonly except?: { readonly dialects: readonly UpstreamDialectId[]; readonly why: string };
  readonly timeouts?: {
    readonly connectMs?: number;
    readonly firstEventMs?: number;
    readonly idleMs?: number;
  };
  /** The conversation has thoughts and calls in it that some model signed. */
  readonly hasHistory?: boolean;
  /** The second model takes no longer prompts than the first. */
  readonly isSecondSmall?: boolean;
  /** What the first model says; `TEXT_ANSWER` when absent. */
  readonly says?: Answer;
  /** The whole of it also shows a number of the mission, e.g. `[B6]`. */
  readonly mission?: string;
}

export const FAULT_ROWS: readonly FaultRow[] = [...CONNECTION_ROWS, ...ANSWER_ROWS, ...REFUSAL_ROWS];

/** Lines of the specification's table that are shown elsewhere, so that none is forgotten. */
export const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  F24: 'bodies that are too large: test/faults/admission*.test.ts',
  F25: 'clients that leave: test/faults/cancel*.test.ts',
  F26: 'slow readers: test/faults/admission*.test.ts',
  F27: 'slowloris: test/faults/admission*.test.ts',
  F28: 'overload: test/faults/admission*.test.ts',
};

export function forDialect<Value>(value: ByDialect<Value>, dialect: UpstreamDialectId): Value {
  if (typeof value !== 'object' || value === null) return value;
  return (value as Readonly<Record<UpstreamDialectId, Value>>)[dialect];
}
