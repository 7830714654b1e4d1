// Gives tools in a translated answer the names under which the client declared them. A name that was too long for the
// provider's dialect was cut on its way there, and only the declared tools tell what it was.

import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { UpstreamCodec } from '../dialects/dialect.ts';

/** The events with the tools' own names in them; the very same list where nothing has to change. */
export type ToolNamer = (events: readonly StreamEvent[]) => readonly StreamEvent[];

/** One for each answer. The tools are not looked at before one is called. */
export function createToolNamer(
  request: Pick<ConversationRequest, 'tools'>,
  { fitToolName }: Pick<UpstreamCodec, 'fitToolName'>,
): ToolNamer {
  if (fitToolName === undefined) return (events) => events;
  let known: ReadonlyMap<string, string> | undefined;
  const named = (event: StreamEvent): StreamEvent => {
    if (event.type !== 'tool-input-start') return event;
    known ??= ownNames(request, fitToolName);
    const name = known.get(event.name);
    return name === undefined || name === event.name ? event : { ...event, name };
  };
  return (events) => (events.some(({ type }) => type === 'tool-input-start') ? events.map(named) : events);
}

/** By the name as it is and as it was written; where two meet, the one that is called so. */
function ownNames(
  request: Pick<ConversationRequest, 'tools'>,
  fitToolName: (name: string) => string,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const tools = request.tools();
  for (const { name } of tools) {
    const written = fitToolName(name);
    if (!names.has(written)) names.set(written, name);
  }
  for (const { name } of tools) names.set(name, name);
  return names;
}
