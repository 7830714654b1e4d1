// What users say of an answer, through the whole daemon: the control API, the books, and a restart.

import assert from 'node:assert/strict';
import path from 'node:path';
import { openLedger } from '../../daemon/ledger/sqlite-ledger.ts';
import { loadOutcomes } from '../../daemon/pipeline/outcomes.ts';
import type { ExchangeBody, FeedbackBody } from '../../daemon/protocol/control-api.ts';
import type { OutcomeRecord } from '../../daemon/protocol/exchange-record.ts';
import { SuccessStatistics } from '../../daemon/route/success-statistics.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import { silentLog } from '../../daemon/util/log.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

describe('feedback', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    upstream = await startFakeUpstream();
    const { baseUrl } = upstream;
    daemon = await runDaemon({
      config: configFor([
        { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
        { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 4, outputUsdPerMtok: 20 },
      ]),
    });
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function ask(content: string, model = 'auto'): Promise<string> {
    const response = await daemon.post('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content }],
    });
    assert.equal(response.status, 200, await response.text());
    return response.headers.get('x-pointsman-exchange-id') ?? '';
  }

  /** What a daemon that starts now would find. */
  async function storedOutcomes(): Promise<readonly OutcomeRecord[]> {
    await daemon.totals(); // a reader: everything that waits is written
    const ledger = openLedger({
      path: path.join(daemon.home, 'ledger.db'),
      clock: systemClock,
      log: silentLog,
    });
    const { outcomes } = ledger.outcomes({ sinceAtMs: 0 });
    await ledger.close();
    return outcomes;
  }

  it('[A50] is kept with the exchange and shown with it', async () => {
    const exchangeId = await ask('Hi there!');
    const { status, body } = await daemon.control('POST', 'feedback', {
      exchangeId,
      verdict: 'bad',
      reason: 'too short',
    });
    assert.equal(status, 200);
    const { atMs, ...rest } = body as FeedbackBody;
    assert.deepEqual(rest, { exchangeId, verdict: 'bad', reason: 'too short', counted: true });
    const shown = (await daemon.exchange(exchangeId)) as ExchangeBody;
    assert.deepEqual(shown.feedback, { verdict: 'bad', reason: 'too short', atMs });
  });

  it('[A50] becomes an outcome of the model and the kind of ask, which outlives the daemon', async () => {
    const exchangeId = await ask('What is a monad?');
    await daemon.control('POST', 'feedback', { exchangeId, verdict: 'good' });
    const outcome = (await storedOutcomes()).find((one) => one.exchangeId === exchangeId);
    const record = await daemon.exchange(exchangeId);
    assert.equal(outcome?.kind, 'rated-good');
    assert.equal(outcome.model, record.responseModel);
    assert.equal(outcome.cohort, record.decision?.input?.evidence.cohort);
    assert.match(outcome.cohort, /^\w+\/short\/prose\/plain\/simple$/);
  });

  it('[A50] lets the last verdict count, once', async () => {
    const exchangeId = await ask('Name three colours.', 'exact/large');
    for (const verdict of ['good', 'good', 'bad']) {
      await daemon.control('POST', 'feedback', { exchangeId, verdict });
    }
    const outcomes = (await storedOutcomes()).filter((one) => one.exchangeId === exchangeId);
    assert.deepEqual(
      outcomes.map(({ kind, model, tier }) => ({ kind, model, tier })),
      [{ kind: 'rated-bad', model: 'large', tier: 'complex' }],
    );
  });

  it('[A50] gives the next process the evidence', async () => {
    const exchangeId = await ask('Say hello to Ann.');
    await daemon.control('POST', 'feedback', { exchangeId, verdict: 'bad' });
    const { decision, responseModel } = await daemon.exchange(exchangeId);
    await daemon.totals();
    const ledger = openLedger({
      path: path.join(daemon.home, 'ledger.db'),
      clock: systemClock,
      log: silentLog,
    });
    const statistics = new SuccessStatistics();
    await loadOutcomes({ ledger, statistics, nowMs: systemClock.now() });
    await ledger.close();
    const evidence = statistics.evidence(decision?.input?.evidence.cohort ?? '', systemClock.now());
    const counts = evidence.models[responseModel ?? ''];
    assert.ok((counts?.failures ?? 0) > 1.9, JSON.stringify(evidence));
  });

  it('answers 404 with a sentence to an exchange that nobody knows', async () => {
    const { status, body } = await daemon.control('POST', 'feedback', {
      exchangeId: 'x_none',
      verdict: 'good',
    });
    assert.equal(status, 404);
    assert.match((body as { error: { message: string } }).error.message, /no exchange with this id/);
  });

  for (const body of [
    {},
    { exchangeId: 'x_1', verdict: 'fine' },
    { exchangeId: 'x_1', verdict: 'good', reason: 'r'.repeat(501) },
    { exchangeId: 'x_1', verdict: 'good', mood: 'great' },
  ]) {
    it(`answers 400 with a sentence to ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const { status, body: answer } = await daemon.control('POST', 'feedback', body);
      assert.equal(status, 400);
      assert.ok((answer as { error: { message: string } }).error.message.length > 10);
    });
  }

  it('takes the admin token only', async () => {
    const response = await fetch(`${daemon.url}/pointsman/v1/feedback`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ exchangeId: 'x_1', verdict: 'good' }),
    });
    assert.ok(response.status === 401 || response.status === 403, String(response.status));
  });
});
