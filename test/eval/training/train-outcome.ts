// Learns the weights of the outcome head from rows of measured outcomes. The same code trains what is shipped and what
// the eval cross-validates, so that the figures are about this and nothing else. No randomness anywhere.

import { DENSE_NAMES, askTextFeatures, wordsRead } from '../../../daemon/classify/ask-text-features.ts';
import type { AskTextFeatures } from '../../../daemon/classify/ask-text-features.ts';
import type { OutcomeWeights } from '../../../daemon/classify/outcome-head.ts';
import { encodeLinearHead } from './linear-head-file.ts';
import type { TrainedOutput } from './linear-head-file.ts';
import { OUTCOME_SETS, readAsks } from './outcome-rows.ts';
import type { OutcomeRow } from './outcome-rows.ts';
import { buildTable, fitRidge, predictRows } from './ridge.ts';
import type { Table } from './ridge.ts';

const GAIN_BITS = 17;
const KIND_BITS = 15;

interface Plan {
  readonly hashBits: number;
  readonly minRows: number;
  readonly denseScale: number;
  readonly penalty: number;
  readonly iterations: number;
}

const GAIN_PLAN: Plan = { hashBits: GAIN_BITS, minRows: 2, denseScale: 0.3, penalty: 20, iterations: 60 };
/** Knowledge alone, for which the shape of a question says little. */
const KNOWLEDGE_PLAN: Plan = { ...GAIN_PLAN, denseScale: 0.05 };
const KNOWLEDGE_SET = 'routellm-mmlu';
const KIND_PLAN: Plan = { hashBits: KIND_BITS, minRows: 2, denseScale: 0.5, penalty: 5, iterations: 60 };
const PROBLEM_PLAN: Plan = { ...KIND_PLAN, penalty: 3 };

/** Share of models that fail, as a rater's grade says it. */
const GRADE_DIFFICULTY: Readonly<Record<string, number>> = { easy: 0.2, medium: 0.5, hard: 0.85 };

/** A row that has been read: training five times needs the features once. */
export interface PreparedRow {
  readonly row: OutcomeRow;
  readonly features: AskTextFeatures;
}

export function prepareRows(rows: readonly OutcomeRow[]): readonly PreparedRow[] {
  return rows.map((row) => ({ row, features: askTextFeatures(row.prompt) }));
}

export function trainOutcomeHead(rows: readonly PreparedRow[], messages: Messages): OutcomeWeights {
  const tiers = tiersOfSets(rows.map(({ row }) => row));
  return {
    gain: encodeLinearHead(GAIN_BITS, [trainGain(rows, tiers)]),
    kind: encodeLinearHead(KIND_BITS, [
      trainDifficulty(rows, tiers),
      trainCode(rows),
      trainProblem(rows, messages),
    ]),
    words: commonWords(rows.map(({ row }) => row.prompt)),
  };
}

/** Which models of each set count as weak and as strong: the lower and the upper half by their mean outcome. */
type Tiers = ReadonlyMap<string, { readonly weak: readonly string[]; readonly strong: readonly string[] }>;

function tiersOfSets(rows: readonly OutcomeRow[]): Tiers {
  const tiers = new Map<string, { weak: string[]; strong: string[] }>();
  for (const set of new Set(rows.map((row) => row.ds))) {
    const totals = new Map<string, { sum: number; count: number }>();
    const own = rows.filter((row) => row.ds === set);
    for (const row of own) {
      for (const [model, outcome] of Object.entries(row.outcomes)) {
        const total = totals.get(model) ?? { sum: 0, count: 0 };
        totals.set(model, { sum: total.sum + outcome, count: total.count + 1 });
      }
    }
    // A model that was asked too little cannot be placed.
    const models = [...totals]
      .filter(([, { count }]) => count > 0.6 * own.length)
      .toSorted(([left, a], [right, b]) => a.sum / a.count - b.sum / b.count || (left < right ? -1 : 1))
      .map(([model]) => model);
    const half = models.length >> 1;
    tiers.set(set, { weak: models.slice(0, half), strong: models.slice(models.length - half) });
  }
  return tiers;
}

/** Mean outcome of both halves; undefined where one has none. */
function outcomesOf(row: OutcomeRow, tiers: Tiers): { weak: number; strong: number } | undefined {
  const mean = (models: readonly string[]): number => {
    const found = models.map((model) => row.outcomes[model]).filter((outcome) => outcome !== undefined);
    return found.reduce((sum, outcome) => sum + outcome, 0) / found.length;
  };
  const tier = tiers.get(row.ds);
  if (tier === undefined) return undefined;
  const [weak, strong] = [mean(tier.weak), mean(tier.strong)];
  return Number.isNaN(weak) || Number.isNaN(strong) ? undefined : { weak, strong };
}

/**
 * Strong minus weak, within each set: what a set has in common is its format. Two fits are averaged, which gives one table
 * again: over all sets, and over the large set of knowledge alone.
 */
function trainGain(rows: readonly PreparedRow[], tiers: Tiers): TrainedOutput {
  const examples = rows.flatMap(({ row, features }) => {
    const outcomes = outcomesOf(row, tiers);
    if (outcomes === undefined) return [];
    // Only the order of the scores means something, so they are centred.
    const target = outcomes.strong - outcomes.weak;
    return [{ features, target, group: OUTCOME_SETS.indexOf(row.ds), level: 0 }];
  });
  const knowledge = examples.filter(({ group }) => group === OUTCOME_SETS.indexOf(KNOWLEDGE_SET));
  const all = train('gain', examples, GAIN_PLAN);
  return knowledge.length === 0 ? all : average(all, train('gain', knowledge, KNOWLEDGE_PLAN));
}

