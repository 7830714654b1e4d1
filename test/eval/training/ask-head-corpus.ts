// The asks that the ask head is taught with: read, split into taught and held out, and turned into rows of the fit.
// developer-asks.jsonl was written by hand for this purpose, theme by theme, some of it modelled on
// the kinds of messages that were misjudged.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import {
  ASK_HEAD_FLAGS,
  ASK_HEAD_TASKS,
  askHeadFeatures,
} from '../../../daemon/classify/ask-head-features.ts';
import type { Complexity, TaskType } from '../../../daemon/protocol/vocabulary.ts';
import type { FitOptions, FitRow } from './ask-head-fit.ts';

export interface DeveloperAsk {
  readonly theme: string;
  readonly taskType: TaskType;
  readonly complexity: Complexity;
  readonly ask: string;
  /** Means nothing without what was said before; labelled as if nothing was. */
  readonly leansOnContext?: boolean;
}

const HOLD_OUT_PARTS = 4;

export const ASK_HEAD_FIT: FitOptions = {
  hashBits: 14,
  taskCount: ASK_HEAD_TASKS.length,
  flagCount: ASK_HEAD_FLAGS.length,
  penalty: 0.4,
  densePenalty: 0.4,
  steps: 200,
  rate: 0.3,
};

export function readDeveloperAsks(): readonly DeveloperAsk[] {
  const lines = readFileSync(path.join(import.meta.dirname, 'developer-asks.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as DeveloperAsk);
}

/** Never trained on, in no way. */
export function isHeldOut(row: DeveloperAsk): boolean {
  return partOf(row.ask, HOLD_OUT_PARTS) === 0;
}

/** Which of `parts` a text belongs to, for good. */
export function partOf(text: string, parts: number): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % parts;
}

export function fitRowOf(row: DeveloperAsk): FitRow {
  return {
    text: askHeadFeatures(row.ask).text,
    task: ASK_HEAD_TASKS.indexOf(row.taskType),
    flags: [
      row.complexity === 'simple' ? 0 : 1,
      row.complexity === 'complex' ? 1 : 0,
      row.leansOnContext === true ? 1 : 0,
    ],
    importance: 1,
  };
}
