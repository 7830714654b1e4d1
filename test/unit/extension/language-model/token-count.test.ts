import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { estimateTextTokens } from '../../../../daemon/classify/token-estimate.ts';
import { countTokens } from '../../../../extension/language-model/token-count.ts';
import { assistant, call, data, PIXELS, result, text, thought, user } from './parts.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..');

/** Counted with the o200k tokenizer itself. */
const COUNTED: readonly (readonly [name: string, text: string, tokens: number])[] = [
  [
    'prose',
    'When a request arrives, the daemon reads what the user asked for last, leaves out what the assistant put around it, and grades the task. Models that cannot do it are struck off the list: those without enough context, those that cannot see pictures, those whose provider is out. Of the rest the cheapest one that will most likely succeed is taken, with what its warm cache saves counted in. If it fails before the first word of an answer, the next one is asked, and the user sees nothing of it but a line in the log.',
    111,
  ],
  [
    'code',
    "export function sum(values: readonly number[]): number {\n  let total = 0;\n  for (const value of values) total += value;\n  return total;\n}\n\nconsole.log(sum([1, 2, 3]), 'done');\n",
    49,
  ],
  [
    'JSON',
    '{"name":"pointsman","version":"0.1.0","scripts":{"build":"node esbuild.config.mjs","test":"mocha --parallel"},"engines":{"node":">=22.19"}}',
    44,
  ],
  ['Chinese', '路由器为每个请求选择能够完成任务且预期成本最低的模型，并记录真实的费用。', 24],
];

describe('counting tokens', () => {
  for (const [name, sample, tokens] of COUNTED) {
    it(`is within a tenth of the tokenizer for ${name}`, () => {
      const ratio = countTokens(sample) / tokens;
      assert.ok(ratio > 0.9 && ratio < 1.1, `${countTokens(sample)} for ${tokens}`);
    });
  }

  it('agrees with the estimate that the daemon routes and budgets by, within 6 %', () => {
    for (const file of ['README.md', 'package.json', 'daemon/README.md', 'daemon/app.ts']) {
      const sample = readFileSync(path.join(ROOT, file), 'utf8');
      const ratio = countTokens(sample) / estimateTextTokens(sample);
      assert.ok(Math.abs(ratio - 1) < 0.06, `${file}: ${ratio}`);
    }
  });

  it('is 0 for nothing', () => {
    assert.equal(countTokens(''), 0);
  });

  it("counts in a model's own tokens", () => {
    assert.equal(countTokens('word '.repeat(10)), 10);
    assert.equal(countTokens('word '.repeat(10), 2), 19);
  });

  it('counts all that a model reads of a message, and no more', () => {
    const words = 'some words to read, ten or so of them';
    const of = (...parts: readonly unknown[]): number => countTokens(user(...parts)) - countTokens(user());
    const plain = of(text(words));
    assert.equal(plain, countTokens(words));
    assert.equal(of(data('text/plain', words)), plain);
    assert.ok(of(result('c', text(words))) > plain);
    assert.ok(of(call('c', 'read', { words })) > plain);
    assert.ok(of(data('image/png', PIXELS)) >= 500);
    assert.equal(of(thought(words), data('stateful_marker', words), data('application/zip', words)), 0);
    assert.ok(countTokens(assistant()) > 0);
  });

  it('takes less than 50 ms for 400 kB', () => {
    const sample = 'const value = compute(input, { depth: 3 }); // why\n'.repeat(8_000);
    countTokens(sample);
    const startMs = performance.now();
    countTokens(sample);
    assert.ok(performance.now() - startMs < 50);
  });
});
