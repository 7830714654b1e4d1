// The sums of a replayed history: what is as it was billed, and what moved between which models, kept in terms so that
// what is only learnt at the end (length of answers, hit ratios) can be put in at the end.

import { CompensatedSum } from './compensated-sum.ts';
import type { BillTerms } from './replay-bill.ts';

/** Requests that one model answered and another would have. */
export interface MovedSums {
  readonly from: string;
  readonly to: string;
  requests: number;
  storedUsd: number;
  /** The classifier's cost, which stays. */
  fixedUsd: number;
  inputUsd: number;
  hitGainUsd: number;
  outputUsd: number;
  /** The part of the prompts that consists of answers that moved as well: as long as those are. */
  grownUsd: number;
  /** The same of prompts that stay on their model, by model. */
  readonly grownElsewhereUsd: Map<string, number>;
}

/** What is learnt of models, as of a guess or a draw. */
export interface LearntRatios {
  /** Logarithmic, by model; absent = 0. */
  readonly lengths: ReadonlyMap<string, number>;
  readonly tokenizers: ReadonlyMap<string, number>;
  readonly hitRatio: (model: string) => number;
  /** Cost of failed attempts per USD of answers. */
  readonly failureShare: (model: string) => number;
}

export class ReplayTally {
  /** Of requests whose model stays. */
  readonly keptUsd = new CompensatedSum();
  readonly storedUsd = new CompensatedSum();
  readonly baselineUsd = new CompensatedSum();
  /** Cost of the requests that have no baseline. */
  readonly incomparableUsd = new CompensatedSum();
  /** Where the model stays and finds more of the prompt in its cache: gain by model. */
  readonly gainsUsd = new Map<string, number>();
  readonly #moved = new Map<string, Map<string, MovedSums>>();
  readonly #movedList: MovedSums[] = [];
  readonly #kept = new Map<string, { requests: number; costUsd: number }>();
  /** Variance of single requests and conversations, USD squared, per unit of variance of what it hangs on. */
  outputSquares = 0;
  clusterOutputSquares = 0;
  clusterInputSquares = 0;
  readonly gainSquares = new Map<string, number>();

  get moved(): readonly MovedSums[] {
    return this.#movedList;
  }

  get kept(): ReadonlyMap<string, { readonly requests: number; readonly costUsd: number }> {
    return this.#kept;
  }

  keep(model: string, costUsd: number): void {
    this.keptUsd.add(costUsd);
    const sums = this.#kept.get(model);
    if (sums === undefined) this.#kept.set(model, { requests: 1, costUsd });
    else {
      sums.requests += 1;
      sums.costUsd += costUsd;
    }
  }

  gain(model: string, hitGainUsd: number): void {
    this.gainsUsd.set(model, (this.gainsUsd.get(model) ?? 0) + hitGainUsd);
    this.#addGainSquare(model, hitGainUsd);
  }

  move(
    from: string,
    to: string,
    terms: BillTerms,
    money: { readonly storedUsd: number; readonly fixedUsd: number; readonly grownUsd: number },
  ): MovedSums {
    let byTarget = this.#moved.get(from);
    if (byTarget === undefined) this.#moved.set(from, (byTarget = new Map()));
    let sums = byTarget.get(to);
    if (sums === undefined) {
      sums = {
        from,
        to,
        requests: 0,
        storedUsd: 0,
        fixedUsd: 0,
        inputUsd: 0,
        hitGainUsd: 0,
        outputUsd: 0,
        grownUsd: 0,
        grownElsewhereUsd: new Map(),
      };
      byTarget.set(to, sums);
      this.#movedList.push(sums);
    }
    sums.requests += 1;
    sums.storedUsd += money.storedUsd;
    sums.fixedUsd += money.fixedUsd;
    sums.inputUsd += terms.inputUsd;
    sums.hitGainUsd += terms.hitGainUsd;
    sums.outputUsd += terms.outputUsd;
    sums.grownUsd += money.grownUsd;
    this.outputSquares += terms.outputUsd ** 2;
    this.#addGainSquare(to, terms.hitGainUsd);
    return sums;
  }

  /** USD of everything under `ratios`. */
  totalUsd(ratios: LearntRatios): number {
    let sum = this.keptUsd.value;
    for (const [model, gainUsd] of this.gainsUsd) sum -= ratios.hitRatio(model) * gainUsd;
    for (const moved of this.moved) {
      sum += movedUsd(moved, ratios);
      const growth = growthRatio(moved, ratios);
      for (const usd of moved.grownElsewhereUsd.values()) sum += growth * usd;
    }
    return sum;
  }

  #addGainSquare(model: string, gainUsd: number): void {
    this.gainSquares.set(model, (this.gainSquares.get(model) ?? 0) + gainUsd * gainUsd);
  }
}

export function movedUsd(
  moved: MovedSums,
  { lengths, tokenizers, hitRatio, failureShare }: LearntRatios,
): number {
  const { from, to } = moved;
  const ratio = (effects: ReadonlyMap<string, number>): number =>
    Math.exp((effects.get(to) ?? 0) - (effects.get(from) ?? 0));
  const promptUsd = ratio(tokenizers) * (moved.inputUsd - hitRatio(to) * moved.hitGainUsd);
  const length = ratio(lengths);
  const answersUsd = promptUsd + (length - 1) * moved.grownUsd + length * moved.outputUsd;
  return moved.fixedUsd + answersUsd * (1 + failureShare(to));
}

/** How much longer prompts get, per USD of them that consists of moved answers. */
export function growthRatio({ from, to }: MovedSums, { lengths }: LearntRatios): number {
  return Math.exp((lengths.get(to) ?? 0) - (lengths.get(from) ?? 0)) - 1;
}
