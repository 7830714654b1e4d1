// Conversations in a made-up world of models, prices and caches, routed by the real policy and billed by rules of their
// own: sizes that the router has wrong by some percent, caches that miss, tasks that fail, pauses of any length.

import { costUsd } from '../../../daemon/catalog/cost.ts';
import { expectedCostUsd } from '../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget, Pricing } from '../../../daemon/catalog/model-target.ts';
import { PromptCacheReplay, type PromptPrefix } from '../../../daemon/catalog/prompt-cache-replay.ts';
import { needsOfGrade } from '../../../daemon/classify/grade.ts';
import type { DecisionInput, EconomicsInput } from '../../../daemon/protocol/exchange-record.ts';
import type { DecisionPoint } from '../../../daemon/protocol/vocabulary.ts';
import { CacheHits } from '../../../daemon/route/cache-hits.ts';
import { createCheapestCapablePolicy } from '../../../daemon/route/cheapest-capable-policy.ts';
import type { RoutingTable } from '../../../daemon/route/policy.ts';
import { SwitchBooksStore } from '../../../daemon/route/switch-books.ts';
import {
  input as decisionInput,
  table as routingTable,
  target,
} from '../../unit/daemon/route/route-fixtures.ts';

export type Random = () => number;

/** What a model does that the router is not told. */
interface Nature {
  /** True tokens per token that the router reckons with. */
  readonly tokenError: number;
  readonly verbosity: number;
  /** Probability that a warm prefix is read; the rest are misses of the whole prefix. */
  readonly hitRatio: number;
}

export interface World {
  readonly table: RoutingTable;
  readonly natures: ReadonlyMap<string, Nature>;
  readonly ratio: number;
  /** Share by which sizes may be estimated wrongly. */
  readonly estimateError: number;
}

export interface ConversationReport {
  readonly requests: number;
  readonly switches: number;
  /** Greatest bill over what staying would have been billed, at any time since the baseline first answered. */
  readonly worstRatio: number;
  readonly actualUsd: number;
  readonly stayUsd: number;
}

const policy = createCheapestCapablePolicy({ expectedCostUsd });
const START_MS = Date.UTC(2026, 10, 21, 8);

/** Log-uniform. */
function between(random: Random, low: number, high: number): number {
  return low * (high / low) ** random();
}

function pricingOf(random: Random, scale: number): Pricing {
  const input = between(random, 0.05, 1) * scale;
  const isWriteBilled = random() < 0.5;
  const read = input * between(random, 0.02, 0.5);
  const longContext =
    random() < 0.2
      ? {
          aboveTokens: Math.round(between(random, 20_000, 200_000)),
          inputUsdPerMtok: input * 2,
          outputUsdPerMtok: input * 8,
          cacheReadUsdPerMtok: read * 2,
        }
      : undefined;
  const peak =
    random() < 0.2
      ? { multiplier: 2, hoursUtc: [[9, 12]] as const, weekdays: [0, 1, 2, 3, 4, 5, 6] }
      : undefined;
  return {
    inputUsdPerMtok: input,
    outputUsdPerMtok: input * between(random, 2, 8),
    cacheReadUsdPerMtok: read,
    cacheWriteUsdPerMtok: isWriteBilled ? input * 1.25 : input,
    cacheWrite1hUsdPerMtok: isWriteBilled ? input * 2 : input,
    ...(longContext === undefined ? {} : { longContext }),
    ...(peak === undefined ? {} : { peak }),
    source: 'simulated',
    asOf: '2026-11-21',
  };
}

const TIERS = ['simple', 'moderate', 'complex'] as const;

export function randomWorld(random: Random, ratio = 0.05, estimateError = 0.08): World {
  const count = 2 + Math.floor(random() * 5);
  const natures = new Map<string, Nature>();
  const targets = Array.from({ length: count }, (_, index): ModelTarget => {
    const tier = index === 0 ? 'complex' : (TIERS[Math.floor(random() * 3)] ?? 'simple');
    const scale = tier === 'complex' ? 8 : tier === 'moderate' ? 4 : 1;
    const isExplicit = random() < 0.5;
    const id = `model-${index}`;
    natures.set(id, {
      tokenError: 1 + (random() - 0.5) * 0.06,
      verbosity: between(random, 0.8, 1.6),
      hitRatio: isExplicit ? 1 : between(random, 0.6, 1),
    });
    return target(id, {
      tier,
      provider: `vendor-${index}`,
      price: pricingOf(random, scale),
      contextTokens: 2_000_000,
      promptCache: {
        kind: isExplicit ? 'explicit' : 'automatic',
        minTokens: random() < 0.3 ? 4096 : 1024,
        ttlS: [300, 600, 3600, 14_400][Math.floor(random() * 4)] ?? 300,
      },
      tokenizerFactor: between(random, 0.9, 1.4),
    });
  });
  const table = routingTable({ targets, baseline: 'model-0', maxSwitchSpendRatio: ratio });
  return { table, natures, ratio, estimateError };
}

