// What is not in the database yet, in files beside it: nothing of it is lost with the process, and nothing is doubled.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { UnwrittenLog } from '../../../../daemon/ledger/unwritten-log.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { at, decision, exchange, ledgerAt, lockFile, NOON_MS } from './ledger-fixtures.ts';

const FLUSH_MS = 150;

describe('what the ledger has not written yet', () => {
  const folder = temporaryFolder();
  const database = (): string => folder.file('ledger.db');
  const files = (): string[] =>
    readdirSync(folder.path)
      .filter((name) => name.includes('-unwritten.'))
      .map((name) => folder.file(name));
  const bytes = (): number => files().reduce((sum, file) => sum + statSync(file).size, 0);
  /** Nobody flushes or closes this one: as if the process had been killed. */
  function killed(appends: (ledger: SqliteLedger) => void): void {
    appends(ledgerAt(database()).ledger);
  }
  const started = (exchangeId: string): ExchangeRecord => ({
    ...exchange(exchangeId),
    ...at(NOON_MS - 1000),
  });

  it('is in the books after a restart: rows whole, what ran as interrupted', async () => {
    const whole = exchange('x_whole', { decision: { ...decision, ask: { chars: 9, earlierUserTurns: 0 } } });
    killed((ledger) => {
      ledger.started(started('x_whole'));
      ledger.append(whole);
      ledger.started(started('x_running'));
    });
    const { ledger, lines } = ledgerAt(database());
    assert.deepEqual(ledger.exchange('x_whole'), whole);
    assert.equal(ledger.exchange('x_running')?.status, 'interrupted');
    assert.deepEqual(lines, ['warn: requests were cut off when the daemon last ended']);
    assert.deepEqual(files(), []);
    await ledger.close();
  });

  it('is booked once when a part of it was written before', async () => {
    const first = ledgerAt(database());
    first.ledger.append(exchange('x_1'));
    await first.ledger.flush();
    const copies = files().map((file) => ({ file, text: readFileSync(file) }));
    first.ledger.append(exchange('x_2'));
    await first.ledger.close();
    for (const { file, text } of copies) writeFileSync(file, text);
    appendFileSync(
      copies[0]?.file ?? '',
      `["ended",${JSON.stringify(encodeRow(exchange('x_2')).columns)},[],[],null,null,null]\n`,
    );
    const { ledger, lines } = ledgerAt(database());
    assert.equal(ledger.totals({}).requests, 2);
    assert.deepEqual(lines, []);
    await ledger.close();
  });

  it('is gone from the files when it is in the database, and the files with the ledger', async () => {
    const { ledger } = ledgerAt(database());
    ledger.append(exchange('x_1'));
    assert.ok(bytes() > 0);
    await ledger.flush();
    assert.equal(bytes(), 0);
    ledger.append(exchange('x_2'));
    assert.ok(bytes() > 0);
    await ledger.close();
    assert.deepEqual(files(), []);
  });

  it('stays in the files while new work comes in during the writing', async () => {
    const { ledger } = ledgerAt(database());
    for (let index = 0; index < 120; index++) ledger.append(exchange(`x_${index}`));
    const flushed = ledger.flush();
    ledger.append(exchange('x_late'));
    assert.match(readFileSync(files()[1] ?? '', 'utf8'), /x_late/u);
    await flushed;
    const { ledger: next } = ledgerAt(database());
    assert.equal(next.totals({}).requests, 121);
    await next.close();
    await ledger.close();
  });

  it('survives with the rows that a locked file does not take', async () => {
    const unlock = lockFileOf(database());
    killed((ledger) => {
      for (let index = 0; index < 60; index++) ledger.append(exchange(`x_${index}`));
      ledger.totals({});
    });
    unlock();
    const { ledger } = ledgerAt(database());
    assert.equal(ledger.totals({}).requests, 60);
    await ledger.close();
  });

  it('stands in for an end that the process did not come to, and gives way to the end itself', async () => {
    killed((ledger) => {
      ledger.started(started('x_foreseen'));
      ledger.foresee?.(exchange('x_foreseen'));
      ledger.started(started('x_ended'));
      ledger.foresee?.(exchange('x_ended', { warnings: [] }));
      ledger.append(exchange('x_ended', { warnings: ['looked at'] }));
    });
    const { ledger } = ledgerAt(database());
    assert.equal(ledger.exchange('x_foreseen')?.status, 'ok');
    assert.deepEqual(ledger.exchange('x_ended')?.warnings, ['looked at']);
    await ledger.close();
  });

  it('is written once where the end is what was foreseen, and again where the files were emptied meanwhile', async () => {
    const { ledger } = ledgerAt(database());
    const linesOf = (id: string): number =>
      files().reduce(
        (sum, file) => sum + readFileSync(file, 'utf8').split(`["ended",["${id}"`).length - 1,
        0,
      );
    const soon = exchange('x_soon');
    ledger.foresee?.(soon);
    ledger.append(soon);
    assert.equal(linesOf('x_soon'), 1);
    const late = exchange('x_late');
    ledger.foresee?.(late);
    await ledger.flush();
    assert.equal(linesOf('x_late'), 0);
    ledger.append(late);
    assert.equal(linesOf('x_late'), 1);
    const { ledger: next } = ledgerAt(database());
    assert.equal(next.totals({}).requests, 2);
    await next.close();
    await ledger.close();
  });

  it('is only foreseen while the process lives: no reader sees it', async () => {
    const { ledger, clock } = ledgerAt(database());
    ledger.foresee?.(exchange('x_1'));
    await clock.advance(FLUSH_MS * 2);
    assert.equal(ledger.exchange('x_1'), null);
    await ledger.close();
  });

  it('loses only the line that the power cut off', async () => {
    const log = new UnwrittenLog(database(), (error) => assert.ifError(error));
    for (const id of ['x_1', 'x_2', 'x_3']) log.noteEnded(encodeRow(exchange(id)));
    const text = readFileSync(`${log.prefix}0`);
    writeFileSync(`${log.prefix}0`, text.subarray(0, text.length - 20));
    const { ledger } = ledgerAt(database());
    assert.equal(ledger.totals({}).requests, 2);
    await ledger.close();
  });

  it('takes rows of a version with fewer and with more columns', async () => {
    const { columns, details } = encodeRow(exchange('x_older'));
    const older = `["ended",${JSON.stringify(columns.slice(0, -1))},${details.slice(0, 3).map(String).join(',')}]`;
    const newer = `["ended",${JSON.stringify(['x_newer', ...columns.slice(1), 'new'])},${details.map(String).join(',')},{"new":1}]`;
    writeFileSync(`${database()}-unwritten.999999999.ab.0`, `${older}\n${newer}\n`);
    const { ledger } = ledgerAt(database());
    assert.equal(ledger.exchange('x_older')?.costUsd, 0.011);
    assert.deepEqual(ledger.exchange('x_newer'), exchange('x_newer'));
    await ledger.close();
  });

  it('is left to a process that still runs, until it does not', async () => {
    const log = new UnwrittenLog(database(), (error) => assert.ifError(error));
    log.noteEnded(encodeRow(exchange('x_theirs')));
    const theirs = (pid: number): string => `${database()}-unwritten.${pid}.ab.0`;
    renameSync(`${log.prefix}0`, theirs(process.ppid));
    const { ledger, clock } = ledgerAt(database());
    assert.equal(ledger.exchange('x_theirs'), null);
    renameSync(theirs(process.ppid), theirs(999_999_999));
    await clock.advance(1000);
    assert.equal(ledger.exchange('x_theirs')?.status, 'ok');
    await ledger.close();
  });

  it('is private, and holds no word of the ask', () => {
    const secret = exchange('x_1', {
      decision: { ...decision, ask: { chars: 9, earlierUserTurns: 0, text: 'my secret ask' } },
    });
    killed((ledger) => ledger.append(secret));
    assert.equal(files().length, 2);
    for (const file of files()) {
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.ok(!readFileSync(file, 'utf8').includes('secret'));
    }
  });

  it('is in memory all the same when the files cannot be written, and in files again when they can', async () => {
    const later = path.join(folder.path, 'later');
    const { ledger, clock, lines } = ledgerAt(path.join(later, 'ledger.db'));
    ledger.append(exchange('x_1'));
    assert.equal(ledger.totals({}).requests, 1);
    assert.equal(lines.length, 1);
    mkdirSync(later);
    await clock.advance(1000);
    ledger.append(exchange('x_2'));
    assert.equal(readdirSync(later).filter((name) => name.includes('-unwritten.')).length, 2);
    await ledger.close();
    rmSync(later, { recursive: true });
  });
});

/** Of a file that has to be there for it. */
function lockFileOf(file: string): () => void {
  const { ledger } = ledgerAt(file);
  void ledger.close();
  return lockFile(file);
}
