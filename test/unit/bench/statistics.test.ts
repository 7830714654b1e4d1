import assert from 'node:assert/strict';

import { median, quantileOf, roundTo3Digits, slopeOf } from '../../bench/statistics.ts';

describe('statistics of the bench', () => {
  it('a quantile is a value that was measured', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(quantileOf(sorted, 0.5), 51);
    assert.equal(quantileOf(sorted, 0.99), 100);
    assert.equal(quantileOf([7], 0.99), 7);
  });

  it('the median of an even number is the mean of the middle two', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 7]), 6);
  });

  it('nothing measured is not 0', () => {
    assert.ok(Number.isNaN(median([])));
    assert.ok(Number.isNaN(quantileOf([], 0.5)));
  });

  it('a slope is that of the line with the least squares', () => {
    assert.equal(
      slopeOf([
        [0, 5],
        [10, 25],
        [20, 45],
      ]),
      2,
    );
    assert.equal(
      slopeOf([
        [0, 0],
        [1, 3],
        [2, 0],
      ]),
      0,
    );
  });

  it('figures keep three digits', () => {
    assert.equal(roundTo3Digits(12_345), 12_300);
    assert.equal(roundTo3Digits(0.0456789), 0.0457);
  });
});
