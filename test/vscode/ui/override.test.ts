// Choosing the model of one request by the palette, and being told why one was chosen.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { until } from '../code-server.ts';
import { DashboardPage } from './dashboard-page.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';
import { statusBarOf, type StatusBarItem } from './status-bar-item.ts';

const EASY = 'what is the default port of PostgreSQL?';

describe('the commands of the palette', () => {
  let editor: SharedEditor;
  let item: StatusBarItem;

  before(async function () {
    editor = await openSharedEditor(this);
    item = await statusBarOf(editor.workbench);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await keepPicture(editor.workbench.page, this.currentTest.title);
  });

  const ask = (): ReturnType<SharedEditor['daemon']['askAsClaudeCode']> =>
    editor.daemon.askAsClaudeCode(EASY, { sessionId: randomUUID() });

  it('[A23] route exactly the next request of Claude Code to the chosen model', async () => {
    const usual = await ask();
    const wanted = usual.model === 'sim-large' ? 'sim-medium' : 'sim-large';
    await editor.workbench.runCommand('Pointsman: Choose the model for the next request…');
    await editor.workbench.pick(wanted);
    await item.waitForText(`${wanted} next`);
    const next = await ask();
    assert.deepEqual([next.model, next.reason], [wanted, 'override']);
    const later = await ask();
    assert.deepEqual([later.model, later.reason], [usual.model, usual.reason]);
    await until(
      'the status bar still shows the override',
      20,
      async () => !(await item.text()).includes(' next'),
    );
  });

  it('show what each candidate costs and how much it can read', async () => {
    await ask();
    await editor.workbench.runCommand('Pointsman: Choose the model for the next request…');
    const rows = editor.workbench.quickPickRows();
    await rows.filter({ hasText: 'sim-medium' }).first().waitFor();
    const text = (await rows.allInnerTexts()).join('\n').replaceAll(/[ \u00a0]+/g, ' ');
    await editor.workbench.page.keyboard.press('Escape');
    assert.match(text, /sim-medium[^]*\$0\.\d+/);
    assert.match(text, /200\.?0? ?k|200,000/i);
  });

  it('open the decision of the last request', async () => {
    const { exchangeId, model } = await ask();
    await item.waitForText(model);
    await editor.workbench.runCommand('Pointsman: Explain the last request');
    const dashboard = await DashboardPage.find(editor.workbench);
    const record = (await editor.daemon.control('GET', `exchanges/${exchangeId}`)) as {
      decision: { candidates: readonly { model: string }[] };
    };
    await until('the decision was not shown', 20, async () => {
      const text = await dashboard.text();
      return record.decision.candidates.every((candidate) => text.includes(candidate.model));
    });
    await editor.workbench.closeAllEditors();
  });
});
