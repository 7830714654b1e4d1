import assert from 'node:assert/strict';

import { createGuard } from '../../../../daemon/http/guard.ts';
import type { GuardDecision, GuardProbe } from '../../../../daemon/http/guard.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, roleOf } from '../../../support/front-door.ts';

const PORT = 7411;
const HOST = ['Host', `127.0.0.1:${PORT}`];
const JSON_TYPE = ['Content-Type', 'application/json'];
const BEARER = ['Authorization', `Bearer ${CLIENT_TOKEN}`];
const ADMIN = ['Authorization', `Bearer ${ADMIN_TOKEN}`];

function decide(probe: Partial<GuardProbe> & { readonly headers?: readonly string[] }): GuardDecision {
  const { headers = [], ...rest } = probe;
  return createGuard({ verifies: roleOf }).decide({
    method: 'POST',
    target: '/v1/chat/completions',
    rawHeaders: [...HOST, ...JSON_TYPE, ...headers],
    localPort: PORT,
    remoteAddress: '127.0.0.1',
    isUpgrade: false,
    ...rest,
  });
}

function refusal(decision: GuardDecision): { readonly code: string; readonly statusCode: number } {
  assert.ok(!decision.admitted, 'the request was admitted');
  assert.match(decision.error.message, /^[a-z].*[^.]$/s);
  return { code: decision.error.code, statusCode: decision.error.statusCode };
}

describe('guard: keys', () => {
  const accepted: readonly (readonly [string, Partial<GuardProbe> & { headers?: readonly string[] }])[] = [
    ['a bearer', { headers: BEARER }],
    ['a bearer in lower case', { headers: ['authorization', `bearer ${CLIENT_TOKEN}`] }],
    ['x-api-key', { headers: ['x-api-key', CLIENT_TOKEN] }],
    ['x-goog-api-key', { headers: ['x-goog-api-key', CLIENT_TOKEN] }],
    ['the path', { target: `/k/${CLIENT_TOKEN}/v1/chat/completions?beta=true` }],
    [
      'the path beside an empty x-api-key',
      { target: `/k/${CLIENT_TOKEN}/v1/chat/completions`, headers: ['x-api-key', ''] },
    ],
    [
      'x-api-key beside a foreign bearer',
      { headers: ['Authorization', 'Bearer sk-foreign', 'x-api-key', CLIENT_TOKEN] },
    ],
    [
      'x-api-key beside an empty bearer',
      { headers: ['Authorization', 'Bearer ', 'x-api-key', CLIENT_TOKEN] },
    ],
  ];
  for (const [name, probe] of accepted) {
    it(`[A6] takes the client token as ${name}`, () => {
      const decision = decide(probe);
      assert.ok(decision.admitted);
      assert.equal(decision.role, 'client');
    });
  }

  it('cuts the token out of the path and leaves the query', () => {
    const { path, query } = decide({ target: `/k/${CLIENT_TOKEN}/v1/chat/completions?model=x` });
    assert.equal(path, '/v1/chat/completions');
    assert.equal(query.get('model'), 'x');
  });

  const refused: readonly (readonly [string, Partial<GuardProbe> & { headers?: readonly string[] }])[] = [
    ['no key', {}],
    ['an empty bearer', { headers: ['Authorization', 'Bearer '] }],
    ['an empty x-api-key', { headers: ['x-api-key', ''] }],
    ['a provider key', { headers: ['Authorization', 'Bearer sk-proj-abc'] }],
    ['basic credentials', { headers: ['Authorization', `Basic ${CLIENT_TOKEN}`] }],
    ['a token without its scheme', { headers: ['Authorization', CLIENT_TOKEN] }],
    ['two bearers', { headers: [...BEARER, 'Authorization', 'Bearer other'] }],
    ['the token in the query', { target: `/v1/chat/completions?key=${CLIENT_TOKEN}` }],
    ['an empty path token', { target: '/k//v1/chat/completions' }],
    ['a wrong path token', { target: '/k/wrong/v1/chat/completions' }],
    ['a wrong path token on an open path', { method: 'GET', target: '/k/wrong/healthz' }],
    ['the admin token in the path', { target: `/k/${ADMIN_TOKEN}/v1/chat/completions` }],
    ['a token in a cookie', { headers: ['Cookie', `token=${CLIENT_TOKEN}`] }],
    [
      'a token as subprotocol of a plain request',
      { headers: ['Sec-WebSocket-Protocol', `pointsman.${CLIENT_TOKEN}`] },
    ],
  ];
  for (const [name, probe] of refused) {
    it(`[A6] refuses ${name} with 401`, () => {
      assert.deepEqual(refusal(decide(probe)), { code: 'auth.missing', statusCode: 401 });
    });
  }

  it('never repeats a key it refused', () => {
    const decision = decide({ headers: ['Authorization', 'Bearer sk-proj-secret'] });
    assert.ok(!decision.admitted);
    assert.doesNotMatch(decision.error.message, /secret/);
  });

  it('counts a rotated token from the next request on', () => {
    let current = 'old';
    const guard = createGuard({ verifies: (token) => (token === current ? 'client' : null) });
    const probe: GuardProbe = {
      method: 'GET',
      target: '/v1/models',
      rawHeaders: [...HOST, 'x-api-key', 'old'],
      localPort: PORT,
      remoteAddress: '127.0.0.1',
      isUpgrade: false,
    };
    assert.equal(guard.decide(probe).admitted, true);
    current = 'new';
    assert.equal(guard.decide(probe).admitted, false);
  });
});

