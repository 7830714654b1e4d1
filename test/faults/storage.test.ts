// The books on a bad disk, with real daemon processes: no answer fails because of the ledger, no row is lost while the
// process lives, the trouble is told, and a budget that blocks fails closed. What a single ledger does with each error
// is in test/unit/daemon/ledger. FAULTS_FULL=1 holds the event loop to its 50 ms.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import { openForReading } from '../../daemon/ledger/database-file.ts';
import type { DaemonProcess } from '../support/daemon-process.ts';
import { ensureBundle, eventually } from '../support/daemon-process.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import {
  askMany,
  bookedRequests,
  faultyHome,
  hasCommand,
  ledgerOf,
  lockFromOutside,
  type FaultyHome,
} from './faulty-home.ts';

const IS_FULL = process.env['FAULTS_FULL'] === '1';
/** trust.md F43; a loaded machine delays the loop by itself. */
const LONGEST_BLOCK_MS = IS_FULL ? 50 : 2000;
const BLOCK: Partial<RouterConfigInput> = {
  budgets: [{ scope: 'all', period: 'day', limitUsd: 5, onReach: 'block' }],
};
/** In blocks of 512 bytes, as POSIX has it: small enough that a few hundred rows fill it. */
const SMALL_FILES = 'ulimit -S -f 600';

