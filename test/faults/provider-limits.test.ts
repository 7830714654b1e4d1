// Providers that say when they want to be asked again, or that they want to be paid first: who is told no comes back
// when it is time and not before, 200 clients at once included.

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { answers, httpDateIn, quotaExceeded, status } from '../support/chaos-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import type { TestDaemon } from '../support/run-daemon.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { ASK, inOrder, chainRig, postChat } from './chain-rig.ts';

describe('[B6] a provider', () => {
  const rig = chainRig();
  const { modelsOf, start } = rig;

  describe('whose credit is used up (402)', () => {
    const credit = async (running: TestDaemon): Promise<number> => {
      const response = await postChat(running, { model: 'exact/one' });
      await response.text();
      return response.status;
    };

    it('is asked no more, for weeks, until its key is another one', async () => {
      const clock = createVirtualClock();
      const running = await start(modelsOf(['one', 'two'], { provider: 'openai' }), {}, clock);
      rig.upstream.always(quotaExceeded(402));
      assert.equal(await credit(running), 502);
      assert.equal(rig.upstream.bills.length, 1);
      for (let day = 0; day < 21; day += 1) {
        await clock.advance(24 * 3_600_000);
        const response = await postChat(running);
        assert.equal(response.status, 502);
        assert.match(await response.text(), /has no quota left \(402\).*add credit or give it another key/);
        assert.equal(response.headers.get('x-should-retry'), 'false');
        assert.equal(response.headers.get('retry-after'), null, 'no time is honest');
      }
      assert.equal(rig.upstream.bills.length, 1);
      const put = await running.control('PUT', 'credentials/openai', { apiKey: 'sk-another-one' });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      rig.upstream.always(answers());
      assert.equal(await credit(running), 200);
    });

    it('is asked again when the configuration is another one', async () => {
      const models = modelsOf(['one']);
      const running = await start(models);
      rig.upstream.always(quotaExceeded(402));
      assert.equal(await credit(running), 502);
      assert.equal(await credit(running), 502);
      assert.equal(rig.upstream.bills.length, 1);
      rig.upstream.always(answers());
      running.writeConfig(JSON.stringify(configFor(models, { retries: { pauseMs: 2 } })));
      for (let tries = 0; (await credit(running)) !== 200; tries += 1) {
        assert.ok(tries < 200, 'it stays out');
        await momentMs(25);
      }
    });
  });

  describe('that limits a storm of 200 clients', () => {
    let asks = 0;
    const storm = async (running: TestDaemon, clients = 200): Promise<readonly number[]> => {
      const responses = await Promise.all(
        Array.from({ length: clients }, (_, index) => {
          // A conversation stays with its model; these are all new ones.
          const messages = [{ role: 'user', content: `${ASK}, number ${++asks}` }];
          return postChat(running, { messages, stream: index % 2 === 0 });
        }),
      );
      await Promise.all(responses.map((response) => response.text()));
      return [...new Set(responses.map((response) => response.status))];
    };
    const limited = (): number => rig.upstream.billsOf('up-one').length;

    for (const [title, fault] of [
      ['429 without a time', status(429)],
      ['429 for a minute', status(429, { retryAfter: '60' })],
    ] as const) {
      it(`with ${title} leaves everybody served, and soon nobody asks it`, async function () {
        this.timeout(30_000);
        const clock = createVirtualClock();
        const running = await start(modelsOf(['one', 'two']), inOrder(['one', 'two']), clock);
        rig.upstream.forModel('up-one', fault);
        assert.deepEqual(await storm(running), [200]);
        const first = limited();
        assert.ok(first >= 1 && first <= 200, `${first} calls`);
        assert.deepEqual(await storm(running), [200]);
        assert.equal(limited(), first);
        console.log(`  200 clients, ${title}: ${first} calls of the first wave, none of the second`);
      });
    }

    it('is tried by one of them when its time is up', async function () {
      this.timeout(30_000);
      const clock = createVirtualClock();
      const running = await start(modelsOf(['one', 'two']), inOrder(['one', 'two']), clock);
      rig.upstream.forModel('up-one', status(429));
      await storm(running);
      await clock.advance(30_000);
      const before = limited();
      assert.deepEqual(await storm(running), [200]);
      assert.equal(limited() - before, 1);
    });

    it('has each of them told at once when nobody else can answer, and no SDK comes back', async function () {
      this.timeout(30_000);
      const running = await start(modelsOf(['one']));
      rig.upstream.always(status(429, { retryAfter: '60' }));
      await storm(running);
      const before = rig.upstream.bills.length;
      const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: running.token });
      const failed = await Promise.allSettled(
        Array.from({ length: 200 }, () =>
          client.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: ASK }] }),
        ),
      );
      assert.ok(failed.every(({ status: ended }) => ended === 'rejected'));
      assert.equal(rig.upstream.bills.length, before);
      assert.equal((await running.exchanges()).length, 400);
    });
  });

  describe('[A30] that sends a Retry-After', () => {
    const FORMS: readonly (readonly [string, () => Parameters<typeof status>[1], 'waits' | 'stays away'])[] =
      [
        ['of one second', () => ({ retryAfter: '1' }), 'waits'],
        ['in milliseconds', () => ({ retryAfterMs: '20' }), 'waits'],
        ['of no time', () => ({ retryAfter: '0' }), 'waits'],
        ['of less than no time', () => ({ retryAfter: '-5' }), 'waits'],
        ['that has passed', () => ({ retryAfter: httpDateIn(-60) }), 'waits'],
        ['of a minute', () => ({ retryAfter: '60' }), 'stays away'],
        ['as a date in a minute', () => ({ retryAfter: httpDateIn(60) }), 'stays away'],
        ['without sense', () => ({ retryAfter: '1e9' }), 'waits'],
        ['of thirty years', () => ({ retryAfter: '1000000000' }), 'stays away'],
      ];
    for (const [title, options, expected] of FORMS) {
      it(`${title}: ${expected}`, async () => {
        const running = await start(modelsOf(['one']));
        rig.upstream.always(answers());
        rig.upstream.next('up-one', status(429, options()));
        const response = await postChat(running);
        await response.text();
        if (expected === 'waits') {
          assert.equal(response.status, 200);
          assert.equal(rig.upstream.bills.length, 2);
          return;
        }
        assert.equal(response.status, 429);
        const toldS = Number(response.headers.get('retry-after'));
        assert.ok(toldS > 50 && toldS <= 3600, `${toldS} s`);
        assert.equal((await postChat(running)).status, 503);
        assert.equal(rig.upstream.bills.length, 1, 'it is known to be limited');
      });
    }
  });
});

function momentMs(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
