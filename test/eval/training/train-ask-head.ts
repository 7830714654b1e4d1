// Trains the ask head: `node test/eval/training/train-ask-head.ts` writes daemon/classify/ask-head-weights.json, the
// same bytes each time, and prints what the head is worth. It learns from developer-asks.jsonl only, written by us for
// this purpose; a quarter of it (by hash) is held out. Messages of real developers only measure: learning from them,
// cross-validated by session, gained little (see ask-head-report.ts).

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';

import {
  ASK_HEAD_DENSE,
  ASK_HEAD_FLAGS,
  ASK_HEAD_TASKS,
  askHeadFeatures,
  orderWordHash,
} from '../../../daemon/classify/ask-head-features.ts';
import { ASK_HEAD_FIT, fitRowOf, isHeldOut, partOf, readDeveloperAsks } from './ask-head-corpus.ts';
import type { DeveloperAsk } from './ask-head-corpus.ts';
import { fitAskHead, scoresWith, trainedOutputs } from './ask-head-fit.ts';
import type { FitRow, Fitted } from './ask-head-fit.ts';
import { encodeLinearHead } from './linear-head-file.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const CALIBRATION_PARTS = 5;
const KNOWN_WORD_BITS = 16;

/** The file as it is shipped. */
export async function trainAskHead(asks: readonly DeveloperAsk[]): Promise<string> {
  const rows = asks.map(fitRowOf);
  const outputs = trainedOutputs(
    fitAskHead(rows, ASK_HEAD_FIT),
    [...ASK_HEAD_TASKS, ...ASK_HEAD_FLAGS],
    calibrationOf(asks, rows),
  );
  const file = {
    ...encodeLinearHead(ASK_HEAD_FIT.hashBits, outputs),
    denseNames: ASK_HEAD_DENSE,
    knownWords: knownWordsOf(asks).toString('base64'),
  };
  return await format(JSON.stringify(file), { parser: 'json', printWidth: 110 });
}

/**
 * Factor and offset per output that make its probabilities true on rows that were not trained on. A linear model of
 * many features is always too sure of itself on its own rows.
 */
function calibrationOf(
  asks: readonly DeveloperAsk[],
  rows: readonly FitRow[],
): (readonly [number, number])[] {
  const scores: (readonly number[])[] = [];
  const parts = asks.map((row) => partOf(`calibration ${row.ask}`, CALIBRATION_PARTS));
  for (let part = 0; part < CALIBRATION_PARTS; part += 1) {
    const fitted: Fitted = fitAskHead(
      rows.filter((_, index) => parts[index] !== part),
      ASK_HEAD_FIT,
    );
    rows.forEach((row, index) => {
      if (parts[index] === part) scores[index] = scoresWith(fitted, row.text);
    });
  }
  const tasks = ASK_HEAD_TASKS.map((): readonly [number, number] => [1, 0]);
  const flags = ASK_HEAD_FLAGS.map((_, flag) =>
    plattOf(
      scores.map((row) => row[ASK_HEAD_TASKS.length + flag] ?? 0),
      rows.map((row) => row.flags[flag] ?? 0),
    ),
  );
  return [...tasks, ...flags];
}

/** Logistic regression of one score, by Newton's method. */
function plattOf(scores: readonly number[], labels: readonly number[]): readonly [number, number] {
  let factor = 1;
  let offset = 0;
  for (let round = 0; round < 30; round += 1) {
    const sum = { a: 0, b: 0, aa: 1e-6, ab: 0, bb: 1e-6 };
    scores.forEach((score, index) => {
      const chance = 1 / (1 + Math.exp(-(factor * score + offset)));
      const error = chance - (labels[index] ?? 0);
      const spread = chance * (1 - chance);
      sum.a += error * score;
      sum.b += error;
      sum.aa += spread * score * score;
      sum.ab += spread * score;
      sum.bb += spread;
    });
    const determinant = sum.aa * sum.bb - sum.ab * sum.ab;
    factor -= (sum.bb * sum.a - sum.ab * sum.b) / determinant;
    offset -= (sum.aa * sum.b - sum.ab * sum.a) / determinant;
  }
  return [factor, offset];
}

/** One bit per hash of a word that the corpus has. */
function knownWordsOf(asks: readonly DeveloperAsk[]): Buffer {
  const bits = Buffer.alloc(2 ** KNOWN_WORD_BITS / 8);
  for (const { ask } of asks) {
    for (const word of askHeadFeatures(ask).order) {
      const bit = orderWordHash(word) & (2 ** KNOWN_WORD_BITS - 1);
      bits.writeUInt8(bits.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
    }
  }
  return bits;
}

if (import.meta.main) {
  const asks = readDeveloperAsks().filter((row) => !isHeldOut(row));
  const file = path.join(root, 'daemon', 'classify', 'ask-head-weights.json');
  const text = await trainAskHead(asks);
  writeFileSync(file, text);
  console.log(`${path.basename(file)}: ${Math.round(text.length / 1024)} kB from ${asks.length} asks`);
  // After the weights are written, since it judges with those on the disk.
  const { printAskHeadReport } = await import('./ask-head-report.ts');
  printAskHeadReport();
}
