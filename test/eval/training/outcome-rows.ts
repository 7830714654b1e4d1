// Reads the sets of measured outcomes: which model solved which question. They lie outside of the repository (never
// committed); where they are absent the callers say so and stop.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', '..');
const shared = process.env['POINTSMAN_SHARED'] ?? path.join(root, '..', 'shared');

/** Where the sets are; undefined when they are not on this machine. */
export const EVAL_FOLDER: string | undefined = existsSync(path.join(shared, 'routing-eval', 'pairs.json'))
  ? path.join(shared, 'routing-eval')
  : undefined;

/** Sets with outcomes, in the order in which they are trained on. */
export const OUTCOME_SETS: readonly string[] = [
  'routellm-mmlu',
  'lcb-repair',
  'lcb-codegen',
  'lcb-difficulty',
  'evalperf',
  'swe-lite',
  'llmrouter',
];

export interface OutcomeRow {
  readonly id: string;
  readonly ds: string;
  readonly prompt: string;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly task?: string;
  readonly difficulty?: string;
}

export interface LabelledPrompt {
  readonly id: string;
  readonly prompt: string;
  /** The rater's words: edit, feature, test, debug, refactor, design, question, chat. */
  readonly task: string;
  readonly complexity: 'simple' | 'moderate' | 'complex';
}

export function readOutcomeRows(folder: string): readonly OutcomeRow[] {
  return OUTCOME_SETS.flatMap((name) => readLines<OutcomeRow>(folder, name));
}

export function readLabelledPrompts(folder: string): readonly LabelledPrompt[] {
  return readLines<LabelledPrompt>(folder, 'dev-prompts-labelled');
}

function readLines<Row>(folder: string, name: string): Row[] {
  const lines = readFileSync(path.join(folder, 'data', `${name}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Row);
}

/** First lines that are the same for every row of a set, so that they do not count as the question. */
const COMMON_FIRST_LINES: readonly string[] = [
  'The Python program written for the following problem',
  'Write a Python program that solves the following problem',
  'Fix this issue in the repository',
];

/**
 * What must never sit on both sides of a split: the first 120 normalised characters of the question. Issues of one
 * repository stay together.
 */
export function questionKey(row: OutcomeRow): string {
  const newline = row.prompt.indexOf('\n');
  const firstLine = row.prompt.slice(0, Math.max(0, newline));
  if (row.ds === 'swe-lite') return firstLine;
  const isCommon = COMMON_FIRST_LINES.some((line) => firstLine.startsWith(line));
  const question = isCommon ? row.prompt.slice(newline) : row.prompt;
  return question
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
    .slice(0, 120);
}

/** The fold of a question, 0..folds-1. Does not depend on the other rows. */
export function foldOf(row: OutcomeRow, folds: number): number {
  return createHash('sha256').update(questionKey(row)).digest().readUInt32BE(0) % folds;
}

/** Texts that were written for training; they lie in the repository. */
export function readAsks(name: 'developer-asks' | 'problem-asks'): readonly string[] {
  const lines = readFileSync(path.join(import.meta.dirname, `${name}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => (JSON.parse(line) as { ask: string }).ask);
}
