// Negative probes against a real server: what the guard decides, seen from the wire, and what never reaches the guard.
// Every refused request must be refused before the request path hears of it.

import assert from 'node:assert/strict';

import type { FrontDoor } from '../../../support/front-door.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, openFrontDoor } from '../../../support/front-door.ts';
import { openRaw, requestText, sendRaw } from '../../../support/raw-http.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

interface Probe {
  readonly name: string;
  /** {PORT} stands for the port of the server. */
  readonly line?: string;
  /** Laid over a request that would be served. */
  readonly headers?: Headers;
  readonly without?: readonly string[];
  readonly body?: string;
  readonly raw?: string;
  readonly status: number;
  readonly shape?: 'openai' | 'anthropic' | 'gemini' | 'ollama' | 'control';
}

const BODY = '{"model":"auto"}';
const CHAT = 'POST /v1/chat/completions';
const REBOUND = { Host: 'rebound.example:{PORT}' };

const PROBES: readonly Probe[] = [
  { name: '[A6] no key', without: ['Authorization'], status: 401 },
  {
    name: '[A6] a provider key instead of the own key',
    headers: { Authorization: 'Bearer sk-live-1' },
    status: 401,
  },
  { name: '[A6] an empty bearer', headers: { Authorization: 'Bearer' }, status: 401 },
  {
    name: 'the key in the query',
    line: `${CHAT}?key=${CLIENT_TOKEN}`,
    without: ['Authorization'],
    status: 401,
  },
  {
    name: 'a wrong key in the path',
    line: 'POST /k/nope/v1/chat/completions',
    without: ['Authorization'],
    status: 401,
  },
  {
    name: 'the admin token in the path',
    line: `POST /k/${ADMIN_TOKEN}/v1/chat/completions`,
    without: ['Authorization'],
    status: 401,
  },
  { name: 'a rebound host', headers: REBOUND, status: 403 },
  { name: 'a rebound host without a key', headers: REBOUND, without: ['Authorization'], status: 403 },
  {
    name: 'a rebound host on an open path',
    line: 'GET /healthz',
    headers: REBOUND,
    status: 403,
    shape: 'control',
  },
  { name: 'the right host with another port', headers: { Host: '127.0.0.1:1' }, status: 403 },
  { name: 'two hosts', headers: { Host: ['127.0.0.1:{PORT}', 'evil.example'] }, status: 400 },
  { name: 'two equal hosts', headers: { Host: ['127.0.0.1:{PORT}', '127.0.0.1:{PORT}'] }, status: 400 },
  { name: 'no host', without: ['Host'], status: 400, shape: 'control' },
  {
    name: 'HTTP/1.0 without a host',
    raw: `GET /v1/models HTTP/1.0\r\nx-api-key: ${CLIENT_TOKEN}\r\n\r\n`,
    status: 400,
  },
  {
    name: 'an absolute target',
    line: 'POST http://127.0.0.1:{PORT}/v1/chat/completions',
    status: 421,
    shape: 'control',
  },
  { name: 'an absolute target elsewhere', line: 'GET http://evil.example/', status: 421, shape: 'control' },
  { name: 'a foreign origin', headers: { Origin: 'https://evil.example' }, status: 403 },
  { name: 'the own origin', headers: { Origin: 'http://127.0.0.1:{PORT}' }, status: 403 },
  { name: 'the origin null', headers: { Origin: 'null' }, status: 403 },
  {
    name: 'an origin on an open path',
    line: 'GET /',
    headers: { Origin: 'https://evil.example' },
    status: 403,
    shape: 'control',
  },
  {
    name: 'a preflight',
    line: 'OPTIONS /v1/chat/completions',
    headers: { 'Access-Control-Request-Method': 'POST' },
    status: 403,
  },
  {
    name: 'a preflight with an origin',
    line: 'OPTIONS /v1/chat/completions',
    headers: { Origin: 'https://evil.example' },
    status: 403,
  },
  { name: 'a cross-site fetch', headers: { 'Sec-Fetch-Site': 'cross-site' }, status: 403 },
  { name: 'a same-site fetch', headers: { 'Sec-Fetch-Site': 'same-site' }, status: 403 },
  { name: 'a text/plain post', headers: { 'Content-Type': 'text/plain' }, status: 415 },
  { name: 'a form post', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, status: 415 },
  { name: 'a multipart post', headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, status: 415 },
  { name: 'a post without a type', without: ['Content-Type'], status: 415 },
  { name: 'an unknown content-encoding', headers: { 'Content-Encoding': 'compress' }, status: 415 },
  { name: 'stacked content-encodings', headers: { 'Content-Encoding': 'gzip, gzip' }, status: 415 },
  { name: 'a body that is not gzip', headers: { 'Content-Encoding': 'gzip' }, status: 400 },
  {
    name: 'the client token on the control API',
    line: 'GET /pointsman/v1/status',
    status: 403,
    shape: 'control',
  },
  {
    name: 'no token on the control API',
    line: 'GET /pointsman/v1/status',
    without: ['Authorization'],
    status: 401,
    shape: 'control',
  },
  {
    name: 'the control API under /k/',
    line: `GET /k/${CLIENT_TOKEN}/pointsman/v1/status`,
    status: 403,
    shape: 'control',
  },
  { name: 'the control API by dot segments', line: 'GET /v1/../pointsman/v1/status', status: 404 },
  {
    name: 'the control API by a percent-encoded letter',
    line: 'GET /%70ointsman/v1/status',
    status: 404,
    shape: 'control',
  },
  {
    name: 'the control API by a double slash',
    line: 'GET //pointsman/v1/status',
    status: 404,
    shape: 'control',
  },
  { name: 'an unknown wire path', line: 'POST /v1/nothing', status: 404 },
  {
    name: 'the Anthropic path before its dialect is served',
    line: 'POST /v1/messages?beta=true',
    status: 404,
    shape: 'anthropic',
  },
  {
    name: 'the token count before its dialect is served',
    line: 'POST /v1/messages/count_tokens',
    status: 404,
    shape: 'anthropic',
  },
  { name: 'the Responses path before its dialect is served', line: 'POST /v1/responses', status: 404 },
  { name: 'the Gemini path', line: 'POST /v1beta/models/auto:generateContent', status: 404, shape: 'gemini' },
  { name: 'the Ollama path', line: 'POST /api/chat', status: 404, shape: 'ollama' },
  {
    name: 'the Anthropic path without a key',
    line: 'POST /v1/messages',
    without: ['Authorization'],
    status: 401,
    shape: 'anthropic',
  },
  {
    name: 'the Gemini path without a key',
    line: 'POST /v1beta/models/auto:generateContent',
    without: ['Authorization'],
    status: 401,
    shape: 'gemini',
  },
  { name: 'a wrong method', line: 'GET /v1/chat/completions', status: 405 },
  { name: 'TRACE', line: 'TRACE /v1/chat/completions', status: 405 },
  { name: 'a body announced too large', headers: { 'Content-Length': '99999999' }, body: '', status: 413 },
  {
    name: 'content-length beside transfer-encoding',
    headers: { 'Transfer-Encoding': 'chunked' },
    status: 400,
    shape: 'control',
  },
  { name: 'two content-lengths', headers: { 'Content-Length': ['16', '17'] }, status: 400, shape: 'control' },
  { name: 'a negative content-length', headers: { 'Content-Length': '-1' }, status: 400, shape: 'control' },
  {
    name: 'an unknown transfer-encoding',
    headers: { 'Transfer-Encoding': 'gzip' },
    without: ['Content-Length'],
    status: 400,
    shape: 'control',
  },
  {
    name: 'a header line without a colon',
    raw: 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nbroken\r\n\r\n',
    status: 400,
    shape: 'control',
  },
  { name: 'a NUL in a header', headers: { 'X-Bad': 'a\0b' }, status: 400, shape: 'control' },
  { name: 'a folded header', headers: { 'X-Bad': 'a\r\n b' }, status: 400, shape: 'control' },
  {
    name: 'a bare line feed between headers',
    raw: 'GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n',
    status: 400,
    shape: 'control',
  },
  {
    name: 'a space before the colon',
    raw: 'GET /healthz HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n',
    status: 400,
    shape: 'control',
  },
  { name: 'headers beyond 16 KiB', headers: { 'X-Big': 'a'.repeat(20_000) }, status: 431, shape: 'control' },
  {
    name: 'a TLS hello',
    raw: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    status: 400,
    shape: 'control',
  },
  {
    name: 'HTTP/2 by prior knowledge',
    raw: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    status: 400,
    shape: 'control',
  },
  { name: 'an upgrade on a wire path', line: 'GET /v1/responses', headers: websocketHeaders(), status: 404 },
  {
    name: 'an event socket without a token',
    line: 'GET /pointsman/v1/events',
    headers: websocketHeaders(),
    without: ['Authorization'],
    status: 401,
    shape: 'control',
  },
  {
    name: 'an event socket with the client token',
    line: 'GET /pointsman/v1/events',
    headers: websocketHeaders(),
    status: 403,
    shape: 'control',
  },
  {
    name: 'an event socket from a page',
    line: 'GET /pointsman/v1/events',
    headers: { ...websocketHeaders(), Origin: 'https://evil.example' },
    status: 403,
    shape: 'control',
  },
  {
    name: 'an event socket for a rebound host',
    line: 'GET /pointsman/v1/events',
    headers: { ...websocketHeaders(), ...REBOUND },
    status: 403,
    shape: 'control',
  },
];

