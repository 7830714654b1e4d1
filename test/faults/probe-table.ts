// Who asks: requests that a web page, a rebound name, another program or a thief of an old token would send. Nothing of
// them may reach a provider (checklist A of the security notes; SECURITY.md).

import { CHAT, CHAT_BODY, probe, WIRE_PATHS, type Probe, type ProbeGroup } from './probe.ts';

const STATUS = 'GET /pointsman/v1/status';

/** Each of these with every rule that a browser can break, so that every dialect is seen to say it in its own words. */
const EVERY_DIALECT: readonly Probe[] = WIRE_PATHS.flatMap(([path, shape]) => {
  const line = `POST ${path}`;
  return [
    probe(`${path} under a rebound name`, 403, ({ port }) => ({ line, host: `evil.example:${port}` }), {
      shape,
    }),
    probe(`${path} from a web page`, 403, { line, more: ['Origin: https://evil.example'] }, { shape }),
    probe(`${path} without a token`, 401, { line, token: null }, { shape }),
    probe(`${path} with a form's type`, 415, { line, type: 'text/plain' }, { shape }),
    probe(
      `${path} with a GET`,
      405,
      { line: `GET ${path}` },
      { shape: path === '/api/chat' ? 'ollama' : shape },
    ),
  ];
});

const HOSTS: readonly (readonly [name: string, host: (port: number) => string])[] = [
  ['of a web site', (port) => `evil.example:${port}`],
  ['that begins with ours', (port) => `localhost.evil.example:${port}`],
  ['that a public resolver maps to 127.0.0.1', (port) => `127.0.0.1.nip.io:${port}`],
  ['with a dot behind localhost', (port) => `localhost.:${port}`],
  ['with a dot behind the address', (port) => `127.0.0.1.:${port}`],
  ['of every interface', (port) => `0.0.0.0:${port}`],
  ['of another loopback address', (port) => `127.0.0.2:${port}`],
  ['in short form', (port) => `127.1:${port}`],
  ['as one number', (port) => `2130706433:${port}`],
  ['in octal', (port) => `0177.0.0.1:${port}`],
  ['in hexadecimal', (port) => `0x7f.0.0.1:${port}`],
  ['of IPv6 in full', (port) => `[0:0:0:0:0:0:0:1]:${port}`],
  ['of every IPv6 interface', (port) => `[::]:${port}`],
  ['of IPv4 inside IPv6', (port) => `[::ffff:127.0.0.1]:${port}`],
  ['of IPv6 without brackets', (port) => `::1:${port}`],
  ['of IPv6 with a zone', (port) => `[::1%lo]:${port}`],
  ['with another port', (port) => `127.0.0.1:${port + 1}`],
  ['without its port', () => '127.0.0.1'],
  ['with an empty port', () => '127.0.0.1:'],
  ['with a port that overflows to ours', (port) => `127.0.0.1:${port + 65_536}`],
  ['with a port in front of another', (port) => `127.0.0.1:${port}:80`],
  ['with a sign in its port', (port) => `127.0.0.1:+${port}`],
  ['behind a user name', (port) => `evil.example@127.0.0.1:${port}`],
  ['in front of a path', (port) => `127.0.0.1:${port}/evil.example`],
  ['as a list', (port) => `127.0.0.1:${port}, evil.example`],
  ['as an address with a scheme', (port) => `http://127.0.0.1:${port}`],
  ['that is empty', () => ''],
  ['in full-width digits', (port) => `１２７.0.0.1:${port}`],
];

const HOST_PROBES: readonly Probe[] = [
  ...HOSTS.map(([name, host]) =>
    probe(`a host ${name}`, 403, ({ port }) => ({ host: host(port) }), { says: /host/ }),
  ),
  probe('no host', 400, { host: null }, { says: /host/ }),
  probe('our host twice', 400, ({ port }) => ({ more: [`Host: 127.0.0.1:${port}`] }), { says: /host/ }),
  probe('our host, then another', 400, { more: ['hOsT: evil.example'] }, { says: /host/ }),
  probe('another host behind nine hundred headers', 400, {
    more: [...manyHeaders(900), 'Host: evil.example'],
  }),
  probe(
    'another host behind a thousand headers',
    431,
    { more: [...manyHeaders(1_000), 'Host: evil.example'] },
    { shape: 'control', mustClose: true },
  ),
  probe(
    'an absolute target elsewhere',
    421,
    { line: `POST http://evil.example${CHAT}` },
    { shape: 'control' },
  ),
  probe('an absolute target here', 421, ({ port }) => ({ line: `POST http://127.0.0.1:${port}${CHAT}` }), {
    shape: 'control',
  }),
  probe('an absolute https target', 421, { line: `POST https://127.0.0.1${CHAT}` }, { shape: 'control' }),
];

