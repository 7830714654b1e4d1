import assert from 'node:assert/strict';
import { statsLines } from '../../../../daemon/cli/stats-lines.ts';
import type {
  BeforeAfter,
  ModelStatus,
  TotalsBody,
  TotalsDetails,
  TotalsGroup,
} from '../../../../daemon/protocol/control-api.ts';
import { EMPTY_TOTALS } from '../control/fake-surface.ts';

const GROUP: TotalsGroup = {
  key: 'small',
  requests: 3,
  pricedRequests: 3,
  comparableRequests: 3,
  countedRequests: 3,
  requestShare: 1,
  tokens: { ...EMPTY_TOTALS.tokens, inputTokens: 1200, outputTokens: 30 },
  tokenShare: 1,
  costUsd: 0.5,
  spendShare: 1,
  baselineCostUsd: 0.25,
  savedUsd: -0.25,
};
const TOTALS: TotalsBody = {
  ...EMPTY_TOTALS,
  requests: 3,
  pricedRequests: 3,
  comparableRequests: 3,
  costUsd: 0.5,
  groups: [GROUP],
};
const NOTHING = { before: null, after: null };
const BEFORE_AFTER: BeforeAfter = {
  monthlyCostUsd: NOTHING,
  averageCostUsd: NOTHING,
  meanLatencyMs: NOTHING,
  successRatio: NOTHING,
  failedRequests: { before: null, after: 0 },
  baselineFirstRequests: 0,
  cacheHitRatio: NOTHING,
  promptCacheRatio: NOTHING,
  goodRatingRatio: NOTHING,
  ratings: { before: 0, after: 0 },
};
const DETAILS: TotalsDetails = {
  compared: {
    requests: 3,
    baselineCostUsd: 0.25,
    answersCostUsd: 0.4,
    failedAttemptsCostUsd: 0.09,
    classifierCostUsd: 0.01,
    savedUsd: -0.25,
  },
  flatRate: { requests: 0, tokens: EMPTY_TOTALS.tokens },
  unpricedRequests: 0,
  otherRequests: 0,
  beforeAfter: BEFORE_AFTER,
  grades: [],
};
const MODEL: ModelStatus = {
  id: 'small',
  provider: 'p',
  upstreamModel: 'small-1',
  tier: 'simple',
  usable: true,
  health: 'ok',
  retryAtMs: null,
  inputUsdPerMtok: 0.25,
  outputUsdPerMtok: 1.5,
  priceAsOf: '2026-11-11',
  priceAgeDays: 10,
  contextTokens: 128_000,
  maxOutputTokens: 16_000,
  supports: ['tools'],
  tokenizerFactor: 1,
  priceSource: 'test',
};

function textOf(changes: Partial<TotalsBody> = {}, models: readonly ModelStatus[] = []): string {
  const totals = { ...TOTALS, ...changes };
  return statsLines({ byModel: totals, byComplexity: totals, models }).join('\n');
}

