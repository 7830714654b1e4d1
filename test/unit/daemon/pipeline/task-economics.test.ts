import assert from 'node:assert/strict';
import { PromptCacheReplay } from '../../../../daemon/catalog/prompt-cache-replay.ts';
import type { RequestFeatures } from '../../../../daemon/classify/classifier.ts';
import { extractFeatures } from '../../../../daemon/classify/features.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { PromptBooks } from '../../../../daemon/pipeline/prompt-books.ts';
import { kindOf, TaskEconomics, type EconomicsQuestion } from '../../../../daemon/pipeline/task-economics.ts';
import type { AttemptRecord, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { ConversationState } from '../../../../daemon/route/conversation-store.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { economics as economicsInput } from '../route/economics-fixtures.ts';
import { input, table } from '../route/route-fixtures.ts';
import { ask, closeTo, LARGE, SMALL, usageOf } from './pipeline-rig.ts';

const REQUEST = openAiChat.decodeRequest(
  parseRequestBody(Buffer.from(JSON.stringify(ask('why '.repeat(4000))))),
);
const FEATURES: RequestFeatures = {
  ...extractFeatures(REQUEST, { client: 'tester' }),
  inputTokens: 4000,
  toolCount: 5,
};
const CHAT = { ...FEATURES, toolCount: 0 };
const STATE: ConversationState = {
  model: 'small',
  messageCount: 1,
  inputTokens: 1000,
  lastSeenAtMs: 0,
  ttlS: 300,
};

function caches() {
  return { promptCacheReplay: new PromptCacheReplay(), servedCacheReplay: new PromptCacheReplay() };
}

function question(more: Partial<EconomicsQuestion> = {}): EconomicsQuestion {
  return {
    point: 'new-task',
    features: FEATURES,
    state: STATE,
    isSide: false,
    conversationId: 'c',
    prompt: new PromptBooks(caches(), REQUEST, 0),
    table: table({ targets: [SMALL, LARGE] }),
    ...more,
  };
}

const stepsOf = (economics: TaskEconomics, more: Partial<EconomicsQuestion> = {}): number =>
  economics.inputFor(question(more)).expectedSteps;

function attempt(more: Partial<AttemptRecord> = {}): AttemptRecord {
  const prices = {
    inputUsdPerMtok: 10,
    outputUsdPerMtok: 20,
    cacheReadUsdPerMtok: 1,
    cacheWriteUsdPerMtok: 12.5,
    source: 'test',
    asOf: '2026-11-21',
  };
  return { model: 'large', usage: usageOf(100_000, 0), prices, ...more } as AttemptRecord;
}

function record(more: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    conversationId: 'c',
    baselineModel: 'large',
    responseModel: 'large',
    reason: 'cheapest-capable',
    costUsd: 1,
    baselineCostUsd: 1,
    attempts: [attempt()],
    decision: { reason: 'cheapest-capable', input: input() },
    ...more,
  } as ExchangeRecord;
}

function billed(...records: readonly Partial<ExchangeRecord>[]): readonly number[] | null {
  const economics = new TaskEconomics();
  for (const each of records) economics.billed(record(each), 'agent');
  const bill = economics.inputFor(question()).switchBooks;
  return bill === null ? null : [bill.actualUsd, bill.stayUsd];
}

describe('the kind of work of a request', () => {
  it('[B4] is told from its tools and from who asks', () => {
    assert.equal(kindOf({ point: 'new-task', features: FEATURES, isSide: false }), 'agent');
    assert.equal(kindOf({ point: 'new-task', features: FEATURES, isSide: true }), 'side');
    assert.equal(kindOf({ point: 'subagent', features: FEATURES, isSide: false }), 'side');
    assert.equal(kindOf({ point: 'subagent', features: CHAT, isSide: true }), 'chat');
  });
});

