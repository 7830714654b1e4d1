// Measures the rule classifier on labelled developer messages: `node test/eval/rules.eval.ts`. Prints, never fails: the
// labels come from one rater, and the rules were partly set while looking at them, so that these figures flatter.
// Skips with a reason where the data is absent (it lies outside of the repository and is never committed).

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { ClassifierResult, RequestFeatures } from '../../daemon/classify/classifier.ts';
import { createRuleClassifier } from '../../daemon/classify/rule-classifier.ts';
import type { Classification, Complexity, TaskType } from '../../daemon/protocol/vocabulary.ts';

interface LabelledPrompt {
  readonly prompt: string;
  /** The rater's words: edit, feature, test, debug, refactor, design, question, chat. */
  readonly task: string;
  readonly complexity: Complexity;
}

interface Judged extends LabelledPrompt {
  readonly classification: Classification;
}

/** The rater's words in our seven types. Strict: one right answer. Broad: what a reasonable person would also say. */
const STRICT: Readonly<Record<string, readonly TaskType[]>> = {
  design: ['reasoning'],
  question: ['general'],
  chat: ['general'],
};
const BROAD: Readonly<Record<string, readonly TaskType[]>> = {
  design: ['reasoning', 'code'],
  question: ['general', 'code', 'reasoning', 'vision'],
  chat: ['general', 'code', 'translation'],
};
const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

const root = path.join(import.meta.dirname, '..', '..');
const shared = process.env['POINTSMAN_SHARED'] ?? path.join(root, '..', 'shared');
const file = path.join(shared, 'routing-eval', 'data', 'dev-prompts-labelled.jsonl');

if (existsSync(file)) report(judgeAll(readPrompts(file)));
else
  console.log(
    `rules.eval: skipped, no labelled prompts (set POINTSMAN_SHARED or provide ${path.basename(file)})`,
  );

function readPrompts(name: string): readonly LabelledPrompt[] {
  const lines = readFileSync(name, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LabelledPrompt);
}

function judgeAll(prompts: readonly LabelledPrompt[]): readonly Judged[] {
  const classifier = createRuleClassifier({ maxTurnsBeforeUpgrade: () => 10 });
  const signal = new AbortController().signal;
  return prompts.map((prompt) => {
    const result = classifier.classify(featuresOf(prompt.prompt), signal) as ClassifierResult;
    return { ...prompt, classification: result.classification };
  });
}

function featuresOf(ask: string): RequestFeatures {
  return {
    client: 'unknown',
    ask,
    earlierAsks: [],
    userTurns: 1,
    messageCount: 1,
    inputTokens: 0,
    maxOutputTokens: undefined,
    needs: [],
    toolCount: 0,
    isToolResult: false,
    askHasImage: false,
    wantsJson: false,
  };
}

function report(judged: readonly Judged[]): void {
  const of = (grade: Complexity): readonly Judged[] => judged.filter((row) => row.complexity === grade);
  const notSimple = judged.filter((row) => row.complexity !== 'simple');
  const notComplex = judged.filter((row) => row.complexity !== 'complex');
  const needs = (row: Judged): number => row.classification.needsStronger;
  const length = (row: Judged): number => row.prompt.length;
  console.log(`rule classifier on ${judged.length} labelled developer messages`);
  console.log(
    `  AUC not simple     ${auc(notSimple, of('simple'), needs)}  (length alone ${auc(notSimple, of('simple'), length)})`,
  );
  console.log(
    `  AUC complex        ${auc(of('complex'), notComplex, needs)}  (length alone ${auc(of('complex'), notComplex, length)})`,
  );
  console.log(`  complex to cheapest ${said(of('complex'), 'simple')} of ${of('complex').length}`);
  console.log(`  simple to cheapest  ${said(of('simple'), 'simple')} of ${of('simple').length}`);
  console.log(
    `  task type          ${taskAccuracy(judged, STRICT)} strict, ${taskAccuracy(judged, BROAD)} broad`,
  );
  console.log('\n  labelled \\ said   simple moderate complex');
  for (const grade of GRADES) {
    const counts = GRADES.map((other) => String(said(of(grade), other)).padStart(8));
    console.log(`  ${grade.padEnd(15)} ${counts.join(' ')}`);
  }
  console.log('\n  confidence  messages  right');
  for (const low of [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) {
    const band = judged.filter(
      ({ classification: { confidence } }) => confidence >= low && confidence < low + 0.1,
    );
    if (band.length === 0) continue;
    const right = band.filter((row) => row.classification.complexity === row.complexity).length;
    console.log(
      `  ${low.toFixed(1)}         ${String(band.length).padStart(8)}  ${(right / band.length).toFixed(2)}`,
    );
  }
}

function said(rows: readonly Judged[], grade: Complexity): number {
  return rows.filter((row) => row.classification.complexity === grade).length;
}

function taskAccuracy(
  rows: readonly Judged[],
  accepted: Readonly<Record<string, readonly TaskType[]>>,
): string {
  const right = rows.filter((row) => (accepted[row.task] ?? ['code']).includes(row.classification.taskType));
  return (right.length / rows.length).toFixed(3);
}

/** Chance that a row of `positive` scores above one of `negative`; ties count half. */
function auc(
  positive: readonly Judged[],
  negative: readonly Judged[],
  score: (row: Judged) => number,
): string {
  let wins = 0;
  for (const one of positive) {
    for (const other of negative) {
      const difference = score(one) - score(other);
      if (difference > 0) wins += 1;
      else if (difference === 0) wins += 0.5;
    }
  }
  return (wins / (positive.length * negative.length)).toFixed(3);
}
