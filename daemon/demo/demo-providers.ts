// The three simulated vendors of the demo and the configuration that makes the daemon use them. Prices are those of
// three real price classes (autumn 2026), so that the sums are of a realistic size.

import type { JsonObject } from '../util/json.ts';
import type { SimulatedModel } from './simulated-bill.ts';
import { simulatedChat } from './simulated-chat.ts';
import { simulatedMessages } from './simulated-messages.ts';
import { startSimulatedProvider, type SimulatedProvider } from './simulated-provider.ts';
import { simulatedResponses } from './simulated-responses.ts';
import type { SimulatedWire } from './simulated-wire.ts';

interface DemoModel extends SimulatedModel {
  readonly id: string;
  readonly tier: 'simple' | 'moderate' | 'complex';
  readonly supports: readonly string[];
}

interface DemoVendor {
  readonly name: string;
  readonly wire: SimulatedWire;
  readonly model: DemoModel;
}

const LARGE: DemoModel = {
  id: 'sim-large',
  name: 'simulated-large-1',
  tier: 'complex',
  supports: ['tools', 'vision', 'reasoning', 'json'],
  prices: { input: 4, cachedInput: 0.2, cacheWrite: 5, output: 20 },
  cache: { kind: 'marked', minTokens: 1024, ttlS: 300 },
};

const MEDIUM: DemoModel = {
  id: 'sim-medium',
  name: 'simulated-medium-1',
  tier: 'moderate',
  supports: ['tools', 'vision', 'reasoning', 'json'],
  prices: { input: 0.66, cachedInput: 0.022, output: 1.98 },
  cache: { kind: 'automatic', minTokens: 1024, ttlS: 300 },
};

const SMALL: DemoModel = {
  id: 'sim-small',
  name: 'simulated-small-1',
  tier: 'simple',
  supports: ['tools', 'json'],
  prices: { input: 0.15, cachedInput: 0.003, output: 0.6 },
  cache: { kind: 'automatic', minTokens: 1024, ttlS: 300 },
};

const VENDORS: readonly DemoVendor[] = [
  { name: 'simulated-a', wire: simulatedMessages, model: LARGE },
  { name: 'simulated-b', wire: simulatedResponses, model: MEDIUM },
  { name: 'simulated-c', wire: simulatedChat, model: SMALL },
];

export async function startDemoProviders(): Promise<readonly SimulatedProvider[]> {
  return await Promise.all(
    VENDORS.map(({ name, wire, model }) => startSimulatedProvider(name, wire, [model])),
  );
}

/** `config.jsonc` of the demo's daemon. */
export function demoConfig(providers: readonly SimulatedProvider[]): JsonObject {
  return {
    baseline: LARGE.id,
    profile: 'balanced',
    providers: Object.fromEntries(
      providers.map(({ name, dialect, baseUrl }) => [name, { dialect, baseUrl }] as const),
    ),
    models: Object.fromEntries(
      VENDORS.map(({ name, model }) => [model.id, modelConfig(name, model)] as const),
    ),
  };
}

function modelConfig(provider: string, model: DemoModel): JsonObject {
  const { input, cachedInput, cacheWrite, output } = model.prices;
  const { kind, minTokens, ttlS } = model.cache;
  return {
    provider,
    upstreamModel: model.name,
    tier: model.tier,
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    supports: model.supports,
    tokenizerFactor: 1,
    cache: { kind: kind === 'marked' ? 'explicit' : 'automatic', minTokens, ttlS },
    price: {
      inputUsdPerMtok: input,
      outputUsdPerMtok: output,
      cacheReadUsdPerMtok: cachedInput,
      ...(cacheWrite === undefined ? {} : { cacheWriteUsdPerMtok: cacheWrite }),
      asOf: '2026-11-21',
      source: 'simulated provider of the demo',
    },
  };
}
