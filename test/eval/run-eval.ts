// `npm run eval`: how good the shipped classifier is, by validation that never scores a row it was trained on. Prints, never
// fails. Skips with a reason where the measured outcomes are absent (they lie outside of the repository).

import { askHead } from '../../daemon/classify/ask-head.ts';
import type { ClassifierResult } from '../../daemon/classify/classifier.ts';
import { createLearnedClassifier } from '../../daemon/classify/learned-classifier.ts';
import { createRuleClassifier } from '../../daemon/classify/rule-classifier.ts';
import { OTHER_WRAPPINGS, recordedWrappings } from '../conformance/wrappings.ts';
import { cascadeReport } from './measure-cascade.ts';
import { developerReport } from './measure-developers.ts';
import { classifyByQuestion, classifyBySource } from './measure-outcomes.ts';
import { bareAsk } from './training/ask-head-report.ts';
import { speedReport } from './measure-speed.ts';
import { agreementReport, compareWithBare } from './measure-wrappings.ts';
import { loadScorer } from './scorer.ts';
import { EVAL_FOLDER, readLabelledPrompts, readOutcomeRows } from './training/outcome-rows.ts';
import { prepareRows, readMessages } from './training/train-outcome.ts';

if (EVAL_FOLDER === undefined) console.log('eval: skipped, no measured outcomes (set POINTSMAN_SHARED)');
else await run(EVAL_FOLDER);

async function run(folder: string): Promise<void> {
  const start = performance.now();
  const rows = readOutcomeRows(folder);
  const prepared = prepareRows(rows);
  const messages = readMessages();
  const scorer = await loadScorer(folder, rows);
  const options = { maxTurnsBeforeUpgrade: () => 10 };
  const [learned, rules] = [createLearnedClassifier(options), createRuleClassifier(options)];
  const byQuestion = classifyByQuestion(prepared, messages).map((said) => said.needsStronger);
  const bySource = classifyBySource(prepared, messages).map((said) => said.needsStronger);

  section('Mean APGR per group of pairs (0.5 = chance)');
  const signal = new AbortController().signal;
  const compared: readonly (readonly [string, readonly number[]])[] = [
    ['length of the prompt', rows.map(({ prompt }) => prompt.length)],
    [
      'rules',
      rows.map(({ prompt }) => {
        const result = rules.classify(bareAsk(prompt), signal) as ClassifierResult;
        return result.classification.needsStronger;
      }),
    ],
    ['ask head alone', rows.map(({ prompt }) => askHead(bareAsk(prompt)).needs.needsStronger)],
    ['learned, by question', byQuestion],
    ['learned, by source', bySource],
  ];
  for (const [name, scores] of compared) {
    const means = [...scorer.groupMeans(scores)].map(([group, mean]) => `${group} ${mean.toFixed(3)}`);
    console.log(`${name.padEnd(22)} ${means.join('  ')}`);
  }

  section('Learned, cross-validated by question (five folds): needsStronger as the score');
  console.log(scorer.print(byQuestion));
  section('Learned, each source left out in turn');
  console.log(scorer.print(bySource));

  section('Labelled developer messages (none is trained on)');
  const prompts = readLabelledPrompts(folder);
  print(developerReport(prompts, [learned, rules]));

  section('The same ask bare and inside the wrappings of assistants');
  const recorded = recordedWrappings();
  if (recorded === undefined) console.log('recorded requests: skipped, none found');
  else print(['recorded requests:', ...agreementReport(compareWithBare(recorded))]);
  print(['shapes of other assistants:', ...agreementReport(compareWithBare(OTHER_WRAPPINGS))]);

  section('Cheap first with a check that is right 90 % of the time, against strong only');
  print(cascadeReport(scorer, rows, byQuestion));

  section('Speed of classify()');
  const ordinary = {
    'developer messages': prompts.map(({ prompt }) => prompt),
    'exam questions': rows.slice(0, 2000).map(({ prompt }) => prompt),
    'programming tasks of 1-4 kB': rows.slice(6486, 7000).map(({ prompt }) => prompt),
  };
  print(speedReport(learned, ordinary));
  console.log(`\neval took ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

function section(title: string): void {
  console.log(`\n== ${title}`);
}

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'));
}
