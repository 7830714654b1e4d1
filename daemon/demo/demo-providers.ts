// The three simulated vendors of the demo and the configuration that makes the daemon use them. Prices are those of
// three real price classes (autumn 2026), so that the sums are of a realistic size.

import type { JsonObject } from '../util/json.ts';
import { startSimulatedProvider, type SimulatedModel, type SimulatedProvider } from './simulated-provider.ts';

interface DemoModel extends SimulatedModel {
  readonly id: string;
  readonly tier: 'simple' | 'moderate' | 'complex';
  readonly supports: readonly string[];
}

const LARGE: DemoModel = {
  id: 'sim-large',
  name: 'simulated-large-1',
  tier: 'complex',
  supports: ['tools', 'vision', 'reasoning', 'json'],
  prices: { input: 4, cachedInput: 0.2, output: 20 },
  minCachedTokens: 1024,
  cacheTtlS: 300,
};

const MEDIUM: DemoModel = {
  id: 'sim-medium',
  name: 'simulated-medium-1',
  tier: 'moderate',
  supports: ['tools', 'vision', 'json'],
  prices: { input: 0.66, cachedInput: 0.022, output: 1.98 },
  minCachedTokens: 1024,
  cacheTtlS: 300,
};

const SMALL: DemoModel = {
  id: 'sim-small',
  name: 'simulated-small-1',
  tier: 'simple',
  supports: ['tools', 'json'],
  prices: { input: 0.15, cachedInput: 0.003, output: 0.6 },
  minCachedTokens: 1024,
  cacheTtlS: 300,
};

const MODELS_BY_PROVIDER: readonly (readonly [string, readonly DemoModel[]])[] = [
  ['simulated-a', [LARGE]],
  ['simulated-b', [MEDIUM]],
  ['simulated-c', [SMALL]],
];

export async function startDemoProviders(): Promise<readonly SimulatedProvider[]> {
  return await Promise.all(MODELS_BY_PROVIDER.map(([name, models]) => startSimulatedProvider(name, models)));
}

/** `config.jsonc` of the demo's daemon. */
export function demoConfig(providers: readonly SimulatedProvider[]): JsonObject {
  const models = MODELS_BY_PROVIDER.flatMap(([provider, list]) =>
    list.map((model) => [model.id, modelConfig(provider, model)] as const),
  );
  return {
    baseline: LARGE.id,
    profile: 'balanced',
    providers: Object.fromEntries(
      providers.map(({ name, baseUrl }) => [name, { dialect: 'openai-chat', baseUrl }] as const),
    ),
    models: Object.fromEntries(models),
  };
}

function modelConfig(provider: string, model: DemoModel): JsonObject {
  const { input, cachedInput, output } = model.prices;
  return {
    provider,
    upstreamModel: model.name,
    tier: model.tier,
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    supports: model.supports,
    tokenizerFactor: 1,
    cache: { minTokens: model.minCachedTokens, ttlS: model.cacheTtlS },
    price: {
      inputUsdPerMtok: input,
      outputUsdPerMtok: output,
      cacheReadUsdPerMtok: cachedInput,
      asOf: '2026-11-21',
      source: 'simulated provider of the demo',
    },
  };
}
