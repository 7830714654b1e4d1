// The analysis views in a real Chromium: what they show, how they are used by keyboard and heard by screen readers, what
// they ask the daemon for, and how they look to axe in four themes.

import assert from 'node:assert/strict';
import { usd } from '../../extension/dashboard/figures.ts';
import { BROKEN, brokenAnswer, emptyAnswer, richAnswer, type Answer, type Call } from './analysis-answers.ts';
import { AnalysisBrowser, NO_CHROMIUM, THEMES, VIEWS, type AnalysisPage } from './analysis-browser.ts';
import { richTotals } from './analysis-data.ts';

const TOTALS_UPDATE = { type: 'totals-update', totals: richTotals() };

describe('the analysis views in a browser', function () {
  this.timeout(60_000);
  let browser: AnalysisBrowser;
  let shown: AnalysisPage;

  before(async function () {
    if (NO_CHROMIUM !== null) {
      console.log(`    skipped: ${NO_CHROMIUM}`);
      this.skip();
    }
    browser = await AnalysisBrowser.launch();
    shown = await browser.newPage();
  });

  after(async () => {
    if (NO_CHROMIUM === null) await browser.close();
  });

  afterEach(() => {
    assert.deepEqual(shown.faults, [], 'no error, and no breach of the content security policy');
  });

  const text = (selector: string): Promise<string> => shown.page.locator(selector).first().innerText();
  const texts = (selector: string): Promise<string[]> => shown.page.locator(selector).allInnerTexts();

  describe('savings', () => {
    it('[A45] shows the sum term by term, to the cent of the totals', async () => {
      await shown.open({ view: 'savings' });
      const rows = await texts('.table.sum .sum-row .number');
      const saved = usd(richTotals().savedUsd);
      assert.deepEqual(rows, [saved, saved]);
    });

    it('[A45] tells the last point of the chart, which is the saving of the totals', async () => {
      await shown.open({ view: 'savings' });
      await shown.page.locator('.chart-plot').first().press('End');
      const said = (await shown.said()).at(-1) ?? '';
      assert.ok(said.endsWith(`Saved +${usd(richTotals().savedUsd)}`), said);
    });

    it('moves from point to point with the arrow keys and shows the same in the tip', async () => {
      await shown.open({ view: 'savings' });
      const bars = shown.page.locator('.chart-plot').nth(1);
      await bars.press('Home');
      await bars.press('ArrowRight');
      assert.match(
        (await shown.said()).at(-1) ?? '',
        /^9 Nov: Saved \+\$2\.30, Baseline \$3\.42, Cost \$1\.12/,
      );
      assert.match(await bars.locator('.chart-tip').innerText(), /9 Nov[\s\S]*\+\$2\.30/);
      await bars.press('Escape');
      assert.equal(await bars.locator('.chart-tip').isVisible(), false);
    });

    it('has the figures of the charts in a table', async () => {
      await shown.open({ view: 'savings' });
      await shown.page.locator('.figures summary').click();
      const rows = await texts('.figures tbody tr');
      assert.equal(rows.length, 12);
      assert.match(rows[0] ?? '', /21 Nov\s+73\s+73\s+\$1\.90\s+\$0\.69\s+\+\$1\.21\s+\+\$19\.94/);
    });

    it('[A44] shows before and after, and unknown where nothing is known', async () => {
      await shown.open({ view: 'savings' });
      const rows = await texts('.card:has-text("Before and after") tbody tr');
      assert.match(
        rows.find((row) => row.startsWith('User rating')) ?? '',
        /unknown\s+92\.0 % good of 25 ratings/,
      );
      assert.match(rows.find((row) => row.startsWith('Success rate')) ?? '', /97\.1 %\s+98\.4 %\s+better/);
    });

    it('[A46] shows the projection with its interval and the days it rests upon', async () => {
      await shown.open({ view: 'savings' });
      assert.match(await text('.tile'), /95 %: \$28\.40 to \$66\.10[\s\S]*from 14 days, idle ones included/);
    });

    it('draws the chart with the colours of the theme, anew when they change', async () => {
      const page = await browser.newPage('light');
      await page.open({ view: 'savings' });
      const before = await canvas(page);
      await page.page.evaluate(`document.body.className = 'vscode-dark'; opened.view.onThemeChange()`);
      await page.settled();
      assert.ok(before.includes('23,112,58'), 'the gain of the light theme is drawn');
      const after = await canvas(page);
      assert.ok(after.includes('99,197,138'), `the gain of the dark theme is not among ${after.join(' ')}`);
      assert.ok(!after.includes('23,112,58'));
      await page.page.close();
    });

    it('fits its charts to the width of the page', async () => {
      const page = await browser.newPage();
      await page.open({ view: 'savings' });
      await page.page.setViewportSize({ width: 600, height: 900 });
      await page.until(`document.querySelector('.uplot').clientWidth < 600`);
      const overflow = await page.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      assert.ok(overflow <= 0, `${overflow} px too wide`);
      await page.page.close();
    });
  });

  describe('loading', () => {
    it('asks at most once a second, however many requests end', async () => {
      await shown.open({ view: 'savings' });
      const before = (await shown.calls()).length;
      for (let sent = 0; sent < 30; sent += 1) await shown.send(TOTALS_UPDATE);
      await shown.until(`opened.page.calls.length > ${before}`);
      await shown.settled();
      const times = (await shown.calls())
        .filter(({ route }) => route.startsWith('totals'))
        .map(({ atMs }) => atMs);
      assert.equal(times.length, 2);
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990);
    });

    it('asks for nothing while another view is in front', async () => {
      const page = await browser.newPage();
      await page.page.clock.install();
      await page.open({ view: 'models' });
      const before = (await page.calls()).length;
      await page.page.evaluate('opened.view.hide()');
      await page.send(TOTALS_UPDATE);
      await page.page.clock.runFor(5000);
      assert.equal((await page.calls()).length, before);
      await page.page.close();
    });

    it('narrows what it asks for to what the page is narrowed to', async () => {
      await shown.open({ view: 'savings', filter: { sinceMs: 1_790_000_000_000, client: 'opencode' } });
      const routes = (await shown.calls()).map(({ route }) => route);
      assert.deepEqual(routes, [
        'totals?since=1790000000000&client=opencode&details=1',
        'series?since=1790000000000&client=opencode',
      ]);
    });

    it('does not leave figures of another choice there when a load fails', async () => {
      await shown.open({ view: 'models' });
      shown.answerWith(brokenAnswer);
      await shown.page.evaluate(`opened.page.filter.task = 'code'; opened.view.show()`);
      await shown.page.locator('[role="alert"]').waitFor();
      assert.equal(await shown.page.locator('.share-bar').first().isVisible(), false);
    });

    for (const view of VIEWS) {
      it(`${view}: says the daemon's sentence when it fails, and tries again on a press`, async () => {
        await shown.open({ view, answer: brokenAnswer });
        assert.match(await text('[role="alert"]'), new RegExp(BROKEN.slice(0, 20)));
        shown.answerWith(richAnswer);
        await shown.page.getByRole('button', { name: 'Try again' }).click();
        await shown.page.locator('.card').first().waitFor();
        await shown.settled();
        assert.equal(await shown.page.locator('[role="alert"]', { hasText: 'books' }).count(), 0);
      });
    }

    it('keeps the figures that are there when the next load fails, and says of when they are', async () => {
      await shown.open({ view: 'models' });
      shown.answerWith(brokenAnswer);
      await shown.send(TOTALS_UPDATE);
      await shown.page.locator('[role="alert"]').waitFor();
      assert.match(await text('[role="alert"]'), /The figures below are those of \d\d:\d\d\./);
      assert.ok(await shown.page.locator('.share-bar').first().isVisible());
    });

    it('says how requests come where there are none, with the command that connects an assistant', async () => {
      await shown.open({ view: 'savings', answer: emptyAnswer });
      assert.match(await text('.empty'), /No requests yet/);
      await shown.page.getByRole('button', { name: 'Connect assistant…' }).click();
      assert.deepEqual(await shown.page.evaluate('opened.page.commands'), ['pointsman.connectAssistant']);
    });

    it('has no buttons for commands in a browser, and says what to type instead', async () => {
      await shown.open({ view: 'savings', answer: emptyAnswer, kind: 'browser' });
      assert.match(await text('.empty'), /Run "pointsman connect"/);
      assert.equal(await shown.page.locator('.empty button').count(), 0);
    });
  });

  describe('models', () => {
    it('[A42] [A43] shows shares of requests, tokens and spend, with the price of each model', async () => {
      await shown.open({ view: 'models' });
      const bars = await shown.page
        .getByRole('img')
        .evaluateAll((list) => list.map((bar) => bar.getAttribute('aria-label')));
      assert.match(bars[2] ?? '', /^Spend: claude-opus 61\.0 %/);
      const [first] = await texts('tbody tr');
      assert.match(first ?? '', /deepseek-flash\s+611\s+46\.0 %.*31\.0 %\s+\$0\.14\s+\$0\.28/);
    });

    it('goes to tasks, grades, clients, workspaces and days by keyboard', async () => {
      await shown.open({ view: 'models' });
      await shown.page.getByLabel('Models').focus();
      await shown.page.keyboard.press('ArrowRight');
      await shown.settled();
      assert.equal((await shown.calls()).at(-1)?.route, 'totals?groupBy=task');
      assert.match((await texts('tbody tr'))[0] ?? '', /^Code/);
      assert.equal(await shown.page.locator('caption').textContent(), 'Mix by task');
    });

    it('sorts by a heading, says so, and keeps the focus there when new figures come', async () => {
      await shown.open({ view: 'models' });
      const heading = shown.page.getByRole('button', { name: 'Cost' });
      await heading.press('Enter');
      assert.match((await texts('tbody tr'))[0] ?? '', /^claude-opus/);
      assert.equal((await shown.said()).at(-1), 'Sorted by Cost, largest first.');
      await shown.send(TOTALS_UPDATE);
      await shown.until(`opened.page.calls.filter(({ route }) => route.startsWith('totals')).length === 2`);
      await shown.settled();
      assert.equal(await heading.evaluate((button) => button.matches(':focus')), true);
      assert.equal(await shown.page.locator('th[aria-sort]').getAttribute('aria-sort'), 'descending');
      assert.match((await texts('tbody tr'))[0] ?? '', /^claude-opus/);
    });
  });

  describe('health', () => {
    it('says who is out until when, who has no key, and which prices are old or missing', async () => {
      await shown.open({ view: 'health' });
      assert.equal(await text('.summary'), 'deepseek is out for now; requests go to the others.');
      assert.match((await texts('tbody tr'))[0] ?? '', /^deepseek\s+Out until \d\d:\d\d:42/);
      assert.match(
        (await texts('.findings')).join(' '),
        /unknown for qwen-coder[\s\S]*month for gemini-flash/,
      );
    });

    it('marks a model as out in the moment in which the daemon says so', async () => {
      await shown.open({ view: 'health' });
      const retryAtMs = Date.now() + 60_000;
      await shown.page.evaluate(
        `opened.view.onEvent({ type: 'health-update', model: 'claude-opus', provider: 'anthropic', health: 'ejected', retryAtMs: ${retryAtMs} })`,
      );
      const row = shown.page.locator('tr', { has: shown.page.locator('th', { hasText: /^claude-opus$/ }) });
      assert.match(await row.innerText(), /Out until/);
    });

    it('[A31] throws stored answers away by the keyboard alone, and stays where it was when that fails', async () => {
      await shown.open({ view: 'health' });
      const clear = shown.page.getByRole('button', { name: 'Clear stored answers…' });
      await clear.press('Enter');
      assert.equal(await text('.budget-form h3'), 'Throw away 214 stored answers?');
      shown.answerWith(brokenAnswer);
      await shown.page.keyboard.press('Enter');
      await shown.page.getByText(`Nothing was thrown away: ${BROKEN}`).waitFor();
      shown.answerWith(richAnswer);
      await shown.page.keyboard.press('Enter');
      await shown.page.getByText('214 stored answers thrown away.').waitFor();
      assert.equal(await clear.evaluate('document.activeElement.textContent'), 'Clear stored answers…');
      const deleted = (await shown.calls()).filter(({ method }) => method === 'DELETE');
      assert.deepEqual(
        deleted.map(({ route }) => route),
        ['cache', 'cache'],
      );
    });

    it('runs the command that mends a missing key or a bad configuration', async () => {
      await shown.open({ view: 'health' });
      await shown.page.getByRole('button', { name: 'Set provider key…' }).first().click();
      await shown.page.getByRole('button', { name: 'Run doctor' }).first().click();
      assert.deepEqual(await shown.page.evaluate('opened.page.commands'), [
        'pointsman.setProviderKey',
        'pointsman.runDoctor',
      ]);
    });
  });

  describe('budgets', () => {
    const putBodies = async (): Promise<unknown[]> =>
      (await shown.calls()).filter(({ method }) => method === 'PUT').map(({ body }) => body);

    it('[A52] adds a daily quota of 50,000 tokens and keeps the budgets that are there', async () => {
      await shown.open({ view: 'budgets' });
      await shown.page.getByRole('button', { name: 'Add budget…' }).click();
      await shown.page.getByLabel('Limit').fill('50000');
      await shown.page.getByLabel('In', { exact: true }).selectOption('tokens');
      await shown.page.getByLabel('When it is reached').selectOption('block');
      await shown.page.keyboard.press('Tab');
      await shown.page.getByRole('button', { name: 'Add', exact: true }).click();
      await shown.page.locator('.budget-form').waitFor({ state: 'detached' });
      const [body] = (await putBodies()) as [{ readonly budgets: readonly unknown[] }];
      assert.equal(body.budgets.length, 5);
      assert.deepEqual(body.budgets.at(-1), {
        scope: 'all',
        period: 'day',
        limitTokens: 50_000,
        onReach: 'block',
      });
    });

    it('says what is no number at its field, and sends nothing', async () => {
      await shown.open({ view: 'budgets' });
      await shown.page.getByRole('button', { name: 'Add budget…' }).click();
      await shown.page.getByLabel('Limit').fill('plenty');
      await shown.page.keyboard.press('Enter');
      assert.equal(await text('.budget-form .problem'), 'Write the limit as a number, such as 5 or 2.50.');
      assert.equal(await shown.page.getByLabel('Limit').getAttribute('aria-invalid'), 'true');
      assert.deepEqual(await putBodies(), []);
    });

    it("shows the daemon's sentence when it refuses a budget, and keeps what was typed", async () => {
      const refusal = 'budgets[4].scope names the unknown model "gpt"; the nearest is "gpt-large"';
      const refuse = (call: Call): Answer =>
        call.method === 'PUT' ? { error: { code: 'config.invalid', message: refusal } } : richAnswer(call);
      await shown.open({ view: 'budgets', answer: refuse });
      await shown.page.getByRole('button', { name: 'Add budget…' }).click();
      await shown.page.getByLabel('Limit').fill('5');
      await shown.page.keyboard.press('Enter');
      await shown.page.locator('.budget-form .problem', { hasText: 'unknown model' }).waitFor();
      assert.equal(await text('.budget-form .problem'), refusal);
      assert.equal(await shown.page.getByLabel('Limit').inputValue(), '5');
    });

    it('asks before it removes a budget', async () => {
      await shown.open({ view: 'budgets' });
      await shown.page.getByRole('button', { name: 'Remove the budget Everything, $5.00 a day' }).click();
      assert.match(await text('.budget-form'), /Remove Everything, \$5\.00 a day\?/);
      assert.deepEqual(await putBodies(), []);
      await shown.page.keyboard.press('Enter');
      await shown.page.locator('.budget-form').waitFor({ state: 'detached' });
      const [body] = (await putBodies()) as [{ readonly budgets: readonly unknown[] }];
      assert.equal(body.budgets.length, 3);
    });

    it('leaves the form by Escape, with nothing changed and the focus back', async () => {
      await shown.open({ view: 'budgets' });
      await shown.page.getByRole('button', { name: 'Add budget…' }).click();
      await shown.page.keyboard.press('Escape');
      assert.equal(await shown.page.locator('.budget-form').count(), 0);
      assert.equal(
        await shown.page.locator('.add-budget').evaluate((button) => button.matches(':focus')),
        true,
      );
      assert.deepEqual(await putBodies(), []);
    });

    it('leaves the focus on the button of a budget when new figures come', async () => {
      await shown.open({ view: 'budgets' });
      const change = shown.page.getByRole('button', { name: 'Change the budget Workspace billing-api' });
      await change.focus();
      await shown.send(TOTALS_UPDATE);
      await shown.until('opened.page.calls.length === 2');
      await shown.settled();
      assert.equal(await change.evaluate((button) => button.matches(':focus')), true);
    });

    it('says that the spending is unknown where it is', async () => {
      await shown.open({ view: 'budgets' });
      const budget = shown.page.locator('.budget', { hasText: 'claude-opus' });
      assert.match(await budget.innerText(), /Unknown[\s\S]*spent unknown, of \$20\.00/);
    });
  });

  describe('replay', () => {
    const replayed = async (): Promise<unknown[]> =>
      (await shown.calls()).filter(({ route }) => route === 'replay').map(({ body }) => body);

    it('[C4] replays the profile in force first and then the two others, and shows all on one scale', async () => {
      await shown.open({ view: 'replay' });
      assert.deepEqual(await replayed(), [
        { profile: 'balanced' },
        { profile: 'budget' },
        { profile: 'quality' },
      ]);
      assert.match(
        await text('.summary'),
        /^Balanced: about \$0\.10 less than was billed, which may be chance\.$/,
      );
      const rows = await texts('.scale-row');
      assert.equal(rows.length, 4);
      assert.match(rows[1] ?? '', /Budget[\s\S]*\$8\.90 \(95 %: \$7\.70 to \$10\.40\)/);
    });

    it('chooses another profile with the arrow keys of the slider', async () => {
      await shown.open({ view: 'replay' });
      const slider = shown.page.getByRole('slider', { name: 'Profile' });
      await slider.press('ArrowRight');
      assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /^Quality: /);
      assert.match(await text('.summary'), /^Quality: about \$9\.40 more/);
      assert.equal((await replayed()).length, 3);
    });

    it('replays the period of the page', async () => {
      await shown.open({ view: 'replay', filter: { sinceMs: 1_790_000_000_000 } });
      assert.deepEqual((await replayed())[0], { profile: 'balanced', since: 1_790_000_000_000 });
    });

    it('says that it runs, and stops when the view is left', async () => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const slow = async (call: Call): Promise<Answer> => {
        if (call.route === 'replay') await held;
        return richAnswer(call);
      };
      shown.answerWith(slow);
      await shown.page.evaluate(`globalThis.openView('replay')`);
      await shown.page
        .locator('.running', { hasText: 'Replaying the history with the profile Balanced…' })
        .waitFor();
      shown.answerWith(slow);
      await shown.page.evaluate('opened.view.hide()');
      release();
      await shown.settled();
      assert.equal((await replayed()).length, 1);
      assert.equal(await shown.page.locator('.scale-row').count(), 0);
    });

    it('replays anew when the configuration changed, and stays on the profile that was chosen', async () => {
      await shown.open({ view: 'replay' });
      await shown.page.getByRole('slider', { name: 'Profile' }).press('ArrowLeft');
      await shown.send({ type: 'config-update', valid: true, error: null });
      await shown.until(`opened.page.calls.filter(({ route }) => route === 'replay').length === 6`);
      await shown.settled();
      assert.deepEqual((await replayed())[3], { profile: 'budget' });
      assert.match(await text('.summary'), /^Budget: /);
    });

    it('lists what counts as it was billed and what nobody can know', async () => {
      await shown.open({ view: 'replay' });
      const list = (await texts('.plain-list li')).join('\n');
      assert.match(list, /84 requests answered without a decision/);
      assert.match(list, /Not known: whether the other models/);
    });
  });

  for (const theme of THEMES) {
    it(`axe finds no serious fault in any view with rich, empty and failing data (${theme})`, async () => {
      const page = await browser.newPage(theme);
      const faults: string[] = [];
      for (const [name, answer] of Object.entries({ richAnswer, emptyAnswer, brokenAnswer })) {
        for (const view of VIEWS) {
          await page.open({ view, answer });
          faults.push(...(await page.axeFaults()).map((fault) => `${view}, ${name}: ${fault}`));
        }
      }
      await page.open({ view: 'budgets' });
      await page.page.getByRole('button', { name: 'Add budget…' }).click();
      faults.push(...(await page.axeFaults()));
      assert.deepEqual(faults, []);
      assert.deepEqual(page.faults, [], 'nothing is refused by the content security policy');
      await page.page.close();
    });
  }

  it('axe finds no serious fault where the page is as narrow as a side bar, and nothing sticks out', async () => {
    const page = await browser.newPage('light', 420);
    const faults: string[] = [];
    for (const view of VIEWS) {
      await page.open({ view });
      faults.push(...(await page.axeFaults()).map((fault) => `${view}: ${fault}`));
      const outPx = await page.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (outPx > 1) faults.push(`${view} is ${outPx} px too wide`);
    }
    assert.deepEqual(faults, []);
    await page.page.close();
  });
});

/** The opaque colours that are drawn, as `r,g,b`. */
async function canvas(page: AnalysisPage): Promise<readonly string[]> {
  return await page.page.evaluate<string[]>(`(() => {
    const colours = new Set();
    for (const canvas of document.querySelectorAll('canvas')) {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 255) colours.add(data[at] + ',' + data[at + 1] + ',' + data[at + 2]);
      }
    }
    return [...colours];
  })()`);
}
