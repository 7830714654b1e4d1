// Money, end to end: what a simulated provider reports, at the hour of the case, comes out of the books to the
// micro-dollar as it was worked out by hand. The cases stand in golden-money/.

import assert from 'node:assert/strict';
import type { ExchangeRecord, SavedBy, UnitPrices } from '../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../daemon/protocol/vocabulary.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { ANTHROPIC_CASES } from './golden-money/anthropic-cases.ts';
import { BILLING_CASES } from './golden-money/billing-cases.ts';
import { CHAT_CASES } from './golden-money/chat-cases.ts';
import { CONVERSATION_CASES } from './golden-money/conversation-cases.ts';
import { FAILURE_CASES } from './golden-money/failure-cases.ts';
import type { GoldenCase, Step } from './golden-money/golden-case.ts';
import { GOOGLE_CASES, RESPONSES_CASES } from './golden-money/other-dialect-cases.ts';
import { ROUTED_CASES } from './golden-money/routed-cases.ts';
import { play } from './golden-money/run-case.ts';
import { playRouted } from './golden-money/run-routed-case.ts';
import { playHit, playInjection } from './golden-money/play-saved-by.ts';
import { HIT_CASES, INJECTION_CASES } from './golden-money/saved-by-cases.ts';

/** Name -> numbers of the mission that its cases show, and the cases. */
const GROUPS: Readonly<Record<string, readonly [string, readonly GoldenCase[]]>> = {
  'anthropic-messages': ['[A37] [A39]', ANTHROPIC_CASES],
  'openai-chat': ['[A37] [A39]', CHAT_CASES],
  'openai-responses': ['[A37] [A39]', RESPONSES_CASES],
  'google-generate': ['[A37] [A39]', GOOGLE_CASES],
  'how a provider bills': ['[A37] [B7]', BILLING_CASES],
  'the baseline’s own cache': ['[A39] [B7]', CONVERSATION_CASES],
  'what goes wrong': ['[A37] [B7]', FAILURE_CASES],
};

function assertUsd(actual: number | null, expected: number | null, what: string, working = ''): void {
  if (expected === null || actual === null) {
    assert.equal(actual, expected, `${what}: ${working}`);
    return;
  }
  assert.ok(Math.abs(actual - expected) <= 1e-9, `${what} is ${actual}, not ${expected}: ${working}`);
}

function assertStep(record: ExchangeRecord, step: Step): void {
  const { money, perToken, working } = step;
  assert.equal(record.status, step.status ?? 'ok');
  if (step.usageSource !== undefined) assert.equal(record.usageSource, step.usageSource);
  if (step.attempts !== undefined) assert.equal(record.attempts.length, step.attempts);
  if (money === undefined) return;
  const estimated = (of: 'cost' | 'baseline'): number =>
    (perToken?.input?.[of] ?? 0) * (record.usage?.inputTokens ?? 0) +
    (perToken?.output?.[of] ?? 0) * (record.usage?.outputTokens ?? 0);
  const plus = (amount: number | null, more: number): number | null =>
    amount === null ? null : amount + more;
  assertUsd(record.costUsd, plus(money.cost, estimated('cost')), 'cost', working);
  assertUsd(record.baselineCostUsd, plus(money.baseline, estimated('baseline')), 'baseline', working);
  const moreSaved = estimated('baseline') - estimated('cost');
  assertUsd(record.savedUsd, plus(money.saved, moreSaved), 'saved', working);
  assert.equal(record.priced, money.cost !== null);
  if (perToken !== undefined) assert.ok((record.usage?.outputTokens ?? 0) > 0 && moreSaved !== 0);
}

/** Every cost that is not the provider's word is tokens times the unit prices that are stored beside it. */
function assertCloses(record: ExchangeRecord): void {
  for (const { usage, prices, costUsd, costSource } of record.attempts) {
    if (costSource !== 'prices' || usage === null) continue;
    assert.ok(prices);
    assertUsd(costUsd, sumOf(usage, prices), 'tokens times unit prices');
  }
  const { baseline, baselineCostUsd } = record;
  if (baseline != null)
    assertUsd(baselineCostUsd, sumOf(baseline.usage, baseline.prices), 'terms of the baseline');
}

function sumOf(usage: TokenUsage, prices: UnitPrices): number {
  const { inputTokens, cacheReadInputTokens: read, cacheCreationInputTokens: written, outputTokens } = usage;
  const sum =
    (inputTokens - read - written) * prices.inputUsdPerMtok +
    read * prices.cacheReadUsdPerMtok +
    written * prices.cacheWriteUsdPerMtok +
    outputTokens * prices.outputUsdPerMtok;
  return sum / 1e6;
}

function assertSavedBy(actual: SavedBy, expected: SavedBy, working: string): void {
  for (const cause of ['routing', 'exactCache', 'semanticCache', 'promptCacheInjection'] as const) {
    assertUsd(actual[cause], expected[cause], cause, working);
  }
}

describe('golden money', function () {
  this.timeout(20_000);
  let upstream: FakeUpstream;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
  });
  afterEach(async () => {
    await upstream.close();
  });

  it('has at least sixty cases, each with its working and with a saving that is baseline minus cost', () => {
    const cases = Object.values(GROUPS).flatMap(([, all]) => all);
    assert.ok(cases.length >= 60, `${cases.length} cases`);
    for (const { title, steps } of cases) {
      for (const { money, working } of steps) {
        if (money === undefined) continue;
        assert.ok((working ?? '').length > 0, title);
        const { cost, baseline, saved } = money;
        if (cost !== null && baseline !== null) assertUsd(saved, baseline - cost, title);
        else assert.equal(saved, null, title);
      }
    }
  });

  for (const [group, [numbers, cases]] of Object.entries(GROUPS)) {
    describe(group, () => {
      for (const golden of cases) {
        it(`${numbers} ${golden.title}`, async () => {
          const records = await play(golden, upstream);
          for (const [index, step] of golden.steps.entries()) {
            const record = records[index];
            assert.ok(record);
            assertStep(record, step);
            assertCloses(record);
          }
        });
      }
    });
  }

  describe('several models for one request', () => {
    for (const golden of ROUTED_CASES) {
      it(`[A37] [B7] ${golden.title}`, async () => {
        const record = await playRouted(golden, upstream);
        const { money, working } = golden;
        assertUsd(record.costUsd, money.cost, 'cost', working);
        assertUsd(record.baselineCostUsd, money.baseline, 'baseline', working);
        assertUsd(record.savedUsd, money.saved, 'saved', working);
        assertUsd(record.classifierCostUsd, golden.classifierCostUsd, 'classifier', working);
        assertUsd(record.failedAttemptsCostUsd, golden.failedAttemptsCostUsd, 'failed attempts', working);
        assert.equal(record.attempts.length, golden.isWeak ? 2 : 1);
        assertCloses(record);
      });
    }
  });

  describe('what a saving is owed to', () => {
    for (const golden of HIT_CASES) {
      it(`[A34] [A39] ${golden.title}`, () => {
        const money = playHit(golden);
        assertUsd(money.costUsd, golden.classifierCostUsd ?? 0, 'cost', golden.working);
        assertUsd(money.savedUsd, golden.savedUsd, 'saved', golden.working);
        assertSavedBy(money.savedBy, golden.savedBy, golden.working);
      });
    }

    for (const golden of INJECTION_CASES) {
      it(`[A39] ${golden.title}`, () => {
        const money = playInjection(golden);
        assertUsd(money.costUsd, golden.costUsd, 'cost', golden.working);
        assertSavedBy(money.savedBy, golden.savedBy, golden.working);
      });
    }
  });
});
