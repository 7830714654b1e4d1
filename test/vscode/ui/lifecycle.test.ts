// One daemon through the life of the real editor's windows: they open, reload, crash, close, and the extension is
// uninstalled. Processes are looked up in /proc and ended by number. FAULTS_FULL=1 holds the return of a killed daemon to
// the 2 s that an idle machine allows.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { ExchangeRecord } from '../../../daemon/protocol/exchange-record.ts';
import type { Lockfile } from '../../../daemon/protocol/lockfile.ts';
import { createCall } from '../../../extension/daemon/client.ts';
import { locateDaemon, readToken } from '../../../extension/daemon/locate.ts';
import { usd } from '../../../extension/dashboard/figures.ts';
import { vsixPath } from '../../package/vsix-path.ts';
import { startsOf } from '../../support/editor-window.ts';
import {
  chatBody,
  chatFrames,
  json,
  stall,
  startFakeUpstream,
  type FakeUpstream,
} from '../../support/fake-upstream.ts';
import { configFor } from '../../support/run-daemon.ts';
import { until } from '../code-server.ts';
import { recordFigure } from '../figures.ts';
import type { Workbench } from '../workbench.ts';
import { openFreshEditor, type FreshEditor, type FreshHome } from './fresh-editor.ts';
import { daemonsOf, extensionHosts, HAS_PROCESS_LIST, parentOf, peersOf } from './process-list.ts';
import { keepPicture } from './shared-editor.ts';
import { statusBarOf, type StatusBarItem } from './status-bar-item.ts';

const BACK_WITHIN_MS = process.env['FAULTS_FULL'] === '1' ? 2000 : 10_000;
const SHORT_LINGER = ['--require', path.join(import.meta.dirname, 'short-linger.cjs')];
const SHORT_LINGER_MS = 3000;
/** For windows whose goodbye gets lost: otherwise three hours. */
const RECONNECTION = { CODE_SERVER_RECONNECTION_GRACE_TIME: '5' } as const;
const MODEL = 'only-model';

interface Window {
  readonly workbench: Workbench;
  readonly item: StatusBarItem;
}

