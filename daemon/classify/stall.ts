// Does a task get on? Looks at the last steps of a tool loop for the same call or the same error again and again.

import type { ConversationRequest } from '../conversation/request.ts';

export interface Stall {
  readonly kind: 'same-call' | 'same-error';
  /** How often, the last time included. */
  readonly times: number;
  /** A phrase without any text of the conversation: "made the same call 3 times". */
  readonly why: string;
}

/** null = nothing of that kind. Reads a bounded number of messages from the end of the present task. */
export function findStall(_request: Pick<ConversationRequest, 'outline' | 'message'>): Stall | null {
  return null;
}
