// Writes daemon/classify/outcome-weights.json: `node test/eval/training/train-outcome-head.ts`. Needs the sets of measured
// outcomes beside the repository. Same data, same bytes.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { format } from 'prettier';

import { EVAL_FOLDER, readOutcomeRows } from './outcome-rows.ts';
import { prepareRows, readMessages, trainOutcomeHead } from './train-outcome.ts';

const target = path.join(import.meta.dirname, '..', '..', '..', 'daemon', 'classify', 'outcome-weights.json');

if (EVAL_FOLDER === undefined) {
  console.log('train-outcome-head: no measured outcomes (set POINTSMAN_SHARED)');
} else {
  const rows = prepareRows(readOutcomeRows(EVAL_FOLDER));
  const weights = trainOutcomeHead(rows, readMessages());
  writeFileSync(target, await format(JSON.stringify(weights), { parser: 'json', printWidth: 110 }));
  console.log(`${rows.length} rows -> ${path.basename(target)}, ${readFileSync(target).length} bytes`);
}