interface Billed {
  readonly usd: number;
  readonly isHit: boolean;
  readonly believedWarm: number;
  readonly inputTokens: number;
  readonly answerTokens: number;
}

interface Sizes {
  readonly messages: number[];
  tokens: number;
}

export function runConversation(world: World, random: Random, maxRequests = 60): ConversationReport {
  return new SimulatedConversation(world, random).run(maxRequests);
}

class SimulatedConversation {
  readonly #world: World;
  readonly #random: Random;
  readonly #real = new PromptCacheReplay();
  /** What the router believes to be warm. */
  readonly #believed = new PromptCacheReplay();
  readonly #stay = new PromptCacheReplay();
  readonly #hits = new CacheHits();
  readonly #books = new SwitchBooksStore();
  readonly #sizes: Sizes = { messages: [], tokens: 0 };
  #epoch = 0;
  #atMs = START_MS;
  #model: string | null = null;
  #actualUsd = 0;
  #stayUsd = 0;
  #hasBegun = false;
  #worst = 0;
  #switches = 0;
  #grade: (typeof TIERS)[number] = 'simple';

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  run(maxRequests: number): ConversationReport {
    const random = this.#random;
    const requests = 1 + Math.floor(random() * maxRequests);
    this.#grow(between(random, 500, 30_000));
    let stepsLeft = 0;
    for (let request = 0; request < requests; request++) {
      const isNew = stepsLeft <= 0;
      let point: DecisionPoint = request === 0 ? 'new-conversation' : isNew ? 'new-task' : 'continuation';
      if (isNew) {
        this.#atMs += between(random, 2, 20_000) * 1000;
        this.#grade = TIERS[Math.floor(random() * 3)] ?? 'simple';
        stepsLeft = Math.ceil(between(random, 1, 40));
        if (request > 0 && random() < 0.1) {
          point = 'compaction';
          this.#compact();
        }
      } else this.#atMs += between(random, 1, 60) * 1000;
      this.#grow(between(random, 50, random() < 0.1 ? 60_000 : 5000));
      this.#request(point, !isNew && random() < 0.05);
      stepsLeft -= 1;
    }
    return {
      requests,
      switches: this.#switches,
      worstRatio: this.#worst,
      actualUsd: this.#actualUsd,
      stayUsd: this.#stayUsd,
    };
  }

