// Somebody else's folder, which sets everything that there is of ours, and what else might help, to something of theirs:
// alone, and as one of the folders of a workspace file. Both are trusted here; untrusted-workspace.test.ts has the others.

import assert from 'node:assert/strict';
import path from 'node:path';

import { endpointChoices } from '../../../extension/commands/endpoint-choices.ts';
import { until } from '../code-server.ts';
import { Workbench } from '../workbench.ts';
import {
  contentOf,
  contributedSettings,
  environmentsIn,
  hostileSettings,
  setTrap,
  writeHostileFolder,
  writeHostileWorkspace,
  type Trap,
} from './hostile-folder.ts';
import { watchPeers, type PeerWatch } from './peer-watch.ts';
import { HAS_PROCESS_LIST } from './process-list.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';
import { standingOf } from './standing.ts';
import { statusBarOf } from './status-bar-item.ts';

/** So that there is one that could be lost. */
const BUDGET = { scope: 'all', period: 'month', limitUsd: 5000, onReach: 'warn' } as const;

describe('a workspace whose settings are hostile', () => {
  let editor: SharedEditor;
  let trap: Trap;
  let watch: PeerWatch | null = null;
  let standing: Readonly<Record<string, unknown>>;

  before(async function () {
    editor = await openSharedEditor(this);
    await editor.daemon.control('PUT', 'budgets', [BUDGET]);
    standing = await standingOf(editor.home);
    trap = await setTrap();
    if (HAS_PROCESS_LIST) watch = watchPeers(editor.server, editor.home);
  });

  after(async () => {
    watch?.stop();
    trap?.close();
    await editor?.daemon.control('PUT', 'budgets', []);
  });

  it('has something to be hostile with for every setting of the manifest', () => {
    const hostile = hostileSettings(trap, editor.server.folder);
    const settings = Object.entries(contributedSettings());
    assert.deepEqual(Object.keys(hostile), Object.keys(contributedSettings()));
    for (const [key, schema] of settings) {
      assert.notDeepEqual(hostile[key], schema.default, key);
      assert.notDeepEqual(hostile[key], editor.home.machineSettings[key], key);
      assert.ok([schema.type].flat().includes(typeOf(hostile[key])), `${key}: ${String(hostile[key])}`);
    }
    assert.ok(settings.length >= 6);
  });

  it('finds no setting of ours that it could reach', () => {
    const reachable = Object.entries(contributedSettings()).filter(
      ([, { scope }]) => scope !== 'machine' && scope !== 'application',
    );
    assert.deepEqual(reachable, []);
  });

  const openPage = async (opened: string): Promise<Workbench> =>
    await Workbench.open(
      await editor.browser.newPage({ viewport: { width: 1400, height: 900 } }),
      editor.server.url,
      opened,
    );

  const OPENINGS = {
    'opened as a folder': async (folder: string) => {
      writeHostileFolder(trap, folder);
      return await openPage(folder);
    },
    'opened by a workspace file with two folders': async (folder: string) =>
      await openPage(writeHostileWorkspace(trap, folder)),
  };

  for (const [opening, open] of Object.entries(OPENINGS)) {
    describe(opening, () => {
      let window: Workbench;
      let folder = '';
      let content: Readonly<Record<string, string>>;

      before(async () => {
        folder = path.join(editor.server.folder, opening.replaceAll(' ', '-'));
        window = await open(folder);
        content = contentOf(folder);
      });

      after(async () => await window?.page.close());

      afterEach(async function () {
        if (this.currentTest?.state === 'failed') await keepPicture(window.page, this.currentTest.title);
      });

      it('shows the same as every other window, and reaches the same daemon', async () => {
        const [ours, theirs] = [await statusBarOf(editor.workbench), await statusBarOf(window)];
        const { model } = await editor.daemon.askAsClaudeCode('which port does PostgreSQL use?');
        await until('the windows did not show the same', 20, async () => {
          const text = await theirs.text();
          return text.includes(model) && text === (await ours.text());
        });
        assert.match(await theirs.text(), /\$.*saved .*\$/, 'what it costs and what it saves');
        const { url, token } = editor.daemon;
        assert.deepEqual(
          await addressesIn(window),
          endpointChoices(url, token).map(({ detail }) => detail),
        );
        assert.deepEqual(await standingOf(editor.home), standing);
      });

      it('hands its terminals no token', async function () {
        const offered = await window.offeredCommands('Pointsman: assistants in new terminals');
        assert.deepEqual(
          offered.filter((title) => title.includes('new terminals')),
          ['Pointsman: Send assistants in new terminals through Pointsman'],
        );
        if (!HAS_PROCESS_LIST) this.skip();
        // The plain command would ask in which of several folders.
        await window.runCommand('Terminal: Create New Terminal (In Active Workspace)');
        let environments: readonly string[] = [];
        await until('no terminal has the variables that the folder asks for', 20, () => {
          environments = folders(content).flatMap((name) => environmentsIn(path.join(folder, name)));
          return environments.some((environment) => environment.includes(trap.url));
        });
        assert.deepEqual(
          environments.filter((environment) => environment.includes(editor.daemon.token)),
          [],
        );
      });

      it('has no say in how the daemon is started again', async () => {
        const before = await editor.home.daemon();
        await window.runCommand('Pointsman: Restart');
        await until(
          'the daemon was not started again',
          30,
          async () => (await editor.home.daemon()).pid !== before.pid,
        );
        const [ours, theirs] = [await statusBarOf(editor.workbench), await statusBarOf(window)];
        assert.deepEqual(await standingOf(editor.home), standing);
        const { model } = await editor.daemon.askAsClaudeCode('which port does Redis use?');
        await ours.waitForText(model);
        await theirs.waitForText(model);
      });

      it('finds its files as they were, and nothing of them was run', () => {
        assert.deepEqual(contentOf(folder), content);
      });
    });
  }

  describe('in the end', () => {
    it('gets no byte, by TCP or UDP, from the extension, the daemon or the editor', async () => {
      assert.deepEqual(trap.heard, { connections: 0, bytes: 0 });
      assert.ok(await trap.hears(), 'there was somebody to hear it');
    });

    it('leads to no connection but those between the editor, the daemon and its providers', function () {
      if (watch === null) this.skip();
      assert.deepEqual(watch.strangers, []);
      assert.ok(watch.expected > 100, `${watch.expected} connections were looked at`);
    });
  });
});

/** What "Copy the address" offers in this window. */
async function addressesIn(window: Workbench): Promise<readonly string[]> {
  await window.runCommand('Pointsman: Copy the address for an assistant…');
  const rows = window.quickPickRows().filter({ hasText: 'http://' });
  await rows.nth(4).waitFor();
  const texts = await rows.allInnerTexts();
  await window.page.keyboard.press('Escape');
  return texts.map((text) => /http:\S+/.exec(text)?.[0] ?? '');
}

/** Those that have settings of their own, inside the folder that was opened. */
const folders = (content: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(content)
    .filter((name) => name.endsWith('.env'))
    .map((name) => path.dirname(name));

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};
