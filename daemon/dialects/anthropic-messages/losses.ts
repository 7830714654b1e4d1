// The written list of what an Anthropic message cannot carry of another vendor's answer.

import type { StreamEvent } from '../../conversation/stream-event.ts';

/** A sentence for the record; undefined = nothing of this event is lost. */
export function lossOf(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'other-content':
      return `${event.wireType} has no place in an Anthropic message and was left out of the answer`;
    case 'choice-end':
      return event.choice === 0
        ? undefined
        : 'an Anthropic message holds one answer; the others were left out';
    default:
      return undefined;
  }
}
