import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findDaemon } from '../../../../daemon/cli/running-daemon.ts';
import { isProcessAlive } from '../../../../daemon/util/process-alive.ts';
import { loadTokens, proofOf } from '../../../../daemon/lifecycle/tokens.ts';
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
    assert.equal(seen.length, 1);
    assert.match(seen[0]?.target ?? '', /^\/healthz\?challenge=[0-9a-f]{32}$/);
    assert.equal(seen[0]?.authorization, undefined);
  });

  it('takes nobody for it who does not prove to know the admin token', async () => {
    const { admin } = loadTokens(folder.path);
    leave(await listen(200));
    assert.equal((await findDaemon(folder.path)).state, 'stranger');
    leave(await listen(200, JSON.stringify({ status: 'ok', proof: '0'.repeat(64) })));
    assert.equal((await findDaemon(folder.path)).state, 'stranger');
    const server = createServer((request, response) => {
      const challenge = new URL(request.url ?? '', 'http://daemon').searchParams.get('challenge') ?? '';
      const proof = proofOf(admin, challenge, request.socket.localPort ?? 0);
      response.end(JSON.stringify({ status: 'ok', proof }));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    leave(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.equal((await findDaemon(folder.path)).state, 'running');
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
