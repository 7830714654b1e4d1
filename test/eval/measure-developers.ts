// Developer messages labelled by hand: order, grades, task types and whether the confidence can be believed. The labels come
// from one rater. None of these messages is trained on.

import type { ClassifierResult } from '../../daemon/classify/classifier.ts';
import type { Classifier } from '../../daemon/classify/classifier.ts';
import type { Classification, Complexity, TaskType } from '../../daemon/protocol/vocabulary.ts';
import { BROAD, STRICT, areaUnderCurve, bareAsk } from './training/ask-head-report.ts';
import type { LabelledPrompt } from './training/outcome-rows.ts';

interface Judged extends LabelledPrompt {
  readonly said: Classification;
}

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

export function developerReport(
  prompts: readonly LabelledPrompt[],
  classifiers: readonly Classifier[],
): readonly string[] {
  return classifiers.flatMap((classifier) => [
    `${classifier.name}:`,
    ...reportOf(judgeAll(prompts, classifier)).map((line) => `  ${line}`),
  ]);
}

function judgeAll(prompts: readonly LabelledPrompt[], classifier: Classifier): readonly Judged[] {
  const signal = new AbortController().signal;
  return prompts.map((prompt) => {
    const result = classifier.classify(bareAsk(prompt.prompt), signal) as ClassifierResult;
    return { ...prompt, said: result.classification };
  });
}

function reportOf(judged: readonly Judged[]): readonly string[] {
  const of = (grade: Complexity): readonly Judged[] => judged.filter((row) => row.complexity === grade);
  const said = (rows: readonly Judged[], grade: Complexity): number =>
    rows.filter((row) => row.said.complexity === grade).length;
  const notSimple = judged.filter((row) => row.complexity !== 'simple');
  const notComplex = judged.filter((row) => row.complexity !== 'complex');
  const stronger = (row: Judged): number => row.said.needsStronger;
  const strongest = (row: Judged): number => row.said.needsStrongest;
  const length = (row: Judged): number => row.prompt.length;
  const share = `${said(of('simple'), 'simple')} of ${of('simple').length}`;
  return [
    `AUC not simple ${shown(notSimple, of('simple'), stronger)} (length alone ${shown(notSimple, of('simple'), length)}),` +
      ` AUC complex ${shown(of('complex'), notComplex, strongest)}`,
    `to the cheapest tier: ${said(of('complex'), 'simple')} of ${of('complex').length} complex, ${share} simple`,
    `task type right: ${taskAccuracy(judged, STRICT)} strict, ${taskAccuracy(judged, BROAD)} broad`,
    'labelled \\ said    simple moderate  complex',
    ...GRADES.map((grade) => {
      const counts = GRADES.map((other) => String(said(of(grade), other)).padStart(8));
      return `${grade.padEnd(16)} ${counts.join(' ')}`;
    }),
    ...confidenceBands(judged),
  ];
}

function confidenceBands(judged: readonly Judged[]): readonly string[] {
  const bands = [0, 0.5, 0.6, 0.7, 0.8, 0.9].map((low, index, all) => {
    const high = all[index + 1] ?? 1.01;
    const band = judged.filter(({ said }) => said.confidence >= low && said.confidence < high);
    const right = band.filter((row) => row.said.complexity === row.complexity).length;
    return band.length === 0 ? '' : `${low.toFixed(1)}+ ${right}/${band.length}`;
  });
  return [`grade right by confidence: ${bands.filter((band) => band !== '').join('  ')}`];
}

function taskAccuracy(
  rows: readonly Judged[],
  accepted: Readonly<Record<string, readonly TaskType[]>>,
): string {
  const right = rows.filter((row) => (accepted[row.task] ?? ['code']).includes(row.said.taskType));
  return (right.length / rows.length).toFixed(3);
}

function shown(
  positive: readonly Judged[],
  negative: readonly Judged[],
  score: (row: Judged) => number,
): string {
  return areaUnderCurve(positive, negative, score).toFixed(3);
}
