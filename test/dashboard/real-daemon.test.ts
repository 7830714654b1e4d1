// The page as the daemon itself serves it, let in by a ticket, with the daemon's own books behind it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { DashboardTicketBody } from '../../daemon/protocol/control-api.ts';
import { signedUsd, usd } from '../../extension/dashboard/figures.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { openBrowser } from './open-browser.ts';

const BUILT = path.join(import.meta.dirname, '..', '..', 'dist', 'webview', 'dashboard.js');

describe('dashboard page of a daemon', function () {
  this.timeout(60_000);
  let browser: Browser;
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let page: Page;

  before(async function () {
    browser = await openBrowser(this);
    if (!existsSync(BUILT)) {
      console.log('    skipped: the page is not built (npm run build)');
      this.skip();
    }
    upstream = await startFakeUpstream();
    upstream.always(json(chatBody('It is 5432.')));
    const { baseUrl } = upstream;
    const models = [
      { id: 'small', baseUrl, tier: 'simple' as const, inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
      { id: 'large', baseUrl, tier: 'complex' as const, inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
    ];
    daemon = await runDaemon({ config: configFor(models, { baseline: 'large' }) });
    const ticket = (await daemon.control('POST', 'dashboard-ticket')).body as DashboardTicketBody;
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(ticket.url);
    await page.locator('.connection[data-status="ready"]').waitFor();
  });

  after(async () => {
    await browser?.close();
    await daemon?.stop();
    await upstream?.close();
  });

  async function ask(): Promise<void> {
    const known = (await daemon.exchanges()).length;
    const messages = [{ role: 'user' as const, content: 'what is the default port of PostgreSQL?' }];
    await daemon.openai().chat.completions.create({ model: 'auto', messages });
    await daemon.waitForExchanges(known + 1);
  }

  it('[A40] [A51] shows a request that comes in with its model and its money, and the totals to the cent', async () => {
    await page.getByText('No requests yet').waitFor();
    await ask();
    const row = page.locator('.feed-space .feed-row').first();
    await row.locator('[data-state="ok"]').waitFor();
    const [record] = await daemon.exchanges();
    assert.match(await row.locator('.cell-model').innerText(), /small$/);
    assert.equal(await row.locator('.cell-cost').innerText(), usd(record?.costUsd ?? null));
    await page.locator('.tile-requests').getByText('1', { exact: true }).waitFor();
    const totals = await daemon.totals();
    const figure = (id: string): Promise<string> => page.locator(`[data-figure="${id}"]`).innerText();
    assert.deepEqual(
      [await figure('spent'), await figure('baseline'), await figure('saved')],
      [usd(totals.costUsd), usd(totals.baselineCostUsd), signedUsd(totals.savedUsd)],
    );
  });

  it('[C5] opens it with the decision that the daemon has kept', async () => {
    await page.locator('.feed-space .feed-row').first().click();
    await page.locator('.request .headline').waitFor();
    const words = await page.locator('.request').innerText();
    assert.match(words, /and small answered in/);
    assert.match(words, /What would have changed it/);
    assert.match(words, /large/);
  });

  it('keeps a rating in the books', async () => {
    await page.getByRole('button', { name: 'Good answer' }).click();
    await page.getByText(/^Thank you\./).waitFor();
    const [record] = await daemon.exchanges();
    const kept = await daemon.control('GET', `exchanges/${record?.exchangeId ?? ''}`);
    assert.equal((kept.body as { feedback: { verdict: string } | null }).feedback?.verdict, 'good');
  });

  it('sends it again to another model, which is a request of its own', async () => {
    await page.getByRole('button', { name: 'Send again and compare' }).click();
    await page.locator('.sides').waitFor();
    assert.deepEqual(await page.locator('.answer').allInnerTexts(), ['It is 5432.', 'It is 5432.']);
    const [again] = await daemon.waitForExchanges(2);
    assert.equal(again?.responseModel, 'large');
    await page.locator('.tile-requests').getByText('2', { exact: true }).waitFor();
  });

  it('narrows the feed by what the daemon filters', async () => {
    await page.getByLabel('Model', { exact: true }).first().focus();
    await page.locator('select[aria-label="Model"] option[value="large"]').waitFor({ state: 'attached' });
    await page.locator('select[aria-label="Model"]').selectOption('large');
    await page.locator('.tile-requests').getByText('1', { exact: true }).waitFor();
    assert.equal(await page.locator('.feed-space .feed-row').count(), 1);
  });
});