describe('what is expected of a task', () => {
  it('[B4] [C2] is as long as tasks of its kind were, the present request included', () => {
    const economics = new TaskEconomics();
    assert.equal(stepsOf(economics), 15);
    assert.equal(stepsOf(economics, { isSide: true }), 8);
    economics.decided(question({ state: { ...STATE, taskSteps: 25 } }));
    closeTo(stepsOf(economics), 16);
  });

  it('[B4] is one request inside a task, and for titles and the like', () => {
    assert.equal(stepsOf(new TaskEconomics(), { point: 'continuation' }), 1);
    assert.equal(stepsOf(new TaskEconomics(), { point: 'background' }), 1);
  });

  it('[B4] inside a task of a mixed plan is what is left of it, and one request at least', () => {
    const mixed = { ...table({ targets: [SMALL, LARGE] }), mixedPlan: true };
    const left = (taskSteps: number): number =>
      stepsOf(new TaskEconomics(), { point: 'continuation', table: mixed, state: { ...STATE, taskSteps } });
    assert.deepEqual([left(4), left(40)], [11, 1]);
  });

  it('[B4] is one request where an assistant has its conversation summed up', () => {
    const point = 'compaction';
    const had = { ...STATE, toolCount: 5 };
    const summary = { ...CHAT, userTurns: 9 };
    assert.equal(stepsOf(new TaskEconomics(), { point, features: summary, state: had }), 1);
    assert.equal(stepsOf(new TaskEconomics(), { point, features: summary }), 9);
    assert.equal(stepsOf(new TaskEconomics(), { point, state: had }), 15);
  });

  it('[B4] of a chat is as much again as it has lasted, up to 15', () => {
    const turns = (userTurns: number): number =>
      stepsOf(new TaskEconomics(), { features: { ...CHAT, userTurns } });
    assert.deepEqual([turns(1), turns(4), turns(80)], [1, 4, 15]);
  });

  it('[B4] learns what each request of a task adds to the one before', () => {
    const economics = new TaskEconomics();
    economics.decided(question({ point: 'continuation' }));
    // 1,700 and a twentieth of the way to 3,000; a continuation ends no task.
    const { stepInputTokens } = economics.inputFor(question());
    assert.equal(stepInputTokens, 1765);
    assert.equal(stepsOf(economics), 15);
  });

  it('[B4] counts tasks that ended with a new one or a long pause, and no others', () => {
    const after = (more: Partial<EconomicsQuestion>): number => {
      const economics = new TaskEconomics();
      economics.decided(question({ state: { ...STATE, taskSteps: 25 }, ...more }));
      return stepsOf(economics);
    };
    closeTo(after({ point: 'cache-expired' }), 16);
    assert.deepEqual(
      (['compaction', 'background', 'subagent', 'new-conversation'] as const).map((point) =>
        after({ point }),
      ),
      [15, 15, 15, 15],
    );
    assert.equal(after({ state: null }), 15);
  });

  it('[B4] learns how long answers are, in reference tokens, but not from titles', () => {
    const economics = new TaskEconomics();
    const target = { ...LARGE, tokenizerFactor: 1.4 };
    const given = { target, features: FEATURES, isSide: false, usage: usageOf(1000, 1960), warmShare: 0 };
    economics.answered({ ...given, point: 'background' });
    assert.equal(economics.inputFor(question()).stepOutputTokens, 400);
    economics.answered({ ...given, point: 'continuation' });
    assert.equal(economics.inputFor(question()).stepOutputTokens, 450);
  });
});

describe('what was measured of a baseline', () => {
  it('[A39] [B7] is how much less it writes, and how often its automatic cache hits', () => {
    const economics = new TaskEconomics();
    const given = { features: FEATURES, point: 'new-task', isSide: false, warmShare: 1 } as const;
    for (let index = 0; index < 110; index++) {
      economics.answered({ ...given, target: LARGE, usage: usageOf(10_000, 50, 8000) });
      economics.answered({ ...given, target: SMALL, usage: usageOf(10_000, 100, 10_000) });
    }
    const { outputRatio, hitRatio } = economics.measured(SMALL, LARGE, 'agent');
    closeTo(outputRatio, 0.5);
    assert.ok(Math.abs((hitRatio ?? 0) - 0.8) < 1e-9, String(hitRatio));
    assert.deepEqual(Object.keys(economics.measured(LARGE, SMALL, 'agent')), ['hitRatio']);
    assert.deepEqual(new TaskEconomics().measured(SMALL, LARGE, 'agent'), {});
  });
});

describe('what is known of caches', () => {
  it('[B4] [C2] is what each model has of this very prompt', () => {
    const known = caches();
    const given = question({ prompt: new PromptBooks(known, REQUEST, 0) });
    const economics = new TaskEconomics();
    assert.deepEqual(economics.inputFor(given).warmTokens, {});
    given.prompt.remember(LARGE, 4000);
    assert.deepEqual(economics.inputFor(given).warmTokens, { large: 4000 });
  });

  it('[B4] learns from what answers report how much of it is read', () => {
    const economics = new TaskEconomics();
    assert.deepEqual(economics.inputFor(question()).cacheHitRatios, {});
    const usage = usageOf(20_000, 10, 0);
    economics.answered({
      target: LARGE,
      features: FEATURES,
      point: 'new-task',
      isSide: false,
      usage,
      warmShare: 1,
    });
    // (20,000 x 0.9 + 0) / 40,000
    assert.deepEqual(economics.inputFor(question()).cacheHitRatios, { large: 0.45 });
  });
});

