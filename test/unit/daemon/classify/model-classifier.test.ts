import assert from 'node:assert/strict';

import { complexityOfLabel, parseComplexityLabel } from '../../../../daemon/classify/model-classifier.ts';

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
