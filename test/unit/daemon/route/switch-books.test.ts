import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SwitchBooksStore, type BilledExchange } from '../../../../daemon/route/switch-books.ts';

function billed(more: Partial<BilledExchange> = {}): BilledExchange {
  return { baselineModel: 'opus', servedModel: 'opus', costUsd: 1, stayCostUsd: 1, ...more };
}

function sums(...exchanges: readonly Partial<BilledExchange>[]): readonly number[] | null {
  const store = new SwitchBooksStore();
  for (const exchange of exchanges) store.note('c', billed(exchange));
  const bill = store.get('c');
  return bill === null ? null : [bill.actualUsd, bill.stayUsd];
}

const ELSEWHERE = { servedModel: 'flash', costUsd: 0.25, stayCostUsd: 0.5 } as const;

describe('route/switch-books', () => {
  it('[B4] knows nothing of a conversation before its baseline model has answered', () => {
    assert.equal(sums(), null);
    assert.equal(sums(ELSEWHERE, ELSEWHERE), null);
  });

  it('[B4] [C2] begins with the first answer of the baseline, which is worth what it cost', () => {
    assert.deepEqual(sums(ELSEWHERE, { costUsd: 2, stayCostUsd: 3 }), [2, 2]);
  });

  it('[B4] [C2] adds what others cost, and what staying would have', () => {
    assert.deepEqual(sums({}, ELSEWHERE, ELSEWHERE), [1.5, 2]);
  });

  it('[B4] takes staying for what was billed until somebody else answers, whatever a replay says', () => {
    assert.deepEqual(sums({}, { costUsd: 2, stayCostUsd: 9 }), [3, 3]);
    assert.deepEqual(sums({}, ELSEWHERE, { costUsd: 2, stayCostUsd: 1.5 }), [3.25, 3]);
  });

  it('[B4] counts what was paid for no answer, without having left the baseline', () => {
    assert.deepEqual(
      sums({}, { servedModel: null, costUsd: 0.5, stayCostUsd: 0 }, { stayCostUsd: 7 }),
      [2.5, 2.5],
    );
    assert.deepEqual(sums({}, ELSEWHERE, { servedModel: null, costUsd: 0.5, stayCostUsd: 0 }), [1.75, 1.5]);
  });

  it('adds to neither side what cannot be told on both', () => {
    assert.deepEqual(sums({}, { ...ELSEWHERE, costUsd: null }, { ...ELSEWHERE, stayCostUsd: null }), [1, 1]);
  });

  it('[B4] begins anew when the client names another model', () => {
    const other = { baselineModel: 'sonnet' } as const;
    assert.deepEqual(sums({}, ELSEWHERE, { ...other, servedModel: 'sonnet', costUsd: 5 }), [5, 5]);
    assert.equal(sums({}, { ...other, servedModel: 'flash' }), null);
    const store = new SwitchBooksStore();
    store.note('c', billed());
    assert.equal(store.get('c')?.baselineModel, 'opus');
  });

  it('keeps conversations apart', () => {
    const store = new SwitchBooksStore();
    store.note('a', billed());
    store.note('b', billed({ costUsd: 4 }));
    assert.deepEqual([store.get('a')?.actualUsd, store.get('b')?.actualUsd, store.get('c')], [1, 4, null]);
  });

  it('forgets the conversation that was billed longest ago when there are too many', () => {
    const store = new SwitchBooksStore(2);
    for (const id of ['a', 'b', 'a', 'c']) store.note(id, billed());
    assert.deepEqual([store.get('a')?.actualUsd, store.get('b'), store.get('c')?.actualUsd], [2, null, 1]);
  });

  it('[B4] has two sums of what was told since the beginning', () => {
    const usd = fc.double({ min: 0, max: 10, noNaN: true });
    const others = fc.array(fc.tuple(usd, usd), { maxLength: 20 });
    fc.assert(
      fc.property(others, (told) => {
        const found = sums(
          { costUsd: 1 },
          ...told.map(([costUsd, stayCostUsd]) => ({ ...ELSEWHERE, costUsd, stayCostUsd })),
        );
        const [actual, stay] = [0, 1].map((side) => told.reduce((sum, pair) => sum + (pair[side] ?? 0), 1));
        assert.deepEqual(found, [actual, stay]);
      }),
    );
  });
});
