// The command line as people use it: the built bundle, one process per command, against a running daemon.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commands } from '../../daemon/cli/command-line.ts';
import { openLedger } from '../../daemon/ledger/sqlite-ledger.ts';
import type { StatusBody, TotalsBody } from '../../daemon/protocol/control-api.ts';
import type { Decision, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import { silentLog } from '../../daemon/util/log.ts';
import {
  ensureBundle,
  eventually,
  runCommand,
  spawnDaemon,
  type CommandEnd,
  type DaemonProcess,
  type RunOptions,
} from '../support/daemon-process.ts';
import { closedPort, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { attempt, exchange } from '../unit/daemon/ledger/ledger-fixtures.ts';

const DAY_MS = 86_400_000;
const KEY = 'sk-canary-99ce2b7d5f0a4d1e8c3b';
const REQUEST = { model: 'auto', messages: [{ role: 'user', content: 'hello there' }] };

/** Ten days of books: 30 cheap requests, 10 dear ones, one a day that failed on the way. */
function tenDays(nowMs: number): readonly ExchangeRecord[] {
  return Array.from({ length: 40 }, (_, index) => {
    const isDear = index % 4 === 0;
    return exchange(`x_${index}`, {
      startedAt: new Date(nowMs - (index / 4) * DAY_MS).toISOString(),
      durationMs: 500,
      responseModel: isDear ? 'large' : 'small',
      complexity: isDear ? 'complex' : 'simple',
      attempts: [attempt],
      costUsd: isDear ? 0.03 : 0.01,
      baselineCostUsd: 0.05,
      savedUsd: isDear ? 0.02 : 0.04,
      classifierCostUsd: 0,
      decision: null,
    });
  });
}

describe('the command line', function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  before(ensureBundle);

  /** Tests that change nothing share one daemon. */
  let sharedHome: string | null = null;
  const home = (): string => sharedHome ?? folder.file('home');
  const run = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<CommandEnd> =>
    runCommand(args, { home: home(), ...options });

  function assertOneSentence({ stdout, stderr }: CommandEnd, sentence: RegExp): void {
    assert.equal(stdout, '');
    assert.match(stderr, /^pointsman: [^\n]+\n$/);
    assert.match(stderr, sentence);
  }

  describe('by itself', () => {
    it('explains each command with --help, and all of them without one', async () => {
      const helps = await Promise.all(commands.map(({ name }) => run([name, '--help'])));
      for (const [index, { exitCode, stdout, stderr }] of helps.entries()) {
        const command = commands[index];
        assert.equal(exitCode, 0);
        assert.equal(stderr, '');
        assert.ok(stdout.startsWith(`usage: pointsman ${command?.name}`), stdout);
        for (const option of Object.keys(command?.options ?? {})) {
          assert.match(stdout, new RegExp(`^ +--${option} +\\S`, 'm'));
        }
      }
      const overview = await run(['--help']);
      assert.equal(overview.exitCode, 0);
      for (const { name, summary } of commands) {
        assert.ok(overview.stdout.includes(`  ${name}`), name);
        assert.ok(overview.stdout.includes(summary), name);
      }
    });

    it('answers wrong usage with one sentence and exit code 2', async () => {
      const cases: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
        [['statsu'], /no command "statsu", did you mean "stat/],
        [['status', '--colour'], /'--colour'.*pointsman status --help/],
        [['status', 'now'], /"now".*pointsman status --help/],
        [['serve', '--port', 'http'], /0 to 65535, not "http"/],
        [['stats', '--since', 'yesterday'], /--since .*7d/],
        [['stats', '--csv'], /--csv.*pointsman stats --help/],
        [['explain'], /FILE/],
        [['explain', 'a', 'b'], /"b"/],
      ];
      const ends = await Promise.all(cases.map(([args]) => run(args)));
      for (const [index, end] of ends.entries()) {
        assert.equal(end.exitCode, 2, cases[index]?.[0].join(' '));
        assertOneSentence(end, cases[index]?.[1] ?? /^$/);
      }
    });

    it('says that no daemon is running, and how to start one', async () => {
      writeFileSync(folder.file('body.json'), JSON.stringify(REQUEST));
      const needing = [
        ['status'],
        ['status', '--json'],
        ['stats'],
        ['stop'],
        ['explain', folder.file('body.json')],
      ];
      for (const end of await Promise.all(needing.map((args) => run(args)))) {
        assert.equal(end.exitCode, 1);
        assertOneSentence(end, /no daemon is running on .*pointsman serve/);
      }
    });

    it('takes what a killed daemon left behind for what it is', async () => {
      const daemon = await spawnDaemon({ home: home() });
      daemon.child.kill('SIGKILL');
      await daemon.ended;
      const [status, stop, doctor] = await Promise.all([run(['status']), run(['stop']), run(['doctor'])]);
      for (const end of [status, stop]) {
        assert.equal(end.exitCode, 1);
        assertOneSentence(end, new RegExp(`no daemon is running .*pid ${daemon.child.pid}`));
      }
      assert.equal(doctor.exitCode, 1);
      assert.match(doctor.stdout, /FAIL {2}daemon: no daemon is running/);
    });

    it('gives out tokens before the first start, and the daemon then takes them', async () => {
      const { exitCode, stdout } = await run(['token']);
      assert.equal(exitCode, 0);
      assert.equal(readFileSync(path.join(home(), 'token'), 'utf8'), stdout);
      const daemon = await spawnDaemon({ home: home() });
      assert.equal(daemon.token, stdout.trim());
      await daemon.stop();
    });

    it('lets doctor name what is wrong on disk, with the command that mends it', async () => {
      const empty = await run(['doctor']);
      assert.equal(empty.exitCode, 1);
      assert.match(empty.stdout, /FAIL {2}home: .*does not exist yet; "pointsman serve"/);
      mkdirSync(home(), { mode: 0o700 });
      writeFileSync(path.join(home(), 'config.jsonc'), '{\n  "basline": "x"\n}');
      writeFileSync(path.join(home(), 'token'), `${'t'.repeat(40)}\n`, { mode: 0o644 });
      const { exitCode, stdout } = await run(['doctor', '--json']);
      assert.equal(exitCode, 1);
      const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; finding: string }[] };
      const finding = (name: string): string => {
        const check = checks.find((candidate) => candidate.name === name);
        assert.equal(check?.ok, false, name);
        return check?.finding ?? '';
      };
      assert.match(finding('token'), /chmod 600/);
      assert.match(finding('admin-token'), /missing/);
      assert.match(finding('config'), /^config\.jsonc line 2.*"baseline"$/);
      assert.match(finding('daemon'), /not|no daemon/);
    });
  });

  let upstream: FakeUpstream;
  let daemon: DaemonProcess;

  async function startSeeded(): Promise<void> {
    upstream = await startFakeUpstream();
    mkdirSync(home(), { mode: 0o700, recursive: true });
    const config = configFor([
      {
        id: 'small',
        baseUrl: upstream.baseUrl,
        tier: 'simple',
        inputUsdPerMtok: 0.25,
        outputUsdPerMtok: 1.5,
      },
      { id: 'large', baseUrl: upstream.baseUrl, provider: 'big', tier: 'complex', inputUsdPerMtok: 4 },
    ]);
    const keyed = { ...config.providers?.['big'], apiKey: { env: 'BIG_KEY' } };
    const text = JSON.stringify({ ...config, providers: { ...config.providers, big: keyed } });
    writeFileSync(path.join(home(), 'config.jsonc'), text, { mode: 0o600 });
    const ledger = openLedger({ path: path.join(home(), 'ledger.db'), clock: systemClock, log: silentLog });
    for (const record of tenDays(Date.now())) ledger.append(record);
    await ledger.close();
    daemon = await spawnDaemon({ home: home(), environment: { BIG_KEY: KEY } });
  }
  async function end(): Promise<void> {
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    await upstream.close();
  }

  describe('asks a running daemon and', () => {
    before(async () => {
      sharedHome = mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
      await startSeeded();
    });
    after(async () => {
      await end();
      rmSync(sharedHome ?? '', { recursive: true, force: true });
      sharedHome = null;
    });

    it('shows in status what it can reach, and no key', async () => {
      const [text, json] = await Promise.all([run(['status']), run(['status', '--json'])]);
      assert.equal(text.exitCode, 0);
      assert.match(text.stdout, new RegExp(`at ${daemon.url}, pid ${daemon.child.pid}, up \\d+ s`));
      assert.match(text.stdout, /^ledger +\S+ledger\.db, 40 requests$/m);
      assert.match(text.stdout, /^big +ok +key from environment variable BIG_KEY$/m);
      assert.match(text.stdout, /^small +p-small +simple +ok +0\.25 +1\.5 +2026-11-21, \d+ days? old$/m);
      const status = JSON.parse(json.stdout) as StatusBody;
      assert.equal(status.pid, daemon.child.pid);
      assert.deepEqual(
        status.models.map(({ id }) => id),
        ['small', 'large'],
      );
      for (const { stdout, stderr } of [text, json]) {
        assert.equal(stderr, '');
        for (const secret of [KEY, daemon.token, daemon.adminToken]) assert.ok(!stdout.includes(secret));
      }
    });

    it('[A42] stats: requests, tokens, cost, baseline, savings percent, mean latency, model distribution', async () => {
      const { exitCode, stdout } = await run(['stats']);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^requests +40, 0 failed$/m);
      assert.match(stdout, /^tokens +48,000 in \(83\.3 % from prompt caches\), 2,000 out$/m);
      assert.match(stdout, /^cost +0\.6000 \$/m);
      assert.match(stdout, /^baseline +2\.0000 \$ +40 requests on the model asked for/m);
      assert.match(stdout, /^saved +1\.4000 \$ \(70\.0 % of the baseline\); 100\.0 %/m);
      assert.match(stdout, /^latency +mean 500ms/m);
      assert.match(stdout, /^small +30 +75\.0 %/m);
      assert.match(stdout, /^large +10 +25\.0 %/m);
    });

    it('[A43] stats: per model the share of requests, the price and the share of spend', async () => {
      const { stdout } = await run(['stats']);
      assert.match(
        stdout,
        /^model +reqs +share +tok in +tok out +\$in\/M +\$out\/M +cost \$ +of spend +saved \$$/m,
      );
      assert.match(stdout, /^small +30 +75\.0 % +36\.0k +1\.50k +0\.25 +1\.5 +0\.3000 +50\.0 % +1\.2000$/m);
      assert.match(stdout, /^large +10 +25\.0 % +12\.0k +500 +4 +2 +0\.3000 +50\.0 % +0\.2000$/m);
    });

    it('[A46] stats: monthly and yearly saving from the stored mix of grades', async () => {
      const { stdout } = await run(['stats']);
      assert.match(stdout, /^simple +30 +75\.0 %/m);
      assert.match(stdout, /^complex +10 +25\.0 %/m);
      const [, month = '', year = ''] =
        /projection +([\d.]+) \$ saved a month, ([\d.]+) \$ a year/.exec(stdout) ?? [];
      // 1.40 $ within ten or eleven UTC days, depending on the time of day.
      assert.ok(Number(year) >= (1.4 / 11) * 365 - 0.01 && Number(year) <= (1.4 / 10) * 365 + 0.01, year);
      assert.ok(Math.abs(Number(month) * 12 - Number(year)) < 0.01, month);
      assert.match(stdout, /^ +95 % interval: -?[\d.]+ to [\d.]+ \$ a month, -?[\d.]+ to [\d.]+ \$ a year$/m);
    });

    it('[A44] stats: before beside after, with what is not known called so', async () => {
      const { stdout } = await run(['stats']);
      assert.match(stdout, /^cost a month +[\d.]+ \$ +[\d.]+ \$$/m);
      assert.match(stdout, /^cost per request +0\.0500 \$ +0\.0150 \$$/m);
      assert.match(stdout, /^response time, mean +unknown +500ms$/m);
      assert.match(stdout, /^success rate +unknown +100\.0 %$/m);
      assert.match(stdout, /^failed queries +unknown +0 of 40$/m);
      assert.match(stdout, /^answered from cache +none +0\.0 %$/m);
      assert.match(stdout, /^user rating +unknown +unknown$/m);
    });

    it('verify: says that the seeded books do not close, and where', async () => {
      const { exitCode, stdout, stderr } = await run(['verify']);
      assert.equal(exitCode, 1);
      assert.equal(stderr, '');
      assert.match(stdout, /^x_0 \S+ +costUsd is 0\.03, should be 0\.01 \(attempts \+ classifier\)$/m);
      assert.match(stdout, /^The running daemon answers the same totals\.$/m);
      assert.match(stdout, /^The books do not close: /m);
    });

    it('prints totals as JSON, and of the last days only when asked', async () => {
      const [all, some] = await Promise.all([
        run(['stats', '--json']),
        run(['stats', '--json', '--since', '5d']),
      ]);
      assert.equal((JSON.parse(all.stdout) as TotalsBody).requests, 40);
      const totals = JSON.parse(some.stdout) as TotalsBody;
      assert.equal(totals.requests, 20);
      assert.equal(totals.costUsd.toFixed(4), '0.3000');
      assert.match((await run(['stats', '--since', '5d'])).stdout, /^requests +20, 0 failed$/m);
    });

    it('[A41] writes the usage log as CSV: model, task, tokens, cost, latency of every request', async () => {
      const file = folder.file('usage.csv');
      const { exitCode, stdout } = await run(['stats', '--since', '5d', '--csv', file]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /20 requests written to /);
      const [header = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\r\n');
      assert.equal(rows.length, 20);
      const cells = rows[0]?.split(',') ?? [];
      const cell = (name: string): string | undefined => cells[header.split(',').indexOf(name)];
      assert.equal(cell('responseModel'), 'large');
      assert.equal(cell('task'), 'code');
      assert.equal(cell('inputTokens'), '1200');
      assert.equal(cell('outputTokens'), '50');
      assert.equal(cell('costUsd'), '0.03');
      assert.equal(cell('durationMs'), '500');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const both = await run(['stats', '--json', '--csv', file]);
      assert.equal((JSON.parse(both.stdout) as TotalsBody).requests, 40);
      const nowhere = await run(['stats', '--json', '--csv', folder.file('no/such/folder.csv')]);
      assert.equal(nowhere.exitCode, 1);
      assert.match(nowhere.stderr, /^pointsman: cannot write .*--csv\n$/);
    });

    it('never takes the way over a proxy, which would learn the admin token', async () => {
      const environment = {
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: upstream.origin,
        http_proxy: upstream.origin,
      };
      assert.equal((await run(['status'], { environment })).exitCode, 0);
      assert.equal(upstream.requests.length, 0);
    });

    it('explains a request from a file and from standard input, without calling anyone', async () => {
      const file = folder.file('body.json');
      writeFileSync(file, JSON.stringify(REQUEST));
      const wrapped = JSON.stringify({ dialect: 'openai-chat', request: REQUEST });
      const [text, json, stdin] = await Promise.all([
        run(['explain', file]),
        run(['explain', file, '--json']),
        run(['explain', '-', '--json'], { input: wrapped }),
      ]);
      assert.equal(text.exitCode, 0, text.stderr);
      assert.match(text.stdout, /^small \(cheapest-capable\), baseline large$/m);
      assert.match(text.stdout, /^large +[\d.]+ +[\d.]+ +costs .*$/m);
      assert.equal((JSON.parse(json.stdout) as Decision).chosen, 'small');
      assert.equal((JSON.parse(stdin.stdout) as Decision).chosen, 'small');
      assert.equal(upstream.requests.length, 0);
    });

    it('says what is wrong with a request that it cannot explain', async () => {
      const cases = [
        run(['explain', folder.file('absent.json')]),
        run(['explain', '-'], { input: 'hello' }),
        run(['explain', '-'], { input: '{"model": 7}' }),
        run(['explain', '-', '--dialect', 'klingon'], { input: JSON.stringify(REQUEST) }),
      ];
      const sentences = [/cannot read .*absent\.json/, /not a JSON object/, /model/, /dialect/];
      for (const [index, end] of (await Promise.all(cases)).entries()) {
        assert.equal(end.exitCode, 1);
        assertOneSentence(end, sentences[index] ?? /^$/);
      }
    });
  });

  describe('acts on a running daemon and', () => {
    beforeEach(startSeeded);
    afterEach(end);

    it('passes doctor when all is well, and fails it when a provider has no key', async () => {
      const well = await run(['doctor']);
      assert.equal(well.exitCode, 0, well.stdout);
      assert.doesNotMatch(well.stdout, /FAIL/);
      assert.ok(!well.stdout.includes(KEY));
      await daemon.stop();
      daemon = await spawnDaemon({ home: home() });
      const ill = await run(['doctor']);
      assert.equal(ill.exitCode, 1);
      assert.match(ill.stdout, /^FAIL {2}provider big: environment variable BIG_KEY is not set; set it/m);
      assert.match(ill.stdout, /^ok {4}providers: p-small$/m);
    });

    it('replaces a token at once: the old one is refused within a second, the new one works', async () => {
      const models = (token: string): Promise<number> =>
        fetch(`${daemon.url}/v1/models`, { headers: { 'x-api-key': token } }).then(({ status }) => status);
      assert.equal(await models(daemon.token), 200);
      const { exitCode, stdout } = await run(['token', '--rotate']);
      const rotatedAtMs = performance.now();
      assert.equal(exitCode, 0);
      const rotated = stdout.trim();
      assert.notEqual(rotated, daemon.token);
      await eventually(async () => (await models(rotated)) === 200);
      assert.equal(await models(daemon.token), 401);
      assert.ok(performance.now() - rotatedAtMs < 1000);
      assert.equal((await run(['status'])).exitCode, 0); // the admin token is another one
    });

    it('prints both tokens, and replaces the admin token without locking itself out', async () => {
      const [client, admin, json] = await Promise.all([
        run(['token']),
        run(['token', '--admin']),
        run(['token', '--json']),
      ]);
      assert.equal(client.stdout, `${daemon.token}\n`);
      assert.equal(admin.stdout, `${daemon.adminToken}\n`);
      assert.deepEqual(JSON.parse(json.stdout), { client: daemon.token });
      const { stdout } = await run(['token', '--admin', '--rotate']);
      assert.notEqual(stdout.trim(), daemon.adminToken);
      await eventually(async () => (await run(['status'])).exitCode === 0);
      assert.equal((await daemon.control('GET', 'status')).status, 401);
    });

    it('stops the daemon, and it is gone when the command returns', async () => {
      const { exitCode, stdout } = await run(['stop']);
      assert.equal(exitCode, 0);
      assert.equal(stdout, `stopped (pid ${daemon.child.pid})\n`);
      assert.equal(daemon.child.exitCode, 0);
      assert.equal((await run(['stop'])).exitCode, 1);
    });

    it('says so when the daemon hangs, instead of hanging too', async () => {
      daemon.child.kill('SIGSTOP');
      const end = await run(['status']);
      daemon.child.kill('SIGCONT');
      assert.equal(end.exitCode, 1);
      assertOneSentence(end, new RegExp(`does not answer.*kill ${daemon.child.pid}`));
    });

    it('does not take another program on the old port for the daemon', async () => {
      const lockfile = path.join(home(), 'daemon.json');
      const written = JSON.parse(readFileSync(lockfile, 'utf8')) as Record<string, unknown>;
      const pointTo = (url: string): void => writeFileSync(lockfile, JSON.stringify({ ...written, url }));
      pointTo(upstream.origin);
      assert.match((await run(['status'])).stderr, /does not answer/);
      assert.ok(upstream.requests.every(({ headers }) => headers.authorization === undefined));
      pointTo(`http://127.0.0.1:${await closedPort()}`);
      assert.match((await run(['status'])).stderr, /no daemon is running/);
    });

    it('tells a daemon of another home, which cannot prove to know the admin token', async () => {
      const other = folder.file('other');
      await runCommand(['token'], { home: other });
      writeFileSync(path.join(other, 'daemon.json'), readFileSync(path.join(home(), 'daemon.json')));
      const end = await runCommand(['status'], { home: other });
      assert.equal(end.exitCode, 1);
      assertOneSentence(end, /serves another home/);
    });
  });
});
