// The shape of a golden case: what a simulated provider answers, what its model costs, and what the books must say, worked
// out by hand. `working` shows the arithmetic in millionths of a dollar unless it says otherwise; nothing in these
// files was computed by the code under test.

import type { RouterConfigInput } from '../../../daemon/config/schema.ts';
import type { UpstreamDialectId } from '../../../daemon/protocol/vocabulary.ts';
import type { JsonObject } from '../../../daemon/util/json.ts';

type ModelInput = NonNullable<RouterConfigInput['models']>[string];

/** What a model costs and how its tokens and its prompt cache count. */
export interface Terms {
  /** Absent = none is configured: the price list is asked for `upstreamModel`. */
  readonly price?: NonNullable<ModelInput['price']>;
  readonly billing?: 'metered' | 'flat-rate' | 'free';
  /** Absent = no prompt cache. */
  readonly cache?: NonNullable<ModelInput['cache']>;
  /** 1 when absent. */
  readonly tokenizerFactor?: number;
  readonly upstreamModel?: string;
}

/** USD, exact to 1e-9. */
export interface Money {
  readonly cost: number | null;
  readonly baseline: number | null;
  readonly saved: number | null;
}

export interface Step {
  /** Seconds after the start of the case. */
  readonly afterS?: number;
  readonly stream?: boolean;
  /** Usage object as the vendor writes it; null = the answer carries none. */
  readonly usage: JsonObject | null;
  readonly ending?: Ending;
  /** Role and exact size in bytes of each message of the request; one short question when absent. */
  readonly messages?: readonly (readonly ['user' | 'assistant', number])[];
  /** Another name = another conversation. */
  readonly conversation?: string;
  /** Absent = only what a step did to the state matters. */
  readonly money?: Money;
  readonly working?: string;
  /**
   * Where tokens were estimated: what each token of the recorded usage adds to `money`, USD. The estimate itself is
   * not money, so it is not pinned down here.
   */
  readonly perToken?: PerToken;
  readonly usageSource?: 'reported' | 'estimated' | 'none';
  readonly status?: 'ok' | 'error' | 'cancelled';
  readonly attempts?: number;
}

export interface PerToken {
  readonly input?: { readonly cost: number; readonly baseline: number };
  readonly output?: { readonly cost: number; readonly baseline: number };
}

/**
 * How the provider behaves: answers in full; answers after failures with these statuses; breaks off in mid-stream; is
 * left by the client in mid-stream; refuses everything with this status.
 */
export type Ending =
  | 'whole'
  | 'cut-at-limit'
  | { readonly failsFirst: readonly number[] }
  | 'breaks'
  | 'client-leaves'
  | { readonly refuses: number };

export interface GoldenCase {
  readonly title: string;
  readonly dialect: UpstreamDialectId;
  readonly served: Terms;
  /** Absent = `exact/`: the model that serves is its own baseline. */
  readonly baseline?: Terms;
  /** Friday noon UTC, when no price is at its peak, when absent. */
  readonly at?: string;
  /** The client speaks Anthropic's messages and marks its prompt for the cache. */
  readonly marks?: boolean;
  readonly steps: readonly Step[];
}

export const FRIDAY_NOON = '2026-11-20T12:00:00Z';

/** A case of one request. */
export function once(given: Omit<GoldenCase, 'steps'> & Step): GoldenCase {
  const { title, dialect, served, baseline, at, marks, ...step } = given;
  return {
    title,
    dialect,
    served,
    ...(baseline === undefined ? {} : { baseline }),
    ...(at === undefined ? {} : { at }),
    ...(marks === undefined ? {} : { marks }),
    steps: [step],
  };
}