describe('guard: control paths', () => {
  const control = { method: 'GET', target: '/pointsman/v1/status' };

  it('admits the admin token', () => {
    const decision = decide({ ...control, headers: ADMIN });
    assert.ok(decision.admitted);
    assert.equal(decision.role, 'admin');
  });

  it('refuses the client token with 403', () => {
    assert.deepEqual(refusal(decide({ ...control, headers: BEARER })), {
      code: 'auth.forbidden',
      statusCode: 403,
    });
  });

  it('refuses no token with 401', () => {
    assert.equal(refusal(decide(control)).statusCode, 401);
  });

  it('is not reached through the path form, whatever the token', () => {
    for (const token of [CLIENT_TOKEN, ADMIN_TOKEN]) {
      const decision = decide({ method: 'GET', target: `/k/${token}/pointsman/v1/status`, headers: ADMIN });
      assert.equal(refusal(decision).statusCode, 403);
    }
  });

  it('takes the admin token of a WebSocket handshake as subprotocol', () => {
    const headers = [
      'Sec-WebSocket-Version',
      '13',
      'Sec-WebSocket-Key',
      'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol',
      `pointsman, pointsman.${ADMIN_TOKEN}`,
    ];
    const decision = decide({ method: 'GET', target: '/pointsman/v1/events', headers, isUpgrade: true });
    assert.ok(decision.admitted);
    assert.equal(decision.role, 'admin');
  });
});

describe('guard: open paths', () => {
  for (const [method, target] of [
    ['GET', '/'],
    ['HEAD', '/'],
    ['GET', '/healthz'],
    ['HEAD', '/api/hello'],
    ['GET', '/?x=1'],
  ] as const) {
    it(`admits ${method} ${target} without a key`, () => {
      const decision = decide({ method, target });
      assert.ok(decision.admitted);
      assert.equal(decision.role, 'anyone');
    });
  }

  for (const [method, target] of [
    ['GET', '/api/hello'],
    ['POST', '/healthz'],
    ['GET', '/healthz/'],
    ['GET', '/v1/models'],
    ['GET', '//'],
    ['GET', '/unknown'],
  ] as const) {
    it(`asks for a key on ${method} ${target}`, () => {
      assert.equal(refusal(decide({ method, target })).statusCode, 401);
    });
  }
});

