// What can keep somebody from the first routed request, each in the real editor: a sentence where they look, and a button
// that mends it.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import type { Locator } from 'playwright-core';

import { vsixPath } from '../../package/vsix-path.ts';
import { until } from '../code-server.ts';
import { GUARDED_PROVIDER, RIGHT_KEY, WRONG_KEY } from '../key-guard.ts';
import type { Workbench } from '../workbench.ts';
import { askAsItsSettingsSay, openFreshEditor, type FreshEditor, type FreshHome } from './fresh-editor.ts';
import { keepPicture } from './shared-editor.ts';
import { statusBarOf, StatusBarItem } from './status-bar-item.ts';

const QUESTION = 'what is the default port of PostgreSQL?';

describe('a dead end', () => {
  let editor: FreshEditor;
  let workbench: Workbench | undefined;

  before(async function () {
    editor = await openFreshEditor(this, { extensions: [vsixPath()] });
    mkdirSync(path.dirname(editor.claudeSettings), { recursive: true });
  });

  beforeEach(() => writeFileSync(editor.claudeSettings, '{}\n'));

  afterEach(async function () {
    if (this.currentTest?.state === 'failed' && workbench !== undefined)
      await keepPicture(workbench.page, this.currentTest.title);
    await workbench?.page.close();
    workbench = undefined;
  });

  after(async () => {
    await editor?.close();
  });

  async function open(name: string, home: FreshHome): Promise<Workbench> {
    workbench = await editor.openWindow(name, home);
    return workbench;
  }

  const ask = (): Promise<unknown> => askAsItsSettingsSay(editor.claudeSettings, QUESTION);

  it('[A51] without a key is told in the status bar, and a click on it asks for the key', async () => {
    const window = await open('no-key', await editor.makeHome());
    const item = await statusBarOf(window);
    await item.waitForText('Set a provider key');
    const tooltip = await item.openTooltip();
    assert.match(await tooltip.innerText(), /No provider can be used yet: set a key/);
    assert.equal(await window.notifications().count(), 0, 'nobody is interrupted');
    await setKey(window, item, RIGHT_KEY);
    await until('the status bar still asks', 20, async () => !(await item.text()).includes('key'));
    await connectClaudeCode(window);
    await ask();
  });

  it('with a wrong key is told once, with a button that asks for another', async () => {
    const window = await open('wrong-key', await editor.makeHome());
    const item = await statusBarOf(window);
    await setKey(window, item, WRONG_KEY);
    await connectClaudeCode(window);
    await assert.rejects(ask(), /key/);
    await assert.rejects(ask());
    const notices = notice(window, `${GUARDED_PROVIDER} refuses the key`);
    await notices.first().waitFor();
    assert.equal(await notices.count(), 1, 'once');
    assert.doesNotMatch(await notices.first().innerText(), /other providers meanwhile/, 'there is no other');
    assert.match(await item.label(), new RegExp(`${GUARDED_PROVIDER} cannot be reached or refuses`));
    await keepPicture(window.page, 'dead-end-wrong-key');
    await press(notices, 'Set the key');
    await typeKey(window, RIGHT_KEY);
    await until('the status bar still warns', 20, async () => !(await item.text()).includes('out'));
    await ask();
    assert.equal(await notices.count(), 0);
  });

  it('of a home that cannot be used is told with the folder, and trying again works once it can', async () => {
    const home = await editor.makeHome();
    renameSync(home.folder, `${home.folder}-away`);
    writeFileSync(home.folder, 'not a folder');
    const window = await open('home-is-a-file', home);
    const told = notice(window, `The folder ${home.folder} cannot be used`);
    await failsWith(window, told, 'cannot be used');
    await keepPicture(window.page, 'dead-end-home');
    rmSync(home.folder);
    renameSync(`${home.folder}-away`, home.folder);
    await press(told, 'Try again');
    await statusBarOf(window);
  });

  it('of a daemon that cannot be put where it runs is told with the reason, and trying again works', async () => {
    const copies = path.join(editor.server.folder, 'data/User/globalStorage/pointsman.pointsman/daemon');
    const away = `${copies}-away`;
    mkdirSync(copies, { recursive: true });
    renameSync(copies, away);
    writeFileSync(copies, 'in the way');
    const window = await open('daemon-blocked', await editor.makeHome());
    const told = notice(window, 'The daemon could not be copied out of the extension');
    await failsWith(window, told, 'could not be copied');
    await keepPicture(window.page, 'dead-end-daemon-blocked');
    rmSync(copies);
    renameSync(away, copies);
    await press(told, 'Try again');
    await statusBarOf(window);
  });

  it('of a daemon that does not live is told after a few tries, and trying again works once it does', async () => {
    const extensions = path.join(editor.server.folder, 'extensions');
    const [name = ''] = readdirSync(extensions).filter((folder) => folder.startsWith('pointsman.'));
    const script = path.join(extensions, name, 'dist', 'daemon.cjs');
    const whole = readFileSync(script);
    writeFileSync(script, 'process.exit(1);\n');
    const window = await open('daemon-broken', await editor.makeHome());
    const told = notice(window, 'The daemon ended several times right after it was started; see its log.');
    await failsWith(window, told, 'ended several times');
    await told.first().locator('.monaco-button', { hasText: 'Show log' }).waitFor();
    writeFileSync(script, whole);
    await press(told, 'Try again');
    await statusBarOf(window);
  });

  it('[C5] of a port that a stranger has is told, and "Connect again" takes assistants to the new one', async () => {
    const home = await editor.makeHome();
    const stranger = await startStranger(home.port);
    // As an earlier day left it.
    const env = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${home.port}`, ANTHROPIC_AUTH_TOKEN: 'of-then' };
    writeFileSync(editor.claudeSettings, JSON.stringify({ env }, null, 2));
    try {
      const window = await open('port-taken', home);
      const item = await statusBarOf(window);
      const told = notice(window, 'Another program has the port of Pointsman');
      await told.first().waitFor();
      assert.match(await (await item.openTooltip()).innerText(), /another program has the usual port/);
      await item.closeTooltip();
      await keepPicture(window.page, 'dead-end-port-taken');
      await setKey(window, item, RIGHT_KEY);
      await press(told, 'Connect again');
      await writeClaudeCode(window);
      await ask();
      const settings = readFileSync(editor.claudeSettings, 'utf8');
      assert.ok(!settings.includes(`:${home.port}"`), settings);
      assert.doesNotMatch(stranger.heard(), /pma?_/, 'no token reached the stranger');
    } finally {
      await stranger.close();
    }
  });

  async function connectClaudeCode(window: Workbench): Promise<void> {
    await window.runCommand('Pointsman: Connect an assistant…');
    await writeClaudeCode(window);
  }
});

