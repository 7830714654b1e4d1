import assert from 'node:assert/strict';
import { isStale, priceAgeDays } from '../../../../daemon/catalog/price-age.ts';

const at = (time: string): number => Date.parse(time);

describe('catalog/price-age', () => {
  it('counts whole days from the day of the check', () => {
    assert.equal(priceAgeDays('2026-11-21', at('2026-11-21T23:59:59Z')), 0);
    assert.equal(priceAgeDays('2026-11-21', at('2026-11-22T00:00:00Z')), 1);
    assert.equal(priceAgeDays('2026-09-23', at('2026-11-21T12:00:00Z')), 59);
  });

  it('[A37] calls a price stale on the thirty-first day', () => {
    assert.equal(isStale('2026-10-22', at('2026-11-21T23:59:59Z')), false);
    assert.equal(isStale('2026-10-22', at('2026-11-22T00:00:00Z')), true);
  });

  it('knows no age without a day, and calls that neither new nor stale', () => {
    for (const asOf of ['', 'someday']) {
      assert.equal(priceAgeDays(asOf, at('2026-11-21')), null);
      assert.equal(isStale(asOf, at('2026-11-21')), false);
    }
  });

  it('takes a day ahead of the clock for today', () => {
    assert.equal(priceAgeDays('2026-11-25', at('2026-11-21')), 0);
  });
});
