// The written list of what a Gemini answer cannot carry of another vendor's answer.

import type { StreamEvent } from '../../conversation/stream-event.ts';

/** A sentence for the record; undefined = nothing of this event is lost. */
export function lossOf(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'other-content':
      return `content of type ${event.wireType} has no place in a Gemini answer and was left out`;
    case 'refusal-delta':
      return 'a refusal has no place of its own in a Gemini answer; it stands there as text';
    case 'usage':
      return event.usage.cacheCreationInputTokens > 0
        ? 'a Gemini answer has no count of tokens written to a cache; they are in its prompt count only'
        : undefined;
    default:
      return undefined;
  }
}