function average(left: TrainedOutput, right: TrainedOutput): TrainedOutput {
  const mean = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
    Float64Array.from(a, (value, index) => (value + b[index]!) / 2);
  return {
    name: left.name,
    bias: (left.bias + right.bias) / 2,
    weights: mean(left.weights, right.weights),
    dense: mean(left.dense, right.dense),
  };
}

/** Share of failing models on code, over all sets of code alike: easy and hard must mean the same everywhere. */
function trainDifficulty(rows: readonly PreparedRow[], tiers: Tiers): TrainedOutput {
  const examples = rows.flatMap(({ row, features }) => {
    if (!isProgramming(row)) return [];
    const graded = row.difficulty === undefined ? undefined : GRADE_DIFFICULTY[row.difficulty];
    const outcomes = row.ds === 'lcb-difficulty' ? undefined : outcomesOf(row, tiers);
    const failing = outcomes === undefined ? undefined : 1 - (outcomes.weak + outcomes.strong) / 2;
    const known = [graded, failing].filter((value) => value !== undefined);
    if (known.length === 0) return [];
    return [{ features, target: known.reduce((sum, value) => sum + value, 0) / known.length, group: 0 }];
  });
  return train('difficulty', examples, KIND_PLAN);
}

function trainCode(rows: readonly PreparedRow[]): TrainedOutput {
  const examples = rows.map(({ row, features }) => ({
    features,
    target: isProgramming(row) || row.ds === 'swe-lite' ? 1 : 0,
    group: 0,
  }));
  return train('code', examples, PROBLEM_PLAN);
}

/** Texts that were written for training. */
export interface Messages {
  /** In the middle of somebody's work. */
  readonly developer: readonly AskTextFeatures[];
  /** Problems and questions that stand by themselves, of more kinds than the sets have. */
  readonly problems: readonly AskTextFeatures[];
}

export function readMessages(): Messages {
  return {
    developer: readAsks('developer-asks').map(askTextFeatures),
    problems: readAsks('problem-asks').map(askTextFeatures),
  };
}

/** Questions and problems that stand by themselves against messages in the middle of somebody's work. */
function trainProblem(rows: readonly PreparedRow[], messages: Messages): TrainedOutput {
  const measured = rows.filter(({ row }) => row.ds !== 'swe-lite').map(({ features }) => features);
  // Each kind of text counts in all as much as it says here, however many there are of it.
  const of = (texts: readonly AskTextFeatures[], target: number, total: number): Example[] =>
    texts.map((features) => ({ features, target, group: 0, importance: total / texts.length }));
  const examples = [
    ...of(measured, 1, 3500),
    ...of(messages.problems, 1, 500),
    ...of(messages.developer, 0, 4000),
  ];
  return train('problem', examples, PROBLEM_PLAN);
}

function isProgramming(row: OutcomeRow): boolean {
  return row.ds.startsWith('lcb-') || row.ds === 'evalperf' || /^(mbpp|human_eval)$/.test(row.task ?? '');
}

interface Example {
  readonly features: AskTextFeatures;
  readonly target: number;
  /** Index of the intercept. */
  readonly group: number;
  readonly importance?: number;
  /** What the mean prediction is moved to; else the mean target. */
  readonly level?: number;
}

function train(name: string, examples: readonly Example[], plan: Plan): TrainedOutput {
  const table = buildTable(
    examples.map(({ features }) => features),
    { ...plan, denseCount: DENSE_NAMES.length },
  );
  const rarity = scaleByRarity(table, examples.length);
  const rows = Int32Array.from(examples.keys());
  const targets = Float64Array.from(examples, ({ target }) => target);
  const importance = Float64Array.from(examples, (example) => example.importance ?? 1);
  const fitted = fitRidge({
    table,
    rows,
    targets,
    importance,
    groups: Int32Array.from(examples, ({ group }) => group),
    groupCount: OUTCOME_SETS.length,
    penalty: plan.penalty,
    iterations: plan.iterations,
  });
  const predicted = predictRows(table, rows, fitted);
  const total = importance.reduce((sum, weight) => sum + weight, 0);
  const missing = examples.reduce(
    (sum, { level, target }, index) => sum + importance[index]! * ((level ?? target) - predicted[index]!),
    0,
  );
  return {
    name,
    bias: missing / total,
    weights: fitted.slice(0, table.hashSize).map((weight, column) => weight * (rarity[column] ?? 1)),
    dense: fitted.slice(table.hashSize).map((weight) => weight * plan.denseScale),
  };
}

/** Rare words say more than common ones; in place. The factors belong to the weights afterwards. */
function scaleByRarity(table: Table, rowCount: number): Float64Array {
  const counts = new Uint32Array(table.hashSize);
  for (const column of table.columns) if (column < table.hashSize) counts[column]! += 1;
  const rarity = Float64Array.from(counts, (count) => (count === 0 ? 1 : Math.log(rowCount / count) / 4));
  table.columns.forEach((column, at) => {
    if (column < table.hashSize) table.values[at]! *= rarity[column]!;
  });
  return rarity;
}

/** Plain words of so many questions that naming one gives nobody's ask away. */
function commonWords(prompts: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const prompt of prompts) {
    for (const word of new Set(wordsRead(prompt, 2000))) {
      if (/^[a-z]{4,14}$/.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([, count]) => count >= 20 && count <= 0.05 * prompts.length)
    .map(([word]) => word)
    .toSorted();
}
