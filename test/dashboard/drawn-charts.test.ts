// What the charts of the page show, read off what they have painted, against what the daemon behind it answers.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { DashboardTicketBody, SeriesBody, TotalsBody } from '../../daemon/protocol/control-api.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import { savingsSeries } from '../../extension/dashboard/savings-series.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { readChart, readShares, watchPainting, type DrawnChart } from './drawn-charts.ts';
import { openBrowser } from './open-browser.ts';

const BUILT = path.join(import.meta.dirname, '..', '..', 'dist', 'webview', 'dashboard.js');
const DAY_MS = 86_400_000;
/** So fine that a cent is more than a pixel. */
const SCREEN = { viewport: { width: 900, height: 900 }, deviceScaleFactor: 8 } as const;
const HALF_A_CENT = 0.005;

/** Days before today, and the models that answered then; `auto` is whichever is chosen. */
const HISTORY: readonly (readonly [daysAgo: number, models: readonly string[]])[] = [
  [9, ['auto', 'auto', 'auto']],
  [8, ['large']],
  [6, ['auto', 'auto', 'large', 'auto']],
  [5, ['dear', 'dear']],
  [2, ['auto', 'auto']],
  [1, ['dear', 'auto', 'auto', 'auto']],
];

describe('the charts of the page, as they are painted', function () {
  this.timeout(120_000);
  let browser: Browser;
  let upstreams: readonly FakeUpstream[] = [];
  let daemon: TestDaemon;
  let page: Page;
  let totals: TotalsBody;
  let series: SeriesBody;

  before(async function () {
    browser = await openBrowser(this);
    if (!existsSync(BUILT)) {
      console.log('    skipped: the page is not built (npm run build)');
      this.skip();
    }
    upstreams = [await startFakeUpstream(), await startFakeUpstream()];
    daemon = await daemonWithHistory(upstreams);
    totals = await daemon.totals();
    series = (await daemon.control('GET', 'series')).body as SeriesBody;
    page = await browser.newPage(SCREEN);
    await watchPainting(page);
    const ticket = (await daemon.control('POST', 'dashboard-ticket')).body as DashboardTicketBody;
    await page.goto(ticket.url);
    await page.locator('.connection[data-status="ready"]').waitFor();
  });

  after(async () => {
    await browser?.close();
    await daemon?.stop();
    for (const upstream of upstreams) await upstream.close();
  });

  /** Once it is painted. */
  async function chart(place: number): Promise<DrawnChart> {
    await page.getByRole('tab', { name: 'Savings' }).click();
    await page.locator('.chart-plot canvas').nth(place).waitFor();
    await page.evaluate(
      'new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))',
    );
    return await readChart(page, place);
  }

  it('have a history with gains and losses, and a pixel that is less than half a cent', async () => {
    const saved = series.points.map((point) => point.savedUsd);
    assert.ok(saved.some((amount) => amount > 0.1) && saved.some((amount) => amount < -0.1));
    for (const place of [0, 1]) {
      const { usdPerPixel, marks } = await chart(place);
      assert.ok(marks.length >= 2, `the axis says ${marks.join(', ')}`);
      assert.ok(usdPerPixel < HALF_A_CENT / 2, `${usdPerPixel} $`);
    }
  });

  it('[A45] end at the baseline and the cost of the totals, to the cent, with the saving between them', async () => {
    const { lines } = await chart(0);
    const baseline = lines['Baseline']?.at(-1)?.usd ?? Number.NaN;
    const cost = lines['Cost']?.at(-1)?.usd ?? Number.NaN;
    isToTheCent(baseline, totals.baselineCostUsd);
    isToTheCent(cost, totals.baselineCostUsd - totals.savedUsd);
    isToTheCent(baseline - cost, totals.savedUsd);
  });

  it('have each point of both lines where the slices of the daemon put it', async () => {
    const { lines } = await chart(0);
    const { line } = savingsSeries(series, Date.now());
    for (const [name, amounts] of [
      ['Baseline', line.baselineUsd],
      ['Cost', line.costUsd],
    ] as const) {
      const drawn = lines[name] ?? [];
      assert.equal(drawn.length, amounts.length);
      for (const [index, { usd }] of drawn.entries()) isToTheCent(usd, amounts[index] ?? Number.NaN);
    }
  });

  it('have a bar for each slice, gains up and losses down, that together are the saving of the totals', async () => {
    const { bars } = await chart(1);
    const drawn = Object.values(bars)
      .flat()
      .toSorted((a, b) => a.xPx - b.xPx);
    assert.equal(drawn.length, series.points.length);
    for (const [index, { usd }] of drawn.entries())
      isToTheCent(usd, series.points[index]?.savedUsd ?? Number.NaN);
    assert.ok(bars['Saved']?.every(({ usd }) => usd >= 0));
    assert.ok(bars['Lost']?.every(({ usd }) => usd < 0));
    isToTheCent(
      drawn.reduce((sum, { usd }) => sum + usd, 0),
      totals.savedUsd,
    );
  });

  it('have the colour of the legend on the canvas wherever they say that something is', async () => {
    const [running, sliced] = [await chart(0), await chart(1)];
    // The baseline is dashed, and a bar of nothing has no middle.
    const points = [...(running.lines['Cost'] ?? []), ...Object.values(sliced.bars).flat()];
    const missing = points.filter(({ usd, isPainted }) => !isPainted && Math.abs(usd) > HALF_A_CENT);
    assert.ok(points.length > 10);
    assert.deepEqual(missing, []);
  });

  it('[A45] cut the mix of models by the shares of the totals', async () => {
    await page.getByRole('tab', { name: 'Models' }).click();
    await page.locator('.share-segment').first().waitFor();
    const { groups } = await daemon.totals('?groupBy=model');
    const bars = await readShares(page);
    const told = {
      Requests: groups.map(({ key, requestShare }) => [key, requestShare] as const),
      Tokens: groups.map(({ key, tokenShare }) => [key, tokenShare] as const),
      Spend: groups.map(({ key, spendShare }) => [key, spendShare] as const),
    };
    assert.deepEqual(bars.map(({ label }) => label).toSorted(), Object.keys(told).toSorted());
    for (const { label, shares, sharePerPixel } of bars) {
      for (const [key, share] of told[label as keyof typeof told]) {
        const drawn = shares[key] ?? Number.NaN;
        assert.ok(
          Math.abs(drawn - share) < sharePerPixel,
          `${label}: ${drawn} is drawn for ${share} of ${key}`,
        );
      }
    }
  });
});

