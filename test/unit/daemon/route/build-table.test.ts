import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { buildCatalog } from '../../../../daemon/catalog/build-catalog.ts';
import type { Catalog, LocalModel } from '../../../../daemon/catalog/catalog.ts';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { createPriceBook } from '../../../../daemon/catalog/price-book.ts';
import { resolveApiKey } from '../../../../daemon/config/resolve-key.ts';
import { configSchema, type RouterConfigInput } from '../../../../daemon/config/schema.ts';
import { buildRoutingTable, type BuiltTable } from '../../../../daemon/route/build-table.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { classified, input } from './route-fixtures.ts';

const PROFILES = ['budget', 'balanced', 'quality'] as const;
const TASKS = [
  ...(['code', 'classification', 'reasoning', 'translation', 'creative', 'vision', 'general'] as const),
  'default',
] as const;

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
  it('[A20] has a threshold for three profiles crossed with seven task types', async () => {
    const { table } = await tableOf(['ANTHROPIC']);
    for (const profile of PROFILES) {
      for (const task of TASKS) {
        const threshold = table.thresholds[profile][task] ?? NaN;
        assert.ok(threshold >= 0.4 && threshold <= 0.92, `${profile} ${task}: ${threshold}`);
      }
    }
  });

  it('[A20] asks less of a model for budget and more for quality, whatever the task', async () => {
    const { budget, balanced, quality } = (await tableOf([])).table.thresholds;
    for (const task of TASKS) {
      const [low = NaN, middle = NaN, high = NaN] = [budget[task], balanced[task], quality[task]];
      assert.ok(low <= middle - 0.05 && high >= middle + 0.05, `${task}: ${low} ${middle} ${high}`);
    }
  });

  it('takes the threshold as it is for balanced, and leans only where it says so', async () => {
    const { balanced, budget } = (await tableOf([])).table.thresholds;
    for (const task of ['code', 'creative', 'vision', 'general', 'default'] as const) {
      assert.equal(balanced[task], 0.75);
    }
    assert.deepEqual([balanced.translation, balanced.classification, balanced.reasoning], [0.65, 0.65, 0.8]);
    assert.deepEqual([budget.general, budget.code, budget.reasoning], [0.45, 0.63, 0.63]);
  });

  it('moves all thresholds with the user’s own, and never below 0 or out of reach', async () => {
    const at = async (successThreshold: number) =>
      (await tableOf([], { policy: { successThreshold } })).table.thresholds;
    const higher = await at(0.85);
    assert.deepEqual(
      [higher.budget.general, higher.balanced.general, higher.quality.general],
      [0.55, 0.85, 0.97],
    );
    assert.deepEqual([(await at(0.1)).budget.general, (await at(0.9)).quality.code], [0, 0.98]);
    assert.equal((await at(1)).quality.code, 1);
  });

  it('[A18] holds no list that the user did not write', async () => {
    const { table } = await tableOf(['ANTHROPIC', 'OPENAI', 'DEEPSEEK']);
    assert.deepEqual(table.profiles, { budget: {}, balanced: {}, quality: {} });
  });

  for (const first of KNOWN_PROVIDERS) {
    it(`[A27] has a model at a second provider in every plan with ${first.name} and any other`, async () => {
      for (const second of KNOWN_PROVIDERS.filter((provider) => provider !== first)) {
        const keys = [first, second].map((provider) => provider.envVar.replace('_API_KEY', ''));
        const { table } = await tableOf(keys);
        for (const needsStronger of [0.1, 0.5, 0.9]) {
          const request = input({ classification: classified('code', needsStronger) });
          const { targets } = cheapestCapablePolicy.plan(request, table);
          assert.equal(new Set(targets.map(({ provider }) => provider)).size, 2);
          assert.equal(targets.length, table.targets.length);
        }
      }
    });
  }

  it('knows which local models nobody vouched for', async () => {
    const models = { cheap: local('cheap', { price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1 } }) };
    const llama = { server: 'ollama', upstreamModel: 'llama3', contextTokens: null, supports: [] };
    const { table } = await tableOf([], { providers: OWN, models }, [llama]);
    assert.deepEqual(table.unvetted, ['ollama/llama3']);
  });

  it('keeps unusable models in the table', async () => {
    const models = { lost: local('deepseek-flash', { provider: 'deepseek' }) };
    const { table } = await tableOf([], { models });
    assert.deepEqual([table.targets[0]?.id, table.targets[0]?.usable], ['lost', false]);
  });

  it('lets the user replace single cells, in the order given', async () => {
    const profiles = { balanced: { code: { moderate: ['claude-opus-5-5', 'claude-haiku-5-5'] } } };
    const { table } = await tableOf(['ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced.code?.moderate, ['claude-opus-5-5', 'claude-haiku-5-5']);
    assert.deepEqual(table.profiles, { budget: {}, balanced: profiles.balanced, quality: {} });
  });

  it('keeps the default row of the user beside those of single tasks', async () => {
    const profiles = {
      balanced: { default: { simple: ['claude-sonnet-5-5'] }, code: { simple: ['claude-opus-5-5'] } },
    };
    const { table } = await tableOf(['ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced, profiles.balanced);
  });

  it('does not send images to a default row without a model that sees', async () => {
    const profiles = { balanced: { default: { simple: ['deepseek-v4-pro'] } } };
    const { table } = await tableOf(['DEEPSEEK', 'ANTHROPIC'], { profiles });
    assert.deepEqual(table.profiles.balanced.default?.simple, ['deepseek-v4-pro']);
    assert.deepEqual(table.profiles.balanced.vision?.simple, []);
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
    assert.equal(table.adjustsEffort, true);
    assert.equal((await tableOf([], { policy: { effort: 'follow' } })).table.adjustsEffort, false);
  });

  it('has the same hash for the same table and another one for any change', async () => {
    const hash = async (input: RouterConfigInput) => (await tableOf(['ANTHROPIC'], input)).table.hash;
    const plain = await hash({});
    assert.match(plain, /^[0-9a-f]{16}$/);
    assert.equal(await hash({}), plain);
    assert.notEqual(await hash({ profile: 'budget' }), plain);
    assert.notEqual(await hash({ baseline: 'claude-haiku-5-5' }), plain);
    assert.notEqual(await hash({ policy: { successThreshold: 0.7 } }), plain);
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
