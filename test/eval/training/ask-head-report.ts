// What the shipped ask head is worth: on the held-out quarter of our own asks, and on messages of real developers (where
// the labelled file is present; it lies outside of the repository). None of either is trained on, but both flatter: the
// author of the asks had read those messages and looked at the mistakes in both before writing the later asks.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ASK_HEAD_TASKS, askHeadFeatures } from '../../../daemon/classify/ask-head-features.ts';
import { askHead } from '../../../daemon/classify/ask-head.ts';
import type { AskJudgement } from '../../../daemon/classify/ask-head.ts';
import type { RequestFeatures } from '../../../daemon/classify/classifier.ts';
import { FAILURE_LIMIT, gradeOfNeeds } from '../../../daemon/classify/grade.ts';
import type { Complexity, TaskType } from '../../../daemon/protocol/vocabulary.ts';
import { fitAskHead, scoresWith } from './ask-head-fit.ts';
import type { FitRow } from './ask-head-fit.ts';
import { ASK_HEAD_FIT, fitRowOf, isHeldOut, partOf, readDeveloperAsks } from './ask-head-corpus.ts';

/** One message with its labels and what the head said. */
export interface JudgedAsk {
  readonly ask: string;
  readonly complexity: Complexity;
  /** Task types that count as right. */
  readonly accepted: readonly TaskType[];
  /** As above, with what a reasonable person would also say. */
  readonly acceptedBroadly: readonly TaskType[];
  readonly said: Pick<AskJudgement, 'taskType' | 'needs'>;
}

export interface AskHeadFigures {
  readonly rows: number;
  readonly aucNotSimple: number;
  readonly aucComplex: number;
  readonly taskAccuracy: number;
  readonly taskAccuracyBroad: number;
  readonly complexSaidSimple: number;
  readonly complexRows: number;
  readonly simpleSaidSimple: number;
  readonly simpleRows: number;
  /** Labelled grade -> said grade -> rows. */
  readonly confusion: Readonly<Record<Complexity, Readonly<Record<Complexity, number>>>>;
}

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];
const SESSION_PARTS = 8;

/** The rater's words in our seven types, strict and broad, as in rules.eval.ts; all others are code. */
export const STRICT: Readonly<Record<string, readonly TaskType[]>> = {
  design: ['reasoning'],
  question: ['general'],
  chat: ['general'],
};
export const BROAD: Readonly<Record<string, readonly TaskType[]>> = {
  design: ['reasoning', 'code'],
  question: ['general', 'code', 'reasoning', 'vision'],
  chat: ['general', 'code', 'translation'],
};

interface LabelledMessage {
  readonly session: number;
  readonly prompt: string;
  readonly task: string;
  readonly complexity: Complexity;
}

