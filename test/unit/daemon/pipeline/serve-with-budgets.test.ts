// Budgets and consent along the request path: when each is asked, and what is never called because of them.

import assert from 'node:assert/strict';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { BudgetBoard } from '../../../../daemon/pipeline/budget-board.ts';
import { serveExchange } from '../../../../daemon/pipeline/serve-exchange.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { chatBody } from '../../../support/fake-upstream.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { classification } from '../route/route-fixtures.ts';
import { budgetOf } from './budget-rig.ts';
import {
  ask,
  ESCALATION,
  fakeClient,
  fixedClassifier,
  plain,
  rig,
  tableOf,
  wireUsage,
  LARGE,
  SMALL,
} from './pipeline-rig.ts';
import type { FakeClient, Rig, Step } from './pipeline-rig.ts';

const ELIDED =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  // TODO: implement\n}\n```';

function boardOf(...budgets: readonly Parameters<typeof budgetOf>[0][]): BudgetBoard {
  const board = new BudgetBoard({ readSpent: () => new Map(), clock: createVirtualClock(), log: silentLog });
  board.configure(budgets.map(budgetOf));
  return board;
}

async function serve(
  r: Rig,
  body: unknown = ask(),
  headers: ReadonlyMap<string, string> = new Map(),
): Promise<FakeClient> {
  const client = fakeClient();
  await serveExchange(r.deps, r.wire(body, { dialect: openAiChat, headers }), client);
  return client;
}

const answer = plain(chatBody('ok', { usage: wireUsage(1000, 100) }));
const weak = plain(chatBody(ELIDED, { usage: wireUsage(1000, 100) }));
const WRITE = ask('Write a TypeScript function that sums a list of numbers.');

describe('the request path with budgets', () => {
  it('[B10] spends nothing on grading a request that cannot pass', async () => {
    let graded = 0;
    const classifier = {
      name: 'counting',
      classify: () => ((graded += 1), { classification: classification('simple'), costUsd: 0.01 }),
    };
    const budgets = boardOf({ limitUsd: 0 });
    const r = rig({ deps: { budgets, classifier } });
    const client = await serve(r);
    assert.deepEqual([client.error?.code, graded, r.attempts.length], ['budget.exceeded', 0, 0]);
    assert.equal(r.records[0]?.errorType, 'budget.exceeded');
  });

  it('[B10] counts what grading cost', async () => {
    const budgets = boardOf({ limitUsd: 5 });
    await serve(rig({ script: [answer], deps: { budgets, classifier: fixedClassifier('simple', 0.01) } }));
    assert.equal(budgets.states().budgets[0]?.spentUsd.toFixed(6), '0.011200');
  });

  it('[B10] gives back what it held, however the exchange ends', async () => {
    const budgets = boardOf({ limitUsd: 5 });
    const failing = plain('no answer at all');
    for (const script of [[answer], [failing, failing], []]) {
      await serve(rig({ script, deps: { budgets } }));
    }
    budgets.configure([budgetOf({ limitUsd: 0.002 })]);
    const client = await serve(rig({ script: [answer], deps: { budgets } }));
    assert.equal(client.status, 200); // alone: nobody else holds anything
  });

  it('notes in the record which budget the exchange brought to its limit', async () => {
    const r = rig({ script: [answer], deps: { budgets: boardOf({ limitUsd: 0.001, onReach: 'warn' }) } });
    await serve(r);
    assert.match(r.records[0]?.warnings.join(' ') ?? '', /the budget "all, 0\.001 USD a day" is reached/);
  });

  describe('that asks before dearer models', () => {
    const asking = (...script: readonly Step[]): Rig => {
      const snapshot = () => ({
        table: tableOf([SMALL, LARGE]),
        connections: new Map(),
        decideAt: 'task' as const,
        escalation: ESCALATION,
        metadata: 'headers' as const,
        dearerFallback: 'ask' as const,
      });
      return rig({ script, deps: { snapshot } });
    };
    const session = new Map([['x-pointsman-conversation', 'one']]);

    it('[B10] serves a weak answer with its warning instead of asking a dearer model', async () => {
      const r = asking(weak);
      const client = await serve(r, WRITE);
      assert.deepEqual([client.status, r.attempts.length], [200, 1]);
      const warnings = r.records[0]?.warnings.join('; ') ?? '';
      assert.match(warnings, /large was not asked: it is expected to cost/);
      assert.match(warnings, /small left 1 place of its code unwritten/);
    });

    it('[B10] asks it when the client agrees', async () => {
      const r = asking(weak, answer);
      await serve(r, WRITE, new Map([['x-pointsman-allow-dearer', '1']]));
      assert.deepEqual(
        r.attempts.map(({ target }) => target.id),
        ['small', 'large'],
      );
    });

    it('[B10] leaves a task that goes badly where it is', async () => {
      const r = asking(weak, answer);
      await serve(r, WRITE, session);
      await serve(r, WRITE, session); // the same turn again, after a weak answer
      assert.deepEqual(
        r.attempts.map(({ target }) => target.id),
        ['small', 'small'],
      );
    });
  });
});
