import assert from 'node:assert/strict';
import { ModelEffects } from '../../../../daemon/ledger/model-effects.ts';
import { createDraws } from '../../../../daemon/ledger/random-draws.ts';

const PRIOR = { modelSpread: 0.2, noiseSpread: 0.3, selectionSpread: 0.05, clusterShare: 0 };

function difference(means: ReadonlyMap<string, number>): number {
  return (means.get('b') ?? 0) - (means.get('a') ?? 0);
}

describe('effects of models', () => {
  it('are nothing, and widely spread, as long as nobody saw two models at the same kind of work', () => {
    const effects = new ModelEffects(PRIOR);
    for (let index = 0; index < 100; index++) {
      effects.observe(0, 'a', 1, true);
      effects.observe(1, 'b', 3, true);
    }
    const posterior = effects.posterior(['a', 'b']);
    assert.equal(difference(posterior.means()), 0);
    const { normal } = createDraws(1);
    const drawn = Array.from({ length: 4000 }, () => difference(posterior.draw(normal)));
    const spread = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length);
    assert.ok(Math.abs(spread - 0.2 * Math.SQRT2) < 0.02, `${spread}`);
  });

  it('come close to what was seen, whatever the level of each kind, and draws keep close to it', () => {
    const effects = new ModelEffects(PRIOR);
    const { normal } = createDraws(2);
    for (let index = 0; index < 500; index++) {
      const kind = index % 3;
      effects.observe(kind, 'a', kind * 2 + 0.3 * normal(), true);
      effects.observe(kind, 'b', kind * 2 + 0.25 + 0.3 * normal(), true);
    }
    const posterior = effects.posterior(['a', 'b', 'unseen']);
    assert.ok(Math.abs(difference(posterior.means()) - 0.25) < 0.05);
    assert.equal(Math.abs(posterior.means().get('unseen') ?? 1) < 1e-9, true);
    const drawn = Array.from({ length: 2000 }, () => difference(posterior.draw(normal)));
    assert.ok(Math.max(...drawn) - Math.min(...drawn) < 0.5);
  });

  it('take many answers of one conversation for little more than one', () => {
    const spreadOf = (conversations: number): number => {
      const effects = new ModelEffects({ ...PRIOR, selectionSpread: 0, clusterShare: 1 });
      for (let index = 0; index < 200; index++) {
        for (const model of ['a', 'b']) effects.observe(0, model, index % 2, index < conversations);
      }
      const { normal } = createDraws(3);
      const posterior = effects.posterior(['a', 'b']);
      const drawn = Array.from({ length: 2000 }, () => difference(posterior.draw(normal)));
      return Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length);
    };
    assert.ok(spreadOf(2) > 1.5 * spreadOf(200));
  });
});

describe('random draws', () => {
  it('are the same for the same seed, and have the mean and the spread that they should', () => {
    assert.deepEqual(
      [1, 2, 3].map(() => createDraws(5).beta(0.8, 7)),
      [1, 2, 3].map(() => createDraws(5).beta(0.8, 7)),
    );
    const draws = createDraws(6);
    for (const [mean, weight] of [
      [0.86, 6],
      [0.99, 60],
      [0.02, 3],
    ] as const) {
      const drawn = Array.from({ length: 20_000 }, () => draws.beta(mean, weight));
      const seen = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
      const variance = drawn.reduce((sum, value) => sum + (value - seen) ** 2, 0) / drawn.length;
      assert.ok(Math.abs(seen - mean) < 0.01, `${seen}`);
      assert.ok(Math.abs(variance - (mean * (1 - mean)) / (weight + 1)) < 0.005);
    }
    assert.deepEqual([draws.beta(0, 5), draws.beta(1, 5)], [0, 1]);
  });
});