describe('what a conversation was billed', () => {
  const MOVED = { responseModel: 'small', costUsd: 0.1, baselineCostUsd: 0.5 } as const;

  it('[B4] [C2] is told with what staying would have been, and how warm the baseline would be', () => {
    const known = caches();
    const prompt = new PromptBooks(known, REQUEST, 0);
    prompt.baseline(usageOf(4000, 0), LARGE, LARGE);
    const economics = new TaskEconomics();
    economics.billed(record(), 'agent');
    economics.billed(record(MOVED), 'agent');
    assert.deepEqual(economics.inputFor(question({ prompt })).switchBooks, {
      baselineModel: 'large',
      actualUsd: 1.1,
      stayUsd: 1.5,
      stayWarmTokens: 4000,
    });
  });

  it('[B4] is not told of a baseline that is not configured any more', () => {
    const economics = new TaskEconomics();
    economics.billed(record(), 'agent');
    const other = { ...question(), table: table({ targets: [SMALL] }) };
    assert.equal(economics.inputFor(other).switchBooks, null);
    assert.equal(economics.inputFor(question({ conversationId: 'another' })).switchBooks, null);
  });

  it('[B4] leaves out what the user asked for by name, what a cache answered and what was never decided', () => {
    const wish = (reason: 'override' | 'exact') =>
      ({ decision: { reason, input: input() } }) as Partial<ExchangeRecord>;
    assert.equal(billed(wish('override')), null);
    assert.equal(billed(wish('exact')), null);
    assert.equal(billed({ reason: 'cache' }), null);
    assert.equal(billed({ decision: null }), null);
    assert.equal(billed({ conversationId: '' }), null);
    assert.equal(billed({ baselineModel: null }), null);
  });

  it('[B4] [C2] takes a third of the words of another model from what staying would have cost, until both are measured', () => {
    const prices = attempt().prices;
    assert.ok(prices !== null);
    // 0.35 x 10,000 x 20 a million
    const baseline = { usage: usageOf(100_000, 10_000), prices };
    assert.deepEqual(billed({}, { ...MOVED, baseline }), [1.1, 1.43]);
    const economics = new TaskEconomics();
    for (const target of [SMALL, LARGE]) {
      for (let index = 0; index < 110; index++) economics.habits.note(target, 'agent', usageOf(1000, 100));
    }
    economics.billed(record(), 'agent');
    economics.billed(record({ ...MOVED, baseline }), 'agent');
    assert.equal(economics.inputFor(question()).switchBooks?.stayUsd, 1.5);
  });

  it('[B4] [C2] counts a cold start on the way back as the switch’s doing, and luck on both sides', () => {
    const decision = (warm: number) =>
      ({
        reason: 'cheapest-capable',
        input: input({
          inputTokens: 100_000,
          economics: economicsInput({
            warmTokens: { large: warm },
            switchBooks: { baselineModel: 'large', actualUsd: 1, stayUsd: 1, stayWarmTokens: 80_000 },
          }),
        }),
      }) as ExchangeRecord['decision'];
    // Staying, 80,000 would have been warm; all of them, or 50,000, were paid for at 12.5 instead of 1.
    assert.deepEqual(
      billed({}, MOVED, { costUsd: 1.25, decision: decision(0) })?.map((usd) => usd.toFixed(6)),
      ['2.350000', (1.5 + 1.25 - 0.92).toFixed(6)],
    );
    assert.deepEqual(
      billed({}, MOVED, { costUsd: 1.25, decision: decision(30_000) })?.map((usd) => usd.toFixed(6)),
      ['2.350000', (1.5 + 1.25 - 0.575).toFixed(6)],
    );
    assert.deepEqual(billed({}, MOVED, { costUsd: 1.25, decision: decision(90_000) })?.at(1), 2.75);
    // Never less than nothing.
    assert.equal(billed({}, MOVED, { costUsd: 0.5, decision: decision(0) })?.at(1), 1.5);
  });

  it('[B4] takes the cheaper side of a long-context price where its border is near', () => {
    const longContext = {
      aboveTokens: 95_000,
      inputUsdPerMtok: 20,
      outputUsdPerMtok: 20,
      cacheReadUsdPerMtok: 2,
    };
    const { prices } = attempt();
    assert.ok(prices !== null && LARGE.price !== null);
    const target = { ...LARGE, price: { ...LARGE.price, longContext } };
    const stay = (inputTokens: number): number | undefined => {
      const economics = new TaskEconomics();
      const usage = { ...usageOf(inputTokens, 0), cacheCreationInputTokens: inputTokens };
      const moved = { ...MOVED, startedAt: '2026-11-21T00:00:00Z', baselineCostUsd: inputTokens * 20e-6 };
      economics.billed(record(), 'agent');
      economics.billed(record({ ...moved, baseline: { usage, prices } }), 'agent', [SMALL, target]);
      return economics.inputFor(question()).switchBooks?.stayUsd;
    };
    // 95,000 x 10 instead of 100,000 x 20
    closeTo(stay(100_000), 1.95);
    closeTo(stay(110_000), 3.2);
    closeTo(stay(95_000), 2.9);
  });

  it('[B4] counts failed requests on the bill alone', () => {
    const failed = { responseModel: null, costUsd: 0.25, baselineCostUsd: 0 } as const;
    assert.deepEqual(billed({}, MOVED, failed), [1.35, 1.5]);
  });
});
