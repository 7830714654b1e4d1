import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { buildCatalog } from '../../../../daemon/catalog/build-catalog.ts';
import type { Catalog, LocalModel } from '../../../../daemon/catalog/catalog.ts';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { createPriceBook } from '../../../../daemon/catalog/price-book.ts';
import { resolveApiKey } from '../../../../daemon/config/resolve-key.ts';
import { configSchema, type RouterConfigInput } from '../../../../daemon/config/schema.ts';
import { buildRoutingTable, type BuiltTable } from '../../../../daemon/route/build-table.ts';

const PROFILES = ['budget', 'balanced', 'quality'] as const;
const TASKS = [
  ...(['code', 'classification', 'reasoning', 'translation', 'creative', 'vision', 'general'] as const),
  'default',
] as const;
const GRADES = ['simple', 'moderate', 'complex'] as const;

async function tableOf(
  keys: readonly string[],
  input: RouterConfigInput = {},
  localModels: readonly LocalModel[] = [],
): Promise<BuiltTable & { readonly catalog: Catalog }> {
  const environment = Object.fromEntries(keys.map((key) => [`${key}_API_KEY`, 'k']));
  const config = configSchema.parse(input);
  const catalog = await buildCatalog({
    config,
    resolveKey: (_provider, ref) => resolveApiKey(ref, { environment, home: '/nowhere' }),
    localModels,
    priceBook: createPriceBook(),
    atMs: Date.parse('2026-11-21T12:00:00Z'),
  });
  return { ...buildRoutingTable(config, catalog), catalog };
}

const local = (id: string, fields: object = {}) =>
  ({
    provider: 'own',
    upstreamModel: id,
    tier: 'simple',
    contextTokens: 64_000,
    maxOutputTokens: 4000,
    ...fields,
  }) as const;
const OWN = { own: { dialect: 'openai-chat', baseUrl: 'https://own.example/v1' } } as const;

