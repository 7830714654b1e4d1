import assert from 'node:assert/strict';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import { FeedStore, type StoredExchange } from '../../../../extension/dashboard/feed-store.ts';
import { EVERYTHING } from '../../../../extension/dashboard/page-filter.ts';
import { sampleExchange } from '../../../dashboard/sample-history.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');

/** Number 1 is the newest. */
const stored = (number: number): StoredExchange => {
  const { decision: _, ...record } = sampleExchange(number * 23 + 1, NOW_MS - number * 60_000);
  return { ...record, exchangeId: `x_${number}` };
};

const start = (exchangeId: string, ageMs = 0): ControlEvent => ({
  type: 'exchange-start',
  exchangeId,
  client: 'codex',
  requestModel: 'auto',
  startedAt: new Date(NOW_MS - ageMs).toISOString(),
});

const routed = (exchangeId: string): ControlEvent => ({
  type: 'exchange-routed',
  exchangeId,
  chosen: 'deepseek-pro',
  reason: 'cheapest-capable',
  classification: {
    taskType: 'code',
    complexity: 'moderate',
    confidence: 0.8,
    needsStronger: 0.5,
    needsStrongest: 0.1,
    classifierName: 'learned',
    signals: [],
  },
});

const ids = (store: FeedStore): readonly string[] => store.items.map(({ exchangeId }) => exchangeId);

function loaded(count: number, next: string | null = null): FeedStore {
  const store = new FeedStore();
  store.addNewest({ exchanges: Array.from({ length: count }, (_, index) => stored(index + 1)), next });
  return store;
}

describe('feed store', () => {
  it('[A40] shows a request from its start, names its model once it is routed, and keeps its place at the end', () => {
    const store = loaded(2);
    assert.deepEqual(store.apply(start('x_live')), { addedOnTop: 1, hasChanged: true });
    assert.equal(store.items[0]?.running?.chosen, null);
    store.apply(routed('x_live'));
    assert.equal(store.items[0]?.running?.chosen, 'deepseek-pro');
    const record = { ...stored(1), exchangeId: 'x_live', startedAt: new Date(NOW_MS).toISOString() };
    assert.deepEqual(store.apply({ type: 'exchange-end', record }), { addedOnTop: 0, hasChanged: true });
    assert.equal(store.items[0]?.record, record);
    assert.deepEqual(ids(store), ['x_live', 'x_1', 'x_2']);
  });

  it('counts the failed attempts of a running request', () => {
    const store = loaded(0);
    store.apply(start('x_live'));
    const [attempt] = stored(1).attempts;
    assert.ok(attempt);
    store.apply({ type: 'attempt-end', exchangeId: 'x_live', attempt: { ...attempt, status: 'failed' } });
    store.apply({ type: 'attempt-end', exchangeId: 'x_live', attempt });
    assert.equal(store.items[0]?.running?.failedAttempts, 1);
  });

  it('takes an end whose start it has not heard', () => {
    const store = loaded(1);
    const record = { ...stored(1), exchangeId: 'x_late', startedAt: new Date(NOW_MS).toISOString() };
    assert.deepEqual(store.apply({ type: 'exchange-end', record }), { addedOnTop: 1, hasChanged: true });
    assert.deepEqual(ids(store), ['x_late', 'x_1']);
  });

  it('appends older pages without a row twice', () => {
    const store = loaded(3, 'x_3');
    store.addPage({ exchanges: [stored(3), stored(4), stored(5)], next: null });
    assert.deepEqual(ids(store), ['x_1', 'x_2', 'x_3', 'x_4', 'x_5']);
    assert.equal(store.isComplete, true);
  });

  it('keeps the older pages when the newest one is read again and touches them', () => {
    const store = loaded(3, 'x_3');
    store.addPage({ exchanges: [stored(4), stored(5)], next: 'x_5' });
    const fresh = { ...stored(1), exchangeId: 'x_new', startedAt: new Date(NOW_MS).toISOString() };
    store.addNewest({ exchanges: [fresh, stored(1)], next: 'x_1' });
    assert.deepEqual(ids(store), ['x_new', 'x_1', 'x_2', 'x_3', 'x_4', 'x_5']);
    assert.equal(store.next, 'x_5');
  });

  it('drops the older pages when rows between them and the newest ones are missing', () => {
    const store = loaded(3, null);
    const fresh = { ...stored(1), exchangeId: 'x_new', startedAt: new Date(NOW_MS).toISOString() };
    store.addNewest({ exchanges: [fresh], next: 'x_new' });
    assert.deepEqual(ids(store), ['x_new']);
    assert.equal(store.next, 'x_new');
  });

  it('takes the place to read on from the first page also after live rows came before it', () => {
    const store = new FeedStore();
    store.apply({ type: 'exchange-end', record: stored(1) });
    store.addNewest({ exchanges: [stored(1), stored(2)], next: 'x_2' });
    assert.equal(store.next, 'x_2');
    assert.equal(store.isComplete, false);
  });

  it('ends at the first row that is older than the time that is looked at', () => {
    const store = new FeedStore();
    store.reset({ ...EVERYTHING, sinceMs: NOW_MS - 150_000 });
    store.addNewest({ exchanges: [stored(1), stored(2), stored(3)], next: 'x_3' });
    assert.deepEqual(ids(store), ['x_1', 'x_2']);
    assert.equal(store.isComplete, true);
  });

  it('shows a running request under a filter as soon as it is known to match', () => {
    const store = new FeedStore();
    store.reset({ ...EVERYTHING, model: 'deepseek-pro' });
    assert.equal(store.apply(start('x_live')).hasChanged, false);
    assert.deepEqual(store.apply(routed('x_live')), { addedOnTop: 1, hasChanged: true });
    assert.deepEqual(ids(store), ['x_live']);
  });

  it('never shows a running request of another client than the one that is looked at', () => {
    const store = new FeedStore();
    store.reset({ ...EVERYTHING, client: 'opencode' });
    store.apply(start('x_live'));
    store.apply(routed('x_live'));
    const record = { ...stored(1), exchangeId: 'x_live', client: 'codex' };
    store.apply({ type: 'exchange-end', record });
    assert.deepEqual(ids(store), []);
  });

  it('shows a request under a workspace filter when its end names the workspace', () => {
    const store = new FeedStore();
    store.reset({ ...EVERYTHING, workspace: 'web-shop' });
    store.apply(start('x_live'));
    assert.deepEqual(ids(store), []);
    store.apply({
      type: 'exchange-end',
      record: { ...stored(1), exchangeId: 'x_live', workspaceId: 'web-shop' },
    });
    assert.deepEqual(ids(store), ['x_live']);
  });

  it('keeps what runs when the filter changes', () => {
    const store = loaded(2);
    store.apply(start('x_live'));
    store.reset({ ...EVERYTHING, client: 'codex' });
    assert.deepEqual(ids(store), ['x_live']);
  });

  it('forgets what ran when the daemon went away', () => {
    const store = loaded(1);
    store.apply(start('x_live'));
    assert.equal(store.forgetRunning().hasChanged, true);
    assert.deepEqual(ids(store), ['x_1']);
    assert.equal(store.find('x_live'), undefined);
  });

  it('holds 10,000 rows and takes a live one in under 50 ms', () => {
    const store = loaded(10_000);
    const before = performance.now();
    store.apply(start('x_live'));
    store.apply(routed('x_live'));
    store.apply({ type: 'exchange-end', record: { ...stored(1), exchangeId: 'x_live' } });
    assert.ok(performance.now() - before < 50, `took ${performance.now() - before} ms`);
    assert.equal(store.items.length, 10_001);
  });
});
