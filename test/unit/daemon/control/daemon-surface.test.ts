import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createPriceBook, OVERLAY_VERSION } from '../../../../daemon/catalog/price-book.ts';
import { ConfigStore } from '../../../../daemon/config/config-store.ts';
import { DaemonSurface } from '../../../../daemon/control/daemon-surface.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { openLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { createKeyring } from '../../../../daemon/lifecycle/keyring.ts';
import { OutcomeWatch } from '../../../../daemon/pipeline/outcomes.ts';
import type { CacheDesk } from '../../../../daemon/pipeline/cache-desk.ts';
import type { PipelineDeps } from '../../../../daemon/pipeline/serve-exchange.ts';
import { SnapshotStore } from '../../../../daemon/pipeline/snapshot-store.ts';
import { OverrideBoard } from '../../../../daemon/route/override.ts';
import { SuccessStatistics } from '../../../../daemon/route/success-statistics.ts';
import { Health } from '../../../../daemon/upstream/health.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createRedactor } from '../../../../daemon/util/redact.ts';
import { configFor } from '../../../support/run-daemon.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { exchange, table as storedTable } from '../ledger/ledger-fixtures.ts';

const KEY = 'handedoverkey0123456789';
const BASE_URL = 'http://127.0.0.1:9/v1';
const TWO_MODELS = configFor([
  { id: 'small', baseUrl: BASE_URL, provider: 'p' },
  { id: 'large', baseUrl: BASE_URL, provider: 'p', tier: 'complex' },
]);

