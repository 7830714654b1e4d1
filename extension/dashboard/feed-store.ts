// The rows of the feed: stored requests page by page, and running ones as the daemon tells of them. Pure. Newest first;
// a row keeps its place from the moment it appears.

import type { ExchangesBody } from '../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { EVERYTHING, isShown, type Filter } from './page-filter.ts';

export type StoredExchange = ExchangesBody['exchanges'][number];

/** A request that has not ended; `chosen` and the like are null until it was routed. */
export interface RunningExchange {
  readonly exchangeId: string;
  readonly client: string;
  readonly requestModel: string;
  readonly startedAt: string;
  readonly chosen: string | null;
  readonly task: ExchangeRecord['task'];
  readonly complexity: ExchangeRecord['complexity'];
  readonly reason: ExchangeRecord['reason'];
  readonly failedAttempts: number;
}

/** One of the two; never the same object after a change. */
export type FeedItem =
  | {
      readonly exchangeId: string;
      readonly startedAtMs: number;
      readonly running: RunningExchange;
      readonly record: null;
    }
  | {
      readonly exchangeId: string;
      readonly startedAtMs: number;
      readonly running: null;
      readonly record: StoredExchange;
    };

/** What a change did to the rows that are shown. */
export interface FeedChange {
  /** New rows above the ones that were shown. */
  readonly addedOnTop: number;
  readonly hasChanged: boolean;
}

const NOTHING: FeedChange = { addedOnTop: 0, hasChanged: false };

export class FeedStore {
  #filter: Filter = EVERYTHING;
  #items: FeedItem[] = [];
  /** Running requests of which too little is known to say whether the filter lets them through. */
  #waiting = new Map<string, RunningExchange>();
  #known = new Set<string>();
  #next: string | null = null;
  #hasLoaded = false;

  get items(): readonly FeedItem[] {
    return this.#items;
  }

  /** False before the first page came, and when there are older rows. */
  get isComplete(): boolean {
    return this.#hasLoaded && this.#next === null;
  }

  /** Pass as `before`; null = the newest page. */
  get next(): string | null {
    return this.#next;
  }

  find(exchangeId: string): FeedItem | undefined {
    return this.#known.has(exchangeId)
      ? this.#items.find((item) => item.exchangeId === exchangeId)
      : undefined;
  }

  /** Another filter: everything is asked for anew. What runs is kept, since no page will tell of it. */
  reset(filter: Filter): void {
    const running = this.#runningOnes();
    this.#filter = filter;
    this.#items = [];
    this.#known = new Set();
    this.#waiting = new Map();
    this.#next = null;
    this.#hasLoaded = false;
    for (const one of running) this.#place(one);
  }

