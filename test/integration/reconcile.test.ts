// `pointsman reconcile` with a whole daemon: a provider bills what it counted itself, and its export is compared with
// the books of a running daemon and with the ledger that it leaves behind.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reconciliation } from '../../daemon/audit/reconcile.ts';
import { runInProcess, type RanCommand } from '../support/command-line.ts';
import { chatBody, json, startFakeUpstream, status, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HEADER = 'Date,Model,Cost,Input_Tokens,Output_Tokens\r\n';

const run = (home: string, ...argv: readonly string[]): Promise<RanCommand> =>
  runInProcess(home, 'reconcile', ...argv);

describe('pointsman reconcile', () => {
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  /** What the provider counted, by UTC day. */
  let days: ReadonlyMap<string, number>;

  before(async () => {
    upstream = await startFakeUpstream();
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 0 },
    };
    upstream.next(status(503));
    upstream.always(json(chatBody('an answer', { usage })));
    const model = {
      id: 'small',
      baseUrl: upstream.baseUrl,
      provider: 'vendor',
      upstreamModel: 'up-small-2026-01-15',
    };
    daemon = await runDaemon({ config: configFor([model]) });
    const request = { model: 'exact/small', messages: [{ role: 'user', content: 'hello there' }] };
    for (let index = 0; index < 3; index += 1) {
      const answer = await daemon.post('/v1/chat/completions', request);
      assert.equal(answer.status, 200);
      await answer.text();
    }
    const counted = new Map<string, number>();
    for (const { startedAt } of await daemon.waitForExchanges(3)) {
      const day = startedAt.slice(0, 10);
      counted.set(day, (counted.get(day) ?? 0) + 1);
    }
    days = counted;
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  /** 1,000 tokens in at $1 and 100 out at $2 a million. */
  function exported(name: string, factor = 1, extra = ''): string {
    const rows = [...days].map(
      ([day, requests]) =>
        `${day},up-small,"${(requests * 0.0012 * factor).toFixed(6)}","${requests},000",${requests * 100}\r\n`,
    );
    const file = folder.file(name);
    writeFileSync(file, `\uFEFF${HEADER}${rows.join('')}${extra}`);
    return file;
  }

  it('agrees with the bill of a provider, and exits with 0', async () => {
    const { exitCode, stdout, stderr } = await run(daemon.home, exported('bill.csv'));
    assert.equal(stderr, '');
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^books: attempts at vendor$/m);
    assert.match(
      stdout,
      /our total is 0\.0000 \$ \(0\.00 %\) off the invoice, within the tolerance of 2\.00 %$/,
    );
  });

  it('exits with 1 where it does not, and with 0 when that is tolerated', async () => {
    const file = exported('dear.csv', 1.25);
    const strict = await run(daemon.home, file);
    assert.equal(strict.exitCode, 1);
    assert.match(
      strict.stdout,
      /tokens agree, the bill is 1\.250 times ours; check its price \(test, checked 2026-11-21\)/,
    );
    assert.equal((await run(daemon.home, file, '--tolerance', '20%')).exitCode, 0);
  });

  it('prints the whole comparison as JSON', async () => {
    const [day = ''] = days.keys();
    const { stdout, exitCode } = await run(
      daemon.home,
      exported('bill.csv', 1, `${day},of-another-tool,1.5,10,10\r\n`),
      '--json',
    );
    const result = JSON.parse(stdout) as Reconciliation;
    assert.equal(exitCode, 1);
    assert.equal(result.onlyOnInvoiceUsd, 1.5);
    assert.equal(result.matched.errorRatio?.toFixed(6), '0.000000');
    assert.equal(result.isWithinTolerance, false);
    const causes = new Set(result.rows.map(({ cause }) => cause));
    assert.deepEqual([...causes].map(String).sort(), ['null', 'only-on-invoice']);
  });

  it('says in one sentence what is wrong with a file or an option', async () => {
    const foreign = folder.file('foreign.csv');
    writeFileSync(foreign, 'foo,bar\n1,2\n');
    const wrongs: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /^pointsman: give the export to compare/],
      [[folder.file('none.csv')], 1, /none\.csv: it cannot be read \(ENOENT\); give the path/],
      [[folder.path], 1, /it is not a file/],
      [[foreign], 1, /foreign\.csv: it is no usage export that is known: its columns are foo, bar; expected/],
      [[foreign, '--tolerance', 'much'], 2, /--tolerance takes percent/],
      [[foreign, '--usd-per', 'CNY'], 2, /--usd-per takes a currency and its worth/],
      [[foreign, '--currency', 'dollars'], 2, /--currency takes three letters/],
    ];
    for (const [argv, code, sentence] of wrongs) {
      const { exitCode, stdout, stderr } = await run(daemon.home, ...argv);
      assert.equal(exitCode, code, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
      assert.doesNotMatch(stderr, /\n/);
    }
  });

  describe('without a daemon', () => {
    it('reads the ledger that one left behind', async () => {
      daemon.running.stop('test');
      await daemon.running.stopped;
      const { exitCode, stdout, stderr } = await run(daemon.home, exported('bill.csv'));
      assert.equal(stderr, '');
      assert.equal(exitCode, 0, stdout);
      assert.match(stdout, /up-small-2026-01-15/);
    });

    it('says where it looked when there are no books', async () => {
      const { exitCode, stderr } = await run(folder.file('nowhere'), exported('bill.csv'));
      assert.equal(exitCode, 1);
      assert.match(stderr, new RegExp(`the books in .*${path.join('nowhere', 'ledger.db')} cannot be read`));
    });
  });
});
