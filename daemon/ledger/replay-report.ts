// The sums of a replayed history -> what is told of it.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ReplayEvidence } from './replay-evidence.ts';
import type { ReplayedConversation, ReplayedHistory, ReplayedMove, WhyAsStored } from './replay-history.ts';
import { estimate } from './replay-interval.ts';
import { growthRatio, movedUsd, type LearntRatios, type ReplayTally } from './replay-tally.ts';
import type { ConversationWorld } from './replay-world.ts';

/** What a person reads of the largest differences. */
const MAX_CONVERSATIONS = 10;

export interface ReplaySums {
  readonly requests: number;
  readonly moved: number;
  readonly tally: ReplayTally;
  readonly evidence: ReplayEvidence;
  readonly asStored: Readonly<Record<WhyAsStored, number>>;
  readonly worlds: ReadonlyMap<string, ConversationWorld>;
  readonly success: { readonly requests: number; readonly stored: number; readonly replayed: number };
  readonly targetOf: (model: string) => ModelTarget | undefined;
}

export function replayReport(sums: ReplaySums): ReplayedHistory {
  const { requests, moved, tally, asStored, success } = sums;
  const { ratios, totalUsd, intervalUsd } = estimate(tally, sums.evidence, sums.targetOf);
  const priced = requests - asStored.unpriced;
  const baselineCostUsd = tally.baselineUsd.value;
  return {
    requests,
    priced,
    costUsd: totalUsd,
    baselineCostUsd,
    savedUsd: baselineCostUsd - (totalUsd - tally.incomparableUsd.value),
    storedCostUsd: tally.storedUsd.value,
    intervalUsd,
    moved,
    models: modelsOf(tally, ratios),
    replayed: priced - asStored['not-decided'] - asStored['no-usage'],
    asStored: { ...asStored },
    moves: movesOf(tally, ratios),
    conversations: conversationsOf(sums.worlds),
    expectedSuccess:
      success.requests === 0
        ? null
        : { stored: success.stored / success.requests, replayed: success.replayed / success.requests },
  };
}

function modelsOf(tally: ReplayTally, ratios: LearntRatios): ReplayedHistory['models'] {
  const sums = new Map<string, { requests: number; costUsd: number }>();
  const add = (model: string, requests: number, costUsd: number): void => {
    const known = sums.get(model) ?? { requests: 0, costUsd: 0 };
    sums.set(model, { requests: known.requests + requests, costUsd: known.costUsd + costUsd });
  };
  for (const [model, { requests, costUsd }] of tally.kept) add(model, requests, costUsd);
  for (const [model, gainUsd] of tally.gainsUsd) add(model, 0, -ratios.hitRatio(model) * gainUsd);
  for (const sum of tally.moved) {
    add(sum.to, sum.requests, movedUsd(sum, ratios));
    const growth = growthRatio(sum, ratios);
    for (const [model, usd] of sum.grownElsewhereUsd) add(model, 0, growth * usd);
  }
  return [...sums].map(([model, sum]) => ({ model, ...sum })).toSorted((a, b) => b.costUsd - a.costUsd);
}

function movesOf(tally: ReplayTally, ratios: LearntRatios): readonly ReplayedMove[] {
  const change = (move: ReplayedMove): number => Math.abs(move.replayedUsd - move.storedUsd);
  return tally.moved
    .map((sum) => ({
      from: sum.from,
      to: sum.to,
      requests: sum.requests,
      storedUsd: sum.storedUsd,
      replayedUsd: movedUsd(sum, ratios),
    }))
    .toSorted((a, b) => change(b) - change(a));
}

function conversationsOf(worlds: ReadonlyMap<string, ConversationWorld>): readonly ReplayedConversation[] {
  const changeOf = ({ storedUsd, replayedUsd }: ConversationWorld): number =>
    Math.abs(replayedUsd - storedUsd);
  const largest: [string, ConversationWorld][] = [];
  for (const entry of worlds) {
    if (entry[0] === '' || changeOf(entry[1]) === 0) continue;
    if (
      largest.length === MAX_CONVERSATIONS &&
      changeOf(entry[1]) <= changeOf(largest.at(-1)?.[1] ?? entry[1])
    ) {
      continue;
    }
    largest.push(entry);
    largest.sort(([, a], [, b]) => changeOf(b) - changeOf(a));
    if (largest.length > MAX_CONVERSATIONS) largest.pop();
  }
  return largest.map(([conversationId, { requests, storedUsd, replayedUsd }]) => ({
    conversationId,
    requests,
    storedUsd,
    replayedUsd,
  }));
}
