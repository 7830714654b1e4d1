import assert from 'node:assert/strict';
import {
  budgetBar,
  changedBudgets,
  draftOf,
  EMPTY_DRAFT,
  entryOf,
  readDraft,
} from '../../../../extension/dashboard/budget-bars.ts';
import { NOW_MS, richBudgets } from '../../../dashboard/analysis-data.ts';

const { budgets } = richBudgets();
const bars = budgets.map((budget) => budgetBar(budget, NOW_MS));
const [everything, workspace, eachClient, unknown] = bars;

describe('budgets', () => {
  it('[A52] shows a daily quota of 50,000 tokens with what is used of it', () => {
    const quota = {
      scope: 'all',
      period: 'day',
      limitTokens: 50_000,
      onReach: 'block',
      spentUsd: 0,
      spentTokens: 12_500,
      resetsAt: new Date(NOW_MS + 3_600_000).toISOString(),
      state: 'ok',
      pressure: 0,
    } as const;
    const bar = budgetBar(quota, NOW_MS);
    assert.equal(bar.title, 'Everything, 50,000 tokens a day');
    assert.equal(bar.spentText, '12.5 k of 50,000 tokens (25.0 %)');
    assert.equal(bar.fillRatio, 0.25);
    assert.match(bar.resetsText, /^starts again in 1 h, /);
  });

  it('says what a budget does now and what it will do', () => {
    assert.equal(everything?.stateText, 'Within the limit; says so when it is reached.');
    assert.equal(workspace?.stateWord, 'Running out');
    assert.match(workspace?.stateText ?? '', /leans to cheaper models, 50\.0 % of the way/);
    assert.equal(eachClient?.stateText, 'Reached: requests are refused until it starts again.');
  });

  it('fills a bar once and says how far the limit was passed', () => {
    assert.equal(eachClient?.fillRatio, 1);
    assert.match(eachClient?.spentText ?? '', /\(102\.4 %\)$/);
  });

  it('lists each one that has the limit for itself', () => {
    assert.equal(eachClient?.title, 'Each client, 50,000 tokens a week');
    assert.deepEqual(
      eachClient?.instances.map(({ name, tone }) => [name, tone]),
      [
        ['claude-code', 'bad'],
        ['opencode', 'good'],
      ],
    );
  });

  it('says that the spending is unknown where the books cannot be read, and draws nothing', () => {
    assert.equal(unknown?.isSpentKnown, false);
    assert.equal(unknown?.stateWord, 'Unknown');
    assert.equal(unknown?.spentText, 'spent unknown, of $20.00');
    assert.equal(unknown?.fillRatio, 0);
    assert.match(unknown?.stateText ?? '', /^Nobody knows what was spent: the ledger cannot be read/);
  });

  it('counts a limit of nothing as full at once', () => {
    const [budget] = budgets;
    assert.ok(budget !== undefined);
    assert.equal(budgetBar({ ...budget, limitUsd: 0 }, NOW_MS).fillRatio, 1);
  });

  it('reads what was typed', () => {
    assert.deepEqual(readDraft({ ...EMPTY_DRAFT, limit: '$2.50' }), {
      budget: { scope: 'all', period: 'day', limitUsd: 2.5, onReach: 'warn' },
    });
    assert.deepEqual(
      readDraft({
        ...EMPTY_DRAFT,
        kind: 'workspace',
        name: ' billing-api ',
        limit: '50,000',
        unit: 'tokens',
      }),
      { budget: { scope: 'workspace:billing-api', period: 'day', limitTokens: 50_000, onReach: 'warn' } },
    );
    const each = readDraft({ ...EMPTY_DRAFT, kind: 'client', limit: '1' });
    assert.ok('budget' in each && each.budget.scope === 'client');
  });

  it('says at which field something is missing', () => {
    assert.deepEqual(readDraft({ ...EMPTY_DRAFT, limit: 'much' }), {
      field: 'limit',
      problem: 'Write the limit as a number, such as 5 or 2.50.',
    });
    assert.deepEqual(readDraft({ ...EMPTY_DRAFT, kind: 'model', limit: '5' }), {
      field: 'name',
      problem: 'Name the model that this budget is for.',
    });
    assert.ok('problem' in readDraft({ ...EMPTY_DRAFT, limit: '1.5', unit: 'tokens' }));
  });

  it('fills the form with what is configured, and reads the same back', () => {
    for (const budget of budgets) {
      assert.deepEqual(readDraft(draftOf(budget)), { budget: entryOf(budget) });
    }
  });

  it('changes one budget and leaves the others as they are', () => {
    const [first, second] = budgets;
    assert.ok(first !== undefined && second !== undefined);
    const next = { ...entryOf(second), limitUsd: 9 };
    const changed = changedBudgets(budgets, entryOf(second), next);
    assert.deepEqual(
      changed?.map(({ limitUsd }) => limitUsd),
      [5, 9, undefined, 20],
    );
    assert.equal(changedBudgets(budgets, entryOf(first), null)?.length, 3);
    assert.equal(changedBudgets(budgets, null, next)?.length, 5);
    assert.ok(changed?.every((entry) => !('spentUsd' in entry)));
  });

  it('changes nothing when the budget is not there any more', () => {
    const gone = { scope: 'all', period: 'month', limitUsd: 1, onReach: 'warn' } as const;
    assert.equal(changedBudgets(budgets, gone, null), null);
  });
});