describe('guard: where a request comes from', () => {
  for (const host of ['127.0.0.1:7411', 'localhost:7411', 'LOCALHOST:7411', '[::1]:7411']) {
    it(`admits host ${host}`, () => {
      assert.ok(decide({ rawHeaders: ['Host', host, ...JSON_TYPE, ...BEARER] }).admitted);
    });
  }

  it('admits a host without a port only on port 80', () => {
    const rawHeaders = ['Host', 'localhost', ...JSON_TYPE, ...BEARER];
    assert.ok(decide({ rawHeaders, localPort: 80 }).admitted);
    assert.equal(refusal(decide({ rawHeaders })).statusCode, 403);
  });

  for (const host of [
    'evil.example:7411',
    'localhost.evil.example:7411',
    '127.0.0.1.nip.io:7411',
    'localhost:7412',
    'localhost.:7411',
    '0.0.0.0:7411',
    '127.0.0.2:7411',
    '127.1:7411',
    'localhost:7411@evil.example',
    'user@localhost:7411',
    '',
  ]) {
    it(`refuses host "${host}" before it looks at the key`, () => {
      const decision = decide({ rawHeaders: ['Host', host, ...JSON_TYPE, ...BEARER] });
      assert.deepEqual(refusal(decision), { code: 'auth.forbidden', statusCode: 403 });
    });
  }

  it('refuses a request without a host header', () => {
    assert.equal(refusal(decide({ rawHeaders: [...JSON_TYPE, ...BEARER] })).statusCode, 400);
  });

  it('refuses two host headers, also when both are right', () => {
    assert.equal(refusal(decide({ headers: [...BEARER, 'HOST', `127.0.0.1:${PORT}`] })).statusCode, 400);
  });

  it('refuses an absolute target', () => {
    const target = `http://127.0.0.1:${PORT}/v1/chat/completions`;
    assert.equal(refusal(decide({ target, headers: BEARER })).statusCode, 421);
  });

  for (const address of [
    '192.168.1.7',
    '10.0.0.2',
    '::ffff:192.168.1.7',
    'fe80::1',
    '127.0.0.1.evil',
    undefined,
  ]) {
    it(`refuses a connection from ${address ?? 'nowhere'}`, () => {
      assert.equal(refusal(decide({ remoteAddress: address, headers: BEARER })).statusCode, 403);
    });
  }

  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    it(`admits a connection from ${address}`, () => {
      assert.ok(decide({ remoteAddress: address, headers: BEARER }).admitted);
    });
  }

  for (const origin of [
    'https://evil.example',
    'http://localhost:7411',
    'http://127.0.0.1:7411',
    'null',
    '',
    'vscode-webview://x',
  ]) {
    it(`refuses origin "${origin}" also with a valid key`, () => {
      const decision = decide({ headers: [...BEARER, 'Origin', origin] });
      assert.deepEqual(refusal(decision), { code: 'auth.forbidden', statusCode: 403 });
    });
  }

  it('admits an origin that is on the list, and only exactly that one', () => {
    const guard = createGuard({ verifies: roleOf, allowedOrigins: ['http://127.0.0.1:7411'] });
    const probe = (origin: string): GuardProbe => ({
      method: 'POST',
      target: '/v1/chat/completions',
      rawHeaders: [...HOST, ...JSON_TYPE, ...BEARER, 'Origin', origin],
      localPort: PORT,
      remoteAddress: '::1',
      isUpgrade: false,
    });
    assert.equal(guard.decide(probe('http://127.0.0.1:7411')).admitted, true);
    assert.equal(guard.decide(probe('http://127.0.0.1:7411.evil.example')).admitted, false);
  });

  for (const site of ['cross-site', 'same-site', 'anything']) {
    it(`refuses sec-fetch-site ${site}`, () => {
      assert.equal(refusal(decide({ headers: [...BEARER, 'Sec-Fetch-Site', site] })).statusCode, 403);
    });
  }

  for (const site of ['none', 'same-origin']) {
    it(`admits sec-fetch-site ${site}`, () => {
      assert.ok(decide({ headers: [...BEARER, 'Sec-Fetch-Site', site] }).admitted);
    });
  }

  for (const target of ['/v1/chat/completions', '/healthz', '*']) {
    it(`refuses a preflight of ${target}`, () => {
      assert.equal(refusal(decide({ method: 'OPTIONS', target, headers: BEARER })).statusCode, 403);
    });
  }
});