describe('a bad disk', function () {
  this.timeout(60_000);
  let upstream: FakeUpstream;
  let home: FaultyHome;

  before(async () => {
    ensureBundle();
    upstream = await startFakeUpstream();
  });
  after(() => upstream.close());
  afterEach(() => home.clean());

  function prepare(extra: Partial<RouterConfigInput> = {}): FaultyHome {
    home = faultyHome(configFor([{ id: 'small', baseUrl: upstream.baseUrl }], extra));
    return home;
  }
  /** Asks until the ledger is in trouble. */
  async function fill(daemon: DaemonProcess): Promise<number> {
    let asked = 0;
    while ((await ledgerOf(daemon)).ok) {
      assert.ok(asked < 4000, 'the disk takes no end of rows');
      assert.equal(await askMany(daemon, 40), 40);
      asked += 40;
    }
    return asked;
  }

  describe('that takes no more', () => {
    it('fails no answer, keeps every row in sight, and says so in status', async () => {
      const daemon = await prepare().start({ command: SMALL_FILES });
      const asked = await fill(daemon);
      assert.equal(await askMany(daemon, 60), 60);
      assert.equal(await bookedRequests(daemon), asked + 60);
      const { error } = await ledgerOf(daemon);
      assert.match(error ?? '', /cannot write .*ledger\.db.*up to 10000 rows are kept in memory meanwhile/u);
      assert.equal((await daemon.control('GET', 'exchanges?limit=500')).status, 200);
    });

    it('has every row in the file when there is room again', async function () {
      if (!hasCommand('prlimit', ['--version'])) this.skip(); // only it can lift the limit from outside
      const daemon = await prepare().start({ command: SMALL_FILES });
      const asked = (await fill(daemon)) + (await askMany(daemon, 60));
      spawnSync('prlimit', ['--pid', String(daemon.child.pid), '--fsize=unlimited:unlimited']);
      await eventually(async () => (await ledgerOf(daemon)).ok);
      assert.equal((await ledgerOf(daemon)).error, null);
      assert.equal(await askMany(daemon, 20), 20);
      await daemon.stop();
      assert.deepEqual(booksAt(home.file('ledger.db')), { rows: asked + 20, ids: asked + 20, check: 'ok' });
    });

    it('closes a budget that blocks, with a sentence, before anything is sent', async () => {
      const daemon = await prepare(BLOCK).start({ command: SMALL_FILES });
      let refusal: Response | null = null;
      for (let asked = 0; refusal === null; asked++) {
        assert.ok(asked < 4000, 'the disk takes no end of rows');
        const response = await daemon.post('/v1/chat/completions', CHAT);
        if (response.status !== 200) refusal = response;
        else await response.text();
      }
      const before = upstream.requests.length;
      assert.equal(refusal.status, 429);
      assert.match(
        await refusal.text(),
        /what is spent of the budget \\"all, 5 USD a day\\" cannot be written down.*make room.*pointsman doctor/u,
      );
      assert.equal((await daemon.post('/v1/chat/completions', CHAT)).status, 429);
      assert.equal(upstream.requests.length, before);
    });

    it('serves on with a full file system too, and writes the rows when something was deleted', async function () {
      if (!hasCommand('unshare', ['-rm', 'true'])) this.skip(); // needs name spaces of the user's own
      const first = await prepare().start(); // makes the tokens
      await first.stop();
      const daemon = await home.start({ command: inOwnMounts(smallFileSystem(home.path)) });
      const inside = (name: string): string => `/proc/${daemon.child.pid}/root${home.file(name)}`;
      const asked = (await fill(daemon)) + (await askMany(daemon, 60));
      assert.match((await ledgerOf(daemon)).error ?? '', /database or disk is full/u);
      assert.equal(await bookedRequests(daemon), asked);
      rmSync(inside('ballast'));
      await eventually(async () => (await ledgerOf(daemon)).ok);
      // Well again is told with the first batch; the others follow. And two files are not copied in one moment.
      await eventually(() => {
        // SQLite would follow the link and open the file that lies under the mount.
        for (const name of ['ledger.db', 'ledger.db-wal'])
          copyFileSync(inside(name), home.file(`copy-${name}`));
        return booksAt(home.file('copy-ledger.db')).rows === asked;
      });
      assert.deepEqual(booksAt(home.file('copy-ledger.db')), { rows: asked, ids: asked, check: 'ok' });
    });
  });

  describe('that fails to write', () => {
    it('fails no answer: input/output errors on every write to the books, and well again afterwards', async function () {
      if (!hasCommand('strace', ['-f', '-e', 'trace=none', 'true'])) this.skip(); // needs strace and its rights
      const daemon = await prepare().start();
      assert.equal(await askMany(daemon, 20), 20);
      const { pid } = daemon.child;
      const healed = await failWrites(Number(pid));
      assert.equal(await askMany(daemon, 20), 20);
      await eventually(async () => !(await ledgerOf(daemon)).ok);
      assert.match((await ledgerOf(daemon)).error ?? '', /disk I\/O error/u);
      assert.equal(await bookedRequests(daemon), 40);
      await healed();
      await eventually(async () => (await ledgerOf(daemon)).ok);
      await daemon.stop();
      assert.deepEqual(booksAt(home.file('ledger.db')), { rows: 40, ids: 40, check: 'ok' });
    });
  });

  describe('with damaged books', () => {
    const damages: readonly (readonly [string, (file: string) => void])[] = [
      ['that are no database', (file) => writeFileSync(file, 'no database at all\n'.repeat(300))],
      ['with pages overwritten', (file) => overwritePages(file)],
    ];
    for (const [what, damage] of damages) {
      it(`${what} at the start, puts them aside, tells it, and serves`, async () => {
        prepare();
        const first = await home.start();
        assert.equal(await askMany(first, 200), 200);
        await first.stop();
        damage(home.file('ledger.db'));
        const begunAtMs = performance.now();
        const daemon = await home.start();
        assert.equal(await askMany(daemon, 20), 20);
        const servedMs = performance.now() - begunAtMs;
        await eventually(async () => (await bookedRequests(daemon)) <= 20 && asideIn(home).length === 1);
        const { ok, error } = await ledgerOf(daemon);
        assert.ok(ok);
        assert.match(
          error ?? '',
          /the ledger was damaged and is kept as .*\.corrupt-.*; a new one was begun/u,
        );
        assert.equal(statSync(home.file(asideIn(home)[0] ?? '')).mode & 0o777, 0o600);
        if (IS_FULL) assert.ok(servedMs <= 2000, `served after ${servedMs.toFixed(0)} ms`);
      });
    }

    it('damaged while it runs: no answer fails, and they are put aside when it is seen, at the next start at the latest', async () => {
      const first = await prepare().start();
      assert.equal(await askMany(first, 200), 200);
      await first.control('GET', 'totals');
      overwritePages(home.file('ledger.db'));
      overwritePages(home.file('ledger.db-wal'));
      assert.equal(await askMany(first, 60), 60);
      assert.equal((await first.control('GET', 'exchanges?limit=500')).status, 200);
      await first.stop();
      const daemon = await home.start();
      assert.equal(await askMany(daemon, 20), 20);
      await daemon.control('GET', 'totals');
      assert.equal(asideIn(home).length, 1);
      await daemon.stop();
      const { rows, check } = booksAt(home.file('ledger.db'));
      assert.ok(rows >= 20 && rows <= 80, `${rows} rows`);
      assert.equal(check, 'ok');
    });

    it('closes a budget that blocks: what was spent is not known', async () => {
      prepare(BLOCK);
      const first = await home.start();
      assert.equal(await askMany(first, 20), 20);
      await first.stop();
      writeFileSync(home.file('ledger.db'), 'no database at all\n'.repeat(300));
      const daemon = await home.start();
      const refusal = await daemon.post('/v1/chat/completions', CHAT);
      assert.equal(refusal.status, 429);
      assert.match(
        await refusal.text(),
        /nobody knows how much.*damaged.*restart pointsman to count from nothing/u,
      );
    });
  });

  describe('with books that another process has locked', () => {
    it('fails no answer and holds up no other: the rows are written when the lock is gone', async () => {
      const loopFile = prepare().file('loop-delay');
      const probe = path.join(import.meta.dirname, 'loop-probe.cjs');
      const daemon = await home.start({
        environment: { NODE_OPTIONS: `--require ${probe}`, POINTSMAN_TEST_LOOP_FILE: loopFile },
      });
      assert.equal(await askMany(daemon, 100), 100);
      const holder = await lockFromOutside(home.file('ledger.db'));
      assert.equal(await askMany(daemon, 400), 400);
      await eventually(async () => !(await ledgerOf(daemon)).ok);
      assert.match((await ledgerOf(daemon)).error ?? '', /database is locked/u);
      assert.equal(await askMany(daemon, 100), 100);
      const blockedMs = Number(readFileSync(loopFile, 'utf8'));
      console.log(`      longest delay of the event loop: ${blockedMs.toFixed(1)} ms`);
      assert.ok(blockedMs <= LONGEST_BLOCK_MS, `${blockedMs} ms`);
      holder.kill('SIGKILL');
      await eventually(async () => (await ledgerOf(daemon)).ok);
      await daemon.stop();
      assert.deepEqual(booksAt(home.file('ledger.db')), { rows: 600, ids: 600, check: 'ok' });
    });

    it('keeps the rows also when it is killed before the lock is gone', async () => {
      const daemon = await prepare().start();
      assert.equal(await askMany(daemon, 20), 20);
      const holder = await lockFromOutside(home.file('ledger.db'));
      assert.equal(await askMany(daemon, 100), 100);
      daemon.child.kill('SIGKILL');
      await daemon.ended;
      holder.kill('SIGKILL');
      const next = await home.start();
      assert.equal(await bookedRequests(next), 120);
    });

    it('leaves a budget that blocks open: what is spent stands in files beside them', async () => {
      const daemon = await prepare(BLOCK).start();
      const holder = await lockFromOutside(home.file('ledger.db'));
      assert.equal(await askMany(daemon, 40), 40);
      await eventually(async () => !(await ledgerOf(daemon)).ok);
      assert.equal(await askMany(daemon, 40), 40);
      holder.kill('SIGKILL');
    });
  });

  describe('without a place for the books', () => {
    it('serves from memory and says so, with folders in the way of every file', async () => {
      prepare();
      for (const name of ['ledger.db', 'daemon.json', 'daemon.log']) mkdirSync(home.file(name));
      const daemon = await home.start();
      assert.equal(await askMany(daemon, 40), 40);
      assert.equal(await bookedRequests(daemon), 40);
      const { ok, path: where, error } = await ledgerOf(daemon);
      assert.deepEqual({ ok, where }, { ok: false, where: ':memory:' });
      assert.match(error ?? '', /cannot open .*ledger\.db/u);
      assert.match(daemon.stderr(), /daemon\.json cannot be written/u);
    });

    it('closes a budget that blocks', async () => {
      mkdirSync(prepare(BLOCK).file('ledger.db'));
      const daemon = await home.start();
      const refusal = await daemon.post('/v1/chat/completions', CHAT);
      assert.equal(refusal.status, 429);
      assert.match(await refusal.text(), /nobody knows how much.*ledger cannot be read.*pointsman doctor/u);
    });

    it('serves from memory on a home that may only be read', async function () {
      const first = await prepare().start(); // makes the tokens
      await first.stop();
      const readOnly = `mount --bind '${home.path}' '${home.path}' && mount -o remount,ro,bind '${home.path}'`;
      if (!hasCommand('unshare', ['-rm', 'sh', '-c', readOnly])) this.skip(); // needs name spaces of the user's own
      const daemon = await home.start({
        command: inOwnMounts(readOnly),
      });
      assert.equal(await askMany(daemon, 20), 20);
      assert.equal((await ledgerOf(daemon)).path, ':memory:');
    });
  });
});

