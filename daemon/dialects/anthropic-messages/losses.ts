// The written list of what an Anthropic message cannot carry of another vendor's answer.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { isOwnReason } from './finish-reason.ts';

/** A sentence for the record; undefined = nothing of this event is lost. */
export function lossOf(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'other-content':
      return `${event.wireType} has no place in an Anthropic message and was left out of the answer`;
    case 'choice-end':
      if (event.choice !== 0) return 'an Anthropic message holds one answer; the others were left out';
      return event.finishReason === 'other' ? lostEnd(event.wireReason) : undefined;
    default:
      return undefined;
  }
}

/** Anthropic's own words, of a stored answer, are kept. */
function lostEnd(wireReason: string): string | undefined {
  if (isOwnReason(wireReason)) return undefined;
  return `that the answer ended by ${wireReason} has no word in an Anthropic message, which says end_turn`;
}
