import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { prepareAsk } from '../../../../daemon/cache/semantic-encoder.ts';
import { SemanticIndex } from '../../../../daemon/cache/semantic-index.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { nearMisses, paraphrases, type AskPair } from './semantic-samples.ts';

const LEAST_SHARE = 0.4;
const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..');
const SHARED = process.env['POINTSMAN_SHARED'] ?? path.join(ROOT, '..', 'shared');
const SHARED_PAIRS = path.join(SHARED, 'routing-eval', 'data', 'cache-pairs.jsonl');

/** With the threshold that the configuration has by default, each pair in both orders in an index of its own. */
function hits({ a, b }: Pick<AskPair, 'a' | 'b'>): boolean {
  const hitsIn = (stored: string, asked: string): boolean => {
    const limits = { maxEntries: 10, maxBytes: 1e6, ttlMs: 1000, threshold: 0.9 };
    const index = new SemanticIndex(() => limits, createVirtualClock());
    index.add('scope', prepareAsk(stored), 'answer');
    return index.lookup('scope', prepareAsk(asked)) !== undefined;
  };
  const there = hitsIn(a, b);
  assert.equal(hitsIn(b, a), there, `${a} | ${b}`);
  return there;
}

function written(pairs: readonly AskPair[]): string {
  return pairs.map(({ kind, a, b }) => `${kind}: ${a} | ${b}`).join('\n');
}

function byKind(pairs: readonly AskPair[], found: readonly AskPair[]): string {
  const count = (all: readonly AskPair[], kind: string): number =>
    all.filter((pair) => pair.kind === kind).length;
  const kinds = [...new Set(pairs.map(({ kind }) => kind))];
  return kinds.map((kind) => `${kind} ${count(found, kind)}/${count(pairs, kind)}`).join(', ');
}

describe('semantic cache on prompts of developers [A32]', () => {
  it('has at least 400 near-misses and 300 paraphrases, all different', () => {
    assert.ok(nearMisses.length >= 400, String(nearMisses.length));
    assert.ok(paraphrases.length >= 300, String(paraphrases.length));
    const texts = [...nearMisses, ...paraphrases].map(({ a, b }) => [a, b].toSorted().join('\n'));
    assert.equal(new Set(texts).size, texts.length);
  });

  for (const split of new Set(nearMisses.map((pair) => pair.split))) {
    it(`answers none of the near-misses (${split})`, () => {
      const pairs = nearMisses.filter((pair) => pair.split === split);
      const wrong = pairs.filter(hits);
      console.log(`      wrong hits: ${byKind(pairs, wrong)}`);
      assert.equal(written(wrong), '');
    });

    it(`answers at least 40 % of the paraphrases (${split})`, () => {
      const pairs = paraphrases.filter((pair) => pair.split === split);
      const right = pairs.filter(hits);
      console.log(`      hits: ${right.length} of ${pairs.length} paraphrases`);
      assert.ok(right.length >= LEAST_SHARE * pairs.length, `${right.length} of ${pairs.length}`);
    });
  }

  it('answers no near-miss and 40 % of the paraphrases of the shared pairs', function () {
    if (!existsSync(SHARED_PAIRS)) {
      console.log('      skipped: there is no ../shared here');
      this.skip();
    }
    const lines = readFileSync(SHARED_PAIRS, 'utf8').trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as AskPair & { readonly same: number });
    const same = rows.filter((row) => row.same === 1);
    const found = rows.filter(hits);
    const right = found.filter((row) => row.same === 1);
    console.log(
      `      hits: ${right.length} of ${same.length} paraphrases, ${rows.length - same.length} near-misses`,
    );
    assert.equal(written(found.filter((row) => row.same !== 1)), '');
    assert.ok(right.length >= LEAST_SHARE * same.length);
  });
});
