// How sure a replayed sum is: a 95 % interval from what is not known of the models (length of answers, tokenizers, cache
// hits) and from chance in single requests and conversations. Drawn with a fixed seed: equal histories, equal intervals.

import type { ModelTarget } from '../catalog/model-target.ts';
import { createDraws } from './random-draws.ts';
import type { HitRatio, ReplayEvidence } from './replay-evidence.ts';
import type { LearntRatios, ReplayTally } from './replay-tally.ts';

/** Enough for the ends to stand still within a fiftieth of the width. */
const DRAWS = 2000;
const SEED = 20_261_121;

/**
 * Assumptions, logarithmic: how much the length of one answer differs between two tries, on two models; how much of that
 * all answers of a conversation share; and how much the prompts of a conversation would have grown otherwise.
 */
const ANSWER_SPREAD = 0.57;
const CONVERSATION_ANSWER_SPREAD = 0.15;
const CONVERSATION_PROMPT_SPREAD = 0.01;

export interface ReplayEstimate {
  readonly ratios: LearntRatios;
  readonly totalUsd: number;
  readonly intervalUsd: readonly [low: number, high: number];
}

export function estimate(
  tally: ReplayTally,
  evidence: ReplayEvidence,
  targetOf: (model: string) => ModelTarget | undefined,
): ReplayEstimate {
  const models = [...new Set(tally.moved.flatMap(({ from, to }) => [from, to]))];
  const lengths = evidence.lengths(models);
  const tokenizers = evidence.tokenizers(models);
  const hits = new Map<string, HitRatio>();
  for (const model of new Set([...models, ...tally.gainsUsd.keys()])) {
    const target = targetOf(model);
    if (target !== undefined) hits.set(model, evidence.hitRatio(target));
  }
  const failures = new Map(models.map((model) => [model, evidence.failureShare(model)]));
  const failureShare = (model: string): number => failures.get(model) ?? 0;
  const ratios: LearntRatios = {
    lengths: lengths.means(),
    tokenizers: tokenizers.means(),
    hitRatio: (model) => hits.get(model)?.mean ?? 0,
    failureShare,
  };
  const totalUsd = tally.totalUsd(ratios);
  const isCertain = models.length === 0 && tally.gainsUsd.size === 0;
  if (isCertain) return { ratios, totalUsd, intervalUsd: [totalUsd, totalUsd] };

  const draws = createDraws(SEED);
  const normal = (): number => draws.normal();
  const missRuns = evidence.missRuns();
  const runsOf = (model: string): number =>
    targetOf(model)?.promptCache.kind === 'automatic' ? missRuns : 1;
  const chanceUsd = Math.sqrt(chanceVariance(tally, hits, runsOf));
  const totals = Float64Array.from({ length: DRAWS }, () => {
    const drawn = new Map([...hits].map(([model, ratio]) => [model, draws.beta(ratio.mean, ratio.weight)]));
    const draw = {
      lengths: lengths.draw(normal),
      tokenizers: tokenizers.draw(normal),
      hitRatio: (model: string) => drawn.get(model) ?? 0,
      failureShare,
    };
    return tally.totalUsd(draw) + chanceUsd * normal();
  }).toSorted();
  const at = (share: number): number => totals[Math.round(share * (DRAWS - 1))] ?? totalUsd;
  return {
    ratios,
    totalUsd,
    intervalUsd: [Math.max(0, Math.min(totalUsd, at(0.025))), Math.max(totalUsd, at(0.975))],
  };
}

function chanceVariance(
  tally: ReplayTally,
  hits: ReadonlyMap<string, HitRatio>,
  runsOf: (model: string) => number,
): number {
  let variance =
    ANSWER_SPREAD ** 2 * tally.outputSquares +
    CONVERSATION_ANSWER_SPREAD ** 2 * tally.clusterOutputSquares +
    CONVERSATION_PROMPT_SPREAD ** 2 * tally.clusterInputSquares;
  for (const [model, squares] of tally.gainSquares) {
    const ratio = hits.get(model)?.mean ?? 0;
    variance += runsOf(model) * ratio * (1 - ratio) * squares;
  }
  return variance;
}
