// A same-dialect stream on its way to the client. Every frame passes as the bytes that arrived: usage is part of every
// stream of this dialect, so there is nothing to take out but a message that a gateway announces twice, over which the
// official SDK stumbles. Only `_pointsman` goes into the last data frame, which is message_stop, or what a gateway sends
// behind it.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { type JsonObject, parseJsonObject } from '../../util/json.ts';
import type { FrameFilter } from '../dialect.ts';
import { addFrameMetadata } from '../metadata.ts';
import type { SseFrame } from '../sse-parser.ts';

export function createFrameFilter(options: {
  readonly stripUsage: boolean;
  readonly holdLast: boolean;
}): FrameFilter {
  return options.holdLast ? new LastFrameFilter() : new OnceStartedFilter();
}

/** What the second announcement counts is in `message_delta` too. */
class OnceStartedFilter implements FrameFilter {
  private isStarted = false;
  private isComplete = false;

  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[] {
    if (this.isComplete || !isStart(frame)) {
      this.isComplete ||= events.some((event) => event.type === 'response-end');
      return [frame.raw];
    }
    if (this.isStarted) return [];
    this.isStarted = true;
    return [frame.raw];
  }

  end(): readonly Buffer[] {
    return [];
  }
}

function isStart({ event, data }: SseFrame): boolean {
  return event === 'message_start' || (event === '' && data.startsWith('{"type":"message_start"'));
}

class LastFrameFilter implements FrameFilter {
  private readonly inner = new OnceStartedFilter();
  private isComplete = false;
  /** From the last data frame on. */
  private held: SseFrame[] = [];

  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[] {
    if (events.some((event) => event.type === 'response-end')) this.isComplete = true;
    if (!this.isComplete) return this.inner.push(frame, events);
    const isData = parseJsonObject(frame.data) !== undefined;
    const passed = isData ? this.release() : [];
    this.held.push(frame);
    return passed;
  }

  /** A stream that never came to its end has nothing to be remarked on; it is not ended here either. */
  end(metadata: JsonObject | undefined): readonly Buffer[] {
    const [last] = this.held;
    const passed = this.release();
    if (last !== undefined && metadata !== undefined) passed[0] = addFrameMetadata(last, metadata);
    return passed;
  }

  private release(): Buffer[] {
    const passed = this.held.map((frame) => frame.raw);
    this.held = [];
    return passed;
  }
}
