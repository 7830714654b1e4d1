// How one attempt failed, as a value: the plan's next step is decided from it, nothing is thrown.

import type { FailureKind } from '../protocol/vocabulary.ts';

export interface AttemptFailure {
  readonly kind: FailureKind;
  /** HTTP status of the upstream; absent when it never answered. */
  readonly statusCode?: number;
  /** The upstream's own sentence, cut to 500 characters and with keys redacted; for the record and for `rejected`. */
  readonly message: string;
  /** How the key ends that was refused; absent where no key is at fault. */
  readonly keyEnding?: string;
  /** How long the upstream asked us to stay away, ms; absent when it did not say. */
  readonly retryAfterMs?: number;
  /** The next try would fail in the same way; only somebody who changes something can help. */
  readonly isLasting?: boolean;
}
