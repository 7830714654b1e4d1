// A machine that sleeps, changes its network or has its clock put forward and back: the next request is served over a new
// connection, no time in the books is negative, and the budget of a day is the budget of that day.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { BudgetsBody } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { systemClock, type Clock } from '../../daemon/util/clock.ts';
import { ensureBundle, type DaemonProcess } from '../support/daemon-process.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream, type Verb } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { ask } from './client-load.ts';
import { askMany, faultyHome, type FaultyHome } from './faulty-home.ts';
import { ANSWER, holdStreams } from './held-streams.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STOPPED_MS = process.env['FAULTS_FULL'] === '1' ? 60_000 : 2000;
const CHAT = { model: 'auto', messages: [{ role: 'user', content: 'Say one sentence about rivers.' }] };

interface MovableClock extends Clock {
  /** Moves the wall clock alone, as a sleeping machine, a correction or a hand does. */
  jump(byMs: number): void;
  setTo(atMs: number): void;
}

function movableClock(): MovableClock {
  let offsetMs = 0;
  return {
    now: () => systemClock.now() + offsetMs,
    monotonicMs: () => systemClock.monotonicMs(),
    setTimer: (delayMs, callback) => systemClock.setTimer(delayMs, callback),
    jump: (byMs) => void (offsetMs += byMs),
    setTo: (atMs) => void (offsetMs = atMs - systemClock.now()),
  };
}

describe('a daemon that was stopped for a while, as when the machine sleeps', function () {
  this.timeout(STOPPED_MS + 60_000);
  let upstream: FakeUpstream;
  let home: FaultyHome;
  let daemon: DaemonProcess;

  before(() => ensureBundle());
  beforeEach(async () => {
    upstream = await startFakeUpstream();
    home = faultyHome(configFor([{ id: 'only', baseUrl: upstream.baseUrl }]));
    daemon = await home.start();
  });
  afterEach(async () => {
    daemon.child.kill('SIGCONT');
    await home.clean();
    await upstream.close();
  });
  async function stopFor(meanwhile: () => void): Promise<void> {
    daemon.child.kill('SIGSTOP');
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    daemon.child.kill('SIGCONT');
  }

  for (const how of ['closed', 'reset'] as const) {
    it(`serves the next requests when its kept connections were ${how} meanwhile, each with one replay at most`, async () => {
      const sockets = new Set<Socket>();
      upstream.always((context) => {
        sockets.add(context.socket);
        return json(chatBody(ANSWER))(context);
      });
      assert.equal(await warmUp(8), 8);
      const before = upstream.requests.length;
      await stopFor(() => {
        for (const socket of sockets) {
          if (how === 'closed') socket.end();
          else socket.resetAndDestroy();
        }
      });
      assert.equal(await warmUp(8), 8);
      assert.ok(upstream.requests.length <= before + 16, 'one replay at most');
      const { body } = await daemon.control('GET', 'exchanges?limit=8');
      for (const { attempts } of (body as { exchanges: readonly ExchangeRecord[] }).exchanges) {
        assert.ok(attempts.length <= 2, `${attempts.length} attempts`);
      }
    });
  }

  it('goes on with streams that were open, without an error', async () => {
    const held = await holdStreams(daemon, upstream, 10);
    await stopFor(() => held.letGo());
    assert.equal((await held.calls).filter(({ isWhole }) => isWhole).length, 10);
  });

  /** Plain requests at the same time, over as many connections; answers how many came whole. */
  async function warmUp(count: number): Promise<number> {
    const calls = await Promise.all(Array.from({ length: count }, () => ask(daemon, undefined, false)));
    return calls.filter(({ isWhole }) => isWhole).length;
  }

  it('has no negative time in the books', async () => {
    const held = await holdStreams(daemon, upstream, 4);
    await stopFor(() => undefined);
    held.letGo();
    await held.calls;
    assert.equal(await askMany(daemon, 8), 8);
    const { body } = await daemon.control('GET', 'exchanges?limit=50');
    assertTimes((body as { exchanges: readonly ExchangeRecord[] }).exchanges);
  });
});

describe('a network that changed while nobody asked', function () {
  this.timeout(30_000);

  it('costs the next request nothing: connections from before a gap of 60 s are not used again', async () => {
    const clock = movableClock();
    const upstream = await startFakeUpstream();
    const mute = new Set<Socket>();
    const used = new Set<Socket>();
    // As behind a new address: what goes out on old connections arrives nowhere, and nobody says so.
    const unlessMute: Verb = (context) => {
      used.add(context.socket);
      if (!mute.has(context.socket)) return json(chatBody(ANSWER))(context);
      return undefined;
    };
    upstream.always(unlessMute);
    const daemon = await runDaemon({ clock, config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
    try {
      for (let round = 1; round <= 5; round++) {
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => daemon.post('/v1/chat/completions', CHAT)),
        );
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200, 200, 200],
        );
        for (const answer of answers) await answer.text();
        for (const socket of used) mute.add(socket);
        clock.jump(60_000);
        const askedBefore = upstream.requests.length;
        const next = await daemon.post('/v1/chat/completions', CHAT);
        assert.equal(next.status, 200);
        await next.text();
        assert.equal(upstream.requests.length, askedBefore + 1, 'without a replay');
      }
    } finally {
      await daemon.stop();
      await upstream.close();
    }
  });

  it('that is gone says so at once, and serves as soon as it is back', async () => {
    const upstream = await startFakeUpstream();
    const port = await freePort();
    const config = configFor([{ id: 'only', baseUrl: `http://127.0.0.1:${port}/v1` }]);
    const daemon = await runDaemon({ config });
    try {
      const refused = await daemon.post('/v1/chat/completions', CHAT);
      assert.ok(refused.status >= 500);
      assert.match(await refused.text(), /p-only/u);
      const forward = createServer((socket) => pipeTo(socket, upstream));
      forward.listen(port, '127.0.0.1');
      await once(forward, 'listening');
      assert.equal((await daemon.post('/v1/chat/completions', CHAT)).status, 200);
      forward.close();
    } finally {
      await daemon.stop();
      await upstream.close();
    }
  });
});