/** Short names that differ: many of them fit into the 16 KiB that headers may have. */
function manyHeaders(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `q${index.toString(36)}:`);
}

const ORIGINS: readonly string[] = [
  'null',
  'https://evil.example',
  'http://localhost:3000',
  'http://127.0.0.1:8080',
  'http://localhost.evil.example',
  'file://',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  'moz-extension://01234567-89ab-cdef-0123-456789abcdef',
  'vscode-webview://0123456789abcdef',
  'vscode-file://vscode-app',
  'https://localhost',
];

const BROWSER_PROBES: readonly Probe[] = [
  ...ORIGINS.map((origin) =>
    probe(`origin ${origin}`, 403, { more: [`Origin: ${origin}`] }, { says: /web pages/ }),
  ),
  probe('an empty origin', 403, { more: ['Origin:'] }),
  probe('our own origin', 403, ({ port }) => ({ more: [`Origin: http://127.0.0.1:${port}`] })),
  probe('our own origin as a prefix', 403, ({ port }) => ({
    more: [`Origin: http://127.0.0.1:${port}.evil.example`],
  })),
  probe('two origins', 403, ({ port }) => ({
    more: [`Origin: http://127.0.0.1:${port}`, 'Origin: https://evil.example'],
  })),
  probe('an origin behind nine hundred headers', 403, {
    more: [...manyHeaders(900), 'Origin: https://evil.example'],
  }),
  probe('an origin with a page cookie of nobody', 403, {
    more: ['Origin: https://evil.example', `Cookie: pointsman_dashboard=${'a'.repeat(32)}`],
  }),
  ...['cross-site', 'same-site', 'same-origin, cross-site', 'NONE', ''].map((site) =>
    probe(
      `sec-fetch-site "${site}"`,
      403,
      { more: [`Sec-Fetch-Site: ${site}`] },
      { says: /other web sites/ },
    ),
  ),
  probe('a preflight', 403, {
    line: `OPTIONS ${CHAT}`,
    token: null,
    body: '',
    more: ['Origin: https://evil.example', 'Access-Control-Request-Method: POST'],
  }),
  probe('a preflight for the private network', 403, {
    line: `OPTIONS ${CHAT}`,
    body: '',
    more: ['Access-Control-Request-Private-Network: true'],
  }),
  probe('OPTIONS with a token and no origin', 403, { line: `OPTIONS ${CHAT}`, body: '' }),
  probe('OPTIONS of everything', 403, { line: 'OPTIONS *', body: '' }, { shape: 'control' }),
  probe(
    'OPTIONS of the control API',
    403,
    ({ admin }) => ({ line: 'OPTIONS /pointsman/v1/config', token: admin, body: '' }),
    { shape: 'control' },
  ),
];

const TYPES: readonly string[] = [
  'text/plain',
  'text/plain; charset=application/json',
  'text/plain;application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=application/json',
  'application/jsonp',
  'application/json-patch+json',
  'application/json, text/plain',
  'text/json',
  'application/octet-stream',
  'application /json',
  '"application/json"',
  '*/*',
  '',
];

const TYPE_PROBES: readonly Probe[] = [
  ...TYPES.map((type) => probe(`content type "${type}"`, 415, { type }, { says: /content-type/ })),
  probe('no content type', 415, { type: null }, { says: /content-type/ }),
  probe('a second content type', 415, { more: ['Content-Type: text/plain'] }),
  probe('a JSON type behind another', 415, { type: 'text/plain', more: ['Content-Type: application/json'] }),
];

