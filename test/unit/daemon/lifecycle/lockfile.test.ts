import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import {
  keepLockfile,
  lockfilePath,
  readLockfile,
  removeLockfile,
  writeLockfile,
} from '../../../../daemon/lifecycle/lockfile.ts';
import type { Lockfile } from '../../../../daemon/protocol/lockfile.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { listLog } from '../ledger/ledger-fixtures.ts';

const LOCKFILE: Lockfile = {
  pid: 123,
  url: 'http://127.0.0.1:7411',
  version: '0.1.0',
  protocolVersion: 1,
  startedAt: '2026-11-21T03:00:00.000Z',
};

describe('daemon.json', () => {
  const folder = temporaryFolder();

  it('is read as it was written, and private', () => {
    writeLockfile(folder.path, LOCKFILE);
    assert.deepEqual(readLockfile(folder.path), LOCKFILE);
    assert.equal(statSync(folder.file('daemon.json')).mode & 0o777, 0o600);
  });

  it('also says how long it lingers and which port is configured, where that is known', () => {
    const lockfile = { ...LOCKFILE, lingerS: 600, configuredPort: 7411 };
    writeLockfile(folder.path, lockfile);
    assert.deepEqual(readLockfile(folder.path), lockfile);
  });

  it('replaces the one of a daemon that is gone', () => {
    writeLockfile(folder.path, LOCKFILE);
    writeLockfile(folder.path, { ...LOCKFILE, pid: 456 });
    assert.equal(readLockfile(folder.path)?.pid, 456);
  });

  it('holds no secret', () => {
    writeLockfile(folder.path, LOCKFILE);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(folder.file('daemon.json'), 'utf8'))).sort(), [
      'pid',
      'protocolVersion',
      'startedAt',
      'url',
      'version',
    ]);
  });

  it('keeps nobody from serving when it cannot be written, and is put up when it can', async () => {
    mkdirSync(folder.file('daemon.json')); // a folder in its place
    const [clock, lines] = [createVirtualClock(), [] as string[]];
    const takeDown = keepLockfile(folder.path, LOCKFILE, { clock, log: listLog(lines) });
    await clock.advance(30_000);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^warn: daemon\.json cannot be written/u);
    rmdirSync(folder.file('daemon.json'));
    await clock.advance(10_000);
    assert.deepEqual(readLockfile(folder.path), LOCKFILE);
    takeDown();
    assert.equal(existsSync(folder.file('daemon.json')), false);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('is not tried again once the daemon has gone', () => {
    mkdirSync(folder.file('daemon.json'));
    const clock = createVirtualClock();
    keepLockfile(folder.path, LOCKFILE, { clock, log: listLog([]) })();
    assert.equal(clock.pendingTimers(), 0);
  });

  it('is none when there is no file, no folder, or a folder in its place', () => {
    assert.equal(readLockfile(folder.path), null);
    assert.equal(readLockfile(folder.file('no')), null);
    mkdirSync(folder.file('daemon.json'));
    assert.equal(readLockfile(folder.path), null);
  });

  const bad: Record<string, unknown> = {
    'no JSON': '{',
    'no object': '[]',
    'no pid': { ...LOCKFILE, pid: undefined },
    'a pid of another type': { ...LOCKFILE, pid: '123' },
    'a pid of a process group': { ...LOCKFILE, pid: -1 },
    'pid 0': { ...LOCKFILE, pid: 0 },
    'half a pid': { ...LOCKFILE, pid: 1.5 },
    'no address': { ...LOCKFILE, url: undefined },
    'an address of another machine': { ...LOCKFILE, url: 'http://example.com:7411' },
    'an address that hides another machine': { ...LOCKFILE, url: 'http://127.0.0.1@example.com' },
    'an address of another kind': { ...LOCKFILE, url: 'file:///etc/passwd' },
    'no version': { ...LOCKFILE, version: undefined },
    'no protocol version': { ...LOCKFILE, protocolVersion: null },
    'no start time': { ...LOCKFILE, startedAt: 'yesterday' },
  };
  for (const [what, content] of Object.entries(bad)) {
    it(`is none with ${what}`, () => {
      writeFileSync(
        lockfilePath(folder.path),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
      assert.equal(readLockfile(folder.path), null);
    });
  }

  it('is removed by the daemon that wrote it', () => {
    writeLockfile(folder.path, LOCKFILE);
    removeLockfile(folder.path, LOCKFILE);
    assert.equal(existsSync(folder.file('daemon.json')), false);
  });

  for (const successor of [
    { pid: 456 },
    { url: 'http://127.0.0.1:7412' },
    { startedAt: '2026-11-21T03:00:01.000Z' },
  ]) {
    it(`stays when a successor with another ${Object.keys(successor)[0]} has written it`, () => {
      writeLockfile(folder.path, { ...LOCKFILE, ...successor });
      removeLockfile(folder.path, LOCKFILE);
      assert.deepEqual(readLockfile(folder.path), { ...LOCKFILE, ...successor });
    });
  }

  it('may be removed twice', () => {
    removeLockfile(folder.path, LOCKFILE);
    removeLockfile(folder.file('no'), LOCKFILE);
  });
});
