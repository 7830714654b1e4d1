// One place that everything worth telling goes through, to whoever listens. A listener that throws is its own problem.

import type { ControlEvent } from '../protocol/control-events.ts';
import type { Log } from '../util/log.ts';

export interface EventBus {
  publish(event: ControlEvent): void;
  /** Whether anybody listens; saves making what nobody would hear. */
  isHeard(): boolean;
  /** The returned function ends the subscription. */
  subscribe(listener: (event: ControlEvent) => void): () => void;
}

export function createEventBus(log: Log): EventBus {
  const listeners = new Set<(event: ControlEvent) => void>();
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          log.error('a listener of events failed', { type: event.type, error: String(error) });
        }
      }
    },
    isHeard: () => listeners.size > 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
