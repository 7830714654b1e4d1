// A folder that nobody has said to trust, with hostile settings in it: in Restricted Mode, where the daemon is started from
// it, and after somebody trusts it. The manifest declares that nothing of ours is limited meanwhile.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, Locator } from 'playwright-core';

import { vsixPath } from '../../package/vsix-path.ts';
import { launchBrowser, startCodeServer, until, type RunningCodeServer } from '../code-server.ts';
import { CannotRunHere, prepareEditorKit } from '../editor-kit.ts';
import { makeTestHome, type TestHome } from '../test-home.ts';
import { Workbench } from '../workbench.ts';
import { DashboardPage } from './dashboard-page.ts';
import { contentOf, setTrap, writeHostileFolder, type Trap } from './hostile-folder.ts';
import { watchPeers, type PeerWatch } from './peer-watch.ts';
import { HAS_PROCESS_LIST } from './process-list.ts';
import { keepPicture } from './shared-editor.ts';
import { standingOf } from './standing.ts';
import { statusBarOf } from './status-bar-item.ts';

const SETTINGS = {
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // No question before it opens: Restricted Mode until somebody says otherwise.
  'security.workspace.trust.startupPrompt': 'never',
} as const;

/** High enough for a whole list of extensions: what is further down is not there. */
const WINDOW = { width: 1400, height: 1600 } as const;

describe('a folder that is not trusted', () => {
  let home: TestHome;
  let server: RunningCodeServer;
  let browser: Browser;
  let window: Workbench;
  let trap: Trap;
  let folder = '';
  let content: Readonly<Record<string, string>>;
  let watch: PeerWatch | null = null;
  const toClose: (() => unknown)[] = [];

  before(async function () {
    this.timeout(600_000);
    const kit = kitOrSkip(this);
    home = await makeTestHome();
    toClose.unshift(() => home.stop());
    const { environment, machineSettings } = home;
    server = await startCodeServer(kit, {
      extensions: [vsixPath()],
      environment,
      machineSettings,
      settings: SETTINGS,
      hasWorkspaceTrust: true,
    });
    toClose.unshift(() => server.stop());
    trap = await setTrap();
    toClose.unshift(() => trap.close());
    folder = path.join(server.folder, 'theirs');
    writeHostileFolder(trap, folder);
    content = contentOf(folder);
    browser = await launchBrowser(kit);
    toClose.unshift(() => browser.close());
    if (HAS_PROCESS_LIST) watch = watchPeers(server, home);
    toClose.unshift(() => watch?.stop());
    const page = await browser.newPage({ viewport: WINDOW });
    window = await Workbench.open(page, server.url, folder);
  });

  after(async () => {
    for (const close of toClose) await close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepPicture(window.page, this.currentTest.title);
  });

  const restricted = (): Locator => window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' });

  const ourCommands = async (): Promise<readonly string[]> => {
    const titles = await window.offeredCommands('Pointsman');
    return titles.filter((title) => title.startsWith('Pointsman: ')).toSorted();
  };

  /** One request, seen in the status bar with its money. */
  async function askAndSee(words: string): Promise<void> {
    const item = await statusBarOf(window);
    const { model } = await (await home.daemon()).askAsClaudeCode(words);
    await item.waitForText(model);
    await item.waitForText('saved '); // the totals come right behind the answer
    assert.match(await item.text(), /\$.*saved .*\$/);
  }

  let standing: Readonly<Record<string, unknown>>;
  let offered: readonly string[] = [];

  it('starts its daemon where the user has it, not where the folder says', async () => {
    await restricted().waitFor();
    await statusBarOf(window);
    const daemon = await home.daemon();
    standing = await standingOf(home);
    assert.equal(daemon.url, `http://127.0.0.1:${home.port}`);
    assert.equal(standing['home'], home.folder);
    const told = JSON.stringify(standing);
    assert.ok(!told.includes(folder) && !told.includes(String(trap.port)), told);
  });

  it('answers requests and shows them, in Restricted Mode', async () => {
    await askAndSee('which port does PostgreSQL use?');
    await until('the commands were not offered', 20, async () => {
      offered = await ourCommands();
      return offered.length > 10;
    });
    await restricted().waitFor();
  });

  it('names what is limited, and nothing of ours is, as the manifest declares', async () => {
    assert.deepEqual(capabilities(), { untrustedWorkspaces: { supported: true }, virtualWorkspaces: true });
    await window.runCommand('Workspaces: Manage Workspace Trust');
    const link = window.page.locator('.workspace-trust-editor a', { hasText: /^\d+ extensions$/ });
    await link.click();
    const limited = Number.parseInt(await link.innerText(), 10);
    const names = window.page.locator('.extension-list-item .name');
    await until(
      'the extensions that are limited were not listed',
      20,
      async () => (await names.count()) === limited,
    );
    const listed = await names.allInnerTexts();
    assert.ok(limited > 0 && !listed.some((name) => /pointsman/i.test(name)), listed.join(', '));
  });

  it('works as before once the folder is trusted, and the folder still has no say', async () => {
    await window.runCommand('Workspaces: Manage Workspace Trust');
    await window.page.locator('.workspace-trust-editor a', { hasText: /^Trust$/ }).click();
    await restricted().waitFor({ state: 'detached' });
    await window.page.keyboard.press('Escape');
    await askAndSee('which port does Redis use?');
    await until('not the same commands were offered', 20, async () =>
      isDeepStrictEqual(await ourCommands(), offered),
    );
    await DashboardPage.open(window);
    assert.deepEqual(await standingOf(home), standing);
  });

  it('gets no byte, runs nothing and finds its files as they were', async () => {
    assert.deepEqual(trap.heard, { connections: 0, bytes: 0 });
    assert.ok(await trap.hears(), 'there was somebody to hear it');
    assert.deepEqual(contentOf(folder), content);
    assert.deepEqual(watch?.strangers ?? [], []);
  });
});

function capabilities(): unknown {
  const file = path.join(import.meta.dirname, '..', '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly capabilities: unknown }).capabilities;
}

function kitOrSkip(context: Mocha.Context): ReturnType<typeof prepareEditorKit> {
  try {
    return prepareEditorKit();
  } catch (error) {
    if (!(error instanceof CannotRunHere)) throw error;
    console.log(`skipped: VS Code cannot be run here: ${error.message}`);
    return context.skip();
  }
}
