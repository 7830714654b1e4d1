import assert from 'node:assert/strict';
import type { BudgetConfig } from '../../../../daemon/config/schema.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { FLASH, OPUS, target } from '../route/route-fixtures.ts';
import { attemptOf, budgetOf, budgetRig, NOON_MS, SUBJECT } from './budget-rig.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('the board of budgets', () => {
  const zone = process.env['TZ'];
  before(() => (process.env['TZ'] = 'UTC'));
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('[B10] starts from what the ledger holds and adds what ends', () => {
    const rig = budgetRig();
    rig.books = new Map([['', { costUsd: 1, tokens: 100 }]]);
    rig.board.configure([budgetOf({ limitUsd: 5 })]);
    rig.end(null, { costUsd: 0.5, tokens: 50 });
    const [state] = rig.board.states().budgets;
    assert.deepEqual([state?.spentUsd, state?.spentTokens, state?.state], [1.5, 150, 'ok']);
  });

  it('[B10] has what another daemon booked that hands over to this one, and stops by it', () => {
    const rig = budgetRig({ limitUsd: 5 }, { scope: 'workspace', limitUsd: 9 });
    rig.end(null, { costUsd: 0.5, tokens: 50 });
    rig.books = new Map(['', 'billing'].map((name) => [name, { costUsd: 6, tokens: 600 }]));
    rig.board.refuseEarly(SUBJECT);
    rig.board.recount();
    assert.deepEqual(
      rig.board.states().budgets.map(({ spentUsd, spentTokens }) => [spentUsd, spentTokens]),
      [
        [6, 600],
        [6, 600],
      ],
    );
    assert.throws(() => rig.board.refuseEarly(SUBJECT), /is used up/);
  });

  it('[B10] counts failed and cancelled attempts and the grading', () => {
    const rig = budgetRig({ limitUsd: 5 });
    const attempts = [
      { ...attemptOf(0.1, 10), status: 'failed' as const },
      { ...attemptOf(0.2, 20), status: 'cancelled' as const },
    ];
    rig.end(null, {}, { attempts, classifierCostUsd: 0.01 });
    const [state] = rig.board.states().budgets;
    assert.deepEqual([state?.spentUsd.toFixed(4), state?.spentTokens], ['0.3100', 30]);
  });

  it('[B10] starts again from nothing in the next period, and counts there what began in it', async () => {
    const rig = budgetRig({ limitUsd: 1 });
    rig.end(null, { costUsd: 2 });
    assert.throws(() => rig.board.refuseEarly(SUBJECT), /is used up/);
    await rig.clock.advance(12 * HOUR_MS);
    rig.board.refuseEarly(SUBJECT);
    rig.end(null, { costUsd: 7 }, { startedAt: new Date(NOON_MS + 11 * HOUR_MS).toISOString() });
    rig.end(null, { costUsd: 0.25 });
    const [state] = rig.board.states().budgets;
    assert.deepEqual(
      [state?.spentUsd, state?.resetsAt],
      [0.25, new Date(NOON_MS + 1.5 * DAY_MS).toISOString()],
    );
  });

  it('[B10] counts a conversation that is new once, whether the ledger or the board saw it first', () => {
    const rig = budgetRig({ scope: 'conversation', limitUsd: 1 });
    rig.end(null, { costUsd: 0.4 });
    rig.end(null, { costUsd: 0.4 });
    rig.board.refuseEarly(SUBJECT);
    rig.end(null, { costUsd: 0.4 });
    assert.throws(() => rig.board.refuseEarly(SUBJECT), /"conversation:c_1, 1 USD a day" is used up/);
    rig.board.refuseEarly({ ...SUBJECT, conversationId: 'c_2' });
  });

  it('knows a conversation by the name that its client gave it', () => {
    const rig = budgetRig(
      { scope: 'conversation:1', limitUsd: 1 },
      { scope: 'conversation:c_1', limitUsd: 9 },
    );
    rig.end(null, { costUsd: 2 });
    assert.deepEqual(
      rig.board.states().budgets.map(({ spentUsd }) => spentUsd),
      [2, 2],
    );
  });

  it('[B10] keeps what was spent when the list is replaced', () => {
    const rig = budgetRig({ limitUsd: 1 });
    rig.end(null, { costUsd: 2, tokens: 7 });
    rig.board.configure([budgetOf({ limitUsd: 3 }), budgetOf({ limitTokens: 5 })]);
    assert.deepEqual(
      rig.board.states().budgets.map(({ spentUsd, state }) => [spentUsd, state]),
      [
        [2, 'ok'],
        [2, 'block'],
      ],
    );
  });

  it('[B10] lets nothing pass while nobody knows what was spent, and asks again a second later', async () => {
    const rig = budgetRig();
    rig.books = new Error('cannot open ledger.db');
    rig.board.configure([
      budgetOf({ limitUsd: 5 }),
      budgetOf({ limitUsd: 5, onReach: 'downgrade', scope: 'client' }),
    ]);
    assert.throws(() => rig.board.refuseEarly(SUBJECT), /nobody knows how much.*cannot open ledger\.db/);
    const refused = await rig.admit().catch((error: unknown) => error);
    assert.ok(refused instanceof RouterError && refused.code === 'budget.exceeded');
    const [unknown] = rig.board.states().budgets;
    assert.deepEqual([unknown?.state, unknown?.error], ['block', 'cannot open ledger.db']);
    rig.books = new Map([['', { costUsd: 1, tokens: 1 }]]);
    await rig.clock.advance(1000);
    rig.board.refuseEarly(SUBJECT);
    assert.equal(rig.board.states().budgets[0]?.spentUsd, 1);
  });

  it('[B10] says once per period that a budget is reached', async () => {
    const rig = budgetRig({ limitUsd: 1, onReach: 'warn' });
    const notes = [0.6, 0.6, 0.6].map((costUsd) => rig.end(null, { costUsd }).length);
    assert.deepEqual(notes, [0, 1, 0]);
    await rig.clock.advance(DAY_MS);
    assert.equal(rig.end(null, { costUsd: 1 }).length, 1);
    assert.equal(rig.warnings.length, 2);
  });

  describe('pressure', () => {
    const at = (costUsd: number, atMs: number = NOON_MS): number => {
      const rig = budgetRig();
      rig.clock.jumpWall(atMs - NOON_MS);
      rig.board.configure([budgetOf({ limitUsd: 10, onReach: 'downgrade' })]);
      rig.end(null, { costUsd });
      return rig.board.pressure(SUBJECT, rig.clock.now())?.pressure ?? 0;
    };

    it('[B10] is nothing while less is used up than of the day is over', () => {
      assert.deepEqual([at(0), at(5)], [0, 0]); // noon: half of the day
      assert.ok(at(5.1) > 0);
    });

    it('[B10] begins at three quarters of the limit at the latest, and not in its first quarter', () => {
      const [morning, evening] = [NOON_MS - 12 * HOUR_MS, NOON_MS + 11.9 * HOUR_MS];
      assert.deepEqual([at(2.5, morning), at(7.5, evening)], [0, 0]);
      assert.ok(at(2.6, morning) > 0 && at(7.6, evening) > 0);
    });

    it('[B10] rises to 1 at the limit without a step', () => {
      const path = Array.from({ length: 51 }, (_, index) => at(5 + index / 10));
      const steps = path.slice(1).map((value, index) => value - (path[index] ?? 0));
      assert.deepEqual([path[0], path.at(-1)], [0, 1]);
      assert.ok(Math.max(...steps) < 0.03 && Math.min(...steps) > 0);
    });

    it('counts what runs, so that a burst leans as well', async () => {
      const rig = budgetRig({ limitUsd: 0.1, onReach: 'downgrade' });
      for (let count = 0; count < 8; count++) await rig.admit();
      assert.ok((rig.board.pressure(SUBJECT, NOON_MS)?.pressure ?? 0) > 0.5);
    });

    it('is that of the budget that presses most', () => {
      const rig = budgetRig(
        { limitUsd: 10, onReach: 'downgrade' },
        { scope: 'workspace:billing', limitUsd: 7, onReach: 'downgrade' },
        { limitUsd: 1, onReach: 'warn' },
      );
      rig.end(null, { costUsd: 6 });
      assert.equal(rig.board.pressure(SUBJECT, NOON_MS)?.budget, 'workspace:billing, 7 USD a day');
      assert.equal(
        rig.board.pressure({ ...SUBJECT, workspaceId: null }, NOON_MS)?.budget,
        'all, 10 USD a day',
      );
    });

    it('is whole for a limit of nothing', () => {
      const rig = budgetRig({ limitUsd: 0, onReach: 'downgrade' });
      assert.equal(rig.board.pressure(SUBJECT, NOON_MS)?.pressure, 1);
    });
  });

  it('leaves out a model whose own budget is used up until it starts again', () => {
    const rig = budgetRig(
      { scope: 'model:flash', limitTokens: 5 },
      { scope: 'provider:gamma', limitTokens: 0 },
    );
    rig.end(null, { tokens: 6 });
    const closed = rig.board.closedModels(SUBJECT, [FLASH, OPUS, target('other')], NOON_MS);
    assert.deepEqual(
      closed.map(({ model, retryAtMs }) => [model, retryAtMs]),
      [
        ['flash', NOON_MS + 12 * HOUR_MS],
        ['opus', NOON_MS + 12 * HOUR_MS],
      ],
    );
  });

  it('leaves out a model without a price only where a budget in USD blocks', () => {
    const unpriced = target('mystery', { price: null });
    const closed = (budget: Partial<BudgetConfig>) =>
      budgetRig(budget).board.closedModels(SUBJECT, [unpriced], NOON_MS).length;
    assert.deepEqual(
      [
        closed({ limitUsd: 5 }),
        closed({ limitTokens: 5 }),
        closed({ limitUsd: 5, onReach: 'downgrade' }),
        closed({ scope: 'workspace:elsewhere', limitUsd: 5 }),
      ],
      [1, 0, 0, 0],
    );
  });

  it('[B10] shows of each one for itself the largest, those of before the start included', () => {
    const rig = budgetRig();
    rig.books = new Map([
      ['old', { costUsd: 3, tokens: 1 }],
      ['billing', { costUsd: 1, tokens: 1 }],
    ]);
    rig.board.configure([budgetOf({ scope: 'workspace', limitUsd: 4 })]);
    const shown = () => {
      const [state] = rig.board.states().budgets;
      return [state?.spentUsd, ...(state?.instances ?? []).map(({ scope, state: own }) => `${scope} ${own}`)];
    };
    assert.deepEqual(shown(), [3, 'workspace:old ok', 'workspace:billing ok']);
    rig.end(null, { costUsd: 3.5 });
    assert.deepEqual(shown(), [4.5, 'workspace:billing block', 'workspace:old ok']);
    const { reads } = rig;
    shown();
    assert.equal(rig.reads, reads);
  });

  it('asks the ledger once per account and not per request', () => {
    const rig = budgetRig({ limitUsd: 5 }, { limitTokens: 5 });
    for (let count = 0; count < 20; count++) rig.end(null, { costUsd: 0.01 });
    assert.equal(rig.reads, 1);
  });

  it('holds a bounded number of accounts, whatever clients call their conversations', () => {
    const rig = budgetRig({ scope: 'conversation', limitUsd: 5 });
    for (let count = 0; count < 10_050; count++) {
      rig.board.pressure({ ...SUBJECT, conversationId: `c_${count}` }, NOON_MS);
      rig.board.refuseEarly({ ...SUBJECT, conversationId: `c_${count}` });
    }
    const before = rig.reads;
    rig.board.refuseEarly({ ...SUBJECT, conversationId: 'c_0' });
    assert.equal(rig.reads, before + 1);
  });
});
