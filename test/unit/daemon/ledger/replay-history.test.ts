import assert from 'node:assert/strict';
import { replayHistory } from '../../../../daemon/ledger/replay-history.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { Policy } from '../../../../daemon/route/policy.ts';
import { NOON_MS } from './ledger-fixtures.ts';
import { CHEAP, DEAR, TABLE, input, model, policyOf, step, usage } from './replay-rig.ts';

const about = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

/** A task of one conversation: 10,000 tokens, then 2,000 more every minute, the rest read from the cache. */
function task(count: number, changes: (index: number) => Partial<DecisionInput> = () => ({})) {
  return Array.from({ length: count }, (_, index) => {
    const tokens = 10_000 + 2000 * index;
    const read = index === 0 ? 0 : tokens - 2000;
    return step({
      input: input({
        decisionPoint: index === 0 ? 'new-conversation' : 'continuation',
        inputTokens: tokens,
        affinityModel: index === 0 ? null : 'dear',
        atMs: NOON_MS + index * 60_000,
        ...changes(index),
      }),
      usage: usage(tokens, read, 1000),
      costUsd: ((tokens - read) * 4 + read * 0.4 + 1000 * 16) / 1e6,
    });
  });
}

describe('[C4] replay of a history', () => {
  it('[A54] takes the bill as it was where the same model is chosen, at whatever price it has now', () => {
    const steps = [step({ costUsd: 0.3, failedAttemptsCostUsd: 0.1, classifierCostUsd: 0.01 }), ...task(3)];
    const cheaperNow = { ...TABLE, targets: [model('dear', 0.001), CHEAP] };
    const body = replayHistory(steps, policyOf('dear'), cheaperNow);
    about(body.costUsd, body.storedCostUsd);
    assert.deepEqual(body.intervalUsd, [body.costUsd, body.costUsd]);
    assert.deepEqual([body.moved, body.moves], [0, []]);
  });

  it('prices an answer that moves with the other model’s tokens and prices, and keeps the classifier’s cost', () => {
    const cheap = { ...CHEAP, tokenizerFactor: 1.5 };
    const steps = [step({ costUsd: 0.057, classifierCostUsd: 0.001 })];
    const body = replayHistory(steps, policyOf('cheap'), { ...TABLE, targets: [DEAR, cheap] });
    about(body.costUsd, 0.001 + (15_000 * 1 + 1500 * 4) / 1e6);
    assert.equal(body.moved, 1);
    assert.deepEqual(
      body.moves.map(({ from, to, requests }) => [from, to, requests]),
      [['dear', 'cheap', 1]],
    );
    const [low, high] = body.intervalUsd;
    assert.ok(low < body.costUsd && body.costUsd < high);
    about(body.savedUsd, 0.056 - body.costUsd);
  });

  it('reads what the moved conversation has warm on its own model, and nothing once that has expired', () => {
    const warm = replayHistory(task(2), policyOf('cheap'), TABLE).costUsd;
    const cold = (10_000 * 1 + 1000 * 4 + 12_000 * 1 + 1000 * 4) / 1e6;
    const gain = (10_000 * 0.9) / 1e6;
    assert.ok(Math.abs(warm - (cold - gain)) < 0.03 * gain, `${warm} is not about ${cold - gain}`);
    const late = task(2, (index) => ({ atMs: NOON_MS + index * 301_000 }));
    about(replayHistory(late, policyOf('cheap'), TABLE).costUsd, cold);
    const caches = [DEAR, { ...CHEAP, promptCache: { kind: 'none', minTokens: 0, ttlS: 0 } as const }];
    about(replayHistory(task(2), policyOf('cheap'), { ...TABLE, targets: caches }).costUsd, cold);
  });

  it('writes a prompt anew on the model that a conversation comes back to', () => {
    const choose = ({ atMs }: DecisionInput): string => (atMs === NOON_MS ? 'cheap' : 'dear');
    const body = replayHistory(task(2), policyOf(choose), TABLE);
    const [, second] = body.models.map(({ costUsd }) => costUsd).toSorted((a, b) => a - b);
    about(second ?? 0, (12_000 * 4 + 1000 * 16) / 1e6);
  });

  it('goes on where the replayed conversation is, with its own warm tokens and books', () => {
    const seen: DecisionInput[] = [];
    const books = { baselineModel: 'dear', actualUsd: 1, stayUsd: 1, stayWarmTokens: 9000 };
    const economics = { ...input().economics, switchBooks: books } as DecisionInput['economics'];
    const steps = task(3, () => (economics === undefined ? {} : { economics }));
    replayHistory(steps, policyOf('cheap', seen), TABLE);
    assert.deepEqual(
      seen.map(({ affinityModel }) => affinityModel),
      [null, 'cheap', 'cheap'],
    );
    assert.deepEqual(
      seen.map((given) => given.economics?.warmTokens),
      [{}, { cheap: 10_000 }, { cheap: 12_000 }],
    );
    const [, , last] = seen.map((given) => given.economics?.switchBooks);
    assert.ok(last != null && last.actualUsd > 1 && last.actualUsd < 1 + (last.stayUsd - 1));
    about(last?.stayUsd ?? 0, 1 + 2 * 0.056);
  });

  it('gives the policy the stored input as long as nothing differs', () => {
    const seen: DecisionInput[] = [];
    const steps = task(3);
    replayHistory(steps, policyOf('dear', seen), TABLE);
    for (const [index, { input: stored }] of steps.entries()) assert.equal(seen[index], stored);
  });

  it('leaves the conversation on its model after a background call and after a wish for one request', () => {
    const seen: DecisionInput[] = [];
    const [first, second, third] = task(3, (index) =>
      index === 1 ? { decisionPoint: 'background', inputTokens: 500 } : {},
    );
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const choose = ({ decisionPoint }: DecisionInput) => (decisionPoint === 'background' ? 'cheap' : 'dear');
    const body = replayHistory([first, second, third], policyOf(choose, seen), TABLE);
    assert.equal(body.moved, 1);
    assert.equal(seen[2]?.affinityModel, 'dear');
    about(
      body.models.find(({ model: id }) => id === 'dear')?.costUsd ?? 0,
      (first.costUsd ?? 0) + (third.costUsd ?? 0),
    );
  });

  it('stays on the model of the task after a step that another one helped with', () => {
    const seen: DecisionInput[] = [];
    const told = policyOf(({ inputTokens }) => (inputTokens === 12_000 ? 'cheap' : 'dear'), seen);
    const policy: Policy = {
      ...told,
      plan(given, table) {
        const plan = told.plan(given, table);
        return plan.targets[0]?.id === 'cheap' ? { ...plan, helps: 'dear' } : plan;
      },
    };
    assert.equal(replayHistory(task(3), policy, TABLE).moved, 1);
    assert.deepEqual(
      seen.map(({ affinityModel }) => affinityModel),
      [null, 'dear', 'dear'],
    );
  });

  it('decides at other points when it is asked to', () => {
    const points = (decideAt: 'request' | 'conversation'): readonly string[] => {
      const seen: DecisionInput[] = [];
      const steps = task(3, (index) => (index === 2 ? { decisionPoint: 'new-task' } : {}));
      replayHistory(steps, policyOf('dear', seen), TABLE, { decideAt });
      return seen.map(({ decisionPoint }) => decisionPoint);
    };
    assert.deepEqual(points('request'), ['new-conversation', 'new-task', 'new-task']);
    assert.deepEqual(points('conversation'), ['new-conversation', 'continuation', 'continuation']);
  });

  it('counts as billed what was not decided or has no tokens, and says how much that is', () => {
    const steps = [
      step({ input: null, costUsd: 0.2 }),
      step({ cache: 'exact', costUsd: 0 }),
      step({ usage: null, servedModel: null, costUsd: 0.001 }),
      step(),
    ];
    const body = replayHistory(steps, policyOf('cheap'), TABLE);
    assert.deepEqual(body.asStored, { 'not-decided': 2, 'no-usage': 1, unpriced: 0 });
    assert.deepEqual([body.requests, body.priced, body.replayed, body.moved], [4, 4, 1, 1]);
    about(body.storedCostUsd, 0.2 + 0.001 + 0.056);
    about(body.costUsd, 0.2 + 0.001 + (10_000 + 4000) / 1e6);
  });

  it('leaves out of every sum what had no price, or would have none', () => {
    const table = { ...TABLE, targets: [DEAR, CHEAP, model('mystery', 1, { price: null })] };
    const choose = ({ inputTokens }: DecisionInput): string => (inputTokens === 7 ? 'mystery' : 'dear');
    const steps = [step({ costUsd: null }), step({ input: input({ inputTokens: 7 }) }), step()];
    const body = replayHistory(steps, policyOf(choose), table);
    assert.deepEqual([body.requests, body.priced, body.asStored.unpriced], [3, 1, 2]);
    about(body.storedCostUsd, 0.056);
    about(body.costUsd, 0.056);
    about(body.baselineCostUsd, 0.056);
  });

  it('drops failed attempts of the model that is left, and adds the share that the other one had', () => {
    const failing = Array.from({ length: 25 }, (_, index) =>
      step({
        conversationId: `f_${index}`,
        plannedModel: 'cheap',
        servedModel: 'cheap',
        costUsd: 0.021,
        failedAttemptsCostUsd: 0.007,
      }),
    );
    const one = step({ costUsd: 0.156, failedAttemptsCostUsd: 0.1 });
    const body = replayHistory([...failing, one], policyOf('cheap'), TABLE);
    const moved = body.moves[0]?.replayedUsd ?? 0;
    assert.ok(moved > 0.014 * 1.4 && moved < 0.014 * 1.6, `${moved}`);
  });

  it('works bills and baselines out anew for prices that the question is about', () => {
    const terms = {
      usage: usage(10_000, 0, 1000),
      prices: {
        inputUsdPerMtok: 4,
        outputUsdPerMtok: 16,
        cacheReadUsdPerMtok: 0.4,
        cacheWriteUsdPerMtok: 4,
        source: '',
        asOf: '',
      },
    };
    const steps = [step({ baseline: terms, costUsd: 0.156, failedAttemptsCostUsd: 0.1 })];
    const table = { ...TABLE, targets: [model('dear', 8), CHEAP] };
    const body = replayHistory(steps, policyOf('dear'), table, { repriced: new Set(['dear']) });
    about(body.costUsd, 0.1 + 0.112);
    about(body.baselineCostUsd, 0.112);
    const other = replayHistory(
      steps,
      policyOf('dear'),
      { ...TABLE, baseline: 'cheap' },
      { formerBaseline: 'dear' },
    );
    about(other.baselineCostUsd, 0.014);
  });

  it('tells the success that is expected of the models then and now', () => {
    const { expectedSuccess } = replayHistory([step()], policyOf('cheap'), TABLE);
    assert.ok(expectedSuccess !== null && expectedSuccess.replayed < expectedSuccess.stored);
  });

  it('answers zeros for an empty history', () => {
    const body = replayHistory([], policyOf('dear'), TABLE);
    assert.deepEqual([body.requests, body.costUsd, body.savedUsd, body.expectedSuccess], [0, 0, 0, null]);
    assert.deepEqual(body.intervalUsd, [0, 0]);
  });

  it('answers the same figures for the same history', () => {
    const answer = () => JSON.stringify(replayHistory(task(5), policyOf('cheap'), TABLE));
    assert.equal(answer(), answer());
  });
});
