// Cheap first, checked, escalated: what it costs and how good it is on measured outcomes. The check is right 90 % of the
// time in both directions, and every chance is averaged exactly. Both calls are paid. The cut above which the strong model
// is asked at once is chosen on the other folds.

import { FOLDS } from './measure-outcomes.ts';
import { meanOf } from './scorer.ts';
import type { Pair, Scorer } from './scorer.ts';
import { foldOf } from './training/outcome-rows.ts';
import type { OutcomeRow } from './training/outcome-rows.ts';

const CHECK_RIGHT = 0.9;
/** A cheap model that passes less often than this saves nothing (routing research, finding 5). */
const LEAST_WEAK_QUALITY = 0.4;
/** Quality that a cut must have had on the other folds, of the strong model's. */
const ENOUGH = 0.99;
const CUTS: readonly number[] = Array.from({ length: 41 }, (_, index) => index / 40);

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
  const lines: string[] = ['pair                                 quality   cost   asked strong at once'];
  const results: Result[] = [];
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
    const { result, atOnce } = crossValidated(items, pair);
    results.push(result);
    lines.push(
      `${pair.name.padEnd(35)} ${percent(result.quality)} ${percent(result.cost)}   ${percent(atOnce)}`,
    );
  }
  const mean = { quality: meanOf(results.map((r) => r.quality)), cost: meanOf(results.map((r) => r.cost)) };
  const reached = results.filter(({ quality, cost }) => quality >= 0.98 && cost <= 0.65).length;
  lines.push(`${'mean'.padEnd(35)} ${percent(mean.quality)} ${percent(mean.cost)}`);
  lines.push(`quality >= 98 % at cost <= 65 %: ${reached} of ${results.length} pairs`);
  return lines;
}

function crossValidated(
  items: readonly Item[],
  pair: Pair,
): { readonly result: Result; readonly atOnce: number } {
  const played = Array.from({ length: FOLDS }, (_, fold) => {
    const cut = chooseCut(
      items.filter((item) => item.fold !== fold),
      pair,
    );
    return items.filter((item) => item.fold === fold).map((item) => ({ item, cut }));
  }).flat();
  const paid = played.map(({ item, cut }) => play(item, cut, pair));
  const strong = meanOf(items.map((item) => item.strong));
  return {
    result: {
      quality: meanOf(paid.map(({ quality }) => quality)) / strong,
      cost: meanOf(paid.map(({ cost }) => cost)) / pair.strongCost,
    },
    atOnce: meanOf(played.map(({ item, cut }) => (item.score > cut ? 1 : 0))),
  };
}

/** The cheapest cut that is good enough; where none is, the best one. */
function chooseCut(items: readonly Item[], pair: Pair): number {
  const strong = meanOf(items.map((item) => item.strong));
  const tried = CUTS.map((cut) => {
    const paid = items.map((item) => play(item, cut, pair));
    return {
      cut,
      quality: meanOf(paid.map(({ quality }) => quality)) / strong,
      cost: meanOf(paid.map(({ cost }) => cost)),
    };
  });
  const good = tried.filter(({ quality }) => quality >= ENOUGH).toSorted((a, b) => a.cost - b.cost);
  const best = tried.toSorted((a, b) => b.quality - a.quality);
  return (good[0] ?? best[0])?.cut ?? 1;
}

function play({ strong, weak, score }: Item, cut: number, pair: Pair): Result {
  if (score > cut) return { quality: strong, cost: pair.strongCost };
  // An outcome between 0 and 1 is the share of tries that passed.
  const accepted = weak * CHECK_RIGHT + (1 - weak) * (1 - CHECK_RIGHT);
  return {
    quality: weak * CHECK_RIGHT + (1 - accepted) * strong,
    cost: pair.weakCost + (1 - accepted) * pair.strongCost,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(8);
}
