import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { editDistance, nearestName } from '../../../../daemon/config/nearest-name.ts';

describe('nearest name', () => {
  const distances: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['porte', 'port', 1],
    ['pot', 'port', 1],
    ['pert', 'port', 1],
    ['', 'port', 4],
    ['kitten', 'sitting', 3],
  ];
  for (const [left, right, expected] of distances) {
    it(`counts ${expected} edits from "${left}" to "${right}"`, () => {
      assert.equal(editDistance(left, right), expected);
    });
  }

  it('counts the same in both directions, and never more than the longer name has characters', () => {
    const name = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(name, name, (left, right) => {
        const distance = editDistance(left, right);
        assert.equal(distance, editDistance(right, left));
        assert.ok(distance <= Math.max(left.length, right.length));
        assert.equal(distance === 0, left === right);
      }),
    );
  });

  it('finds the candidate with the fewest edits, letter case aside', () => {
    assert.equal(nearestName('MaxAttemps', ['pauseMs', 'maxAttempts', 'exactFallback']), 'maxAttempts');
  });

  it('takes the first of equally near candidates', () => {
    assert.equal(nearestName('ax', ['ab', 'ac']), 'ab');
  });

  it('has no answer without candidates', () => {
    assert.equal(nearestName('port', []), null);
  });

  it('compares a name of a million characters by its beginning only', () => {
    assert.equal(editDistance('x'.repeat(1_000_000), 'port'), 64);
  });
});
