import assert from 'node:assert/strict';
import { createIdSource } from '../../../../daemon/util/ids.ts';

describe('util/ids', () => {
  it('makes ids of one shape, each its own', () => {
    const ids = createIdSource({ now: () => 1_795_000_000_000 });
    const made = Array.from({ length: 1000 }, () => ids.exchangeId());
    assert.equal(new Set(made).size, 1000);
    assert.ok(made.every((id) => /^x_[0-9a-f]{31}$/.test(id)));
  });

  it('sorts ids by the time they were made', () => {
    const times = [9, 99_999, 1_795_000_000_000, 1_795_000_000_001, 2 ** 44];
    const made = times.map((atMs) => createIdSource({ now: () => atMs }).exchangeId());
    assert.deepEqual(made.toSorted(), made);
  });
});
