// Configuration while the daemon runs: good edits apply at once, bad ones not at all, streams are never cut.

import assert from 'node:assert/strict';
import {
  chatFrames,
  slowHeaders,
  sse,
  startFakeUpstream,
  status,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

interface ConfigStatus {
  readonly profile: string;
  readonly models: readonly { readonly id: string }[];
  readonly config: { readonly valid: boolean; readonly error: string | null };
}

describe('config.jsonc', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function statusWhen(isThere: (status: ConfigStatus) => boolean): Promise<ConfigStatus> {
    for (;;) {
      const status = (await daemon.control('GET', 'status')).body as ConfigStatus;
      if (isThere(status)) return status;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }

  it('applies an edit without a restart', async () => {
    daemon.writeConfig(JSON.stringify(configFor([{ id: 'renamed', baseUrl: upstream.baseUrl }])));
    await statusWhen(({ models }) => models[0]?.id === 'renamed');
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.headers.get('x-pointsman-model'), 'renamed');
  });

  it('does not cut a running stream', async () => {
    upstream.next(sse(chatFrames('one two three four five six'), { pauseMs: 40 }));
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    });
    daemon.writeConfig(JSON.stringify(configFor([{ id: 'renamed', baseUrl: upstream.baseUrl }])));
    const text = await response.text();
    assert.match(text, /\[DONE\]/);
    await statusWhen(({ models }) => models[0]?.id === 'renamed');
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.responseModel, 'only');
  });

  it('does not move a request that has begun to another address', async () => {
    const elsewhere = await startFakeUpstream();
    upstream.next(slowHeaders(60, status(503)));
    const asked = daemon.post('/v1/chat/completions', {
      model: 'exact/only',
      messages: [{ role: 'user', content: 'x' }],
    });
    await upstream.waitForRequests(1);
    await daemon.control('PUT', 'config', configFor([{ id: 'only', baseUrl: elsewhere.baseUrl }]));
    assert.equal((await asked).status, 200);
    assert.equal(elsewhere.requests.length, 0);
    assert.equal(upstream.requests.length, 2);
    await elsewhere.close();
  });

  it('refuses a broken edit whole, names line and nearest key, and keeps the last good one', async () => {
    daemon.writeConfig('{\n  "profile": "quality",\n  "basline": "only"\n}');
    const { config, profile, models } = await statusWhen((status) => !status.config.valid);
    assert.match(config.error ?? '', /line 3|:3/);
    assert.match(config.error ?? '', /basline/);
    assert.match(config.error ?? '', /baseline/);
    assert.equal(profile, 'balanced');
    assert.equal(models[0]?.id, 'only');
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.status, 200);
  });

  it('is answered and replaced through the control API, and refused there with the same sentence', async () => {
    const bad = await daemon.control('PUT', 'config', { basline: 'only' });
    assert.equal(bad.status, 400);
    assert.match(JSON.stringify(bad.body), /baseline/);
    const good = await daemon.control('PUT', 'config', {
      ...configFor([{ id: 'only', baseUrl: upstream.baseUrl }]),
      profile: 'budget',
    });
    assert.equal(good.status, 200);
    assert.equal((await statusWhen(() => true)).profile, 'budget');
  });

  it('never stops the daemon from starting, however broken', async () => {
    const broken = await runDaemon({ config: '{"port": "many", ' });
    const status = (await broken.control('GET', 'status')).body as ConfigStatus;
    assert.equal(status.config.valid, false);
    assert.ok((status.config.error ?? '').length > 10);
    await broken.stop();
  });
});
