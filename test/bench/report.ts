// The result file as text: a table for each case, and every figure beside its goal.

import { alignRows } from '../../daemon/cli/table.ts';
import { judge, type Judgement } from './goals.ts';
import type { CaseResult } from './measure.ts';
import type { TargetResult } from './summarize.ts';
import type { BenchResults } from './results.ts';
import { median } from './statistics.ts';
import type { TargetName } from './targets.ts';

type Column = readonly [title: string, cell: (result: TargetResult) => string];

const COLUMNS: readonly Column[] = [
  ['req/s', ({ figures }) => number(figures.requestsPerS)],
  ['/direct', ({ ofDirect }) => number(ofDirect)],
  ['/pipe', ({ ofPipe }) => number(ofPipe)],
  ['+p50 us', ({ added }) => number(added.p50Us)],
  ['+p99 us', ({ added }) => number(added.p99Us)],
  ['+first token p50', ({ added }) => number(added.firstTokenP50Us)],
  ['p99', ({ added }) => number(added.firstTokenP99Us)],
  ['+per token p50', ({ added }) => number(added.tokenDelayP50Us)],
  ['p99', ({ added }) => number(added.tokenDelayP99Us)],
  ['joined', ({ figures }) => number(figures.joinedRatio)],
  ['CPU ms', ({ figures }) => number(figures.processorMsPerRequest)],
];

/** Only the columns in which somebody has something. */
export function caseTable(result: CaseResult): string {
  const targets = Object.entries(result.targets) as (readonly [TargetName, TargetResult])[];
  const columns = COLUMNS.filter(([, cell]) => targets.some(([, target]) => cell(target) !== ''));
  const head = ['', ...columns.map(([title]) => title)];
  const rows = targets.map(([name, target]) => [name, ...columns.map(([, cell]) => cell(target))]);
  const title = `${result.title} (${result.bodyBytes} B), ${result.connections} at once`;
  return `${title}\n${indented([head, ...rows])}`;
}

const NOISY_DRIFT = 0.3;
const NOISY = ': others were at work on this machine, times mean little, ratios and processor time more';

export function summaryText({ startup, memory, books, machine, cases }: BenchResults): string {
  const lines = [
    `start to ready: ${startup.readyMs} ms (${startup.allReadyMs.join(' ')})`,
    `memory: ${startup.idleMb} MB idle${memory === undefined ? '' : `, ${memory.afterLoadMb} MB after the load`}`,
  ];
  if (books !== undefined) {
    lines.push(
      `books: ${books.recordedRequests} of ${books.requests} requests, ${(100 * books.usageRatio).toFixed(2)} % of the usage, ${(100 * books.coverageRatio).toFixed(2)} % priced, ${books.cacheHits} from the cache`,
    );
  }
  lines.push(`machine: ${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
  const drift = median(cases.map(({ driftRatio }) => driftRatio));
  if (drift > 0) {
    const isNoisy = drift > NOISY_DRIFT ? NOISY : '';
    lines.push(`direct differed by ${(100 * drift).toFixed(0)} % between rounds${isNoisy}`);
  }
  return lines.join('\n');
}

export function judgementTable(results: BenchResults): string {
  const rows = judge(results).map(({ goal, figure, verdict }: Judgement) => [
    verdict,
    goal.title,
    `${number(figure)} ${goal.unit}`.trim(),
    goal.bound === undefined ? '' : `${goal.kind === 'atMost' ? '<=' : '>='} ${goal.bound}`,
    goal.stretch === undefined ? '' : `(${goal.stretch})`,
  ]);
  return indented([['', 'what', 'figure', 'goal', 'stretch'], ...rows]);
}

function indented(rows: readonly (readonly string[])[]): string {
  return alignRows(rows)
    .map((row) => `  ${row}`)
    .join('\n');
}

/** Empty = not measured. */
function number(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}
