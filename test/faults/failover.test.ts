// What it costs when a provider is down: the time until somebody else answers, the answer of a chain that is known to be
// down, how soon a healed provider is found, and that one request finds it for all.
//
// Times are printed and asserted loosely here; the goals (50 ms, 5 ms) must hold in the full form:
//   POINTSMAN_FAULT_TIMES=exact npx mocha test/faults/failover.test.ts

import assert from 'node:assert/strict';
import type { AttemptRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  answers,
  type ChaosUpstream,
  closedPort,
  stallBeforeHeaders,
  startChaosUpstream,
  status,
} from '../support/chaos-upstream.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';
import { DELAY_HEADING, delayLine, quantile } from './figures.ts';

const IS_EXACT = process.env['POINTSMAN_FAULT_TIMES'] === 'exact';
const REFUSED_MS = IS_EXACT ? 50 : 1000;
const EJECTED_MS = IS_EXACT ? 5 : 500;
const FIRST_EVENT_MS = 200;
/** A model is found dead three times; a fourth request does not ask it. */
const REQUESTS_TO_EJECT = 3;

const CHAT = '/v1/chat/completions';
const chat = (model: string, isStream = false): object => ({
  model,
  stream: isStream,
  messages: [{ role: 'user', content: 'hello' }],
});

describe('[A25] [A27] failover', () => {
  let upstream: ChaosUpstream;
  let daemon: TestDaemon | undefined;

  before(() => console.log(DELAY_HEADING));
  beforeEach(async () => {
    upstream = await startChaosUpstream();
  });
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
    await upstream.close();
  });

  async function start(config: Parameters<typeof configFor>, clock?: VirtualClock): Promise<TestDaemon> {
    daemon = await runDaemon({ config: configFor(...config), ...(clock === undefined ? {} : { clock }) });
    return daemon;
  }

  /** Models of one provider each, whose first choice is asked by name and may be stood in for. */
  const FALLBACK = { retries: { pauseMs: 1, exactFallback: true } };

  for (const [fault, isRefused] of [
    ['refuses the connection', true],
    ['never answers', false],
  ] as const) {
    for (const isStream of [true, false]) {
      const form = isStream ? 'streamed' : 'plain';
      it(`asks the next model within ${isRefused ? '50 ms' : 'the limit and 50 ms'} when one ${fault} (${form})`, async () => {
        const rounds = isRefused ? 60 : 12;
        const dead = isRefused ? `http://127.0.0.1:${await closedPort()}/v1` : upstream.baseUrl;
        const models: TestModel[] = Array.from({ length: rounds }, (_, index) => ({
          id: `dead-${index}`,
          baseUrl: dead,
          fallback: ['alive'],
        }));
        const timeouts = { firstEventMs: FIRST_EVENT_MS };
        const alive = { id: 'alive', baseUrl: upstream.baseUrl };
        const running = await start([[...models, alive], { ...FALLBACK, timeouts }]);
        for (const { id } of models) upstream.forModel(`up-${id}`, stallBeforeHeaders);
        const added: number[] = [];
        for (const { id } of models) {
          const response = await running.post(CHAT, { ...chat(`exact/${id}`, isStream), max_tokens: 100 });
          assert.equal(response.status, 200, await response.text());
          const record = await running.exchange(response.headers.get('x-request-id') ?? '');
          added.push(timeLost(record.attempts));
        }
        const longestMs = isRefused ? REFUSED_MS : FIRST_EVENT_MS + REFUSED_MS;
        console.log(delayLine(`lost where one ${fault}, ${form}`, added));
        assert.ok(quantile(added, 0.99) <= longestMs, `${quantile(added, 0.99)} ms`);
      });
    }
  }

  it('[B6] answers at once when the whole chain is known to be down', async () => {
    const baseUrl = `http://127.0.0.1:${await closedPort()}/v1`;
    const running = await start([['one', 'two', 'three'].map((id) => ({ id, baseUrl }))]);
    for (let request = 0; request < REQUESTS_TO_EJECT; request += 1) {
      assert.equal((await running.post(CHAT, chat('auto'))).status, 502);
    }
    const tookMs: number[] = [];
    for (let request = 0; request < 100; request += 1) {
      const startedMs = performance.now();
      const response = await running.post(CHAT, chat('auto', request % 2 === 0));
      const text = await response.text();
      tookMs.push(performance.now() - startedMs);
      assert.equal(response.status, 503);
      assert.match(text, /no model that could answer is available now: .*one cannot be reached/);
      assert.equal(response.headers.get('x-should-retry'), 'false');
      assert.ok(Number(response.headers.get('retry-after')) <= 30, 'an honest time to come back');
    }
    console.log(delayLine('a chain that is known to be down', tookMs));
    assert.ok(quantile(tookMs, 0.5) <= EJECTED_MS, `${quantile(tookMs, 0.5)} ms`);
  });

  it('finds a provider that has healed within 30 s, however often it had failed before', async () => {
    const clock = createVirtualClock();
    const running = await start([[{ id: 'one', baseUrl: upstream.baseUrl }]], clock);
    const ask = async (): Promise<number> => {
      const response = await running.post(CHAT, chat('auto'));
      await response.text();
      return response.status;
    };
    const isIn = async (): Promise<boolean> => (await ask()) === 200;
    const waitsS: number[] = [];
    for (const relapses of [0, 1, 2, 3, 6, 12]) {
      upstream.forModel('up-one', status(503));
      await clock.advance(10 * 60_000); // what was before is forgotten
      for (let failure = 0; failure < REQUESTS_TO_EJECT; failure += 1) await askDead(ask, clock);
      for (let relapse = 0; relapse < relapses; relapse += 1) {
        await clock.advance(30_000);
        await askDead(ask, clock);
      }
      upstream.forModel('up-one', answers());
      let waitedS = 0;
      for (; !(await isIn()); waitedS += 1) await clock.advance(1000);
      waitsS.push(waitedS);
    }
    console.log(`  found again after relapses, s of a virtual clock: ${waitsS.join(', ')}`);
    assert.ok(Math.max(...waitsS) <= 30, waitsS.join(', '));
  });

  it('finds a provider that has healed within 30 s of the real clock', async function () {
    this.timeout(40_000);
    const running = await start([[{ id: 'one', baseUrl: upstream.baseUrl }]]);
    upstream.forModel('up-one', status(503));
    let refused = 0;
    for (; upstream.bills.length === refused; refused += 1)
      await (await running.post(CHAT, chat('exact/one'))).text();
    while ((await running.post(CHAT, chat('auto'))).status !== 503 || upstream.bills.length < 3) continue;
    upstream.forModel('up-one', answers());
    const healedMs = performance.now();
    while ((await running.post(CHAT, chat('auto'))).status !== 200) await momentMs(25);
    const tookMs = performance.now() - healedMs;
    console.log(`  found again after ${(tookMs / 1000).toFixed(2)} s of the real clock`);
    assert.ok(tookMs <= 30_000, `${tookMs} ms`);
  });

  it('lets one request of many try what was ejected, and the others wait for its verdict', async () => {
    const clock = createVirtualClock();
    const running = await start([[{ id: 'one', baseUrl: upstream.baseUrl }]], clock);
    upstream.forModel('up-one', status(503));
    const ask = (): Promise<Response> => running.post(CHAT, chat('auto', true));
    for (let failure = 0; failure < REQUESTS_TO_EJECT; failure += 1) {
      await askDead(async () => (await ask()).status, clock);
    }
    await clock.advance(30_000);
    const before = upstream.bills.length;
    upstream.forModel('up-one', stallBeforeHeaders);
    const trial = new AbortController();
    const first = fetchChat(daemon, trial.signal).catch(() => null);
    await upstream.until(() => upstream.bills.length === before + 1);
    const others = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual([...new Set(others.map((response) => response.status))], [503]);
    assert.equal(upstream.bills.length, before + 1);
    trial.abort();
    await first;
    await upstream.until(() => upstream.bills[before]?.hungUpAtMs !== null);
    upstream.forModel('up-one', answers());
    // A trial whose client left says nothing; the next request is the trial then.
    for (let tries = 0; (await ask()).status !== 200; tries += 1) assert.ok(tries < 100, 'it stays out');
    const served = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual([...new Set(served.map((response) => response.status))], [200]);
  });
});

