import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { buildCatalog } from '../../../../daemon/catalog/build-catalog.ts';
import type { Catalog, LocalModel } from '../../../../daemon/catalog/catalog.ts';
import { createPriceBook } from '../../../../daemon/catalog/price-book.ts';
import { resolveApiKey } from '../../../../daemon/config/resolve-key.ts';
import { configSchema, type RouterConfigInput } from '../../../../daemon/config/schema.ts';

const AT_MS = Date.parse('2026-11-21T12:00:00Z');
const LLAMA: LocalModel = { server: 'ollama', upstreamModel: 'llama3', contextTokens: null, supports: [] };

function catalogOf(options: {
  readonly config?: RouterConfigInput;
  readonly environment?: Readonly<Record<string, string>>;
  readonly localModels?: readonly LocalModel[];
}): Promise<Catalog> {
  const environment = options.environment ?? {};
  return buildCatalog({
    config: configSchema.parse(options.config ?? {}),
    resolveKey: (_provider, ref) => resolveApiKey(ref, { environment, home: '/nowhere' }),
    localModels: options.localModels ?? [],
    priceBook: createPriceBook(),
    atMs: AT_MS,
  });
}

const model = (fields: object) =>
  ({
    provider: 'deepseek',
    upstreamModel: 'deepseek-flash',
    tier: 'simple',
    contextTokens: 64_000,
    maxOutputTokens: 4000,
    ...fields,
  }) as const;

const ids = (catalog: Catalog): readonly string[] => catalog.targets.map((target) => target.id);

