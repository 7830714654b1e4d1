import assert from 'node:assert/strict';
import type { LocalModel } from '../../../../daemon/catalog/catalog.ts';
import { createPriceBook, type PriceBook } from '../../../../daemon/catalog/price-book.ts';
import { decodeConfig } from '../../../../daemon/config/decode-config.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';
import { SnapshotStore, type CurrentSnapshot } from '../../../../daemon/pipeline/snapshot-store.ts';
import { deferred, type Deferred } from '../../../../daemon/util/deferred.ts';
import type { Log } from '../../../../daemon/util/log.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function configOf(model: string, more: Readonly<Record<string, unknown>> = {}): RouterConfig {
  const text = JSON.stringify({
    providers: { p: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', billing: 'free' } },
    models: {
      [model]: {
        provider: 'p',
        upstreamModel: model,
        tier: 'simple',
        contextTokens: 8000,
        maxOutputTokens: 1000,
      },
    },
    ...more,
  });
  const decoded = decodeConfig(text);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.config;
}

interface StoreRig {
  readonly store: SnapshotStore;
  readonly clock: VirtualClock;
  readonly changes: CurrentSnapshot[];
  readonly log: string[];
  config: RouterConfig;
}

function storeRig(
  options: { priceBook?: PriceBook; onChange?: () => void; startAtMs?: number } = {},
): StoreRig {
  const clock = createVirtualClock(options.startAtMs);
  const log: string[] = [];
  const line = (message: string): void => void log.push(message);
  const lines: Log = { debug: line, info: line, warn: line, error: line };
  const changes: CurrentSnapshot[] = [];
  const made: StoreRig = {
    clock,
    changes,
    log,
    config: configOf('first'),
    store: new SnapshotStore({
      config: () => made.config,
      resolveKey: () => ({ key: null, why: 'no key here' }),
      priceBook: options.priceBook ?? createPriceBook({ rows: [] }),
      clock,
      log: lines,
      onChange: (current) => {
        changes.push(current);
        options.onChange?.();
      },
    }),
  };
  return made;
}

const ids = (snapshot: CurrentSnapshot): readonly string[] =>
  snapshot.table.targets.map((target) => target.id);

