// The shipped JSON files hold what their types promise, and they hold together.

import assert from 'node:assert/strict';
import { DEFAULT_MODELS, SHIPPED_NAMES } from '../../../../daemon/catalog/default-models.ts';
import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { createPriceBook, OVERLAY_ROWS } from '../../../../daemon/catalog/price-book.ts';
import { baseUrlProblem } from '../../../../daemon/config/base-url.ts';
import { configSchema } from '../../../../daemon/config/schema.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');

function assertDated(entry: { readonly source: string; readonly asOf: string }, name: string): void {
  assert.match(entry.source, /^https:\/\/[^ ]+$/, name);
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