describe('the daemon as the control API sees it', () => {
  const folder = temporaryFolder();
  let clock: VirtualClock;
  let health: Health;
  let overrides: OverrideBoard;
  let config: ConfigStore;
  let ledger: ReturnType<typeof openLedger>;
  let statistics: SuccessStatistics;
  let forgotten: string[];
  let overridden: Parameters<OutcomeWatch['overridden']>[0][];
  let shutdowns: number;

  async function surfaceOf(configuration: unknown = TWO_MODELS): Promise<DaemonSurface> {
    clock = createVirtualClock();
    shutdowns = 0;
    writeFileSync(folder.file('config.jsonc'), JSON.stringify(configuration), { mode: 0o600 });
    config = new ConfigStore({ path: folder.file('config.jsonc'), clock, log: silentLog });
    await config.reload();
    const redactor = createRedactor();
    const keyring = createKeyring({ environment: {}, home: folder.path, redactor });
    const snapshots = new SnapshotStore({
      config: () => config.current,
      resolveKey: (provider, ref) => keyring.resolve(provider, ref),
      priceBook: createPriceBook(),
      clock,
      log: silentLog,
      onChange: () => {},
    });
    await snapshots.rebuild();
    health = new Health({ clock, targets: () => snapshots.current.table.targets });
    overrides = new OverrideBoard(clock);
    ledger = openLedger({ path: ':memory:', clock, log: silentLog });
    statistics = new SuccessStatistics();
    overridden = [];
    forgotten = [];
    return new DaemonSurface({
      config,
      snapshots,
      overrides,
      health,
      ledger,
      budgets: { states: () => ({ budgets: [] }) },
      routingTests: () => ({ files: [], tests: 0, failingCount: 0, failing: [], notes: [] }),
      // Of the pipeline only this is asked for here.
      pipeline: {
        policy: { wouldFlip: () => [{ change: 'profile', to: 'large' }] },
        clock,
        outcomes: new (class extends OutcomeWatch {
          override overridden(given: Parameters<OutcomeWatch['overridden']>[0]): void {
            overridden.push(given);
          }
        })({ ledger, statistics }),
      } as unknown as PipelineDeps,
      cache: { forget: (exchangeId: string) => void forgotten.push(exchangeId) } as unknown as CacheDesk,
      putCredential: async (provider, apiKey) => {
        keyring.put(provider, apiKey);
        await snapshots.rebuild();
      },
      identity: { version: '0.1.0', pid: 7, startedAt: '2026-11-21T00:00:00.000Z', home: folder.path },
      url: () => 'http://127.0.0.1:7411',
      replay: () => Promise.reject(new Error('not asked for here')),
      resend: () => Promise.reject(new Error('not asked for here')),
      issueTicket: () => ({ ticket: 'a-ticket', expiresAtMs: clock.now() + 60_000 }),
      requestShutdown: () => (shutdowns += 1),
      subscribe: () => () => {},
    });
  }
  afterEach(async () => {
    config.close();
    await ledger.close();
  });

  function fail(id: string, times = 3): void {
    for (let index = 0; index < times; index += 1) {
      health.started({ id, provider: 'p' });
      health.failed({ id, provider: 'p' }, { kind: 'server-error', statusCode: 500, message: 'broken' });
    }
  }

  it('[A20] writes the standing profile and leaves the rest of the file, comments included, as it was', async () => {
    const surface = await surfaceOf();
    const text = `// mine\n${JSON.stringify(TWO_MODELS, null, 2)}\n`;
    writeFileSync(folder.file('config.jsonc'), text, { mode: 0o600 });
    await config.reload();
    assert.deepEqual(await surface.putProfile('quality'), { profile: 'quality' });
    const after = readFileSync(folder.file('config.jsonc'), 'utf8');
    assert.equal(after.replace(/,\s*"profile": "quality"/, ''), text);
    assert.equal(surface.status().profile, 'quality');
  });

  it('tells how much each model reads', async () => {
    const surface = await surfaceOf();
    assert.deepEqual(
      surface.status().models.map(({ contextTokens }) => contextTokens),
      [128_000, 128_000],
    );
  });

  it('tells what each model can do and write, and how its tokens compare', async () => {
    const [small] = (await surfaceOf()).status().models;
    assert.deepEqual(
      [small?.maxOutputTokens, small?.supports, small?.tokenizerFactor],
      [16_000, ['tools', 'vision', 'reasoning', 'json'], 1],
    );
  });

  it('names the vendors that need nothing but a key', async () => {
    assert.ok((await surfaceOf()).status().knownProviders.includes('openai'));
  });

  it('tells identity, providers, models, configuration and books', async () => {
    const status = (await surfaceOf()).status();
    assert.equal(status.pid, 7);
    assert.equal(status.url, 'http://127.0.0.1:7411');
    assert.deepEqual(status.providers, [
      { name: 'p', usable: true, why: 'on this machine, no key needed', health: 'ok', retryAtMs: null },
    ]);
    assert.deepEqual(
      status.models.map(({ id, tier, inputUsdPerMtok, usable }) => ({ id, tier, inputUsdPerMtok, usable })),
      [
        { id: 'small', tier: 'moderate', inputUsdPerMtok: 1, usable: true },
        { id: 'large', tier: 'complex', inputUsdPerMtok: 1, usable: true },
      ],
    );
    assert.equal(status.baseline, 'large');
    assert.equal(status.config.valid, true);
    assert.equal(status.ledger.rows, 0);
    assert.equal(status.override, null);
  });

  it('[A37] tells how old each price is and where it comes from, and which are stale or missing', async () => {
    const { providers, models } = TWO_MODELS;
    const { price: _, ...unpriced } = { ...models?.['small'], price: undefined };
    const of = (id: string, price: object) => ({ ...models?.['small'], upstreamModel: id, price });
    const surface = await surfaceOf({
      ...TWO_MODELS,
      providers: { ...providers, sub: { ...providers?.['p'], billing: 'flat-rate' } },
      models: {
        ...models,
        old: of('up-old', { inputUsdPerMtok: 2, outputUsdPerMtok: 4, asOf: '2026-10-21', source: 'a page' }),
        undated: of('up-undated', { inputUsdPerMtok: 2, outputUsdPerMtok: 4 }),
        mystery: { ...unpriced, upstreamModel: 'up-mystery' },
        unlisted: { ...unpriced, upstreamModel: 'up-unlisted', provider: 'sub' },
      },
    });
    const status = surface.status();
    const ages = status.models.map(({ id, priceAgeDays, priceSource }) => [id, priceAgeDays, priceSource]);
    assert.deepEqual(ages.slice(2), [
      ['old', 31, 'a page'],
      ['undated', null, 'configuration'],
      ['mystery', null, null],
      ['unlisted', null, null],
    ]);
    assert.deepEqual(status.priceList, {
      version: OVERLAY_VERSION,
      ageDays: 0,
      staleModels: ['old'],
      unpricedModels: ['mystery'],
    });
  });

  it('calls a model ejected at once, but a provider only when all of its models are', async () => {
    const surface = await surfaceOf();
    fail('small');
    const one = surface.status();
    assert.deepEqual(
      one.models.map((model) => model.health),
      ['ejected', 'ok'],
    );
    assert.equal(one.providers[0]?.health, 'ok');
    fail('large');
    const both = surface.status().providers[0];
    assert.equal(both?.health, 'ejected');
    assert.ok((both?.retryAtMs ?? 0) > clock.now());
  });

  it('shows the configured place of a key that is missing, as unusable', async () => {
    const { providers, ...rest } = TWO_MODELS;
    const keyed = { ...providers?.['p'], apiKey: { env: 'NO_SUCH_KEY' } };
    const [provider] = (await surfaceOf({ ...rest, providers: { p: keyed } })).status().providers;
    assert.equal(provider?.usable, false);
    assert.match(provider?.why ?? '', /NO_SUCH_KEY is not set/);
  });

  it('makes a known vendor usable by a handed-over key and takes it away again, never telling the key', async () => {
    const surface = await surfaceOf({});
    const given = await surface.putCredential('openai', KEY);
    assert.equal(given.usable, true);
    assert.ok(!JSON.stringify([given, surface.status(), surface.readConfig()]).includes(KEY));
    const taken = await surface.putCredential('openai', null);
    assert.equal(taken.usable, false);
    assert.deepEqual(surface.status().providers, []);
  });

  it('refuses a key for a provider that nobody knows, names the known ones and does not keep it', async () => {
    const surface = await surfaceOf();
    await assert.rejects(surface.putCredential('opneai', KEY), (error) => {
      assert.ok(error instanceof RouterError);
      assert.equal(error.code, 'request.not_found');
      assert.match(error.message, /"opneai"; known are: p$/);
      return true;
    });
    const renamed = JSON.stringify(TWO_MODELS).replaceAll('"p"', '"opneai"');
    const updated = await surface.putConfig(JSON.parse(renamed) as Record<string, never>);
    assert.ok(updated);
    assert.equal(surface.status().providers[0]?.why, 'on this machine, no key needed');
  });

  it('sets an override only to a configured model, and shows and clears it', async () => {
    const surface = await surfaceOf();
    const unknown = { model: 'gpt', scope: 'always', conversationId: null, ttlMs: null } as const;
    assert.throws(() => surface.setOverride(unknown), /no model "gpt".*small, large/);
    surface.setOverride({ ...unknown, model: 'large', ttlMs: 60_000 });
    assert.equal(surface.status().override?.model, 'large');
    assert.equal(surface.status().override?.expiresAtMs, clock.now() + 60_000);
    assert.equal(surface.clearOverride({ scope: null, conversationId: null }), null);
  });

  it('answers a stored record with what would flip its decision, worked out from the stored table', async () => {
    const surface = await surfaceOf();
    const record = exchange('x_1');
    const decision = { ...record.decision!, input: {} as never };
    ledger.rememberTable({ ...storedTable, hash: decision.tableHash });
    ledger.append({ ...record, decision });
    assert.deepEqual(surface.exchange('x_1')?.decision?.wouldFlip, [{ change: 'profile', to: 'large' }]);
    ledger.append({ ...record, exchangeId: 'x_2', decision: { ...decision, tableHash: 'unknown' } });
    assert.deepEqual(surface.exchange('x_2')?.decision?.wouldFlip, []);
    assert.equal(surface.exchange('x_3'), null);
  });

  /** An exchange that `small` answered, with the kind of ask that its decision was made for. */
  function answered(exchangeId: string, cohort: string, tableHash = 'gone'): void {
    const record = exchange(exchangeId, { responseModel: 'small' });
    const input = { evidence: { cohort, tiers: {}, models: {} } } as never;
    ledger.append({ ...record, decision: { ...record.decision!, input, tableHash } });
  }

  it('[A50] counts what the user says of an answer for the model that gave it', async () => {
    const surface = await surfaceOf();
    answered('x_1', 'code/short/code/plain');
    assert.deepEqual(surface.feedback({ exchangeId: 'x_1', verdict: 'bad', reason: 'wrong file' }), {
      exchangeId: 'x_1',
      verdict: 'bad',
      reason: 'wrong file',
      atMs: clock.now(),
      counted: true,
    });
    // Nobody else is to get the answer that was bad.
    assert.deepEqual(forgotten, ['x_1']);
    assert.deepEqual(statistics.evidence('code/short/code/plain', clock.now()).tiers, {
      moderate: { successes: 0, failures: 2 },
    });
  });

  it('[A50] counts it for the tier that the model had when it answered', async () => {
    const surface = await surfaceOf();
    const target = { id: 'small', tier: 'simple' } as never;
    ledger.rememberTable({ ...storedTable, hash: 'then', targets: [target] });
    answered('x_1', 'code/short/code/plain', 'then');
    surface.feedback({ exchangeId: 'x_1', verdict: 'good', reason: null });
    const { tiers } = statistics.evidence('code/short/code/plain', clock.now());
    assert.deepEqual(tiers, { simple: { successes: 2, failures: 0 } });
  });

  it('[A50] shows with an exchange what the user said of it, and null when nothing was said', async () => {
    const surface = await surfaceOf();
    answered('x_1', '');
    assert.equal(surface.exchange('x_1')?.feedback, null);
    const { counted } = surface.feedback({ exchangeId: 'x_1', verdict: 'good', reason: null });
    assert.equal(counted, false);
    assert.deepEqual(surface.exchange('x_1')?.feedback, { verdict: 'good', reason: null, atMs: clock.now() });
  });

  it('[A50] has nothing to say of an exchange that is not in the books', async () => {
    const surface = await surfaceOf();
    assert.throws(
      () => surface.feedback({ exchangeId: 'x_9', verdict: 'good', reason: null }),
      (error) => error instanceof RouterError && error.code === 'request.not_found',
    );
    assert.equal(ledger.feedback('x_9'), null);
  });

  it('[A23] tells the watch of outcomes which stronger model the user has set', async () => {
    const surface = await surfaceOf();
    surface.setOverride({ model: 'large', scope: 'conversation', conversationId: 'mine', ttlMs: null });
    const [given] = overridden;
    assert.deepEqual(
      [given?.model.id, given?.model.tier, given?.scope, given?.conversationId, given?.atMs],
      ['large', 'complex', 'conversation', 'c_mine', clock.now()],
    );
  });

  it('applies a whole configuration before it answers, or none of it', async () => {
    const surface = await surfaceOf();
    await assert.rejects(surface.putConfig({ basline: 'small' }), /baseline/);
    assert.equal(surface.status().profile, 'balanced');
    const answered = await surface.putConfig(
      JSON.parse(JSON.stringify({ ...TWO_MODELS, profile: 'quality' })) as Record<string, never>,
    );
    assert.equal(answered['profile'], 'quality');
    assert.equal(surface.status().profile, 'quality');
  });

  it('gives away a copy of the configuration, not the one in force', async () => {
    const surface = await surfaceOf();
    (surface.readConfig() as Record<string, unknown>)['profile'] = 'budget';
    assert.equal(surface.readConfig()['profile'], 'balanced');
  });

  it('refuses to explain a dialect that it does not speak', async () => {
    const surface = await surfaceOf();
    const input = {
      dialect: 'klingon' as never,
      bytes: Buffer.from('{}'),
      headers: new Map<string, string>(),
    };
    assert.throws(() => surface.explain(input), /klingon/);
  });

  it('passes the wish to stop on', async () => {
    (await surfaceOf()).requestShutdown(null);
    assert.equal(shutdowns, 1);
  });
});
