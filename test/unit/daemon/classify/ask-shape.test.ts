import assert from 'node:assert/strict';

import { shapeOf } from '../../../../daemon/classify/ask-shape.ts';

describe('shapeOf', () => {
  for (const word of [
    '`x`',
    'my_name',
    'fooBar',
    'index.ts',
    'run()',
    'a.save(now)',
    '--read',
    'Foo::bar',
    'rows[0]',
  ]) {
    it(`counts ${word} as an identifier`, () => {
      assert.equal(shapeOf(`please look at ${word} today`).identifiers, 1);
    });
  }

  for (const words of [
    'e.g. this',
    'the end.',
    'yes/no',
    'McDonald',
    'https://a.example/b.html',
    'bob@mail.example',
    'well-known',
    '--',
    '3.5',
  ]) {
    it(`does not count ${words} as an identifier`, () => {
      assert.equal(shapeOf(`please look at ${words}`).identifiers, 0);
    });
  }

  it('takes blocks of code out of the prose', () => {
    const shape = shapeOf('Explain\n```js\nconst why = 1;\n```\nbriefly');
    assert.equal(shape.hasCodeBlock, true);
    assert.equal(shape.prose.includes('const'), false);
    assert.match(shape.prose, /Explain[\s\S]*briefly/);
  });

  it('keeps the prose before a block that is never closed', () => {
    const shape = shapeOf('Explain\n```js\nconst a = 1;');
    assert.deepEqual([shape.hasCodeBlock, shape.prose.startsWith('Explain')], [true, true]);
  });

  it('sees a pasted error', () => {
    assert.equal(shapeOf('TypeError: x is not a function').hasErrorText, true);
    assert.equal(shapeOf('print an error').hasErrorText, false);
  });

  it('counts the points of a list', () => {
    assert.equal(shapeOf('Do this:\n- a\n* b\n1. c\n22) d\nand -e').listItems, 4);
  });

  it('measures how much of the text is in another script', () => {
    assert.equal(shapeOf('plain words — “quoted”').foreignRatio, 0);
    assert.equal(shapeOf('объясни').foreignRatio, 1);
    assert.equal(shapeOf('').foreignRatio, 0);
  });

  it('reads the beginning and the end of a very long ask', () => {
    const shape = shapeOf(`start ${'x '.repeat(50_000)} end`);
    assert.ok(shape.prose.length < 9000);
    assert.deepEqual([shape.prose.startsWith('start'), shape.prose.endsWith('end')], [true, true]);
    assert.equal(shape.chars, 100_010);
  });
});
