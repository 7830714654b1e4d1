// Connecting an assistant from the palette: the change is shown before it is written, and taken back the same way.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';

import { until } from '../code-server.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';

const SETTINGS = '{\n  // mine\n  "model": "opus"\n}\n';

describe('the commands that connect assistants', () => {
  let editor: SharedEditor;
  let settings = '';

  before(async function () {
    editor = await openSharedEditor(this);
    settings = path.join(editor.server.folder, 'home', '.claude', 'settings.json');
    mkdirSync(path.dirname(settings), { recursive: true });
    writeFileSync(settings, SETTINGS);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await keepPicture(editor.workbench.page, this.currentTest.title);
    await editor.workbench.closeAllEditors();
  });

  const read = (): string => readFileSync(settings, 'utf8');

  const question = (words: string): Locator =>
    editor.workbench.notifications().filter({ hasText: words }).first();

  async function press(words: string, button: string): Promise<void> {
    await question(words)
      .locator('.monaco-button', { hasText: new RegExp(`^${button}$`) })
      .click();
  }

  async function choose(command: string, assistant: string): Promise<void> {
    await editor.workbench.runCommand(command);
    await editor.workbench.pick(assistant);
  }

  it('[A1] show the exact change, write it when asked to, and put it back byte for byte', async () => {
    const { workbench } = editor;
    await choose('Pointsman: Connect an assistant…', 'Claude Code');
    await question('by writing this into').waitFor();
    const shown = workbench.page.locator('.monaco-diff-editor .modified-in-monaco-diff-editor');
    await until('the change was not shown', 20, async () =>
      (await shown.innerText()).includes('ANTHROPIC_BASE_URL'),
    );
    assert.ok(!(await shown.innerText()).includes(editor.daemon.token));
    assert.equal(read(), SETTINGS, 'nothing is written before it was agreed to');
    await keepPicture(workbench.page, 'connect-assistant');
    await press('by writing this into', 'Write');
    await until('the change was not written', 20, () => read().includes(editor.daemon.token));
    assert.ok(read().includes(`"ANTHROPIC_BASE_URL": "${editor.daemon.url}"`));
    await workbench.notifications().filter({ hasText: 'Claude Code is connected.' }).first().waitFor();

    await choose('Pointsman: Disconnect an assistant…', 'Claude Code');
    await press('by putting', 'Put back');
    await until('it was not put back', 20, () => read() === SETTINGS);
  });

  it('leave everything as it is when nobody agrees', async () => {
    await choose('Pointsman: Connect an assistant…', 'Claude Code');
    await press('by writing this into', 'Cancel');
    await until(
      'the comparison stayed open',
      20,
      async () => (await editor.workbench.page.locator('.monaco-diff-editor').count()) === 0,
    );
    assert.equal(read(), SETTINGS);
  });

  it('write Copilot’s list of models where this very editor reads it', async () => {
    const models = path.join(editor.server.folder, 'data', 'User', 'chatLanguageModels.json');
    const before = existsSync(models) ? readFileSync(models, 'utf8') : null;
    await choose('Pointsman: Connect an assistant…', 'GitHub Copilot Chat');
    await press('by writing this into', 'Write');
    await until(
      'the list was not written',
      20,
      () => existsSync(models) && readFileSync(models, 'utf8').includes('/k/'),
    );
    await choose('Pointsman: Disconnect an assistant…', 'GitHub Copilot Chat');
    await press('by putting', 'Put back');
    await until(
      'the list was not put back',
      20,
      () => (existsSync(models) ? readFileSync(models, 'utf8') : null) === before,
    );
  });
});
