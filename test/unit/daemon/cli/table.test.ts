import assert from 'node:assert/strict';
import { alignRows } from '../../../../daemon/cli/table.ts';

describe('text table', () => {
  it('pads columns to their widest cell, without trailing spaces', () => {
    assert.deepEqual(
      alignRows([
        ['name', 'why'],
        ['a', 'long reason'],
        ['longer', ''],
      ]),
      ['name    why', 'a       long reason', 'longer'],
    );
  });

  it('puts numbers to the right, with their heading and the gaps between them', () => {
    const rows = alignRows([['cost'], ['0.5 $'], ['-12.25 $'], ['unknown'], ['-']]);
    assert.deepEqual(rows, ['    cost', '   0.5 $', '-12.25 $', ' unknown', '       -']);
  });

  it('leaves a column of words to the left even when one of them is a number', () => {
    assert.deepEqual(alignRows([['model'], ['o3'], ['4']]), ['model', 'o3', '4']);
  });

  it('leaves a column without any number to the left', () => {
    assert.deepEqual(alignRows([['price of'], ['-']]), ['price of', '-']);
  });

  it('accepts rows of different length, and none', () => {
    assert.deepEqual(alignRows([['a', 'b', 'c'], ['d']]), ['a  b  c', 'd']);
    assert.deepEqual(alignRows([]), []);
  });
});
