import assert from 'node:assert/strict';

import {
  complexityOfLabel,
  createModelClassifier,
  type FindModel,
  parseComplexityLabel,
} from '../../../../daemon/classify/model-classifier.ts';
import { gradeOfNeeds } from '../../../../daemon/classify/grade.ts';
import type { Classification } from '../../../../daemon/protocol/vocabulary.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { FAILED, localOf, scripted, verdict } from './asked-model.ts';
import { featuresOf } from './features-of.ts';

describe('parseComplexityLabel', () => {
  for (const text of [
    'simple',
    'Simple.',
    ' SIMPLE\n',
    '"simple"',
    '**simple**',
    'Complexity: simple',
    '{"grade":"simple"}',
  ]) {
    it(`reads ${JSON.stringify(text)} as simple`, () => {
      assert.equal(parseComplexityLabel(text), 'simple');
    });
  }

  it('reads the other grades', () => {
    assert.equal(parseComplexityLabel('moderate'), 'moderate');
    assert.equal(parseComplexityLabel('complex'), 'complex');
  });

  it('does not decide between two grades', () => {
    assert.equal(parseComplexityLabel('simple or moderate'), undefined);
  });

  it('does not find a grade inside of another word', () => {
    assert.equal(parseComplexityLabel('complexity simplest'), undefined);
  });

  it('reads only the beginning of a talkative answer', () => {
    assert.equal(parseComplexityLabel(`${'well '.repeat(100)}simple`), undefined);
  });
});

describe('complexityOfLabel', () => {
  it('[A13] takes an unknown label for moderate', () => {
    for (const text of ['', 'hard', 'I cannot tell', '3', 'simple/complex']) {
      assert.equal(complexityOfLabel(text), 'moderate');
    }
    assert.equal(complexityOfLabel('complex'), 'complex');
  });
});

function classifierOf(findModel: FindModel, local: Partial<Classification> = {}) {
  const clock = createVirtualClock();
  return { clock, classifier: createModelClassifier({ local: localOf(local), findModel, clock }) };
}

const ASK = featuresOf('rewrite the parser');

describe('createModelClassifier', () => {
  it('[A11] takes the grade that the model names, and the task type from the local classifier', async () => {
    const model = scripted('Complex.');
    const { classification, costUsd } = await verdict(classifierOf(() => model).classifier, ASK);
    assert.deepEqual(
      [classification.classifierName, classification.complexity, classification.taskType, costUsd],
      ['model', 'complex', 'code', 0.001],
    );
    assert.equal(gradeOfNeeds(classification), 'complex');
    assert.match(model.questions[0]?.material ?? '', /rewrite the parser/);
  });

  it('[A11] says in the signals what the model said and what the local classifier had said', async () => {
    const { classification } = await verdict(classifierOf(() => scripted('moderate')).classifier, ASK);
    assert.deepEqual(classification.signals, [
      'fast was asked and said moderate; the local grade was simple (learned, P(needs a stronger model) 0.24)',
      'short',
    ]);
  });

  it('keeps the finer local figures where both agree, and is surer', async () => {
    const { classification } = await verdict(classifierOf(() => scripted('simple')).classifier, ASK);
    assert.deepEqual(
      [classification.needsStronger, classification.needsStrongest, classification.confidence],
      [0.24, 0.05, 0.75],
    );
  });

  it('[A13] takes a label that it does not know for moderate, and never quotes it', async () => {
    const { classification } = await verdict(classifierOf(() => scripted('SECRET words')).classifier, ASK);
    assert.equal(classification.complexity, 'moderate');
    assert.equal(gradeOfNeeds(classification), 'moderate');
    assert.match(classification.signals[0] ?? '', /said no grade, which means moderate/);
    assert.doesNotMatch(JSON.stringify(classification), /SECRET/);
  });

  it('[A12] falls back to the local verdict when the model fails, and books what that cost', async () => {
    const { classification, costUsd } = await verdict(classifierOf(() => scripted(FAILED)).classifier, ASK);
    assert.deepEqual(
      [classification.classifierName, classification.complexity, costUsd],
      ['learned', 'simple', 0.0005],
    );
    assert.equal(classification.signals[0], 'fast was asked in vain: timeout');
  });

  it('[A12] falls back to the local verdict when the model says nothing', async () => {
    const { classification } = await verdict(classifierOf(() => scripted(' \n')).classifier, ASK);
    assert.equal(classification.classifierName, 'learned');
    assert.equal(classification.signals[0], 'fast was asked in vain: it said nothing');
  });

  it('[A12] says at once why no model was asked', () => {
    const result = classifierOf(() => 'x is not among the models').classifier.classify(
      ASK,
      new AbortController().signal,
    );
    assert.ok(!(result instanceof Promise));
    assert.equal(result.classification.classifierName, 'learned');
    assert.equal(result.classification.signals[0], 'no model was asked: x is not among the models');
  });

  it('[A12] answers at once while the model is left alone after three failures, then tries again', async () => {
    const model = scripted(FAILED, FAILED, ' ', 'complex');
    const { classifier, clock } = classifierOf(() => model);
    for (let count = 0; count < 3; count += 1) await verdict(classifier, ASK);
    const result = classifier.classify(ASK, new AbortController().signal);
    assert.ok(!(result instanceof Promise));
    assert.match(result.classification.signals[0] ?? '', /it failed several times in a row/);
    await clock.advance(60_000);
    assert.equal((await verdict(classifier, ASK)).classification.complexity, 'complex');
    assert.equal(model.questions.length, 4);
  });

  it('does not blame the model for clients that leave', async () => {
    const model = scripted({ status: 'cancelled', why: 'the client left', costUsd: 0 });
    const { classifier } = classifierOf(() => model);
    for (let count = 0; count < 5; count += 1) await verdict(classifier, ASK);
    assert.equal(model.questions.length, 5);
  });

  it('asks nobody in the middle of a tool loop, nor where the user said nothing', async () => {
    const model = scripted('complex');
    const { classifier } = classifierOf(() => model);
    await verdict(classifier, featuresOf('fix it', { isToolResult: true }));
    await verdict(classifier, featuresOf(' '));
    assert.equal(model.questions.length, 0);
  });

  it('asks nobody for a client that has left', async () => {
    const model = scripted('complex');
    await classifierOf(() => model).classifier.classify(ASK, AbortSignal.abort());
    assert.equal(model.questions.length, 0);
  });

  it('looks for the model anew at each request', async () => {
    const models = [scripted('simple'), scripted('complex')];
    let index = 0;
    const { classifier } = classifierOf(() => models[index] ?? 'none');
    await verdict(classifier, ASK);
    index = 1;
    assert.equal((await verdict(classifier, ASK)).classification.complexity, 'complex');
  });

  it('shows the local verdict in a preview, says that the model would be asked, and asks nobody', async () => {
    const model = scripted('complex');
    const { classifier } = classifierOf(() => model);
    const shown = await classifier.preview?.(ASK, new AbortController().signal);
    assert.equal(shown?.classification.complexity, 'simple');
    assert.equal(shown?.classification.signals[0], 'fast would be asked for a grade; this is the local one');
    assert.equal(model.questions.length, 0);
  });
});
