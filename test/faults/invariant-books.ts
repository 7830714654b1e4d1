// I3 of the fault matrix: the books say what the provider billed. Exact where it told, an estimate that is marked as one
// where it did not, and nothing that may have been billed is without a row that says so.

import type { AttemptRecord } from '../../daemon/protocol/exchange-record.ts';
import type { Bill } from '../support/chaos-upstream.ts';
import { type Expected, type FaultRow, forDialect } from './fault-table.ts';
import { namesOf } from './cell-setup.ts';
import type { CellRun } from './run-row.ts';

/** An estimate may be this far from the bill; short ones a few tokens, and the frame of a call. */
const ESTIMATE_RATIO = 0.1;
const ESTIMATE_TOKENS = 5;
const CALL_TOKENS = 12;

export function tokens(run: CellRun): string[] {
  const [first, second] = namesOf(run.cell);
  const attempts = run.records.flatMap((record) => record.attempts);
  const of = (model: string, bills: readonly Bill[]): string[] =>
    attempts
      .filter((attempt) => attempt.model === model)
      .flatMap((attempt, index) => {
        const bill = bills[index];
        return bill === undefined ? [] : wrongBooks(run.cell.row, attempt, bill);
      });
  return [...of(first, run.firstBills), ...of(second, run.secondBills), ...attempts.flatMap(wrongKind(run))];
}

function wrongBooks({ expected, says, hasHistory }: FaultRow, attempt: AttemptRecord, bill: Bill): string[] {
  const hasCall = says?.calls !== undefined || hasHistory === true;
  const { usage, usageSource, possiblyBilled } = attempt;
  if (
    expected.outcome === 'failed' &&
    expected.isUncertain === true &&
    attempt.status === 'failed' &&
    !possiblyBilled
  ) {
    return ['I3: it may have been billed, and the books do not say so'];
  }
  if (bill.inputTokens === 0) {
    // Nothing was billed. A request that was lost on its way may have been, for all that can be known from here.
    return usage === null || possiblyBilled
      ? []
      : [`I3: ${usage.inputTokens} tokens in the books, none billed`];
  }
  const booked = `${usage?.inputTokens}+${usage?.outputTokens} (${usageSource})`;
  const billed = `${bill.inputTokens}+${bill.outputTokens}`;
  if (bill.isUsageDelivered && attempt.status === 'ok') {
    const isExact = usage?.inputTokens === bill.inputTokens && usage.outputTokens === bill.outputTokens;
    return isExact && usageSource === 'reported' ? [] : [`I3: ${booked} in the books, ${billed} reported`];
  }
  if (usage === null) return [`I3: billed ${billed}, nothing in the books`];
  if (usageSource === 'reported' && !isCounted(expected, bill)) return [`I3: ${booked} is told as reported`];
  if (usageSource === 'estimated' && !possiblyBilled) return ['I3: an estimate is not marked as one'];
  const found: string[] = [];
  // What a vendor adds to the prompt for tools is its own affair, and the simulated one adds nothing.
  if (!hasCall && !isNear(usage.inputTokens, bill.inputTokens))
    found.push(`I3: ${booked} in the books, ${billed} billed`);
  // What nobody saw cannot be estimated: the words of a plain answer of which half arrived, and of half an event.
  const isSeen = bill.isStream && (expected.outcome === 'torn' || expected.outcome === 'served');
  const spare = hasCall ? CALL_TOKENS : ESTIMATE_TOKENS;
  if (isSeen && !isNear(usage.outputTokens, bill.outputTokens, spare)) {
    found.push(`I3: ${booked} in the books, ${billed} billed`);
  }
  return found;
}

/** Google counts in every chunk, Anthropic the prompt in the first event, which is all where no words came. */
function isCounted({ outcome }: Expected, { dialect, isStream }: Bill): boolean {
  if (dialect === 'google-generate') return true;
  return dialect === 'anthropic-messages' && isStream && outcome === 'failed';
}

function isNear(booked: number, billed: number, spare = ESTIMATE_TOKENS): boolean {
  return Math.abs(booked - billed) <= Math.max(spare, ESTIMATE_RATIO * billed);
}

/** The attempt is called what it was. */
function wrongKind({ cell }: CellRun): (attempt: AttemptRecord) => string[] {
  const [first] = namesOf(cell);
  const { expected } = cell.row;
  return ({ model, errorType }) => {
    if (model !== first || expected.outcome !== 'failed') return [];
    const wanted = forDialect(expected.errorType, cell.first);
    return errorType === wanted ? [] : [`the attempt is called ${errorType} instead of ${wanted}`];
  };
}
