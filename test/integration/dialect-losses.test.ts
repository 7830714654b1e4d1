// What a client asked for and the chosen model's dialect has no place for: either a model is taken that has one, or the
// record says what was left out. And money that only one dialect tells of.

import assert from 'node:assert/strict';

import { json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const PDF = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQK' } as const;
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'up-reader',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
} as const;

describe('what a dialect has no place for', () => {
  let chat: FakeUpstream;
  let anthropic: FakeUpstream;
  let daemon: TestDaemon;

  beforeEach(async () => {
    chat = await startFakeUpstream();
    anthropic = await startFakeUpstream();
    const base = configFor([
      { id: 'cheap', baseUrl: chat.baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.2 },
      { id: 'reader', baseUrl: anthropic.origin, dialect: 'anthropic-messages', tier: 'complex' },
    ]);
    const models = base.models ?? {};
    const { reader } = models;
    assert.ok(reader?.price !== undefined);
    const price = {
      ...reader.price,
      inputUsdPerMtok: 4,
      outputUsdPerMtok: 20,
      cacheReadUsdPerMtok: 0.4,
      cacheWriteUsdPerMtok: 5,
      cacheWrite1hUsdPerMtok: 8,
    };
    daemon = await runDaemon({ config: { ...base, models: { ...models, reader: { ...reader, price } } } });
    anthropic.always(
      json({
        ...MESSAGE,
        usage: {
          input_tokens: 100,
          cache_read_input_tokens: 600,
          cache_creation_input_tokens: 300,
          cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
          output_tokens: 50,
        },
      }),
    );
  });

  afterEach(async () => {
    await daemon.stop();
    await chat.close();
    await anthropic.close();
  });

  const ask = (model: string, content: unknown, headers: Readonly<Record<string, string>> = {}) =>
    daemon.post('/v1/messages', { model, max_tokens: 50, messages: [{ role: 'user', content }] }, headers);

  it('a document goes to a model that can be sent it', async () => {
    await ask('auto', [
      { type: 'document', source: PDF },
      { type: 'text', text: 'hi, translate this' },
    ]);
    assert.equal(chat.requests.length, 0);
    assert.match(anthropic.requests[0]?.body.toString() ?? '', /JVBERi0xLjQK/);
    const [record] = await daemon.waitForExchanges(1);
    const { decision } = await daemon.exchange(record?.exchangeId ?? '');
    const cheap = decision?.candidates.find(({ model }) => model === 'cheap');
    assert.equal(cheap?.rejected, 'documents cannot be sent to it');
  });

  it('a document is left out, and named, where nobody else may answer', async () => {
    await ask('exact/cheap', [
      { type: 'document', source: PDF },
      { type: 'text', text: 'hi' },
    ]);
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.responseModel, 'cheap');
    assert.ok(
      record.warnings.some((warning) => warning.includes('document')),
      String(record.warnings),
    );
  });

  it('a text that only speaks of documents changes nothing', async () => {
    await ask('auto', 'hi, what is "type": "document" in a PDF?');
    assert.equal(chat.requests.length, 1);
  });

  it('a beta of the client is named where it is lost, and passed where it is not', async () => {
    const headers = { 'anthropic-beta': 'context-1m-2025-08-07' };
    await ask('exact/cheap', 'hi', headers);
    await ask('exact/reader', 'hi', headers);
    assert.equal(anthropic.requests[0]?.headers['anthropic-beta'], 'context-1m-2025-08-07');
    const [second, first] = await daemon.waitForExchanges(2);
    const names = (warnings: readonly string[]) => warnings.some((text) => text.includes('anthropic-beta'));
    assert.ok(names(first?.warnings ?? []));
    assert.ok(!names(second?.warnings ?? []));
  });

  it('[A37] tokens kept in the prompt cache for an hour cost what an hour costs', async () => {
    await ask('exact/reader', 'hi');
    const [record] = await daemon.waitForExchanges(1);
    const expectedUsd = (100 * 4 + 600 * 0.4 + 100 * 5 + 200 * 8 + 50 * 20) / 1e6;
    assert.ok(Math.abs((record?.costUsd ?? 0) - expectedUsd) < 1e-12, `${record?.costUsd}`);
  });
});
