import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { isPlausibleUsage } from '../../../../daemon/conversation/usage.ts';
import {
  attemptMoney,
  injectionSavedUsd,
  settleMoney,
  settleUsage,
} from '../../../../daemon/pipeline/settle.ts';
import type { AttemptRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { closeTo, LARGE, pricing, SMALL, usageOf } from './pipeline-rig.ts';

const AT_MS = Date.UTC(2026, 10, 21);

const GUESS = { inputTokens: 1000, warmShare: 0, outputTokens: 100, reasoningOutputTokens: 20 };
const SEEN = { reported: null, isComplete: true, hasContent: true, guess: () => GUESS } as const;

function attempt(costUsd: number | null, status: AttemptRecord['status'] = 'ok'): AttemptRecord {
  return {
    model: 'small',
    provider: 'p-small',
    startedAtMs: 0,
    durationMs: 1,
    timeToFirstChunkMs: null,
    status,
    errorType: null,
    statusCode: 200,
    usage: null,
    usageSource: 'none',
    costUsd,
    possiblyBilled: false,
    prices: null,
  };
}

describe('the usage of an answer', () => {
  const settled = (seen: Partial<Parameters<typeof settleUsage>[0]>): ReturnType<typeof settleUsage> =>
    settleUsage({ ...SEEN, ...seen });

  it('[A37] is what the provider reported, and then nothing is estimated', () => {
    const reported = usageOf(1200, 5);
    const guess = (): never => assert.fail('estimated');
    assert.deepEqual(settled({ reported, guess }), { usage: reported, source: 'reported' });
  });

  it('[A37] is estimated and flagged when none was reported', () => {
    assert.deepEqual(settled({}), {
      usage: { ...usageOf(1000, 100), reasoningOutputTokens: 20 },
      source: 'estimated',
    });
  });

  it('is estimated with the part that the model had in its prompt cache', () => {
    const { usage } = settled({ guess: () => ({ ...GUESS, warmShare: 0.75 }) });
    assert.equal(usage?.cacheReadInputTokens, 750);
  });

  it('is nobody’s when nothing left this machine', () => {
    assert.deepEqual(settled({ guess: () => null }), { usage: null, source: 'none' });
  });

  it('[A37] keeps the reported input of a broken answer and estimates the output seen since', () => {
    assert.deepEqual(settled({ reported: usageOf(5000, 1, 4000), isComplete: false }), {
      usage: { ...usageOf(5000, 100, 4000), reasoningOutputTokens: 20 },
      source: 'estimated',
    });
  });

  it('stays the reported one of a broken answer that counts no less than was seen', () => {
    const reported = usageOf(5000, 130);
    assert.deepEqual(settled({ reported, isComplete: false }), { usage: reported, source: 'reported' });
  });

  it('[A37] is estimated where an answer has nothing but zeros', () => {
    assert.deepEqual(settled({ reported: usageOf(0, 0) }), {
      usage: { ...usageOf(1000, 100), reasoningOutputTokens: 20 },
      source: 'estimated',
    });
  });

  it('[A37] has an estimate in place of the one count that is missing', () => {
    assert.deepEqual(settled({ reported: usageOf(0, 7) }), { usage: usageOf(1000, 7), source: 'estimated' });
    assert.deepEqual(settled({ reported: usageOf(7, 0, 3) }), {
      usage: { ...usageOf(7, 100, 3), reasoningOutputTokens: 20 },
      source: 'estimated',
    });
  });

  it('believes that an answer without content has no output', () => {
    const reported = usageOf(7, 0);
    assert.deepEqual(settled({ reported, hasContent: false }), { usage: reported, source: 'reported' });
  });

  it('is plausible whatever was reported and seen', () => {
    const count = fc.nat({ max: 1000 });
    const anyUsage = fc.tuple(count, count, count, count).map(([input, cached, output, reasoning]) => ({
      ...usageOf(input + cached, output + reasoning, cached),
      reasoningOutputTokens: reasoning,
    }));
    const anyGuess = fc
      .record({ inputTokens: count, outputTokens: count, reasoningOutputTokens: count })
      .map((guess) => ({
        ...guess,
        outputTokens: guess.outputTokens + guess.reasoningOutputTokens,
        warmShare: 0.5,
      }));
    fc.assert(
      fc.property(
        fc.option(anyUsage, { nil: null }),
        anyGuess,
        fc.boolean(),
        fc.boolean(),
        (reported, guess, isComplete, hasContent) => {
          const { usage } = settled({ reported, isComplete, hasContent, guess: () => guess });
          assert.ok(usage !== null && isPlausibleUsage(usage), JSON.stringify(usage));
        },
      ),
    );
  });
});

describe('the money of an attempt', () => {
  it('[A37] is its tokens at the prices in force, which are kept', () => {
    const { costUsd, prices } = attemptMoney(usageOf(1000, 100), SMALL, null, AT_MS);
    closeTo(costUsd, 0.0012);
    assert.deepEqual(prices, {
      inputUsdPerMtok: 1,
      outputUsdPerMtok: 2,
      cacheReadUsdPerMtok: 0.1,
      cacheWriteUsdPerMtok: 1,
      source: 'test',
      asOf: '2026-11-21',
    });
  });

  it('is what the provider says it charged, where it says so', () => {
    assert.equal(attemptMoney(usageOf(1000, 100), SMALL, 0.5, AT_MS).costUsd, 0.5);
    assert.equal(attemptMoney(usageOf(1000, 100), SMALL, 0, AT_MS).costUsd, 0);
  });

  it('is known of an unpriced model when the provider says what it charged', () => {
    const money = attemptMoney(usageOf(1000, 100), { ...SMALL, price: null }, 0.5, AT_MS);
    assert.deepEqual(money, { costUsd: 0.5, costSource: 'provider', prices: null });
  });

  it('is unknown, never 0, without a price', () => {
    const money = attemptMoney(usageOf(1000, 100), { ...SMALL, price: null }, null, AT_MS);
    assert.deepEqual(money, { costUsd: null, prices: null });
  });

  for (const billing of ['flat-rate', 'free'] as const) {
    it(`is 0 where billing is ${billing}, also when the provider names a sum`, () => {
      assert.equal(attemptMoney(usageOf(1000, 100), { ...LARGE, billing }, 0.5, AT_MS).costUsd, 0);
    });
  }

  it('is 0 without any usage', () => {
    assert.deepEqual(attemptMoney(null, SMALL, null, AT_MS), { costUsd: 0, prices: null });
  });

  it('follows an explicit price of 0', () => {
    assert.equal(attemptMoney(usageOf(9, 9), { ...SMALL, price: pricing(0, 0) }, null, AT_MS).costUsd, 0);
  });
});

describe('the money of an exchange', () => {
  it('[A39] is the baseline minus the cost, and the saving is booked to routing', () => {
    const money = settleMoney({ attempts: [attempt(0.25)], classifierCostUsd: 0, baselineCostUsd: 1 });
    assert.deepEqual(money, {
      costUsd: 0.25,
      failedAttemptsCostUsd: 0,
      baselineCostUsd: 1,
      savedUsd: 0.75,
      baseline: null,
      priced: true,
      savedBy: { routing: 0.75, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
    });
  });

  it('[A37] holds what the classifier cost', () => {
    const money = settleMoney({ attempts: [attempt(0.25)], classifierCostUsd: 0.5, baselineCostUsd: 1 });
    assert.equal(money.costUsd, 0.75);
    assert.equal(money.savedUsd, 0.25);
  });

  it('[A40] loses by failed attempts, which cost although nobody got their answer', () => {
    const attempts = [attempt(0.5, 'failed'), attempt(0.25)];
    const money = settleMoney({ attempts, classifierCostUsd: 0, baselineCostUsd: 0.5 });
    assert.equal(money.failedAttemptsCostUsd, 0.5);
    assert.equal(money.savedUsd, -0.25);
  });

  it('does not call an attempt failed whose client left', () => {
    const attempts = [attempt(0.5, 'cancelled')];
    assert.equal(
      settleMoney({ attempts, classifierCostUsd: 0, baselineCostUsd: 1 }).failedAttemptsCostUsd,
      0,
    );
  });

  it('leaves cost, baseline and saving unknown when one attempt is not priced', () => {
    const money = settleMoney({
      attempts: [attempt(0.5), attempt(null)],
      classifierCostUsd: 0.1,
      baselineCostUsd: 1,
    });
    assert.deepEqual(
      [money.costUsd, money.baselineCostUsd, money.savedUsd, money.priced],
      [null, null, null, false],
    );
    assert.equal(money.savedBy.routing, 0);
  });

  it('counts what is known of failed attempts in whatever order they came', () => {
    const attempts = [attempt(null, 'failed'), attempt(0.5, 'failed')];
    for (const order of [attempts, attempts.toReversed()]) {
      const money = settleMoney({ attempts: order, classifierCostUsd: 0, baselineCostUsd: 1 });
      assert.equal(money.failedAttemptsCostUsd, 0.5);
    }
  });

  it('lets a known cost stand when the baseline cannot be told, and claims nothing', () => {
    const money = settleMoney({ attempts: [attempt(0.5)], classifierCostUsd: 0, baselineCostUsd: null });
    assert.deepEqual(
      [money.costUsd, money.baselineCostUsd, money.savedUsd, money.priced],
      [0.5, null, null, true],
    );
  });

  it('[A39] [A40] closes for any attempts: parts add up, and unknown is all or nothing', () => {
    const usd = fc.double({ min: 0, max: 10, noNaN: true });
    const anyAttempt = fc
      .tuple(fc.option(usd, { nil: null, freq: 8 }), fc.constantFrom('ok', 'failed', 'cancelled'))
      .map(([costUsd, status]) => attempt(costUsd, status));
    fc.assert(
      fc.property(
        fc.array(anyAttempt, { maxLength: 5 }),
        usd,
        fc.option(usd, { nil: null }),
        (attempts, classifierCostUsd, baselineCostUsd) => {
          const money = settleMoney({ attempts, classifierCostUsd, baselineCostUsd });
          const isPriced = attempts.every((each) => each.costUsd !== null);
          assert.equal(money.priced, isPriced);
          assert.equal(money.costUsd !== null, isPriced);
          const { routing, exactCache, semanticCache, promptCacheInjection } = money.savedBy;
          closeTo(routing + exactCache + semanticCache + promptCacheInjection, money.savedUsd ?? 0);
          if (money.costUsd === null) {
            assert.deepEqual([money.baselineCostUsd, money.savedUsd], [null, null]);
            return;
          }
          const parts = attempts.reduce((sum, each) => sum + (each.costUsd ?? 0), classifierCostUsd);
          closeTo(money.costUsd, parts);
          assert.ok(money.failedAttemptsCostUsd <= money.costUsd - classifierCostUsd + 1e-12);
          if (baselineCostUsd === null) assert.equal(money.savedUsd, null);
          else closeTo(money.savedUsd, baselineCostUsd - money.costUsd);
        },
      ),
    );
  });
});

describe('where the cost of an attempt comes from', () => {
  it('[A37] is the provider’s word, or tokens at prices, and is not told where there is none', () => {
    const source = (...given: Parameters<typeof attemptMoney>) => attemptMoney(...given).costSource;
    assert.equal(source(usageOf(1000, 100), SMALL, null, AT_MS), 'prices');
    assert.equal(source(usageOf(1000, 100), SMALL, 0.5, AT_MS), 'provider');
    assert.equal(source(usageOf(1000, 100), { ...SMALL, price: null }, null, AT_MS), undefined);
    assert.equal(source(usageOf(1000, 100), { ...SMALL, billing: 'free' }, 0.5, AT_MS), undefined);
    assert.equal(source(null, SMALL, null, AT_MS), undefined);
  });

  it('[A37] [C3] counts what is written for an hour at its own price', () => {
    const target = {
      ...SMALL,
      price: pricing(1, 2, { cacheWriteUsdPerMtok: 1.25, cacheWrite1hUsdPerMtok: 2 }),
    };
    const usage = { ...usageOf(1000, 0), cacheCreationInputTokens: 1000 };
    // 600 x 1.25 + 400 x 2
    const { costUsd, prices } = attemptMoney(usage, target, null, AT_MS, { cacheWrite1hTokens: 400 });
    closeTo(costUsd, 0.00155);
    closeTo(prices?.cacheWriteUsdPerMtok, 1.55);
  });
});

describe('what marking a prompt for the cache has saved', () => {
  const target: ModelTarget = {
    ...LARGE,
    price: pricing(10, 20, { cacheReadUsdPerMtok: 1, cacheWriteUsdPerMtok: 12.5 }),
  };
  const saved = (read: number, written: number, model = target): number => {
    const usage = { ...usageOf(1000, 0, read), cacheCreationInputTokens: written };
    const billed = (read * 1 + written * 12.5 + (1000 - read - written) * 10) / 1e6;
    return injectionSavedUsd(usage, model, billed, AT_MS);
  };

  it('[B7] is the price of the same tokens as new ones, less what was billed', () => {
    // 900 x (10 - 1)
    closeTo(saved(900, 0), 0.0081);
  });

  it('[B7] is a loss where what was written has not been read yet', () => {
    // 1,000 x (10 - 12.5)
    closeTo(saved(0, 1000), -0.0025);
  });

  it('[B7] is nothing where nothing is billed, or nobody knows the price', () => {
    assert.equal(saved(900, 0, { ...target, billing: 'flat-rate' }), 0);
    assert.equal(saved(900, 0, { ...target, price: null }), 0);
  });
});

describe('the causes of a saving', () => {
  const given = { attempts: [attempt(0.25)], classifierCostUsd: 0, baselineCostUsd: 1 };

  it('[A39] [B7] are routing, and the marks that the client had not set', () => {
    const { savedBy } = settleMoney({ ...given, injectionSavedUsd: 0.5 });
    assert.deepEqual(savedBy, { routing: 0.25, exactCache: 0, semanticCache: 0, promptCacheInjection: 0.5 });
  });

  it('[A39] [B7] are signed: marks that lost make routing’s part larger', () => {
    const { savedBy } = settleMoney({ ...given, injectionSavedUsd: -0.5 });
    assert.deepEqual([savedBy.routing, savedBy.promptCacheInjection], [1.25, -0.5]);
  });

  it('[A34] [A39] are a stored answer with what routing would have paid, and routing with the rest', () => {
    const hit = { attempts: [], classifierCostUsd: 0, baselineCostUsd: 1 };
    const by = (status: 'exact' | 'semantic', routedCostUsd: number | null) =>
      settleMoney({ ...hit, cacheHit: { status, routedCostUsd } }).savedBy;
    assert.deepEqual(by('exact', 0.25), {
      routing: 0.75,
      exactCache: 0.25,
      semanticCache: 0,
      promptCacheInjection: 0,
    });
    assert.deepEqual(by('semantic', 0.25), {
      routing: 0.75,
      exactCache: 0,
      semanticCache: 0.25,
      promptCacheInjection: 0,
    });
    assert.equal(by('exact', null).routing, 1);
  });

  it('[A39] are none where the saving is not known', () => {
    const { savedBy } = settleMoney({ ...given, baselineCostUsd: null, injectionSavedUsd: 0.5 });
    assert.deepEqual(Object.values(savedBy), [0, 0, 0, 0]);
  });

  it('[A39] [C3] the terms of the baseline are kept as long as there is a baseline', () => {
    const { prices } = attemptMoney(usageOf(1, 1), SMALL, null, AT_MS);
    assert.ok(prices !== null);
    const baseline = { usage: usageOf(1, 1), prices };
    assert.equal(settleMoney({ ...given, baseline }).baseline, baseline);
    assert.equal(settleMoney({ ...given, baseline, attempts: [attempt(null)] }).baseline, null);
  });
});
