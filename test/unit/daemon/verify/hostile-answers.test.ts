// Answers made to stall whoever checks them: a model, or a provider, decides what is in one, and the check runs on the
// thread that serves everybody.

import assert from 'node:assert/strict';
import { loadParsers } from '../../../../daemon/verify/parsers.ts';
import { judge } from './judged.ts';

/** Generous for a busy machine; the slow ones took seconds to years. */
const LIMIT_MS = 400;

const fenced = (language: string, code: string): string =>
  `Here it is:\n\n\`\`\`${language}\n${code}\n\`\`\`\n`;

const ANSWERS: readonly (readonly [what: string, text: string])[] = [
  ['40 empty lines before broken Python', fenced('python', `${'\n'.repeat(40)}) x`)],
  ['20,000 empty lines before broken Python', fenced('python', `${'\n'.repeat(20_000)}) x`)],
  ['Python of yields and comments', fenced('python', `${'yield # '.repeat(2_000)})`)],
  ['20,000 empty lines before broken TypeScript', fenced('ts', `${'\n'.repeat(20_000)}) x`)],
  ['TypeScript of carriage returns', fenced('ts', `${'\r'.repeat(20_000)}) x`)],
  ['JSON whose parts lie far apart', fenced('json', `]${'\n'.repeat(20_000)}x`)],
  ['a comment of words without end', fenced('ts', `// add a the actual ${'a'.repeat(900)}!`)],
  [
    'a patch whose path is a line of colons',
    `${':'.repeat(20_000)}x\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n`,
  ],
  ['a body with a comment far away', fenced('python', `def f():\n    x${' '.repeat(20_000)}y`)],
  ['quotations that only begin', '“ '.repeat(20_000)],
];

describe('answers that are made to stall their check', () => {
  before(() => loadParsers());

  for (const [what, text] of ANSWERS) {
    it(`are checked in no time: ${what}`, () => {
      const startMs = performance.now();
      judge({ text });
      const tookMs = performance.now() - startMs;
      assert.ok(tookMs < LIMIT_MS, `${tookMs.toFixed(0)} ms`);
    });
  }
});
