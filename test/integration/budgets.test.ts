// Budgets in a whole daemon: what a limit does to requests of real clients, and that neither a restart nor an edit of the
// list forgets what was spent. Many clients at once: test/conformance/budget-clients.test.ts.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Anthropic, { RateLimitError as AnthropicRateLimitError } from '@anthropic-ai/sdk';
import OpenAI, { RateLimitError } from 'openai';
import type { BudgetConfig } from '../../daemon/config/schema.ts';
import type { BudgetState } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  chatBody,
  chatFrames,
  json,
  sse,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Budget = Partial<BudgetConfig> & Pick<BudgetConfig, 'onReach'>;

/** One request of 1,000 tokens in and 500 out: 0.002 USD on `small`, 0.02 USD on `large`. */
const ANSWER: Verb = json(chatBody('ok', { usage: { prompt_tokens: 1000, completion_tokens: 500 } }));
const SMALL_USD = 0.002;

describe('budgets', () => {
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  const modelsAt = (baseUrl: string): readonly TestModel[] => [
    { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 1, outputUsdPerMtok: 2 },
    { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 10, outputUsdPerMtok: 20 },
  ];
  const budgetOf = (budget: Budget): BudgetConfig => ({ scope: 'all', period: 'day', ...budget });
  const configOf = (budgets: readonly Budget[], more: Parameters<typeof configFor>[1] = {}) => ({
    ...configFor(modelsAt(upstream.baseUrl), more),
    budgets: budgets.map(budgetOf),
  });
  const start = async (budgets: readonly Budget[], more: Parameters<typeof configFor>[1] = {}) => {
    daemon = await runDaemon({ config: configOf(budgets, more) });
  };
  const ask = (headers: Readonly<Record<string, string>> = {}, more: object = {}): Promise<Response> =>
    daemon.post(
      '/v1/chat/completions',
      { model: 'auto', messages: [{ role: 'user', content: `hello ${Math.random()}` }], ...more },
      headers,
    );
  const budgets = async (): Promise<readonly BudgetState[]> =>
    ((await daemon.control('GET', 'budgets')).body as { budgets: BudgetState[] }).budgets;
  const lastRecord = async (): Promise<ExchangeRecord> => {
    const [record] = await daemon.exchanges();
    assert.ok(record);
    return record;
  };
  const near = (actual: number, expected: number): void =>
    assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(ANSWER);
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  describe('that block', () => {
    it('[B10] refuses with the budget, what is spent, when it starts again and what to do', async () => {
      await start([{ limitUsd: 0.003, onReach: 'block' }]);
      for (const expected of [200, 200, 429]) assert.equal((await ask()).status, expected);
      const refused = await ask();
      const { error } = (await refused.json()) as { error: { message: string } };
      const [state] = await budgets();
      assert.equal(refused.headers.get('x-should-retry'), 'false');
      assert.match(error.message, /"all, 0\.003 USD a day" is used up \(0\.004 USD spent\)/);
      assert.ok(error.message.includes(state?.resetsAt ?? 'nothing'));
      assert.match(error.message, /pointsman\.setBudget or under budgets in config\.jsonc/);
      assert.equal(upstream.requests.length, 2);
      assert.deepEqual([state?.state, state?.spentTokens], ['block', 3000]);
    });

    it('[A52] stops a daily quota of 50,000 tokens at the request that passes it', async () => {
      await start([{ limitTokens: 50_000, onReach: 'block' }]);
      upstream.always(json(chatBody('ok', { usage: { prompt_tokens: 18_000, completion_tokens: 2000 } })));
      for (const expected of [200, 200, 200, 429]) assert.equal((await ask()).status, expected);
      const [state] = await budgets();
      assert.deepEqual([state?.limitTokens, state?.spentTokens, state?.state], [50_000, 60_000, 'block']);
    });

    it('[B10] is an error of its own dialect that the official SDKs do not retry', async () => {
      await start([{ limitUsd: 0, onReach: 'block' }]);
      const { url, token } = daemon;
      const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 5 });
      const anthropic = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 5 });
      const messages = [{ role: 'user' as const, content: 'hi' }];
      await assert.rejects(openai.chat.completions.create({ model: 'auto', messages }), RateLimitError);
      await assert.rejects(openai.responses.create({ model: 'auto', input: 'hi' }), RateLimitError);
      await assert.rejects(
        openai.chat.completions.create({ model: 'auto', messages, stream: true }),
        RateLimitError,
      );
      await assert.rejects(
        anthropic.messages.create({ model: 'auto', max_tokens: 100, messages }),
        (error: unknown) =>
          error instanceof AnthropicRateLimitError && /all, 0 USD a day.* is used up/.test(error.message),
      );
      assert.equal((await daemon.exchanges()).length, 4);
    });

    it('[B10] is understood by clients of Google’s and Ollama’s formats', async () => {
      await start([{ limitUsd: 0, onReach: 'block' }]);
      const google = await daemon.post('/v1beta/models/auto:generateContent', {
        contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      });
      const ollama = await daemon.post('/api/chat', {
        model: 'auto',
        messages: [{ role: 'user', content: 'hi' }],
      });
      assert.deepEqual([google.status, ollama.status], [429, 429]);
      const said = (await google.json()) as { error: { status: string } };
      assert.equal(said.error.status, 'RESOURCE_EXHAUSTED');
      assert.match(((await ollama.json()) as { error: string }).error, /is used up/);
    });

    it('[B10] counts a streamed answer, and one whose client leaves in the middle', async () => {
      await start([{ limitTokens: 1_000_000, onReach: 'block' }]);
      const usage = { prompt_tokens: 1000, completion_tokens: 500 };
      upstream.next(sse(chatFrames('one two three', { usage })));
      await (await ask({}, { stream: true })).text();
      assert.equal((await budgets())[0]?.spentTokens, 1500);
      upstream.next(stall({ frames: chatFrames('one two three four').slice(0, 4) }));
      const reader = (await ask({}, { stream: true })).body?.getReader();
      await reader?.read();
      await reader?.cancel();
      await daemon.waitForExchanges(2);
      const left = (await lastRecord()).usage;
      assert.ok(left !== null && left.inputTokens > 0);
      assert.equal((await budgets())[0]?.spentTokens, 1500 + left.inputTokens + left.outputTokens);
    });

    it('refuses a model that was asked for by name', async () => {
      await start([{ limitUsd: 0.001, onReach: 'block' }]);
      await ask();
      assert.equal((await ask({}, { model: 'exact/small' })).status, 429);
      assert.equal((await ask({ 'x-pointsman-model': 'small' })).status, 429);
    });

    it('[A53] [B10] counts one workspace and leaves the others alone', async () => {
      await start([{ scope: 'workspace:billing', limitUsd: 0.001, onReach: 'block' }]);
      const billing = { 'x-pointsman-workspace': 'billing' };
      assert.equal((await ask(billing)).status, 200);
      assert.equal((await ask(billing)).status, 429);
      assert.equal((await ask({ 'x-pointsman-workspace': 'other' })).status, 200);
      assert.equal((await ask()).status, 200);
    });

    it('[A53] [B10] gives each conversation the limit for itself', async () => {
      await start([{ scope: 'conversation', limitUsd: 0.001, onReach: 'block' }]);
      for (const expected of [200, 429]) {
        for (const id of ['one', 'two']) {
          assert.equal((await ask({ 'x-pointsman-conversation': id })).status, expected);
        }
      }
      const [state] = await budgets();
      assert.deepEqual(state?.instances?.map(({ scope }) => scope).toSorted(), [
        'conversation:c_one',
        'conversation:c_two',
      ]);
    });

    it('takes another model where only the budget of one model is used up', async () => {
      await start([{ scope: 'model:small', limitUsd: 0.001, onReach: 'block' }]);
      const models = [];
      for (let count = 0; count < 2; count++) models.push((await ask()).headers.get('x-pointsman-model'));
      assert.deepEqual(models, ['small', 'large']);
      assert.equal((await ask({}, { model: 'exact/small' })).status, 429);
    });

    it('refuses a model that it could not count, and says what to do', async () => {
      const models: readonly TestModel[] = [{ id: 'mystery', baseUrl: upstream.baseUrl, unpriced: true }];
      daemon = await runDaemon({
        config: { ...configFor(models), budgets: [budgetOf({ limitUsd: 5, onReach: 'block' })] },
      });
      const refused = await ask();
      assert.equal(refused.status, 429);
      assert.match(await refused.text(), /mystery has no price.*set models\[\\"mystery\\"\]\.price/);
      assert.equal(upstream.requests.length, 0);
    });

    it('lets a flat-rate model pass under a limit in USD and counts its tokens', async () => {
      const config = configFor(modelsAt(upstream.baseUrl));
      const providers = Object.fromEntries(
        Object.entries(config.providers ?? {}).map(([name, provider]) => [
          name,
          { ...provider, billing: 'flat-rate' as const },
        ]),
      );
      const both: Budget[] = [
        { limitUsd: 0.001, onReach: 'block' },
        { limitTokens: 3000, onReach: 'block' },
      ];
      daemon = await runDaemon({ config: { ...config, providers, budgets: both.map(budgetOf) } });
      for (const expected of [200, 200, 429]) assert.equal((await ask()).status, expected);
      assert.deepEqual(
        (await budgets()).map(({ spentUsd: usd, spentTokens, state }) => [usd, spentTokens, state]),
        [
          [0, 3000, 'ok'],
          [0, 3000, 'block'],
        ],
      );
    });
  });

  describe('that downgrade', () => {
    const COMPLEX = {
      messages: [
        {
          role: 'user',
          content:
            'Design a lock-free multi-producer queue in Rust with hazard pointers, prove that it is linearizable, and find the ABA problem in this implementation step by step.',
        },
      ],
    };
    const modelOf = async (more: object = {}, headers = {}): Promise<string | null> =>
      (await ask(headers, { ...COMPLEX, ...more })).headers.get('x-pointsman-model');

    it('[B10] takes the cheapest model that can answer when the limit is reached, with reason and budget', async () => {
      await start([{ limitUsd: 0.02, onReach: 'downgrade' }]);
      assert.equal(await modelOf(), 'large');
      assert.equal(await modelOf(), 'small');
      const record = await lastRecord();
      assert.deepEqual([record.reason, record.status], ['budget', 'ok']);
      assert.ok(
        record.warnings.some((note) =>
          /the budget "all, 0\.02 USD a day" leans to cheaper models \(100 %\): small instead of large/.test(
            note,
          ),
        ),
      );
      const [state] = await budgets();
      assert.deepEqual([state?.state, state?.pressure], ['downgrade', 1]);
    });

    it('[B10] leans before the limit, on a path and not at a cliff', async () => {
      await start([{ limitUsd: 0.1, onReach: 'downgrade' }]);
      const pressures: number[] = [];
      for (let count = 0; count < 6; count++) {
        await modelOf({ model: 'exact/large' });
        pressures.push((await budgets())[0]?.pressure ?? Number.NaN);
      }
      const rising = pressures.every((value, index) => index === 0 || value >= (pressures[index - 1] ?? 0));
      const between = pressures.filter((value) => value > 0 && value < 1);
      assert.ok(rising && between.length >= 1, pressures.join(' '));
      assert.equal(pressures.at(-1), 1);
    });

    it('honours a model that was asked for by name and says so', async () => {
      await start([{ limitUsd: 0.001, onReach: 'downgrade' }]);
      await modelOf();
      assert.equal(await modelOf({ model: 'exact/large' }), 'large');
      assert.match((await lastRecord()).warnings.join(' '), /is used up, and large was asked for by name/);
    });

    it('keeps the hard filters: an image goes to a model that can see', async () => {
      const [small, large] = modelsAt(upstream.baseUrl);
      assert.ok(small && large);
      const models = [{ ...small, supports: ['tools' as const] }, large];
      daemon = await runDaemon({
        config: { ...configFor(models), budgets: [budgetOf({ limitUsd: 0.001, onReach: 'downgrade' })] },
      });
      await modelOf();
      const image =
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
      const content = [
        { type: 'text', text: 'what is this?' },
        { type: 'image_url', image_url: { url: image } },
      ];
      assert.equal(await modelOf({ messages: [{ role: 'user', content }] }), 'large');
    });

    it('lets the strongest action win', async () => {
      await start([
        { limitUsd: 0.001, onReach: 'warn' },
        { limitUsd: 0.001, onReach: 'downgrade' },
        { limitUsd: 0.03, onReach: 'block' },
      ]);
      assert.deepEqual([await modelOf(), await modelOf()], ['large', 'small']);
      assert.deepEqual(
        (await budgets()).map(({ state }) => state),
        ['warn', 'downgrade', 'ok'],
      );
    });
  });

  it('[B10] warn says so once a period, in the record and in the log, and changes nothing else', async () => {
    await start([{ limitUsd: 0.003, onReach: 'warn' }]);
    for (let count = 0; count < 4; count++) assert.equal((await ask()).status, 200);
    const said = (await daemon.exchanges()).filter(({ warnings }) =>
      warnings.some((note) => /the budget "all, 0\.003 USD a day" is reached/.test(note)),
    );
    assert.equal(said.length, 1);
    assert.equal(daemon.log.filter((line) => line.includes('0.003 USD a day')).length, 1);
    assert.equal((await budgets())[0]?.state, 'warn');
  });

  describe('over time', () => {
    it('[B10] know after a restart what was spent', async () => {
      const home = folder.file('home');
      mkdirSync(home);
      const config = configOf([
        { limitUsd: 0.003, onReach: 'block' },
        { limitTokens: 1, onReach: 'warn' },
      ]);
      daemon = await runDaemon({ config, home });
      for (let count = 0; count < 2; count++) await ask();
      const before = await budgets();
      await daemon.stop();
      daemon = await runDaemon({ home });
      assert.deepEqual(await budgets(), before);
      assert.equal((await ask()).status, 429);
    });

    it('[B10] refuse when nobody knows what was spent, and say why', async () => {
      const home = folder.file('broken');
      mkdirSync(path.join(home, 'ledger.db'), { recursive: true }); // a folder in the place of the file
      daemon = await runDaemon({ config: configOf([{ limitUsd: 5, onReach: 'block' }]), home });
      const refused = await ask();
      assert.equal(refused.status, 429);
      assert.match(await refused.text(), /nobody knows how much.*ledger cannot be read.*pointsman doctor/);
      assert.equal(upstream.requests.length, 0);
      assert.match((await budgets())[0]?.error ?? '', /ledger\.db/);
    });

    it('[B10] PUT replaces the list in the file, keeps comments and what was spent', async () => {
      await start([]);
      const file = path.join(daemon.home, 'config.jsonc');
      const text = JSON.stringify(configOf([]), null, 2).replace('{', '{\n  // my own words');
      writeFileSync(file, text);
      await ask();
      const list = [{ scope: 'all', period: 'day', limitUsd: 0.001, onReach: 'block' }];
      const put = await daemon.control('PUT', 'budgets', { budgets: list });
      assert.equal(put.status, 200);
      near((put.body as { budgets: BudgetState[] }).budgets[0]?.spentUsd ?? Number.NaN, SMALL_USD);
      assert.match(readFileSync(file, 'utf8'), /\/\/ my own words/);
      assert.equal((await ask()).status, 429);
      // What GET answers may be edited and sent back.
      const [state] = await budgets();
      const raised = { ...state, limitUsd: 1 };
      assert.equal((await daemon.control('PUT', 'budgets', { budgets: [raised] })).status, 200);
      assert.equal((await ask()).status, 200);
    });

    it('[B10] PUT refuses a list with a mistake as a whole', async () => {
      await start([{ limitUsd: 1, onReach: 'warn' }]);
      const file = path.join(daemon.home, 'config.jsonc');
      const before = readFileSync(file, 'utf8');
      for (const wrong of [
        {
          budgets: [
            { scope: 'all', period: 'day', limitUsd: 2 },
            { scope: 'all', period: 'year', limitUsd: 1 },
          ],
        },
        { budgets: [{ scope: 'user:anna', period: 'day', limitUsd: 1 }] },
        { budgets: [{ scope: 'all', period: 'day', limitUSD: 1 }] },
        { budgets: 7 },
        {},
      ]) {
        assert.equal((await daemon.control('PUT', 'budgets', wrong)).status, 400, JSON.stringify(wrong));
      }
      assert.equal(readFileSync(file, 'utf8'), before);
      assert.equal((await budgets())[0]?.limitUsd, 1);
    });
  });

  describe('consent before a dearer model', () => {
    const asking = { retries: { maxAttempts: 3, pauseMs: 1, dearerFallback: 'ask' as const } };

    it('[B10] is asked for by an error that names model, cost and header', async () => {
      await start([], asking);
      upstream.alwaysForModel('up-small', status(500));
      for (let count = 0; count < 4; count++) {
        const refused = await ask();
        assert.ok(refused.status >= 500, String(refused.status));
        assert.equal(refused.headers.get('x-should-retry'), 'false');
        const text = await refused.text();
        assert.match(
          text,
          /large was not asked: it is expected to cost [\d.e-]+ USD instead of [\d.e-]+ USD on small/,
        );
        assert.match(text, /x-pointsman-allow-dearer: 1/);
      }
      assert.ok(upstream.requests.every(({ model }) => model === 'up-small'));
      const agreed = await ask({ 'x-pointsman-allow-dearer': '1' });
      assert.deepEqual([agreed.status, agreed.headers.get('x-pointsman-model')], [200, 'large']);
    });

    it('[B10] is not needed where the user allows it, which is the default', async () => {
      await start([]);
      upstream.alwaysForModel('up-small', status(500));
      assert.equal((await ask()).headers.get('x-pointsman-model'), 'large');
    });

    it('[B10] is needed from free to paid, and not between free ones', async () => {
      const baseUrl = upstream.baseUrl;
      const config = configFor(
        [
          { id: 'home-a', baseUrl, tier: 'simple', provider: 'a' },
          { id: 'home-b', baseUrl, tier: 'simple', provider: 'b' },
          {
            id: 'paid',
            baseUrl,
            tier: 'complex',
            provider: 'c',
            inputUsdPerMtok: 0.01,
            outputUsdPerMtok: 0.01,
          },
        ],
        asking,
      );
      const providers = Object.fromEntries(
        Object.entries(config.providers ?? {}).map(([name, provider]) => [
          name,
          name === 'c' ? provider : { ...provider, billing: 'free' as const },
        ]),
      );
      daemon = await runDaemon({ config: { ...config, providers } });
      upstream.alwaysForModel('up-home-a', status(500));
      assert.equal((await ask()).headers.get('x-pointsman-model'), 'home-b');
      upstream.alwaysForModel('up-home-b', status(500));
      const refused = await ask();
      assert.ok(refused.status >= 500);
      assert.match(await refused.text(), /paid was not asked: it is expected to cost .* instead of nothing/);
    });
  });
});
