// The report of disagreements between price lists that is run before a release.

import assert from 'node:assert/strict';
import type { OverlayRow } from '../../../daemon/catalog/price-row.ts';
import { disagreements, missingRows, oldRows, report } from '../../prices/check-prices.ts';
import { bundledLibrary, listFromFile, type PriceSource } from '../../prices/price-sources.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');
const ROW: OverlayRow = {
  provider: 'gemini',
  id: 'm',
  aliases: ['m-latest'],
  inputUsdPerMtok: 1,
  outputUsdPerMtok: 4,
  cacheReadUsdPerMtok: 0.1,
  peak: { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1] },
  promptCache: { kind: 'none', minTokens: 0, ttlS: 0 },
  tokenizerFactor: 1,
  source: 'test',
  asOf: '2026-11-01',
};

function list(content: Parameters<typeof listFromFile>[1]): PriceSource {
  const source = listFromFile('other', content);
  assert.ok(source);
  return source;
}

describe('prices/check-prices', () => {
  it('names model, field, both prices and their ratio where two lists differ, and no more', () => {
    const source = list({
      google: { models: { m: { id: 'm', cost: { input: 1, output: 6, cache_read: 0.1 } } } },
    });
    assert.deepEqual(disagreements([ROW], [source], AT_MS), [
      {
        model: 'gemini m',
        field: 'output',
        ours: 4,
        theirs: 6,
        ratio: 1.5,
        source: 'other',
        isOurPeak: false,
      },
    ]);
  });

  it('says when the other price is ours at peak hours', () => {
    const source = list([{ provider: 'google', id: 'm', cost: { input: 2, output: 4, cacheRead: 0.1 } }]);
    const [found, ...more] = disagreements([ROW], [source], AT_MS);
    assert.deepEqual([found?.field, found?.ratio, found?.isOurPeak, more.length], ['input', 2, true, 0]);
  });

  it('reads prices per token', () => {
    const source = list({
      'gemini/m': {
        litellm_provider: 'gemini',
        input_cost_per_token: 1.25e-6,
        output_cost_per_token: 4e-6,
      },
    });
    const fields = disagreements([ROW], [source], AT_MS).map(({ field, theirs }) => [field, theirs]);
    assert.deepEqual(fields, [['input', 1.25]]);
  });

  it('takes the zero of a list that knows nothing of the cache for no price', () => {
    const source = list([{ provider: 'google', id: 'm', cost: { input: 1, output: 4, cacheRead: 0 } }]);
    assert.deepEqual(disagreements([ROW], [source], AT_MS), []);
  });

  it('compares only models of the same exact name and provider', () => {
    const source = list([
      { provider: 'google', id: 'm-2', cost: { input: 9, output: 9 } },
      { provider: 'openrouter', id: 'm', cost: { input: 9, output: 9 } },
    ]);
    assert.deepEqual(disagreements([ROW], [source], AT_MS), []);
  });

  it('refuses a file that is no price list', () => {
    for (const content of [null, 7, {}, [], { a: { b: 1 } }, [{ id: 'm' }]]) {
      assert.equal(listFromFile('other', content), null);
    }
  });

  it('finds disagreements with the bundled library, which is older than the last price cuts', () => {
    const row = { ...ROW, provider: 'openai', id: 'gpt-4.1', inputUsdPerMtok: 1 };
    const [found] = disagreements([row], [bundledLibrary()], AT_MS);
    assert.deepEqual([found?.field, found?.theirs, found?.ratio], ['input', 2, 2]);
  });

  it('[A37] lists rows older than thirty days, default models first, by alias too', () => {
    const old = { ...ROW, asOf: '2026-10-21' };
    const older = { ...ROW, id: 'n', aliases: [], asOf: '2026-01-01' };
    const rows = oldRows([ROW, older, old], ['gemini m-latest'], AT_MS);
    assert.deepEqual(
      rows.map(({ model, ageDays, isDefault }) => [model, ageDays, isDefault]),
      [
        ['gemini m', 31, true],
        ['gemini n', 324, false],
      ],
    );
  });

  it('[A37] lists default models that no row prices', () => {
    assert.deepEqual(missingRows([ROW], ['gemini m-latest', 'gemini x']), ['gemini x']);
  });

  it('[A37] is content with the shipped list on the day of the release, and not two months later', () => {
    const now = report([bundledLibrary()], AT_MS);
    assert.equal(now.isFit, true, now.lines.join('\n'));
    assert.match(now.lines.join('\n'), /0 of them default; 0 default models have no price/);
    assert.equal(report([], AT_MS + 60 * 86_400_000).isFit, false);
  });
});