const CHAT = { model: 'auto', messages: [{ role: 'user', content: 'Say one sentence about rivers.' }] };

function booksAt(file: string): { readonly rows: number; readonly ids: number; readonly check: string } {
  const database = openForReading(file);
  try {
    const counts = database
      .prepare('SELECT count(*) AS rows, count(DISTINCT exchange_id) AS ids FROM exchanges')
      .get();
    const check = String(database.prepare('PRAGMA integrity_check').get()?.['integrity_check']);
    return { rows: Number(counts?.['rows']), ids: Number(counts?.['ids']), check };
  } finally {
    database.close();
  }
}

function asideIn(home: FaultyHome): readonly string[] {
  return readdirSync(home.path).filter((name) => /\.corrupt-[\dTZ-]+$/u.test(name));
}

/** All but the first page, which says that it is a database. */
function overwritePages(file: string): void {
  const { size } = statSync(file);
  const descriptor = openSync(file, 'r+');
  for (let offset = 4096; offset < size; offset += 4096)
    writeSync(descriptor, Buffer.alloc(4096, 0x78), 0, 4096, offset);
  closeSync(descriptor);
}

/** A line of shell that starts the daemon in a name space of its own, after `mounts`. */
function inOwnMounts(mounts: string): string {
  const inner = `${mounts} && exec "$@"`.replaceAll("'", String.raw`'\''`);
  return `exec unshare -rm sh -c '${inner}' sh '${process.execPath}' "$@"`;
}

function smallFileSystem(home: string): string {
  const copy = `cp -a '${home}' '${home}.copy'`;
  const mount = `mount -t tmpfs -o size=3m,mode=700 tmpfs '${home}'`;
  const back = `cp -a '${home}.copy/.' '${home}/' && rm -r '${home}.copy'`;
  return `${copy} && ${mount} && ${back} && head -c 1000000 /dev/zero > '${home}/ballast'`;
}

/** Every write of SQLite in that process fails until the returned function has been called. */
async function failWrites(pid: number): Promise<() => Promise<void>> {
  // SQLite alone writes at positions.
  const strace = spawn(
    'strace',
    ['-f', '-p', String(pid), '-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  await once(strace.stderr, 'data'); // "attached"
  strace.stderr.resume();
  return async () => {
    strace.kill('SIGINT');
    await once(strace, 'exit');
  };
}
