import assert from 'node:assert/strict';

import { createPhraseMatcher, wordsIn } from '../../../../daemon/classify/phrase-matcher.ts';

const rows = [
  { name: 'why', phrases: ['why', 'why is'] },
  { name: 'race', phrases: ['race condition'] },
];
const find = createPhraseMatcher(rows);

function found(text: string): readonly string[] {
  return find(wordsIn(text)).map((match) => match.row.name);
}

describe('wordsIn', () => {
  it('cuts at spaces and marks and lowers the case', () => {
    assert.deepEqual(wordsIn('Fix it: NOW, (please)!'), ['fix', 'it', 'now', 'please']);
  });

  it('keeps hyphens, apostrophes and underscores inside of words', () => {
    assert.deepEqual(wordsIn("don't re-read my_name"), ["don't", 're-read', 'my_name']);
    assert.deepEqual(wordsIn('don\u2019t'), ["don't"]);
  });

  it('keeps letters of other scripts', () => {
    assert.deepEqual(wordsIn('Größe «всё» 你好。再见'), ['größe', 'всё', '你好', '再见']);
  });

  it('finds no words in marks alone', () => {
    assert.deepEqual(wordsIn('?! … --- \n'), ['---']);
    assert.deepEqual(wordsIn(''), []);
  });
});

describe('createPhraseMatcher', () => {
  it('finds phrases of several words in the order of the table', () => {
    assert.deepEqual(found('a race condition: but why?'), ['why', 'race']);
  });

  it('finds whole words only', () => {
    assert.deepEqual(found('whyever race conditions'), []);
  });

  it('counts the different phrases of a row and says where the first stands', () => {
    const [match] = find(wordsIn('so why is it, and why'));
    assert.deepEqual([match?.phrase, match?.count, match?.at], ['why', 2, 1]);
  });

  it('does not find a phrase across the end of the text', () => {
    assert.deepEqual(found('race'), []);
  });
});