describe('catalog/build-catalog', () => {
  it('is empty with no configuration, no key and no local server', async () => {
    const catalog = await catalogOf({});
    assert.deepEqual([catalog.providers, catalog.targets, catalog.targetById.size], [[], [], 0]);
  });

  it('discovers a provider by its environment key, with models, prices and cache rules', async () => {
    const catalog = await catalogOf({ environment: { ANTHROPIC_API_KEY: 'sk-test' } });
    assert.deepEqual(
      catalog.providers.map((provider) => provider.name),
      ['anthropic'],
    );
    assert.equal(catalog.providers[0]?.why, 'key from environment variable ANTHROPIC_API_KEY');
    const opus = catalog.targetById.get('claude-opus-5-5');
    assert.equal(opus?.upstreamModel, 'claude-opus-5-5');
    assert.equal(opus?.dialect, 'anthropic-messages');
    assert.equal(opus?.price?.cacheReadUsdPerMtok, 0.2);
    assert.deepEqual(opus?.promptCache, { kind: 'explicit', minTokens: 1024, ttlS: 300 });
    assert.equal(opus?.tokenizerFactor, 1.35);
    assert.equal(opus?.usable, true);
  });

  it('lets configuration win over discovery', async () => {
    const catalog = await catalogOf({
      environment: { DEEPSEEK_API_KEY: 'k' },
      config: {
        providers: {
          deepseek: {
            dialect: 'openai-chat',
            baseUrl: 'https://proxy.example/v1',
            apiKey: { env: 'DEEPSEEK_API_KEY' },
          },
        },
        models: { mine: model({}) },
      },
    });
    assert.deepEqual(ids(catalog), ['mine']);
    assert.equal(catalog.providers.length, 1);
    assert.equal(catalog.providers[0]?.baseUrl, 'https://proxy.example/v1');
  });

  it('adds no second copy of a vendor that is configured under another name', async () => {
    const environment = { DEEPSEEK_API_KEY: 'k', OPENAI_API_KEY: 'k' };
    const catalog = await catalogOf({
      environment,
      config: {
        providers: {
          seek: {
            dialect: 'openai-chat',
            baseUrl: 'https://api.deepseek.com',
            apiKey: { file: 'deepseek.key' },
          },
          oai: {
            dialect: 'openai-chat',
            baseUrl: 'https://eu.example/v1',
            apiKey: { env: 'OPENAI_API_KEY' },
          },
        },
      },
    });
    assert.deepEqual(
      catalog.providers.map((provider) => provider.name),
      ['seek', 'oai'],
    );
  });

  it('discovers other providers beside configured ones', async () => {
    const catalog = await catalogOf({
      environment: { OPENAI_API_KEY: 'k' },
      config: {
        providers: { own: { dialect: 'openai-chat', baseUrl: 'https://own.example/v1' } },
        models: { mine: model({ provider: 'own', upstreamModel: 'own-1' }) },
      },
    });
    assert.deepEqual(ids(catalog), ['mine', 'gpt-5.6-luna', 'gpt-5.6-terra', 'gpt-5.6-sol']);
  });

  it('gives a known provider its models when the configuration names none', async () => {
    const providers = {
      deepseek: { dialect: 'openai-chat', baseUrl: 'https://api.deepseek.com/v1', apiKey: { env: 'OTHER' } },
    } as const;
    const catalog = await catalogOf({ environment: { OTHER: 'k' }, config: { providers } });
    assert.deepEqual(ids(catalog), ['deepseek-flash', 'deepseek-v4-pro']);
  });

  it('accepts a model of a known provider that has no providers entry', async () => {
    const catalog = await catalogOf({
      environment: { DEEPSEEK_API_KEY: 'k' },
      config: { models: { cheap: model({}) } },
    });
    assert.equal(catalog.targetById.get('cheap')?.usable, true);
    assert.deepEqual(ids(catalog), ['cheap', 'deepseek-v4-pro']);
  });

  it('keeps a model whose provider has no key, unusable and saying what to do', async () => {
    const catalog = await catalogOf({ config: { models: { cheap: model({}) } } });
    const cheap = catalog.targetById.get('cheap');
    assert.equal(cheap?.usable, false);
    assert.match(cheap?.unusableWhy ?? '', /DEEPSEEK_API_KEY is not set/);
    assert.equal(catalog.providers[0]?.usable, false);
  });

  it('keeps a model of a provider nobody knows, unusable', async () => {
    const catalog = await catalogOf({ config: { models: { lost: model({ provider: 'nobody' }) } } });
    assert.match(catalog.targetById.get('lost')?.unusableWhy ?? '', /nobody is not configured/);
  });

  it('needs no key where none is configured', async () => {
    const catalog = await catalogOf({
      config: {
        providers: {
          local: { dialect: 'openai-chat', baseUrl: 'http://localhost:9999/v1/', billing: 'free' },
        },
        models: { tiny: model({ provider: 'local', upstreamModel: 'tiny' }) },
      },
    });
    assert.deepEqual(catalog.providers[0], {
      name: 'local',
      dialect: 'openai-chat',
      baseUrl: 'http://localhost:9999/v1',
      headers: {},
      billing: 'free',
      apiKey: null,
      usable: true,
      why: 'on this machine, no key needed',
    });
    assert.equal(catalog.targetById.get('tiny')?.billing, 'free');
  });

  it('fills price, cache and tokenizer by exact upstreamModel, whatever the provider is called', async () => {
    const catalog = await catalogOf({
      config: {
        providers: { gateway: { dialect: 'anthropic-messages', baseUrl: 'https://gateway.example' } },
        models: {
          known: model({ provider: 'gateway', upstreamModel: 'claude-haiku-5-5' }),
          unknown: model({ provider: 'gateway', upstreamModel: 'claude-haiku-5-5-eu' }),
        },
      },
    });
    assert.equal(catalog.targetById.get('known')?.price?.longContext?.aboveTokens, 100_000);
    assert.equal(catalog.targetById.get('unknown')?.price, null);
    assert.equal(catalog.targetById.get('unknown')?.tokenizerFactor, 1);
    assert.equal(catalog.targetById.get('unknown')?.promptCache.kind, 'none');
  });

  it('[A19] prefers the price, cache and tokenizer of the user', async () => {
    const price = { inputUsdPerMtok: 0, outputUsdPerMtok: 9 };
    const catalog = await catalogOf({
      environment: { DEEPSEEK_API_KEY: 'k' },
      config: { models: { cheap: model({ price, cache: { minTokens: 5, ttlS: 6 }, tokenizerFactor: 2 }) } },
    });
    const cheap = catalog.targetById.get('cheap');
    assert.equal(cheap?.price?.inputUsdPerMtok, 0);
    assert.equal(cheap?.price?.cacheReadUsdPerMtok, 0);
    assert.equal(cheap?.price?.source, 'configuration');
    assert.deepEqual(cheap?.promptCache, { kind: 'automatic', minTokens: 5, ttlS: 6 });
    assert.equal(cheap?.tokenizerFactor, 2);
  });

  it('knows how the cache of a known model is switched on where the user only gives its sizes', async () => {
    const cache = { minTokens: 5, ttlS: 6 };
    const catalog = await catalogOf({
      environment: { OPENROUTER_API_KEY: 'k' },
      config: {
        models: {
          opus: model({ provider: 'openrouter', upstreamModel: 'anthropic/claude-opus-5.5', cache }),
        },
      },
    });
    assert.equal(catalog.targetById.get('opus')?.promptCache.kind, 'explicit');
  });

  it('[A37] converts a price in another currency, and leaves the model unpriced without a rate', async () => {
    const price = { inputUsdPerMtok: 2, outputUsdPerMtok: 8, currency: 'CNY', asOf: '2026-11-20' };
    const catalog = await catalogOf({
      config: {
        models: {
          rated: model({ price: { ...price, usdPerUnit: 0.5 } }),
          // The shipped price of this name is in dollars and would be another vendor's word.
          unrated: model({ upstreamModel: 'deepseek-flash', price }),
        },
      },
    });
    assert.equal(catalog.targetById.get('rated')?.price?.outputUsdPerMtok, 4);
    assert.equal(catalog.targetById.get('unrated')?.price, null);
  });

  it('assumes the usual cache for an unknown model with a cached price', async () => {
    const price = { inputUsdPerMtok: 2, outputUsdPerMtok: 9, cacheReadUsdPerMtok: 0.2 };
    const catalog = await catalogOf({
      environment: { DEEPSEEK_API_KEY: 'k' },
      config: { models: { odd: model({ upstreamModel: 'odd-1', price }) } },
    });
    assert.deepEqual(catalog.targetById.get('odd')?.promptCache, {
      kind: 'automatic',
      minTokens: 1024,
      ttlS: 300,
    });
  });

  it('lists models of a local server as free, small and unvetted', async () => {
    const catalog = await catalogOf({ localModels: [LLAMA] });
    const llama = catalog.targetById.get('ollama/llama3');
    assert.equal(llama?.billing, 'free');
    assert.equal(llama?.tier, 'simple');
    assert.equal(llama?.contextTokens, 4096);
    assert.equal(catalog.providers[0]?.why, 'Ollama answers at http://127.0.0.1:11434/v1');
    assert.deepEqual([...catalog.unvettedIds], ['ollama/llama3']);
  });

  it('does not list a local server again that the user has configured', async () => {
    const catalog = await catalogOf({
      localModels: [LLAMA],
      config: {
        providers: {
          local: { dialect: 'openai-chat', baseUrl: 'http://localhost:11434/v1', billing: 'free' },
        },
        models: { llama: model({ provider: 'local', upstreamModel: 'llama3' }) },
      },
    });
    assert.deepEqual(ids(catalog), ['llama']);
    assert.deepEqual(
      catalog.providers.map((provider) => provider.name),
      ['local'],
    );
  });

  it('[A5] knows how shipped and configured models want to be spoken to', async () => {
    const catalog = await catalogOf({
      environment: { ANTHROPIC_API_KEY: 'sk-test' },
      config: {
        providers: {
          own: {
            dialect: 'openai-chat',
            baseUrl: 'https://api.mistral.ai/v1',
            apiKey: { env: 'X' },
            billing: 'metered',
          },
        },
        models: {
          mine: model({ provider: 'own', upstreamModel: 'mistral-medium-3-5' }),
          gone: model({ provider: 'unknown' }),
        },
      },
    });
    assert.equal(catalog.targetById.get('claude-opus-5-5')?.traits?.systemInMessages, true);
    assert.deepEqual(catalog.targetById.get('mine')?.traits?.efforts, ['none', 'high']);
    assert.equal(catalog.targetById.get('gone')?.traits, undefined);
  });

  it('never shows a key when the catalog is printed or serialised', async () => {
    const catalog = await catalogOf({ environment: { OPENAI_API_KEY: 'sk-very-secret' } });
    assert.equal(catalog.providers[0]?.apiKey?.reveal(), 'sk-very-secret');
    const shown = [
      JSON.stringify(catalog),
      inspect(catalog, { depth: 9 }),
      String(catalog.providers[0]?.apiKey),
    ];
    for (const text of shown) {
      assert.ok(!text.includes('very-secret'));
      assert.ok(text.includes('[redacted]'));
    }
  });
});
