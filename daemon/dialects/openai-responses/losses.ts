// What an answer in this dialect has no place for: a second answer, ends of other kinds, and what other dialects put
// beside the text.

import type { StreamEvent } from '../../conversation/stream-event.ts';

/** Undefined for an event that is carried whole. */
export function lossOf(event: StreamEvent): string | undefined {
  if ('choice' in event && event.choice > 0) {
    return 'a response holds one answer: the others were left out';
  }
  if (event.type === 'choice-end' && event.finishReason === 'other') {
    return `that the answer ended by ${event.wireReason} has no word in a response, which says completed`;
  }
  if (event.type !== 'other-content') return undefined;
  return `${event.wireType} in the answer has no counterpart in a response and was left out`;
}
