import assert from 'node:assert/strict';
import { CompensatedSum } from '../../../../daemon/ledger/compensated-sum.ts';

describe('compensated sum', () => {
  it('keeps small terms beside large ones', () => {
    const sum = new CompensatedSum();
    for (const term of [1, 1e100, 1, -1e100]) sum.add(term);
    assert.equal(sum.value, 2);
  });

  it('[A42] adds a million cents to the cent', () => {
    const sum = new CompensatedSum();
    for (let index = 0; index < 1_000_000; index++) sum.add(0.01);
    assert.equal(sum.value, 10_000);
  });
});