describe('the lifecycle of the daemon', () => {
  let upstream: FakeUpstream;
  let editor: FreshEditor;
  let home: FreshHome;
  let windows: readonly Window[] = [];

  /** Windows on a home whose place only the editor's settings tell. */
  async function open(
    context: Mocha.Context,
    { names, nodeArguments = [] }: { names: readonly string[]; nodeArguments?: readonly string[] },
  ): Promise<void> {
    if (!HAS_PROCESS_LIST) {
      console.log('skipped: without /proc nobody can say which processes there are');
      context.skip();
    }
    editor = await openFreshEditor(context, {
      extensions: [vsixPath()],
      environment: RECONNECTION,
      nodeArguments,
    });
    home = await editor.makeHome();
    const config = configFor([{ id: MODEL, baseUrl: upstream.baseUrl }]);
    writeFileSync(path.join(home.folder, 'config.jsonc'), JSON.stringify({ ...config, port: home.port }));
    windows = await Promise.all(
      names.map(async (name) => {
        const workbench = await editor.openWindow(name, home);
        return { workbench, item: await statusBarOf(workbench) };
      }),
    );
  }

  before(async () => {
    upstream = await startFakeUpstream();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const [index, { workbench }] of windows.entries()) {
      if (workbench.page.isClosed()) continue;
      await keepPicture(workbench.page, `${this.currentTest.title.slice(0, 40)} ${index + 1}`);
    }
  });

  after(() => upstream?.close());

  const hosts = (): readonly number[] => extensionHosts(editor.server.folder);

  /** The event socket is the only connection that a window keeps. */
  const hasLease = (host: number): boolean => peersOf([host]).some(({ port }) => port === home.port);

  /** The only one, proven to be ours. */
  async function daemon(): Promise<Lockfile> {
    const located = await locateDaemon(home.folder);
    if (located.status !== 'running') assert.fail(`the daemon is ${located.status}`);
    assert.deepEqual(daemonsOf(home.folder), [located.lockfile.pid]);
    return located.lockfile;
  }

  const call = ({ url }: Lockfile, route: string): Promise<unknown> =>
    createCall({ url, adminToken: () => readToken(home.folder, 'admin') })('GET', route);

  function post({ url }: Lockfile, stream: boolean): Promise<Response> {
    return fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readToken(home.folder, 'client')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: MODEL, stream, messages: [{ role: 'user', content: 'hello there' }] }),
      signal: AbortSignal.timeout(30_000),
    });
  }

  async function recordOf(running: Lockfile, response: Response): Promise<ExchangeRecord> {
    const exchangeId = response.headers.get('x-pointsman-exchange-id') ?? '';
    return (await call(running, `exchanges/${exchangeId}`)) as ExchangeRecord;
  }

  let requests = 0;

  /** Sends a request that costs more than the one before it, and waits until every window shows its price. */
  async function assertWindowsFollow(): Promise<void> {
    requests += 1;
    upstream.next(
      json(chatBody('ok', { usage: { prompt_tokens: 10_000 * requests, completion_tokens: 0 } })),
    );
    const running = await daemon();
    const response = await post(running, false);
    assert.equal(response.status, 200, await response.text());
    const { costUsd } = await recordOf(running, response);
    for (const { item } of windows) await item.waitForText(`${MODEL} · ${usd(costUsd)}`);
  }

  async function close(closing: readonly Window[]): Promise<void> {
    for (const { page } of closing.map(({ workbench }) => workbench)) {
      await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })]);
    }
    windows = windows.filter((window) => !closing.includes(window));
    await until('the hosts of closed windows are left', 30, () => hosts().length === windows.length);
  }

  describe('while windows come and go', () => {
    before(async function () {
      await open(this, { names: ['one', 'two'], nodeArguments: SHORT_LINGER });
    });

    after(() => editor?.close());

    it('[C1] is that of one process for two windows that open at once', async () => {
      const { pid } = await daemon();
      assert.equal(startsOf(home.folder), 1, 'not even for a moment was there another');
      assert.equal(hosts().length, 2);
      assert.ok(hosts().every(hasLease), 'each window holds a lease');
      assert.ok(hosts().includes(parentOf(pid) ?? 0), 'one of them has started it');
      await assertWindowsFollow();
    });

    it('goes on when the extension host that started it is killed, and the next host of that window adopts it', async () => {
      const { pid } = await daemon();
      const before = hosts();
      const starter = parentOf(pid) ?? 0;
      assert.ok(before.includes(starter));
      process.kill(starter, 'SIGKILL');
      const isNew = (host: number): boolean => !before.includes(host) && hasLease(host);
      await until('no new extension host has a lease', 30, () => hosts().some(isNew));
      assert.equal((await daemon()).pid, pid);
      await assertWindowsFollow();
    });

    it('goes on when a window is reloaded, whose status bar comes back with its figures', async () => {
      const { pid } = await daemon();
      await assertWindowsFollow();
      const [{ workbench, item } = assert.fail('no window')] = windows;
      const before = await item.text();
      assert.match(before, /^only-model · \$\d[\d.]* · saved \$/);
      await workbench.page.reload();
      await statusBarOf(workbench);
      await item.waitForText(before);
      assert.equal((await daemon()).pid, pid);
      await assertWindowsFollow();
    });

    it('is followed by another within seconds of a kill -9, and the request that ran is in the books as interrupted', async () => {
      const killed = await daemon();
      upstream.next(stall({ frames: chatFrames('these words never end').slice(0, 4) }));
      const response = await post(killed, true);
      const text = response.text();
      const isCut = assert.rejects(text);
      await call(killed, 'exchanges'); // whoever reads the books has what waits written first: that this one runs
      const killedAt = performance.now();
      process.kill(killed.pid, 'SIGKILL');
      await until('no daemon came back', 30, async () => {
        const located = await locateDaemon(home.folder);
        return located.status === 'running' && located.lockfile.pid !== killed.pid;
      });
      const backMs = performance.now() - killedAt;
      recordFigure({ name: 'daemon back after kill -9', value: backMs, unit: 'ms', limit: BACK_WITHIN_MS });
      assert.ok(backMs < BACK_WITHIN_MS, `${backMs} ms`);
      await isCut;
      const next = await daemon();
      assert.equal(next.url, killed.url, 'assistants find it where it was');
      await until('the request is not closed in the books', 10, async () => {
        const record = await recordOf(next, response).catch(() => null);
        return record?.status === 'interrupted' && record.costUsd === null;
      });
      await assertWindowsFollow();
      assert.equal(startsOf(home.folder), 2, 'the two windows agreed on one');
    });

    it('goes on when one of the windows closes', async () => {
      const { pid } = await daemon();
      await close(windows.slice(1));
      assert.equal((await daemon()).pid, pid);
      await assertWindowsFollow();
    });

    it('ends after its linger when the last window has closed, and leaves no process behind', async () => {
      const running = await daemon();
      assert.equal(running.lingerS, SHORT_LINGER_MS / 1000);
      const closedAt = performance.now();
      await close(windows);
      await until('the daemon stays', 20, () => daemonsOf(home.folder).length === 0);
      const tookMs = performance.now() - closedAt;
      assert.ok(tookMs > 0.8 * SHORT_LINGER_MS, `it was gone after ${tookMs} ms`);
      await assertNobodyListens(running);
      assert.ok(!existsSync(path.join(home.folder, 'daemon.json')));
    });
  });

  describe('with the extension', () => {
    before(async function () {
      await open(this, { names: ['one'] });
    });

    after(() => editor?.close());

    it('ends after the uninstallation when the editor starts again, which runs our clean-up: long before its linger', async () => {
      const running = await daemon();
      const { pid, lingerS = 0 } = running;
      assert.ok(lingerS >= 60, `it would linger for ${lingerS} s`);
      const { server } = editor;
      const extensions = path.join(server.folder, 'extensions');
      const ours = (): readonly string[] =>
        readdirSync(extensions).filter((name) => name.startsWith('pointsman.'));
      const copies = path.join(server.folder, 'data', 'User', 'globalStorage', 'pointsman.pointsman');
      assert.ok(existsSync(copies));
      server.run('--uninstall-extension', 'pointsman.pointsman');
      assert.equal((await daemon()).pid, pid, 'windows that are open still have it');
      await close(windows);
      assert.equal((await daemon()).pid, pid);
      const startedAt = performance.now();
      await server.restart();
      await fetch(server.url); // it wakes up when somebody opens its page
      await until('the daemon stays', 30, () => daemonsOf(home.folder).length === 0);
      assert.ok(performance.now() - startedAt < 1000 * lingerS * 0.6, 'the linger had not ended');
      await until('files are left', 20, () => ours().length === 0 && !existsSync(copies));
      const hasRun = /Finished running post uninstall script pointsman\.pointsman/;
      await until('the editor does not say that it ran it', 10, () => hasRun.test(server.log()));
      await assertNobodyListens(running);
      assert.ok(existsSync(path.join(home.folder, 'ledger.db')), "the books are the user's");
    });
  });
});

async function assertNobodyListens({ url }: Lockfile): Promise<void> {
  await assert.rejects(fetch(`${url}/healthz`), (error: Error) => /ECONNREFUSED/.test(String(error.cause)));
}
