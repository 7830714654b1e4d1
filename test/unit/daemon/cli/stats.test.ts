import assert from 'node:assert/strict';
import { statsLines } from '../../../../daemon/cli/stats.ts';
import type { TotalsBody, TotalsGroup } from '../../../../daemon/protocol/control-api.ts';
import { EMPTY_TOTALS } from '../control/fake-surface.ts';

const GROUP: TotalsGroup = {
  key: 'small',
  requests: 3,
  requestShare: 1,
  tokens: { ...EMPTY_TOTALS.tokens, inputTokens: 1200, outputTokens: 30 },
  tokenShare: 1,
  costUsd: 0.5,
  spendShare: 1,
  baselineCostUsd: 0.25,
  savedUsd: -0.25,
};
const TOTALS: TotalsBody = { ...EMPTY_TOTALS, requests: 3, groups: [GROUP] };

function textOf(changes: Partial<TotalsBody> = {}): string {
  const totals = { ...TOTALS, ...changes };
  return statsLines({ byModel: totals, byComplexity: totals, models: [] }).join('\n');
}

describe('stats for a person', () => {
  it('says what to do when there are no requests yet', () => {
    assert.match(textOf({ requests: 0, groups: [] }), /^no requests yet; point an assistant/);
  });

  it('shows a loss as a loss', () => {
    const text = textOf({ costUsd: 0.5, baselineCostUsd: 0.25, savedUsd: -0.25, savedRatio: -1 });
    assert.match(text, /^saved +-0\.2500 \$ \(-100\.0 %\)/m);
    assert.match(text, /-0\.2500 \$$/m);
  });

  it('says "unknown" where nothing was measured, never 0', () => {
    assert.match(textOf(), /^saved +0\.0000 \$ \(unknown\); unknown of the requests could be compared$/m);
    assert.match(textOf(), /^latency +mean unknown, p50 unknown/m);
  });

  it('does not project a year from minutes', () => {
    assert.match(textOf(), /^projection +not before a full day of requests$/m);
    const projection = { monthlySavedUsd: 10, yearlySavedUsd: 120 };
    assert.match(textOf({ projection }), /^projection +10\.0000 \$ saved a month, 120\.0000 \$ a year$/m);
  });

  it('leaves the price of a model open that is not configured any more', () => {
    assert.match(textOf(), /^small +3 +100\.0 % +1200 +30 +- +- +0\.5000 \$ +100\.0 % +-0\.2500 \$$/m);
  });

  it('names what classifier and failed attempts cost', () => {
    assert.match(
      textOf({ classifierCostUsd: 0.001, failedAttemptsCostUsd: 0.002 }),
      /^cost .*classifier 0\.0010 \$, failed attempts 0\.0020 \$$/m,
    );
  });
});
