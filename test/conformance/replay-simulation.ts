// A world in which both histories can be lived: the one that is stored, and the one under another policy, which a replay
// has to guess. Models have true lengths of answers, tokenizers and caches that nobody but the world knows.

import { costUsd as billOf } from '../../daemon/catalog/cost.ts';
import { createExpectedCost } from '../../daemon/catalog/expected-cost-memo.ts';
import type { ModelTarget } from '../../daemon/catalog/model-target.ts';
import type { HistoryStep } from '../../daemon/ledger/replay-history.ts';
import type { DecisionInput } from '../../daemon/protocol/exchange-record.ts';
import type { Complexity, DecisionPoint, Profile, TokenUsage } from '../../daemon/protocol/vocabulary.ts';
import { createCheapestCapablePolicy } from '../../daemon/route/cheapest-capable-policy.ts';
import type { RoutingTable } from '../../daemon/route/policy.ts';
import { thresholdsFrom } from '../../daemon/route/thresholds.ts';

export const POLICY = createCheapestCapablePolicy({ expectedCostUsd: createExpectedCost() });

/** Uniform 0..1, and a standard normal number. */
export interface Dice {
  readonly uniform: () => number;
  readonly normal: () => number;
}

export function createDice(seed: number): Dice {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** What is drawn anew for each run. Logarithmic where not said otherwise. */
export interface Truths {
  readonly length: number;
  readonly tokenizer: number;
  /** 0..1. */
  readonly hitRatio: number;
  /** 0..1, how likely a miss follows a miss beyond its share. */
  readonly missesInRuns: number;
}

export interface WorldRules {
  readonly name: string;
  readonly truthsOf: (dice: Dice, target: ModelTarget) => Truths;
  /** Of one answer. */
  readonly answerNoise: (dice: Dice) => number;
  /** Of all answers of one model in one conversation. */
  readonly conversationSpread: number;
  /** Share of tasks that the stored history gave to a random model. */
  readonly exploration: number;
  /** How much longer the answers to the hardest asks are, within a grade as well. */
  readonly lengthByDifficulty: number;
  /** Whether long answers make the prompts after them longer. */
  readonly answersGrowPrompts: boolean;
  /** Share of answers that come after a failed attempt that is paid for. */
  readonly failures: number;
  readonly from: Profile;
  readonly to: Profile;
}

interface Ask {
  readonly point: DecisionPoint;
  readonly difficulty: number;
  readonly addedTokens: number;
  readonly pauseMs: number;
  /** Logarithmic, of the answer to this ask on a usual model. */
  readonly length: number;
}

const START_MS = Date.UTC(2026, 9, 5, 8);
const WORK_TOKENS = 450;

type Row = readonly [
  id: string,
  provider: string,
  tier: Complexity,
  input: number,
  output: number,
  read: number,
  write: number,
  kind: 'explicit' | 'automatic',
  ttlS: number,
  tokenizerFactor: number,
];

const ROWS: readonly Row[] = [
  ['opus', 'a', 'complex', 4, 20, 0.2, 5, 'explicit', 300, 1.35],
  ['sonnet', 'a', 'moderate', 2, 10, 0.1, 2.5, 'explicit', 300, 1.35],
  ['glm', 'z', 'moderate', 1.4, 4.4, 0.26, 1.4, 'automatic', 600, 1.1],
  ['pro', 'd', 'moderate', 0.66, 1.98, 0.022, 0.66, 'automatic', 3600, 1.05],
  ['flash', 'd', 'simple', 0.15, 0.6, 0.003, 0.15, 'automatic', 3600, 1.05],
  ['haiku', 'a', 'simple', 0.1, 0.5, 0.01, 0.125, 'explicit', 300, 1.35],
];

function targetOf([id, provider, tier, input, output, read, write, kind, ttlS, factor]: Row): ModelTarget {
  return {
    id,
    provider,
    dialect: 'openai-chat',
    upstreamModel: id,
    tier,
    contextTokens: 400_000,
    maxOutputTokens: 32_000,
    supports: ['tools', 'json', 'reasoning'],
    speedTokensPerSec: null,
    price: {
      inputUsdPerMtok: input,
      outputUsdPerMtok: output,
      cacheReadUsdPerMtok: read,
      cacheWriteUsdPerMtok: write,
      cacheWrite1hUsdPerMtok: write,
      source: 'test',
      asOf: '2026-11-21',
    },
    billing: 'metered',
    promptCache: { kind, minTokens: 1024, ttlS },
    tokenizerFactor: factor,
    fallback: [],
    usable: true,
    unusableWhy: null,
  };
}

const TARGETS = ROWS.map(targetOf);

export function tableFor(profile: Profile): RoutingTable {
  return {
    hash: `simulated-${profile}`,
    targets: TARGETS,
    profiles: { budget: {}, balanced: {}, quality: {} },
    thresholds: thresholdsFrom(0.75),
    profile,
    baseline: 'opus',
    bareModelNames: 'ceiling',
    maxAttempts: 3,
    exactFallback: false,
    maxTurnsBeforeUpgrade: 10,
    adjustsEffort: false,
  };
}

/** What people ask, whoever answers. */
function asksOf(dice: Dice): readonly (readonly Ask[])[] {
  const conversations = 10 + Math.floor(dice.uniform() * 8);
  return Array.from({ length: conversations }, () => {
    const tasks = 1 + Math.floor(dice.uniform() * 3);
    return Array.from({ length: tasks }, (_, task) => {
      const steps = 3 + Math.floor(dice.uniform() * 12);
      const difficulty = dice.uniform();
      const isLongPause = task > 0 && dice.uniform() < 0.3;
      return Array.from({ length: steps }, (__, step): Ask => {
        const begins: DecisionPoint = task === 0 ? 'new-conversation' : 'new-task';
        const pauseMs = step > 0 ? 15_000 : isLongPause ? 900_000 : 90_000;
        return {
          point: step > 0 ? 'continuation' : begins,
          difficulty,
          addedTokens:
            task === 0 && step === 0 ? 8000 + dice.uniform() * 12_000 : 1500 * Math.exp(0.5 * dice.normal()),
          pauseMs: pauseMs * (0.5 + dice.uniform()),
          length: 0.5 * dice.normal(),
        };
      });
    }).flat();
  });
}

interface WarmPrompt {
  readonly tokens: number;
  readonly untilMs: number;
}

/** One life of one conversation: who answers, what is warm, what is billed. */
class Life {
  readonly steps: HistoryStep[] = [];
  billedUsd = 0;
  readonly #rules: WorldRules;
  readonly #seed: number;
  readonly #truths: ReadonlyMap<string, Truths>;
  readonly #table: RoutingTable;
  readonly #id: string;
  readonly #warm = new Map<string, WarmPrompt>();
  readonly #habits = new Map<string, number>();
  readonly #missed = new Set<string>();
  #model: string | null = null;
  #tokens = 0;
  #atMs: number;

  constructor(
    given: { rules: WorldRules; seed: number; truths: ReadonlyMap<string, Truths>; table: RoutingTable },
    index: number,
  ) {
    this.#rules = given.rules;
    this.#seed = given.seed * 1000 + index;
    this.#truths = given.truths;
    this.#table = given.table;
    this.#id = `c_${index}`;
    this.#atMs = START_MS + index * 7_200_000;
  }

  ask(ask: Ask, explores: boolean): void {
    this.#atMs += ask.pauseMs;
    this.#tokens += ask.addedTokens;
    const input = this.#inputOf(ask);
    const planned = this.#chosen(input, explores);
    const chance = this.#chanceOf(planned.id, this.steps.length);
    const usage = this.#answer(planned, ask, chance);
    const price = planned.price ?? assertNever('a model without a price');
    const answerUsd = billOf(usage, price, this.#atMs);
    const failedUsd = chance.uniform() < this.#rules.failures ? answerUsd * chance.uniform() : 0;
    const costUsd = answerUsd + failedUsd;
    this.#warm.set(planned.id, {
      tokens: this.#tokens,
      untilMs: this.#atMs + planned.promptCache.ttlS * 1000,
    });
    this.#model = planned.id;
    this.billedUsd += costUsd;
    this.steps.push({
      conversationId: this.#id,
      input,
      plannedModel: planned.id,
      servedModel: planned.id,
      usage,
      costUsd,
      failedAttemptsCostUsd: failedUsd,
      baselineCostUsd: costUsd * 2,
      baselineModel: 'opus',
    });
    if (this.#rules.answersGrowPrompts) this.#tokens += usage.outputTokens / planned.tokenizerFactor;
  }

  /** The same model has the same luck with the same ask in both lives. */
  #chanceOf(model: string, step: number): Dice {
    const place = TARGETS.findIndex(({ id }) => id === model) + 1;
    return createDice(((this.#seed * 1009 + step) * 31 + place) | 0);
  }

  #chosen(input: DecisionInput, explores: boolean): ModelTarget {
    if (explores && input.decisionPoint !== 'continuation') {
      const dice = createDice(this.#seed * 77 + this.steps.length);
      return TARGETS[Math.floor(dice.uniform() * TARGETS.length)] ?? assertNever('no model');
    }
    return POLICY.plan(input, this.#table).targets[0] ?? assertNever('nobody can answer');
  }

  #answer(target: ModelTarget, ask: Ask, chance: Dice): TokenUsage {
    const truth = this.#truths.get(target.id) ?? assertNever('a model without truths');
    const inputTokens = this.#tokens * target.tokenizerFactor * Math.exp(truth.tokenizer);
    const warm = this.#warm.get(target.id);
    const isAlive = warm !== undefined && warm.untilMs > this.#atMs;
    const hits = this.#hits(target.id, truth, chance);
    const readTokens = isAlive && hits ? (inputTokens * warm.tokens) / this.#tokens : 0;
    const length =
      ask.length +
      this.#rules.lengthByDifficulty * (ask.difficulty - 0.5) +
      truth.length +
      truth.tokenizer +
      this.#habit(target.id) +
      this.#rules.answerNoise(chance);
    return {
      inputTokens,
      cacheReadInputTokens: readTokens,
      cacheCreationInputTokens: inputTokens - readTokens,
      outputTokens: Math.max(1, WORK_TOKENS * target.tokenizerFactor * Math.exp(length)),
      reasoningOutputTokens: 0,
    };
  }

  #hits(model: string, { hitRatio, missesInRuns }: Truths, chance: Dice): boolean {
    const misses = 1 - hitRatio;
    const isRunning = this.#missed.has(model) && chance.uniform() < missesInRuns;
    const hits = !isRunning && chance.uniform() >= misses * (1 - missesInRuns * 0.5);
    if (hits) this.#missed.delete(model);
    else this.#missed.add(model);
    return hits;
  }

  #habit(model: string): number {
    const known =
      this.#habits.get(model) ?? this.#rules.conversationSpread * this.#chanceOf(model, -1).normal();
    this.#habits.set(model, known);
    return known;
  }

  #inputOf({ point, difficulty }: Ask): DecisionInput {
    const complexity: Complexity = difficulty < 0.4 ? 'simple' : difficulty < 0.75 ? 'moderate' : 'complex';
    const warm = [...this.#warm].filter(([, { untilMs }]) => untilMs > this.#atMs);
    return {
      requestModel: 'auto',
      classification: {
        taskType: 'code',
        complexity,
        confidence: 0.8,
        needsStronger: difficulty,
        needsStrongest: difficulty * difficulty * 0.7,
        classifierName: 'simulated',
        signals: [],
      },
      decisionPoint: point,
      needs: ['tools'],
      inputTokens: this.#tokens,
      maxOutputTokens: 32_000,
      expectedOutputTokens: 500,
      controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
      standingOverride: null,
      affinityModel: this.#model,
      affinityEffort: null,
      requestedEffort: null,
      evidence: { cohort: 'code', tiers: {}, models: {} },
      escalation: null,
      unavailable: [],
      economics: {
        expectedSteps: point === 'continuation' ? 5 : 9,
        stepInputTokens: 1700,
        stepOutputTokens: 450,
        warmTokens: Object.fromEntries(warm.map(([model, { tokens }]) => [model, tokens])),
        cacheHitRatios: {},
        switchBooks: null,
      },
      atMs: this.#atMs,
    };
  }
}

export interface LivedHistories {
  /** Of the stored history, in the order of time. */
  readonly steps: readonly HistoryStep[];
  readonly storedUsd: number;
  /** What the other policy really bills. */
  readonly otherUsd: number;
}

/** The same asks lived twice. */
export function liveTwice(rules: WorldRules, seed: number): LivedHistories {
  const dice = createDice(seed);
  const truths = new Map(TARGETS.map((target) => [target.id, rules.truthsOf(dice, target)]));
  const asks = asksOf(dice);
  const live = (profile: Profile, exploration: number) =>
    asks.map((conversation, index) => {
      const life = new Life({ rules, seed, truths, table: tableFor(profile) }, index);
      for (const ask of conversation) life.ask(ask, dice.uniform() < exploration);
      return life;
    });
  const stored = live(rules.from, rules.exploration);
  const other = live(rules.to, 0);
  return {
    steps: stored.flatMap(({ steps }) => steps),
    storedUsd: stored.reduce((sum, { billedUsd }) => sum + billedUsd, 0),
    otherUsd: other.reduce((sum, { billedUsd }) => sum + billedUsd, 0),
  };
}

function assertNever(what: string): never {
  throw new Error(`the simulated world has ${what}`);
}
