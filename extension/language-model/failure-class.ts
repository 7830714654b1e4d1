// Which kind of failure an extension that called a model is told, beside the sentence. Pure.

import { MessagesFailure } from './messages-request.ts';

export type FailureClass =
  /** There is no such model (any more). */
  | 'not-found'
  /** A budget is used up, or a provider wants fewer requests. */
  | 'blocked'
  /** The daemon, or every provider, refuses who asks. */
  | 'no-permissions'
  | 'other';

const CLASS_BY_STATUS: Readonly<Record<number, FailureClass>> = {
  401: 'no-permissions',
  402: 'blocked',
  403: 'no-permissions',
  404: 'not-found',
  429: 'blocked',
};

export function failureClass(error: unknown): FailureClass {
  if (!(error instanceof MessagesFailure) || error.statusCode === null) return 'other';
  return CLASS_BY_STATUS[error.statusCode] ?? 'other';
}
