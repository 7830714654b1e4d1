// Whatever is sent, the client gets a 4xx in its own dialect with a sentence that says what to do, and the daemon lives.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const OK_MESSAGES = [{ role: 'user', content: 'hello' }];

interface BadInput {
  readonly name: string;
  readonly body: string;
  readonly status: number;
  /** What the sentence must say. */
  readonly says: RegExp;
}

function withField(name: string, value: unknown): string {
  return JSON.stringify({ model: 'auto', messages: OK_MESSAGES, [name]: value });
}

/** A wrong value of a wrong type for every field that is read. */
const WRONG_TYPES: readonly (readonly [field: string, value: unknown])[] = [
  ['model', 7],
  ['model', ['auto']],
  ['messages', 'hello'],
  ['messages', { role: 'user' }],
  ['messages', []],
  ['messages', ['hello']],
  ['messages', [null]],
  ['messages', [{ content: 'no role' }]],
  ['messages', [{ role: 'wizard', content: 'x' }]],
  ['messages', [{ role: 'user', content: 7 }]],
  ['stream', 'yes'],
  ['max_tokens', 'many'],
  ['max_tokens', -1],
  ['max_completion_tokens', {}],
  ['tools', 'all'],
  ['tools', [7]],
  ['n', 'two'],
  ['n', 0],
  ['response_format', 'json'],
  ['stream_options', true],
  ['temperature', 'hot'],
];

const BAD: readonly BadInput[] = [
  { name: 'no body', body: '', status: 400, says: /empty/ },
  { name: 'text that is no JSON', body: 'hello', status: 400, says: /JSON/ },
  { name: 'half a body', body: '{"model":"auto","messages":[', status: 400, says: /JSON|end/ },
  { name: 'an array', body: '[]', status: 400, says: /object/ },
  { name: 'a number', body: '42', status: 400, says: /object/ },
  { name: 'no messages', body: '{"model":"auto"}', status: 400, says: /messages/ },
  { name: 'a depth bomb', body: `{"a":${'['.repeat(200_000)}`, status: 400, says: /deep|nest/ },
  {
    name: 'a closed depth bomb',
    body: `{"model":"auto","messages":[{"role":"user","content":"x"}],"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    status: 400,
    says: /deep|nest/,
  },
  ...WRONG_TYPES.map(([field, value]) => ({
    name: `${field} = ${JSON.stringify(value)}`,
    body: withField(field, value),
    status: 400,
    says: new RegExp(field),
  })),
];

describe('bad input', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  for (const { name, body, status, says } of BAD) {
    it(`${name} is refused with ${status} and a sentence`, async () => {
      const before = upstream.requests.length;
      const response = await daemon.post('/v1/chat/completions', body);
      assert.equal(response.status, status);
      const { error } = (await response.json()) as { error: { message: string; type: string } };
      assert.match(error.message, says);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(upstream.requests.length, before, 'nothing went upstream');
    });
  }

  it('a model name that is a text is refused and kept nowhere', async () => {
    const response = await daemon.post('/v1/chat/completions', {
      model: 'tell me a story '.repeat(1000),
      messages: OK_MESSAGES,
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /model is longer than 256 characters/);
    assert.equal(JSON.stringify(await daemon.exchanges()).includes('tell me a story'), false);
  });

  it('a body of 40 MB is refused with 413 before all of it was read', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(daemon.url);
      const socket = connect(Number(port), hostname);
      const size = 40 * 1024 * 1024;
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${daemon.token}\r\n` +
          `content-type: application/json\r\ncontent-length: ${size}\r\n\r\n`,
      );
      socket.write(Buffer.alloc(64 * 1024, 0x20));
      let text = '';
      socket.on('data', (data) => {
        text += data.toString();
        if (text.includes('\r\n\r\n') && text.includes('}}')) socket.destroy();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /maxBodyBytes|32/);
  });

  it('unknown fields are no mistake: they pass on', async () => {
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: OK_MESSAGES,
      x_new_feature: { on: true },
    });
    assert.equal(response.status, 200);
    assert.deepEqual(upstream.requests.at(-1)?.json?.['x_new_feature'], { on: true });
  });

  for (const name of ['__proto__', 'toString', 'constructor', '', ' ']) {
    it(`the model name ${JSON.stringify(name)} is nobody's and harmless`, async () => {
      const text = `{"model":${JSON.stringify(name)},"messages":[{"role":"user","content":"x"}]}`;
      const response = await daemon.post('/v1/chat/completions', text);
      assert.equal(response.status, 200);
    });
  }

  for (const [header, value] of [
    ['x-pointsman-profile', 'cheap'],
    ['x-pointsman-max-cost-usd', 'a lot'],
    ['x-pointsman-cache', 'perhaps'],
    ['x-pointsman-metadata', 'footer'],
  ] as const) {
    it(`the header ${header}: ${value} is refused by name`, async () => {
      const response = await daemon.post(
        '/v1/chat/completions',
        { model: 'auto', messages: OK_MESSAGES },
        { [header]: value },
      );
      assert.equal(response.status, 400);
      assert.match(await response.text(), new RegExp(header));
    });
  }

  it('a refused request leaves a record with its error', async () => {
    const { exchanges } = { exchanges: await daemon.exchanges() };
    const refused = exchanges.filter((record) => record.errorType === 'request.malformed');
    assert.ok(refused.length >= BAD.length);
    assert.ok(refused.every((record) => record.status === 'error' && record.attempts.length === 0));
  });

  it('leaves the daemon alive and answering', async () => {
    const completion = await daemon
      .openai()
      .chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'x' }] });
    assert.equal(completion.choices[0]?.message.content, 'ok');
  });
});

describe('a daemon without any provider', () => {
  it('starts, and answers requests with a clear error in their dialect', async () => {
    const daemon = await runDaemon();
    const response = await daemon.post('/v1/chat/completions', { model: 'auto', messages: OK_MESSAGES });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('x-should-retry'), 'false');
    const { error } = (await response.json()) as { error: { message: string } };
    assert.match(error.message, /OPENAI_API_KEY|provider/);
    await daemon.stop();
  });
});