/** A price book whose answers wait until they are let go, in order. */
function slowPriceBook(): { book: PriceBook; asked: Deferred<void>[] } {
  const asked: Deferred<void>[] = [];
  return {
    asked,
    book: {
      async lookup() {
        const gate = deferred<void>();
        asked.push(gate);
        await gate.promise;
        return { price: null, promptCache: null, tokenizerFactor: null };
      },
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('the snapshot store', () => {
  it('has no snapshot before the first is built', () => {
    assert.throws(() => storeRig().store.current, /not built yet/);
  });

  it('makes catalog, table and settings of one configuration and tells of it', async () => {
    const r = storeRig();
    r.config = configOf('first', { metadata: 'body' });
    await r.store.rebuild();
    assert.deepEqual(ids(r.store.current), ['first']);
    assert.equal(r.store.current.metadata, 'body');
    assert.equal(r.store.current.catalog.targetById.has('first'), true);
    assert.deepEqual(r.changes, [r.store.current]);
  });

  it('logs what the configuration names and nobody has', async () => {
    const r = storeRig();
    r.config = { ...r.config, profiles: { budget: { default: { simple: ['gone'] } } } };
    await r.store.rebuild();
    assert.ok(r.log.some((line) => line.includes('gone')));
  });

  it('keeps a snapshot that somebody holds as it was', async () => {
    const r = storeRig();
    await r.store.rebuild();
    const held = r.store.current;
    r.config = configOf('second');
    await r.store.rebuild();
    assert.deepEqual([ids(held), ids(r.store.current)], [['first'], ['second']]);
    assert.notEqual(held.table.hash, r.store.current.table.hash);
  });

  it('builds one after the other, so that the last change wins', async () => {
    const { book, asked } = slowPriceBook();
    const r = storeRig({ priceBook: book });
    const first = r.store.rebuild();
    await settled();
    r.config = configOf('second');
    const second = r.store.rebuild();
    r.config = configOf('third');
    const third = r.store.rebuild();
    await settled();
    assert.equal(asked.length, 1, 'the second waits for the first');
    for (let index = 0; index < 3; index += 1) {
      asked[index]?.resolve();
      await settled();
    }
    await Promise.all([first, second, third]);
    assert.deepEqual(
      r.changes.map((change) => ids(change)),
      [['first'], ['third'], ['third']],
    );
  });

  it('serves the old snapshot until the new one is complete', async () => {
    const { book, asked } = slowPriceBook();
    const r = storeRig({ priceBook: book });
    const first = r.store.rebuild();
    await settled();
    asked[0]?.resolve();
    await first;
    r.config = configOf('second');
    const second = r.store.rebuild();
    await settled();
    assert.deepEqual(ids(r.store.current), ['first']);
    asked[1]?.resolve();
    await second;
    assert.deepEqual(ids(r.store.current), ['second']);
  });

  it('keeps the old snapshot when a rebuild fails, tells the caller, and builds the next one', async () => {
    let isBroken = false;
    const book: PriceBook = {
      async lookup() {
        if (isBroken) throw new Error('no price list');
        return { price: null, promptCache: null, tokenizerFactor: null };
      },
    };
    const r = storeRig({ priceBook: book });
    await r.store.rebuild();
    isBroken = true;
    r.config = configOf('second');
    await assert.rejects(r.store.rebuild(), /no price list/);
    assert.deepEqual(ids(r.store.current), ['first']);
    isBroken = false;
    await r.store.rebuild();
    assert.deepEqual(ids(r.store.current), ['second']);
  });

  it('puts a snapshot in force although its listener fails', async () => {
    const r = storeRig({
      onChange: () => {
        throw new Error('disk full');
      },
    });
    await r.store.rebuild();
    assert.deepEqual(ids(r.store.current), ['first']);
    assert.ok(r.log.some((line) => line.includes('announced')));
  });

  it('takes in models that a local server holds, and keeps them over later rebuilds', async () => {
    const r = storeRig();
    const model: LocalModel = { server: 'ollama', upstreamModel: 'tiny', contextTokens: null, supports: [] };
    await r.store.foundLocalModels([model]);
    assert.ok(ids(r.store.current).includes('ollama/tiny'));
    await r.store.rebuild();
    assert.ok(ids(r.store.current).includes('ollama/tiny'));
    await r.store.foundLocalModels([]);
    assert.equal(ids(r.store.current).includes('ollama/tiny'), false);
  });
});

describe('the daily rebuild', () => {
  const NOON_MS = Date.UTC(2026, 10, 21, 12);

  it('comes just after each UTC midnight', async () => {
    const r = storeRig({ startAtMs: NOON_MS });
    await r.store.rebuild();
    const stop = r.store.rebuildDaily();
    await r.clock.advance(12 * 60 * MINUTE_MS - 1);
    assert.equal(r.changes.length, 1);
    await r.clock.advance(MINUTE_MS);
    assert.equal(r.changes.length, 2);
    await r.clock.advance(DAY_MS);
    assert.equal(r.changes.length, 3);
    stop();
  });

  it('leaves no timer behind when it is ended, also after it has run', async () => {
    const r = storeRig({ startAtMs: NOON_MS });
    const stop = r.store.rebuildDaily();
    await r.clock.advance(DAY_MS);
    stop();
    assert.equal(r.clock.pendingTimers(), 0);
  });

  it('comes again the next day after one that failed', async () => {
    let failures = 0;
    const book: PriceBook = {
      async lookup() {
        failures += 1;
        throw new Error('no price list');
      },
    };
    const r = storeRig({ priceBook: book, startAtMs: NOON_MS });
    const stop = r.store.rebuildDaily();
    await r.clock.advance(DAY_MS);
    await r.clock.advance(DAY_MS);
    assert.equal(failures, 2);
    assert.equal(r.log.filter((line) => line === 'the daily rebuild failed').length, 2);
    stop();
  });
});
