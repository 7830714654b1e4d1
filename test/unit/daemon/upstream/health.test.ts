import assert from 'node:assert/strict';
import type { AttemptFailure } from '../../../../daemon/conversation/attempt-failure.ts';
import { Health, type HealthUpdate } from '../../../../daemon/upstream/health.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const OVERLOADED: AttemptFailure = { kind: 'overloaded', statusCode: 529, message: 'm' };
const REFUSED_KEY: AttemptFailure = { kind: 'auth', statusCode: 401, message: 'm' };

const small = { id: 'small', provider: 'one' };
const large = { id: 'large', provider: 'one' };
const other = { id: 'other', provider: 'two' };

function setUp(): { clock: VirtualClock; health: Health; updates: HealthUpdate[] } {
  const clock = createVirtualClock();
  const updates: HealthUpdate[] = [];
  const health = new Health({
    clock,
    targets: () => [small, large, other],
    onChange: (update) => updates.push(update),
  });
  return { clock, health, updates };
}

function failTimes(health: Health, count: number, failure = OVERLOADED, target = small): void {
  for (let index = 0; index < count; index++) {
    health.started(target);
    health.failed(target, failure);
  }
}

describe('Health', () => {
  it('[A30] ejects a model after three failures in a row, not before', () => {
    const { health } = setUp();
    failTimes(health, 2);
    assert.equal(health.outage(small), null);
    failTimes(health, 1);
    assert.equal(health.outage(small)?.why, 'is overloaded (529)');
  });

  it('starts to count anew after a success', () => {
    const { health } = setUp();
    failTimes(health, 2);
    health.succeeded(small);
    failTimes(health, 2);
    assert.equal(health.outage(small), null);
  });

  it('forgets failures that lie a minute apart', async () => {
    const { clock, health } = setUp();
    failTimes(health, 2);
    await clock.advance(60_001);
    failTimes(health, 1);
    assert.equal(health.outage(small), null);
  });

  it('remembers a bounded number of the names that clients make up, and every configured model', () => {
    const { health } = setUp();
    failTimes(health, 3);
    for (let index = 0; index < 5000; index += 1) {
      health.failed({ id: `made-up-${index}`, provider: 'one' }, OVERLOADED);
    }
    assert.equal(health.modelCount, 1000);
    assert.notEqual(health.outage(small), null);
  });

  it('leaves other models of the same provider in', () => {
    const { health } = setUp();
    failTimes(health, 3);
    assert.equal(health.outage(large), null);
  });

  it('lets one request try an ejected model when its time is up, and keeps the others away meanwhile', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    await clock.advance(4999);
    assert.notEqual(health.outage(small), null);
    await clock.advance(1);
    assert.equal(health.outage(small), null);
    health.started(small);
    assert.match(health.outage(small)?.why ?? '', /being tried again/);
    health.succeeded(small);
    assert.equal(health.outage(small), null);
  });

  it('doubles the time with every failed trial, up to half a minute', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const retryAtMs = health.outage(small)?.retryAtMs ?? 0;
      times.push(retryAtMs - clock.now());
      await clock.advance(retryAtMs - clock.now());
      failTimes(health, 1);
    }
    assert.deepEqual(times, [5000, 10_000, 20_000, 30_000, 30_000]);
  });

  it('ejects at once when the trial fails, however long ago the failures were', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    await clock.advance(70_000);
    failTimes(health, 1);
    assert.notEqual(health.outage(small), null);
  });

  it('takes doublings back after being well for a while', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    await clock.advance(5000);
    failTimes(health, 1);
    await clock.advance(10_000);
    health.started(small);
    health.succeeded(small);
    await clock.advance(120_000);
    failTimes(health, 3);
    assert.equal((health.outage(small)?.retryAtMs ?? 0) - clock.now(), 5000);
  });

  it('gives up on a trial that never ended', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    await clock.advance(5000);
    health.started(small);
    await clock.advance(60_000);
    assert.equal(health.outage(small), null);
  });

  it('ends a trial whose client left without a verdict', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    await clock.advance(5000);
    health.started(small);
    health.failed(small, { kind: 'client-closed', message: 'm' });
    assert.equal(health.outage(small), null);
  });

  it('never counts a client that left, nor a request that was refused', () => {
    const { health, updates } = setUp();
    for (const kind of ['client-closed', 'rejected', 'context-length', 'refusal'] as const) {
      failTimes(health, 5, { kind, message: 'm' });
    }
    assert.deepEqual([health.unavailable(), updates], [[], []]);
  });

  it('[A30] keeps a rate-limited model away as long as the provider asked', async () => {
    const { clock, health } = setUp();
    failTimes(health, 1, { kind: 'rate-limited', statusCode: 429, message: 'm', retryAfterMs: 90_000 });
    assert.deepEqual(health.unavailable(), [
      { model: 'small', why: 'is rate limited (429)', retryAtMs: clock.now() + 90_000 },
    ]);
    await clock.advance(90_000);
    assert.deepEqual(health.unavailable(), []);
  });

  it('[A30] bounds a cool-down to one hour', () => {
    const { clock, health } = setUp();
    failTimes(health, 1, { kind: 'rate-limited', message: 'm', retryAfterMs: 1e12 });
    assert.equal((health.outage(small)?.retryAtMs ?? 0) - clock.now(), 3_600_000);
  });

  it('[A30] counts rate limits that name no time', () => {
    const { health } = setUp();
    failTimes(health, 3, { kind: 'rate-limited', statusCode: 429, message: 'm' });
    assert.equal(health.outage(small)?.why, 'is rate limited (429)');
  });

  it('takes a whole provider out when it refuses the key, until the credentials change', () => {
    const { clock, health } = setUp();
    failTimes(health, 1, REFUSED_KEY);
    assert.deepEqual(
      health.unavailable().map(({ model, retryAtMs }) => [model, (retryAtMs ?? 0) - clock.now()]),
      [
        ['small', 600_000],
        ['large', 600_000],
      ],
    );
    health.credentialsChanged('two');
    assert.equal(health.unavailable().length, 2);
    health.credentialsChanged('one');
    assert.deepEqual(health.unavailable(), []);
  });

  it('tries a refused key again after ten minutes, since one hiccup must not last until a restart', async () => {
    const { clock, health } = setUp();
    failTimes(health, 1, REFUSED_KEY);
    await clock.advance(599_999);
    assert.equal(health.unavailable().length, 2);
    await clock.advance(1);
    assert.deepEqual(health.unavailable(), []);
  });

  it('takes only the model out that a 403 is about', () => {
    const { health } = setUp();
    failTimes(health, 1, { kind: 'auth', statusCode: 403, message: 'm' });
    assert.deepEqual(
      health.unavailable().map(({ model }) => model),
      ['small'],
    );
  });

  it('[A30] lets everybody back at once when a cool-down is over: a pause needs no trial', async () => {
    const { clock, health } = setUp();
    failTimes(health, 1, { kind: 'rate-limited', message: 'm', retryAfterMs: 1000 });
    await clock.advance(1000);
    health.started(small);
    assert.equal(health.outage(small), null);
  });

  it('ejects once for a burst of requests that fail together', () => {
    const { clock, health } = setUp();
    failTimes(health, 8);
    assert.equal((health.outage(small)?.retryAtMs ?? 0) - clock.now(), 5000);
  });

  it('[B6] asks nobody again whose credit is used up before credentials change, whatever time it names', async () => {
    const { clock, health, updates } = setUp();
    failTimes(health, 1, { kind: 'quota', statusCode: 402, message: 'm', retryAfterMs: 1000 });
    assert.deepEqual(health.outage(large), {
      model: 'large',
      why: 'has no quota left (402)',
      retryAtMs: null,
    });
    assert.deepEqual([...new Set(updates.map(({ retryAtMs }) => retryAtMs))], [null]);
    await clock.advance(30 * 24 * 3_600_000);
    assert.notEqual(health.outage(small), null);
    health.credentialsChanged(small.provider);
    assert.equal(health.outage(small), null);
  });

  it('looks at a plan again when its limit starts anew', async () => {
    const { clock, health } = setUp();
    failTimes(health, 1, { kind: 'quota', statusCode: 429, message: 'm', retryAfterMs: 5 * 3_600_000 });
    await clock.advance(5 * 3_600_000 - 1);
    assert.notEqual(health.outage(large), null);
    await clock.advance(1);
    assert.equal(health.outage(large), null);
  });

  it('tells of every model of a provider that answers again', async () => {
    const { clock, health, updates } = setUp();
    failTimes(health, 1, { kind: 'quota', statusCode: 429, message: 'm', retryAfterMs: 1000 });
    await clock.advance(1000);
    updates.length = 0;
    health.succeeded(small);
    assert.deepEqual(
      updates.map(({ model, health: state }) => `${model} ${state}`),
      ['large ok', 'small ok'],
    );
  });

  it('lets everybody in as soon as the stream of a trial has begun, and ejects again when it breaks', async () => {
    const { clock, health, updates } = setUp();
    failTimes(health, 3);
    await clock.advance(5000);
    health.started(small);
    assert.notEqual(health.outage(small), null);
    updates.length = 0;
    health.began(small);
    assert.equal(health.outage(small), null);
    assert.deepEqual(
      updates.map(({ health: state }) => state),
      ['ok'],
    );
    health.started(small);
    assert.equal(health.outage(small), null);
    failTimes(health, 1, { kind: 'interrupted', message: 'm' });
    assert.equal((health.outage(small)?.retryAtMs ?? 0) - clock.now(), 10_000);
  });

  it('counts a stream that begins as nothing where no trial runs', () => {
    const { health, updates } = setUp();
    failTimes(health, 2);
    health.began(small);
    failTimes(health, 1);
    assert.notEqual(health.outage(small), null);
    health.began(small); // began before the ejection
    assert.notEqual(health.outage(small), null);
    assert.equal(updates.length, 1);
  });

  it('does not let a late failure shorten an ejection', () => {
    const { clock, health } = setUp();
    failTimes(health, 1, { kind: 'rate-limited', message: 'm', retryAfterMs: 100_000 });
    failTimes(health, 3);
    assert.equal((health.outage(small)?.retryAtMs ?? 0) - clock.now(), 100_000);
  });

  it('is not moved by a wall clock that jumps', async () => {
    const { clock, health } = setUp();
    failTimes(health, 3);
    clock.jumpWall(-24 * 3_600_000);
    await clock.advance(5000);
    assert.equal(health.outage(small), null);
  });

  it('tells every change between in and out', async () => {
    const { clock, health, updates } = setUp();
    failTimes(health, 3);
    const retryAtMs = clock.now() + 5000;
    await clock.advance(5000);
    health.started(small);
    health.succeeded(small);
    assert.deepEqual(updates, [
      { model: 'small', provider: 'one', health: 'ejected', retryAtMs },
      { model: 'small', provider: 'one', health: 'ok', retryAtMs: null },
    ]);
  });

  it('tells of every model of a provider whose key is refused or renewed', () => {
    const { health, updates } = setUp();
    failTimes(health, 1, REFUSED_KEY);
    health.credentialsChanged();
    assert.deepEqual(
      updates.map(({ model, health: state }) => `${model} ${state}`),
      ['small ejected', 'large ejected', 'small ok', 'large ok'],
    );
  });

  describe('allDownUntil', () => {
    it('is null while one of the targets may be tried', () => {
      const { health } = setUp();
      failTimes(health, 3);
      assert.equal(health.allDownUntil([small, other]), null);
    });

    it('is the time at which the first of them comes back, with the reasons', () => {
      const { clock, health } = setUp();
      failTimes(health, 3);
      failTimes(health, 1, { kind: 'rate-limited', message: 'm', retryAfterMs: 60_000 }, other);
      assert.deepEqual(health.allDownUntil([other, small]), {
        retryAtMs: clock.now() + 5000,
        why: 'other is rate limited; small is overloaded (529)',
      });
    });

    it('names the time at which a refused key is tried again', () => {
      const { clock, health } = setUp();
      failTimes(health, 1, REFUSED_KEY);
      assert.equal(health.allDownUntil([small, large])?.retryAtMs, clock.now() + 600_000);
    });
  });
});
