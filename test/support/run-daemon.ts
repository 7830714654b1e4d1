// A whole daemon inside the test process: real sockets, real ledger, a home folder of its own that is gone afterwards.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import { startDaemon, type RunningDaemon } from '../../daemon/app.ts';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { TotalsBody } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { Clock } from '../../daemon/util/clock.ts';

export interface TestDaemon {
  readonly url: string;
  readonly home: string;
  readonly token: string;
  readonly adminToken: string;
  readonly running: RunningDaemon;
  /** Log lines so far. */
  readonly log: readonly string[];
  /** The official client, pointed here; no retries of its own. */
  openai(): OpenAI;
  /** POST to a wire path with the client token. */
  post(wirePath: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  control(method: string, route: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  exchange(exchangeId: string): Promise<ExchangeRecord>;
  /** All records, newest first, without `decision`. */
  exchanges(): Promise<ExchangeRecord[]>;
  /** Resolves when so many records exist. */
  waitForExchanges(count: number): Promise<ExchangeRecord[]>;
  totals(query?: string): Promise<TotalsBody>;
  writeConfig(text: string): void;
  stop(): Promise<void>;
}

export interface TestDaemonOptions {
  readonly config?: RouterConfigInput | string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A home folder of the test's own, which outlives the daemon; absent = one that is gone afterwards. */
  readonly home?: string;
  /** The system's when absent. */
  readonly clock?: Clock;
}

export async function runDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
  const home = options.home ?? mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
  const configPath = path.join(home, 'config.jsonc');
  const writeConfig = (text: string): void => writeFileSync(configPath, text, { mode: 0o600 });
  if (options.config !== undefined) {
    writeConfig(typeof options.config === 'string' ? options.config : JSON.stringify(options.config));
  }
  const log: string[] = [];
  const running = await startDaemon({
    home,
    configPath: null,
    port: 0,
    host: '127.0.0.1',
    environment: options.environment ?? {},
    version: '0.0.0-test',
    writeLog: (line) => log.push(line),
    probeLocalServers: false,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const { url } = running.ready;
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim();
  const adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();

  const control = async (method: string, route: string, body?: unknown) => {
    const response = await fetch(`${url}/pointsman/v1/${route}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const exchanges = async (): Promise<ExchangeRecord[]> => {
    const records: ExchangeRecord[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page = await control('GET', `exchanges?limit=500${next === '' ? '' : `&before=${next}`}`);
      const body = page.body as { exchanges: ExchangeRecord[]; next: string | null };
      records.push(...body.exchanges);
      next = body.next;
    }
    return records;
  };
  return {
    url,
    home,
    token,
    adminToken,
    running,
    log,
    openai: () => new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }),
    post: (wirePath, body, headers = {}) =>
      fetch(`${url}${wirePath}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    control,
    exchange: async (exchangeId) => (await control('GET', `exchanges/${exchangeId}`)).body as ExchangeRecord,
    exchanges,
    waitForExchanges: async (count) => {
      for (;;) {
        const records = await exchanges();
        if (records.length >= count) return records;
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
      }
    },
    totals: async (query = '') => (await control('GET', `totals${query}`)).body as TotalsBody,
    writeConfig,
    stop: async () => {
      running.stop('test');
      await running.stopped;
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Provider and model entries for a fake upstream. */
export interface TestModel {
  readonly id: string;
  readonly baseUrl: string;
  readonly tier?: 'simple' | 'moderate' | 'complex';
  readonly provider?: string;
  /** What its provider speaks; `openai-chat` when absent. */
  readonly dialect?: UpstreamDialectId;
  /** `up-<id>` when absent. */
  readonly upstreamModel?: string;
  readonly fallback?: readonly string[];
  readonly supports?: ('tools' | 'vision' | 'reasoning' | 'json')[];
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  readonly inputUsdPerMtok?: number;
  readonly outputUsdPerMtok?: number;
  /** Leaves the price out. */
  readonly unpriced?: boolean;
}

/** Most tests ask the same again and again, and want to see what a model is asked. */
export const NO_CACHE = { exact: { enabled: false } } as const;

/** A configuration with one provider per distinct `provider` (default: `p-<id>`). */
export function configFor(
  models: readonly TestModel[],
  extra: Partial<RouterConfigInput> = {},
): RouterConfigInput {
  const providerOf = (model: TestModel): string => model.provider ?? `p-${model.id}`;
  return {
    retries: { pauseMs: 1 },
    cache: NO_CACHE,
    ...extra,
    providers: Object.fromEntries(
      models.map((model) => [
        providerOf(model),
        { dialect: model.dialect ?? ('openai-chat' as const), baseUrl: model.baseUrl },
      ]),
    ),
    models: Object.fromEntries(
      models.map((model) => [
        model.id,
        {
          provider: providerOf(model),
          upstreamModel: model.upstreamModel ?? `up-${model.id}`,
          tier: model.tier ?? 'moderate',
          contextTokens: model.contextTokens ?? 128_000,
          maxOutputTokens: model.maxOutputTokens ?? 16_000,
          supports: model.supports ?? ['tools', 'vision', 'reasoning', 'json'],
          tokenizerFactor: 1,
          fallback: [...(model.fallback ?? [])],
          cache: { kind: 'automatic' as const, minTokens: 1024, ttlS: 300 },
          ...(model.unpriced === true
            ? {}
            : {
                price: {
                  inputUsdPerMtok: model.inputUsdPerMtok ?? 1,
                  outputUsdPerMtok: model.outputUsdPerMtok ?? 2,
                  asOf: '2026-11-21',
                  source: 'test',
                },
              }),
        },
      ]),
    ),
  };
}
