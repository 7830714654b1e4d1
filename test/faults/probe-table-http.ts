// How it is asked: broken framing, tricks with paths, header lines and bodies, and handshakes of WebSockets. Each is
// refused at the door, and no byte of it begins a second request.

import {
  CHAT,
  CHAT_BODY,
  probe,
  rawProbe,
  requestBytes,
  type Door,
  type Probe,
  type ProbeGroup,
} from './probe.ts';

const LONG = 20_000;

/** Headers of an honest request but for what frames its body. */
function unframed(door: Door, framing: readonly string[], body: string): string {
  return [
    `POST ${CHAT} HTTP/1.1`,
    `Host: 127.0.0.1:${door.port}`,
    `Authorization: Bearer ${door.client}`,
    'Content-Type: application/json',
    ...framing,
    '',
    body,
  ].join('\r\n');
}

/** A second request, hidden where a lax parser would begin to read it. */
function smuggled(door: Door): string {
  return `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nAuthorization: Bearer ${door.client}\r\n\r\n`;
}

const broken = (
  name: string,
  framing: readonly string[],
  body: (door: Door) => string = () => CHAT_BODY,
): Probe => rawProbe(name, 400, (door) => unframed(door, framing, body(door)));

const chunked = ['Transfer-Encoding: chunked'];

