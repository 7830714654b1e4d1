// What the ledger promises to its callers while the disk behaves. Faults have files of their own.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import { NOON_MS, at, decision, exchange, ledgerAt, table, unpriced } from './ledger-fixtures.ts';

describe('sqlite ledger', () => {
  const folder = temporaryFolder();

  it('[A41] gives every field of a record back after a restart', async () => {
    const record = exchange('x_1', { decision: { ...decision, notes: ['ünïcode 😀'] } });
    const first = ledgerAt(folder.file('ledger.db'));
    first.ledger.append(record);
    await first.ledger.close();
    const second = ledgerAt(folder.file('ledger.db'));
    assert.deepEqual(second.ledger.exchange('x_1'), record);
    await second.ledger.close();
  });

  it('[A41] gives unknown things back as unknown', async () => {
    const record = exchange('x_1', {
      ...unpriced,
      usage: null,
      usageSource: 'none',
      workspaceId: null,
      responseModel: null,
      provider: null,
      timeToFirstChunkMs: null,
      status: 'error',
      errorType: 'upstream.all_failed',
      attempts: [],
      baselineModel: null,
      initiator: null,
      warnings: [],
      task: null,
      complexity: null,
      reason: null,
      stream: false,
      decision: null,
    });
    const { ledger } = ledgerAt(MEMORY_PATH);
    ledger.append(record);
    assert.deepEqual(ledger.exchange('x_1'), record);
    await ledger.close();
  });

  it('answers null for an exchange and a table that it does not know', async () => {
    const { ledger } = ledgerAt(MEMORY_PATH);
    assert.equal(ledger.exchange('x_none'), null);
    assert.equal(ledger.table('bbbb'), null);
    await ledger.close();
  });

  it('[A47] lists exchanges without their decision', async () => {
    const { ledger } = ledgerAt(MEMORY_PATH);
    ledger.append(exchange('x_1'));
    const { decision: _decision, ...rest } = exchange('x_1');
    assert.deepEqual(ledger.exchanges({}).exchanges, [rest]);
    await ledger.close();
  });

  it('never stores the text of the ask', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    const asked = { ...decision, ask: { text: 'MARKER-OF-A-PROMPT', chars: 18, earlierUserTurns: 0 } };
    ledger.append(exchange('x_1', { decision: asked }));
    await ledger.flush();
    assert.deepEqual(ledger.exchange('x_1')?.decision?.ask, { chars: 18, earlierUserTurns: 0 });
    await ledger.close();
    assert.equal(readFileSync(folder.file('ledger.db')).includes('MARKER-OF-A-PROMPT'), false);
  });

  it('shows an appended row to every reader before it is written', async () => {
    const { ledger, clock } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1'));
    assert.equal(ledger.state().rows, 1);
    assert.equal(ledger.totals({}).requests, 1);
    ledger.append(exchange('x_2'));
    assert.equal(ledger.exchanges({}).exchanges.length, 2);
    ledger.append(exchange('x_3'));
    assert.notEqual(ledger.exchange('x_3'), null);
    assert.equal(clock.now(), NOON_MS);
    await ledger.close();
  });

  it('writes what waits before it reads', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1'));
    ledger.totals({});
    const reader = new DatabaseSync(folder.file('ledger.db'), { readOnly: true });
    assert.equal(reader.prepare('SELECT count(*) AS n FROM exchanges').get()?.['n'], 1);
    reader.close();
    await ledger.close();
  });

  it('writes in the background, many rows in one transaction', async () => {
    const { ledger, clock } = ledgerAt(folder.file('ledger.db'));
    for (let index = 0; index < 120; index++) ledger.append(exchange(`x_${index}`));
    const reader = new DatabaseSync(folder.file('ledger.db'), { readOnly: true });
    const stored = (): unknown => reader.prepare('SELECT count(*) AS n FROM exchanges').get()?.['n'];
    await clock.advance(149);
    assert.equal(stored(), 0);
    await clock.advance(1);
    await ledger.flush();
    assert.equal(stored(), 120);
    reader.close();
    await ledger.close();
  });

  it('lets the event loop turn between two batches', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    for (let index = 0; index < 120; index++) ledger.append(exchange(`x_${index}`));
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns < 50) setImmediate(count);
    };
    setImmediate(count);
    await ledger.flush();
    assert.ok(turns >= 2, `${turns} turns in three batches`);
    await ledger.close();
  });

  it('ignores the second of two records of one exchange and says so', async () => {
    const { ledger, lines } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1', { costUsd: 1 }));
    await ledger.flush();
    assert.equal(ledger.today().requests, 1);
    ledger.append(exchange('x_1', { costUsd: 2 }));
    await ledger.flush();
    assert.equal(ledger.state().rows, 1);
    assert.equal(ledger.exchange('x_1')?.costUsd, 1);
    assert.equal(ledger.today().requests, 1);
    assert.deepEqual(lines, ['warn: an exchange was booked twice, the second is ignored']);
    await ledger.close();
  });

  it('drops a record that cannot be written down and keeps the others', async () => {
    const { ledger, lines } = ledgerAt(folder.file('ledger.db'));
    const endless: unknown[] = [];
    endless.push(endless);
    ledger.append(exchange('x_bad', { warnings: endless as string[] }));
    ledger.append(exchange('x_nameless', { status: undefined as unknown as 'ok' }));
    ledger.append(exchange('x_good'));
    await ledger.flush();
    assert.deepEqual(
      ledger.exchanges({}).exchanges.map((record) => record.exchangeId),
      ['x_good'],
    );
    assert.equal(ledger.state().ok, true);
    assert.deepEqual(
      lines.map((line) => line.slice(0, 20)),
      ['error: a record canno', 'error: a row cannot '].map((line) => line.slice(0, 20)),
    );
    await ledger.close();
  });

  it('keeps each routing table once, for later processes too', async () => {
    const first = ledgerAt(folder.file('ledger.db'));
    first.ledger.rememberTable(table);
    first.ledger.rememberTable(table);
    assert.deepEqual(first.ledger.table(table.hash), table);
    await first.ledger.close();
    const second = ledgerAt(folder.file('ledger.db'));
    assert.deepEqual(second.ledger.table(table.hash), table);
    await second.ledger.close();
    const db = new DatabaseSync(folder.file('ledger.db'));
    assert.equal(db.prepare('SELECT count(*) AS n FROM routing_tables').get()?.['n'], 1);
    db.close();
  });

  it('asks for the table of a record that nobody handed in', async () => {
    const { ledger } = ledgerAt(MEMORY_PATH, { tableOf: (hash) => (hash === table.hash ? table : null) });
    ledger.append(exchange('x_1'));
    await ledger.flush();
    assert.deepEqual(ledger.table(table.hash), table);
    await ledger.close();
  });

  it('creates its files readable by their owner only', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1'));
    await ledger.flush();
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) {
      assert.equal(statSync(folder.file(name)).mode & 0o777, 0o600, name);
    }
    await ledger.close();
  });

  it('says where it is and how many rows it has', async () => {
    const { ledger } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1'));
    assert.deepEqual(ledger.state(), { rows: 1, path: folder.file('ledger.db'), ok: true, error: null });
    await ledger.close();
  });

  it('leaves no timer behind when it is closed', async () => {
    const { ledger, clock } = ledgerAt(folder.file('ledger.db'));
    ledger.append(exchange('x_1'));
    await ledger.close();
    assert.equal(clock.pendingTimers(), 0);
  });

  it('logs a record that comes after the end instead of throwing', async () => {
    const { ledger, lines } = ledgerAt(MEMORY_PATH);
    await ledger.close();
    await ledger.close();
    ledger.append(exchange('x_late'));
    assert.deepEqual(lines, ['error: an exchange ended after the ledger was closed']);
  });

  describe("today's totals", () => {
    it('[A40] are those of the database, before and after an append', async () => {
      const { ledger } = ledgerAt(MEMORY_PATH);
      ledger.append(exchange('x_yesterday', at(NOON_MS - 86_400_000)));
      ledger.append(exchange('x_1'));
      assert.equal(ledger.today().requests, 1);
      ledger.append(exchange('x_2', { savedUsd: -1, status: 'error' }));
      const fromRows = ledger.totals({ sinceAtMs: Date.UTC(2026, 10, 21) });
      assert.deepEqual(
        { ...ledger.today(), timeToFirstChunkMs: null },
        { ...fromRows, timeToFirstChunkMs: null },
      );
      await ledger.close();
    });

    it('end with the UTC day', async () => {
      const { ledger } = ledgerAt(MEMORY_PATH);
      ledger.append(exchange('x_last', at(NOON_MS + 43_199_999)));
      ledger.append(exchange('x_next', at(NOON_MS + 43_200_000)));
      assert.equal(ledger.today().requests, 1);
      await ledger.close();
    });

    it('begin anew with the UTC day, and survive a clock that jumps back', async () => {
      const { ledger, clock } = ledgerAt(MEMORY_PATH);
      ledger.append(exchange('x_1'));
      assert.equal(ledger.today().requests, 1);
      clock.jumpWall(86_400_000);
      assert.equal(ledger.today().requests, 0);
      ledger.append(exchange('x_2', at(NOON_MS + 86_400_000)));
      assert.equal(ledger.today().requests, 1);
      clock.jumpWall(-86_400_000);
      assert.equal(ledger.today().requests, 1);
      assert.equal(ledger.today().savedUsd, 0.039);
      await ledger.close();
    });
  });

  describe('exchanges that were running when the daemon died', () => {
    const started = {
      exchangeId: 'x_cut',
      startedAt: new Date(NOON_MS).toISOString(),
      client: 'claude-code',
      clientDialect: 'anthropic-messages',
      requestModel: 'claude-opus',
    } as const;

    it('become rows that say so', async () => {
      const first = ledgerAt(folder.file('ledger.db'));
      first.ledger.started(started);
      await first.ledger.close();
      const second = ledgerAt(folder.file('ledger.db'));
      const record = second.ledger.exchange('x_cut');
      assert.equal(record?.status, 'interrupted');
      assert.equal(record.client, 'claude-code');
      assert.equal(record.requestModel, 'claude-opus');
      assert.equal(record.startedAt, started.startedAt);
      assert.equal(record.costUsd, null);
      assert.deepEqual(second.lines, ['warn: requests were cut off when the daemon last ended']);
      await second.ledger.close();
      const third = ledgerAt(folder.file('ledger.db'));
      assert.equal(third.ledger.state().rows, 1);
      assert.deepEqual(third.lines, []);
      await third.ledger.close();
    });

    it('are not those that were finished, soon or late', async () => {
      const first = ledgerAt(folder.file('ledger.db'));
      first.ledger.started({ ...started, exchangeId: 'x_soon' });
      first.ledger.append(exchange('x_soon'));
      first.ledger.started({ ...started, exchangeId: 'x_late' });
      await first.ledger.flush();
      first.ledger.append(exchange('x_late'));
      await first.ledger.close();
      const second = ledgerAt(folder.file('ledger.db'));
      assert.deepEqual(
        second.ledger.exchanges({}).exchanges.map((record) => record.status),
        ['ok', 'ok'],
      );
      assert.deepEqual(second.lines, []);
      await second.ledger.close();
    });

    it('are replaced when their real end is booked after all', async () => {
      const first = ledgerAt(folder.file('ledger.db'));
      first.ledger.started(started);
      await first.ledger.flush();
      const second = ledgerAt(folder.file('ledger.db'));
      first.ledger.append(exchange('x_cut'));
      await first.ledger.flush();
      assert.deepEqual(second.ledger.exchange('x_cut'), exchange('x_cut'));
      assert.equal(second.ledger.totals({}).requests, 1);
      await first.ledger.close();
      await second.ledger.close();
    });
  });
});