const SHAPES: Readonly<Record<NonNullable<Probe['shape']>, (body: Record<string, unknown>) => unknown>> = {
  openai: ({ error }) => (error as Record<string, unknown>)['type'],
  anthropic: ({ type, error }) => type === 'error' && (error as Record<string, unknown>)['type'],
  gemini: ({ error }) => (error as Record<string, unknown>)['status'],
  ollama: ({ error }) => typeof error === 'string',
  control: ({ error }) => /^[a-z]+\.[a-z_]+$/.test(String((error as Record<string, unknown>)['code'])),
};

function websocketHeaders(): Readonly<Record<string, string>> {
  return {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
}

function textOf(probe: Probe, port: number): string {
  const body = probe.body ?? BODY;
  const headers: Record<string, string | readonly string[]> = {
    Host: '127.0.0.1:{PORT}',
    Authorization: `Bearer ${CLIENT_TOKEN}`,
    'Content-Type': 'application/json',
    'Content-Length': String(BODY.length),
    ...probe.headers,
  };
  for (const name of probe.without ?? []) delete headers[name];
  const text = probe.raw ?? requestText(probe.line ?? CHAT, headers, body);
  return text.replaceAll('{PORT}', String(port));
}

describe('the front door refuses', () => {
  let door: FrontDoor;
  let served = 0;

  before(async () => {
    door = await openFrontDoor({
      serveExchange: async (_, client) => {
        served += 1;
        client.commit(200, {});
        client.end();
      },
      answerCall: () => {
        served += 1;
        return { statusCode: 200, body: {} };
      },
      upgrades: new Map([
        [
          '/pointsman/v1/events',
          ({ socket }) => {
            served += 1;
            socket.destroy();
          },
        ],
      ]),
    });
  });
  after(() => door.server.close(0));
  beforeEach(() => {
    served = 0;
  });

  for (const probe of PROBES) {
    it(`${probe.name} with ${probe.status}`, async () => {
      const answer = await sendRaw(door.port, textOf(probe, door.port));
      assert.equal(answer.statusCode, probe.status, answer.body);
      assert.equal(served, 0);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      for (const name of answer.headers.keys()) assert.ok(!name.startsWith('access-control-'), name);
      if (probe.status === 405) assert.equal(answer.headers.get('allow'), 'POST');
      const body = JSON.parse(answer.body) as Record<string, unknown>;
      if (probe.raw === undefined) assert.ok(SHAPES[probe.shape ?? 'openai'](body), answer.body);
      assert.doesNotMatch(answer.body, /sk-live|test-admin-token|test-client-token|node_modules| at /);
    });
  }

  it('nothing that is in order', async () => {
    const answer = await sendRaw(
      door.port,
      textOf({ name: '', headers: { Connection: 'close' }, status: 200 }, door.port),
    );
    assert.equal(answer.statusCode, 200);
    assert.equal(served, 1);
  });

  it('a CONNECT by closing the connection', async () => {
    const connection = await openRaw(door.port);
    connection.send(`CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`);
    assert.equal(await connection.closed(), '');
  });

  it('to go on with a connection after a framing error', async () => {
    const connection = await openRaw(door.port);
    const smuggled = textOf(
      { name: '', headers: { 'Transfer-Encoding': 'chunked' }, status: 400 },
      door.port,
    );
    connection.send(smuggled + textOf({ name: '', status: 200 }, door.port));
    const text = await connection.closed();
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1);
    assert.equal(served, 0);
  });

  it('a chunk extension flood', async () => {
    const connection = await openRaw(door.port);
    const head = textOf(
      {
        name: '',
        headers: { 'Transfer-Encoding': 'chunked' },
        without: ['Content-Length'],
        body: '',
        status: 413,
      },
      door.port,
    );
    connection.send(`${head}1;${'a'.repeat(40_000)}\r\nx\r\n`);
    assert.match(await connection.closed(), /^HTTP\/1\.1 4\d\d /);
    assert.equal(served, 0);
  });
});
