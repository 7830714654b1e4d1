// The item in the status bar of the real editor, and what its tooltip leads to.

import assert from 'node:assert/strict';

import { signedUsd, usd } from '../../../extension/dashboard/figures.ts';
import { DashboardPage } from './dashboard-page.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';
import { statusBarOf, type StatusBarItem } from './status-bar-item.ts';

describe('the status bar', () => {
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

  it('[A51] names the model that answered and its cost right after a request', async () => {
    const { daemon } = editor;
    const { exchangeId, model } = await daemon.askAsClaudeCode('what is the default port of PostgreSQL?');
    const record = (await daemon.exchanges()).find((one) => one.exchangeId === exchangeId);
    await item.waitForText(model);
    await item.waitForText(usd(record?.costUsd ?? null));
  });

  it('[A40] shows what was saved today, as the books have it', async () => {
    await editor.daemon.askAsClaudeCode('is a list in Python mutable? yes or no');
    const today = new Date().toISOString().slice(0, 10);
    const { savedUsd } = await editor.daemon.totals(`?since=${today}T00:00:00Z`);
    await item.waitForText(`saved ${usd(savedUsd)}`);
    assert.match(await item.label(), /Saved today: /);
  });

  it('lists the last five requests in its tooltip', async () => {
    const tooltip = await item.openTooltip();
    const records = (await editor.daemon.exchanges()).slice(0, 5);
    const text = (await tooltip.innerText()).replaceAll(/\s+/g, ' ');
    for (const { responseModel, costUsd, savedUsd } of records) {
      assert.ok(text.includes(responseModel ?? ''), text);
      assert.ok(text.includes(usd(costUsd)), text);
      assert.ok(text.includes(signedUsd(savedUsd)), text);
    }
    assert.equal(await tooltip.locator('table tbody tr').count(), 5);
  });

  it('opens the dashboard by the link in its tooltip', async () => {
    const tooltip = await item.openTooltip();
    await tooltip.getByText('Open dashboard').click();
    const dashboard = await DashboardPage.find(editor.workbench);
    assert.match(await dashboard.text(), /Saved/);
    await editor.workbench.closeAllEditors();
  });
});
