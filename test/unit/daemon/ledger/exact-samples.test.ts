import assert from 'node:assert/strict';
import { assert as assertThat, array, constantFrom, double, integer, oneof, property } from 'fast-check';
import { ExactSamples } from '../../../../daemon/ledger/exact-samples.ts';

describe('exact samples', () => {
  it('of nothing have no quantile', () => {
    const samples = new ExactSamples(new Float64Array());
    assert.deepEqual([samples.count, samples.sum, samples.quantile(0.5)], [0, 0, null]);
  });

  it('name quantiles by nearest rank', () => {
    const samples = new ExactSamples(Float64Array.from([4, 1, 3, 2]));
    assert.deepEqual(
      [0, 0.25, 0.26, 0.5, 0.95, 1].map((share) => samples.quantile(share)),
      [1, 1, 2, 2, 4, 4],
    );
    assert.deepEqual([samples.count, samples.sum], [4, 10]);
  });

  it('[A42] answer as a sort would, also with many equal values', () => {
    const sample = oneof(integer({ min: 0, max: 3 }), double({ noNaN: true }));
    assertThat(
      property(
        array(sample, { minLength: 1, maxLength: 300 }),
        constantFrom(0.01, 0.5, 0.95),
        (values, share) => {
          const sorted = Float64Array.from(values).sort();
          const expected = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] ?? Number.NaN;
          // `===`, because 0 and -0 are one place in the order
          assert.ok(new ExactSamples(Float64Array.from(values)).quantile(share) === expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('do not need quadratic time for sorted or equal values', () => {
    for (const value of [(index: number) => index, (index: number) => -index, () => 7]) {
      const samples = new ExactSamples(Float64Array.from({ length: 200_000 }, (_, index) => value(index)));
      assert.equal(samples.quantile(0.5), value(value(1) < 0 ? 100_000 : 99_999));
    }
  });
});
