import assert from 'node:assert/strict';

import { DENSE_NAMES, askTextFeatures, wordHash } from '../../../../daemon/classify/ask-text-features.ts';
import { decodeLinearHead, lazyLinearHead } from '../../../../daemon/classify/linear-head.ts';
import type { LinearHeadData } from '../../../../daemon/classify/linear-head.ts';
import { encodeLinearHead } from '../../../eval/training/linear-head-file.ts';

const BITS = 10;

/** A head that knows one word. */
function headOf(word: string, weight: number, denseWeights: readonly number[] = []): LinearHeadData {
  const weights = new Float64Array(2 ** BITS);
  weights[wordHash(word) % 2 ** BITS] = weight;
  return encodeLinearHead(BITS, [{ name: 'one', bias: 0.5, weights, dense: denseWeights }]);
}

function score(data: LinearHeadData, text: string): number {
  return decodeLinearHead(data).scores(askTextFeatures(text))[0] ?? Number.NaN;
}

describe('linear head', () => {
  it('adds the weight of a word that occurs to the bias', () => {
    assert.ok(Math.abs(score(headOf('deadlock', 2), 'deadlock') - 2.5) < 0.02);
  });

  it('says its bias where no word is known', () => {
    assert.equal(score(headOf('deadlock', 2), ''), 0.5);
  });

  it('counts a word for less among others', () => {
    const head = headOf('deadlock', 2);
    assert.ok(score(head, 'a deadlock somewhere') < score(head, 'deadlock'));
  });

  it('keeps the sign of a weight', () => {
    assert.ok(score(headOf('hello', -1), 'hello') < 0);
  });

  it('adds the dense features', () => {
    const question = DENSE_NAMES.indexOf('question');
    const weights = DENSE_NAMES.map((_, index) => (index === question ? 3 : 0));
    assert.equal(score(headOf('x', 0, weights), 'is it?') - score(headOf('x', 0, weights), 'it is'), 3);
  });

  it('has a score for each output, in order', () => {
    const weights = new Float64Array(2 ** BITS);
    const data = encodeLinearHead(BITS, [
      { name: 'left', bias: 1, weights, dense: [] },
      { name: 'right', bias: 2, weights, dense: [] },
    ]);
    const head = decodeLinearHead(data);
    assert.deepEqual(head.names, ['left', 'right']);
    assert.deepEqual([...head.scores(askTextFeatures('any'))], [1, 2]);
  });

  it('tells the weight of one hash', () => {
    const head = decodeLinearHead(headOf('deadlock', 2));
    assert.ok(Math.abs(head.weightOf(0, wordHash('deadlock')) - 2) < 0.02);
    assert.equal(head.weightOf(7, wordHash('deadlock')), 0);
  });

  it('refuses a table of another size than it says', () => {
    const data = { ...headOf('deadlock', 2), hashBits: BITS + 1 };
    assert.throws(() => decodeLinearHead(data), RangeError);
  });

  it('is written the same each time, and keeps weights to one part in 250 of the largest', () => {
    assert.deepEqual(headOf('deadlock', 2), headOf('deadlock', 2));
    const weights = Float64Array.from({ length: 2 ** BITS }, (_, index) => Math.sin(index));
    const data = encodeLinearHead(BITS, [{ name: 'one', bias: 0, weights, dense: [] }]);
    const head = decodeLinearHead(data);
    weights.forEach((weight, index) => assert.ok(Math.abs(head.weightOf(0, index) - weight) < 1 / 250));
  });

  it('decodes on the first use, and once', () => {
    let reads = 0;
    const data = headOf('deadlock', 2);
    const watched = {
      get hashBits() {
        reads += 1;
        return data.hashBits;
      },
      outputs: data.outputs,
    };
    const head = lazyLinearHead(watched);
    assert.equal(reads, 0);
    assert.equal(head(), head());
    assert.equal(reads, 1);
  });
});
