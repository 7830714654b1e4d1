import assert from 'node:assert/strict';
import { ModelHabits } from '../../../../daemon/pipeline/model-habits.ts';
import { usageOf } from './pipeline-rig.ts';

const OPUS = { id: 'opus', tokenizerFactor: 1.3 };
const FLASH = { id: 'flash', tokenizerFactor: 1 };

type Model = typeof OPUS;

/** `count` answers, which take turns in how long they are. */
function habits(...seen: readonly (readonly [Model, number, ...number[]])[]): ModelHabits {
  const found = new ModelHabits();
  for (const [model, count, ...outputs] of seen) {
    for (let index = 0; index < count; index++) {
      found.note(model, 'agent', usageOf(1000, outputs[index % outputs.length] ?? 0));
    }
  }
  return found;
}

function closeTo(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

describe('what models do with alike requests', () => {
  it('[B7] a model writes as much as itself, also when nothing was seen', () => {
    assert.equal(habits().outputRatio(OPUS, OPUS, 'agent'), 1);
  });

  it('a bounded number is remembered, the longest unused is forgotten first', () => {
    const seen = habits([OPUS, 60, 100]);
    for (let index = 0; index < 3000; index += 1) {
      seen.note({ id: `made-up-${index}`, tokenizerFactor: 1 }, 'agent', usageOf(1, 1));
      if (index % 1000 === 0) seen.note(OPUS, 'agent', usageOf(1000, 100));
    }
    assert.deepEqual([seen.size, seen.knowsOutput('opus', 'agent')], [2000, true]);
  });

  it('[B7] nothing is said before 60 answers of each', () => {
    const seen = habits([OPUS, 150, 50], [FLASH, 59, 100]);
    assert.equal(seen.outputRatio(FLASH, OPUS, 'agent'), undefined);
    assert.deepEqual(seen.outputRatios([OPUS, FLASH], 'agent'), {});
    assert.deepEqual([seen.knowsOutput('opus', 'agent'), seen.knowsOutput('flash', 'agent')], [true, false]);
  });

  it('[A39] [B7] the baseline is not made as wordy as the model that answered', () => {
    // 130 of its own tokens are 100 reference tokens, where the other writes 200.
    const seen = habits([OPUS, 150, 130], [FLASH, 150, 200]);
    closeTo(seen.outputRatio(FLASH, OPUS, 'agent'), 0.5);
  });

  it('[A39] [B7] nothing is claimed for a model that writes less than the baseline', () => {
    const seen = habits([OPUS, 150, 260], [FLASH, 150, 100]);
    assert.equal(seen.outputRatio(FLASH, OPUS, 'agent'), undefined);
  });

  it('[B7] a difference that may be chance is none', () => {
    // Nothing or 200 against nothing or 220.
    const noisy = habits([OPUS, 150, 0, 260], [FLASH, 150, 0, 220]);
    assert.equal(noisy.outputRatio(FLASH, OPUS, 'agent'), undefined);
    const steady = habits([OPUS, 150, 128, 132], [FLASH, 150, 108, 112]);
    const ratio = steady.outputRatio(FLASH, OPUS, 'agent') ?? 1;
    assert.ok(Math.abs(ratio - 1 / 1.1) < 1e-3, String(ratio));
  });

  it('[B4] each model is measured against the geometric mean of all that are known', () => {
    const seen = habits([OPUS, 150, 130], [FLASH, 150, 300]);
    const { opus, flash, ...others } = seen.outputRatios(
      [OPUS, FLASH, { id: 'new', tokenizerFactor: 1 }],
      'agent',
    );
    closeTo(opus, 1 / Math.sqrt(3));
    closeTo(flash, Math.sqrt(3));
    assert.deepEqual(others, {});
  });

  it('one model that is known has nobody to be measured against', () => {
    assert.deepEqual(habits([OPUS, 150, 130]).outputRatios([OPUS, FLASH], 'agent'), {});
  });

  it('kinds of work are kept apart', () => {
    const seen = habits([OPUS, 150, 130], [FLASH, 150, 200]);
    assert.equal(seen.outputRatio(FLASH, OPUS, 'chat'), undefined);
    assert.deepEqual(seen.outputRatios([OPUS, FLASH], 'side'), {});
    assert.equal(seen.knowsOutput('opus', 'chat'), false);
  });

  it('a habit that changes is followed', () => {
    const seen = habits([OPUS, 150, 130], [FLASH, 3000, 100], [FLASH, 30_000, 200]);
    const ratio = seen.outputRatio(FLASH, OPUS, 'agent') ?? 1;
    assert.ok(Math.abs(ratio - 0.5) < 0.001, String(ratio));
  });
});
