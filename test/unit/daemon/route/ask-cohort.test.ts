import assert from 'node:assert/strict';
import { cohortOf, MEDIUM_CHARS, SHORT_CHARS } from '../../../../daemon/route/ask-cohort.ts';
import type { TaskType } from '../../../../daemon/protocol/vocabulary.ts';

const cohort = (ask: string, taskType: TaskType = 'general'): string => cohortOf({ ask }, { taskType });

describe('the cohort of an ask', () => {
  it('names task type, length, code and mathematics', () => {
    assert.equal(cohort('fix the null check in parser.ts', 'code'), 'code/short/code/plain');
    assert.equal(cohort('', 'vision'), 'vision/short/prose/plain');
  });

  for (const [chars, length] of [
    [SHORT_CHARS - 1, 'short'],
    [SHORT_CHARS, 'medium'],
    [MEDIUM_CHARS - 1, 'medium'],
    [MEDIUM_CHARS, 'long'],
  ] as const) {
    it(`calls ${chars} characters ${length}`, () => {
      assert.equal(cohort('a'.repeat(chars)), `general/${length}/prose/plain`);
    });
  }

  for (const ask of [
    'why is this slow?\n```\nselect 1\n```',
    'rename user_id everywhere',
    'panic: it stopped here',
    'what does --force do',
  ]) {
    it(`sees code in ${JSON.stringify(ask)}`, () => assert.match(cohort(ask), /\/code\/plain$/));
  }

  for (const ask of [
    'what is 3 + 4',
    'compute 12*7',
    'is 17 - 5 more than 10?',
    'simplify x^2 + 1',
    'evaluate \\frac{a}{b}',
    'find the derivative of sin x',
    'prove that there are infinitely many primes',
    'Tom has 3 apples and buys 12 more. How many does he have?',
    'what is √2',
  ]) {
    it(`sees mathematics in ${JSON.stringify(ask)}`, () => assert.match(cohort(ask), /\/mathematics$/));
  }

  for (const ask of [
    'release 1.2.3 on 2026-11-21',
    'look at pages 3-4 of the a/b report',
    'set the timeout to 30 and the limit to 5',
    'how many people use this?',
    'use C++ and not C',
    'bold **3** and **4**',
  ]) {
    it(`sees no mathematics in ${JSON.stringify(ask)}`, () => assert.match(cohort(ask), /\/plain$/));
  }

  it('does not take the sums in a fenced block for mathematics', () => {
    assert.equal(cohort('explain this\n```\nconst x = 3 + 4 * 5;\n```'), 'general/short/code/plain');
  });

  it('[B1] is the same for the same ask and different words of the same kind', () => {
    assert.equal(cohort('fix the bug in a_b', 'code'), cohort('repair the fault in c_d', 'code'));
  });

  for (const [what, text] of [
    ['digits', '1'.repeat(200_000)],
    ['operators', '1+'.repeat(100_000)],
    ['backslashes', '\\'.repeat(200_000)],
    ['fences', '```'.repeat(70_000)],
    ['carets', 'x^'.repeat(100_000)],
  ] as const) {
    it(`reads a bounded part of 200 kB of ${what}`, () => {
      // A search that backtracks would not come back within mocha's time limit.
      assert.match(cohort(text), /^general\/long\//);
    });
  }
});
