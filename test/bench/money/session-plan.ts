// What happens in one synthetic session of a coding assistant, decided before any model is asked: tasks of the user,
// steps of each, how hard they are, how much they add, and the dice that decide whether a model fails them.

import { createRandom, logNormal, pickWeighted, type LogNormal, type Random } from './random.ts';
import type { Tier } from './model-sets.ts';

/** 0 simple, 1 moderate, 2 complex. */
export type Difficulty = 0 | 1 | 2;

export const DIFFICULTIES: readonly Difficulty[] = [0, 1, 2];

export interface Assumptions {
  /** Reference tokens of system text and tools. */
  readonly baseTokens: number;
  readonly subAgentBaseTokens: number;
  readonly compactAtTokens: number;
  /** Size of a conversation behind its base once it was compacted, and what the model writes of it. */
  readonly summaryTokens: number;
  readonly summaryOutputTokens: number;
  readonly tasks: LogNormal;
  readonly steps: LogNormal;
  readonly growthTokens: LogNormal;
  readonly outputTokens: LogNormal;
  /** Between two asks of the user. */
  readonly thinkS: LogNormal;
  readonly stepS: number;
  /** Shares of simple, moderate and complex asks. */
  readonly difficulty: readonly number[];
  /** Shares of steps by difficulty, per difficulty of the task. */
  readonly stepMix: readonly (readonly number[])[];
  readonly backgroundCalls: number;
  readonly subAgentShare: number;
  readonly subAgentSteps: LogNormal;
  /** Probability that a model fails a step, by difficulty of the step. */
  readonly failure: Readonly<Record<Tier, readonly number[]>>;
  /** How often the naive router's label is off by one. */
  readonly labelNoise: number;
}

export const ASSUMPTIONS: Assumptions = {
  baseTokens: 18_000,
  subAgentBaseTokens: 11_000,
  compactAtTokens: 160_000,
  summaryTokens: 8000,
  summaryOutputTokens: 2500,
  tasks: [4, 0.8, 1, 20],
  steps: [12, 0.9, 1, 150],
  growthTokens: [800, 1, 80, 20_000],
  outputTokens: [260, 0.9, 20, 4000],
  thinkS: [130, 1.3, 5, 8 * 3600],
  stepS: 12,
  difficulty: [0.45, 0.35, 0.2],
  stepMix: [
    [0.9, 0.1, 0],
    [0.6, 0.35, 0.05],
    [0.45, 0.3, 0.25],
  ],
  backgroundCalls: 1.3,
  subAgentShare: 0.25,
  subAgentSteps: [8, 0.7, 2, 40],
  failure: { small: [0.01, 0.08, 0.35], mid: [0.004, 0.025, 0.15], strong: [0.002, 0.01, 0.05] },
  labelNoise: 0.15,
};

/** Few and short sessions that still have everything: for tests. */
export const QUICK_ASSUMPTIONS: Assumptions = {
  ...ASSUMPTIONS,
  baseTokens: 6000,
  subAgentBaseTokens: 4000,
  compactAtTokens: 30_000,
  summaryTokens: 3000,
  summaryOutputTokens: 600,
  tasks: [4, 0.5, 2, 8],
  steps: [8, 0.6, 2, 30],
  growthTokens: [500, 1, 80, 6000],
  subAgentSteps: [4, 0.5, 2, 10],
};

/** One thing about the world that may be otherwise. */
export const VARIATIONS: Readonly<Record<string, Partial<Assumptions>>> = {
  'harder-work': { difficulty: [0.2, 0.4, 0.4] },
  'easier-work': { difficulty: [0.65, 0.25, 0.1] },
  'short-tasks': { steps: [4, 0.9, 1, 120] },
  'long-tasks': { steps: [25, 0.9, 1, 200] },
  'slow-user': { thinkS: [480, 1.3, 5, 8 * 3600] },
  'small-contexts': { compactAtTokens: 60_000 },
  'large-contexts': { compactAtTokens: 400_000 },
  'small-base': { baseTokens: 7000, subAgentBaseTokens: 4000 },
  'weak-models': {
    failure: { small: [0.02, 0.16, 0.6], mid: [0.008, 0.05, 0.3], strong: [0.002, 0.01, 0.05] },
  },
};

