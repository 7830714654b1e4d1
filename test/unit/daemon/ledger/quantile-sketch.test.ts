import assert from 'node:assert/strict';
import { assert as assertThat, array, constantFrom, double, property } from 'fast-check';
import { QuantileSketch } from '../../../../daemon/ledger/quantile-sketch.ts';
import { ExactSamples } from '../../../../daemon/ledger/exact-samples.ts';

describe('quantile sketch', () => {
  it('of nothing answers nothing', () => {
    assert.equal(new QuantileSketch().quantile(0.5), null);
  });

  it('answers a single sample with itself', () => {
    const sketch = new QuantileSketch();
    sketch.add(812.25);
    assert.equal(sketch.quantile(0.5), 812.25);
    assert.equal(sketch.quantile(0.95), 812.25);
  });

  it('holds zero', () => {
    const sketch = new QuantileSketch();
    sketch.add(0);
    sketch.add(0);
    assert.equal(sketch.quantile(0.95), 0);
  });

  it('is off by at most half a percent', () => {
    assertThat(
      property(
        array(double({ min: 0.02, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 200 }),
        constantFrom(0.5, 0.95),
        (samples, share) => {
          const sketch = new QuantileSketch();
          for (const sample of samples) sketch.add(sample);
          const exact = new ExactSamples(Float64Array.from(samples)).quantile(share) ?? NaN;
          const sketched = sketch.quantile(share) ?? NaN;
          assert.ok(Math.abs(sketched - exact) <= exact * 0.00501, `${sketched} for ${exact}`);
        },
      ),
    );
  });
});
