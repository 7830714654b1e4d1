// The cells of the matrix: each row of the fault table, for every dialect of a client at every dialect of a provider,
// streamed and plain, with a second model behind the first and without one. A cell that does not apply says why.

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import { UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import type { FaultRow, Shape } from './fault-table.ts';

export const CLIENT_DIALECTS = [
  ...UPSTREAM_DIALECTS,
  'ollama-chat',
] as const satisfies readonly ClientDialectId[];

/** Whether there is a second model that could answer. */
export type Chain = 'followed' | 'alone';

export interface Cell {
  readonly row: FaultRow;
  readonly client: ClientDialectId;
  readonly first: UpstreamDialectId;
  /** Another dialect than the first one's. */
  readonly second: UpstreamDialectId;
  readonly shape: Shape;
  readonly chain: Chain;
  /** In the names of its models; unique within its row and chain. */
  readonly number: number;
}

export interface NotApplicable {
  readonly cells: number;
  readonly why: string;
}

const PAIRS = CLIENT_DIALECTS.length * UPSTREAM_DIALECTS.length;

/** What a row is tried with. */
export function cellsOf(row: FaultRow, chain: Chain): readonly Cell[] {
  const cells: Cell[] = [];
  if (chainsOf(row).includes(chain)) {
    for (const shape of shapesOf(row)) {
      for (const client of CLIENT_DIALECTS) {
        for (const [index, first] of UPSTREAM_DIALECTS.entries()) {
          if (row.except?.dialects.includes(first) === true) continue;
          // In turn one of the three others, so that every fallback from dialect to dialect is there.
          const away = 1 + (cells.length % (UPSTREAM_DIALECTS.length - 1));
          const second = UPSTREAM_DIALECTS[(index + away) % UPSTREAM_DIALECTS.length] ?? first;
          cells.push({ row, client, first, second, shape, chain, number: cells.length + 1 });
        }
      }
    }
  }
  return cells;
}

/** The rest of the full product, with its reasons. */
export function notApplicable(row: FaultRow): readonly NotApplicable[] {
  const left: NotApplicable[] = [];
  const chains = chainsOf(row).length;
  if (row.only !== undefined) left.push({ cells: PAIRS * chains, why: row.only.why });
  if (row.except !== undefined) {
    const pairs = row.except.dialects.length * CLIENT_DIALECTS.length;
    left.push({ cells: pairs * shapesOf(row).length * chains, why: row.except.why });
  }
  if (chains === 1) {
    left.push({ cells: PAIRS * shapesOf(row).length, why: 'nobody else is asked, so it is the same' });
  }
  return left;
}

export function cellName({ row, client, first, second, shape, chain }: Cell): string {
  const behind = chain === 'alone' ? 'alone' : `before ${second}`;
  return `${row.id} ${row.name}: ${client} at ${first} ${behind}, ${shape}`;
}

export function chainsOf(row: FaultRow): readonly Chain[] {
  return row.expected.outcome === 'failed' ? ['followed', 'alone'] : ['followed'];
}

function shapesOf(row: FaultRow): readonly Shape[] {
  return row.only === undefined ? ['stream', 'plain'] : [row.only.shape];
}
