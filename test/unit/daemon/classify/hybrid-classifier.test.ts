import assert from 'node:assert/strict';

import {
  type ClassifierMode,
  createClassifierByMode,
  createHybridClassifier,
  isAmbiguous,
} from '../../../../daemon/classify/hybrid-classifier.ts';
import type { Classification } from '../../../../daemon/protocol/vocabulary.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { LOCAL, localOf, scripted, verdict } from './asked-model.ts';
import { featuresOf } from './features-of.ts';

const ASK = featuresOf('rewrite the parser');
const CLEAR: Partial<Classification> = { needsStronger: 0.1, needsStrongest: 0.03 };

describe('isAmbiguous', () => {
  const is = (needsStronger: number, more: Partial<Classification> = {}): boolean =>
    isAmbiguous({ ...LOCAL, needsStronger, ...more });

  it('is true within five points of the border between simple and moderate, on both sides', () => {
    assert.deepEqual(
      [0.19, 0.2, 0.25, 0.3, 0.31].map((probability) => is(probability)),
      [false, true, true, true, false],
    );
  });

  it('is true near the border to complex as well', () => {
    assert.equal(is(0.6, { needsStrongest: 0.27, complexity: 'complex' }), true);
    assert.equal(is(0.6, { needsStrongest: 0.1, complexity: 'moderate' }), false);
  });

  it('is true where the local classifier does not understand the ask', () => {
    assert.equal(is(0.6, { complexity: 'moderate', confidence: 0.2 }), true);
  });
});

describe('createHybridClassifier', () => {
  const hybridOf = (local: Partial<Classification>, ...replies: readonly string[]) => {
    const model = scripted(...replies);
    const clock = createVirtualClock();
    return {
      model,
      classifier: createHybridClassifier({ local: localOf(local), findModel: () => model, clock }),
    };
  };

  it('[A11] answers at once with the local verdict where that is clear', () => {
    const { classifier, model } = hybridOf(CLEAR, 'complex');
    const result = classifier.classify(ASK, new AbortController().signal);
    assert.ok(!(result instanceof Promise));
    assert.deepEqual([result.classification.classifierName, result.costUsd], ['learned', 0]);
    assert.equal(model.questions.length, 0);
  });

  it('[A11] asks the model where the local verdict is a toss-up', async () => {
    const { classifier, model } = hybridOf({}, 'moderate');
    const { classification, costUsd } = await verdict(classifier, ASK);
    assert.deepEqual(
      [classification.classifierName, classification.complexity, costUsd, model.questions.length],
      ['hybrid', 'moderate', 0.001, 1],
    );
  });

  it('asks nobody in the middle of a tool loop', async () => {
    const { classifier, model } = hybridOf({}, 'moderate');
    await verdict(classifier, featuresOf('fix it', { isToolResult: true }));
    assert.equal(model.questions.length, 0);
  });

  it('says in a preview that the model would be asked only where it would', async () => {
    const firstSignal = async (local: Partial<Classification>): Promise<string | undefined> => {
      const { classifier, model } = hybridOf(local, 'moderate');
      const shown = await classifier.preview?.(ASK, new AbortController().signal);
      assert.equal(model.questions.length, 0);
      return shown?.classification.signals[0];
    };
    assert.equal(await firstSignal({}), 'fast would be asked for a grade; this is the local one');
    assert.equal(await firstSignal(CLEAR), 'short');
  });
});

describe('createClassifierByMode', () => {
  it('reads the mode at each request', async () => {
    const model = scripted('complex');
    let mode: ClassifierMode = 'local';
    const classifier = createClassifierByMode({
      mode: () => mode,
      local: localOf(CLEAR),
      findModel: () => model,
      clock: createVirtualClock(),
    });
    const names: string[] = [];
    for (mode of ['local', 'hybrid', 'model'] as const) {
      names.push((await verdict(classifier, ASK)).classification.classifierName);
    }
    assert.deepEqual(names, ['learned', 'learned', 'model']);
  });

  it('previews the local mode as the local classifier answers', async () => {
    const classifier = createClassifierByMode({
      mode: () => 'local',
      local: localOf(),
      findModel: () => scripted('complex'),
      clock: createVirtualClock(),
    });
    const shown = await classifier.preview?.(ASK, new AbortController().signal);
    assert.deepEqual(shown?.classification, LOCAL);
  });
});
