// A hostile client and a hostile provider: keys stay with the provider they belong to, and nothing of a provider's HTTP
// reaches the client's (checklist C).

import assert from 'node:assert/strict';
import {
  chatBody,
  chatFrames,
  json,
  redirect,
  sse,
  startFakeUpstream,
  status,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { ensureBundle, spawnDaemon } from '../support/daemon-process.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeFileSync } from 'node:fs';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';

type Json = Record<string, unknown>;

const KEY = 'sk-probe-0123456789abcdefghijklmnop';
const ENVIRONMENT = { PROBE_KEY: KEY };
const MESSAGES = [{ role: 'user', content: 'say something' }];

/** The two client dialects that the body of one provider is made for: passed on, and translated. */
const CLIENTS = [
  ['/v1/chat/completions', { model: 'auto', messages: MESSAGES }],
  ['/v1/messages', { model: 'auto', max_tokens: 50, messages: MESSAGES }],
] as const;

function withKey(config: RouterConfigInput): RouterConfigInput {
  const providers = Object.entries(config.providers ?? {}).map(([name, provider]) => [
    name,
    { ...provider, apiKey: { env: 'PROBE_KEY' } },
  ]);
  return { ...config, providers: Object.fromEntries(providers) as RouterConfigInput['providers'] };
}

describe('a client that names another place for its request', () => {
  let upstream: FakeUpstream;
  let attacker: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    [upstream, attacker] = await Promise.all([startFakeUpstream(), startFakeUpstream()]);
    const config = withKey(configFor([{ id: 'only', baseUrl: upstream.baseUrl }]));
    daemon = await runDaemon({ config, environment: ENVIRONMENT });
  });
  after(async () => {
    await daemon.stop();
    await Promise.all([upstream.close(), attacker.close()]);
  });

  const places = (origin: string): Json => ({
    ...Object.fromEntries(
      ['api_base', 'base_url', 'baseURL', 'baseUrl', 'api_url', 'endpoint', 'host', 'url', 'proxy'].map(
        (name) => [name, origin],
      ),
    ),
    api_key: 'sk-of-the-attacker-000000000000',
    apiKey: 'sk-of-the-attacker-000000000000',
    headers: { host: origin, authorization: 'Bearer x' },
    extra_headers: { 'x-evil': '1' },
    metadata: { api_base: origin },
    litellm_params: { api_base: origin },
    provider: { order: ['attacker'], base_url: origin },
  });

  for (const [path, body] of CLIENTS) {
    it(`${path}: has no effect by members of the body`, async () => {
      const response = await daemon.post(path, { ...body, ...places(attacker.origin) });
      assert.equal(response.status, 200);
      await response.text();
      const { headers } = upstream.requests.at(-1) ?? {};
      assert.equal(headers?.authorization, `Bearer ${KEY}`);
      assert.equal(headers?.['x-evil'], undefined);
      assert.equal(attacker.connections(), 0);
    });

    it(`${path}: has no effect by headers or the query, and its own credentials stay here`, async () => {
      const { host } = new URL(attacker.origin);
      const sent = {
        'x-forwarded-host': host,
        'x-forwarded-for': '203.0.113.9',
        forwarded: `host=${host}`,
        'x-base-url': attacker.origin,
        'x-upstream': attacker.origin,
        'x-pointsman-provider': attacker.origin,
        'proxy-authorization': 'Basic eDp5',
        cookie: 'session=1',
        referer: attacker.origin,
        'x-api-key': 'sk-of-the-client-0000000000000000',
      };
      const response = await daemon.post(
        `${path}?api_base=${attacker.origin}&base_url=${attacker.origin}`,
        body,
        sent,
      );
      assert.equal(response.status, 200);
      await response.text();
      const seen = upstream.requests.at(-1);
      for (const name of Object.keys(sent)) assert.equal(seen?.headers[name], undefined, name);
      assert.equal(seen?.path, '/v1/chat/completions');
      assert.equal(JSON.stringify(seen?.headers).includes(daemon.token), false);
      assert.equal(attacker.connections(), 0);
    });
  }

  it('never makes the daemon fetch a picture or a file: its address goes on to the provider, or is refused', async () => {
    const url = `${attacker.origin}/picture.png`;
    const inChat = [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: 'what is this?' },
    ];
    const inMessages = [
      { type: 'image', source: { type: 'url', url } },
      { type: 'document', source: { type: 'url', url } },
      { type: 'text', text: 'what is this?' },
    ];
    const parts = [{ fileData: { mimeType: 'image/png', fileUri: url } }, { text: 'what is this?' }];
    for (const [path, body] of [
      ['/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content: inChat }] }],
      ['/v1/messages', { model: 'auto', max_tokens: 9, messages: [{ role: 'user', content: inMessages }] }],
      ['/v1beta/models/auto:generateContent', { contents: [{ role: 'user', parts }] }],
    ] as const) {
      const response = await daemon.post(path, body);
      await response.text();
      assert.ok(response.status === 200 || response.status === 400, `${path}: ${response.status}`);
      assert.equal(attacker.connections(), 0);
    }
  });

  it('finds no more records by words of SQL', async () => {
    const words = encodeURIComponent("x' OR '1'='1");
    for (const route of [`exchanges/${words}`, `totals?groupBy=${words}`, `exchanges?before=${words}`]) {
      const { status: code } = await daemon.control('GET', route);
      assert.ok(code >= 400 && code < 500, `${route}: ${code}`);
    }
    const { status: code, body } = await daemon.control('GET', `exchanges?conversation=${words}`);
    assert.deepEqual([code, (body as { exchanges: unknown[] }).exchanges], [200, []]);
  });

  it('cannot make a configuration whose key would go over the network in the clear', async () => {
    const config = withKey(configFor([{ id: 'only', baseUrl: 'http://api.example.com/v1' }]));
    const { status: code, body } = await daemon.control('PUT', 'config', config);
    assert.ok(code >= 400 && code < 500, `${code}`);
    assert.match(JSON.stringify(body), /https/);
  });

  for (const statusCode of [301, 302, 303, 307, 308]) {
    it(`is not helped by a provider that answers ${statusCode}: the key stays, and the client gets a sentence`, async () => {
      for (const location of [
        `${attacker.origin}/v1/chat/completions`,
        `${upstream.origin}/other`,
        '//evil.example/',
      ]) {
        upstream.next(
          redirect(location, statusCode),
          redirect(location, statusCode),
          redirect(location, statusCode),
        );
        const before = upstream.requests.length;
        const response = await daemon.post('/v1/chat/completions', CLIENTS[0][1]);
        const text = await response.text();
        assert.ok(response.status >= 500, `${response.status}`);
        assert.equal(response.headers.get('location'), null);
        assert.equal((JSON.parse(text) as { error: Json }).error['type'] !== undefined, true);
        assert.equal(text.includes(location), false);
        assert.equal(attacker.connections(), 0);
        assert.ok(
          upstream.requests.slice(before).every((request) => request.path === '/v1/chat/completions'),
        );
      }
    });
  }
});

