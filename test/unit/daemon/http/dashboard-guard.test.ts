// The dashboard's cookie as rows: what it opens, and what must speak for it. The same over real sockets stands in
// test/integration/dashboard.test.ts.

import assert from 'node:assert/strict';

import { createGuard, type GuardDecision, type GuardProbe } from '../../../../daemon/http/guard.ts';
import { PAGE_ROUTES } from '../../../../daemon/protocol/page-routes.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, roleOf } from '../../../support/front-door.ts';

const OWN = 'http://127.0.0.1:7411';
const COOKIE = ['Cookie', 'pointsman_dashboard=open'];
const SAME_ORIGIN = ['Sec-Fetch-Site', 'same-origin'];

const HANDSHAKE = ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];

function decide(
  line: string,
  headers: readonly string[],
  probe: Partial<GuardProbe> = {},
): GuardDecision & { readonly role?: string } {
  const [method = '', target = ''] = line.split(' ');
  return createGuard({ verifies: roleOf, isPageSession: (cookie) => cookie === 'open' }).decide({
    method,
    target,
    rawHeaders: [
      'Host',
      '127.0.0.1:7411',
      'Content-Type',
      'application/json',
      ...(probe.isUpgrade === true ? HANDSHAKE : []),
      ...headers,
    ],
    localPort: 7411,
    remoteAddress: '127.0.0.1',
    isUpgrade: false,
    ...probe,
  });
}

describe('guard: the cookie of the dashboard', () => {
  for (const [method, routes] of Object.entries(PAGE_ROUTES)) {
    for (const route of routes) {
      it(`opens ${method} ${route} for the page and for nobody else`, () => {
        const line = `${method} /pointsman/v1/${route.replace('*', 'x_1')}?since=7d`;
        assert.equal(decide(line, [...COOKIE, ...SAME_ORIGIN]).role, 'page');
        assert.equal(decide(line, [...COOKIE, 'Origin', OWN]).role, 'page');
        assert.equal(decide(line, COOKIE).admitted, false);
        assert.equal(decide(line, SAME_ORIGIN).admitted, false);
        assert.equal(decide(line, ['Origin', OWN]).admitted, false);
        assert.equal(
          decide(line, [...COOKIE, ...SAME_ORIGIN, 'Origin', 'http://127.0.0.1:3000']).admitted,
          false,
        );
        assert.equal(decide(line, [...COOKIE, 'Sec-Fetch-Site', 'same-site', 'Origin', OWN]).admitted, false);
      });
    }
  }

  it('opens the event socket by its origin alone, since browsers disagree on the site of a socket', () => {
    const events = 'GET /pointsman/v1/events';
    const upgrade = { isUpgrade: true };
    assert.equal(decide(events, [...COOKIE, 'Origin', OWN], upgrade).role, 'page');
    assert.equal(
      decide(events, [...COOKIE, 'Origin', OWN, 'Sec-Fetch-Site', 'cross-site'], upgrade).role,
      'page',
    );
    assert.equal(decide(events, [...COOKIE, ...SAME_ORIGIN], upgrade).admitted, false);
    assert.equal(decide(events, [...COOKIE, 'Origin', 'http://127.0.0.1:3000'], upgrade).admitted, false);
    assert.equal(decide('GET /v1/responses', [...COOKIE, 'Origin', OWN], upgrade).admitted, false);
    assert.equal(decide('GET /pointsman/v1/status', [...COOKIE, 'Origin', OWN], upgrade).admitted, false);
  });

  it('opens nothing else', () => {
    for (const line of [
      'GET /pointsman/v1/config',
      'POST /pointsman/v1/shutdown',
      'POST /pointsman/v1/dashboard-ticket',
      'PUT /pointsman/v1/credentials/openai',
      'POST /pointsman/v1/status',
      'HEAD /pointsman/v1/status',
      'GET /pointsman/v1/exchanges/a/b',
      'GET /pointsman/v1/exchanges/%2e%2e',
      'GET /pointsman/v1/',
      'POST /v1/chat/completions',
      'GET /v1/models',
      'GET /metrics',
      'POST /dashboard/dashboard.js',
    ]) {
      assert.equal(decide(line, [...COOKIE, ...SAME_ORIGIN]).admitted, false, line);
      assert.equal(decide(line, [...COOKIE, 'Origin', OWN]).admitted, false, line);
    }
  });

  it('is told that its session has ended, where the browser says that its page asks', () => {
    const ended = ['Cookie', 'pointsman_dashboard=old'];
    for (const headers of [[...ended, ...SAME_ORIGIN], [...ended, 'Origin', OWN], SAME_ORIGIN]) {
      const decision = decide('GET /pointsman/v1/status', headers);
      assert.ok(!decision.admitted);
      assert.equal(decision.error.code, 'auth.missing');
      assert.match(decision.error.message, /has ended/);
    }
  });

  it('adds nothing to a token, and takes nothing from it', () => {
    const admin = ['Authorization', `Bearer ${ADMIN_TOKEN}`];
    assert.equal(decide('GET /pointsman/v1/config', [...COOKIE, ...admin]).role, 'admin');
    assert.equal(decide('POST /pointsman/v1/shutdown', [...admin, 'Origin', OWN]).admitted, false);
    const foreign = [...COOKIE, ...admin, 'Origin', 'http://127.0.0.1:3000'];
    assert.equal(decide('GET /pointsman/v1/status', foreign).admitted, false);
    const old = ['Cookie', 'pointsman_dashboard=old', ...admin, 'Origin', OWN];
    assert.equal(decide('GET /pointsman/v1/status', old).admitted, false);
    const client = ['Authorization', `Bearer ${CLIENT_TOKEN}`];
    assert.equal(decide('GET /pointsman/v1/status', [...COOKIE, ...SAME_ORIGIN, ...client]).admitted, false);
  });

  it('counts for nothing under another host name', () => {
    const rebound = { rawHeaders: ['Host', 'evil.example:7411', ...COOKIE, ...SAME_ORIGIN] };
    assert.equal(decide('GET /pointsman/v1/status', [], rebound).admitted, false);
    const local = ['Host', 'localhost:7411', ...COOKIE];
    const byName = { rawHeaders: [...local, 'Origin', 'http://localhost:7411'] };
    assert.equal(decide('GET /pointsman/v1/status', [], byName).role, 'page');
    const mixed = { rawHeaders: [...local, 'Origin', OWN] };
    assert.equal(decide('GET /pointsman/v1/status', [], mixed).admitted, false);
  });
});
