// Nothing of Pointsman runs on when nobody needs it: the linger, the lease that holds it off, and the uninstallation.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isProcessAlive } from '../../daemon/util/process-alive.ts';
import { recordPath, rememberInstallation } from '../../extension/daemon/installation-record.ts';
import { BUNDLE, ensureBundle, eventually, spawnDaemon } from '../support/daemon-process.ts';
import { configureHome, openEditor, postAs, type EditorWindows } from '../support/editor-window.ts';
import { chatFrames, sse, startFakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';

const LINGER_S = 1;
const LINGER_MS = 1000 * LINGER_S;

describe('the end of a daemon that nobody needs', function () {
  this.timeout(30_000);
  let editor: EditorWindows;
  before(ensureBundle);
  beforeEach(() => {
    editor = openEditor({ lingerS: LINGER_S });
  });
  afterEach(() => editor.endAll());

  it('comes after the linger, when the last window has closed, and leaves no file that says it runs', async () => {
    const [first, second] = [editor.open(), editor.open()];
    const { pid } = await first.supervisor.start();
    await second.supervisor.start();
    first.supervisor.dispose();
    const heldMs = performance.now();
    await eventually(() => performance.now() - heldMs > 1.5 * LINGER_MS);
    assert.ok(isProcessAlive(pid), 'a lease was held');
    second.supervisor.dispose();
    const leftMs = performance.now();
    await eventually(() => !isProcessAlive(pid));
    assert.ok(performance.now() - leftMs > LINGER_MS * 0.8);
    assert.ok(!existsSync(path.join(editor.home, 'daemon.json')));
  });

  it('does not come while requests keep coming without a window, nor during a long one', async () => {
    const upstream = await startFakeUpstream();
    try {
      configureHome(editor.home, configFor([{ id: 'only', baseUrl: upstream.baseUrl }]));
      const window = editor.open();
      const connection = await window.supervisor.start();
      window.supervisor.dispose();
      const body = { model: 'auto', stream: true, messages: [{ role: 'user', content: 'hello' }] };
      upstream.next(sse(chatFrames('a b c d e f g h i j'), { pauseMs: 150 })); // longer than the linger
      assert.match(await (await postAs(connection, '/v1/chat/completions', body)).text(), /\[DONE\]/);
      const untilMs = performance.now() + 1.5 * LINGER_MS;
      while (performance.now() < untilMs) {
        await (await postAs(connection, '/v1/chat/completions', body)).text();
        await eventuallyAfter(50);
      }
      assert.ok(isProcessAlive(connection.pid));
      await eventually(() => !isProcessAlive(connection.pid));
    } finally {
      await upstream.close();
    }
  });

  describe('with the extension', () => {
    /** As the editor has it: EXTENSIONS/pointsman.pointsman-VERSION/dist/uninstall.cjs. */
    function install(): { readonly script: string; readonly extensionsFolder: string } {
      const extensionsFolder = path.join(editor.folder, 'extensions');
      const dist = path.join(extensionsFolder, 'pointsman.pointsman-0.1.0', 'dist');
      mkdirSync(dist, { recursive: true });
      const script = path.join(dist, 'uninstall.cjs');
      cpSync(path.join(path.dirname(BUNDLE), 'uninstall.cjs'), script);
      return { script, extensionsFolder };
    }
    const environment = (): Record<string, string> => ({
      PATH: process.env['PATH'] ?? '',
      HOME: editor.folder,
      XDG_DATA_HOME: path.join(editor.folder, 'data'),
      LOCALAPPDATA: path.join(editor.folder, 'data'),
    });
    const record = (): string =>
      recordPath({ environment: environment(), platform: process.platform, homedir: editor.folder });

    it('uninstalling ends the daemon that the extension started and removes the copies, within the 5 s that there are', async () => {
      const window = editor.open({ lingerS: 600 });
      const { pid } = await window.supervisor.start();
      window.supervisor.dispose();
      const { script, extensionsFolder } = install();
      rememberInstallation(record(), { extensionsFolder, home: editor.home, copies: editor.copies });
      assert.equal(readdirSync(editor.copies).length, 1);
      const end = spawnSync(process.execPath, [script], { env: environment(), timeout: 5000 });
      assert.equal(end.status, 0, String(end.stderr));
      await eventually(() => !isProcessAlive(pid));
      assert.ok(!existsSync(editor.copies));
      assert.ok(!existsSync(record()));
      assert.ok(existsSync(path.join(editor.home, 'ledger.db'))); // the books are the user's
    });

    it('uninstalling leaves a daemon alone that the user started', async () => {
      const own = await spawnDaemon({ home: editor.home });
      try {
        const { script, extensionsFolder } = install();
        rememberInstallation(record(), { extensionsFolder, home: editor.home, copies: editor.copies });
        assert.equal(spawnSync(process.execPath, [script], { env: environment() }).status, 0);
        assert.equal((await fetch(`${own.url}/healthz`)).status, 200);
      } finally {
        await own.stop();
      }
    });
  });
});

function eventuallyAfter(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