export function bareAsk(ask: string): RequestFeatures {
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

export function judgeHeldOutAsks(): readonly JudgedAsk[] {
  return readDeveloperAsks()
    .filter(isHeldOut)
    .map((row) => ({
      ask: row.ask,
      complexity: row.complexity,
      accepted: [row.taskType],
      acceptedBroadly: [row.taskType],
      said: askHead(bareAsk(row.ask)),
    }));
}

/** null where the labelled messages are not there. */
export function judgeDeveloperMessages(): readonly JudgedAsk[] | null {
  return readMessages()?.map((message) => judgedMessage(message, askHead(bareAsk(message.prompt)))) ?? null;
}

/** What learning from the messages of other sessions would add: not what is shipped. */
export function judgeMessagesAcrossSessions(): readonly JudgedAsk[] | null {
  const messages = readMessages();
  if (messages === null) return null;
  const own = readDeveloperAsks()
    .filter((row) => !isHeldOut(row))
    .map(fitRowOf);
  const parts = messages.map(({ session }) => partOf(String(session), SESSION_PARTS));
  const judged: JudgedAsk[] = [];
  for (let part = 0; part < SESSION_PARTS; part += 1) {
    const others = messages.filter((_, index) => parts[index] !== part).map(fitRowOfMessage);
    const fitted = fitAskHead([...own, ...others], ASK_HEAD_FIT);
    messages.forEach((message, index) => {
      if (parts[index] !== part) return;
      judged.push(judgedMessage(message, said(scoresWith(fitted, askHeadFeatures(message.prompt).text))));
    });
  }
  return judged;
}

export function askHeadFigures(judged: readonly JudgedAsk[]): AskHeadFigures {
  const of = (grade: Complexity): readonly JudgedAsk[] => judged.filter((row) => row.complexity === grade);
  const count = (rows: readonly JudgedAsk[], grade: Complexity): number =>
    rows.filter((row) => gradeOfNeeds(row.said.needs) === grade).length;
  const confusionOf = (grade: Complexity): Record<Complexity, number> => ({
    simple: count(of(grade), 'simple'),
    moderate: count(of(grade), 'moderate'),
    complex: count(of(grade), 'complex'),
  });
  const confusion = {
    simple: confusionOf('simple'),
    moderate: confusionOf('moderate'),
    complex: confusionOf('complex'),
  };
  const right = (accepted: (row: JudgedAsk) => readonly TaskType[]): number =>
    judged.filter((row) => accepted(row).includes(row.said.taskType)).length / judged.length;
  return {
    rows: judged.length,
    aucNotSimple: areaUnderCurve(
      [...of('moderate'), ...of('complex')],
      of('simple'),
      (row) => row.said.needs.needsStronger,
    ),
    aucComplex: areaUnderCurve(
      of('complex'),
      [...of('simple'), ...of('moderate')],
      (row) => row.said.needs.needsStrongest,
    ),
    taskAccuracy: right((row) => row.accepted),
    taskAccuracyBroad: right((row) => row.acceptedBroadly),
    complexSaidSimple: confusion.complex.simple,
    complexRows: of('complex').length,
    simpleSaidSimple: confusion.simple.simple,
    simpleRows: of('simple').length,
    confusion,
  };
}

export function printAskHeadReport(): void {
  print('held-out quarter of our own asks', judgeHeldOutAsks());
  printTasks(judgeHeldOutAsks());
  const messages = judgeDeveloperMessages();
  if (messages === null) {
    console.log('messages of real developers: skipped, no labelled file (set POINTSMAN_SHARED)');
    return;
  }
  print(
    'messages of real developers, none trained on, but read by the author of the asks (what is shipped)',
    messages,
  );
  print('the same, had we learnt from the other sessions', judgeMessagesAcrossSessions() ?? []);
}

function print(title: string, judged: readonly JudgedAsk[]): void {
  const figures = askHeadFigures(judged);
  console.log(`\n${title}: ${figures.rows}`);
  console.log(
    `  AUC not simple ${figures.aucNotSimple.toFixed(3)}, complex ${figures.aucComplex.toFixed(3)};` +
      ` task type ${figures.taskAccuracy.toFixed(3)} (broad ${figures.taskAccuracyBroad.toFixed(3)})`,
  );
  console.log(
    `  to the cheapest tier: ${figures.complexSaidSimple} of ${figures.complexRows} complex,` +
      ` ${figures.simpleSaidSimple} of ${figures.simpleRows} simple`,
  );
  console.log('  labelled \\ said   simple moderate complex');
  for (const grade of GRADES) {
    const counts = GRADES.map((other) => String(figures.confusion[grade][other]).padStart(8));
    console.log(`  ${grade.padEnd(15)} ${counts.join(' ')}`);
  }
  console.log(`  not simple when said so: ${calibration(judged)}`);
}

function printTasks(judged: readonly JudgedAsk[]): void {
  console.log(`\n  labelled \\ said  ${ASK_HEAD_TASKS.map((task) => task.slice(0, 6).padStart(7)).join('')}`);
  for (const task of ASK_HEAD_TASKS) {
    const rows = judged.filter((row) => row.accepted[0] === task);
    const counts = ASK_HEAD_TASKS.map((other) => rows.filter((row) => row.said.taskType === other).length);
    console.log(`  ${task.padEnd(16)} ${counts.map((count) => String(count).padStart(7)).join('')}`);
  }
}

/** Share of not simple rows in bands of what was said. */
function calibration(judged: readonly JudgedAsk[]): string {
  const borders = [0, 0.1, FAILURE_LIMIT, 0.5, 0.75, 1.01];
  return borders
    .slice(1)
    .map((end, index) => {
      const start = borders[index] ?? 0;
      const band = judged.filter(
        ({ said: { needs } }) => needs.needsStronger >= start && needs.needsStronger < end,
      );
      const share = band.filter((row) => row.complexity !== 'simple').length / Math.max(1, band.length);
      return `<${Math.min(1, end)}: ${share.toFixed(2)} of ${band.length}`;
    })
    .join(', ');
}

function readMessages(): readonly LabelledMessage[] | null {
  const root = path.join(import.meta.dirname, '..', '..', '..');
  const shared = process.env['POINTSMAN_SHARED'] ?? path.join(root, '..', 'shared');
  const file = path.join(shared, 'routing-eval', 'data', 'dev-prompts-labelled.jsonl');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LabelledMessage);
}

function judgedMessage(message: LabelledMessage, judgement: JudgedAsk['said']): JudgedAsk {
  return {
    ask: message.prompt,
    complexity: message.complexity,
    accepted: STRICT[message.task] ?? ['code'],
    acceptedBroadly: BROAD[message.task] ?? ['code'],
    said: judgement,
  };
}

function fitRowOfMessage({ prompt, task, complexity }: LabelledMessage): FitRow {
  const row = fitRowOf({ theme: '', taskType: STRICT[task]?.[0] ?? 'code', complexity, ask: prompt });
  return { ...row, flags: [...row.flags.slice(0, 2), -1] };
}

/** Scores of a fit without calibration. */
function said(scores: readonly number[]): JudgedAsk['said'] {
  const tasks = scores.slice(0, ASK_HEAD_TASKS.length);
  const chance = (index: number): number => 1 / (1 + Math.exp(-(scores[ASK_HEAD_TASKS.length + index] ?? 0)));
  const needsStronger = chance(0);
  return {
    taskType: ASK_HEAD_TASKS[tasks.indexOf(Math.max(...tasks))] ?? 'general',
    needs: { needsStronger, needsStrongest: Math.min(needsStronger, chance(1)) },
  };
}

/** Chance that a row of `positive` scores above one of `negative`; ties count half. */
export function areaUnderCurve<Row>(
  positive: readonly Row[],
  negative: readonly Row[],
  score: (row: Row) => number,
): number {
  let wins = 0;
  for (const one of positive) {
    for (const other of negative) {
      const difference = score(one) - score(other);
      if (difference > 0) wins += 1;
      else if (difference === 0) wins += 0.5;
    }
  }
  return wins / Math.max(1, positive.length * negative.length);
}
