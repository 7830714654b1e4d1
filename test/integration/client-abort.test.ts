// A client that goes away is nobody's failure: the upstream stops at once, the books say `cancelled`, health is untouched.

import assert from 'node:assert/strict';
import { chatFrames, stall, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const LONGEST_ABORT_MS = 100;

describe('a client that leaves', () => {
  let upstream: FakeUpstream;
  let spare: FakeUpstream;
  let daemon: TestDaemon;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    spare = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor([
        { id: 'first', baseUrl: upstream.baseUrl },
        { id: 'second', baseUrl: spare.baseUrl, tier: 'complex', inputUsdPerMtok: 5 },
      ]),
    });
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
    await spare.close();
  });

  it('in mid-stream stops the upstream within 100 ms and leaves a row with partial usage', async () => {
    upstream.always(
      stall({ frames: chatFrames('these words were read before the client left').slice(0, 6) }),
    );
    const abort = new AbortController();
    const stream = await daemon
      .openai()
      .chat.completions.create(
        { model: 'auto', messages: [{ role: 'user', content: 'tell me' }], stream: true },
        { signal: abort.signal },
      );
    let pieces = 0;
    try {
      for await (const chunk of stream) {
        if ((chunk.choices[0]?.delta.content ?? '') !== '') pieces += 1;
        if (pieces === 5) break;
      }
    } finally {
      abort.abort();
    }
    const leftMs = performance.now();
    await upstream.waitForAbort(1);
    assert.ok(performance.now() - leftMs < LONGEST_ABORT_MS);
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.status, 'cancelled');
    assert.equal(record?.errorType, 'client.closed');
    assert.equal(record?.usageSource, 'estimated');
    assert.ok((record?.usage?.outputTokens ?? 0) > 0);
    assert.ok((record?.costUsd ?? 0) > 0);
  });

  for (const isStream of [true, false]) {
    it(`before the first word (${isStream ? 'streamed' : 'plain'}) stops the upstream and asks nobody else`, async () => {
      upstream.always(stall('request'));
      const abort = new AbortController();
      const asked = fetch(`${daemon.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', stream: isStream, messages: [{ role: 'user', content: 'x' }] }),
        signal: abort.signal,
      });
      await upstream.waitForRequests(1);
      abort.abort();
      const leftMs = performance.now();
      await assert.rejects(asked);
      await upstream.waitForAbort(1);
      assert.ok(performance.now() - leftMs < LONGEST_ABORT_MS);
      const [record] = await daemon.waitForExchanges(1);
      assert.equal(record?.status, 'cancelled');
      assert.equal(spare.requests.length, 0);
      const { body } = await daemon.control('GET', 'status');
      const { models } = body as { models: { health: string }[] };
      assert.deepEqual(
        models.map((model) => model.health),
        ['ok', 'ok'],
      );
    });
  }
});