  /** The daemon was away: of what ran nobody will tell any more. */
  forgetRunning(): FeedChange {
    const before = this.#items.length;
    this.#waiting.clear();
    this.#items = this.#items.filter((item) => {
      if (item.running !== null) this.#known.delete(item.exchangeId);
      return item.running === null;
    });
    return { addedOnTop: 0, hasChanged: this.#items.length !== before };
  }

  /**
   * The first page, also when it is asked for again after a pause. Rows that lie between it and those that were read
   * before would be missing, so the older ones go where the two do not touch.
   */
  addNewest(page: ExchangesBody): FeedChange {
    const hadLoaded = this.#hasLoaded;
    const next = this.#next;
    const overlaps = hadLoaded && page.exchanges.some(({ exchangeId }) => this.#isStored(exchangeId));
    if (hadLoaded && !overlaps && page.next !== null) this.#dropStored();
    this.addPage(page);
    if (overlaps) this.#next = next;
    return { addedOnTop: 0, hasChanged: true };
  }

  /** A page of older rows. */
  addPage(page: ExchangesBody): FeedChange {
    this.#hasLoaded = true;
    this.#next = page.next;
    for (const record of page.exchanges) {
      const item = storedItem(record);
      if (this.#filter.sinceMs !== null && item.startedAtMs < this.#filter.sinceMs) {
        this.#next = null; // newest first: all that follow are older still
        break;
      }
      this.#put(item);
    }
    this.#sort();
    return { addedOnTop: 0, hasChanged: true };
  }

  apply(event: ControlEvent): FeedChange {
    switch (event.type) {
      case 'exchange-start':
        return this.#start(event);
      case 'exchange-routed':
        return this.#change(event.exchangeId, (running) => ({
          ...running,
          chosen: event.chosen,
          task: event.classification.taskType,
          complexity: event.classification.complexity,
          reason: event.reason,
        }));
      case 'attempt-end':
        if (event.attempt.status !== 'failed') return NOTHING;
        return this.#change(event.exchangeId, (running) => ({
          ...running,
          failedAttempts: running.failedAttempts + 1,
        }));
      case 'exchange-end':
        return this.#end(event.record);
      default:
        return NOTHING;
    }
  }

  #start(event: Extract<ControlEvent, { type: 'exchange-start' }>): FeedChange {
    if (this.#known.has(event.exchangeId)) return NOTHING;
    const { exchangeId, client, requestModel, startedAt } = event;
    const unrouted = { chosen: null, task: null, complexity: null, reason: null, failedAttempts: 0 };
    return this.#place({ exchangeId, client, requestModel, startedAt, ...unrouted });
  }

  #place(running: RunningExchange): FeedChange {
    const item = runningItem(running);
    const known = {
      startedAtMs: item.startedAtMs,
      client: running.client,
      model: running.chosen ?? undefined,
      task: running.task ?? undefined,
      workspace: undefined,
    };
    if (!isShown(this.#filter, known)) {
      this.#waiting.set(running.exchangeId, running);
      return NOTHING;
    }
    this.#waiting.delete(running.exchangeId);
    return this.#insert(item);
  }

  #change(exchangeId: string, change: (running: RunningExchange) => RunningExchange): FeedChange {
    const waiting = this.#waiting.get(exchangeId);
    if (waiting !== undefined) return this.#place(change(waiting));
    const item = this.find(exchangeId);
    if (item?.running == null) return NOTHING;
    this.#put(runningItem(change(item.running)));
    return { addedOnTop: 0, hasChanged: true };
  }

  #end(record: StoredExchange): FeedChange {
    this.#waiting.delete(record.exchangeId);
    const item = storedItem(record);
    if (this.#known.has(record.exchangeId)) {
      this.#put(item);
      return { addedOnTop: 0, hasChanged: true };
    }
    const known = {
      startedAtMs: item.startedAtMs,
      client: record.client,
      model: record.responseModel,
      task: record.task,
      workspace: record.workspaceId,
    };
    return isShown(this.#filter, known) ? this.#insert(item) : NOTHING;
  }

  #insert(item: FeedItem): FeedChange {
    // Older than everything that was read so far: a later page brings it.
    const oldest = this.#items.at(-1);
    if (this.#next !== null && oldest !== undefined && item.startedAtMs < oldest.startedAtMs) return NOTHING;
    this.#put(item);
    this.#sort();
    return { addedOnTop: 1, hasChanged: true };
  }

  #put(item: FeedItem): void {
    if (!this.#known.has(item.exchangeId)) {
      this.#known.add(item.exchangeId);
      this.#items.push(item);
      return;
    }
    const index = this.#items.findIndex(({ exchangeId }) => exchangeId === item.exchangeId);
    // A page that was asked for before the end must not take the end back.
    if (index >= 0) this.#items[index] = item;
  }

  #sort(): void {
    this.#items.sort((a, b) => b.startedAtMs - a.startedAtMs);
  }

  #isStored(exchangeId: string): boolean {
    return this.find(exchangeId)?.record != null;
  }

  #dropStored(): void {
    this.#items = this.#items.filter(({ running }) => running !== null);
    this.#known = new Set(this.#items.map(({ exchangeId }) => exchangeId));
  }

  #runningOnes(): readonly RunningExchange[] {
    const shown = this.#items.flatMap(({ running }) => (running === null ? [] : [running]));
    return [...shown, ...this.#waiting.values()];
  }
}

function runningItem(running: RunningExchange): FeedItem {
  return {
    exchangeId: running.exchangeId,
    startedAtMs: Date.parse(running.startedAt),
    running,
    record: null,
  };
}

function storedItem(record: StoredExchange): FeedItem {
  return {
    exchangeId: record.exchangeId,
    startedAtMs: Date.parse(record.startedAt),
    running: null,
    record,
  };
}
