// Streams that break anywhere: after every event and at every so-manieth byte, by FIN and by RST, for clients of the
// provider's own dialect and of another. The checker is that of the fault matrix (invariants.ts); what must happen follows
// from what was whole by then: no word, and the next model answers; a word, and the answer is torn as such.
// FAULTS_FULL=1 breaks at every byte.

import assert from 'node:assert/strict';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  about,
  type Break,
  breakAfterEvents,
  breakBeforeEndOfEvent,
  type ChaosFrame,
  chaosFrames,
  type Fault,
  wordsOf,
} from '../support/chaos-upstream.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import { type Answer, UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import { type Cell, cellName, CLIENT_DIALECTS } from './cells.ts';
import type { Expected, FaultRow } from './fault-table.ts';
import { leaks, violationsOf } from './invariants.ts';
import { runTogether, warmUp } from './run-row.ts';

const SAYS: Answer = { text: wordsOf(6) };
const EVERY_BYTES = process.env['FAULTS_FULL'] === '1' ? 1 : 13;
const PAIR_MS = 120_000;
/** Cells that run at the same time, and models that a daemon knows. */
const AT_ONCE = 120;

/** Each provider's dialect with its own client and with another, all clients in turn. */
const PAIRS: readonly { readonly client: ClientDialectId; readonly first: UpstreamDialectId }[] =
  UPSTREAM_DIALECTS.flatMap((first, index) => [
    { client: first, first },
    { client: CLIENT_DIALECTS[(index + 2) % CLIENT_DIALECTS.length] ?? first, first },
  ]);

describe('[B6] a stream that breaks off', function () {
  this.timeout(PAIR_MS);
  let cellCount = 0;
  before(warmUp);

  for (const { client, first } of PAIRS) {
    it(`anywhere is either nobody's business or a torn answer: ${client} at ${first}`, async () => {
      const cells = cellsOf(client, first);
      cellCount += cells.length;
      const found: string[] = [];
      for (let begun = 0; begun < cells.length; begun += AT_ONCE) {
        const run = await runTogether(cells.slice(begun, begun + AT_ONCE), FRAME, 'followed');
        found.push(...leaks(run), ...run.leftOpen);
        for (const cell of run.cells) {
          found.push(...violationsOf(cell, run.secrets).map((told) => `${cellName(cell.cell)}: ${told}`));
        }
      }
      assert.deepEqual(found, []);
    });
  }

  after(() => console.log(`      broken streams: ${cellCount} cells`));
});

/** Limits and place, the same for all. */
const FRAME: FaultRow = { id: 'F10', name: 'breaks off', expected: { outcome: 'torn' } };

function cellsOf(client: ClientDialectId, first: UpstreamDialectId): readonly Cell[] {
  const frames = chaosFrames(first, SAYS);
  // From its last word on, an answer may count as complete.
  const words = frames.slice(0, frames.findLastIndex(({ piece }) => piece !== undefined) + 1);
  const rows = words.flatMap(({ text }, index) => [
    ...BREAKS.map((how) =>
      rowOf(`after event ${index + 1}`, how, breakAfterEvents(index + 1, how), words.slice(0, index + 1)),
    ),
    ...missingBytes(Buffer.byteLength(text)).map((missing) => {
      const how = BREAKS[missing % 2] ?? 'cut';
      const fault = breakBeforeEndOfEvent(index + 1, missing, how);
      return rowOf(
        `${missing} bytes before the end of event ${index + 1}`,
        how,
        fault,
        words.slice(0, index),
      );
    }),
  ]);
  return rows.map((row, index) => ({
    row,
    client,
    first,
    second: first === 'openai-chat' ? 'anthropic-messages' : 'openai-chat',
    shape: 'stream',
    chain: 'followed',
    number: index + 1,
  }));
}

const BREAKS: readonly Break[] = ['cut', 'reset'];

function rowOf(where: string, how: Break, fault: Fault, whole: readonly ChaosFrame[]): FaultRow {
  const hasWord = whole.some(({ piece }) => piece !== undefined);
  const expected: Expected = hasWord
    ? { outcome: 'torn' }
    : { outcome: 'failed', errorType: 'invalid-response', alone: { statusCode: 502 } };
  return {
    id: 'F10',
    name: `breaks off ${where} (${how})`,
    fault: about(SAYS, fault),
    says: SAYS,
    expected,
  };
}

/** From the last byte on, which is not always the same one of an event. */
function missingBytes(size: number): readonly number[] {
  const all = Array.from({ length: size }, (_, index) => index + 1);
  return EVERY_BYTES === 1
    ? all
    : [1, 2, ...all.filter((missing) => missing > 2 && missing % EVERY_BYTES === 0)];
}
