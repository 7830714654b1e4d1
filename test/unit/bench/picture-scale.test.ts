import assert from 'node:assert/strict';

import { linearScale } from '../../bench/picture/scale.ts';

describe('scale of the picture', () => {
  it('goes from 0 to the last tick, which covers the largest value', () => {
    const scale = linearScale(1010, 200, 0);
    assert.deepEqual(scale.ticks, [0, 500, 1000, 1500]);
    assert.equal(scale.at(0), 200);
    assert.equal(scale.at(750), 100);
    assert.equal(scale.at(1500), 0);
  });

  it('a value that is a tick needs no further one', () => {
    assert.deepEqual(linearScale(1000, 0, 1).ticks, [0, 200, 400, 600, 800, 1000]);
    assert.deepEqual(linearScale(0.5, 0, 1).ticks, [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  });

  it('has three to six round ticks, whatever the values', () => {
    for (let largest = 0.013; largest < 1e7; largest *= 1.37) {
      const { ticks } = linearScale(largest, 0, 100);
      assert.ok(ticks.length >= 3 && ticks.length <= 6, `${largest}: ${ticks.join(' ')}`);
      assert.ok((ticks.at(-1) ?? 0) >= largest * (1 - 1e-9));
    }
  });

  it('nothing at all still has an axis', () => {
    assert.ok(Number.isFinite(linearScale(0, 0, 100).at(0)));
  });
});