function isToTheCent(drawn: number, told: number): void {
  assert.ok(Math.abs(drawn - told) < HALF_A_CENT, `${drawn} is drawn for ${told}`);
}

/** The small model takes twice the tokens, so that shares of requests, tokens and spend all differ. */
async function daemonWithHistory([thrifty, wordy]: readonly FakeUpstream[]): Promise<TestDaemon> {
  thrifty?.always(json(chatBody('5432.', { usage: usageOf(20_000, 2000) })));
  wordy?.always(json(chatBody('It is 5432.', { usage: usageOf(40_000, 4000) })));
  const { baseUrl = '' } = thrifty ?? {};
  const models = [
    {
      id: 'small',
      baseUrl: wordy?.baseUrl ?? '',
      tier: 'simple' as const,
      inputUsdPerMtok: 0.7,
      outputUsdPerMtok: 2.9,
    },
    { id: 'large', baseUrl, tier: 'complex' as const, inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
    { id: 'dear', baseUrl, tier: 'complex' as const, inputUsdPerMtok: 11, outputUsdPerMtok: 53 },
  ];
  let offsetMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
  const daemon = await runDaemon({ config: configFor(models, { baseline: 'large' }), clock });
  for (const [daysAgo, asked] of HISTORY) {
    offsetMs = -daysAgo * DAY_MS;
    for (const model of asked) {
      if (model !== 'auto') await daemon.control('PUT', 'override', { model, scope: 'next' });
      const messages = [
        { role: 'user' as const, content: `what is the default port of PostgreSQL, ${daysAgo}?` },
      ];
      await daemon.openai().chat.completions.create({ model: 'auto', messages });
    }
  }
  offsetMs = 0;
  await daemon.waitForExchanges(HISTORY.flatMap(([, asked]) => asked).length);
  return daemon;
}

const usageOf = (prompt: number, completion: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});
