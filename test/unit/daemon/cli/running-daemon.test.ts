import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findDaemon, isProcessAlive } from '../../../../daemon/cli/running-daemon.ts';
import { writeLockfile } from '../../../../daemon/lifecycle/lockfile.ts';
import { closedPort } from '../../../support/fake-upstream.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Above what Linux and macOS give out. */
const DEAD_PID = 99_999_999;

describe('looking for a running daemon', () => {
  const folder = temporaryFolder();
  const servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(
      servers.splice(0).map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  });

  async function listen(statusCode: number | null, body = '{"status":"ok"}'): Promise<string> {
    const server = createServer((request, response) => {
      seen.push({ target: request.url ?? '', authorization: request.headers.authorization });
      if (statusCode !== null) response.writeHead(statusCode).end(body);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  let seen: { target: string; authorization: string | undefined }[];
  beforeEach(() => {
    seen = [];
  });
  const leave = (url: string, pid = process.pid): void =>
    writeLockfile(folder.path, {
      pid,
      url,
      version: '0.1.0',
      protocolVersion: 1,
      startedAt: '2026-11-21T00:00:00.000Z',
    });

  it('finds none where no file is', async () => {
    assert.deepEqual(await findDaemon(folder.path), { state: 'absent', lockfile: null });
  });

  it('finds the one that answers, without sending a token', async () => {
    leave(await listen(200));
    assert.equal((await findDaemon(folder.path)).state, 'running');
    assert.deepEqual(seen, [{ target: '/healthz', authorization: undefined }]);
  });

  it('does not even ask when the process is gone, whoever has the port now', async () => {
    leave(await listen(200), DEAD_PID);
    const { state, lockfile } = await findDaemon(folder.path);
    assert.equal(state, 'absent');
    assert.equal(lockfile?.pid, DEAD_PID);
    assert.deepEqual(seen, []);
  });

  it('takes a refused connection for absence, since the process id may be anybody’s by now', async () => {
    leave(`http://127.0.0.1:${await closedPort()}`);
    assert.equal((await findDaemon(folder.path)).state, 'absent');
  });

  it('calls silent what does not answer in time or says something else', async () => {
    leave(await listen(null));
    assert.equal((await findDaemon(folder.path, 20)).state, 'silent');
    leave(await listen(503));
    assert.equal((await findDaemon(folder.path)).state, 'silent');
    leave(await listen(200, '<html>'));
    assert.equal((await findDaemon(folder.path)).state, 'silent');
  });

  it('knows living processes from dead ones', () => {
    assert.equal(isProcessAlive(process.pid), true);
    assert.equal(isProcessAlive(DEAD_PID), false);
  });
});