  #request(point: DecisionPoint, goesBadly: boolean): void {
    const { table, estimateError } = this.#world;
    const random = this.#random;
    const believedTokens = this.#sizes.tokens * (1 + (random() - 0.5) * 2 * estimateError);
    const plan = policy.plan(this.#input(point, believedTokens, goesBadly), table);
    const served = plan.targets[0];
    const baseline = table.targets[0];
    if (served === undefined || baseline === undefined) throw new Error('nobody can answer');
    if (this.#model !== null && this.#model !== served.id) this.#switches += 1;
    this.#model = served.id;
    const outputTokens = between(random, 20, 4000);
    const isStaying = served.id === baseline.id;
    const stayWarm = this.#stayWarm();
    const billed = this.#bill(served, outputTokens);
    const stayUsd = this.#stayBill(baseline, outputTokens, isStaying ? billed.isHit : this.#isHit(baseline));
    this.#compare(isStaying, billed.usd, stayUsd);
    this.#books.note('c', {
      baselineModel: baseline.id,
      servedModel: served.id,
      costUsd: billed.usd,
      stayCostUsd: this.#believedStayUsd(baseline, served, billed, stayWarm),
    });
    this.#grow(outputTokens);
  }

  #input(point: DecisionPoint, inputTokens: number, goesBadly: boolean): DecisionInput {
    const { table } = this.#world;
    const bill = this.#books.get('c');
    const scale = inputTokens / this.#sizes.tokens;
    const warmTokens: Record<string, number> = {};
    for (const { id, promptCache } of table.targets) {
      const warm = this.#believed.warmTokens(id, promptCache, this.#prefixes(1), this.#atMs);
      if (warm > 0) warmTokens[id] = warm * scale;
    }
    const economics: EconomicsInput = {
      expectedSteps: point === 'continuation' ? 1 : 12,
      stepInputTokens: 1700,
      stepOutputTokens: 400,
      warmTokens,
      cacheHitRatios: this.#hits.ratios(table.targets),
      outputRatios: Object.fromEntries(
        [...this.#world.natures].map(([id, { verbosity }]) => [id, verbosity]),
      ),
      switchBooks: bill === null ? null : { ...bill, stayWarmTokens: this.#stayWarm() * scale },
    };
    const from = this.#model;
    const needs = needsOfGrade(this.#grade, 0.8);
    const usual = decisionInput();
    return {
      ...usual,
      classification: { ...usual.classification, complexity: this.#grade, ...needs },
      decisionPoint: point,
      needs: [],
      inputTokens: Math.round(inputTokens),
      expectedOutputTokens: 500,
      maxOutputTokens: 4000,
      affinityModel: from,
      escalation: goesBadly && from !== null ? { fromModel: from, why: 'the same error again' } : null,
      economics,
      atMs: this.#atMs,
    };
  }

  #bill(served: ModelTarget, outputTokens: number): Billed {
    const nature = this.#nature(served);
    const factor = served.tokenizerFactor * nature.tokenError;
    const prefixes = this.#prefixes(factor);
    const warm = this.#real.warmTokens(served.id, served.promptCache, prefixes, this.#atMs);
    const isHit = this.#isHit(served);
    const read = isHit ? warm : 0;
    const believedWarm = this.#believed.warmTokens(
      served.id,
      served.promptCache,
      this.#prefixes(1),
      this.#atMs,
    );
    this.#hits.note(served.id, warm, read);
    this.#real.remember(served.id, served.promptCache, prefixes, this.#atMs);
    this.#believed.remember(served.id, served.promptCache, this.#prefixes(1), this.#atMs);
    const answer = outputTokens * nature.verbosity * served.tokenizerFactor;
    const usd = this.#costUsd(served, this.#sizes.tokens * factor, read, answer);
    return { usd, isHit, believedWarm, inputTokens: this.#sizes.tokens * factor, answerTokens: answer };
  }

  /** The truth: had the baseline served everything, with the luck that it had where it did. */
  #stayBill(baseline: ModelTarget, outputTokens: number, isHit: boolean): number {
    const nature = this.#nature(baseline);
    const factor = baseline.tokenizerFactor * nature.tokenError;
    const warm = this.#stay.warmTokens(baseline.id, baseline.promptCache, this.#prefixes(factor), this.#atMs);
    this.#stay.remember(baseline.id, baseline.promptCache, this.#prefixes(factor), this.#atMs);
    const answer = outputTokens * nature.verbosity * baseline.tokenizerFactor;
    return this.#costUsd(baseline, this.#sizes.tokens * factor, isHit ? warm : 0, answer);
  }

  /** As the daemon's books reckon it, from what the answer reported. */
  #believedStayUsd(baseline: ModelTarget, served: ModelTarget, billed: Billed, stayWarm: number): number {
    const ratio = baseline.tokenizerFactor / served.tokenizerFactor;
    const inputTokens = billed.inputTokens * ratio;
    const perReference = inputTokens / this.#sizes.tokens;
    const warm = stayWarm * perReference;
    if (served !== baseline) {
      // That a model writes more than the baseline is measured, that it writes less is not believed.
      const wordiness = Math.min(1, this.#nature(baseline).verbosity / this.#nature(served).verbosity);
      const answer = billed.answerTokens * ratio * wordiness;
      const usd = this.#costUsd(baseline, inputTokens, warm, answer);
      // Just above the border of a long-context price the cheaper side of it is believed.
      const border = baseline.price?.longContext?.aboveTokens ?? Infinity;
      if (inputTokens <= border || inputTokens > border * 1.1) return usd;
      return Math.min(usd, this.#costUsd(baseline, border, warm * (border / inputTokens), answer));
    }
    const wasWarm = billed.believedWarm * perReference;
    const coldUsd = this.#costUsd(baseline, inputTokens, wasWarm, 0);
    return billed.usd - (coldUsd - this.#costUsd(baseline, inputTokens, warm, 0));
  }

  #nature({ id }: ModelTarget): Nature {
    return this.#world.natures.get(id) ?? { tokenError: 1, verbosity: 1, hitRatio: 1 };
  }

  #isHit(model: ModelTarget): boolean {
    return this.#random() < this.#nature(model).hitRatio;
  }

  #costUsd({ price }: ModelTarget, inputTokens: number, read: number, outputTokens: number): number {
    if (price === null) throw new Error('every model here has a price');
    const usage = {
      inputTokens,
      cacheReadInputTokens: read,
      cacheCreationInputTokens: inputTokens - read,
      outputTokens,
      reasoningOutputTokens: 0,
    };
    return costUsd(usage, price, this.#atMs);
  }

  #compare(isBaseline: boolean, actualUsd: number, stayUsd: number): void {
    if (!this.#hasBegun && !isBaseline) return;
    this.#actualUsd += actualUsd;
    this.#stayUsd += this.#hasBegun ? stayUsd : actualUsd;
    this.#hasBegun = true;
    this.#worst = Math.max(this.#worst, this.#actualUsd / this.#stayUsd);
  }

  #stayWarm(): number {
    const baseline = this.#world.table.targets[0];
    if (baseline === undefined) return 0;
    return this.#stay.warmTokens(baseline.id, baseline.promptCache, this.#prefixes(1), this.#atMs);
  }

  #prefixes(factor: number): readonly PromptPrefix[] {
    let tokens = 0;
    return this.#sizes.messages.map((size, index) => {
      tokens += size;
      return { hash: `${this.#epoch}-${index}`, tokens: tokens * factor };
    });
  }

  #grow(tokens: number): void {
    this.#sizes.messages.push(tokens);
    this.#sizes.tokens += tokens;
  }

  #compact(): void {
    this.#epoch += 1;
    this.#sizes.messages.splice(0, this.#sizes.messages.length, between(this.#random, 3000, 20_000));
    this.#sizes.tokens = this.#sizes.messages[0] ?? 0;
  }
}
