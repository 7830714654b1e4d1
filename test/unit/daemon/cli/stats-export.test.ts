import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import type { DaemonClient } from '../../../../daemon/cli/daemon-client.ts';
import { exportBooks } from '../../../../daemon/cli/stats-export.ts';
import { ATTEMPTS_CSV, EXCHANGES_CSV, JSON_LINES } from '../../../../daemon/ledger/export.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { NOON_MS, at, exchange } from '../ledger/ledger-fixtures.ts';

/** Serves records in pages of two, newest first, and counts the pages. */
function daemonWith(records: readonly ExchangeRecord[]): DaemonClient & { readonly routes: string[] } {
  const routes: string[] = [];
  return {
    url: 'http://127.0.0.1:1',
    pid: 1,
    routes,
    call: (_method, route) => {
      routes.push(route);
      const start = Number(new URLSearchParams(route.slice(route.indexOf('?'))).get('before') ?? 0);
      const next = start + 2 < records.length ? String(start + 2) : null;
      return Promise.resolve({ exchanges: records.slice(start, start + 2), next });
    },
  };
}

const RECORDS = [0, 1, 2, 3, 4].map((index) => exchange(`x_${index}`, at(NOON_MS - index * 1000)));
const everything = { sinceAtMs: undefined, requests: 5 };

describe('exporting the books', () => {
  const folder = temporaryFolder();
  const file = (): string => folder.file('out.csv');

  it('[A41] writes every page to every file, private and in order', async () => {
    const targets = [
      { file: file(), option: 'csv', form: EXCHANGES_CSV },
      { file: folder.file('tries.csv'), option: 'csv-attempts', form: ATTEMPTS_CSV },
      { file: folder.file('all.jsonl'), option: 'json-lines', form: JSON_LINES },
    ];
    assert.equal(await exportBooks(daemonWith(RECORDS), everything, targets), 5);
    const ids = readFileSync(file(), 'utf8')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(',')[0]);
    assert.deepEqual(ids, ['exchangeId', 'x_0', 'x_1', 'x_2', 'x_3', 'x_4']);
    assert.equal(readFileSync(folder.file('all.jsonl'), 'utf8').trimEnd().split('\n').length, 5);
    assert.equal(readFileSync(folder.file('tries.csv'), 'utf8').trimEnd().split('\r\n').length, 6);
    for (const target of targets) assert.equal(statSync(target.file).mode & 0o777, 0o600);
    assert.equal(readdirSync(folder.path).length, 3);
  });

  it('asks for no page that is older than what is wanted', async () => {
    const daemon = daemonWith(RECORDS);
    const target = { file: file(), option: 'csv', form: EXCHANGES_CSV };
    assert.equal(await exportBooks(daemon, { sinceAtMs: NOON_MS - 1000, requests: 2 }, [target]), 2);
    assert.equal(daemon.routes.length, 2);
  });

  it('leaves no half of a file behind when the daemon goes away', async () => {
    const daemon = daemonWith(RECORDS);
    let calls = 0;
    const broken: DaemonClient = {
      ...daemon,
      call: (...call) => ((calls += 1) > 1 ? Promise.reject(new Error('gone')) : daemon.call(...call)),
    };
    const target = { file: file(), option: 'csv', form: EXCHANGES_CSV };
    await assert.rejects(exportBooks(broken, everything, [target]), /gone/);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('writes to a device as it is', async () => {
    const target = { file: '/dev/null', option: 'csv', form: EXCHANGES_CSV };
    assert.equal(await exportBooks(daemonWith(RECORDS), everything, [target]), 5);
    assert.ok(!existsSync('/dev/null.part'));
  });

  it('says which option to change when it cannot write, and takes no file twice', async () => {
    const nowhere = { file: folder.file('no/such/folder.csv'), option: 'csv-attempts', form: ATTEMPTS_CSV };
    await assert.rejects(exportBooks(daemonWith(RECORDS), everything, [nowhere]), /ENOENT.*--csv-attempts/);
    const one = { file: file(), option: 'csv', form: EXCHANGES_CSV };
    await assert.rejects(exportBooks(daemonWith(RECORDS), everything, [one, { ...one }]), /same file/);
  });

  it('asks nobody when there is nothing to write', async () => {
    const daemon = daemonWith(RECORDS);
    assert.equal(await exportBooks(daemon, everything, []), 0);
    assert.equal(daemon.routes.length, 0);
  });
});
