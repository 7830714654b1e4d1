// kill -9 in the middle of writing: what was acknowledged is there, once, and the file is whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { ledgerAt } from './ledger-fixtures.ts';
import { openDatabase } from '../../../../daemon/ledger/database-file.ts';

const ROUNDS = 10;
const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

/** Runs the child until it has acknowledged `lines` flushes, kills it, and returns the last number it printed. */
async function killAfter(path: string, round: number, lines: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, path, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const complete = output.split('\n').slice(0, -1);
  assert.ok(complete.length >= lines, 'the child was killed while it worked');
  return Number(complete.at(-1));
}

describe('ledger under kill -9', () => {
  const folder = temporaryFolder();

  it('[A41] holds every acknowledged row once, in a sound file, and closes what was running', async () => {
    const path = folder.file('ledger.db');
    for (let round = 0; round < ROUNDS; round++) {
      const last = await killAfter(path, round, 1 + round * 3);
      const { ledger, lines } = ledgerAt(path);
      for (let number = 0; number <= last; number++) {
        assert.notEqual(ledger.exchange(`x_${round}_${number}`), null, `row ${number} of round ${round}`);
      }
      assert.equal(ledger.exchange(`x_${round}_open_0`)?.status, 'interrupted');
      assert.deepEqual(lines, ['warn: requests were cut off when the daemon last ended']);
      await ledger.close();
    }
    const database = openDatabase(path);
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    const counts = database
      .prepare('SELECT count(*) AS rows, count(DISTINCT exchange_id) AS ids FROM exchanges')
      .get();
    assert.equal(counts?.['rows'], counts?.['ids']);
    assert.equal(database.prepare('SELECT count(*) AS n FROM open_exchanges').get()?.['n'], 0);
    database.close();
  }).timeout(20_000);
});
