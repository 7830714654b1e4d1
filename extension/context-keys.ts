// Live state -> the context keys that when-clauses and the walkthrough go by. Pure; extension.ts hands them on.

import { hasUsableProvider, overrideAt, type LiveState } from './live-state.ts';

export const CONTEXT_KEYS = [
  'pointsman.ready',
  'pointsman.stopped',
  'pointsman.failed',
  'pointsman.overrideActive',
  'pointsman.hasUsableProvider',
  'pointsman.hasRequests',
  'pointsman.assistantConnected',
] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

/**
 * True for a moment when the editor shall look again: a walkthrough that is opened after its conditions came true would
 * wait for them for ever, since only changes are looked at.
 */
export const LOOK_AGAIN_KEY = 'pointsman.lookAgain';

export function contextKeys(state: LiveState, nowMs: number): Readonly<Record<ContextKey, boolean>> {
  const { status } = state.daemon;
  const hasRequests = state.recent.some((request) => request.responseModel !== null);
  return {
    'pointsman.ready': status === 'ready',
    'pointsman.stopped': status === 'stopped',
    'pointsman.failed': status === 'failed',
    'pointsman.overrideActive': overrideAt(state, nowMs) !== null,
    'pointsman.hasUsableProvider': hasUsableProvider(state) === true,
    'pointsman.hasRequests': hasRequests,
    // Whoever asks us is connected, by whatever means.
    'pointsman.assistantConnected': state.isAssistantConnected || hasRequests,
  };
}
