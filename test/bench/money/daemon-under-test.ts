// The real daemon in this process, on a clock that the bench moves: real sockets and a real ledger, in a home folder of
// its own. Configured as a user would write it: prices, prompt caches and tokenizers of the set of models.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDaemon } from '../../../daemon/app.ts';
import type { RouterConfigInput } from '../../../daemon/config/schema.ts';
import type { TotalsBody } from '../../../daemon/protocol/control-api.ts';
import { systemClock, type Clock } from '../../../daemon/util/clock.ts';
import type { WireCall } from './client-wire.ts';
import { TIERS, type ModelSet, type SimulatedModel, type Tier } from './model-sets.ts';
import type { SessionClock } from './play-session.ts';

/** `now` moves when it is told to; durations and timers are real. */
export type MovableClock = Clock & SessionClock;

export function createMovableClock(startAtMs = Date.UTC(2026, 10, 23, 8)): MovableClock {
  let nowMs = startAtMs;
  return {
    ...systemClock,
    now: () => nowMs,
    advance: (byMs) => {
      nowMs += Math.max(0, Math.round(byMs));
    },
  };
}

export interface RouterOptions {
  readonly set: ModelSet;
  readonly upstreamUrl: string;
  /** The user's own lists of models instead of the policy's choice. */
  readonly hasLists: boolean;
  readonly isMixed: boolean;
  readonly profile: 'budget' | 'balanced' | 'quality';
  readonly extra?: Partial<RouterConfigInput>;
}

const GRADES = { small: 'simple', mid: 'moderate', strong: 'complex' } as const;

export function routerConfig(options: RouterOptions): RouterConfigInput {
  const { models } = options.set;
  const ids = (...tiers: readonly Tier[]): string[] => tiers.map((tier) => models[tier].name);
  const lists = {
    default: {
      simple: ids('small', 'mid', 'strong'),
      moderate: ids('mid', 'strong'),
      complex: ids('strong'),
    },
  };
  const dialects = [...new Set(TIERS.map((tier) => models[tier].dialect))];
  return {
    baseline: models.strong.name,
    // What routing saves is measured; titles that are asked for twice would only flatter it.
    cache: { exact: { enabled: false } },
    profile: options.profile,
    providers: Object.fromEntries(
      dialects.map((dialect) => [
        `sim-${dialect}`,
        { dialect, baseUrl: options.upstreamUrl + (dialect === 'anthropic-messages' ? '' : '/v1') },
      ]),
    ),
    models: Object.fromEntries(TIERS.map((tier) => [models[tier].name, modelConfig(models[tier], tier)])),
    ...(options.hasLists ? { profiles: { [options.profile]: lists } } : {}),
    ...options.extra,
    policy: { ...(options.isMixed ? { mixedPlan: true } : {}), ...options.extra?.policy },
  };
}

function modelConfig(model: SimulatedModel, tier: Tier): NonNullable<RouterConfigInput['models']>[string] {
  const { longBand } = model;
  return {
    provider: `sim-${model.dialect}`,
    upstreamModel: model.name,
    tier: GRADES[tier],
    contextTokens: 1_000_000,
    maxOutputTokens: 32_000,
    supports: ['tools', 'vision', 'reasoning', 'json'],
    tokenizerFactor: model.tokenizerFactor,
    cache: {
      kind: model.dialect === 'anthropic-messages' ? 'explicit' : 'automatic',
      minTokens: model.minTokens,
      ttlS: model.ttlS,
    },
    price: {
      inputUsdPerMtok: model.input,
      outputUsdPerMtok: model.output,
      cacheReadUsdPerMtok: model.read,
      cacheWriteUsdPerMtok: model.write,
      ...(model.dialect === 'anthropic-messages' ? { cacheWrite1hUsdPerMtok: model.input * 2 } : {}),
      ...(longBand === undefined
        ? {}
        : {
            longContext: {
              aboveTokens: longBand.aboveTokens,
              inputUsdPerMtok: longBand.input,
              outputUsdPerMtok: longBand.output,
              cacheReadUsdPerMtok: longBand.read,
            },
          }),
      asOf: '2026-11-21',
      source: 'bench',
    },
  };
}

export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface DaemonUnderTest {
  post(call: WireCall): Promise<WireAnswer>;
  control(route: string): Promise<unknown>;
  totals(query?: string): Promise<TotalsBody>;
  stop(): Promise<void>;
}

export async function runDaemonOn(clock: Clock, config: RouterConfigInput): Promise<DaemonUnderTest> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-money-'));
  writeFileSync(path.join(home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  const running = await startDaemon({
    home,
    configPath: null,
    port: 0,
    host: '127.0.0.1',
    environment: {},
    version: '0.0.0-bench',
    writeLog: () => undefined,
    probeLocalServers: false,
    clock,
  });
  const problem = running.configError();
  if (problem !== null) throw new Error(`the bench's configuration is refused: ${problem}`);
  const { url } = running.ready;
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim();
  const adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
  const agent = new Agent({ keepAlive: true });

  const send = (method: string, route: string, headers: object, body?: Buffer): Promise<WireAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        new URL(route, url),
        { method, agent, headers: { ...headers, 'content-length': body?.length ?? 0 } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              statusCode: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const control = async (route: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const { statusCode, body } = await send('GET', `/pointsman/v1/${route}`, headers);
    if (statusCode !== 200) throw new Error(`GET ${route} was answered with ${statusCode}: ${body}`);
    return JSON.parse(body);
  };
  return {
    post: ({ path: wirePath, headers, body }) =>
      send(
        'POST',
        wirePath,
        { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body,
      ),
    control,
    totals: async (query = '') => (await control(`totals${query}`)) as TotalsBody,
    stop: async () => {
      agent.destroy();
      running.stop('bench');
      await running.stopped;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
