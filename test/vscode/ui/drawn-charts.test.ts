// The charts of the dashboard in the real editor, read off what they have painted, against the totals of the daemon: 10,000
// requests come to so much money that a pixel is more than a cent, so what is painted is held to the pixel here, and to
// the cent in test/dashboard/drawn-charts.test.ts.

import assert from 'node:assert/strict';
import path from 'node:path';

import type { SeriesBody } from '../../../daemon/protocol/control-api.ts';
import { signedUsd, usd } from '../../../extension/dashboard/figures.ts';
import { readChart, readShares, watchPainting } from '../../dashboard/drawn-charts.ts';
import { Workbench } from '../workbench.ts';
import { DashboardPage } from './dashboard-page.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';

const SCREEN = { viewport: { width: 1200, height: 900 }, deviceScaleFactor: 3 } as const;

describe('the charts of the dashboard, as they are painted in the editor', () => {
  let editor: SharedEditor;
  let window: Workbench;
  let dashboard: DashboardPage;

  before(async function () {
    editor = await openSharedEditor(this);
    const page = await editor.browser.newPage(SCREEN);
    await watchPainting(page);
    window = await Workbench.open(page, editor.server.url, path.join(editor.server.folder, 'workspace'));
    dashboard = await DashboardPage.open(window);
  });

  after(async () => await window?.page.close());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepPicture(window.page, this.currentTest.title);
  });

  it('[A45] end at the baseline and the cost of the totals, with the saving between them', async () => {
    await dashboard.goTo('Savings');
    const plot = dashboard.frame.locator('.chart-plot').first();
    await plot.locator('canvas').waitFor();
    const totals = await editor.daemon.totals();
    const told = { Baseline: totals.baselineCostUsd, Cost: totals.baselineCostUsd - totals.savedUsd };
    const { lines, usdPerPixel } = await readChart(dashboard.frame, 0);
    for (const [name, amount] of Object.entries(told)) {
      const drawn = lines[name]?.at(-1)?.usd ?? Number.NaN;
      assert.ok(Math.abs(drawn - amount) <= usdPerPixel, `${name}: ${drawn} is drawn for ${amount}`);
    }
    assert.ok(usdPerPixel < totals.baselineCostUsd / 500);
    await plot.press('End');
    const tip = await plot.locator('.chart-tip').innerText();
    for (const figure of [usd(told.Baseline), usd(told.Cost), signedUsd(totals.savedUsd)])
      assert.ok(tip.includes(figure), `${figure} is not in: ${tip}`);
  });

  it('[A45] have a bar for each slice of the daemon, as high as its saving', async () => {
    await dashboard.goTo('Savings');
    const { bars, usdPerPixel } = await readChart(dashboard.frame, 1);
    const drawn = Object.values(bars)
      .flat()
      .toSorted((a, b) => a.xPx - b.xPx);
    const { points } = (await editor.daemon.control('GET', 'series')) as SeriesBody;
    const told = points.filter(({ comparableRequests }) => comparableRequests > 0);
    assert.equal(drawn.length, told.length);
    assert.ok(drawn.length >= 15);
    for (const [index, bar] of drawn.entries()) {
      const { savedUsd = Number.NaN } = told[index] ?? {};
      // Both its ends are drawn to the nearest pixel.
      const difference = Math.abs(bar.usd - savedUsd);
      assert.ok(difference <= 1.5 * usdPerPixel, `${bar.usd} is drawn for ${savedUsd}`);
    }
  });

  it('[A45] cut the mix of models by the shares of the totals', async () => {
    await dashboard.goTo('Models');
    await dashboard.frame.locator('.share-segment').first().waitFor();
    const { groups } = await editor.daemon.totals('?groupBy=model');
    const bars = await readShares(dashboard.frame);
    assert.deepEqual(
      bars.map(({ label }) => label),
      ['Requests', 'Tokens', 'Spend'],
    );
    for (const group of groups) {
      const told = [group.requestShare, group.tokenShare, group.spendShare];
      for (const [index, { shares, sharePerPixel }] of bars.entries()) {
        const drawn = shares[group.key] ?? 0;
        const difference = Math.abs(drawn - (told[index] ?? Number.NaN));
        assert.ok(difference < 2 * sharePerPixel, `${group.key}: ${drawn} is drawn for ${told[index]}`);
      }
    }
  });
});