const TOKEN_PROBES: readonly Probe[] = [
  probe('a token of nobody', 401, { token: `pm_${'x'.repeat(43)}` }),
  probe('a token that lacks its last character', 401, ({ client }) => ({ token: client.slice(0, -1) })),
  probe('a token with one character more', 401, ({ client }) => ({ token: `${client}A` })),
  probe('a token in other case', 401, ({ client }) => ({ token: client.toUpperCase() })),
  probe('an empty bearer', 401, { token: '' }),
  probe('the token without its scheme', 401, ({ client }) => ({
    token: null,
    more: [`Authorization: ${client}`],
  })),
  probe('the token as basic credentials', 401, ({ client }) => ({
    token: null,
    more: [`Authorization: Basic ${Buffer.from(`x:${client}`).toString('base64')}`],
  })),
  probe('the token in a cookie', 401, ({ client }) => ({ token: null, more: [`Cookie: token=${client}`] })),
  probe('the token in the query', 401, ({ client }) => ({ line: `POST ${CHAT}?key=${client}`, token: null })),
  probe('the token in the query under other names', 401, ({ client }) => ({
    line: `POST ${CHAT}?api_key=${client}&access_token=${client}&token=${client}`,
    token: null,
  })),
  probe('the token in the body', 401, ({ client }) => ({ token: null, body: `{"api_key":"${client}"}` })),
  probe('the token twice', 401, ({ client }) => ({ more: [`Authorization: Bearer ${client}`] })),
  probe('the token in front of another', 401, { more: ['Authorization: Bearer other'] }),
  probe('the token behind proxy-authorization', 401, ({ client }) => ({
    token: null,
    more: [`Proxy-Authorization: Bearer ${client}`],
  })),
  probe('a token as subprotocol of a plain request', 401, ({ client }) => ({
    token: null,
    more: [`Sec-WebSocket-Protocol: pointsman.${client}`],
  })),
  probe('a token of the shape of letters that look alike', 401, {
    token: 'рm_аааааааааааааааааааааааааааааааа',
  }),
  probe('a token of 12 kB', 401, { token: 'x'.repeat(12_000) }),
  probe('the token with a NUL escape', 401, ({ client }) => ({ token: `${client}%00` })),
  probe('the client token that was rotated away', 401, ({ old }) => ({ token: old })),
  probe('the rotated token in the path', 401, ({ old }) => ({ line: `POST /k/${old}${CHAT}`, token: null })),
  probe('the rotated token as x-api-key', 401, ({ old }) => ({ token: null, more: [`x-api-key: ${old}`] })),
  probe('a name of every object', 401, { token: '__proto__' }),
];

const ADMIN_PROBES: readonly Probe[] = [
  ...[
    STATUS,
    'GET /pointsman/v1/config',
    'PUT /pointsman/v1/config',
    'PUT /pointsman/v1/credentials/openai',
    'GET /pointsman/v1/exchanges',
    'POST /pointsman/v1/explain',
    'POST /pointsman/v1/shutdown',
    'POST /pointsman/v1/dashboard-ticket',
    'DELETE /pointsman/v1/override',
    'POST /pointsman/v1/replay',
    'GET /pointsman/v1/export',
  ].flatMap((line) => [
    probe(
      `${line} with the client token`,
      403,
      { line, body: CHAT_BODY },
      { shape: 'control', says: /admin token/ },
    ),
    probe(`${line} without a token`, 401, { line, token: null, body: CHAT_BODY }, { shape: 'control' }),
  ]),
  probe(
    'the client token and an admin token of nobody',
    403,
    { line: STATUS, more: ['x-api-key: pma_x'] },
    { shape: 'control' },
  ),
  probe(
    'a client that says it is the admin',
    403,
    { line: STATUS, more: ['x-pointsman-role: admin', 'x-scopes: admin'] },
    { shape: 'control' },
  ),
  probe(
    'the admin token in the query',
    401,
    ({ admin }) => ({ line: `${STATUS}?token=${admin}`, token: null }),
    { shape: 'control' },
  ),
  probe(
    'the dashboard with the token in its address',
    401,
    ({ admin }) => ({ line: `GET /dashboard/dashboard.js?token=${admin}`, token: null }),
    { shape: 'control' },
  ),
  probe(
    'a ticket of nobody',
    401,
    { line: `GET /dashboard/ticket/${'a'.repeat(32)}`, token: null },
    { shape: 'control' },
  ),
  probe(
    'a cookie of nobody',
    401,
    {
      line: STATUS,
      token: null,
      more: [`Cookie: pointsman_dashboard=${'a'.repeat(32)}`, 'Sec-Fetch-Site: same-origin'],
    },
    { shape: 'control' },
  ),
  probe(
    'the admin token on a control path under /k/',
    403,
    ({ admin }) => ({ line: `GET /k/${admin}/pointsman/v1/status`, token: null }),
    { shape: 'control' },
  ),
  probe(
    'the admin token as header on a control path under /k/',
    403,
    ({ admin, client }) => ({ line: `GET /k/${client}/pointsman/v1/status`, token: admin }),
    { shape: 'control' },
  ),
  probe('the admin token in the path of a wire endpoint', 401, ({ admin }) => ({
    line: `POST /k/${admin}${CHAT}`,
    token: null,
  })),
  probe('a dashboard under /k/', 403, ({ client }) => ({ line: `GET /k/${client}/dashboard`, token: null }), {
    shape: 'control',
  }),
];

export const WHO_ASKS: readonly ProbeGroup[] = [
  { about: 'every dialect', probes: EVERY_DIALECT },
  { about: 'the host', probes: HOST_PROBES },
  { about: 'browsers', probes: BROWSER_PROBES },
  { about: 'content types', probes: TYPE_PROBES },
  { about: 'tokens', probes: TOKEN_PROBES },
  { about: 'the control API', probes: ADMIN_PROBES },
];
