import assert from 'node:assert/strict';

import { DENSE_NAMES, wordHash } from '../../../../daemon/classify/ask-text-features.ts';
import { createOutcomeHead, shippedOutcomeHead } from '../../../../daemon/classify/outcome-head.ts';
import type { OutcomeWeights } from '../../../../daemon/classify/outcome-head.ts';
import { encodeLinearHead } from '../../../eval/training/linear-head-file.ts';

const BITS = 10;

interface Planted {
  readonly gain?: Readonly<Record<string, number>>;
  readonly difficulty?: number;
  readonly code?: number;
  readonly problem?: number;
}

function planted({ gain = {}, difficulty = 0.4, code = 0, problem = 1 }: Planted): OutcomeWeights {
  const none = new Float64Array(2 ** BITS);
  const known = new Float64Array(2 ** BITS);
  for (const [word, weight] of Object.entries(gain)) known[wordHash(word) % 2 ** BITS] = weight;
  const output = (name: string, bias: number) => ({ name, bias, weights: none, dense: [] });
  return {
    gain: encodeLinearHead(BITS, [{ name: 'gain', bias: 0, weights: known, dense: [] }]),
    kind: encodeLinearHead(BITS, [
      output('difficulty', difficulty),
      output('code', code),
      output('problem', problem),
    ]),
    words: Object.keys(gain).filter((word) => word !== 'zanzibar'),
  };
}

const question = 'Under which of the four conditions would the equilibrium of such a market shift?';
const sum = (steps: string): string =>
  `Tom has 5 apples and 7 pears${steps}. How many pieces of fruit are there?`;

describe('outcome head', () => {
  it('ranks a question by its words', () => {
    const head = createOutcomeHead(planted({ gain: { equilibrium: 0.5, market: -0.5 } }));
    const score = (text: string): number => head.judge(text).score;
    assert.ok(score('what is an equilibrium really') > score('what is a market really now'));
  });

  it('ranks the longer of two questions of the same words higher', () => {
    const head = createOutcomeHead(planted({}));
    assert.ok(head.judge(`${question} ${question}`).score > head.judge(question).score);
  });

  it('finds a stronger model most useful for code of middle difficulty', () => {
    const score = (difficulty: number): number =>
      createOutcomeHead(planted({ code: 1, difficulty })).judge(question).score;
    assert.ok(score(0.4) > score(0.1));
    assert.ok(score(0.4) > score(0.9));
  });

  it('does not ask for the difficulty of what is no code', () => {
    const score = (difficulty: number): number =>
      createOutcomeHead(planted({ difficulty })).judge(question).score;
    assert.equal(score(0.4), score(0.9));
  });

  it('does not rank code by its single words', () => {
    const head = createOutcomeHead(planted({ code: 1, gain: { equilibrium: 0.5 } }));
    const other = createOutcomeHead(planted({ code: 1 }));
    assert.equal(head.judge(question).score, other.judge(question).score);
  });

  it('ranks sums told in words by the number of their steps more than by what they are about', () => {
    const head = createOutcomeHead(planted({ gain: { apples: 0.2 } }));
    const short = head.judge(sum('')).score;
    const long = head.judge(
      sum(', buys 3 more of each, gives 4 away and finds 2 others at home on the table'),
    ).score;
    assert.ok(long - short > 0.5);
  });

  it('says how far an ask is a problem by itself, and how far it is code', () => {
    const share = (planting: Planted) => createOutcomeHead(planted(planting)).judge(question);
    assert.equal(share({ problem: 0.1 }).problemShare, 0);
    assert.equal(share({ problem: 0.9 }).problemShare, 1);
    assert.ok(share({ problem: 0.4 }).problemShare > 0 && share({ problem: 0.4 }).problemShare < 1);
    assert.equal(share({ code: 0.9 }).codeShare, 1);
    assert.equal(share({ code: 0.1 }).codeShare, 0);
  });

  it('names the words that speak most for a stronger model, strongest first', () => {
    const head = createOutcomeHead(planted({ gain: { equilibrium: 0.3, market: 0.5, shift: -0.4 } }));
    assert.deepEqual(head.tellingWords(question), ['market', 'equilibrium']);
  });

  it('never names a word that is not in its own list', () => {
    const head = createOutcomeHead(planted({ gain: { zanzibar: 0.5 } }));
    assert.deepEqual(head.tellingWords('where is zanzibar'), []);
  });

  it('stays within its bounds for any text', () => {
    const head = createOutcomeHead(planted({ gain: { x: 50 } }));
    for (const text of ['', 'x', 'x '.repeat(50_000), '9'.repeat(100_000), '\ud800']) {
      assert.ok(Math.abs(head.judge(text).score) <= 4);
    }
  });
});

describe('the shipped outcome head', () => {
  const head = shippedOutcomeHead();

  it('is decoded once', () => {
    assert.equal(shippedOutcomeHead(), head);
  });

  it('tells questions that stand by themselves from messages in the middle of work', () => {
    for (const text of [
      'A shop sells 12 boxes of 6 candles each at 3 dollars a candle. How much does it earn in all?',
      'Who wrote Moby Dick?',
      `${question}\nA. none\nB. all\nC. the first\nD. the last`,
    ])
      assert.ok(head.judge(text).problemShare > 0.8, text);
    for (const text of [
      'ok, try that',
      'add a flag --quiet to the cli',
      'thanks!',
      'why is the test failing?',
    ])
      assert.ok(head.judge(text).problemShare < 0.2, text);
  });

  it('knows a programming task by what it asks for', () => {
    assert.ok(head.judge('Write a function to find the nth prime number.').codeShare > 0.8);
    assert.ok(head.judge('Who wrote Moby Dick?').codeShare < 0.2);
  });

  it('sees more need for a stronger model in an exam question than in a single fact', () => {
    assert.ok(head.judge(question).score > head.judge('who sang the song').score + 0.5);
  });

  it('has as many dense weights as there are dense features', () => {
    assert.equal(DENSE_NAMES.length, 23);
  });
});