describe('an editor with an old Node.js', () => {
  let editor: FreshEditor;

  before(async function () {
    editor = await openFreshEditor(this, {
      extensions: [vsixPath()],
      nodeArguments: [`--require=${path.join(import.meta.dirname, 'old-node.cjs')}`],
    });
  });

  after(async () => {
    await editor?.close();
  });

  it('is told which one is needed, with a button that looks for an update of the editor', async () => {
    const window = await editor.openWindow('old-node', await editor.makeHome());
    const told = notice(window, /Pointsman needs Node\.js [\d.]+ or newer and this editor brings 20\.9\.0/);
    await failsWith(window, told, 'needs Node.js');
    await keepPicture(window.page, 'dead-end-old-node');
    await press(told, 'Check for updates');
    await until('the message stayed', 20, async () => (await told.count()) === 0);
  });
});

const notice = (window: Workbench, words: string | RegExp): Locator =>
  window.notifications().filter({ hasText: words });

/** Told where everybody looks: in a message, in the status bar, to screen readers. */
async function failsWith(window: Workbench, told: Locator, words: string): Promise<void> {
  await told.first().waitFor();
  assert.equal(await window.notifications().count(), 1, 'one message');
  const item = new StatusBarItem(window);
  assert.match(await item.label(), /^Pointsman cannot run: /);
  const tooltip = await (await item.openTooltip()).innerText();
  assert.ok(tooltip.includes(words), tooltip);
  assert.match(tooltip, /Try again/);
  await item.closeTooltip();
}

async function press(message: Locator, button: string): Promise<void> {
  await message
    .first()
    .locator('.monaco-button', { hasText: new RegExp(`^${button}$`) })
    .click();
}

/** By the status bar, which asks for one. */
async function setKey(window: Workbench, item: StatusBarItem, key: string): Promise<void> {
  await item.waitForText('Set a provider key');
  await item.click();
  await window.pick(GUARDED_PROVIDER);
  await typeKey(window, key);
}

async function typeKey({ page }: Workbench, key: string): Promise<void> {
  const input = page.locator('.quick-input-widget input[type="password"]');
  await input.fill(key);
  await page.keyboard.press('Enter');
  await input.waitFor({ state: 'hidden' });
}

/** From the list of assistants on. */
async function writeClaudeCode(window: Workbench): Promise<void> {
  await window.pick('Claude Code');
  await press(notice(window, 'by writing this into'), 'Write');
  await notice(window, 'Claude Code is connected.').first().waitFor();
}

/** Listens, answers nothing, and remembers what it was told. */
async function startStranger(port: number): Promise<{ heard(): string; close(): Promise<void> }> {
  let heard = '';
  const server: Server = createServer((socket) => {
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  assert.equal((server.address() as AddressInfo).port, port);
  return {
    heard: () => heard,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.unref();
      }),
  };
}