describe('route/build-table', () => {
  it('[A18] starts every balanced grade with the cheapest model of that tier', async () => {
    const { table } = await tableOf(['ANTHROPIC', 'OPENAI', 'DEEPSEEK']);
    const row = table.profiles.balanced.general;
    // flash 6,300 x .15 + 630 x .6 = 1,323; haiku 8,100 x .125 + 810 x .5 = 1,417; luna 6,000 x .25 + 600 x 1.2 = 2,220
    assert.deepEqual(row?.simple?.slice(0, 3), ['deepseek-flash', 'claude-haiku-5-5', 'gpt-5.6-luna']);
    assert.equal(row?.moderate?.[0], 'deepseek-v4-pro');
    // sol: 5 for writes; opus: 5 x 1.35
    assert.deepEqual(row?.complex?.slice(0, 2), ['gpt-5.6-sol', 'claude-opus-5-5']);
  });

  it('[A20] crosses three profiles with seven task types and three grades', async () => {
    const { table } = await tableOf(['ANTHROPIC']);
    for (const profile of PROFILES) {
      for (const task of TASKS) {
        for (const grade of GRADES) assert.equal(table.profiles[profile][task]?.[grade]?.length, 3);
      }
    }
  });

  it('[A20] leans budget down and quality up by one grade', async () => {
    const { profiles } = (await tableOf(['ANTHROPIC'])).table;
    const first = (profile: (typeof PROFILES)[number]) =>
      GRADES.map((grade) => profiles[profile].general?.[grade]?.[0]?.split('-')[1]);
    assert.deepEqual(first('budget'), ['haiku', 'haiku', 'sonnet']);
    assert.deepEqual(first('balanced'), ['haiku', 'sonnet', 'opus']);
    assert.deepEqual(first('quality'), ['sonnet', 'opus', 'opus']);
  });

  it('leans translation and classification cheap, and code and reasoning down only from complex', async () => {
    const { profiles } = (await tableOf(['ANTHROPIC'])).table;
    assert.equal(profiles.balanced.translation?.moderate?.[0], 'claude-haiku-5-5');
    assert.equal(profiles.balanced.classification?.complex?.[0], 'claude-sonnet-5-5');
    assert.equal(profiles.budget.code?.complex?.[0], 'claude-sonnet-5-5');
    assert.equal(profiles.budget.code?.moderate?.[0], 'claude-sonnet-5-5');
    assert.equal(profiles.balanced.reasoning?.simple?.[0], 'claude-sonnet-5-5');
  });

  for (const first of KNOWN_PROVIDERS) {
    it(`[A27] has a fallback in every cell with ${first.name} and any second provider`, async () => {
      for (const second of KNOWN_PROVIDERS.filter((provider) => provider !== first)) {
        const keys = [first, second].map((provider) => provider.envVar.replace('_API_KEY', ''));
        const { table, catalog } = await tableOf(keys);
        for (const profile of PROFILES) {
          for (const task of TASKS) {
            for (const grade of GRADES) {
              const ids = table.profiles[profile][task]?.[grade] ?? [];
              const providers = new Set(ids.map((id) => catalog.targetById.get(id)?.provider));
              assert.equal(new Set(ids).size, ids.length);
              assert.equal(providers.size, 2, `${profile} ${task} ${grade}: ${ids.join(', ')}`);
            }
          }
        }
      }
    });
  }

  it('[A22] puts models that see first for the vision task', async () => {
    const { table, catalog } = await tableOf(['DEEPSEEK', 'ZAI', 'ANTHROPIC']);
    const ids = table.profiles.balanced.vision?.moderate ?? [];
    const sees = ids.map((id) => catalog.targetById.get(id)?.supports.includes('vision') === true);
    assert.equal(ids.length, catalog.targets.length);
    assert.equal(sees.lastIndexOf(true) + 1, sees.filter(Boolean).length);
    assert.equal(sees[0], true);
  });

  it('orders unpriced models after priced ones, and unvetted local ones last', async () => {
    const models = {
      dear: local('dear', { price: { inputUsdPerMtok: 90, outputUsdPerMtok: 90 } }),
      mystery: local('mystery'),
      cheap: local('cheap', { price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1 } }),
    };
    const llama = { server: 'ollama', upstreamModel: 'llama3', contextTokens: null, supports: [] };
    const { table } = await tableOf([], { providers: OWN, models }, [llama]);
    assert.deepEqual(table.profiles.balanced.general?.simple, ['cheap', 'dear', 'mystery', 'ollama/llama3']);
  });

  it('keeps unusable models in the table', async () => {
    const models = { lost: local('deepseek-flash', { provider: 'deepseek' }) };
    const { table } = await tableOf([], { models });
    assert.deepEqual(table.profiles.balanced.code?.complex, ['lost']);
    assert.equal(table.targets[0]?.usable, false);
  });

  it('lets the user replace single cells, in the order given', async () => {
    const profiles = { balanced: { code: { moderate: ['claude-opus-5-5', 'claude-haiku-5-5'] } } };
    const { table } = await tableOf(['ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced.code?.moderate, ['claude-opus-5-5', 'claude-haiku-5-5']);
    assert.equal(table.profiles.balanced.code?.simple?.[0], 'claude-haiku-5-5');
    assert.equal(table.profiles.balanced.general?.moderate?.[0], 'claude-sonnet-5-5');
    assert.equal(table.profiles.budget.code?.moderate?.[0], 'claude-sonnet-5-5');
  });

  it('takes the default row of the user for all tasks without a row of their own', async () => {
    const profiles = {
      balanced: { default: { simple: ['claude-sonnet-5-5'] }, code: { simple: ['claude-opus-5-5'] } },
    };
    const { table } = await tableOf(['ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced.translation?.simple, ['claude-sonnet-5-5']);
    assert.deepEqual(table.profiles.balanced.vision?.simple, ['claude-sonnet-5-5']);
    assert.deepEqual(table.profiles.balanced.code?.simple, ['claude-opus-5-5']);
  });

  it('does not send images to a default row without a model that sees', async () => {
    const profiles = { balanced: { default: { simple: ['deepseek-v4-pro'] } } };
    const { table } = await tableOf(['DEEPSEEK', 'ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced.general?.simple, ['deepseek-v4-pro']);
    assert.equal(table.profiles.balanced.vision?.simple?.[0], 'deepseek-flash');
  });

  it('leaves out names of no model and warns once', async () => {
    const profiles = { balanced: { default: { simple: ['gone', 'claude-haiku-5-5'] } } };
    const { table, warnings } = await tableOf(['ANTHROPIC'], { profiles, baseline: 'also-gone' });
    assert.deepEqual(table.profiles.balanced.default?.simple, ['claude-haiku-5-5']);
    assert.deepEqual(warnings, [
      'profiles.balanced.default.simple names gone, which is no model',
      'baseline names also-gone, which is no model',
    ]);
  });

  it('[A39] takes the configured baseline, else the dearest usable complex model', async () => {
    assert.equal(
      (await tableOf(['ANTHROPIC'], { baseline: 'claude-haiku-5-5' })).table.baseline,
      'claude-haiku-5-5',
    );
    assert.equal((await tableOf(['ANTHROPIC', 'OPENAI'])).table.baseline, 'claude-opus-5-5');
    const models = { opus: local('claude-opus-5-5', { provider: 'anthropic', tier: 'complex' }) };
    assert.equal((await tableOf(['OPENAI'], { models })).table.baseline, 'gpt-5.6-sol');
  });

  it('takes the hardest tier there is when no complex model is usable, and null without models', async () => {
    assert.equal((await tableOf(['DEEPSEEK'])).table.baseline, 'deepseek-v4-pro');
    assert.equal((await tableOf([])).table.baseline, null);
  });

  it('knows the other names of the models there are, and only of those', async () => {
    const dated = 'claude-haiku-4-5-20251001';
    const models = { haiku: local(dated, { provider: 'anthropic' }) };
    const { aliases } = (await tableOf(['DEEPSEEK'], { models })).table;
    assert.deepEqual(aliases, {
      'claude-haiku-4-5': dated,
      'deepseek-v4-flash': 'deepseek-flash',
      'deepseek-v4-flash-vision-exp': 'deepseek-flash',
    });
  });

  it('carries the settings that a policy needs', async () => {
    const { table } = await tableOf([], {
      profile: 'quality',
      bareModelNames: 'exact',
      retries: { maxAttempts: 7, exactFallback: true },
      policy: { maxTurnsBeforeUpgrade: 4 },
    });
    const { profile, bareModelNames, maxAttempts, exactFallback, maxTurnsBeforeUpgrade } = table;
    assert.deepEqual([profile, bareModelNames, maxAttempts], ['quality', 'exact', 7]);
    assert.deepEqual([exactFallback, maxTurnsBeforeUpgrade], [true, 4]);
  });

  it('has the same hash for the same table and another one for any change', async () => {
    const hash = async (input: RouterConfigInput) => (await tableOf(['ANTHROPIC'], input)).table.hash;
    const plain = await hash({});
    assert.match(plain, /^[0-9a-f]{16}$/);
    assert.equal(await hash({}), plain);
    assert.notEqual(await hash({ profile: 'budget' }), plain);
    assert.notEqual(await hash({ baseline: 'claude-haiku-5-5' }), plain);
  });

  it('keeps its hash when only more is known of how models are spoken to', async () => {
    const { table } = await tableOf(['ANTHROPIC']);
    assert.ok(table.targets.every((target) => target.traits !== undefined));
    const { hash, ...rest } = table;
    const plain = { ...rest, targets: rest.targets.map(({ traits: _traits, ...target }) => target) };
    const digest = createHash('sha256').update(JSON.stringify(plain)).digest('hex');
    assert.equal(hash, digest.slice(0, 16));
  });
});