describe('guard: content type', () => {
  const withType = (...types: string[]): GuardDecision =>
    decide({ rawHeaders: [...HOST, ...BEARER, ...types.flatMap((type) => ['Content-Type', type])] });

  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
  ]) {
    it(`admits ${type}`, () => {
      assert.ok(withType(type).admitted);
    });
  }

  for (const types of [
    [],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['text/plain; application/json'],
    ['application/jsonp'],
    ['application/json, text/plain'],
    ['application/json', 'text/plain'],
    ['text/plain', 'application/json'],
    [''],
  ]) {
    it(`refuses a POST with ${types.length === 0 ? 'no type' : `"${types.join('" and "')}"`} with 415`, () => {
      assert.deepEqual(refusal(withType(...types)), { code: 'request.unsupported', statusCode: 415 });
    });
  }

  it('refuses a PUT without a JSON type and asks nothing of a GET or DELETE', () => {
    const put = { target: '/pointsman/v1/override', rawHeaders: [...HOST, ...ADMIN] };
    assert.equal(refusal(decide({ ...put, method: 'PUT' })).statusCode, 415);
    assert.ok(decide({ ...put, method: 'DELETE' }).admitted);
    assert.ok(decide({ ...put, method: 'GET' }).admitted);
  });

  it('asks for the key before it talks about types', () => {
    assert.equal(refusal(decide({ rawHeaders: HOST })).statusCode, 401);
  });
});

describe('guard: handshakes of WebSockets', () => {
  const sound = ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
  const shake = (headers: readonly string[]): GuardDecision =>
    decide({ method: 'GET', target: '/v1/responses', isUpgrade: true, headers: [...BEARER, ...headers] });

  it('admits a sound one, with and without subprotocols', () => {
    assert.ok(shake(sound).admitted);
    assert.ok(shake([...sound, 'Sec-WebSocket-Protocol', 'pointsman, other.v1']).admitted);
  });

  for (const [what, headers] of [
    ['another version', ['Sec-WebSocket-Version', '7', ...sound.slice(2)]],
    ['no version', sound.slice(2)],
    ['no key', sound.slice(0, 2)],
    ['a key that is too short', [...sound.slice(0, 3), 'dGhlIHNhbXBsZQ==']],
    ['two keys', [...sound, ...sound.slice(2)]],
    ['a subprotocol without a name', [...sound, 'Sec-WebSocket-Protocol', 'a,,b']],
    ['the same subprotocol twice', [...sound, 'Sec-WebSocket-Protocol', 'a, a']],
  ] as const) {
    it(`refuses ${what} with a sentence, where the library would send a page`, () => {
      assert.deepEqual(refusal(shake(headers)), { code: 'request.malformed', statusCode: 400 });
    });
  }
});

describe('guard: headers it hands on', () => {
  it('refuses a thousand of them, behind which some versions of Node would hide an Origin', () => {
    const many = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => [`q${index}`, '']).flat();
    assert.ok(decide({ headers: [...BEARER, ...many(900)] }).admitted);
    const decision = decide({ headers: [...BEARER, ...many(1000)] });
    assert.deepEqual(refusal(decision), { code: 'request.malformed', statusCode: 431 });
  });

  it('lower-cases names and joins repeated ones', () => {
    const { headers } = decide({ headers: [...BEARER, 'X-Many', 'a', 'x-many', 'b'] });
    assert.equal(headers.get('x-many'), 'a, b');
  });
});
