// `pointsman verify` and `pointsman stats` on books that a whole daemon wrote: they close, also when requests fail,
// and whoever changes a figure is found out.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runCommandLine } from '../../daemon/cli/command-line.ts';
import type { CliContext } from '../../daemon/cli/command.ts';
import type { BookFault } from '../../daemon/ledger/compare-totals.ts';
import type { VerifiedBooks } from '../../daemon/ledger/verify-books.ts';
import { chatBody, json, startFakeUpstream, status, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface CommandEnd {
  readonly code: number;
  readonly out: string;
  readonly errors: readonly string[];
}

async function run(home: string, ...argv: readonly string[]): Promise<CommandEnd> {
  const out: string[] = [];
  const errors: string[] = [];
  const context: CliContext = {
    environment: { POINTSMAN_HOME: home },
    selfCommand: ['node', 'daemon.cjs'],
    version: '1.2.3',
    print: (line) => out.push(line),
    useColour: false,
  };
  const code = await runCommandLine(context, argv, (line) => errors.push(line));
  return { code, out: out.join('\n'), errors };
}

describe('[C3] the books of a daemon', () => {
  const folder = temporaryFolder();
  const requests = 24;
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let ledgerBytes: { readonly name: string; readonly bytes: Buffer }[];

  before(async () => {
    upstream = await startFakeUpstream();
    let turn = 0;
    upstream.always(async (context) => {
      turn += 1;
      const usage = { prompt_tokens: 1000 + 37 * turn, completion_tokens: 10 * turn };
      await (turn % 5 === 0 ? status(503) : json(chatBody('an answer', { usage })))(context);
    });
    const { baseUrl } = upstream;
    daemon = await runDaemon({
      config: configFor([
        { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
        { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 4, outputUsdPerMtok: 20 },
        { id: 'dark', baseUrl, unpriced: true },
      ]),
    });
    const models = ['auto', 'auto', 'large', 'exact/small', 'exact/dark', 'auto:quality'];
    for (let index = 0; index < requests; index += 1) {
      const content = index % 2 === 0 ? 'hi' : 'Compare two designs of a cache and prove which one is right.';
      await daemon.post('/v1/chat/completions', {
        model: models[index % models.length],
        messages: [{ role: 'user', content }],
      });
    }
    await daemon.waitForExchanges(requests);
    ledgerBytes = ['ledger.db', 'ledger.db-wal'].map((name) => ({
      name,
      bytes: readFileSync(path.join(daemon.home, name)),
    }));
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  /** A copy of the books, with a change. */
  function copied(change?: string): string {
    for (const { name, bytes } of ledgerBytes) writeFileSync(folder.file(name), bytes);
    const database = new DatabaseSync(folder.file('ledger.db'));
    if (change !== undefined) database.exec(change);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return folder.file('ledger.db');
  }

  it('close while it runs, and its totals are those of the rows', async () => {
    const { code, out, errors } = await run(daemon.home, 'verify');
    assert.deepEqual(errors, []);
    assert.equal(code, 0, out);
    assert.match(out, new RegExp(`ledger\\.db: ${requests} requests, \\d+ attempts, `));
    assert.match(out, /^totals, in every grouping +\d+ +0$/m);
    assert.match(out, /^[1-9]\d* requests have no known cost; no total counts it as 0\.$/m);
    assert.match(out, /^The running daemon answers the same totals\.$/m);
    assert.match(out, /^The books close\.$/m);
  });

  it('close as JSON too', async () => {
    const { code, out } = await run(daemon.home, 'verify', '--json');
    assert.equal(code, 0);
    const found = JSON.parse(out) as VerifiedBooks & {
      closes: boolean;
      list: BookFault[];
      daemonTotals: string;
    };
    assert.equal(found.closes, true);
    assert.deepEqual(found.list, []);
    assert.equal(found.daemonTotals, 'agree');
    assert.equal(found.rows, requests);
    assert.equal(found.rowsThatSayLess, 0);
  });

  it('close without a daemon, from a copy of the file, which stays as it is', async () => {
    const file = copied();
    const before = readFileSync(file);
    const { code, out } = await run(folder.path, 'verify', file);
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /daemon/);
    assert.deepEqual(readFileSync(file), before);
    assert.equal((await run(folder.path, 'verify')).code, 0); // of the home folder itself
  });

  it('give away a figure that somebody changed, and exit with 1', async () => {
    const file = copied('UPDATE exchanges SET saved_usd = saved_usd + 0.01 WHERE id = 3');
    const text = await run(folder.path, 'verify', file);
    assert.equal(text.code, 1);
    assert.match(text.out, /^x_\S+ \S+ +savedUsd is \S+, should be \S+ \(baseline - cost\)$/m);
    assert.match(text.out, /^The books do not close: 2 figures are wrong, in 1 row\.$/m);
    const { code, out } = await run(folder.path, 'verify', file, '--json');
    assert.equal(code, 1);
    const found = JSON.parse(out) as { closes: boolean; faults: number; list: BookFault[] };
    assert.deepEqual([found.closes, found.faults, found.list.length], [false, 2, 2]);
  });

  it('that are missing or broken are one clear sentence', async () => {
    const cases: readonly (readonly [argv: readonly string[], sentence: RegExp])[] = [
      [[], /^pointsman: there is no ledger at \S+ledger\.db; it begins with the first start of the daemon/],
      [[folder.file('nowhere.db')], /there is no ledger at \S+nowhere\.db/],
      [[folder.file('text.db')], /text\.db cannot be read as a ledger: file is not a database$/],
      [[folder.file('torn.db')], /torn\.db cannot be read as a ledger: .*(malformed|not a database)/],
    ];
    writeFileSync(folder.file('text.db'), 'these are no books '.repeat(100));
    const whole = readFileSync(copied());
    writeFileSync(folder.file('torn.db'), whole.subarray(0, 10 * 4096));
    mkdirSync(folder.file('empty'));
    for (const [argv, sentence] of cases) {
      const { code, out, errors } = await run(folder.file('empty'), 'verify', ...argv);
      assert.equal(code, 1);
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', sentence);
      assert.doesNotMatch(out, /books close/);
    }
  });

  it('are read where nothing can be written', async () => {
    const file = copied();
    chmodSync(file, 0o400);
    chmodSync(folder.path, 0o500);
    try {
      const { code, out, errors } = await run(folder.path, 'verify', file);
      assert.equal(code, 0, out + errors.join());
    } finally {
      chmodSync(folder.path, 0o700);
    }
  });

  it('[A42] [A44] are shown by stats, which calls nothing unknown 0', async () => {
    const { code, out, errors } = await run(daemon.home, 'stats');
    assert.equal(code, 0, errors.join());
    assert.match(out, new RegExp(`^requests +${requests}, `, 'm'));
    assert.match(out, /^cost +[\d.]+ \$, and [1-9]\d* requests of unknown cost$/m);
    assert.match(out, /^projection +not before a full day of requests$/m);
    assert.match(out, /^dark +[1-9]\d* +\S+ % +\S+ +\S+ +unpriced +unpriced +unknown +unknown +unknown$/m);
    assert.match(out, /^response time, mean +\d+ms +\d+ms$/m);
    assert.match(out, /^user rating +unknown +unknown$/m);
    for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
  });

  it('[A41] leave it as CSV of requests and of attempts that belong together', async () => {
    const [all, tries] = [folder.file('all.csv'), folder.file('tries.csv')];
    const { code, out } = await run(daemon.home, 'stats', '--csv', all, '--csv-attempts', tries);
    assert.equal(code, 0);
    assert.match(out, /^24 requests written to \S+all\.csv and \S+tries\.csv$/m);
    const [head = '', ...rows] = readFileSync(all, 'utf8').trimEnd().split('\r\n');
    const attemptsAt = head.split(',').indexOf('attempts');
    const attempts = rows.reduce((sum, row) => sum + Number(row.split(',')[attemptsAt]), 0);
    assert.equal(readFileSync(tries, 'utf8').trimEnd().split('\r\n').length, attempts + 1);
    assert.ok(attempts > requests);
    assert.equal(statSync(tries).mode & 0o777, 0o600);
  });
});
