import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  createGenaiPriceLibrary,
  isExactly,
  LIBRARY_VERSION,
  pricingOfEntry,
} from '../../../../daemon/catalog/genai-price-library.ts';
import type { BilledModel } from '../../../../daemon/catalog/price-book.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');
const library = createGenaiPriceLibrary();
const ask = (upstreamModel: string, baseUrl = ''): BilledModel => ({
  upstreamModel,
  provider: 'anything',
  baseUrl,
  billing: 'metered',
});

describe('catalog/genai-price-library', () => {
  it('is dated by the version that is installed', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    assert.equal(devDependencies['@pydantic/genai-prices'], LIBRARY_VERSION);
  });

  it('takes an entry by its id or by an equals of its match', () => {
    const match = { or: [{ equals: 'gpt-4' }, { starts_with: 'ft:gpt-4-0' }] };
    assert.equal(isExactly({ id: 'gpt-4', match }, 'gpt-4'), true);
    assert.equal(isExactly({ id: 'other', match }, 'gpt-4'), true);
  });

  it('takes no entry by prefix, pattern or part', () => {
    for (const match of [
      { starts_with: 'gpt-4' },
      { contains: 'gpt-4' },
      { regex: '^gpt-4' },
      { and: [{ equals: 'gpt-4o' }, { contains: 'x' }] },
    ]) {
      assert.equal(isExactly({ id: 'gpt-4', match }, 'gpt-4o'), false);
      assert.equal(isExactly({ id: 'gpt-4o-mini', match }, 'gpt-4o'), false);
    }
  });

  it('does not price a model of another generation by its prefix', () => {
    // The library's own answer to this name is claude-sonnet-5 with twice the cached price.
    assert.equal(library.find(ask('claude-sonnet-5-5'), 'anthropic', AT_MS), null);
    assert.equal(library.find(ask('claude-haiku-4-5-20251001'), 'anthropic', AT_MS), null);
  });

  it('reads input, output, cached and written prices', () => {
    const price = library.find(ask('claude-opus-4-1'), 'anthropic', AT_MS);
    assert.deepEqual(
      [price?.inputUsdPerMtok, price?.outputUsdPerMtok, price?.cacheReadUsdPerMtok],
      [15, 75, 1.5],
    );
    assert.deepEqual([price?.cacheWriteUsdPerMtok, price?.cacheWrite1hUsdPerMtok], [18.75, 30]);
  });

  it('reads a whole-request tier as a long-context band', () => {
    const price = library.find(ask('gemini-3.1-pro-preview'), 'google', AT_MS);
    assert.deepEqual(price?.longContext, {
      aboveTokens: 200_000,
      inputUsdPerMtok: 4,
      outputUsdPerMtok: 18,
      cacheReadUsdPerMtok: 0.4,
    });
  });

  it('takes the price that is in force on the day', () => {
    const find = (day: string) => library.find(ask('mistral-medium-latest'), 'mistral', Date.parse(day));
    assert.equal(find('2026-06-15T00:00:00Z')?.inputUsdPerMtok, 0.4);
    assert.equal(find('2026-06-16T00:00:00Z')?.inputUsdPerMtok, 1.5);
  });

  it('turns hours of the day with one factor into a peak, and other ones into no price', () => {
    const window = { start_time: '00:30:00Z', end_time: '16:30:00Z', type: 'time_of_date' } as const;
    const prices = (output: number) => [
      { prices: { input_mtok: 1, output_mtok: 2 } },
      { constraint: window, prices: { input_mtok: 2, output_mtok: output } },
    ];
    assert.deepEqual(pricingOfEntry(prices(4), AT_MS)?.peak, {
      multiplier: 2,
      hoursUtc: [[0.5, 16.5]],
      weekdays: [0, 1, 2, 3, 4, 5, 6],
    });
    assert.equal(pricingOfEntry(prices(5), AT_MS), null);
  });

  it('leaves entries without token prices and with several tiers unpriced', () => {
    assert.equal(pricingOfEntry({}, AT_MS), null);
    assert.equal(pricingOfEntry({ audio_hours: 1 }, AT_MS), null);
    const tiers = [
      { start: 1, price: 2 },
      { start: 2, price: 3 },
    ];
    assert.equal(pricingOfEntry({ input_mtok: { base: 1, tiers }, output_mtok: 1 }, AT_MS), null);
  });

  it('keeps a zero of the library', () => {
    assert.equal(pricingOfEntry({ input_mtok: 0, output_mtok: 0 }, AT_MS)?.inputUsdPerMtok, 0);
  });

  it('finds the vendor by the address of an unknown provider name', () => {
    assert.equal(library.find(ask('gpt-4.1', 'https://api.openai.com/v1'), null, AT_MS)?.inputUsdPerMtok, 2);
    assert.equal(library.find(ask('gpt-4.1', 'https://api.mistral.ai/v1'), null, AT_MS), null);
  });

  it('asks all vendors, but no reseller, for a provider at an unknown address', () => {
    assert.equal(library.find(ask('gpt-4.1', 'http://127.0.0.1:4000'), null, AT_MS)?.inputUsdPerMtok, 2);
    assert.equal(library.find(ask('qwen/qwen3-max', 'http://127.0.0.1:4000'), null, AT_MS), null);
  });
});
