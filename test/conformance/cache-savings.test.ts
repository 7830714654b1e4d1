// What stored answers save in a day of an app: exactly what arithmetic says, to 1e-9 USD.

import assert from 'node:assert/strict';
import { answering, type AnswerUsage } from '../support/wire-answers.ts';
import { askAs } from '../support/dialect-clients.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon } from '../support/run-daemon.ts';
import { seededRandom } from '../faults/seeded-random.ts';

const REQUESTS = 1000;
const REPEAT_RATIO = 0.35;
const SEED = Number(process.env['POINTSMAN_SEED'] ?? 8);
const CLIENTS: readonly ClientDialectId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
];
const EXACT_USD = 1e-9;

/** USD per token. */
const PRICES = { small: { input: 0.2e-6, output: 1.25e-6 }, large: { input: 5e-6, output: 25e-6 } } as const;

/** Below what any prompt cache keeps, so that a price has two parts only. */
const usageOf = (question: number): AnswerUsage => ({
  input: 50 + (question % 700),
  cached: 0,
  output: 5 + ((question * 37) % 400),
  reasoning: 0,
});

/** Which question each request asks: exactly so many are repeats, and some questions are asked far more often than others. */
function trace(random: () => number): readonly number[] {
  const repeats = Math.round(REQUESTS * REPEAT_RATIO);
  const isRepeat = Array.from({ length: REQUESTS - 1 }, (_, index) => index < repeats)
    .map((flag) => ({ flag, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ flag }) => flag);
  let distinct = 1;
  // A rank drawn by 1/rank, roughly: the first questions are the popular ones.
  const popular = (): number => Math.min(distinct - 1, Math.floor(distinct ** random()) - 1);
  return [0, ...isRepeat.map((isAgain) => (isAgain ? popular() : distinct++))];
}

describe('the savings of the exact cache', function () {
  this.timeout(180_000);

  it(`[A31] [A34] [A44] are what arithmetic says for ${REQUESTS} requests of which 35 % are repeats`, async () => {
    console.log(`      seed ${SEED}`);
    const random = seededRandom(SEED);
    const upstream = await startFakeUpstream();
    const models = [
      { id: 'small', tier: 'simple', inputUsdPerMtok: 0.2, outputUsdPerMtok: 1.25 },
      { id: 'large', tier: 'complex', inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
    ] as const;
    const daemon = await runDaemon({
      config: configFor(
        models.map((model) => ({ ...model, baseUrl: upstream.baseUrl })),
        { cache: {}, baseline: 'large' },
      ),
    });
    try {
      upstream.always((context) => {
        const question = Number(/question number (\d+)/.exec(context.request.body.toString())?.[1]);
        return answering('openai-chat', { text: `answer ${question}`, usage: usageOf(question) })(context);
      });
      const sum = { cost: 0, baseline: 0, saved: 0, hits: 0 };
      const asked = new Set<number>();
      const endpoint = { url: daemon.url, token: daemon.token };
      for (const question of trace(random)) {
        const { input, output } = usageOf(question);
        const paid = input * PRICES.small.input + output * PRICES.small.output;
        if (asked.has(question)) {
          sum.hits += 1;
          sum.saved += paid;
        } else sum.cost += paid;
        asked.add(question);
        sum.baseline += input * PRICES.large.input + output * PRICES.large.output;
        const dialect = CLIENTS[Math.floor(random() * CLIENTS.length)] ?? 'openai-chat';
        const given = { text: `What is question number ${question}?`, maxTokens: 500 };
        // The classifier would send a hard question elsewhere; here every one is to cost the same everywhere.
        const answer = await askAs(dialect, endpoint, 'small', given, {
          isStream: random() < 0.1,
          headers: {},
        });
        assert.equal(answer.text, `answer ${question}`);
      }
      assert.equal(sum.hits, REQUESTS * REPEAT_RATIO);
      assert.equal(upstream.requests.length, REQUESTS - sum.hits);
      await daemon.waitForExchanges(REQUESTS);
      const totals = await daemon.totals();
      assert.equal(totals.requests, REQUESTS);
      assert.equal(totals.cacheHitRatio, REPEAT_RATIO);
      const near = (actual: number, expected: number, what: string): void =>
        assert.ok(Math.abs(actual - expected) < EXACT_USD, `${what}: ${actual} instead of ${expected}`);
      const bought = sum.cost + sum.saved;
      console.log(
        `      ${sum.hits} hits of ${REQUESTS}: ${sum.saved.toFixed(6)} of ${bought.toFixed(6)} USD saved (${((100 * sum.saved) / bought).toFixed(1)} %)`,
      );
      near(totals.costUsd, sum.cost, 'cost');
      near(totals.savedBy.exactCache, sum.saved, 'saved by the cache');
      near(totals.baselineCostUsd - totals.savedUsd, sum.cost, 'baseline less savings');
      near(
        Object.values(totals.savedBy).reduce((total, part) => total + part, 0),
        totals.savedUsd,
        'parts of the savings',
      );
    } finally {
      await daemon.stop();
      await upstream.close();
    }
  });
});
