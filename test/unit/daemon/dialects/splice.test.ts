import assert from 'node:assert/strict';

import { applyEdits, editArray, type ElementChange, removals } from '../../../../daemon/dialects/splice.ts';
import { scanArray } from '../../../../daemon/util/json-scan.ts';

const TEXT = '{"list":[ 1 , {"a":2},\n3 ]}';
const BYTES = Buffer.from(TEXT);
const LIST = { start: TEXT.indexOf('['), end: TEXT.lastIndexOf(']') + 1 };
const ELEMENTS = scanArray(BYTES, LIST);

function edited(...changes: readonly ElementChange[]): string {
  return editArray(BYTES, LIST, ELEMENTS, changes);
}

describe('edits inside of a JSON text', () => {
  it('leave every other byte as it was', () => {
    assert.equal(edited(), '[ 1 , {"a":2},\n3 ]');
    assert.equal(edited(undefined, '"x"'), '[ 1 , "x",\n3 ]');
  });

  it('take elements out with one comma each, wherever they stand', () => {
    assert.equal(edited(null), '[ {"a":2},\n3 ]');
    assert.equal(edited(undefined, null), '[ 1,\n3 ]');
    assert.equal(edited(undefined, undefined, null), '[ 1 , {"a":2} ]');
    assert.equal(edited(null, null), '[ 3 ]');
    assert.equal(edited(null, undefined, null), '[ {"a":2} ]');
    assert.equal(edited(null, null, null), '[]');
  });

  it('replace and take out in one go', () => {
    assert.equal(edited('0,1', null, '4'), '[ 0,1,\n4 ]');
  });

  it('may come in any order', () => {
    const [first, , last] = ELEMENTS;
    assert.ok(first !== undefined && last !== undefined);
    const edits = [
      { span: last, text: 'c' },
      { span: first, text: 'a' },
    ];
    assert.equal(applyEdits(BYTES, LIST, edits), '[ a , {"a":2},\nc ]');
  });

  it('are none when nothing is removed', () => {
    assert.deepEqual(
      removals(ELEMENTS, () => false),
      [],
    );
  });
});
