// The shipped JSON files hold what their types promise, and they hold together.

import assert from 'node:assert/strict';
import { DEFAULT_MODELS, SHIPPED_NAMES } from '../../../../daemon/catalog/default-models.ts';
import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { passedOnTargets } from '../../../../daemon/catalog/passed-on-targets.ts';
import { isStale, priceAgeDays } from '../../../../daemon/catalog/price-age.ts';
import { createPriceBook, OVERLAY_ROWS, OVERLAY_VERSION } from '../../../../daemon/catalog/price-book.ts';
import { baseUrlProblem } from '../../../../daemon/config/base-url.ts';
import { configSchema } from '../../../../daemon/config/schema.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');

/** A page, or a package in one version: `@scope/name@1.2.3`. */
const SOURCE = /^(https:\/\/[^ ]+|@?[a-z0-9][a-z0-9./-]*@\d+\.\d+\.\d+)$/;

function assertDated(entry: { readonly source: string; readonly asOf: string }, name: string): void {
  assert.match(entry.source, SOURCE, name);
  assert.match(entry.asOf, /^\d{4}-\d{2}-\d{2}$/, name);
  const atMs = Date.parse(entry.asOf);
  assert.ok(atMs >= Date.parse('2026-01-01') && atMs <= AT_MS, `${name} is dated ${entry.asOf}`);
}

