// Pictures of each view for the README, taken of the real editor: `npm run test:vscode -- --only ui --screenshots`.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { until } from '../code-server.ts';
import { DashboardPage } from './dashboard-page.ts';
import { openSharedEditor, type SharedEditor } from './shared-editor.ts';
import { statusBarOf } from './status-bar-item.ts';

const FOLDER = process.env['POINTSMAN_SCREENSHOTS'];
const MAX_BYTES = 200_000;

const VIEWS = [
  ['Savings', 'dashboard-savings'],
  ['Models', 'dashboard-models'],
  ['Health', 'dashboard-health'],
  ['Budgets', 'dashboard-budgets'],
  ['What if', 'dashboard-what-if'],
] as const;

type Clip = Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;

/** The editors, without the window's own bars. */
const EDITORS: Clip = { x: 52, y: 36, width: 1348, height: 796 };

const ASKS = [
  'what does the function total() in src/orders/total.ts return for an empty list?',
  'users report that order totals are off by one cent about once in a thousand orders. find out why and fix it for good',
  'add a --verbose flag to the import command and pass it through to the logger, with a test',
] as const;

describe('pictures for the README', () => {
  let editor: SharedEditor;

  before(async function () {
    if (FOLDER === undefined) this.skip();
    mkdirSync(FOLDER, { recursive: true });
    editor = await openSharedEditor(this);
    await editor.workbench.closeAllEditors();
    await editor.workbench.chooseTheme('Dark Modern');
    await editor.workbench.runCommand('View: Toggle Primary Side Bar Visibility');
  });

  after(async () => {
    if (FOLDER === undefined) return;
    await editor?.workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await editor?.workbench.chooseTheme('Light Modern');
  });

  async function shoot(name: string, clip: Clip): Promise<void> {
    const file = path.join(FOLDER ?? '', `${name}.png`);
    const { page } = editor.workbench;
    await page.waitForTimeout(300); // colours fade in
    await page.screenshot({ path: file, clip });
    const { size } = statSync(file);
    assert.ok(size < MAX_BYTES, `${name}.png has ${size} bytes`);
  }

  it('show each view of the dashboard', async function () {
    this.timeout(180_000);
    const dashboard = await DashboardPage.open(editor.workbench);
    await shoot('dashboard-requests', EDITORS);
    for (const [view, name] of VIEWS) {
      await dashboard.goTo(view);
      if (view === 'What if') await replayed(dashboard);
      await shoot(name, EDITORS);
    }
  });

  it('show the decision behind a request', async function () {
    this.timeout(120_000);
    for (const words of ASKS) {
      await editor.daemon.askAsClaudeCode(words, { sessionId: randomUUID(), rulesChars: 40_000 });
    }
    await editor.workbench.runCommand('Pointsman: Explain the last request');
    await DashboardPage.find(editor.workbench);
    await shoot('request-explained', EDITORS);
  });

  it('show the status bar with its tooltip', async function () {
    this.timeout(120_000);
    await editor.workbench.closeAllEditors();
    const item = await statusBarOf(editor.workbench);
    const tooltip = await item.openTooltip();
    await tooltip.waitFor();
    await shoot('status-bar', { x: 820, y: 600, width: 580, height: 300 });
  });

  it('show the choice of a model for the next request', async function () {
    this.timeout(120_000);
    await editor.workbench.page.mouse.move(10, 10);
    await editor.workbench.runCommand('Pointsman: Choose the model for the next request…');
    await editor.workbench.quickPickRows().first().waitFor();
    await shoot('choose-model', { x: 380, y: 0, width: 640, height: 330 });
    await editor.workbench.page.keyboard.press('Escape');
  });

  it('show the walkthrough', async function () {
    this.timeout(120_000);
    await editor.workbench.runCommand('Welcome: Open Walkthrough...');
    await editor.workbench.pick('Get started with Pointsman');
    await editor.workbench.page.locator('.gettingStartedContainer .getting-started-step').first().waitFor();
    await shoot('walkthrough', EDITORS);
  });
});

/** The replay of 10,000 requests takes a moment. */
async function replayed({ frame }: DashboardPage): Promise<void> {
  const button = frame.getByRole('button', { name: 'Replay again' });
  await until('the replay did not end', 60, async () => await button.isEnabled());
}
