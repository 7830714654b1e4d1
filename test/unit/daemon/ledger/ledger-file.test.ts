// What a fault report does to the file; the faults themselves are in storage-faults.test.ts.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import { LedgerFile } from '../../../../daemon/ledger/ledger-file.ts';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import { NOON_MS, exchange, listLog } from './ledger-fixtures.ts';

describe('ledger file', () => {
  const folder = temporaryFolder();
  let lines: string[];
  let file: LedgerFile;
  const open = (path: string): LedgerFile =>
    new LedgerFile({ path, clock: createVirtualClock(NOON_MS), log: listLog(lines) });

  beforeEach(() => {
    lines = [];
    file = open(folder.file('ledger.db'));
    file.store.write({
      rows: [encodeRow(exchange('x_1'))],
      started: [{ ...exchange('x_2') }],
      tables: [],
      finished: [],
    });
  });
  afterEach(() => file.close());

  const countOf = (tableName: string): unknown =>
    file.store.database.prepare(`SELECT count(*) AS n FROM ${tableName}`).get()?.['n'];

  it('stays open while nothing is wrong', () => {
    const { store } = file;
    assert.equal(file.ensureOpen(), true);
    assert.equal(file.store, store);
  });

  it('is opened anew after an input/output error, with the running exchanges still running', () => {
    const { store } = file;
    file.onFault({ errcode: 10 });
    assert.equal(file.ensureOpen(), true);
    assert.notEqual(file.store, store);
    assert.deepEqual([countOf('exchanges'), countOf('open_exchanges')], [1, 1]);
    assert.equal(file.ensureOpen(), true);
    assert.deepEqual(lines, []);
  });

  it('stays open after an error that passes', () => {
    const { store } = file;
    for (const errcode of [5, 13]) file.onFault({ errcode });
    assert.equal(file.ensureOpen(), true);
    assert.equal(file.store, store);
  });

  it('is put aside at once when a page is damaged that opening does not look at', () => {
    file.onFault({ errcode: 267 });
    assert.equal(file.isStandIn, false);
    assert.equal(countOf('exchanges'), 0);
    assert.equal(readdirSync(folder.path).filter((name) => name.includes('.corrupt-')).length >= 1, true);
    assert.match(file.notice ?? '', /damaged and is kept as/u);
  });

  it('has nothing to open anew in memory', () => {
    const inMemory = open(MEMORY_PATH);
    const { store } = inMemory;
    inMemory.onFault({ errcode: 10 });
    inMemory.onFault({ errcode: 11 });
    assert.equal(inMemory.ensureOpen(), true);
    assert.equal(inMemory.store, store);
    inMemory.close();
  });
});
