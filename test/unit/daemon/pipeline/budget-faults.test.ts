// Budgets when the clock is put back and forward, and when what is spent cannot be written down.

import assert from 'node:assert/strict';
import { RouterError } from '../../../../daemon/errors.ts';
import { BudgetBoard } from '../../../../daemon/pipeline/budget-board.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { NOON_MS, SUBJECT, budgetOf, budgetRig } from './budget-rig.ts';

const DAY_MS = 86_400_000;
const spent = (costUsd: number): ReadonlyMap<string, { costUsd: number; tokens: number }> =>
  new Map([['', { costUsd, tokens: 0 }]]);

describe('budgets when the clock is put back', () => {
  it('read from the books what was spent on the day that comes again, and count on from there', async () => {
    const rig = budgetRig({ limitUsd: 1 });
    rig.end(await rig.admit(), { costUsd: 0.4 });
    rig.clock.jumpWall(DAY_MS);
    assert.equal(rig.board.states().budgets[0]?.spentUsd, 0);
    rig.clock.jumpWall(-DAY_MS);
    rig.books = spent(0.4);
    assert.equal(rig.board.states().budgets[0]?.spentUsd, 0.4);
    rig.end(await rig.admit(), { costUsd: 0.6 });
    await assert.rejects(rig.admit(), /the budget/u);
  });

  it('read also the day that had begun too early, when it comes', async () => {
    const rig = budgetRig({ limitUsd: 1 });
    rig.clock.jumpWall(DAY_MS);
    rig.end(await rig.admit(), { costUsd: 0.3 });
    rig.clock.jumpWall(-DAY_MS);
    rig.board.states();
    rig.books = spent(0.3);
    rig.clock.jumpWall(DAY_MS);
    assert.equal(rig.board.states().budgets[0]?.spentUsd, 0.3);
  });

  it('do not read the books at an ordinary midnight', () => {
    const rig = budgetRig({ limitUsd: 1 });
    const { reads } = rig;
    rig.clock.jumpWall(DAY_MS);
    rig.board.states();
    assert.equal(rig.reads, reads);
  });

  it('let nothing pass when the books of the day that comes again cannot be read', async () => {
    const rig = budgetRig({ limitUsd: 1 });
    rig.clock.jumpWall(-DAY_MS);
    rig.books = new Error('the ledger is gone');
    await assert.rejects(rig.admit(), /the ledger is gone/u);
  });
});

describe('budgets when what is spent cannot be written down', () => {
  it('that block let nothing pass and say why; the others do not mind', () => {
    let fault: string | null = null;
    const board = new BudgetBoard({
      readSpent: () => new Map(),
      whyNotKept: () => fault,
      clock: createVirtualClock(NOON_MS),
      log: silentLog,
    });
    board.configure([budgetOf({ limitUsd: 1 })]);
    board.refuseEarly(SUBJECT);
    fault = 'database or disk is full';
    assert.throws(
      () => board.refuseEarly(SUBJECT),
      (error) =>
        error instanceof RouterError &&
        error.code === 'budget.exceeded' &&
        /cannot be written down \(database or disk is full\).*make room/u.test(error.message),
    );
    board.configure([budgetOf({ limitUsd: 1, onReach: 'warn' })]);
    board.refuseEarly(SUBJECT);
  });
});
