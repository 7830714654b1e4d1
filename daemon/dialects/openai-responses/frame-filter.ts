// A stream that passes to a client of the same dialect, byte for byte, but for an answer that is announced twice: only `_pointsman` is put into the last data event
// when it is wanted. Usage is part of every answer, so there is none to take out.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import { parseJsonObject } from '../../util/json.ts';
import type { FrameFilter } from '../dialect.ts';
import { addFrameMetadata } from '../metadata.ts';
import type { SseFrame } from '../sse-parser.ts';

export function createFrameFilter(options: { readonly holdLast: boolean }): FrameFilter {
  return new ResponseFilter(options.holdLast);
}

class ResponseFilter implements FrameFilter {
  private readonly holdLast: boolean;
  private hasEnded = false;
  private isStarted = false;
  /** The last data event so far and what is behind it, once the answer has ended; only kept with `holdLast`. */
  private held: SseFrame[] = [];

  constructor(holdLast: boolean) {
    this.holdLast = holdLast;
  }

  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[] {
    this.hasEnded ||= events.some((event) => event.type === 'response-end');
    if (!this.hasEnded && this.isRepeatedStart(frame)) return [];
    if (!this.holdLast || !this.hasEnded) return [frame.raw];
    const isData = parseJsonObject(frame.data) !== undefined;
    const passed = isData ? this.release() : [];
    this.held.push(frame);
    return passed;
  }

  end(metadata: JsonObject | undefined): readonly Buffer[] {
    const [last] = this.held;
    const passed = this.release();
    if (last !== undefined && metadata !== undefined) passed[0] = addFrameMetadata(last, metadata);
    return passed;
  }

  private isRepeatedStart({ event, data }: SseFrame): boolean {
    const isStart =
      event === 'response.created' || (event === '' && data.startsWith('{"type":"response.created"'));
    if (!isStart) return false;
    const isRepeated = this.isStarted;
    this.isStarted = true;
    return isRepeated;
  }

  private release(): Buffer[] {
    const passed = this.held.map((frame) => frame.raw);
    this.held = [];
    return passed;
  }
}
