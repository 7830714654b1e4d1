// Many clients at once against a limit, through whole daemons: it is passed by one request at most, however large the
// bills are, whoever leaves or fails, and nobody hangs. Seconds, so not among the fast tests.

import assert from 'node:assert/strict';
import type { BudgetConfig } from '../../daemon/config/schema.ts';
import type { BudgetState } from '../../daemon/protocol/control-api.ts';
import {
  chatBody,
  json,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const billed = (inputTokens: number, outputTokens: number): Verb =>
  json(chatBody('ok', { usage: { prompt_tokens: inputTokens, completion_tokens: outputTokens } }));

const SMALL_USD = 0.002;

describe('budgets under 50 clients at once', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(billed(1000, 500));
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  const start = async (
    budgets: readonly (Partial<BudgetConfig> & Pick<BudgetConfig, 'onReach'>)[],
    more: Parameters<typeof configFor>[1] = {},
  ): Promise<void> => {
    const config = configFor([{ id: 'small', baseUrl: upstream.baseUrl }], more);
    daemon = await runDaemon({
      config: { ...config, budgets: budgets.map((budget) => ({ scope: 'all', period: 'day', ...budget })) },
    });
  };
  const ask = (more: object = {}, signal: AbortSignal | null = null): Promise<Response> =>
    fetch(`${daemon.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'auto',
        messages: [{ role: 'user', content: `hello ${Math.random()}` }],
        ...more,
      }),
      signal,
    });
  const budgets = async (): Promise<readonly BudgetState[]> =>
    ((await daemon.control('GET', 'budgets')).body as { budgets: BudgetState[] }).budgets;
  const spentUsd = async (): Promise<number> => (await budgets())[0]?.spentUsd ?? Number.NaN;
  const hammer = async (count = 50, more: object = {}): Promise<number[]> =>
    await Promise.all(
      Array.from({ length: count }, async () => {
        const response = await ask(more);
        await response.arrayBuffer();
        return response.status;
      }),
    );

  for (const more of [{}, { max_tokens: 50 }]) {
    it(`[B10] pass a limit in USD by one request at most (${JSON.stringify(more)})`, async () => {
      await start([{ limitUsd: 0.011, onReach: 'block' }]);
      const statuses = await hammer(50, more);
      const spent = await spentUsd();
      assert.ok(spent >= 0.011 && spent <= 0.011 + SMALL_USD + 1e-9, `spent ${spent}`);
      assert.equal(statuses.filter((code) => code === 200).length, upstream.requests.length);
      assert.deepEqual(
        [...new Set(statuses)].toSorted((a, b) => a - b),
        [200, 429],
      );
    });
  }

  it('[B10] pass it by one request at most where bills are far above what the request can cost', async () => {
    await start([{ limitUsd: 0.5, onReach: 'block' }]);
    upstream.always(billed(90_000, 15_000)); // 0.12 USD for a prompt of five words
    await hammer(50, { max_tokens: 10 });
    const spent = await spentUsd();
    assert.ok(spent >= 0.5 && spent <= 0.5 + 0.12 + 1e-9, `spent ${spent}`);
  });

  it('[A52] pass a limit in tokens by one request at most', async () => {
    await start([{ limitTokens: 10_000, onReach: 'block' }]);
    await hammer(50, { max_tokens: 10 });
    assert.equal((await budgets())[0]?.spentTokens, 10_500);
  });

  it('[B10] pass it by one request at most where a model grades the asks, which is paid for as well', async () => {
    const classifier = { mode: 'model' as const, model: 'small', timeoutMs: 5000 };
    await start([{ limitUsd: 0.02, onReach: 'block' }], { classifier });
    upstream.always(({ request, ...context }) => {
      const isQuestion =
        request.json?.['max_tokens'] === 10 || request.json?.['max_completion_tokens'] === 10;
      const body = chatBody(isQuestion ? 'simple' : 'ok', {
        usage: { prompt_tokens: 1000, completion_tokens: 500 },
      });
      return json(body)({ request, ...context });
    });
    const statuses = await hammer();
    const spent = await spentUsd();
    const records = await daemon.exchanges();
    const graded = records.filter(({ classifierCostUsd }) => classifierCostUsd > 0);
    assert.ok(graded.length > 1 && statuses.includes(200), 'nothing was graded by a model');
    assert.ok(spent >= 0.02 && spent <= 0.02 + 2 * SMALL_USD + 1e-9, `spent ${spent}`);
    const booked = records.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    assert.ok(Math.abs(booked - spent) < 1e-9, `${booked} in the books, ${spent} counted`);
  });

  it('[B10] keep the smallest of several limits', async () => {
    await start([
      { limitUsd: 5, onReach: 'block' },
      { scope: 'client', limitUsd: 0.006, onReach: 'block' },
      { limitTokens: 1_000_000, onReach: 'block' },
    ]);
    await hammer();
    const spent = await spentUsd();
    assert.ok(spent >= 0.006 && spent <= 0.006 + SMALL_USD + 1e-9, `spent ${spent}`);
  });

  it('let them run side by side where there is room for all', async () => {
    await start([{ limitUsd: 1000, onReach: 'block' }]);
    upstream.always(stall('request'));
    const leaving = new AbortController();
    const asked = Array.from({ length: 50 }, () => ask({}, leaving.signal).catch(() => null));
    await upstream.waitForRequests(50);
    leaving.abort();
    await Promise.all(asked);
    await daemon.waitForExchanges(50);
  });

  it('[B10] go on when clients leave, those that run and those that wait', async () => {
    await start([{ limitUsd: 0.05, onReach: 'block' }]);
    upstream.next(stall('request'));
    const leaving = new AbortController();
    const left = Array.from({ length: 10 }, () => ask({}, leaving.signal).catch(() => null));
    await upstream.waitForRequests(1);
    const stayed = ask();
    leaving.abort();
    await Promise.all(left);
    assert.equal((await stayed).status, 200);
    const records = await daemon.waitForExchanges(11);
    assert.equal(records.filter((record) => record.status === 'ok').length, 1);
  });

  it('[B10] go on when attempts fail', async () => {
    await start([{ limitUsd: 0.005, onReach: 'block' }], { retries: { maxAttempts: 1, pauseMs: 1 } });
    upstream.next(...Array.from({ length: 5 }, () => status(400)));
    await hammer(20);
    const spent = await spentUsd();
    assert.ok(spent >= 0.005 && spent <= 0.005 + SMALL_USD + 1e-9, `spent ${spent}`);
  });
});
