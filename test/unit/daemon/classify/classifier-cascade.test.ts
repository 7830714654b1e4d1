import assert from 'node:assert/strict';

import { createClassifierCascade } from '../../../../daemon/classify/classifier-cascade.ts';
import type { Classifier, ClassifierResult } from '../../../../daemon/classify/classifier.ts';
import { createRuleClassifier } from '../../../../daemon/classify/rule-classifier.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { featuresOf } from './features-of.ts';

const rules = createRuleClassifier({ maxTurnsBeforeUpgrade: () => 10 });
const features = featuresOf('Translate "good morning" to German');

function answering(name: string): Classifier {
  return { name, classify: () => resultOf(name) };
}

function resultOf(classifierName: string): ClassifierResult {
  const signals = ['asked'];
  const classification = {
    taskType: 'code',
    complexity: 'complex',
    confidence: 0.9,
    needsStronger: 0.9,
    needsStrongest: 0.7,
  } as const;
  return { classification: { ...classification, classifierName, signals }, costUsd: 0.001 };
}

function failing(name: string, error: Error): Classifier {
  return { name, classify: () => Promise.reject(error) };
}

const idle = (): AbortSignal => new AbortController().signal;

describe('createClassifierCascade', () => {
  it('takes the first answer and asks nobody else', async () => {
    let asked = 0;
    const second: Classifier = { name: 'second', classify: () => ((asked += 1), resultOf('second')) };
    const result = await createClassifierCascade([answering('first'), second]).classify(features, idle());
    assert.equal(result.classification.classifierName, 'first');
    assert.equal(asked, 0);
  });

  it('answers at once, without a promise or a timer, when the classifier does', () => {
    const clock = createVirtualClock();
    const result = createClassifierCascade([rules], { clock }).classify(features, idle());
    assert.equal(result instanceof Promise, false);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('[A12] falls back to the keyword rules when the model is unavailable', async () => {
    const model = failing('model', new Error('connection refused at secret-host'));
    const { classification, costUsd } = await createClassifierCascade([model, rules]).classify(
      features,
      idle(),
    );
    assert.deepEqual(
      [classification.classifierName, classification.taskType, classification.complexity, costUsd],
      ['rules', 'translation', 'simple', 0],
    );
    assert.equal(classification.signals[0], 'model unavailable: it failed');
  });

  it('[A12] falls back when the model throws before it answers', async () => {
    const model: Classifier = {
      name: 'model',
      classify: () => {
        throw new RouterError('upstream.all_failed', 'no model answered');
      },
    };
    const { classification } = await createClassifierCascade([model, rules]).classify(features, idle());
    assert.equal(classification.classifierName, 'rules');
    assert.equal(classification.signals[0], 'model unavailable: upstream.all_failed');
  });

  it('[A12] falls back when the model does not answer in time, and tells it to stop', async () => {
    const clock = createVirtualClock();
    let stopped = false;
    const model: Classifier = {
      name: 'model',
      classify: (_features, signal) => {
        signal.addEventListener('abort', () => (stopped = true));
        return new Promise(() => undefined);
      },
    };
    const answer = createClassifierCascade([model, rules], { clock, timeoutMs: 150 }).classify(
      features,
      idle(),
    );
    await clock.advance(150);
    const { classification } = await answer;
    assert.equal(classification.classifierName, 'rules');
    assert.equal(classification.signals[0], 'model unavailable: no answer within 150 ms');
    assert.equal(stopped, true);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('leaves no timer behind after an answer in time', async () => {
    const clock = createVirtualClock();
    const model: Classifier = { name: 'model', classify: () => Promise.resolve(resultOf('model')) };
    const { classification } = await createClassifierCascade([model, rules], { clock }).classify(
      features,
      idle(),
    );
    assert.equal(classification.classifierName, 'model');
    assert.equal(clock.pendingTimers(), 0);
  });

  it('stops waiting when the client leaves', async () => {
    const client = new AbortController();
    const model: Classifier = { name: 'model', classify: () => new Promise(() => undefined) };
    const answer = createClassifierCascade([model, rules], { clock: createVirtualClock() }).classify(
      features,
      client.signal,
    );
    client.abort();
    assert.equal((await answer).classification.classifierName, 'none');
  });

  it('[A13] says moderate and general with no confidence when nobody is left', async () => {
    const broken = failing('a', new Error('x'));
    const { classification, costUsd } = await createClassifierCascade([broken, broken]).classify(
      features,
      idle(),
    );
    assert.deepEqual(
      [classification.taskType, classification.complexity, classification.confidence, costUsd],
      ['general', 'moderate', 0, 0],
    );
    assert.equal(classification.signals.length, 3);
  });
});