/** From the beginning of the first attempt to the beginning of the second, ms. */
function timeLost([first, second]: readonly AttemptRecord[]): number {
  assert.ok(first !== undefined && second !== undefined, 'there were two attempts');
  assert.equal(first.status, 'failed');
  return second.startedAtMs - first.startedAtMs;
}

/** A request to a model that is down: the pause before the only retry needs the clock to move. */
async function askDead(ask: () => Promise<number>, clock: VirtualClock): Promise<void> {
  const asked = ask();
  const statusCode = await moving(clock, asked);
  assert.ok(statusCode >= 500, String(statusCode));
}

/** Lets time pass until it is done. */
async function moving<Value>(clock: VirtualClock, done: Promise<Value>): Promise<Value> {
  for (;;) {
    const settled = await Promise.race([done.then((value) => ({ value })), momentMs(1)]);
    if (settled !== undefined) return settled.value;
    await clock.advance(5);
  }
}

function fetchChat(daemon: TestDaemon | undefined, signal: AbortSignal): Promise<Response> {
  assert.ok(daemon);
  return fetch(`${daemon.url}${CHAT}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat('auto', true)),
    signal,
  });
}

function momentMs(ms: number): Promise<undefined> {
  return new Promise((resolve) => void setTimeout(() => resolve(undefined), ms));
}