describe('catalog shipped data', () => {
  it('knows the environment variables that the contract names', () => {
    assert.deepEqual(KNOWN_PROVIDERS.map((provider) => provider.envVar).toSorted(), [
      'ANTHROPIC_API_KEY',
      'DASHSCOPE_API_KEY',
      'DEEPSEEK_API_KEY',
      'GEMINI_API_KEY',
      'GROQ_API_KEY',
      'MISTRAL_API_KEY',
      'MOONSHOT_API_KEY',
      'OPENAI_API_KEY',
      'OPENROUTER_API_KEY',
      'XAI_API_KEY',
      'ZAI_API_KEY',
    ]);
  });

  it('has providers and servers that a configuration could name', () => {
    for (const { name, baseUrl, dialect, billing } of [...KNOWN_PROVIDERS, ...KNOWN_LOCAL_SERVERS]) {
      assert.equal(baseUrlProblem(baseUrl), null, name);
      assert.ok(!baseUrl.endsWith('/'), name);
      const config = { providers: { [name]: { dialect, baseUrl, billing } } };
      assert.equal(configSchema.safeParse(config).success, true, name);
    }
    for (const entry of [...KNOWN_PROVIDERS, ...KNOWN_LOCAL_SERVERS]) assertDated(entry, entry.name);
  });

  it('asks only this machine for local servers, on their default ports, free of charge', () => {
    assert.deepEqual(
      KNOWN_LOCAL_SERVERS.map((server) => server.baseUrl),
      ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:1234/v1', 'http://127.0.0.1:8080/v1'],
    );
    assert.ok(KNOWN_LOCAL_SERVERS.every((server) => server.billing === 'free'));
  });

  for (const provider of KNOWN_PROVIDERS) {
    it(`[A19] brings one to four models of ${provider.name}, each complete, dated and priced`, async () => {
      const models = DEFAULT_MODELS.filter((model) => model.provider === provider.name);
      assert.ok(models.length >= 1 && models.length <= 4);
      const book = createPriceBook({ loadLibrary: () => Promise.reject(new Error('must not be needed')) });
      for (const model of models) {
        assertDated(model, model.id);
        assert.equal(model.id, model.upstreamModel);
        assert.ok(model.maxOutputTokens < model.contextTokens, model.id);
        const { id, source: _source, asOf: _asOf, note: _note, speedTokensPerSec, ...fields } = model;
        const entry = { ...fields, ...(speedTokensPerSec === null ? {} : { speedTokensPerSec }) };
        const parsed = configSchema.safeParse({ models: { [id]: entry } });
        assert.equal(parsed.success, true, `${id}: ${parsed.error?.message}`);
        const { baseUrl, billing, name } = provider;
        const known = await book.lookup({ upstreamModel: id, provider: name, baseUrl, billing }, AT_MS);
        assert.ok(known.price !== null && known.promptCache !== null && known.tokenizerFactor !== null, id);
      }
    });
  }

  for (const model of DEFAULT_MODELS) {
    it(`[A37] prices ${model.provider} ${model.id} from a source that was read in the month before release`, async () => {
      const released = Date.parse(OVERLAY_VERSION);
      const book = createPriceBook({ loadLibrary: () => Promise.reject(new Error('must not be needed')) });
      const { upstreamModel, provider } = model;
      const asked = { upstreamModel, provider, baseUrl: '', billing: 'metered' } as const;
      const { price } = await book.lookup(asked, released);
      assert.ok(price !== null);
      assert.match(price.source, SOURCE);
      assert.ok(priceAgeDays(price.asOf, released) !== null);
      assert.equal(isStale(price.asOf, released), false, `${price.asOf} is too old; see test/prices`);
      assert.equal(isStale(model.asOf, released), false, `limits of ${model.asOf} are too old`);
    });
  }

  it('[A37] prices the models of passed-on endpoints from sources that were read in the month before release', () => {
    const connections = KNOWN_PROVIDERS.map((known) => ({
      ...known,
      headers: {},
      apiKey: null,
      usable: true,
      why: '',
    }));
    const targets = passedOnTargets(connections);
    assert.ok(targets.length >= 5);
    for (const { id, price } of targets) {
      assert.ok(price !== null && price.inputUsdPerMtok > 0, id);
      assert.match(price.source, SOURCE);
      assert.equal(isStale(price.asOf, Date.parse(OVERLAY_VERSION)), false, id);
    }
  });

  it('dates no row after the list as a whole', () => {
    assert.match(OVERLAY_VERSION, /^\d{4}-\d{2}-\d{2}$/);
    for (const row of OVERLAY_ROWS) assert.ok(row.asOf <= OVERLAY_VERSION, row.id);
  });

  it('[A37] states a zero only where a vendor gives a model away', () => {
    const free = OVERLAY_ROWS.filter((row) => row.inputUsdPerMtok === 0 || row.outputUsdPerMtok === 0);
    assert.deepEqual(
      free.map(({ provider, id }) => `${provider} ${id}`),
      ['zai glm-4.7-flash', 'zai glm-4-flash'],
    );
    for (const { note, id } of free) assert.match(note ?? '', /free/, id);
  });

  it('gives no id twice and no model of an unknown provider', () => {
    const ids = DEFAULT_MODELS.map((model) => model.id);
    assert.equal(new Set(ids).size, ids.length);
    const providers = new Set(KNOWN_PROVIDERS.map((provider) => provider.name));
    for (const entry of [...DEFAULT_MODELS, ...OVERLAY_ROWS])
      assert.ok(providers.has(entry.provider), entry.id);
  });

  it('names its providers and models for the check of a configuration', () => {
    assert.ok(SHIPPED_NAMES.providers.includes('ollama') && SHIPPED_NAMES.providers.includes('openai'));
    assert.ok(SHIPPED_NAMES.models.includes('claude-opus-5-5'));
  });

  for (const row of OVERLAY_ROWS) {
    it(`prices ${row.provider} ${row.id} plausibly, with source and day`, () => {
      assertDated(row, row.id);
      for (const change of row.changes ?? []) assert.ok(Date.parse(change.from) > Date.parse(row.asOf));
      const { inputUsdPerMtok: input, outputUsdPerMtok: output } = row;
      const read = row.cacheReadUsdPerMtok ?? input;
      const write = row.cacheWriteUsdPerMtok ?? input;
      assert.ok(read <= input && input <= write && write <= (row.cacheWrite1hUsdPerMtok ?? write));
      assert.ok(output >= input && write <= 1.25 * input + 1e-9);
      assert.ok(row.tokenizerFactor >= 0.8 && row.tokenizerFactor <= 1.5);
      assert.ok(row.promptCache.kind !== 'none' || read === input, 'a cached price needs a cache');
      if (row.promptCache.kind === 'explicit') {
        assert.ok(
          Math.abs(write - 1.25 * input) < 0.02 &&
            Math.abs((row.cacheWrite1hUsdPerMtok ?? 0) - 2 * input) < 1e-9,
        );
      }
    });
  }

  it('prices every model once per provider', () => {
    const names = OVERLAY_ROWS.flatMap((row) =>
      [row.id, ...(row.aliases ?? [])].map((id) => `${row.provider} ${id}`),
    );
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('holds rows that a user could have written', () => {
    for (const row of OVERLAY_ROWS) {
      const {
        provider: _p,
        id,
        aliases: _a,
        changes: _c,
        promptCache,
        tokenizerFactor,
        note: _n,
        ...price
      } = row;
      const model = {
        provider: 'p',
        upstreamModel: id,
        tier: 'simple',
        contextTokens: 1000,
        maxOutputTokens: 100,
        price,
        cache: promptCache,
        tokenizerFactor,
      };
      const parsed = configSchema.safeParse({ models: { m: model } });
      assert.equal(parsed.success, true, `${id}: ${parsed.error?.message}`);
    }
  });
});
