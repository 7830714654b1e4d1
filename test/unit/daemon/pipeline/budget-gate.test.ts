import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { RouterError } from '../../../../daemon/errors.ts';
import type { Admission } from '../../../../daemon/pipeline/budget-gate.ts';
import { FLASH, OPUS, target } from '../route/route-fixtures.ts';
import { budgetOf, budgetRig, type BudgetRig } from './budget-rig.ts';

/** What became of an admission so far: everything that may settle has settled. */
async function stateOf(admission: Promise<Admission>): Promise<Admission | Error | 'waits'> {
  const turns = (async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    return 'waits' as const;
  })();
  return await Promise.race([admission.catch((error: unknown) => error as Error), turns]);
}

/** After this the model is known, and what a request of the rig can cost at most is 0.00065 USD. */
async function warmUp(rig: BudgetRig): Promise<void> {
  rig.end(await rig.admit(), { costUsd: 0.0001, tokens: 10 });
}

const isAdmission = (state: Admission | Error | 'waits'): state is Admission =>
  state !== 'waits' && !(state instanceof Error);

describe('the gate of budgets that block', () => {
  it('[B10] lets requests run side by side as long as the most that they can cost fits', async () => {
    const rig = budgetRig({ limitUsd: 0.0016 });
    await warmUp(rig);
    const [a, b, c] = [rig.admit(), rig.admit(), rig.admit()];
    assert.ok(isAdmission(await stateOf(a)) && isAdmission(await stateOf(b)));
    assert.equal(await stateOf(c), 'waits');
    rig.end(await a, { costUsd: 0.0001 });
    assert.ok(isAdmission(await stateOf(c)));
  });

  it('[B10] lets the one that is alone go while anything is left', async () => {
    const rig = budgetRig({ limitUsd: 0.0001 });
    const admission = await rig.admit();
    rig.end(admission, { costUsd: 0.5 });
    const refused = await stateOf(rig.admit());
    assert.ok(refused instanceof RouterError && refused.code === 'budget.exceeded');
  });

  it('[B10] runs one at a time what a model that has not answered yet may use', async () => {
    const rig = budgetRig({ limitUsd: 0.02 });
    const first = await rig.admit();
    const second = rig.admit();
    assert.equal(await stateOf(second), 'waits');
    rig.end(first, { costUsd: 0.0001, tokens: 10 });
    assert.ok(isAdmission(await stateOf(second)));
  });

  it('[B10] refuses those that wait when the limit is reached meanwhile', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    const first = await rig.admit();
    const second = rig.admit();
    rig.end(first, { costUsd: 0.002 });
    const refused = await stateOf(second);
    assert.ok(refused instanceof RouterError);
    assert.match(refused.message, /"all, 0\.001 USD a day" is used up \(0\.002 USD spent\)/);
  });

  it('follows bills that are above what was thought possible', async () => {
    const rig = budgetRig({ limitUsd: 0.1 });
    rig.end(await rig.admit(), { costUsd: 0.02, tokens: 10 });
    const admissions = Array.from({ length: 10 }, () => rig.admit());
    const states = await Promise.all(admissions.map(stateOf));
    assert.equal(states.filter(isAdmission).length, 3); // of 0.08 USD, at 0.022 each
  });

  it('does not hold up what costs nothing', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    await rig.admit();
    const free = target('home', { billing: 'free', price: null });
    assert.ok(isAdmission(await stateOf(rig.admit({ target: free }))));
  });

  it('is not held up by what costs nothing either', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    await rig.admit({ target: target('home', { billing: 'free', price: null }) });
    assert.ok(isAdmission(await stateOf(rig.admit())));
  });

  it('[A52] counts the tokens of what costs nothing', async () => {
    const rig = budgetRig({ limitTokens: 5000 });
    const free = target('home', { billing: 'free', price: null });
    await rig.admit({ target: free });
    assert.equal(await stateOf(rig.admit({ target: free })), 'waits');
  });

  it('gives nothing of a workspace’s to another one, and holds nobody of another one up', async () => {
    const rig = budgetRig({ scope: 'workspace', limitUsd: 0.001 });
    await rig.admit({ subject: { workspaceId: 'a' } });
    assert.equal(await stateOf(rig.admit({ subject: { workspaceId: 'a' } })), 'waits');
    assert.ok(isAdmission(await stateOf(rig.admit({ subject: { workspaceId: 'b' } }))));
    assert.ok(isAdmission(await stateOf(rig.admit({ subject: { workspaceId: null } }))));
  });

  it('lets nobody pass a large request that waits longer', async () => {
    const rig = budgetRig({ limitUsd: 0.002 });
    await warmUp(rig);
    const running = await rig.admit();
    const large = rig.admit({ maxOutputTokens: 30_000 });
    const small = rig.admit();
    assert.deepEqual([await stateOf(large), await stateOf(small)], ['waits', 'waits']);
    rig.end(running, { costUsd: 0.0001 });
    assert.ok(isAdmission(await stateOf(large)));
    assert.equal(await stateOf(small), 'waits');
  });

  it('lets those behind a large request pass when its client leaves', async () => {
    const rig = budgetRig({ limitUsd: 0.002 });
    await warmUp(rig);
    await rig.admit();
    const leaving = new AbortController();
    const large = rig.admit({ maxOutputTokens: 30_000, signal: leaving.signal });
    const small = rig.admit();
    leaving.abort(new RouterError('client.closed', 'the client left'));
    assert.ok((await stateOf(large)) instanceof RouterError);
    assert.ok(isAdmission(await stateOf(small)));
  });

  it('forgets a client that leaves while it waits, and lets the next one go', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    const running = await rig.admit();
    const leaving = new AbortController();
    const gone = rig.admit({ signal: leaving.signal });
    const next = rig.admit();
    leaving.abort(new RouterError('client.closed', 'the client left'));
    assert.ok((await stateOf(gone)) instanceof RouterError);
    running.release();
    assert.ok(isAdmission(await stateOf(next)));
    assert.equal(rig.clock.pendingTimers(), 0);
  });

  it('sends one that has waited for a minute away, and tells when to come back', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    await rig.admit();
    const waiting = rig.admit();
    const ended = waiting.catch((error: unknown) => error);
    await rig.clock.advance(60_000);
    const error = await ended;
    assert.ok(error instanceof RouterError);
    assert.deepEqual([error.code, error.statusCode, error.retryAfterMs], ['router.overloaded', 429, 1000]);
    assert.match(error.message, /"all, 0\.001 USD a day" has 0\.001 USD left/);
  });

  it('lets those that wait go when the limit is raised', async () => {
    const rig = budgetRig({ limitUsd: 0.001 });
    await rig.admit();
    const waiting = rig.admit();
    assert.equal(await stateOf(waiting), 'waits');
    rig.board.configure([budgetOf({ limitUsd: 50 })]);
    assert.ok(isAdmission(await stateOf(waiting)));
  });

  it('counts what runs already when a budget is new', async () => {
    const rig = budgetRig();
    await rig.admit();
    rig.board.configure([budgetOf({ limitUsd: 0.001 })]);
    assert.equal(await stateOf(rig.admit()), 'waits');
  });

  it('gives a further model room only beside the others that run', async () => {
    const rig = budgetRig({ limitUsd: 0.01 });
    await warmUp(rig);
    const alone = await rig.admit();
    assert.equal(alone.tryAlso(FLASH), null);
    assert.equal(alone.tryAlso(OPUS), null);
    alone.release();
    const [one] = [await rig.admit(), await rig.admit()];
    assert.match(one?.tryAlso(OPUS) ?? '', /has no room for it beside the requests that run now/);
  });

  it('refuses a model without a price under a limit in USD, and not under one in tokens', async () => {
    const unpriced = target('mystery', { price: null });
    const refused = await stateOf(budgetRig({ limitUsd: 5 }).admit({ target: unpriced }));
    assert.ok(refused instanceof RouterError);
    assert.match(refused.message, /^mystery has no price.*models\["mystery"\]\.price/);
    assert.ok(isAdmission(await stateOf(budgetRig({ limitTokens: 5 }).admit({ target: unpriced }))));
  });

  it('[B10] never passes a limit by more than one request, whatever runs, ends, fails and leaves', async () => {
    const step = fc.record({
      does: fc.constantFrom('ask', 'ask', 'end', 'end', 'fail', 'leave'),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      tokens: fc.constantFrom(10, 100, 1000, 30_000),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 120 }),
        fc.double({ min: 1e-5, max: 0.02, noNaN: true }),
        async (steps, limitUsd) => {
          const rig = budgetRig({ limitUsd });
          const running: { readonly admission: Admission; readonly boundUsd: number }[] = [];
          const waiting: AbortController[] = [];
          let spentUsd = 0;
          let largestUsd = 0;
          for (const { does, share, tokens } of steps) {
            if (does === 'ask') {
              const leaving = new AbortController();
              waiting.push(leaving);
              const boundUsd = (1000 * 1.25 + 256) * 1e-7 + tokens * 5e-7;
              rig.admit({ maxOutputTokens: tokens, signal: leaving.signal }).then(
                (admission) => running.push({ admission, boundUsd }),
                () => {},
              );
            } else if (does === 'leave') {
              waiting.shift()?.abort(new RouterError('client.closed', 'left'));
            } else {
              const ended = running.splice(Math.floor(share * running.length), 1)[0];
              if (ended === undefined) continue;
              const costUsd = does === 'fail' ? 0 : share * ended.boundUsd;
              spentUsd += costUsd;
              largestUsd = Math.max(largestUsd, costUsd);
              rig.end(ended.admission, { costUsd, tokens: 1 });
            }
            for (let turn = 0; turn < 5; turn++) await Promise.resolve();
          }
          for (const { admission, boundUsd } of running) {
            spentUsd += boundUsd;
            largestUsd = Math.max(largestUsd, boundUsd);
            rig.end(admission, { costUsd: boundUsd, tokens: 1 });
          }
          assert.ok(spentUsd <= limitUsd + largestUsd + 1e-12, `${spentUsd} of ${limitUsd}`);
        },
      ),
      { numRuns: 150 },
    );
  });
});
