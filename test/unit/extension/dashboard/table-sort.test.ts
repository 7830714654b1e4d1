import assert from 'node:assert/strict';
import { nextOrder, sortRows } from '../../../../extension/dashboard/table-sort.ts';

describe('sorted tables', () => {
  it('sort numbers as numbers', () => {
    assert.deepEqual(
      sortRows([10, 9, 2], (value) => value, false),
      [2, 9, 10],
    );
    assert.deepEqual(
      sortRows([2, 10, 9], (value) => value, true),
      [10, 9, 2],
    );
  });

  it('put what is unknown last, whichever way the rest goes', () => {
    assert.deepEqual(
      sortRows([null, 1, 2], (value) => value, false),
      [1, 2, null],
    );
    assert.deepEqual(
      sortRows([null, 1, 2], (value) => value, true),
      [2, 1, null],
    );
  });

  it('keep the order of equal rows', () => {
    const rows = [
      { name: 'b', value: 1 },
      { name: 'a', value: 1 },
    ];
    assert.deepEqual(
      sortRows(rows, ({ value }) => value, true),
      rows,
    );
  });

  it('turn round at the second press, and begin anew on another column', () => {
    const first = nextOrder(null, 'cost', true);
    assert.deepEqual(first, { key: 'cost', isDescending: true });
    assert.deepEqual(nextOrder(first, 'cost', true), { key: 'cost', isDescending: false });
    assert.deepEqual(nextOrder(first, 'name', false), { key: 'name', isDescending: false });
  });
});