describe('a wall clock that jumps', function () {
  this.timeout(60_000);
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let clock: MovableClock;

  beforeEach(async () => {
    clock = movableClock();
    upstream = await startFakeUpstream();
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });
  async function start(extra: Partial<RouterConfigInput> = {}): Promise<void> {
    daemon = await runDaemon({
      clock,
      config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }], extra),
    });
  }
  const askOnce = async (): Promise<number> => {
    const response = await daemon.post('/v1/chat/completions', CHAT);
    await response.text();
    return response.status;
  };
  const budget = async (): Promise<BudgetsBody['budgets'][number] | undefined> =>
    ((await daemon.control('GET', 'budgets')).body as BudgetsBody).budgets[0];

  for (const [name, jumpMs] of [
    ['an hour forward', HOUR_MS],
    ['an hour back', -HOUR_MS],
    ['a day forward', DAY_MS],
    ['a day back', -DAY_MS],
  ] as const) {
    it(`${name}, in the middle of requests and between them, makes no negative duration`, async () => {
      await start();
      upstream.next((context) => {
        clock.jump(jumpMs);
        return json(chatBody(ANSWER))(context);
      });
      for (let count = 0; count < 3; count++) assert.equal(await askOnce(), 200);
      clock.jump(-jumpMs);
      for (let count = 0; count < 3; count++) assert.equal(await askOnce(), 200);
      const records = await daemon.waitForExchanges(6);
      assert.equal(records.length, 6);
      assertTimes(records);
      const { requests, costUsd } = await daemon.totals();
      assert.equal(requests, 6);
      assert.ok((costUsd ?? 0) > 0);
    });
  }

  // One request costs 20 millionths of a dollar.
  const TWO_A_DAY: Partial<RouterConfigInput> = {
    budgets: [{ scope: 'all', period: 'day', limitUsd: 0.000_04, onReach: 'block' }],
  };

  it('a day forward and back does not give a budget twice: each day has its own', async () => {
    clock.setTo(new Date(2026, 10, 18, 12).getTime());
    await start(TWO_A_DAY);
    assert.deepEqual([await askOnce(), await askOnce(), await askOnce()], [200, 200, 429]);
    clock.jump(DAY_MS);
    assert.deepEqual([await askOnce(), await askOnce(), await askOnce()], [200, 200, 429]);
    clock.jump(-DAY_MS);
    assert.equal(await askOnce(), 429, 'today is used up, as it was');
    clock.jump(-DAY_MS);
    assert.deepEqual([await askOnce(), await askOnce(), await askOnce()], [200, 200, 429]);
    clock.jump(2 * DAY_MS);
    assert.equal(await askOnce(), 429, 'tomorrow is used up too, from before');
    assert.equal((await budget())?.spentUsd, 0.000_04);
    clock.jump(DAY_MS);
    assert.equal(await askOnce(), 200);
  });

  it('an hour back over midnight counts on with the day before', async () => {
    clock.setTo(new Date(2026, 10, 18, 23, 40).getTime());
    await start(TWO_A_DAY);
    assert.equal(await askOnce(), 200);
    clock.jump(HOUR_MS);
    assert.equal((await budget())?.spentUsd, 0);
    clock.jump(-HOUR_MS);
    assert.deepEqual([await askOnce(), await askOnce()], [200, 429]);
  });

  for (const [name, hours, changeDay] of [
    ['spring', 23, new Date(2027, 2, 28)],
    ['autumn', 25, new Date(2026, 9, 25)],
  ] as const) {
    it(`the day of ${name} on which the clock changes has one budget and ${hours} hours`, async function () {
      const zone = process.env['TZ'];
      process.env['TZ'] = 'Europe/Berlin';
      try {
        const [year, month, day] = [changeDay.getFullYear(), changeDay.getMonth(), changeDay.getDate()];
        clock.setTo(new Date(year, month, day, 0, 30).getTime());
        await start(TWO_A_DAY);
        assert.deepEqual([await askOnce(), await askOnce()], [200, 200]);
        for (let hour = 1; hour < hours; hour++) {
          clock.jump(HOUR_MS);
          assert.equal(await askOnce(), 429, `after ${hour} hours`);
        }
        clock.jump(HOUR_MS);
        assert.equal(await askOnce(), 200, 'the next day');
      } finally {
        if (zone === undefined) delete process.env['TZ'];
        else process.env['TZ'] = zone;
      }
    });
  }
});

function assertTimes(records: readonly ExchangeRecord[]): void {
  for (const { durationMs, timeToFirstChunkMs, attempts } of records) {
    assert.ok(durationMs >= 0 && durationMs < HOUR_MS / 2, `${durationMs} ms`);
    assert.ok(timeToFirstChunkMs === null || (timeToFirstChunkMs >= 0 && timeToFirstChunkMs <= durationMs));
    for (const attempt of attempts) {
      assert.ok(attempt.startedAtMs >= 0 && attempt.durationMs >= 0 && attempt.durationMs <= durationMs + 1);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function pipeTo(socket: Socket, upstream: FakeUpstream): void {
  const other = connect(Number(new URL(upstream.origin).port), '127.0.0.1');
  for (const one of [socket, other]) one.on('error', () => {});
  socket.pipe(other).pipe(socket);
}
