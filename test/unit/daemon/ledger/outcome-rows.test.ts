// Outcomes and feedback in the ledger: what readers see, what a restart and a bad disk leave.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { OutcomeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { NOON_MS, exchange, ledgerAt, lockFile } from './ledger-fixtures.ts';

const DAY_MS = 86_400_000;
const OUTCOME: OutcomeRecord = {
  atMs: NOON_MS,
  exchangeId: 'x_1',
  cohort: 'code/short/code/plain',
  model: 'flash',
  tier: 'simple',
  kind: 'completed',
};
const SAID = { exchangeId: 'x_1', verdict: 'bad', reason: 'wrong file', atMs: NOON_MS } as const;

describe('outcomes in the ledger', () => {
  const folder = temporaryFolder();
  let path: string;
  beforeEach(() => {
    path = folder.file('ledger.db');
  });

  it('[A50] come back after a restart with every field, and so does what the user said', async () => {
    const first = ledgerAt(path).ledger;
    first.noteOutcome(OUTCOME);
    first.noteFeedback(SAID);
    await first.close();
    const { ledger } = ledgerAt(path);
    assert.deepEqual(ledger.outcomes({ sinceAtMs: 0 }), { outcomes: [OUTCOME], next: null });
    assert.deepEqual(ledger.feedback('x_1'), SAID);
    await ledger.close();
  });

  it('are seen at once, newest first, and nothing is known of other exchanges', async () => {
    const { ledger } = ledgerAt(path);
    const second = { ...OUTCOME, exchangeId: 'x_2' };
    ledger.noteOutcome(OUTCOME);
    ledger.noteOutcome(second);
    assert.deepEqual(ledger.outcomes({ sinceAtMs: 0 }).outcomes, [second, OUTCOME]);
    assert.equal(ledger.feedback('x_1'), null);
    await ledger.close();
  });

  it('are written in the background with the rows', async () => {
    const { ledger, clock } = ledgerAt(path);
    ledger.noteOutcome(OUTCOME);
    ledger.noteFeedback(SAID);
    const reader = new DatabaseSync(path, { readOnly: true });
    const stored = (): unknown[] =>
      ['outcomes', 'feedback'].map(
        (name) => reader.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.['n'],
      );
    assert.deepEqual(stored(), [0, 0]);
    await clock.advance(150);
    await ledger.flush();
    assert.deepEqual(stored(), [1, 1]);
    reader.close();
    await ledger.close();
  });

  it('are all written when there are more than one transaction takes', async () => {
    const { ledger } = ledgerAt(path);
    for (let index = 0; index < 450; index += 1) {
      ledger.noteOutcome({ ...OUTCOME, exchangeId: `x_${index}` });
      ledger.noteFeedback({ ...SAID, exchangeId: `x_${index}` });
    }
    await ledger.flush();
    const reader = new DatabaseSync(path, { readOnly: true });
    for (const name of ['outcomes', 'feedback']) {
      assert.equal(reader.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.['n'], 450);
    }
    reader.close();
    await ledger.close();
  });

  it('begin at the time that is asked for', async () => {
    const { ledger } = ledgerAt(path);
    for (const day of [3, 2, 1]) {
      ledger.noteOutcome({ ...OUTCOME, exchangeId: `x_${day}`, atMs: NOON_MS - day * DAY_MS });
    }
    const ids = ledger.outcomes({ sinceAtMs: NOON_MS - 2 * DAY_MS }).outcomes.map((one) => one.exchangeId);
    assert.deepEqual(ids, ['x_1', 'x_2']);
    await ledger.close();
  });

  it('come in pages that what is noted in between does not shift', async () => {
    const { ledger } = ledgerAt(path);
    const note = (index: number): void => ledger.noteOutcome({ ...OUTCOME, exchangeId: `x_${index}` });
    for (let index = 0; index < 5; index += 1) note(index);
    const seen: string[] = [];
    for (let before: number | null | undefined; before !== null;) {
      const page = ledger.outcomes({
        sinceAtMs: 0,
        limit: 2,
        ...(before === undefined ? {} : { before }),
      });
      seen.push(...page.outcomes.map((one) => one.exchangeId));
      before = page.next;
      note(100 + seen.length);
    }
    assert.deepEqual(seen, ['x_4', 'x_3', 'x_2', 'x_1', 'x_0']);
    await ledger.close();
  });

  it('are kept once per exchange, model and kind', async () => {
    const { ledger } = ledgerAt(path);
    ledger.noteOutcome(OUTCOME);
    await ledger.flush();
    ledger.noteOutcome({ ...OUTCOME, atMs: NOON_MS + 1 });
    ledger.noteOutcome({ ...OUTCOME, kind: 'asked-again' });
    ledger.noteOutcome({ ...OUTCOME, model: 'opus' });
    const { outcomes } = ledger.outcomes({ sinceAtMs: 0 });
    assert.deepEqual(
      outcomes.map(({ model, kind, atMs }) => [model, kind, atMs - NOON_MS]),
      [
        ['opus', 'completed', 0],
        ['flash', 'asked-again', 0],
        ['flash', 'completed', 1],
      ],
    );
    await ledger.close();
  });

  it('[A50] hold the last of two ratings of one exchange', async () => {
    const { ledger } = ledgerAt(path);
    ledger.noteOutcome({ ...OUTCOME, kind: 'rated-good' });
    ledger.noteFeedback({ ...SAID, verdict: 'good' });
    await ledger.flush();
    ledger.noteOutcome({ ...OUTCOME, kind: 'rated-bad' });
    ledger.noteFeedback(SAID);
    assert.deepEqual(
      ledger.outcomes({ sinceAtMs: 0 }).outcomes.map((one) => one.kind),
      ['rated-bad'],
    );
    assert.equal(ledger.feedback('x_1')?.verdict, 'bad');
    await ledger.close();
  });

  it('wait in memory while another process holds the lock, are seen, and are written later', async () => {
    const { ledger, clock } = ledgerAt(path);
    ledger.noteOutcome({ ...OUTCOME, kind: 'rated-good' });
    await ledger.flush();
    const unlock = lockFile(path);
    const changed = { ...OUTCOME, kind: 'rated-bad' } as const;
    ledger.noteOutcome(changed);
    ledger.noteFeedback(SAID);
    await ledger.flush();
    assert.equal(ledger.state().ok, false);
    assert.deepEqual(ledger.outcomes({ sinceAtMs: 0 }).outcomes, [changed]);
    assert.deepEqual(ledger.feedback('x_1'), SAID);
    unlock();
    await clock.advance(1000);
    assert.equal(ledger.state().ok, true);
    await ledger.close();
    const again = ledgerAt(path).ledger;
    assert.deepEqual(again.outcomes({ sinceAtMs: 0 }).outcomes, [changed]);
    assert.deepEqual(again.feedback('x_1'), SAID);
    await again.close();
  });

  it('are bounded while the file refuses; the oldest go', async () => {
    const { ledger } = ledgerAt(path);
    const unlock = lockFile(path);
    for (let index = 0; index < 10_002; index += 1) {
      ledger.noteOutcome({ ...OUTCOME, exchangeId: `x_${index}` });
    }
    await ledger.flush();
    const { outcomes } = ledger.outcomes({ sinceAtMs: 0 });
    assert.equal(outcomes.length, 10_000);
    assert.equal(outcomes.at(-1)?.exchangeId, 'x_2');
    unlock();
    await ledger.close();
  });

  it('do not hold up the rows when one of them is none', async () => {
    const { ledger } = ledgerAt(path);
    ledger.noteOutcome({ ...OUTCOME, atMs: null as unknown as number });
    ledger.noteOutcome({ ...OUTCOME, cohort: { toString: 0 } as unknown as string });
    ledger.noteOutcome({ ...OUTCOME, exchangeId: 'x_good' });
    ledger.append(exchange('x_row'));
    await ledger.flush();
    assert.equal(ledger.state().ok, true);
    assert.equal(ledger.state().rows, 1);
    assert.deepEqual(
      ledger.outcomes({ sinceAtMs: 0 }).outcomes.map((one) => one.exchangeId),
      ['x_good'],
    );
    await ledger.close();
  });

  it('are forgotten after 180 days, at the next start; what the user said is not', async () => {
    const first = ledgerAt(path).ledger;
    first.noteOutcome({ ...OUTCOME, exchangeId: 'x_old', atMs: NOON_MS - 181 * DAY_MS });
    first.noteOutcome({ ...OUTCOME, exchangeId: 'x_new', atMs: NOON_MS - 179 * DAY_MS });
    first.noteFeedback({ ...SAID, atMs: NOON_MS - 181 * DAY_MS });
    await first.close();
    const { ledger } = ledgerAt(path);
    assert.deepEqual(
      ledger.outcomes({ sinceAtMs: 0 }).outcomes.map((one) => one.exchangeId),
      ['x_new'],
    );
    assert.notEqual(ledger.feedback('x_1'), null);
    await ledger.close();
  });

  it('are ignored after the ledger was closed', async () => {
    const { ledger } = ledgerAt(MEMORY_PATH);
    await ledger.close();
    ledger.noteOutcome(OUTCOME);
    ledger.noteFeedback(SAID);
  });

  it('[A50] give the reason of a rating back as it was typed, or none', async () => {
    const { ledger } = ledgerAt(path);
    ledger.noteFeedback({ ...SAID, reason: 'ünïcode 😀' });
    ledger.noteFeedback({ ...SAID, exchangeId: 'x_2', reason: null });
    await ledger.flush();
    assert.equal(ledger.feedback('x_1')?.reason, 'ünïcode 😀');
    assert.equal(ledger.feedback('x_2')?.reason, null);
    await ledger.close();
  });

  it('get their tables in a file of the first version, whose rows stay', async () => {
    const { ledger } = ledgerAt(path);
    ledger.append(exchange('x_1'));
    await ledger.close();
    const file = new DatabaseSync(path);
    file.exec(
      'DROP TABLE outcomes; DROP TABLE feedback; ALTER TABLE exchanges DROP COLUMN decision_point;' +
        'ALTER TABLE open_exchanges DROP COLUMN process_id; DROP INDEX exchanges_by_workspace;' +
        'ALTER TABLE exchange_details DROP COLUMN decision_input; ALTER TABLE exchange_details DROP COLUMN baseline;' +
        'PRAGMA user_version = 1',
    );
    file.close();
    const newer = ledgerAt(path).ledger;
    newer.noteOutcome(OUTCOME);
    await newer.flush();
    assert.deepEqual(newer.exchange('x_1'), exchange('x_1'));
    assert.equal(newer.outcomes({ sinceAtMs: 0 }).outcomes.length, 1);
    await newer.close();
  });
});