export interface Noise {
  /** Below the noise level the label is off by one, up or down. */
  readonly draw: number;
  readonly isUp: boolean;
}

export interface PlannedStep {
  readonly difficulty: Difficulty;
  readonly growthTokens: number;
  readonly outputTokens: number;
  /** Per attempt: the step fails when this is below the model's failure rate. */
  readonly draws: readonly number[];
  readonly noise: Noise;
}

export interface PlannedSubAgent {
  readonly difficulty: Difficulty;
  readonly noise: Noise;
  readonly steps: readonly PlannedStep[];
}

export interface PlannedTask {
  readonly difficulty: Difficulty;
  readonly noise: Noise;
  readonly thinkS: number;
  readonly backgroundCalls: number;
  readonly subAgents: readonly PlannedSubAgent[];
  readonly steps: readonly PlannedStep[];
}

export interface SessionPlan {
  readonly index: number;
  /** For texts and habits, so that they do not change what happens. */
  readonly textSeed: number;
  readonly tasks: readonly PlannedTask[];
}

export const MAX_STEP_ATTEMPTS = 4;

export function planSession(assumptions: Assumptions, seed: number, index: number): SessionPlan {
  const random = createRandom(Math.imul(seed, 1_000_003) + 1000 + index);
  const count = Math.round(logNormal(random, assumptions.tasks));
  const tasks = Array.from({ length: count }, () => planTask(assumptions, random));
  return { index, textSeed: Math.imul(seed + 17, 7_919) + index, tasks };
}

export function noisyDifficulty(difficulty: Difficulty, { draw, isUp }: Noise, level: number): Difficulty {
  if (draw >= level) return difficulty;
  const shifted = Math.max(0, Math.min(2, difficulty + (isUp ? 1 : -1)));
  return shifted === 0 ? 0 : shifted === 1 ? 1 : 2;
}

function planTask(given: Assumptions, random: Random): PlannedTask {
  const difficulty = difficultyBy(random, given.difficulty);
  const thinkS = logNormal(random, given.thinkS);
  const noise = noiseOf(random);
  const steps = planSteps(given, random, difficulty, given.steps);
  const agentCount = random() < given.subAgentShare ? 1 + Math.floor(random() * 3) : 0;
  const subAgents = Array.from({ length: agentCount }, () => {
    const drawn = difficultyBy(random, [0.6, 0.35, 0.05]);
    const own = drawn < difficulty ? drawn : difficulty;
    return {
      difficulty: own,
      noise: noiseOf(random),
      steps: planSteps(given, random, own, given.subAgentSteps),
    };
  });
  return {
    difficulty,
    noise,
    thinkS,
    backgroundCalls: Math.floor(given.backgroundCalls + random()),
    subAgents,
    steps,
  };
}

function planSteps(
  given: Assumptions,
  random: Random,
  difficulty: Difficulty,
  length: LogNormal,
): PlannedStep[] {
  return Array.from({ length: Math.round(logNormal(random, length)) }, () => ({
    difficulty: difficultyBy(random, given.stepMix[difficulty] ?? []),
    growthTokens: logNormal(random, given.growthTokens),
    outputTokens: logNormal(random, given.outputTokens),
    draws: Array.from({ length: MAX_STEP_ATTEMPTS }, random),
    noise: noiseOf(random),
  }));
}

function noiseOf(random: Random): Noise {
  return { draw: random(), isUp: random() < 0.5 };
}

function difficultyBy(random: Random, weights: readonly number[]): Difficulty {
  return DIFFICULTIES[pickWeighted(random, weights)] ?? 0;
}
