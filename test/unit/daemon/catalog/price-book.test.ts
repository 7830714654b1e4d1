import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import {
  createPriceBook,
  type BilledModel,
  type PriceLibrary,
} from '../../../../daemon/catalog/price-book.ts';
import { pricingOf, type OverlayRow } from '../../../../daemon/catalog/price-row.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');
const row = (fields: Partial<OverlayRow>): OverlayRow => ({
  provider: 'openai',
  id: 'm',
  inputUsdPerMtok: 1,
  outputUsdPerMtok: 2,
  promptCache: { kind: 'automatic', minTokens: 1024, ttlS: 300 },
  tokenizerFactor: 1.1,
  source: 'https://example.com',
  asOf: '2026-11-01',
  ...fields,
});
const ask = (upstreamModel: string, fields: Partial<BilledModel> = {}): BilledModel => ({
  upstreamModel,
  provider: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  billing: 'metered',
  ...fields,
});

function countedLibrary(library: PriceLibrary = { find: () => null }) {
  const state = { loads: 0 };
  const loadLibrary = async (): Promise<PriceLibrary> => {
    state.loads += 1;
    return library;
  };
  return { state, loadLibrary };
}

describe('catalog/price-book', () => {
  it('answers from the overlay without loading the library', async () => {
    const { state, loadLibrary } = countedLibrary();
    const book = createPriceBook({ rows: [row({})], loadLibrary });
    const billing = await book.lookup(ask('m'), AT_MS);
    assert.equal(billing.price?.inputUsdPerMtok, 1);
    assert.equal(billing.promptCache?.kind, 'automatic');
    assert.equal(billing.tokenizerFactor, 1.1);
    assert.equal(state.loads, 0);
  });

  it('asks the library for other names, and loads it once', async () => {
    const price = pricingOf({ inputUsdPerMtok: 7, outputUsdPerMtok: 8 });
    const { state, loadLibrary } = countedLibrary({ find: () => price });
    const book = createPriceBook({ rows: [], loadLibrary });
    const answers = await Promise.all([book.lookup(ask('a'), AT_MS), book.lookup(ask('b'), AT_MS)]);
    assert.deepEqual(answers[0], { price, promptCache: null, tokenizerFactor: null });
    assert.equal(state.loads, 1);
  });

  it('prefers the overlay to the library', async () => {
    const library = { find: () => pricingOf({ inputUsdPerMtok: 7, outputUsdPerMtok: 8 }) };
    const book = createPriceBook({ rows: [row({})], loadLibrary: countedLibrary(library).loadLibrary });
    assert.equal((await book.lookup(ask('m'), AT_MS)).price?.inputUsdPerMtok, 1);
  });

  it('[A19] matches names exactly: a longer or shorter name is unpriced, not similar', async () => {
    const book = createPriceBook();
    for (const name of ['claude-opus-5-5-turbo', 'claude-opus-5', 'claude-opus', 'gpt-5.6-sol-x', 'GPT-4o']) {
      const { price } = await book.lookup(ask(name), AT_MS);
      if (name === 'claude-opus-5') assert.equal(price?.inputUsdPerMtok, 5);
      else assert.equal(price, null, name);
    }
  });

  it('knows declared aliases', async () => {
    const book = createPriceBook({ rows: [row({ aliases: ['m-2026'] })] });
    assert.equal((await book.lookup(ask('m-2026'), AT_MS)).price?.inputUsdPerMtok, 1);
  });

  it('takes the row of the provider that sends the bill, else the first one of that name', async () => {
    const rows = [
      row({ provider: 'groq', inputUsdPerMtok: 3 }),
      row({ provider: 'openrouter', inputUsdPerMtok: 4 }),
    ];
    const book = createPriceBook({ rows });
    const priceAt = async (provider: string) =>
      (await book.lookup(ask('m', { provider }), AT_MS)).price?.inputUsdPerMtok;
    assert.equal(await priceAt('openrouter'), 4);
    assert.equal(await priceAt('my-proxy'), 3);
  });

  it('applies an announced change on its day and not before', async () => {
    const changes = [{ from: '2027-01-01', inputUsdPerMtok: 5 }];
    const book = createPriceBook({ rows: [row({ changes })] });
    const priceOn = async (day: string) => (await book.lookup(ask('m'), Date.parse(day))).price;
    assert.equal((await priceOn('2026-12-31T23:59:59.999Z'))?.inputUsdPerMtok, 1);
    assert.equal((await priceOn('2027-01-01T00:00:00Z'))?.inputUsdPerMtok, 5);
    assert.equal((await priceOn('2027-01-01T00:00:00Z'))?.outputUsdPerMtok, 2);
  });

  it('keeps an explicit zero', async () => {
    const { price } = await createPriceBook().lookup(ask('glm-4.7-flash', { provider: 'zai' }), AT_MS);
    assert.equal(price?.inputUsdPerMtok, 0);
    assert.equal(price?.outputUsdPerMtok, 0);
  });

  it('does not load the library for models that nobody bills', async () => {
    const { state, loadLibrary } = countedLibrary();
    const book = createPriceBook({ rows: [], loadLibrary });
    for (const billing of ['free', 'flat-rate'] as const) {
      assert.equal((await book.lookup(ask('llama3', { billing }), AT_MS)).price, null);
    }
    assert.equal(state.loads, 0);
  });

  it('falls back to the real library', async () => {
    const { price } = await createPriceBook().lookup(ask('o4-mini'), AT_MS);
    assert.equal(price?.inputUsdPerMtok, 1.1);
    assert.match(price?.source ?? '', /genai-prices/);
  });

  it('does not load the library for a model whose price the user gave', async () => {
    const { state, loadLibrary } = countedLibrary();
    const book = createPriceBook({ rows: [], loadLibrary });
    const model = { upstreamModel: 'mine', provider: 'p', baseUrl: '', billing: 'metered' } as const;
    assert.equal((await book.lookup({ ...model, hasOwnPrice: true }, 0)).price, null);
    assert.equal(state.loads, 0);
  });

  it('stays lazy in the bundle: the library is evaluated by the first model that needs it', async () => {
    const source = `
      import { createPriceBook } from './daemon/catalog/price-book.ts';
      export async function run(name) {
        const model = { upstreamModel: name, provider: 'openai', baseUrl: '', billing: 'metered' };
        await createPriceBook().lookup(model, 0);
        return globalThis.wasLibraryEvaluated === true;
      }`;
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node22',
      plugins: [
        {
          name: 'marked-library',
          setup(setup) {
            setup.onResolve({ filter: /genai-prices$/ }, () => ({ path: 'library', namespace: 'marked' }));
            setup.onLoad({ filter: /.*/, namespace: 'marked' }, () => ({
              contents: 'globalThis.wasLibraryEvaluated = true; export function findProvider() {}',
            }));
          },
        },
      ],
    });
    const text = outputFiles[0]?.text ?? '';
    assert.ok(text.includes('wasLibraryEvaluated'));
    const context = { module: { exports: {} } };
    runInNewContext(text, context);
    const bundle = context.module.exports as { run(name: string): Promise<boolean> };
    assert.equal(await bundle.run('gpt-5.6-sol'), false);
    assert.equal(await bundle.run('some-model-nobody-knows'), true);
  });
});
