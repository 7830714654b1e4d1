// Stored answers on the page, against a daemon that really stores them: hits in the feed and in detail, what the cache
// holds, throwing it away, and calling one answer wrong.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { CacheBody } from '../../daemon/protocol/cache-api.ts';
import type { DashboardTicketBody } from '../../daemon/protocol/control-api.ts';
import { storedAnswers } from '../../extension/dashboard/cache-rows.ts';
import { byteText, percent, signedUsd, usd } from '../../extension/dashboard/figures.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { openBrowser } from './open-browser.ts';

const BUILT = path.join(import.meta.dirname, '..', '..', 'dist', 'webview', 'dashboard.js');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ROWS = '.feed-space .feed-row';
const PORT = 'what is the default port of PostgreSQL?';
const SORT = 'How do I sort an array of numbers in ascending order in JavaScript?';
const SORT_ANEW = 'How can I sort an array of numbers in ascending order in JavaScript?';

describe('stored answers on the page of a daemon', function () {
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
  });

  beforeEach(async () => {
    const { baseUrl } = upstream;
    const models = [
      { id: 'small', baseUrl, tier: 'simple' as const, inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
      { id: 'large', baseUrl, tier: 'complex' as const, inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
    ];
    daemon = await runDaemon({
      config: configFor(models, { baseline: 'large', cache: { semantic: { enabled: true } } }),
    });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(15_000);
    const ticket = (await daemon.control('POST', 'dashboard-ticket')).body as DashboardTicketBody;
    await page.goto(ticket.url);
    await page.locator('.connection[data-status="ready"]').waitFor();
  });

  afterEach(async () => {
    await page?.close();
    await daemon?.stop();
  });

  after(async () => {
    await browser?.close();
    await upstream?.close();
  });

  /** Which kind of answer it was. */
  async function ask(content = PORT): Promise<string | null> {
    const known = (await daemon.exchanges()).length;
    const body = { model: 'auto', messages: [{ role: 'user', content }] };
    const answer = await daemon.post('/v1/chat/completions', body);
    await answer.text();
    await daemon.waitForExchanges(known + 1);
    return answer.headers.get('x-pointsman-cache');
  }

  const exact = async (): Promise<CacheBody['exact']> =>
    ((await daemon.control('GET', 'cache')).body as CacheBody).exact;
  const figure = (label: string, part = '.cache-part[data-part="exact"]'): Promise<string> =>
    page.locator(`${part} .tile`, { hasText: label }).locator('.tile-value').innerText();

  async function openHealth(): Promise<void> {
    await page.getByRole('tab', { name: 'Health' }).click();
    await page.locator('.cache-part').first().waitFor();
  }

  async function openHit(kind: 'exact' | 'semantic' = 'exact'): Promise<void> {
    await page.locator(ROWS).first().locator(`[data-state="${kind}-hit"]`).waitFor();
    await page.locator(ROWS).first().click();
    await page.getByRole('button', { name: 'Wrong answer' }).waitFor();
  }

  it('[A31] marks hits in the feed, as such and as free', async () => {
    assert.deepEqual([await ask(), await ask()], ['miss', 'exact']);
    const state = page.locator(ROWS).first().locator('.cell-state');
    await page.locator(ROWS).first().locator('[data-state="exact-hit"]').waitFor();
    assert.equal(await state.innerText(), 'Exact hit');
    assert.equal(await page.locator(ROWS).first().locator('.cell-cost').innerText(), '$0.00');
    assert.equal(await page.locator(ROWS).nth(1).locator('.cell-state').innerText(), 'OK');
    assert.match((await page.locator(ROWS).first().getAttribute('aria-label')) ?? '', /Exact hit$/);
  });

  it('[A31] shows what the cache holds and brings, as the daemon counts it', async () => {
    for (const content of [PORT, PORT, PORT, 'name a prime number']) await ask(content);
    await openHealth();
    const { entries, bytes, maxBytes, hits, lookups } = await exact();
    assert.deepEqual([entries, hits, lookups], [2, 2, 4]);
    const { cacheHitRatio, savedBy } = await daemon.totals();
    assert.ok(savedBy.exactCache > 0);
    assert.equal(await figure('Answers held'), String(entries));
    assert.equal(await figure('Hit rate since start'), percent(hits / lookups));
    assert.equal(await figure('Kept for'), '1 hour');
    assert.equal(await figure('On disk'), 'Nothing');
    assert.equal(await figure('Requests answered from it', '.card'), percent(cacheHitRatio));
    assert.equal(await figure('Saved by it', '.card'), signedUsd(savedBy.exactCache));
    const memory = `${byteText(bytes)} of ${byteText(maxBytes)} (under 0.1 %)`;
    assert.equal(await page.locator('.cache-part[data-part="exact"] .cache-memory').innerText(), memory);
    const meter = page.locator('.cache-part[data-part="exact"] [role="meter"]');
    assert.equal(await meter.getAttribute('aria-valuetext'), memory);
    assert.match(
      await page.locator('.cache-part .chip').first().innerText(),
      /^On \(cache\.exact\.enabled\)$/,
    );
  });

  it('follows what happens while it is looked at', async () => {
    await openHealth();
    assert.equal(await figure('Answers held'), '0');
    await ask();
    await page
      .locator('[data-part="exact"] .tile', { hasText: 'Answers held' })
      .getByText('1', { exact: true })
      .waitFor();
  });

  it('throws all answers away when it is told to and asked back, and says how many', async () => {
    await ask();
    await ask('name a prime number');
    await openHealth();
    await page
      .locator('[data-part="exact"] .tile', { hasText: 'Answers held' })
      .getByText('2', { exact: true })
      .waitFor();
    const stored = storedAnswers((await daemon.control('GET', 'cache')).body as CacheBody);
    assert.ok(stored >= 2);
    await page.getByRole('button', { name: 'Clear stored answers…' }).click();
    await page.getByRole('heading', { name: `Throw away ${stored} stored answers?` }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal((await exact()).entries, 2);
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Clear stored answers…');
    await page.getByRole('button', { name: 'Clear stored answers…' }).click();
    await page.keyboard.press('Enter'); // the answer to the question has the focus
    await page.getByText(`${stored} stored answers thrown away.`).waitFor();
    assert.equal((await exact()).entries, 0);
    await page
      .locator('[data-part="exact"] .tile', { hasText: 'Answers held' })
      .getByText('0', { exact: true })
      .waitFor();
    assert.equal(await ask(), 'miss');
  });

  it('says of a hit whose answer it was, opens that request, and says what was saved', async () => {
    await ask();
    await ask();
    await openHit();
    const [hit, made] = await daemon.exchanges();
    const words = await page.locator('.request').innerText();
    assert.match(words, /got the stored answer to an equal request\./);
    assert.match(words, /small gave this answer before/);
    assert.ok(words.includes(`Asking small would have cost ${usd(hit?.savedBy.exactCache ?? null)}`), words);
    assert.match(words, /Without that, small would have been asked\./);
    await page.getByRole('button', { name: 'Open that request' }).click();
    await page.locator('.request code', { hasText: made?.exchangeId ?? '' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Wrong answer' }).count(), 0);
  });

  it('does not give an answer again that was called wrong with one click', async () => {
    await ask();
    assert.equal(await ask(), 'exact');
    await openHit();
    await page.getByText('A wrong answer is not given again').waitFor();
    await page.getByRole('button', { name: 'Wrong answer' }).click();
    await page.getByText('It is not given again: ask once more, and a model answers.').waitFor();
    for (const name of ['Wrong answer', 'Bad answer']) {
      assert.equal(await page.getByRole('button', { name }).getAttribute('aria-pressed'), 'true', name);
    }
    assert.deepEqual([(await exact()).entries, await ask()], [0, 'miss']);
    const [, hit] = await daemon.exchanges();
    const kept = (await daemon.exchange(hit?.exchangeId ?? '')) as { feedback?: { verdict: string } };
    assert.equal(kept.feedback?.verdict, 'bad');
  });

  it('[A32] says of an answer to other words that it is one, and asks a model once it was called wrong', async () => {
    assert.deepEqual([await ask(SORT), await ask(SORT_ANEW)], ['miss', 'semantic']);
    await openHit('semantic');
    assert.equal(await page.locator(ROWS).first().locator('.cell-state').innerText(), 'Semantic hit');
    const words = await page.locator('.request').innerText();
    assert.match(words, /got the stored answer to a similar request\./);
    assert.match(words, /to a question in other words that was taken to mean the same/);
    await page.getByRole('button', { name: 'Wrong answer' }).click();
    await page.getByText(/It is not given to this question again/).waitFor();
    await page.getByText(/counts for no model, since the model was asked something else/).waitFor();
    assert.deepEqual([await ask(SORT), await ask(SORT_ANEW)], ['exact', 'miss']);
    await openHealth();
    const part = '.cache-part[data-part="semantic"]';
    const { hits, lookups, wrong, threshold } = ((await daemon.control('GET', 'cache')).body as CacheBody)
      .semantic;
    assert.deepEqual([hits, wrong], [1, 1]);
    assert.equal(await figure('Called wrong', part), '1');
    assert.equal(await figure('Hit rate since start', part), percent(hits / lookups));
    assert.equal(await figure('Similarity asked for', part), String(threshold));
    const { savedBy } = await daemon.totals();
    assert.equal(await figure('Saved by it', '.card'), signedUsd(savedBy.exactCache + savedBy.semanticCache));
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no fault that axe finds, in ${colorScheme}: a hit, the cache, and the question before it is cleared`, async () => {
      await page.emulateMedia({ colorScheme });
      await ask();
      await ask();
      await openHit();
      assert.deepEqual(await faults(), []);
      await openHealth();
      await page.getByRole('button', { name: 'Clear stored answers…' }).click();
      assert.deepEqual(await faults(), []);
    });
  }

  async function faults(): Promise<readonly string[]> {
    await page.evaluate(AXE);
    return await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    });
  }
});