const FRAMING_PROBES: readonly Probe[] = [
  broken('a length and chunks', ['Content-Length: 4', ...chunked], (door) => `0\r\n\r\n${smuggled(door)}`),
  broken('chunks and a length', [...chunked, 'Content-Length: 4'], (door) => `0\r\n\r\n${smuggled(door)}`),
  broken('two lengths', ['Content-Length: 0', 'Content-Length: 63'], smuggled),
  broken('the same length twice', ['Content-Length: 63', 'Content-Length: 63']),
  broken('a list of lengths', ['Content-Length: 63, 63']),
  broken('a negative length', ['Content-Length: -1']),
  broken('a length with a sign', ['Content-Length: +63']),
  broken('a length in hexadecimal', ['Content-Length: 0x3f']),
  broken('a length in exponents', ['Content-Length: 6e1']),
  broken('a length that overflows', ['Content-Length: 18446744073709551679']),
  broken('a length of words', ['Content-Length: many']),
  broken('an empty length', ['Content-Length:']),
  broken('an unknown transfer coding', ['Transfer-Encoding: cow']),
  broken('chunked that is not the last coding', ['Transfer-Encoding: chunked, identity'], smuggled),
  broken('a coding behind a vertical tab', ['Transfer-Encoding:\x0bchunked'], smuggled),
  broken('a space before the colon', ['Transfer-Encoding : chunked'], smuggled),
  broken('two transfer codings', [...chunked, 'Transfer-Encoding: identity'], smuggled),
  broken('a folded header', ['X-Folded: one', ' two']),
  broken('a folded transfer coding', ['Transfer-Encoding:', ' chunked'], smuggled),
  rawProbe('line feeds alone', 400, (door) => requestBytes(door).replaceAll('\r\n', '\n')),
  rawProbe('a line feed alone after a header', 400, (door) =>
    unframed(
      door,
      [`X-One: 1\nTransfer-Encoding: chunked`, 'Content-Length: 5'],
      `0\r\n\r\n${smuggled(door)}`,
    ),
  ),
  rawProbe('a carriage return alone', 400, (door) => unframed(door, ['X-One: 1\rX-Two: 2'], CHAT_BODY)),
  rawProbe('a NUL in a header', 400, (door) => unframed(door, ['X-One: 1\0'], CHAT_BODY)),
  rawProbe('a NUL in a header name', 400, (door) => unframed(door, ['X-\0One: 1'], CHAT_BODY)),
  rawProbe('a control character in a header', 400, (door) => unframed(door, ['X-One: \x01'], CHAT_BODY)),
  rawProbe('a header without a name', 400, (door) => unframed(door, [': value'], CHAT_BODY)),
  rawProbe('a header without a colon', 400, (door) => unframed(door, ['X-Nothing'], CHAT_BODY)),
  rawProbe('a space in front of the first header', 400, (door) =>
    requestBytes(door).replace('\r\nHost', '\r\n Host'),
  ),
  broken('a chunk length that is none', chunked, (door) => `zz\r\n${smuggled(door)}`),
  broken('a negative chunk', chunked, (door) => `-1\r\n${smuggled(door)}`),
  broken('a chunk in 0x', chunked, (door) => `0x3f\r\n${smuggled(door)}`),
  broken('a chunk length that overflows', chunked, (door) => `fffffffffffffffff\r\n${smuggled(door)}`),
  broken('a chunk longer than it says', chunked, (door) => `3\r\n${CHAT_BODY}\r\n0\r\n\r\n${smuggled(door)}`),
  broken(
    'a chunk behind a line feed alone',
    chunked,
    (door) => `3f\n${CHAT_BODY}\r\n0\r\n\r\n${smuggled(door)}`,
  ),
  rawProbe('a flood of chunk extensions', 400, (door) =>
    unframed(door, chunked, `3f;${'x=y;'.repeat(LONG / 2)}\r\n${CHAT_BODY}\r\n0\r\n\r\n`),
  ),
  rawProbe('headers of 20 kB', 431, (door) => unframed(door, [`X-Long: ${'x'.repeat(LONG)}`], CHAT_BODY)),
  rawProbe('ten thousand headers', 431, (door) =>
    unframed(
      door,
      Array.from({ length: 10_000 }, (_, i) => `x-${i}: 1`),
      CHAT_BODY,
    ),
  ),
  rawProbe('a target of 20 kB', 431, (door) =>
    requestBytes(door, { line: `POST ${CHAT}?${'x'.repeat(LONG)}` }),
  ),
  rawProbe('trailers of 20 kB', 431, (door) =>
    unframed(door, chunked, `3f\r\n${CHAT_BODY}\r\n0\r\nX-Long: ${'x'.repeat(LONG)}\r\n\r\n`),
  ),
  rawProbe('the preface of HTTP/2', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  rawProbe('a TLS handshake', 400, () => Buffer.from('16030100a5010000a10303', 'hex')),
  rawProbe('HTTP/0.9', 400, () => 'GET /v1/models\r\n\r\n', { shape: 'openai' }),
  rawProbe('HTTP/9.9', 400, (door) => requestBytes(door).replace('HTTP/1.1', 'HTTP/9.9')),
  rawProbe('an unknown protocol', 400, (door) => requestBytes(door).replace('HTTP/1.1', 'ICE/1.0')),
  rawProbe('words', 400, () => 'hello daemon, give me the keys\r\n\r\n'),
  rawProbe('an SSH greeting', 400, () => 'SSH-2.0-OpenSSH_9.9\r\n'),
  rawProbe('an unknown method', 400, (door) => requestBytes(door, { line: 'POTS /v1/chat/completions' })),
  rawProbe('a target that is no path', 400, (door) =>
    requestBytes(door, { line: 'POST v1/chat/completions' }),
  ),
  rawProbe('a NUL in the target', 400, (door) => requestBytes(door, { line: `POST ${CHAT}\0` })),
  rawProbe('a space in the target', 400, (door) => requestBytes(door, { line: `POST ${CHAT} /x` })),
  rawProbe('CONNECT to another server', 0, (door) =>
    requestBytes(door, { line: 'CONNECT evil.example:443', body: '' }),
  ),
];

const METHOD_PROBES: readonly Probe[] = [
  ...['PUT', 'DELETE', 'PATCH', 'HEAD', 'TRACE', 'PROPFIND', 'LOCK', 'SEARCH'].map((method) =>
    probe(`${method} with a token`, 405, { line: `${method} ${CHAT}` }),
  ),
  probe('POST to a sign of life', 405, { line: 'POST /healthz' }, { shape: 'control' }),
  probe('an expectation that is not known, without a token', 401, { token: null, more: ['Expect: 200-ok'] }),
  probe('an upload that asks first, without a token', 401, {
    token: null,
    body: '',
    more: ['Expect: 100-continue', 'Content-Type: application/json', 'Content-Length: 1000'],
  }),
  probe('an upload that asks first, from a web page', 403, {
    body: '',
    more: ['Expect: 100-continue', 'Content-Length: 1000', 'Origin: https://evil.example'],
  }),
  probe('HTTP/1.0 without a host', 400, { host: null, more: ['X-Proto: 1.0'] }),
];

const PATHS: readonly (readonly [path: string, status: number])[] = [
  ['/v1/../pointsman/v1/status', 404],
  ['/v1/%2e%2e/pointsman/v1/status', 404],
  ['/v1/..%2fpointsman%2fv1%2fstatus', 404],
  ['//pointsman/v1/status', 404],
  ['/./pointsman/v1/status', 404],
  ['/%70ointsman/v1/status', 404],
  ['/pointsman%2fv1%2fstatus', 404],
  ['/POINTSMAN/v1/status', 404],
  ['/\\pointsman\\v1\\status', 404],
  ['/pointsman\\v1\\status', 404],
  ['/pointsman;x=/v1/status', 404],
  ['/pointsman/v1/status;x', 403],
  ['/pointsman/v1/../../v1/models', 403],
  ['/pointsman/../v1/models', 403],
  ['/pointsman/v1', 403],
  ['/dashboard/../../package.json', 403],
  ['/dashboard/%2e%2e/%2e%2e/package.json', 403],
  ['/dashboard/..%5c..%5cpackage.json', 403],
  ['/etc/passwd', 404],
  ['/.git/config', 404],
  ['/ledger.db', 404],
  ['/admin-token', 404],
  ['/%00', 404],
  ['/v1/models%00', 404],
];

const PATH_PROBES: readonly Probe[] = [
  ...PATHS.map(([path, status]) =>
    probe(
      `the client token on ${path}`,
      status,
      { line: `GET ${path}` },
      { shape: path.startsWith('/v1') ? 'openai' : 'control' },
    ),
  ),
  probe(
    'a path out of the dashboard with the admin token',
    404,
    ({ admin }) => ({ line: 'GET /dashboard/../../../package.json', token: admin }),
    { shape: 'control' },
  ),
  probe(
    'an encoded path out of the dashboard with the admin token',
    404,
    ({ admin }) => ({ line: 'GET /dashboard/%2e%2e%2f%2e%2e%2fpackage.json', token: admin }),
    { shape: 'control' },
  ),
  probe('a token in the path that is percent-encoded', 401, ({ client }) => ({
    line: `POST /k/%70${client.slice(1)}${CHAT}`,
    token: null,
  })),
  probe(
    'a token in the path in capital K',
    401,
    ({ client }) => ({ line: `POST /K/${client}${CHAT}`, token: null }),
    { shape: 'control' },
  ),
  probe(
    'a token in the path behind another',
    401,
    ({ client }) => ({ line: `POST /k/x/k/${client}${CHAT}`, token: null }),
    { shape: 'control' },
  ),
  probe(
    'two slashes in front of /k/',
    401,
    ({ client }) => ({ line: `POST //k/${client}${CHAT}`, token: null }),
    { shape: 'control' },
  ),
  probe('an empty token in the path', 401, { line: 'POST /k//v1/chat/completions', token: null }),
];

const CONTROLS: readonly (readonly [header: string, value: string])[] = [
  ['x-pointsman-profile', 'cheap'],
  ['x-pointsman-max-cost-usd', '-1'],
  ['x-pointsman-max-cost-usd', 'NaN'],
  ['x-pointsman-max-cost-usd', '1e999'],
  ['x-pointsman-cache', '__proto__'],
  ['x-pointsman-metadata', 'constructor'],
  ['x-pointsman-model', 'nobody%0d%0aset-cookie: a=b'],
  ['x-pointsman-model', '__proto__'],
];

const INJECTION_PROBES: readonly Probe[] = [
  ...CONTROLS.map(([header, value]) =>
    probe(`${header}: ${value}`, header.endsWith('model') ? 404 : 400, { more: [`${header}: ${value}`] }),
  ),
  ...[
    'x-pointsman-model',
    'x-pointsman-profile',
    'x-pointsman-conversation',
    'x-pointsman-workspace',
    'x-pointsman-metadata',
    'x-pointsman-cache',
    'x-pointsman-max-cost-usd',
    'user-agent',
    'anthropic-beta',
    'anthropic-version',
    'openai-beta',
  ].flatMap((header) => [
    rawProbe(`a line feed in ${header}`, 400, (door) =>
      unframed(door, [`${header}: a\nx-evil: 1`, `Content-Length: ${CHAT_BODY.length}`], CHAT_BODY),
    ),
    rawProbe(`a NUL in ${header}`, 400, (door) =>
      unframed(door, [`${header}: a\0b`, `Content-Length: ${CHAT_BODY.length}`], CHAT_BODY),
    ),
  ]),
  probe('line breaks in the model of the query', 404, {
    line: `POST ${CHAT}?model=nobody%0d%0aset-cookie:%20a=b%0d%0a%0d%0a`,
  }),
  probe('line breaks in an exact model of the body', 404, {
    body: '{"model":"exact/a\\r\\nset-cookie: a=b","messages":[{"role":"user","content":"x"}]}',
  }),
  probe('NUL in an exact model of the body', 404, {
    body: '{"model":"exact/a\\u0000","messages":[{"role":"user","content":"x"}]}',
  }),
  probe('a text as model', 400, {
    body: JSON.stringify({ model: 'm'.repeat(5_000), messages: [{ role: 'user', content: 'x' }] }),
  }),
];

const deep = (levels: number): string =>
  `{"model":"auto","messages":[],"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const manyKeys = `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join(',')}}`;

const BODY_PROBES: readonly Probe[] = [
  probe('a body that is no JSON', 400, { body: 'model=auto' }),
  probe('half a body of JSON', 400, { body: '{"model":"auto","messages":[' }),
  probe('two bodies of JSON', 400, { body: `${CHAT_BODY}${CHAT_BODY}` }),
  probe('a body with a comment', 400, { body: `/* */${CHAT_BODY}` }),
  probe('a body with a byte order mark in the middle', 400, { body: `{\ufeff"model":"auto"}` }),
  probe('a body with NaN', 400, { body: '{"model":"auto","messages":[],"temperature":NaN}' }),
  probe('a body with single quotes', 400, { body: `{'model':'auto'}` }),
  probe('an array', 400, { body: '[]' }),
  probe('null', 400, { body: 'null' }),
  probe('129 levels', 400, { body: deep(129) }, { says: /nested|deep/ }),
  probe('100,000 levels', 400, { body: deep(100_000) }, { says: /nested|deep/ }),
  probe('20,000 members', 400, { body: manyKeys }, { says: /members/ }),
  probe(
    'a second model that is not there',
    404,
    { body: `{"model":"auto","model":"exact/x",${CHAT_BODY.slice(16)}` },
    { says: /no model/ },
  ),
  probe(
    'a second model under an escaped name',
    404,
    { body: `{"model":"auto","\\u006dodel":"exact/x",${CHAT_BODY.slice(16)}` },
    { says: /no model/ },
  ),
  probe(
    'a length over the limit',
    413,
    ({ client }) => ({
      token: client,
      body: '',
      more: ['Content-Type: application/json', 'Content-Length: 9999999999'],
    }),
    { says: /larger/ },
  ),
  probe('an unknown content encoding', 415, { more: ['Content-Encoding: compress'] }),
  probe('two content encodings', 415, { more: ['Content-Encoding: gzip, gzip'] }),
  probe('a body that is not what its encoding says', 400, { more: ['Content-Encoding: gzip'] }),
];

const handshake = (
  door: Door,
  path: string,
  wrong: {
    token?: string | null;
    more?: readonly string[];
    version?: string;
    key?: string | null;
    line?: string;
  } = {},
): string =>
  requestBytes(door, {
    line: wrong.line ?? `GET ${path}`,
    body: '',
    ...(wrong.token === undefined ? {} : { token: wrong.token }),
    more: [
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Version: ${wrong.version ?? '13'}`,
      ...(wrong.key === null ? [] : [`Sec-WebSocket-Key: ${wrong.key ?? 'dGhlIHNhbXBsZSBub25jZQ=='}`]),
      ...(wrong.more ?? []),
    ],
  });

