import assert from 'node:assert/strict';
import { assert as check, property, string } from 'fast-check';
import { textDifferences } from '../../../../extension/dashboard/text-differences.ts';

const joined = (pieces: readonly { readonly text: string }[] | undefined): string =>
  (pieces ?? []).map(({ text }) => text).join('');

describe('text differences', () => {
  it('marks the words that only one text has', () => {
    const differences = textDifferences('use the red door', 'use the green door');
    assert.deepEqual(
      differences?.left.filter(({ isOwn }) => isOwn),
      [{ text: 'red', isOwn: true }],
    );
    assert.deepEqual(
      differences?.right.filter(({ isOwn }) => isOwn),
      [{ text: 'green', isOwn: true }],
    );
  });

  it('gives both texts back whole, whatever they are', () => {
    check(
      property(string({ unit: 'binary' }), string({ unit: 'binary' }), (left, right) => {
        const differences = textDifferences(left, right);
        assert.equal(joined(differences?.left), left);
        assert.equal(joined(differences?.right), right);
      }),
    );
  });

  it('says how much they have in common', () => {
    assert.equal(textDifferences('same words', 'same words')?.sameRatio, 1);
    assert.equal(textDifferences('a', 'b')?.sameRatio, 0);
    assert.equal(textDifferences('', '')?.sameRatio, 1);
  });

  it('compares long texts by lines', () => {
    const lines = Array.from({ length: 1500 }, (_, index) => `line number ${index} of the text\n`);
    const other = lines.with(700, 'another line\n');
    const differences = textDifferences(lines.join(''), other.join(''));
    assert.deepEqual(
      differences?.right.filter(({ isOwn }) => isOwn).map(({ text }) => text),
      ['another line\n'],
    );
  });

  it('gives up on texts that are too long even by lines', () => {
    const text = 'a\n'.repeat(3000);
    assert.equal(textDifferences(text, text), null);
  });
});
