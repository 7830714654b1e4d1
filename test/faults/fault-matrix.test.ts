// The fault matrix: every row of the specification's fault table that a provider can cause (F1-F23), for every dialect of
// a client at every dialect of a provider, streamed and plain, followed by a second model and alone. One test per row;
// its cells run at the same time, and one checker (invariants.ts) holds each of them to I1-I8.
// FAULTS_FULL=1 holds aborts to 50 ms, which only an idle machine does. FAULTS_ONLY=<part of a row's name> runs few.

import assert from 'node:assert/strict';

import { cellName, cellsOf, type Chain, chainsOf, notApplicable } from './cells.ts';
import { FAULT_ROWS, type FaultRow, SHOWN_ELSEWHERE } from './fault-table.ts';
import { leaks, violationsOf } from './invariants.ts';
import { runRow, warmUp } from './run-row.ts';

/** A loaded machine takes its time over a hundred requests at once. */
const ROW_MS = 60_000;
/** What the issue asks for. */
const LEAST_CELLS = 400;

interface Tally {
  cells: number;
  violations: number;
}

const only = process.env['FAULTS_ONLY'] ?? '';
const ROWS = FAULT_ROWS.filter(({ id, name }) => `${id} ${name}`.includes(only));

describe('[B6] whatever a provider does', function () {
  this.timeout(ROW_MS);
  const tallies = new Map<string, Tally>();

  before(warmUp);

  for (const row of ROWS) {
    for (const chain of chainsOf(row)) {
      it(titleOf(row, chain), async () => {
        const run = await runRow(row, chain);
        const found = [
          ...run.cells.flatMap((cell) =>
            violationsOf(cell, run.secrets).map((violation) => `${cellName(cell.cell)}: ${violation}`),
          ),
          ...leaks(run),
          ...run.leftOpen,
        ];
        const tally = tallies.get(row.id) ?? { cells: 0, violations: 0 };
        tallies.set(row.id, tally);
        tally.cells += run.cells.length;
        tally.violations += found.length;
        assert.deepEqual(found, []);
      });
    }
  }

  it(`there are at least ${LEAST_CELLS} cells, and every line of the fault table is in them or named`, () => {
    const cells = FAULT_ROWS.reduce((sum, row) => sum + cellsIn(row), 0);
    assert.ok(cells >= LEAST_CELLS, `${cells} cells`);
    const ids = new Set(FAULT_ROWS.map(({ id }) => id));
    for (let line = 1; line <= 28; line++) {
      assert.ok(ids.has(`F${line}`) || SHOWN_ELSEWHERE[`F${line}`] !== undefined, `F${line} is nowhere`);
    }
  });

  after(() => {
    for (const line of summary(tallies)) console.log(`      ${line}`);
  });
});

function cellsIn(row: FaultRow): number {
  return chainsOf(row).reduce((sum, chain) => sum + cellsOf(row, chain).length, 0);
}

function titleOf(row: FaultRow, chain: Chain): string {
  const { outcome } = row.expected;
  const then = {
    served: 'the client has its answer',
    torn: 'the answer breaks off as such, and nobody is asked to go on with it',
    failed: chain === 'alone' ? 'there is one error' : 'the next model answers',
    refused: 'the client is told',
  }[outcome];
  const mission = row.mission === undefined ? '' : `${row.mission} `;
  return `${mission}${row.id}: it ${row.name}, and ${then} (${cellsOf(row, chain).length} cells)`;
}

function summary(tallies: ReadonlyMap<string, Tally>): readonly string[] {
  const all = [...tallies.values()];
  const cells = all.reduce((sum, tally) => sum + tally.cells, 0);
  const violations = all.reduce((sum, tally) => sum + tally.violations, 0);
  const left = FAULT_ROWS.flatMap(notApplicable);
  const leftCells = left.reduce((sum, { cells: count }) => sum + count, 0);
  const byFault = [...tallies].map(([id, tally]) => `${id} ${tally.cells}/${tally.violations}`);
  return [
    `fault matrix: ${cells} cells, ${violations} violations; ${leftCells} cells do not apply (${new Set(left.map(({ why }) => why)).size} reasons, in the table)`,
    `cells/violations by fault: ${byFault.join(', ')}`,
  ];
}
