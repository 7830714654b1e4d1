// The page and its files over a real socket, with files that the test makes up.

import assert from 'node:assert/strict';

import { dashboardRoutes } from '../../../../daemon/http/dashboard-routes.ts';
import { DashboardSessions } from '../../../../daemon/http/dashboard-sessions.ts';
import { webviewFolder } from '../../../../daemon/lifecycle/webview-files.ts';
import { systemClock } from '../../../../daemon/util/clock.ts';
import { browserCall, FROM_PAGE, TYPED, type BrowserAnswer } from '../../../support/browser-call.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, openFrontDoor, type FrontDoor } from '../../../support/front-door.ts';

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

describe('dashboard page', () => {
  let door: FrontDoor;
  let sessions: DashboardSessions;
  let files: Record<string, string>;
  before(async () => {
    sessions = new DashboardSessions(systemClock);
    door = await openFrontDoor({
      isPageSession: (cookie) => sessions.isOpen(cookie),
      routes: dashboardRoutes({
        sessions,
        readFile: async (name) => {
          const text = files[name];
          if (text === undefined) throw new Error('ENOENT');
          return Buffer.from(text);
        },
      }),
    });
  });
  beforeEach(() => {
    files = { 'dashboard.js': 'draw()', 'dashboard.css': 'body{}' };
  });
  after(() => door.server.close(0));

  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<BrowserAnswer> =>
    browserCall({ url: `${door.url}${path}`, headers });
  const cookie = (): string => `pointsman_dashboard=${sessions.open()}`;

  it('[A45] answers to the admin token and to a session, under a strict policy', async () => {
    for (const headers of [ADMIN, { cookie: cookie(), ...TYPED }, { cookie: cookie(), ...FROM_PAGE }]) {
      const page = await get('/dashboard', headers);
      assert.equal(page.status, 200);
      assert.equal(page.headers['content-security-policy'], POLICY);
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.equal(page.headers['set-cookie'], undefined);
      assertIsolated(page);
      assert.match(page.text, /src="\/dashboard\/dashboard\.js"/);
      assert.doesNotMatch(page.text, /<style|style=|<script>|javascript:| on\w+=/);
    }
  });

  it('gives a browser that sends the admin token a session, since its sockets cannot', async () => {
    const page = await get('/dashboard', { ...ADMIN, ...TYPED });
    const value = /pointsman_dashboard=([\w-]+)/.exec(page.headers['set-cookie']?.[0] ?? '')?.[1] ?? '';
    assert.equal(sessions.isOpen(value), true);
  });

  it('keeps its files for those who were let in', async () => {
    for (const path of ['/dashboard/dashboard.js', '/dashboard/dashboard.css']) {
      assert.equal((await get(path)).status, 401);
      assert.equal((await get(path, { authorization: `Bearer ${CLIENT_TOKEN}` })).status, 403);
      assert.equal((await get(path, { cookie: 'pointsman_dashboard=x', ...FROM_PAGE })).status, 401);
      assert.equal((await get(path, { cookie: cookie(), 'sec-fetch-site': 'same-site' })).status, 403);
      const file = await get(path, { cookie: cookie(), ...FROM_PAGE });
      assert.equal(file.status, 200);
      assertIsolated(file);
    }
    const { headers, text } = await get('/dashboard/dashboard.css', ADMIN);
    assert.deepEqual([headers['content-type'], text], ['text/css; charset=utf-8', 'body{}']);
  });

  it('sends a file again only when it has changed', async () => {
    const first = await get('/dashboard/dashboard.js', ADMIN);
    const etag = first.headers.etag ?? '';
    const same = await get('/dashboard/dashboard.js', { ...ADMIN, 'if-none-match': `"other", W/${etag}` });
    assert.deepEqual([same.status, same.text], [304, '']);
    files['dashboard.js'] = 'draw(2)';
    const changed = await get('/dashboard/dashboard.js', { ...ADMIN, 'if-none-match': etag });
    assert.deepEqual([changed.status, changed.text], [200, 'draw(2)']);
  });

  it('says how to build it when its files are missing', async () => {
    delete files['dashboard.css'];
    const page = await get('/dashboard', ADMIN);
    assert.equal(page.status, 503);
    assert.match(page.text, /npm run build/);
    const file = await get('/dashboard/dashboard.css', ADMIN);
    assert.equal(file.status, 404);
    assert.match(file.text, /npm run build/);
  });

  it('has no other files, and no way out of its folder', async () => {
    for (const path of [
      '/dashboard/other.js',
      '/dashboard/../dashboard.js',
      '/dashboard/%2e%2e/config.jsonc',
    ]) {
      assert.equal((await get(path, ADMIN)).status, 404);
      assert.equal((await get(path)).status, 401);
    }
  });

  it('lets nobody in who followed a link, but shows the way', async () => {
    const { ticket } = sessions.issueTicket();
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
    };
    const page = await get(`/dashboard?ticket=${ticket}`, { ...link, cookie: cookie() });
    assert.equal(page.status, 403);
    assert.equal(page.headers['set-cookie'], undefined);
    assert.ok(page.text.includes(`href="/dashboard?ticket=${ticket}"`));
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.notEqual(sessions.redeem(ticket), null); // still good
    const hostile = await get('/dashboard?ticket=%22%3E%3Cscript%3E', link);
    assert.doesNotMatch(hostile.text, /<script|%22/);
    const framed = await get('/dashboard', { ...link, 'sec-fetch-dest': 'iframe', cookie: cookie() });
    assert.match(framed.text, /auth\.forbidden/);
  });

  it('lies beside the bundled daemon, and in dist/ for the sources', () => {
    assert.equal(webviewFolder('/opt/pointsman/dist/daemon.cjs'), '/opt/pointsman/dist/webview');
    assert.equal(webviewFolder('file:///src/daemon/lifecycle/webview-files.ts'), '/src/dist/webview');
  });
});

function assertIsolated({ headers }: BrowserAnswer): void {
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.equal(headers['access-control-allow-origin'], undefined);
}