const EVENTS = '/pointsman/v1/events';
const RESPONSES = '/v1/responses';
const closing = (
  name: string,
  status: number,
  shape: 'openai' | 'control',
  bytes: (door: Door) => string,
): Probe => rawProbe(name, status, bytes, { shape });

const SOCKET_PROBES: readonly Probe[] = [
  ...(
    [
      [RESPONSES, 'openai'],
      [EVENTS, 'control'],
    ] as const
  ).flatMap(([path, shape]) => [
    closing(`a socket on ${path} from a web page`, 403, shape, (door) =>
      handshake(door, path, { token: door.admin, more: ['Origin: https://evil.example'] }),
    ),
    closing(`a socket on ${path} from a page of this machine`, 403, shape, (door) =>
      handshake(door, path, { token: door.admin, more: [`Origin: http://127.0.0.1:${door.port}`] }),
    ),
    closing(`a socket on ${path} without a token`, 401, shape, (door) =>
      handshake(door, path, { token: null }),
    ),
    closing(`a socket on ${path} with a token in the query`, 401, shape, (door) =>
      handshake(door, `${path}?token=${door.admin}`, { token: null }),
    ),
    closing(`a socket on ${path} with a subprotocol of nobody`, 401, shape, (door) =>
      handshake(door, path, { token: null, more: ['Sec-WebSocket-Protocol: pointsman, pointsman.pma_x'] }),
    ),
    closing(`a socket on ${path} under a rebound name`, 403, shape, (door) =>
      handshake(door, path, { token: door.admin }).replace('Host: 127.0.0.1', 'Host: evil.example'),
    ),
    closing(`a socket on ${path} in version 7`, 400, shape, (door) =>
      handshake(door, path, { token: door.admin, version: '7' }),
    ),
    closing(`a socket on ${path} without a key`, 400, shape, (door) =>
      handshake(door, path, { token: door.admin, key: null }),
    ),
    closing(`a socket on ${path} with a key that is none`, 400, shape, (door) =>
      handshake(door, path, { token: door.admin, key: 'x' }),
    ),
  ]),
  closing('a subprotocol without a name', 400, 'openai', (door) =>
    handshake(door, RESPONSES, { more: ['Sec-WebSocket-Protocol: a,,b'] }),
  ),
  closing('a subprotocol twice', 400, 'openai', (door) =>
    handshake(door, RESPONSES, { more: ['Sec-WebSocket-Protocol: a, a'] }),
  ),
  closing('the events with the client token', 403, 'control', (door) => handshake(door, EVENTS)),
  closing('the events with the rotated token', 401, 'control', (door) =>
    handshake(door, EVENTS, { token: door.old }),
  ),
  closing('a socket where there is none', 404, 'openai', (door) => handshake(door, CHAT)),
  closing('a socket on the control API', 404, 'control', (door) =>
    handshake(door, '/pointsman/v1/status', { token: door.admin }),
  ),
  closing('the events under /k/', 403, 'control', (door) =>
    handshake(door, `/k/${door.client}${EVENTS}`, { token: null }),
  ),
];

export const HOW_IT_IS_ASKED: readonly ProbeGroup[] = [
  { about: 'the framing of HTTP', probes: FRAMING_PROBES },
  { about: 'methods', probes: METHOD_PROBES },
  { about: 'paths', probes: PATH_PROBES },
  { about: 'controls and names', probes: INJECTION_PROBES },
  { about: 'bodies', probes: BODY_PROBES },
  { about: 'WebSockets', probes: SOCKET_PROBES },
];
