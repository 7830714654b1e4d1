// How often the 95 % interval of a replay holds what the other policy really bills: 1,000 simulated histories per world. The
// truths of a world are drawn anew in each run, from the ranges that stand here.

import assert from 'node:assert/strict';
import type { ModelTarget } from '../../daemon/catalog/model-target.ts';
import { replayHistory } from '../../daemon/ledger/replay-history.ts';
import { liveTwice, POLICY, tableFor, type Dice, type WorldRules } from './replay-simulation.ts';

const RUNS = 1000;

/** The spreads were set while looking at seeds below this one. */
const FIRST_SEED = 100_001;

const isBestEffort = ({ promptCache }: ModelTarget): boolean => promptCache.kind === 'automatic';

/**
 * What the interval assumes: lengths of answers differ by 0.2 between models (logarithmic), tokenizers by 0.05, automatic
 * caches hit in 0.7 to 1 of the requests, one answer differs by 0.4 from another try.
 */
const AS_ASSUMED: WorldRules = {
  name: 'as assumed, to stronger models',
  truthsOf: (dice, target) => ({
    length: 0.2 * dice.normal(),
    tokenizer: 0.05 * dice.normal(),
    hitRatio: isBestEffort(target) ? 0.7 + 0.3 * dice.uniform() : 0.99,
    missesInRuns: 0,
  }),
  answerNoise: (dice) => 0.4 * dice.normal(),
  conversationSpread: 0.1,
  exploration: 0,
  lengthByDifficulty: 0.4,
  answersGrowPrompts: true,
  failures: 0.02,
  from: 'balanced',
  to: 'quality',
};

const WORLDS: readonly WorldRules[] = [
  AS_ASSUMED,
  { ...AS_ASSUMED, name: 'to cheaper models', to: 'budget' },
  { ...AS_ASSUMED, name: 'a tenth of the tasks explored', exploration: 0.1, from: 'quality', to: 'budget' },
  {
    ...AS_ASSUMED,
    name: 'best-effort caches miss in runs',
    from: 'quality',
    to: 'balanced',
    truthsOf: (dice, target) => ({
      ...AS_ASSUMED.truthsOf(dice, target),
      missesInRuns: isBestEffort(target) ? 0.4 : 0,
    }),
  },
];

const uniform = (dice: Dice, low: number, high: number): number => low + (high - low) * dice.uniform();

/** Other distributions than the ones that the spreads were set for. */
const STRANGE: WorldRules = {
  ...AS_ASSUMED,
  name: 'another kind of world',
  truthsOf: (dice, target) => ({
    length: Math.log(uniform(dice, 0.8, 1.5)),
    tokenizer: uniform(dice, -0.08, 0.08),
    hitRatio: isBestEffort(target) ? uniform(dice, 0.5, 1) : 1,
    missesInRuns: 0.2,
  }),
  answerNoise: (dice) => uniform(dice, -1, 1),
  conversationSpread: 0.2,
  lengthByDifficulty: 0.8,
  answersGrowPrompts: true,
  from: 'quality',
  to: 'budget',
};

interface Coverage {
  readonly covered: number;
  readonly meanErrorRatio: number;
  readonly meanWidthRatio: number;
  readonly movedShare: number;
}

function coverageIn(rules: WorldRules): Coverage {
  let [covered, errors, widths, moved, requests] = [0, 0, 0, 0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const { steps, otherUsd, storedUsd } = liveTwice(rules, seed);
    const body = replayHistory(steps, POLICY, tableFor(rules.to));
    const [low, high] = body.intervalUsd;
    assert.ok(Math.abs(body.storedCostUsd - storedUsd) < 1e-9);
    if (low <= otherUsd && otherUsd <= high) covered += 1;
    errors += (body.costUsd - otherUsd) / otherUsd / RUNS;
    widths += (high - low) / otherUsd / RUNS;
    moved += body.moved;
    requests += body.requests;
  }
  return {
    covered: covered / RUNS,
    meanErrorRatio: errors,
    meanWidthRatio: widths,
    movedShare: moved / requests,
  };
}

function told(
  { name }: WorldRules,
  { covered, meanErrorRatio, meanWidthRatio, movedShare }: Coverage,
): string {
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  return `${name}: ${percent(covered)} covered, mean error ${percent(meanErrorRatio)}, mean width ${percent(meanWidthRatio)}, ${percent(movedShare)} moved`;
}

describe('[C4] the 95 % interval of a replay', function () {
  this.timeout(180_000);
  const lines: string[] = [];
  after(() => {
    for (const line of lines) console.log(`    ${line}`);
  });

  for (const rules of WORLDS) {
    it(`holds what the other policy bills in 93 to 97 % of ${RUNS} runs: ${rules.name}`, () => {
      const coverage = coverageIn(rules);
      lines.push(told(rules, coverage));
      assert.ok(coverage.covered >= 0.93 && coverage.covered <= 0.97, told(rules, coverage));
      assert.ok(coverage.movedShare > 0.1);
    });
  }

  it('holds it nearly as often in a world of another kind', () => {
    const coverage = coverageIn(STRANGE);
    lines.push(told(STRANGE, coverage));
    assert.ok(coverage.covered >= 0.85, told(STRANGE, coverage));
  });
});
