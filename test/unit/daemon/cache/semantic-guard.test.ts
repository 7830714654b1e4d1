import assert from 'node:assert/strict';

import { differenceOf, meaningOf, type GuardFact } from '../../../../daemon/cache/semantic-guard.ts';

function factBetween(one: string, two: string): GuardFact | undefined {
  return differenceOf(meaningOf(one), meaningOf(two))?.fact;
}

/** Both ways round: who asked first must not matter. */
function mayShare(one: string, two: string): boolean {
  const there = factBetween(one, two);
  assert.equal(there, factBetween(two, one), `${one} | ${two}`);
  return there === undefined;
}

/** One pair for each kind of thing that forbids a hit. */
const DIFFERENT: readonly (readonly [fact: GuardFact, one: string, two: string])[] = [
  ['number', 'Retry 3 times.', 'Retry 5 times.'],
  ['number', 'Wait 30 seconds.', 'Wait 30 minutes.'],
  ['number', 'Upgrade to React 18.', 'Upgrade to React 19.'],
  ['identifier', 'Test parseDate.', 'Test parseDates.'],
  ['identifier', 'Explain --soft.', 'Explain --hard.'],
  ['path', 'Format package.json.', 'Format package-lock.json.'],
  ['symbol', 'What does && do?', 'What does || do?'],
  ['symbol', 'What does ?. do?', 'What does ?? do?'],
  ['quotation', 'Return "ok".', 'Return "OK".'],
  ['quotation', 'Explain `a + b`.', 'Explain `a - b`.'],
  ['name', 'Write it in Go.', 'Write it in Rust.'],
  ['language', 'How do I sort a list?', 'Wie sortiere ich eine Liste?'],
  ['negation', 'Which files are tracked?', 'Which files are not tracked?'],
  ['want', 'Explain this function.', 'Why is this function?'],
  ['tense', 'Why did the deploy fail?', 'Why does the deploy fail?'],
  ['action', 'Encode the string.', 'Decode the string.'],
  ['word', 'Sort in ascending order.', 'Sort in descending order.'],
  ['order', 'Merge main into my branch.', 'Merge my branch into main.'],
  ['order', 'Simplify x * (y - z).', 'Simplify (x * y) - z.'],
  ['quantity', 'Fix the failing test.', 'Fix the failing tests.'],
  ['pointing', 'List my pull requests.', 'List pull requests.'],
  ['pointing', 'Why do my tests hang?', 'Why do tests hang?'],
  ['capital', 'Explain the type String.', 'Explain the type string.'],
];

/** One pair for each way of saying one thing in two ways that the guard knows. */
const SAME: readonly (readonly [way: string, one: string, two: string])[] = [
  ['politeness', 'Could you please fix this bug?', 'Fix this bug.'],
  ['a synonym', 'Remove the unused imports.', 'Delete the unused imports.'],
  ['another frame', 'How do I exit vim?', "What's the best way to exit vim?"],
  ['a command asked for', 'How do I delete a tag in git?', 'What is the git command to delete a tag?'],
  ['the tool before the noun', 'How do I reverse a list in Python?', 'How do I reverse a Python list?'],
  ['the condition first', 'Return null when the id is missing.', 'When the id is missing, return null.'],
  ['the question last', 'Why is the cache empty?', 'The cache is empty, why?'],
  ['the order last', 'Fix the failing test in a.py.', 'The test in a.py fails, please fix it.'],
  ['a noun for the verb', 'Summarize this file.', 'Give me a summary of this file.'],
  ['"of"', 'What is the length of a URL?', 'What is the URL length?'],
  ['the passive', 'How can I enable CORS?', 'How can CORS be enabled?'],
  ['"instead of"', 'Use a set instead of a list.', 'Replace the list with a set.'],
  ['a unit written out', 'Cache it for 60s.', 'Cache it for 60 seconds.'],
  ['a number written out', 'Keep three backups.', 'Keep 3 backups.'],
  ['one or more of a kind', 'Is there a limit for a cookie?', 'Is there a limit for cookies?'],
  ['an adverb moved', 'Vertically center the text.', 'Center the text vertically.'],
];

describe('semantic guard [A32]', () => {
  for (const [fact, one, two] of DIFFERENT) {
    it(`names the ${fact} in which “${one}” and “${two}” differ`, () => {
      assert.equal(factBetween(one, two), fact);
      assert.equal(mayShare(one, two), false);
    });
  }

  for (const [way, one, two] of SAME) {
    it(`sees through ${way}`, () => {
      assert.deepEqual(differenceOf(meaningOf(one), meaningOf(two)), undefined);
      assert.equal(mayShare(one, two), true);
    });
  }

  it('lets only surface variants of asks in other languages share an answer', () => {
    assert.equal(mayShare('Wie sortiere ich eine Liste?', 'wie sortiere ich  eine liste ?'), true);
    assert.equal(mayShare('Wie sortiere ich eine Liste?', 'Wie ordne ich eine Liste?'), false);
    assert.equal(mayShare('如何排序列表?', '如何排序字典?'), false);
  });

  it('compares code in fences letter by letter', () => {
    const ask = (code: string): string => `Explain this:\n\`\`\`js\n${code}\n\`\`\``;
    assert.equal(mayShare(ask('a.b()'), ask('a.b()')), true);
    assert.equal(mayShare(ask('a.b()'), ask('a.b( )')), false);
  });

  it('takes words that are also members of every object', () => {
    for (const word of [
      'constructor',
      'toString',
      'valueOf',
      '__proto__',
      'hasOwnProperty',
      "constructor's",
    ]) {
      assert.equal(mayShare(`How do I use ${word} here?`, `How can I use ${word} here?`), true, word);
      assert.equal(mayShare(`Explain ${word}.`, 'Explain inheritance.'), false, word);
    }
  });

  it('takes any text without failing and finds it equal to itself', () => {
    for (const ask of [
      '',
      '.',
      '???',
      '"',
      '`',
      '```',
      '(',
      'a'.repeat(2000),
      '\u0000',
      'not',
      "'s",
      '😀 why?',
      'how',
    ]) {
      assert.equal(differenceOf(meaningOf(ask), meaningOf(ask)), undefined, ask);
    }
  });
});
