// What a record says would flip its decision can be checked by anybody: send its own patch back.

import assert from 'node:assert/strict';
import type { Decision, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

describe('POST explain with a stored exchange', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let record: ExchangeRecord;

  before(async () => {
    upstream = await startFakeUpstream();
    const { baseUrl } = upstream;
    const config = configFor([
      { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
      { id: 'middle', baseUrl, tier: 'moderate', inputUsdPerMtok: 1, outputUsdPerMtok: 4 },
      { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
    ]);
    daemon = await runDaemon({ config });
    const answer = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'Say hello' }],
    });
    await answer.text();
    const [found] = await daemon.waitForExchanges(1);
    record = await daemon.exchange(found?.exchangeId ?? '');
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('answers with the model that the record says it would flip to, for each flip [C5]', async () => {
    const flips = record.decision?.wouldFlip ?? [];
    assert.ok(flips.length > 0);
    for (const { change, to, patch } of flips) {
      const { status, body } = await daemon.control('POST', 'explain', {
        exchangeId: record.exchangeId,
        patch,
      });
      assert.equal(status, 200, change);
      assert.equal((body as Decision).chosen, to, change);
      assert.notEqual((body as Decision).chosen, record.decision?.chosen);
    }
  });

  it('still plans with the models and prices of then after they have changed', async () => {
    const { chosen } = record.decision ?? assert.fail('no decision');
    const other = configFor([{ id: 'other', baseUrl: upstream.baseUrl }]);
    assert.equal((await daemon.control('PUT', 'config', other)).status, 200);
    const { body } = await daemon.control('POST', 'explain', { exchangeId: record.exchangeId, patch: {} });
    assert.equal((body as Decision).chosen, chosen);
    assert.match((body as Decision).notes.join('\n'), /stored models and prices/);
  });

  it('answers 404 for an exchange nobody knows and 400 for a patch that does not fit', async () => {
    const unknown = await daemon.control('POST', 'explain', { exchangeId: 'x_nobody', patch: {} });
    assert.equal(unknown.status, 404);
    const wrong = await daemon.control('POST', 'explain', {
      exchangeId: record.exchangeId,
      patch: { inputTokens: 'many' },
    });
    assert.equal(wrong.status, 400);
    assert.match(JSON.stringify(wrong.body), /input\.inputTokens/);
  });
});
