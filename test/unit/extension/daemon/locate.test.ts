import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { loadTokens } from '../../../../daemon/lifecycle/tokens.ts';
import { writeLockfile } from '../../../../daemon/lifecycle/lockfile.ts';
import type { Lockfile } from '../../../../daemon/protocol/lockfile.ts';
import { isOurs, locateDaemon, readLockfile, readToken } from '../../../../extension/daemon/locate.ts';
import { startStranger } from '../../../support/editor-window.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const LOCKFILE: Lockfile = {
  pid: process.pid,
  url: 'http://127.0.0.1:7411',
  version: '0.1.0',
  protocolVersion: 1,
  startedAt: '2026-11-21T00:00:00.000Z',
  lingerS: 600,
  configuredPort: 7411,
};

describe('looking for the daemon of a home', () => {
  const folder = temporaryFolder();

  it('reads what the daemon wrote: where it is, how long it lingers, and the tokens', () => {
    writeLockfile(folder.path, LOCKFILE);
    const tokens = loadTokens(folder.path);
    assert.deepEqual(readLockfile(folder.path), LOCKFILE);
    assert.equal(readToken(folder.path, 'admin'), tokens.admin);
    assert.equal(readToken(folder.path, 'client'), tokens.client);
  });

  it('follows no file that leads off this machine or makes no sense', () => {
    const broken: readonly unknown[] = [
      { ...LOCKFILE, url: 'http://example.com:7411' },
      { ...LOCKFILE, url: 'https://127.0.0.1:7411' },
      { ...LOCKFILE, url: 'http://127.0.0.1.example.com' },
      { ...LOCKFILE, pid: -1 },
      { ...LOCKFILE, version: 7 },
      null,
      [],
    ];
    for (const value of broken) {
      writeFileSync(folder.file('daemon.json'), JSON.stringify(value));
      assert.equal(readLockfile(folder.path), null, JSON.stringify(value));
    }
    writeFileSync(folder.file('admin-token'), 'short\n');
    assert.equal(readToken(folder.path, 'admin'), null);
  });

  it('finds nobody where there is no file, nobody listens, or a stranger does', async () => {
    assert.deepEqual(await locateDaemon(folder.path), { status: 'absent' });
    loadTokens(folder.path);
    const stranger = await startStranger(0, () => 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    const lockfile = { ...LOCKFILE, url: `http://127.0.0.1:${stranger.port}` };
    writeLockfile(folder.path, lockfile);
    assert.deepEqual(await locateDaemon(folder.path), { status: 'absent' });
    assert.equal(await isOurs(folder.path, stranger.port), false);
    assert.doesNotMatch(stranger.heard(), /pma?_/);
    await stranger.close();
    assert.deepEqual(await locateDaemon(folder.path), { status: 'absent' });
  });

  it('tells a daemon that hangs from one that is gone', async () => {
    loadTokens(folder.path);
    const silent = await startStranger();
    const lockfile = { ...LOCKFILE, url: `http://127.0.0.1:${silent.port}` };
    writeLockfile(folder.path, lockfile);
    assert.deepEqual(await locateDaemon(folder.path, 30), { status: 'silent', lockfile });
    writeLockfile(folder.path, { ...lockfile, pid: 2 ** 30 });
    assert.deepEqual(await locateDaemon(folder.path, 30), { status: 'absent' });
    await silent.close();
  });
});
