import assert from 'node:assert/strict';
import {
  axisUsd,
  counted,
  priceUsd,
  signedPercent,
  usdRange,
} from '../../../../extension/dashboard/figures.ts';

describe('figures of the analysis views', () => {
  it('count in words, with the plural where it belongs', () => {
    assert.equal(counted(1, 'request'), '1 request');
    assert.equal(counted(0, 'request'), '0 requests');
    assert.equal(counted(12_345, 'query', 'queries'), '12,345 queries');
  });

  it('give a range from low to high', () => {
    assert.equal(usdRange([-1.2, 2.1]), '-$1.20 to $2.10');
  });

  it('put a sign before a share that rose', () => {
    assert.deepEqual([0.123, -0.04, 0, null].map(signedPercent), ['+12.3 %', '-4.0 %', '0.0 %', 'unknown']);
  });

  it('mark an axis with as many decimals as tell its marks apart', () => {
    assert.deepEqual(axisUsd([0, 10, 20]), ['$0', '$10', '$20']);
    assert.deepEqual(axisUsd([-0.5, 0, 0.5]), ['-$0.50', '$0.00', '$0.50']);
    assert.deepEqual(axisUsd([0, 0.005, 0.01]), ['$0.000', '$0.005', '$0.010']);
    assert.deepEqual(axisUsd([1000, 2000]), ['$1,000', '$2,000']);
  });

  it('show every digit of a price', () => {
    assert.deepEqual([4, 0.435, 0.0028, 0, null].map(priceUsd), [
      '$4.00',
      '$0.435',
      '$0.0028',
      '$0.00',
      'unknown',
    ]);
  });
});
