import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { HistoryPage, HistoryPlace } from '../../../../daemon/ledger/history-steps.ts';
import type { HistoryStep } from '../../../../daemon/ledger/replay-history.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { NOON_MS, at, decision, exchange, ledgerAt, lockFile, unpriced } from './ledger-fixtures.ts';
import { input } from './replay-rig.ts';

const decided = { ...decision, input: input() };

function all(ledger: SqliteLedger, limit: number, sinceAtMs?: number): readonly HistoryStep[] {
  const steps: HistoryStep[] = [];
  let after: HistoryPlace | null = null;
  do {
    const since = sinceAtMs === undefined ? {} : { sinceAtMs };
    const page: HistoryPage = ledger.history({ limit, ...since, ...(after === null ? {} : { after }) });
    steps.push(...page.steps);
    after = page.next;
  } while (after !== null);
  return steps;
}

describe('stored rows as a history', () => {
  const folder = temporaryFolder();

  it('[C4] hold what the policy was given, what it chose, and what was billed', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    const baseline = {
      usage: { ...exchange('x').usage!, inputTokens: 1500 },
      prices: {
        inputUsdPerMtok: 4,
        outputUsdPerMtok: 20,
        cacheReadUsdPerMtok: 0.2,
        cacheWriteUsdPerMtok: 5,
        source: 's',
        asOf: 'd',
      },
    };
    ledger.append(exchange('x_1', { decision: { ...decided, chosen: 'first' }, baseline }));
    await ledger.flush();
    const page: HistoryPage = ledger.history({ limit: 10 });
    const [step] = page.steps;
    assert.ok(step !== undefined);
    const { taskType, complexity, confidence, needsStronger, needsStrongest } = decision.classification;
    const { classification, ...rest } = step.input ?? assert.fail('no input');
    const { classification: _, ...stored } = decided.input;
    assert.deepEqual({ ...rest, plan: undefined }, { ...stored, plan: undefined });
    assert.deepEqual(classification, { taskType, complexity, confidence, needsStronger, needsStrongest });
    assert.deepEqual(
      [step.conversationId, step.plannedModel, step.servedModel, step.costUsd, step.classifierCostUsd],
      ['c_1', 'first', 'flash', 0.011, 0.001],
    );
    assert.deepEqual([step.baselineModel, step.baselineCostUsd, step.cache], ['opus', 0.05, 'miss']);
    assert.deepEqual(step.usage, exchange('x').usage);
    assert.deepEqual(step.baseline, baseline);
    assert.deepEqual([...page.tableHashes], [decision.tableHash]);
    assert.equal(page.next, null);
    await ledger.close();
  });

  it('leave the stored decision as it was', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1', { decision: decided }));
    await ledger.flush();
    assert.deepEqual(ledger.exchange('x_1')?.decision, decided);
    await ledger.close();
  });

  it('come in the order of time, each once, whatever the size of a page', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    const times = [3, 1, 2, 2, 2, 5, 4].map((minutes) => NOON_MS + minutes * 60_000);
    for (const [index, atMs] of times.entries()) {
      const own = { ...decided, input: input({ atMs }), conversationId: `c_${index}` };
      ledger.append(exchange(`x_${index}`, { ...at(atMs), conversationId: `c_${index}`, decision: own }));
    }
    const expected = ['c_1', 'c_2', 'c_3', 'c_4', 'c_0', 'c_6', 'c_5'];
    for (const limit of [1, 2, 7, 100]) {
      assert.deepEqual(
        all(ledger, limit).map(({ conversationId }) => conversationId),
        expected,
      );
    }
    const late = all(ledger, 2, NOON_MS + 3 * 60_000);
    assert.deepEqual(
      late.map(({ conversationId }) => conversationId),
      ['c_0', 'c_6', 'c_5'],
    );
    await ledger.close();
  });

  it('hold rows without a decision, an answer or a price, and those that the file did not take yet', async () => {
    const path = folder.file('ledger.db');
    const { ledger } = ledgerAt(path);
    ledger.append(exchange('x_1', { decision: null, usage: null, responseModel: null, ...unpriced }));
    await ledger.flush();
    const unlock = lockFile(path);
    ledger.append(exchange('x_2', { decision: decided, conversationId: 'c_2' }));
    const [first, second] = all(ledger, 1);
    unlock();
    assert.deepEqual(
      [first?.input, first?.usage, first?.costUsd, first?.servedModel],
      [null, null, null, null],
    );
    assert.equal(second?.conversationId, 'c_2');
    await ledger.close();
  });

  it('read rows of older versions, whose input lacks what is kept beside it now', async () => {
    const path = folder.file('ledger.db');
    const { ledger } = ledgerAt(path);
    for (const id of ['x_1', 'x_2', 'x_3']) ledger.append(exchange(id, { decision: decided }));
    await ledger.close();
    const { classification: _, ...bare } = decided.input;
    const database = new DatabaseSync(path);
    database.prepare('UPDATE exchange_details SET decision_input = ? WHERE id = 1').run(JSON.stringify(bare));
    database
      .prepare('UPDATE exchange_details SET decision_input = NULL, decision = ? WHERE id = 2')
      .run(JSON.stringify(decided));
    database.close();
    const { ledger: again } = ledgerAt(path);
    const steps = all(again, 10);
    for (const step of steps.slice(0, 2)) assert.deepEqual(step.input, decided.input);
    assert.deepEqual(
      steps.map(({ plannedModel }) => plannedModel),
      ['flash', 'flash', 'flash'],
    );
    await again.close();
  });
});
