// New configurations and the end of the daemon under 50 open streams, with a real process: no reload cuts one, an invalid
// edit changes nothing, a stop lets all of them finish or tells them. FAULTS_FULL=1 waits for the whole grace of 30 s.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { openForReading } from '../../daemon/ledger/database-file.ts';
import { ensureBundle, eventually, type DaemonProcess } from '../support/daemon-process.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import { ask } from './client-load.ts';
import { faultyHome, type FaultyHome } from './faulty-home.ts';
import { holdStreams } from './held-streams.ts';

const IS_FULL = process.env['FAULTS_FULL'] === '1';
const RELOADS = 100;
const STREAMS = 50;
const GRACE_MS = IS_FULL ? 30_000 : 1500;

interface ConfigStatus {
  readonly models: readonly { readonly id: string }[];
  readonly config: { readonly valid: boolean; readonly error: string | null };
}

describe('a daemon with 50 open streams', function () {
  this.timeout(120_000);
  let upstream: FakeUpstream;
  let home: FaultyHome;
  let daemon: DaemonProcess;

  before(() => ensureBundle());
  beforeEach(async () => {
    upstream = await startFakeUpstream();
    home = faultyHome(configFor([{ id: 'model-0', baseUrl: upstream.baseUrl }]));
    daemon = await home.start();
  });
  afterEach(async () => {
    await home.clean();
    await upstream.close();
  });

  /** As editors save: a new file renamed into the place of the old one. */
  function save(text: string): void {
    writeFileSync(home.file('config.new'), text, { mode: 0o600 });
    renameSync(home.file('config.new'), home.file('config.jsonc'));
  }
  const status = async (): Promise<ConfigStatus> =>
    (await daemon.control('GET', 'status')).body as ConfigStatus;
  async function statusesInBooks(): Promise<readonly string[]> {
    const database = openForReading(home.file('ledger.db'));
    try {
      return database
        .prepare('SELECT status FROM exchanges')
        .all()
        .map((row) => String(row['status']));
    } finally {
      database.close();
    }
  }

  it('cuts none in 100 reloads, applies each, and refuses every tenth as a whole', async () => {
    const held = await holdStreams(daemon, upstream, STREAMS);
    for (let reload = 1; reload <= RELOADS; reload++) {
      const config = configFor([{ id: `model-${reload}`, baseUrl: upstream.baseUrl }]);
      const isBroken = reload % 10 === 0;
      save(JSON.stringify(isBroken ? { ...config, budgets: [{ scope: 'nobody' }] } : config));
      await eventually(async () => {
        const { models, config: state } = await status();
        return isBroken ? !state.valid : state.valid && models[0]?.id === `model-${reload}`;
      });
      if (isBroken) {
        const { models, config: state } = await status();
        assert.deepEqual(
          models.map(({ id }) => id),
          [`model-${reload - 1}`],
        );
        assert.match(state.error ?? '', /config\.jsonc line 1, column \d+: budgets\[0\]/u);
      }
    }
    held.letGo();
    const calls = await held.calls;
    assert.equal(calls.filter(({ isWhole }) => isWhole).length, STREAMS);
    assert.ok(calls.every(({ body }) => body.includes('countries.')));
    const { body } = await daemon.control('GET', `exchanges?limit=${STREAMS}`);
    const { exchanges } = body as { readonly exchanges: readonly ExchangeRecord[] };
    assert.deepEqual(
      new Set(exchanges.map(({ status: how, responseModel }) => `${how} ${responseModel}`)),
      new Set(['ok model-0']),
    );
  });

  it('finishes all of them after SIGTERM, takes no new request, and ends with code 0', async () => {
    const held = await holdStreams(daemon, upstream, STREAMS);
    daemon.child.kill('SIGTERM');
    let servedMeanwhile = 0;
    await eventually(async () => {
      const late = await ask(daemon, undefined, false);
      if (late.isWhole) servedMeanwhile += 1; // the signal was still on its way
      return late.statusCode === null || (late.statusCode === 503 && late.retryAfter !== null);
    });
    held.letGo();
    const calls = await held.calls;
    assert.equal(calls.filter(({ isWhole }) => isWhole).length, STREAMS);
    assert.deepEqual(await daemon.ended, { code: 0, signal: null });
    assert.equal((await statusesInBooks()).filter((one) => one === 'ok').length, STREAMS + servedMeanwhile);
  });

  it('after its grace cuts those that do not end, answers those that wait, and books all as interrupted', async () => {
    const waiting = await holdStreams(daemon, upstream, 10, { before: 'headers' });
    const held = await holdStreams(daemon, upstream, STREAMS);
    const begunAtMs = performance.now();
    if (IS_FULL) daemon.child.kill('SIGTERM');
    else await daemon.control('POST', 'shutdown', { drainMs: GRACE_MS });
    const [torn, answered] = [await held.calls, await waiting.calls];
    const tookMs = performance.now() - begunAtMs;
    assert.ok(
      torn.every(({ isWhole, body }) => !isWhole && !body.includes('[DONE]')),
      'no end is made up',
    );
    for (const { statusCode, retryAfter, body } of answered) {
      assert.equal(statusCode, 503);
      assert.ok(retryAfter !== null);
      assert.match(body, /"message":"the daemon is stopping; send the request again"/u);
    }
    assert.ok(tookMs >= GRACE_MS - 50, `${tookMs} ms`);
    await daemon.ended;
    assert.deepEqual(
      await statusesInBooks(),
      Array.from({ length: STREAMS + 10 }, () => 'interrupted'),
    );
    held.letGo();
    waiting.letGo();
  });
});
