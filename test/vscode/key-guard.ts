// A SIMULATED provider behind a guard that lets nobody in without the right key, as every real one does: what a fresh
// installation meets that has no key yet, or a wrong one.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { SimulatedModel } from '../../daemon/demo/simulated-bill.ts';
import { simulatedMessages } from '../../daemon/demo/simulated-messages.ts';
import { startSimulatedProvider } from '../../daemon/demo/simulated-provider.ts';
import type { JsonObject } from '../../daemon/util/json.ts';

export const GUARDED_PROVIDER = 'simulated-lab';
/** Not one that any vendor would give out. */
export const RIGHT_KEY = 'simulated-key-that-is-right';
export const WRONG_KEY = 'simulated-key-that-is-wrong';

export interface KeyGuard {
  /** Part of a config.jsonc: the provider, which lacks its key, and two models of it. */
  readonly config: JsonObject;
  /** Requests that came with the right key, and all others. */
  admitted(): number;
  refused(): number;
  close(): Promise<void>;
}

const LARGE: SimulatedModel = {
  name: 'simulated-large-1',
  prices: { input: 4, cachedInput: 0.2, cacheWrite: 5, output: 20 },
  cache: { kind: 'marked', minTokens: 1024, ttlS: 300 },
};
const SMALL: SimulatedModel = {
  name: 'simulated-small-1',
  prices: { input: 0.15, cachedInput: 0.003, cacheWrite: 0.15, output: 0.6 },
  cache: { kind: 'marked', minTokens: 1024, ttlS: 300 },
};

export async function startKeyGuard(): Promise<KeyGuard> {
  const provider = await startSimulatedProvider(GUARDED_PROVIDER, simulatedMessages, [LARGE, SMALL]);
  let admitted = 0;
  let refused = 0;
  const server = createServer((request, response) => {
    void (async () => {
      if (request.headers['x-api-key'] !== RIGHT_KEY) {
        refused += 1;
        request.resume();
        const error = { type: 'authentication_error', message: 'invalid x-api-key' };
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ type: 'error', error }));
        return;
      }
      admitted += 1;
      const answer = await fetch(new URL(request.url ?? '/', provider.baseUrl), {
        method: 'POST',
        body: await textOf(request),
      });
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
      });
      response.end(await answer.text());
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    config: configOf(`http://127.0.0.1:${port}/v1`),
    admitted: () => admitted,
    refused: () => refused,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await provider.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

function configOf(baseUrl: string): JsonObject {
  return {
    baseline: 'sim-large',
    providers: {
      [GUARDED_PROVIDER]: { dialect: 'anthropic-messages', baseUrl, apiKey: { env: 'SIMULATED_LAB_KEY' } },
    },
    models: {
      'sim-large': modelOf(LARGE, 'complex', ['tools', 'vision', 'reasoning', 'json']),
      'sim-small': modelOf(SMALL, 'simple', ['tools', 'json']),
    },
  };
}

function modelOf(
  { name, prices, cache }: SimulatedModel,
  tier: string,
  supports: readonly string[],
): JsonObject {
  return {
    provider: GUARDED_PROVIDER,
    upstreamModel: name,
    tier,
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    supports,
    tokenizerFactor: 1,
    cache: { kind: 'explicit', minTokens: cache.minTokens, ttlS: cache.ttlS },
    price: {
      inputUsdPerMtok: prices.input,
      outputUsdPerMtok: prices.output,
      cacheReadUsdPerMtok: prices.cachedInput,
      cacheWriteUsdPerMtok: prices.cacheWrite ?? prices.input,
      asOf: '2026-11-21',
      source: 'simulated provider of a test',
    },
  };
}
