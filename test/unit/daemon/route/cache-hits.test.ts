import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { assumedHitRatio, CacheHits } from '../../../../daemon/route/cache-hits.ts';

const EXPLICIT = { id: 'claude', promptCache: { kind: 'explicit', minTokens: 1024, ttlS: 300 } } as const;
const AUTOMATIC = { id: 'flash', promptCache: { kind: 'automatic', minTokens: 64, ttlS: 600 } } as const;

function ratio(target: typeof EXPLICIT | typeof AUTOMATIC, ...seen: readonly (readonly [number, number])[]) {
  const hits = new CacheHits();
  for (const [warm, read] of seen) hits.note(target.id, warm, read);
  return hits.ratios([target])[target.id];
}

function closeTo(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('route/cache-hits', () => {
  it('[B4] assumes that explicit caches keep what they were paid for, and automatic ones nine tenths', () => {
    assert.deepEqual(
      [assumedHitRatio('explicit'), assumedHitRatio('automatic'), assumedHitRatio('none')],
      [1, 0.9, 1],
    );
  });

  it('says nothing of models of which nothing was seen', () => {
    assert.equal(ratio(EXPLICIT), undefined);
    const hits = new CacheHits();
    hits.note('other', 50_000, 50_000);
    assert.deepEqual(hits.ratios([EXPLICIT, AUTOMATIC]), {});
  });

  it('[B4] [C2] mixes what an answer read with an assumption worth 20,000 tokens', () => {
    // (20,000 x 1 + 0) / 40,000 and (20,000 x 0.9 + 60,000) / 80,000
    closeTo(ratio(EXPLICIT, [20_000, 0]), 0.5);
    closeTo(ratio(AUTOMATIC, [60_000, 60_000]), 0.975);
  });

  it('[B4] lets earlier answers count a little less with each new one', () => {
    // 0.97 x 100,000 missed, then 100,000 read
    closeTo(ratio(EXPLICIT, [100_000, 0], [100_000, 100_000]), 120_000 / 217_000);
  });

  it('follows a cache that has become better or worse', () => {
    const many = (read: number) => Array.from({ length: 300 }, (): [number, number] => [50_000, read]);
    assert.ok((ratio(AUTOMATIC, ...many(0), ...many(50_000)) ?? 0) > 0.98);
    assert.ok((ratio(EXPLICIT, ...many(50_000), ...many(0)) ?? 1) < 0.02);
  });

  it('learns nothing from a prefix that is hardly one', () => {
    assert.equal(ratio(EXPLICIT, [1000, 0], [0, 5000], [NaN, 5000]), undefined);
  });

  it('counts no more as read than was thought to be warm, and no less than nothing', () => {
    closeTo(ratio(EXPLICIT, [20_000, 90_000]), 1);
    closeTo(ratio(EXPLICIT, [20_000, -90_000]), 0.5);
  });

  it('[A39] [B7] measures an automatic cache without assuming anything, from 50 answers on', () => {
    const measured = (target: typeof EXPLICIT | typeof AUTOMATIC, count: number) => {
      const hits = new CacheHits();
      for (let index = 0; index < count; index++)
        hits.note(target.id, 10_000, index % 2 === 0 ? 10_000 : 4000);
      return hits.measured(target);
    };
    assert.equal(measured(AUTOMATIC, 49), undefined);
    const ratio = measured(AUTOMATIC, 50) ?? 0;
    assert.ok(Math.abs(ratio - 0.7) < 0.01, String(ratio));
    assert.equal(measured(EXPLICIT, 200), undefined);
    assert.equal(new CacheHits().measured(AUTOMATIC), undefined);
  });

  it('keeps models apart', () => {
    const hits = new CacheHits();
    hits.note('claude', 20_000, 0);
    hits.note('flash', 20_000, 20_000);
    const { claude, flash } = hits.ratios([EXPLICIT, AUTOMATIC]);
    closeTo(claude, 0.5);
    closeTo(flash, 0.95);
  });

  it('[B4] lies between nothing and all, and is no lower the more was read', () => {
    const tokens = fc.integer({ min: 0, max: 300_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(tokens, tokens), { minLength: 1, maxLength: 20 }), (seen) => {
        const found = ratio(AUTOMATIC, ...seen) ?? 0.9;
        assert.ok(found >= 0 && found <= 1, String(found));
        const all = ratio(AUTOMATIC, ...seen.map(([warm]): [number, number] => [warm, warm])) ?? 0.9;
        assert.ok(all >= found - 1e-12);
      }),
    );
  });
});