const HOSTILE_HEADERS = {
  'set-cookie': 'session=stolen; Path=/',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-allow-private-network': 'true',
  location: 'https://evil.example/',
  refresh: '0; url=https://evil.example/',
  link: '<https://evil.example/>; rel=preload',
  'alt-svc': 'h2="evil.example:443"',
  'clear-site-data': '"*"',
  'content-security-policy': 'default-src *',
  'service-worker-allowed': '/',
  'strict-transport-security': 'max-age=1',
  'www-authenticate': 'Basic realm="give"',
  'x-pointsman-model': 'spoofed',
  'x-pointsman-cost-usd': '0',
  server: 'evil',
  via: '1.1 evil',
};

/** What an answer of ours may carry besides `x-pointsman-…`. */
const OUR_HEADERS =
  /^(?:x-pointsman-[a-z-]+|content-type|content-length|date|connection|keep-alive|transfer-encoding|cache-control|x-accel-buffering|x-content-type-options|x-should-retry|retry-after(?:-ms)?|request-id|x-request-id)$/;

describe('a provider that answers with headers of its own', () => {
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

  const answers = [
    ['a plain answer', json(chatBody('ok'), HOSTILE_HEADERS), false],
    ['a stream', sse(chatFrames('ok'), { headers: HOSTILE_HEADERS }), true],
    ['a refusal', status(400, { headers: HOSTILE_HEADERS }), false],
    ['a failure', status(500, { headers: HOSTILE_HEADERS }), false],
  ] as const;
  for (const [what, verb, stream] of answers) {
    for (const [path, body] of CLIENTS) {
      it(`${path}: has none of them in ${what}`, async () => {
        upstream.always(verb);
        const response = await daemon.post(path, { ...body, stream });
        await response.text();
        assert.deepEqual(
          [...response.headers.keys()].filter((name) => !OUR_HEADERS.test(name)),
          [],
        );
        assert.doesNotMatch(JSON.stringify([...response.headers]), /evil|stolen|spoofed/);
      });
    }
  }
});

describe('a provider whose certificate nobody vouches for', () => {
  const folder = temporaryFolder();

  for (const variable of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
    const how = Object.keys(variable).length === 0 ? '' : ', also with NODE_TLS_REJECT_UNAUTHORIZED=0';
    it(`is sent nothing${how}, and the client is told what is wrong`, async () => {
      ensureBundle();
      const upstream = await startFakeUpstream({ tls: true });
      const config = withKey(configFor([{ id: 'only', baseUrl: upstream.baseUrl }]));
      writeFileSync(folder.file('config.jsonc'), JSON.stringify(config), { mode: 0o600 });
      const daemon = await spawnDaemon({ home: folder.path, environment: { ...ENVIRONMENT, ...variable } });
      const response = await daemon.post('/v1/chat/completions', CLIENTS[0][1]);
      const answer = await response.text();
      await daemon.stop();
      assert.equal(upstream.requests.length, 0);
      await upstream.close();
      assert.equal(response.status, 502, answer);
      assert.match(answer, /certificate|TLS/i);
      assert.equal(answer.includes(KEY), false);
    });
  }
});
