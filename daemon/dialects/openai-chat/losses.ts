// What a chat completion cannot carry of another vendor's answer. Seals of thoughts are not lost: they are remembered
// (`SignedHistory.recall`), since no client of this dialect would send them back.

import type { StreamEvent } from '../../conversation/stream-event.ts';

/** A sentence for the record; undefined = nothing of this event is lost. */
export function lossOf(event: StreamEvent): string | undefined {
  if (event.type === 'choice-end' && event.finishReason === 'other') {
    return `that the answer ended by ${event.wireReason} has no word in a chat completion, which says stop`;
  }
  if (event.type !== 'other-content') return undefined;
  return `${event.wireType} has no place in a chat completion and was left out of the answer`;
}