describe('stats for a person', () => {
  it('says what to do when there are no requests yet', () => {
    assert.match(textOf({ requests: 0, groups: [] }), /^no requests yet; point an assistant/);
  });

  it('shows a loss as a loss', () => {
    const text = textOf({ costUsd: 0.5, baselineCostUsd: 0.25, savedUsd: -0.25, savedRatio: -1 });
    assert.match(text, /^saved +-0\.2500 \$ \(-100\.0 % of the baseline\)/m);
    assert.match(text, /^small .* -0\.2500$/m);
  });

  it('says "unknown" where nothing was measured, never 0', () => {
    assert.match(textOf(), /^latency +mean unknown, p50 unknown/m);
    const dark: TotalsGroup = { ...GROUP, pricedRequests: 0, comparableRequests: 0, countedRequests: 0 };
    const text = textOf({ pricedRequests: 0, comparableRequests: 0, costUsd: 0, groups: [dark] });
    assert.match(text, /^cost +unknown; 3 requests have no price$/m);
    assert.match(text, /^saved +unknown; no request could be compared with a baseline$/m);
    assert.match(text, /^small +3 +100\.0 % +unknown +unknown +- +- +unknown +unknown +unknown$/m);
  });

  it('[A40] shows the saving as a sum of its terms, failures and classifier as losses', () => {
    const text = textOf({ savedUsd: -0.25, details: DETAILS });
    assert.match(text, /^baseline +0\.2500 \$ +3 requests on the model asked for/m);
    assert.match(text, /^answers +-0\.4000 \$$/m);
    assert.match(text, /^failed tries +-0\.0900 \$$/m);
    assert.match(text, /^classifier +-0\.0100 \$$/m);
  });

  it('splits the saving by its causes, and names those that came up', () => {
    const savedBy = { routing: 0.4, exactCache: 0.2, semanticCache: 0, promptCacheInjection: -0.1 };
    const text = textOf({ savedUsd: 0.5, savedBy });
    assert.match(
      text,
      /^ {2}by +routing 0\.4000 \$, exact cache 0\.2000 \$, prompt-cache marks -0\.1000 \$$/m,
    );
  });

  it('[A46] does not project a year from minutes, and gives an interval with what it projects', () => {
    assert.match(textOf(), /^projection +not before a full day of requests$/m);
    const projection = {
      monthlySavedUsd: 10,
      yearlySavedUsd: 120,
      days: 12,
      monthlySavedIntervalUsd: [-2, 20] as const,
      yearlySavedIntervalUsd: [60, 180] as const,
    };
    const text = textOf({ projection });
    assert.match(text, /^projection +10\.0000 \$ saved a month, 120\.0000 \$ a year \(from 12 days\)$/m);
    assert.match(
      text,
      /^ +95 % interval: -2\.0000 to 20\.0000 \$ a month, 60\.0000 to 180\.0000 \$ a year$/m,
    );
  });

  it('[A44] sets before beside after, with what "before" rests upon', () => {
    const beforeAfter: BeforeAfter = {
      monthlyCostUsd: { before: 10, after: 4 },
      averageCostUsd: { before: 0.05, after: 0.02 },
      meanLatencyMs: { before: 2100, after: 900 },
      successRatio: { before: 0.95, after: 0.99 },
      failedRequests: { before: 2, after: 1 },
      baselineFirstRequests: 40,
      cacheHitRatio: { before: null, after: 0.1 },
      promptCacheRatio: { before: 0.9, after: 0.8 },
      goodRatingRatio: { before: null, after: 0.75 },
      ratings: { before: 0, after: 4 },
    };
    const text = textOf({ details: { ...DETAILS, beforeAfter } });
    for (const line of [
      /^ +before +after$/m,
      /^cost a month +10\.0000 \$ +4\.0000 \$$/m,
      /^cost per request +0\.0500 \$ +0\.0200 \$$/m,
      /^response time, mean +2100ms +900ms$/m,
      /^success rate +95\.0 % +99\.0 %$/m,
      /^failed queries +2 of 40 +1 of 3$/m,
      /^answered from cache +none +10\.0 %$/m,
      /^prompts read from cache +90\.0 % +80\.0 %$/m,
      /^user rating +unknown +75\.0 % good of 4$/m,
      /failures are those of the 40 requests it got first\.$/m,
    ])
      assert.match(text, line);
  });

  it('[A44] invents no "before" where the baseline was never asked', () => {
    const text = textOf({ details: DETAILS });
    assert.match(text, /^response time, mean +unknown/m);
    assert.match(text, /^failed queries +unknown +0 of 3$/m);
    assert.match(text, /failures are unknown, as it was never asked first\.$/m);
  });

  it('leaves the price of a model open that is not configured any more', () => {
    assert.match(textOf(), /^small +3 +100\.0 % +1\.20k +30 +- +- +0\.5000 +100\.0 % +-0\.2500$/m);
  });

  it('[A43] shows price and share of spend of each model', () => {
    assert.match(textOf({}, [MODEL]), /^small +3 +100\.0 % +1\.20k +30 +0\.25 +1\.5 +0\.5000 +100\.0 %/m);
  });

  it('says how old the oldest price in use is', () => {
    assert.match(textOf({}, [MODEL]), /^oldest price in use: small, checked 2026-11-11 \(10 days ago\)\.$/m);
    const stale = [
      MODEL,
      { ...MODEL, id: 'not used', priceAgeDays: 300 },
      { ...MODEL, priceAsOf: '2026-10-01', priceAgeDays: 51 },
    ];
    assert.match(textOf({}, stale), /^oldest price in use: small, .*\(51 days ago\); check it/m);
    assert.doesNotMatch(textOf({}, [{ ...MODEL, priceAsOf: null, priceAgeDays: null }]), /oldest price/);
  });

  it('says how much of the spend rests on estimates', () => {
    assert.match(
      textOf({ estimatedCostUsd: 0.1 }),
      /^20\.0 % of the spend \(0\.1000 \$\) rests on estimated usage/m,
    );
    assert.doesNotMatch(textOf(), /estimated/);
  });

  it('shows what subscriptions paid for as quota, and why requests are not compared', () => {
    const tokens = { ...EMPTY_TOTALS.tokens, inputTokens: 1_234_567, outputTokens: 890 };
    const details = { ...DETAILS, flatRate: { requests: 7, tokens }, unpricedRequests: 1, otherRequests: 2 };
    const text = textOf({ details });
    assert.match(text, /^quota: 7 requests by subscription \(1\.23M tokens in, 890 out\), left out/m);
    assert.match(text, /^1 request has no known cost; a price in the configuration mends that\.$/m);
    const dark = ['a', 'b', 'c', 'd'].map((key) => ({ ...GROUP, key, pricedRequests: 1 }));
    assert.match(textOf({ details, groups: dark }), /^1 request has no known cost \(a, b, c and 1 more\);/m);
    assert.match(text, /^2 requests have a cost but no baseline/m);
  });

  it('stays within 100 columns for large figures and long names', () => {
    const group: TotalsGroup = {
      ...GROUP,
      key: 'a-model-with-a-name-that-is-too-long-for-any-table',
      requests: 123_456,
      tokens: { ...GROUP.tokens, inputTokens: 98_765_432_109, outputTokens: 1_234_567_890 },
      costUsd: 12_345.678,
      savedUsd: -12_345.678,
    };
    const totals: Partial<TotalsBody> = {
      requests: 123_456,
      comparableRequests: 123_456,
      costUsd: 12_345.678,
      baselineCostUsd: 23_456.789,
      savedUsd: 11_111.11,
      savedRatio: 0.47,
      coverageRatio: 1,
      tokens: { ...group.tokens, cacheReadInputTokens: 9_000_000_000 },
      latencyMs: { p50: 12_345, p95: 123_456 },
      timeToFirstChunkMs: { p50: 1_234, p95: 12_345 },
      meanLatencyMs: 23_456,
      groups: [group],
      projection: {
        monthlySavedUsd: 11_111.1,
        yearlySavedUsd: 133_333.2,
        days: 365,
        monthlySavedIntervalUsd: [10_000.1, 12_345.6],
        yearlySavedIntervalUsd: [123_456.7, 145_678.9],
      },
      details: DETAILS,
    };
    const models = [{ ...MODEL, inputUsdPerMtok: 0.075, outputUsdPerMtok: 12.5 }];
    for (const line of textOf(totals, models).split('\n'))
      assert.ok(line.length <= 100, `${line.length}: ${line}`);
  });
});
