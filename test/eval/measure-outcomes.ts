// Scores rows of measured outcomes with the classifier as it would have been shipped without them: once by question (five
// folds), once by source (each family of sets left out in turn). Nothing is ever scored by weights that have seen it.

import type { ClassifierResult } from '../../daemon/classify/classifier.ts';
import { createLearnedClassifier } from '../../daemon/classify/learned-classifier.ts';
import { createOutcomeHead } from '../../daemon/classify/outcome-head.ts';
import type { OutcomeHead } from '../../daemon/classify/outcome-head.ts';
import type { Classification } from '../../daemon/protocol/vocabulary.ts';
import { bareAsk } from './training/ask-head-report.ts';
import { foldOf } from './training/outcome-rows.ts';
import { trainOutcomeHead } from './training/train-outcome.ts';
import type { Messages, PreparedRow } from './training/train-outcome.ts';

export const FOLDS = 5;

/** Sets that ask the same kind of thing in the same words: leaving out one without the others proves nothing. */
const FAMILIES: readonly (readonly string[])[] = [
  ['routellm-mmlu'],
  ['lcb-repair', 'lcb-codegen', 'lcb-difficulty'],
  ['evalperf'],
  ['swe-lite'],
  ['llmrouter'],
];

/** A score per row, in the order of the rows. */
export type Scores = readonly Classification[];

export function classifyByQuestion(rows: readonly PreparedRow[], messages: Messages): Scores {
  return withHeldOut(rows, messages, FOLDS, ({ row }) => foldOf(row, FOLDS));
}

export function classifyBySource(rows: readonly PreparedRow[], messages: Messages): Scores {
  return withHeldOut(rows, messages, FAMILIES.length, ({ row }) =>
    FAMILIES.findIndex((family) => family.includes(row.ds)),
  );
}

function withHeldOut(
  rows: readonly PreparedRow[],
  messages: Messages,
  parts: number,
  partOf: (row: PreparedRow) => number,
): Scores {
  const part = rows.map(partOf);
  const result: Classification[] = [];
  for (let held = 0; held < parts; held += 1) {
    const training = rows.filter((_, index) => part[index] !== held);
    const head = createOutcomeHead(trainOutcomeHead(training, messages));
    rows.forEach(({ row }, index) => {
      if (part[index] === held) result[index] = classifyWith(head, row.prompt);
    });
  }
  return result;
}

function classifyWith(outcomeHead: OutcomeHead, ask: string): Classification {
  const classifier = createLearnedClassifier({ maxTurnsBeforeUpgrade: () => 10, outcomeHead });
  return (classifier.classify(bareAsk(ask), new AbortController().signal) as ClassifierResult).classification;
}
