import assert from 'node:assert/strict';

import {
  DENSE_NAMES,
  askTextFeatures,
  wordHash,
  wordsRead,
} from '../../../../daemon/classify/ask-text-features.ts';

function dense(text: string, name: string): number {
  return askTextFeatures(text).dense[DENSE_NAMES.indexOf(name)] ?? Number.NaN;
}

function has(text: string, word: string): boolean {
  return askTextFeatures(text).hashes.includes(wordHash(word));
}

describe('features of an ask', () => {
  it('hold each word under its hash, whatever its case', () => {
    assert.ok(has('Find the DEADLOCK in this', 'deadlock'));
    assert.ok(!has('Find the lock in this', 'deadlock'));
  });

  it('tell words from pairs and pieces of words', () => {
    assert.ok(!has('some text', 'some text'));
    assert.ok(!has('texts', 'text'));
  });

  it('depend on which words stand side by side, in either order', () => {
    const pairs = (text: string): readonly number[] =>
      [...askTextFeatures(text).hashes].toSorted((left, right) => left - right);
    assert.deepEqual(pairs('sort lists'), pairs('lists sort'));
    assert.notDeepEqual(pairs('sort all lists'), pairs('all sort lists'));
  });

  it('take a number by its length, not its value', () => {
    assert.deepEqual(askTextFeatures('wait 30 s').hashes, askTextFeatures('wait 75 s').hashes);
    assert.notDeepEqual(askTextFeatures('wait 30 s').hashes, askTextFeatures('wait 3000 s').hashes);
  });

  it('read each sign of a script without spaces as a word', () => {
    assert.ok(has('東京に行く', '京'));
  });

  it('name each hash once', () => {
    const { hashes } = askTextFeatures('the cat and the dog and the bird');
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it('weigh a text of any length alike', () => {
    const length = (text: string): number =>
      Math.hypot(...askTextFeatures(text).values.map((value) => value));
    assert.ok(
      Math.abs(length('fix the bug in here') - length('fix the bug in here and there '.repeat(30))) < 1e-3,
    );
  });

  it('give a repeated word more weight, but less than its share', () => {
    const { hashes, values } = askTextFeatures('run run run walk');
    const weight = (word: string): number => values[hashes.indexOf(wordHash(word))] ?? 0;
    assert.ok(weight('run') > weight('walk'));
    assert.ok(weight('run') < 3 * weight('walk'));
  });

  it('are the same each time', () => {
    assert.deepEqual(askTextFeatures('why does it fail?'), askTextFeatures('why does it fail?'));
  });

  it('have a finite number for every name, for any text', () => {
    for (const text of ['', ' ', '\n\n', '?', '\u0000', '\ud800', '🚀'.repeat(50), '```', '1', 'a.b.c(']) {
      const features = askTextFeatures(text);
      assert.equal(features.dense.length, DENSE_NAMES.length);
      assert.ok(features.dense.every(Number.isFinite), JSON.stringify(text));
      assert.ok(features.values.every(Number.isFinite), JSON.stringify(text));
    }
  });

  it('read the beginning and the end of a long text, and nothing between', () => {
    const long = `alpha ${'x '.repeat(3500)} middle ${'y '.repeat(3500)} omega`;
    assert.ok(has(long, 'alpha'));
    assert.ok(has(long, 'omega'));
    assert.ok(!has(long, 'middle'));
  });

  it('know the length of all of it', () => {
    assert.ok(dense('x'.repeat(100_000), 'chars') > dense('x'.repeat(9000), 'chars'));
  });

  it('stay bounded for 100 kB of anything', () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index.toString(36)}`).join(' ');
    for (const text of [words, 'x'.repeat(100_000), '<a>'.repeat(33_000), '東'.repeat(100_000)]) {
      assert.ok(askTextFeatures(text).hashes.length < 25_000);
    }
  });
});

describe('shape of an ask', () => {
  const marks: readonly (readonly [string, string, string])[] = [
    ['choices', 'Which one?\nA. red\nB. blue', 'Which one? red or blue'],
    ['question', 'is it late?', 'it is late'],
    ['error', 'it says TypeError: x is undefined', 'it says that x is undefined'],
    ['codeBlock', 'see\n```\nx\n```', 'see x'],
    ['path', 'look into src/app', 'look into the source'],
    ['identifiers', 'call readAll twice', 'read all of it twice'],
    ['limits', '1 <= n <= 10^5', 'n is a number'],
    ['examples', 'assert add(1, 2) == 3', 'adding gives three'],
    ['numbers', '3 apples and 4 pears', 'some apples and pears'],
    ['formula', 'what is \\frac{1}{2} of $x$', 'what is half of it'],
    ['foreign', 'これは何ですか', 'what is this'],
    ['listItems', '- one\n- two', 'one and two'],
  ];
  for (const [name, marked, plain] of marks) {
    it(`sees ${name} where there are some`, () => {
      assert.ok(dense(marked, name) > dense(plain, name));
      assert.equal(dense(plain, name), 0);
    });
  }
});

describe('words that are read', () => {
  it('are in lower case, in order, without numbers and signs', () => {
    assert.deepEqual(wordsRead("Don't stop, 3 Times!", 10), ["don't", 'stop', 'times']);
  });

  it('are at most as many as asked for', () => {
    assert.equal(wordsRead('a b c d', 2).length, 2);
  });
});
