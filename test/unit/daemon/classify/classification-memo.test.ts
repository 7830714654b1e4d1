import assert from 'node:assert/strict';

import { createMemoClassifier } from '../../../../daemon/classify/classification-memo.ts';
import type {
  Classifier,
  ClassifierResult,
  RequestFeatures,
} from '../../../../daemon/classify/classifier.ts';
import { createLearnedClassifier } from '../../../../daemon/classify/learned-classifier.ts';
import { featuresOf } from './features-of.ts';

const signal = new AbortController().signal;

function counted(): {
  readonly classifier: Classifier;
  readonly asked: () => number;
  readonly set: (maxTurns: number) => void;
} {
  const learned = createLearnedClassifier({ maxTurnsBeforeUpgrade: () => 10 });
  let times = 0;
  let maxTurns = 10;
  const inner: Classifier = {
    name: learned.name,
    classify(features) {
      times += 1;
      return learned.classify(features, signal);
    },
  };
  return {
    classifier: createMemoClassifier(inner, () => maxTurns),
    asked: () => times,
    set: (turns) => (maxTurns = turns),
  };
}

const classify = (
  classifier: Classifier,
  ask: string,
  more: Partial<RequestFeatures> = {},
): ClassifierResult => classifier.classify(featuresOf(ask, more), signal) as ClassifierResult;

describe('the memory of classifications', () => {
  it('[B3] judges the ask of a tool loop once, and says the same each time', () => {
    const { classifier, asked } = counted();
    const first = classify(classifier, 'fix the build', { isToolResult: false, messageCount: 1 });
    const next = classify(classifier, 'fix the build', { isToolResult: true, messageCount: 9 });
    assert.deepEqual([next, asked()], [first, 1]);
  });

  it('judges anew whatever could change the verdict', () => {
    const { classifier, asked } = counted();
    classify(classifier, 'and now?');
    classify(classifier, 'and now?', { earlierAsks: ['design a scheduler'] });
    classify(classifier, 'and now?', { askHasImage: true });
    classify(classifier, 'and now?', { userTurns: 12 });
    classify(classifier, 'and then?');
    assert.equal(asked(), 5);
  });

  it('keeps asks and earlier asks apart', () => {
    const { classifier, asked } = counted();
    classify(classifier, 'a', { earlierAsks: ['b', 'c'] });
    classify(classifier, 'a', { earlierAsks: ['b\n1\nc'] });
    assert.equal(asked(), 2);
  });

  it('judges anew when the configuration changed', () => {
    const { classifier, asked, set } = counted();
    classify(classifier, 'fix the build');
    set(5);
    classify(classifier, 'fix the build');
    assert.equal(asked(), 2);
  });

  it('forgets the oldest of many', () => {
    const { classifier, asked } = counted();
    for (let index = 0; index < 300; index += 1) classify(classifier, `ask number ${index}`);
    classify(classifier, 'ask number 299');
    assert.equal(asked(), 300);
    classify(classifier, 'ask number 0');
    assert.equal(asked(), 301);
  });
});
