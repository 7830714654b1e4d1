import assert from 'node:assert/strict';
import { ApiKey } from '../../../../daemon/catalog/api-key.ts';
import type { DialectId } from '../../../../daemon/protocol/vocabulary.ts';
import { requestHeaders, urlOf, type Connection } from '../../../../daemon/upstream/request-headers.ts';
import { AttemptError } from '../../../../daemon/upstream/transport-failure.ts';

function headersFor(given: {
  readonly dialect?: DialectId;
  readonly key?: string;
  readonly configured?: Readonly<Record<string, string>>;
  readonly client?: Readonly<Record<string, string>>;
  readonly clientDialect?: DialectId;
  readonly stream?: boolean;
}): Readonly<Record<string, string | undefined>> {
  const dialect = given.dialect ?? 'openai-chat';
  const connection: Connection = {
    name: 'p',
    dialect,
    baseUrl: 'https://example.com',
    headers: given.configured ?? {},
    apiKey: given.key === undefined ? null : new ApiKey(given.key),
  };
  const request = { dialect: given.clientDialect ?? dialect, stream: given.stream ?? false };
  const flat = requestHeaders(connection, request, new Map(Object.entries(given.client ?? {})));
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return Object.fromEntries(pairs);
}

describe('requestHeaders', () => {
  for (const dialect of ['openai-chat', 'openai-responses'] as const) {
    it(`sends the key of an ${dialect} provider as bearer`, () => {
      const headers = headersFor({ dialect, key: 'k' });
      assert.deepEqual([headers['authorization'], headers['x-api-key']], ['Bearer k', undefined]);
    });
  }

  it('sends the key of an Anthropic provider as x-api-key, with the version of the API', () => {
    const headers = headersFor({ dialect: 'anthropic-messages', key: 'k' });
    assert.deepEqual(
      [headers['x-api-key'], headers['authorization'], headers['anthropic-version']],
      ['k', undefined, '2023-06-01'],
    );
  });

  it('sends no key where there is none', () => {
    const headers = headersFor({});
    assert.deepEqual([headers['authorization'], headers['x-api-key']], [undefined, undefined]);
  });

  it('asks for what the client wants, unpacked', () => {
    assert.equal(headersFor({ stream: true })['accept'], 'text/event-stream');
    assert.equal(headersFor({ stream: false })['accept'], 'application/json');
    assert.equal(headersFor({})['accept-encoding'], 'identity');
  });

  it('passes on only the client headers that its provider understands', () => {
    const headers = headersFor({
      dialect: 'anthropic-messages',
      key: 'ours',
      client: {
        'anthropic-beta': 'tools-1',
        'anthropic-version': '2024-01-01',
        authorization: 'Bearer theirs',
        'x-api-key': 'theirs',
        cookie: 'a=b',
        'x-forwarded-for': '10.0.0.1',
        host: 'evil.example',
        'x-stainless-os': 'Linux',
      },
    });
    assert.deepEqual(Object.keys(headers).toSorted(), [
      'accept',
      'accept-encoding',
      'anthropic-beta',
      'anthropic-version',
      'content-type',
      'user-agent',
      'x-api-key',
    ]);
    assert.deepEqual(
      [headers['anthropic-beta'], headers['anthropic-version'], headers['x-api-key']],
      ['tools-1', '2024-01-01', 'ours'],
    );
  });

  it('passes no client header to a provider of another dialect', () => {
    const headers = headersFor({
      dialect: 'openai-chat',
      clientDialect: 'anthropic-messages',
      client: { 'openai-beta': 'x', 'anthropic-beta': 'y' },
    });
    assert.deepEqual([headers['openai-beta'], headers['anthropic-beta']], [undefined, undefined]);
  });

  for (const [title, value] of [
    ['line break', 'a\r\nx-evil: 1'],
    ['null byte', 'a\0b'],
    ['letter outside ASCII', 'ä'],
  ] as const) {
    it(`drops a client or configured header with a ${title}`, () => {
      const headers = headersFor({
        dialect: 'anthropic-messages',
        client: { 'anthropic-beta': value },
        configured: { 'x-team': value },
      });
      assert.deepEqual([headers['anthropic-beta'], headers['x-team']], [undefined, undefined]);
    });

    it(`refuses a key with a ${title}, and does not repeat it`, () => {
      assert.throws(
        () => headersFor({ key: `sk-1${value}` }),
        (error) =>
          error instanceof AttemptError &&
          error.failure.kind === 'auth' &&
          !error.message.includes('sk-1') &&
          error.message.includes('key of p'),
      );
    });
  }

  it('adds configured headers, which win over ours but not over the key', () => {
    const headers = headersFor({
      key: 'k',
      configured: { 'X-Title': 'me', 'User-Agent': 'mine', authorization: 'Bearer other' },
    });
    assert.deepEqual(
      [headers['x-title'], headers['user-agent'], headers['authorization']],
      ['me', 'mine', 'Bearer k'],
    );
  });

  it('lets the configuration set neither framing nor broken names', () => {
    const headers = headersFor({
      configured: { Host: 'evil', 'Content-Length': '1', 'Transfer-Encoding': 'chunked', 'a b': 'c' },
    });
    for (const name of ['host', 'content-length', 'transfer-encoding', 'a b']) {
      assert.equal(headers[name], undefined, name);
    }
  });
});

describe('upstream/request-headers urlOf', () => {
  for (const [baseUrl, path, expected] of [
    ['https://a.example', '/v1/messages', '/v1/messages'],
    ['https://a.example/', '/v1/messages', '/v1/messages'],
    ['https://a.example/v1', '/v1/messages', '/v1/messages'],
    ['https://a.example/v1/', '/v1/messages', '/v1/messages'],
    ['https://a.example/anthropic', '/v1/messages', '/anthropic/v1/messages'],
    ['https://a.example/v1', '/chat/completions', '/v1/chat/completions'],
    ['https://a.example/v1beta', '/models/m:generateContent', '/v1beta/models/m:generateContent'],
    ['https://a.example/v10', '/v1/messages', '/v10/v1/messages'],
  ] as const) {
    it(`puts ${path} below ${baseUrl} with one version`, () => {
      assert.deepEqual(urlOf({ baseUrl }, path), { origin: 'https://a.example', path: expected });
    });
  }
});
