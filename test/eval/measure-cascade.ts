// Cheap first, checked, escalated: what it costs and how good it is on measured outcomes. The check is right 90 % of the
// time in both directions, and every chance is averaged exactly. Both calls are paid. Cuts are chosen on the other folds.

import { FOLDS } from './measure-outcomes.ts';
import { meanOf } from './scorer.ts';
import type { Pair, Scorer } from './scorer.ts';
import { foldOf } from './training/outcome-rows.ts';
import type { OutcomeRow } from './training/outcome-rows.ts';

const CHECK_RIGHT = 0.9;
/** A cheap model that passes less often than this saves nothing (routing research, finding 5). */
const LEAST_WEAK_QUALITY = 0.4;
/** Quality that cuts must have had on the other folds, of the strong model's. */
const ENOUGH = 0.99;
/** Cuts that are tried: this many quantiles of the scores. */
const STEPS = 20;

/** Above `direct` the strong model is asked at once; up to `keep` a cheap answer is kept although the check doubts it. */
interface Cuts {
  readonly direct: number;
  readonly keep: number;
}

interface Item {
  readonly fold: number;
  readonly strong: number;
  readonly weak: number;
  readonly score: number;
}

interface Result {
  /** Of the strong model's, 1 = the same. */
  readonly quality: number;
  readonly cost: number;
}

export function cascadeReport(
  scorer: Scorer,
  rows: readonly OutcomeRow[],
  scores: readonly number[],
): readonly string[] {
  const lines: string[] = [
    `${''.padEnd(35)}every doubt escalated   only where a stronger model pays`,
    `${'pair'.padEnd(35)}  quality     cost       quality     cost`,
  ];
  const results: { readonly plain: Result; readonly choosy: Result }[] = [];
  for (const pair of scorer.pairs) {
    const items = scorer.itemsOf(pair).map(({ index, strong, weak }): Item => {
      const row = rows[index];
      return { fold: row === undefined ? 0 : foldOf(row, FOLDS), strong, weak, score: scores[index] ?? 0 };
    });
    const weakQuality = meanOf(items.map(({ weak }) => weak));
    if (weakQuality < LEAST_WEAK_QUALITY) {
      lines.push(`${pair.name.padEnd(35)} left out: the cheap model passes ${percent(weakQuality)}`);
      continue;
    }
    const result = {
      plain: crossValidated(items, pair, false),
      choosy: crossValidated(items, pair, true),
    };
    results.push(result);
    lines.push(`${pair.name.padEnd(35)} ${said(result.plain)}     ${said(result.choosy)}`);
  }
  const plain = results.map((result) => result.plain);
  const choosy = results.map((result) => result.choosy);
  lines.push(`${'mean'.padEnd(35)} ${said(meanResult(plain))}     ${said(meanResult(choosy))}`);
  lines.push(
    `pairs with quality >= 98 % at cost <= 65 %: ${reached(plain)} and ${reached(choosy)} of ${results.length}`,
  );
  return lines;
}

function meanResult(results: readonly Result[]): Result {
  return {
    quality: meanOf(results.map(({ quality }) => quality)),
    cost: meanOf(results.map(({ cost }) => cost)),
  };
}

function reached(results: readonly Result[]): number {
  return results.filter(({ quality, cost }) => quality >= 0.98 && cost <= 0.65).length;
}

function crossValidated(items: readonly Item[], pair: Pair, isChoosy: boolean): Result {
  const played = Array.from({ length: FOLDS }, (_, fold) => {
    const others = items.filter((item) => item.fold !== fold);
    const cuts = chooseCuts(others, pair, isChoosy);
    return items.filter((item) => item.fold === fold).map((item) => play(item, cuts, pair));
  }).flat();
  return relative(played, items, pair);
}

function relative(paid: readonly Result[], items: readonly Item[], pair: Pair): Result {
  const { quality, cost } = meanResult(paid);
  return { quality: quality / meanOf(items.map(({ strong }) => strong)), cost: cost / pair.strongCost };
}

/** The cheapest cuts that are good enough; where none are, the best ones. */
function chooseCuts(items: readonly Item[], pair: Pair, isChoosy: boolean): Cuts {
  const scores = items.map(({ score }) => score).toSorted((left, right) => left - right);
  const quantiles = Array.from(
    { length: STEPS },
    (_, step) => scores[Math.floor((step * scores.length) / STEPS)] ?? 0,
  );
  const tried = [...quantiles, 1].flatMap((direct) =>
    [-1, ...(isChoosy ? quantiles : [])]
      .filter((keep) => keep < direct)
      .map((keep) => {
        const cuts = { direct, keep };
        const paid = items.map((item) => play(item, cuts, pair));
        return { cuts, ...relative(paid, items, pair) };
      }),
  );
  const good = tried.filter(({ quality }) => quality >= ENOUGH).toSorted((a, b) => a.cost - b.cost);
  const best = tried.toSorted((a, b) => b.quality - a.quality);
  return (good[0] ?? best[0])?.cuts ?? { direct: 1, keep: -1 };
}

function play({ strong, weak, score }: Item, cuts: Cuts, pair: Pair): Result {
  if (score > cuts.direct) return { quality: strong, cost: pair.strongCost };
  if (score <= cuts.keep) return { quality: weak, cost: pair.weakCost };
  // An outcome between 0 and 1 is the share of tries that passed.
  const accepted = weak * CHECK_RIGHT + (1 - weak) * (1 - CHECK_RIGHT);
  return {
    quality: weak * CHECK_RIGHT + (1 - accepted) * strong,
    cost: pair.weakCost + (1 - accepted) * pair.strongCost,
  };
}

function said({ quality, cost }: Result): string {
  return `${percent(quality)} ${percent(cost)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(8);
}
