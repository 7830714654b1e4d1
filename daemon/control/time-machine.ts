// `POST replay`: the stored history under another policy or price list. Nobody is called. It runs on the daemon's own
// thread in slices of a few milliseconds, so that running streams go on between them.

import type { HistoryPage, HistoryQuery } from '../ledger/history-steps.ts';
import { HistoryReplay } from '../ledger/history-replay.ts';
import type { ReplayOptions } from '../ledger/replay-history.ts';
import type { ReplayBody } from '../protocol/control-api.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';
import { askedTable, type ReplayQuestion, type ReplayQuestionDeps } from './replay-question.ts';

export interface ReplayInput extends ReplayQuestion {
  /** Unix epoch ms; null = the whole history. */
  readonly sinceAtMs: number | null;
}

export interface TimeMachineDeps extends ReplayQuestionDeps {
  readonly policy: Policy;
  readonly readHistory: (query: HistoryQuery) => HistoryPage;
  /** A stored table, for models that are gone; null = not kept. */
  readonly storedTable: (hash: string) => RoutingTable | null;
  readonly monotonicMs: () => number;
  /** Lets everything else have its turn. */
  readonly pause: () => Promise<void>;
}

/** Of one slice: reading, deciding and booking. The event loop of an idle daemon is that late now and then as well. */
const SLICE_MS = 4;
/** 100 rows take 2 ms on a quick machine and 20 on a slow and busy one, so their number follows what the last ones took. */
const FIRST_ROWS = 50;
const LEAST_ROWS = 10;
const MOST_ROWS = 200;

function rowsNext(rows: number, tookMs: number): number {
  // In between no more than twice as many: one quick slice tells little.
  const wanted = Math.min(2 * rows, (rows * SLICE_MS) / Math.max(tookMs, 0.1));
  return Math.round(Math.min(MOST_ROWS, Math.max(LEAST_ROWS, wanted)));
}

/** One replay at a time: two would take turns and end later than one after the other. */
export function createTimeMachine(deps: TimeMachineDeps): (input: ReplayInput) => Promise<ReplayBody> {
  let last: Promise<unknown> = Promise.resolve();
  return (input) => {
    const running = last.then(() => replay(deps, input));
    last = running.catch(() => {}); // its asker is told
    return running;
  };
}

async function replay(deps: TimeMachineDeps, input: ReplayInput): Promise<ReplayBody> {
  const { table, options } = await askedTable(deps, input);
  const walk = new HistoryReplay(deps.policy, table, options);
  const known = new Set<string>();
  let query: HistoryQuery | null = {
    limit: FIRST_ROWS,
    ...(input.sinceAtMs === null ? {} : { sinceAtMs: input.sinceAtMs }),
  };
  while (query !== null) {
    const beganMs = deps.monotonicMs();
    const page: HistoryPage = deps.readHistory(query);
    for (const hash of page.tableHashes) {
      if (known.has(hash)) continue;
      known.add(hash);
      walk.know(deps.storedTable(hash)?.targets ?? []);
    }
    for (const step of page.steps) walk.add(step);
    const limit = rowsNext(query.limit, deps.monotonicMs() - beganMs);
    query = page.next === null ? null : { ...query, limit, after: page.next };
    await deps.pause();
  }
  return { ...walk.result(), profile: table.profile, notes: notesOf(options) };
}

/** What whoever reads the figures must know of this question. */
function notesOf({ repriced, decideAt, formerBaseline }: ReplayOptions): readonly string[] {
  const notes = [
    'requests that stay on their model count as they were billed, at the prices of their day; those that move are priced with the prices known now for their hour',
  ];
  if (repriced !== undefined && repriced.size > 0) {
    notes.push(`bills of ${[...repriced].join(', ')} are worked out anew with the prices asked about`);
  }
  if (decideAt !== undefined) {
    notes.push(
      `decided as with decideAt "${decideAt}"; where the history was decided at each request, tasks cannot be told apart any more`,
    );
  }
  if (formerBaseline !== undefined) {
    notes.push('requests that were compared with the configured baseline are compared with the other one');
  }
  return notes;
}
