// A board of budgets on a clock that stands still, with a ledger that is a plain list of exchanges.

import type { BudgetConfig } from '../../../../daemon/config/schema.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { Spent } from '../../../../daemon/ledger/spent.ts';
import { BudgetBoard } from '../../../../daemon/pipeline/budget-board.ts';
import type { Admission } from '../../../../daemon/pipeline/budget-gate.ts';
import type { BudgetSubject } from '../../../../daemon/pipeline/budget-scope.ts';
import type { AttemptRecord, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { attempt, exchange } from '../ledger/ledger-fixtures.ts';
import { FLASH } from '../route/route-fixtures.ts';

/** Noon, and not near the end of a week or a month. */
export const NOON_MS = Date.UTC(2026, 10, 18, 12);

export const SUBJECT: BudgetSubject = { client: 'opencode', workspaceId: 'billing', conversationId: 'c_1' };

export interface BudgetRig {
  readonly board: BudgetBoard;
  readonly clock: VirtualClock;
  readonly warnings: readonly string[];
  /** What the books hold, by name of the scope ('' = all); an error = they cannot be read. */
  books: ReadonlyMap<string, Spent> | Error;
  reads: number;
  admit(given?: {
    readonly subject?: Partial<BudgetSubject>;
    readonly target?: ModelTarget;
    readonly maxOutputTokens?: number | null;
    readonly signal?: AbortSignal;
  }): Promise<Admission>;
  /** Ends an exchange with these attempts of `FLASH` and gives back what was held; answers what the record must say. */
  end(
    admission: Admission | null,
    bill: { readonly costUsd?: number | null; readonly tokens?: number },
    changes?: Partial<ExchangeRecord>,
  ): readonly string[];
}

export function budgetOf(budget: Partial<BudgetConfig>): BudgetConfig {
  return { scope: 'all', period: 'day', onReach: 'block', ...budget };
}

export function budgetRig(...budgets: readonly Partial<BudgetConfig>[]): BudgetRig {
  const clock = createVirtualClock(NOON_MS);
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (line: string) => void warnings.push(line), error() {} };
  const rig: BudgetRig = {
    clock,
    warnings,
    books: new Map(),
    reads: 0,
    board: new BudgetBoard({
      clock,
      log,
      readSpent() {
        rig.reads += 1;
        if (rig.books instanceof Error) throw rig.books;
        return rig.books;
      },
    }),
    admit: ({ subject = {}, target = FLASH, maxOutputTokens = 1000, signal } = {}) =>
      rig.board.admit({
        subject: { ...SUBJECT, ...subject },
        target,
        size: { inputTokens: 1000, maxOutputTokens, choiceCount: 1, atMs: clock.now() },
        expectedUsd: 0.01,
        expectedTokens: 1100,
        signal: signal ?? new AbortController().signal,
      }),
    end(admission, { costUsd = 0, tokens = 0 }, changes = {}) {
      const record = exchange('x', {
        startedAt: new Date(clock.now()).toISOString(),
        client: SUBJECT.client,
        workspaceId: SUBJECT.workspaceId,
        conversationId: SUBJECT.conversationId,
        classifierCostUsd: 0,
        attempts: [attemptOf(costUsd, tokens)],
        ...changes,
      });
      const notes = rig.board.book(record, { admission, targets: [FLASH] });
      admission?.release();
      return notes;
    },
  };
  rig.board.configure(budgets.map(budgetOf));
  return rig;
}

export function attemptOf(costUsd: number | null, tokens: number): AttemptRecord {
  const usage = {
    inputTokens: tokens,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    outputTokens: 0,
    reasoningOutputTokens: 0,
  };
  return { ...attempt, model: FLASH.id, provider: FLASH.provider, usage, costUsd };
}
