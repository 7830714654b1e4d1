// What whoever supervises the daemon relies on: why it did not start, how it hands over, when it ends by itself. What
// the editor makes of it is in test/conformance/supervisor*.test.ts.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ServeFailure } from '../../daemon/protocol/control-api.ts';
import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import { parseJsonObject } from '../../daemon/util/json.ts';
import { readLockfile } from '../../daemon/lifecycle/lockfile.ts';
import {
  ensureBundle,
  eventually,
  runCommand,
  spawnDaemon,
  type DaemonProcess,
  type RunOptions,
} from '../support/daemon-process.ts';
import { startStranger } from '../support/editor-window.ts';
import { chatFrames, sse, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASK = { model: 'auto', stream: true, messages: [{ role: 'user', content: 'hello there' }] };

describe('a supervised daemon', function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  const running: DaemonProcess[] = [];
  let upstream: FakeUpstream;
  before(ensureBundle);
  beforeEach(async () => {
    upstream = await startFakeUpstream();
    mkdirSync(home(), { mode: 0o700 });
    const config = configFor([{ id: 'only', baseUrl: upstream.baseUrl }]);
    writeFileSync(path.join(home(), 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  });
  afterEach(async () => {
    await Promise.all(
      running.splice(0).map(({ child, ended }) => {
        child.kill('SIGKILL');
        return ended;
      }),
    );
    await upstream.close();
  });

  const home = (): string => folder.file('home');
  async function start(options: Partial<RunOptions> = {}): Promise<DaemonProcess> {
    const daemon = await spawnDaemon({ home: home(), ...options });
    running.push(daemon);
    return daemon;
  }
  /** The line for programs, of a daemon that does not start. */
  async function failure(...args: readonly string[]): Promise<ServeFailure | undefined> {
    const { exitCode, stderr } = await runCommand(['serve', ...args], { home: home() });
    assert.equal(exitCode, 1, stderr);
    const lines = stderr.split('\n').map((line) => parseJsonObject(line));
    return lines.find((line) => line?.['event'] === 'failed') as unknown as ServeFailure | undefined;
  }

  it('tells a taken port, a second one and an unusable home apart, in a line on stderr', async () => {
    const stranger = await startStranger();
    const taken = await failure('--port', String(stranger.port));
    assert.deepEqual(taken, { event: 'failed', code: 'port-taken', port: stranger.port });
    await stranger.close();
    const unusable = await failure('--home', path.join(home(), 'config.jsonc'));
    assert.deepEqual(unusable, { event: 'failed', code: 'home-unusable' });
    await start();
    assert.deepEqual(await failure('--port', '0'), { event: 'failed', code: 'already-running' });
  });

  it('takes a linger in seconds, says it in daemon.json, and refuses anything else', async () => {
    for (const text of ['0', '-1', '1.5', 'long', '']) {
      const { exitCode, stderr } = await runCommand(['serve', `--linger=${text}`], { home: home() });
      assert.equal(exitCode, 2, text);
      assert.match(stderr, /--linger must be a whole number of seconds/);
    }
    assert.match((await runCommand(['serve', '--help'], { home: home() })).stdout, /--linger +end when/);
    await start({ args: ['--port', '0', '--linger', '600'] });
    const lockfile: Lockfile | null = readLockfile(home());
    assert.equal(lockfile?.lingerS, 600);
    assert.equal(lockfile?.configuredPort, 7411);
  });

  it('takes over from the daemon that it is told to replace, and from no other', async () => {
    const old = await start();
    const pid = String(old.child.pid);
    const port = new URL(old.url).port;
    const wrong = await runCommand(['serve', '--replace', '0'], { home: home() });
    assert.equal(wrong.exitCode, 2);
    assert.deepEqual(await failure('--port', port, '--replace', '1'), {
      event: 'failed',
      code: 'already-running',
    });
    const next = await start({ args: ['--port', port, '--replace', pid] });
    assert.equal(next.url, old.url);
    assert.deepEqual(await old.ended, { code: 0, signal: null });
    assert.match(old.stderr(), /"message":"stopping","reason":"hand-over"/);
    assert.equal(readLockfile(home())?.pid, next.child.pid);
  });

  it('ends by itself after the linger, with exit code 0, and at once for nobody else', async () => {
    const daemon = await start({ args: ['--port', '0', '--linger', '1'] });
    assert.deepEqual(await daemon.ended, { code: 0, signal: null });
    assert.match(daemon.stderr(), /nobody needs it/);
    assert.ok(!existsSync(path.join(home(), 'daemon.json')));
  });

  it('hands over: port and daemon.json are free with the answer, windows are told, and what runs goes on', async () => {
    upstream.always(sse(chatFrames('one two three four five six'), { pauseMs: 100 }));
    const old = await start();
    const headers = { authorization: `Bearer ${old.adminToken}` };
    const lease = new WebSocket(`${old.url.replace('http', 'ws')}/pointsman/v1/events`, { headers });
    await once(lease, 'open');
    const goodbye = once(lease, 'close');
    const response = await old.post('/v1/chat/completions', ASK);
    const { status } = await old.control('POST', 'shutdown', { drainMs: 60_000 });
    assert.equal(status, 202);
    assert.ok(!existsSync(path.join(home(), 'daemon.json')));
    const next = await start({ args: ['--port', new URL(old.url).port] });
    assert.equal(next.url, old.url);
    const [code, reason] = (await goodbye) as [number, Buffer];
    assert.deepEqual([code, reason.toString()], [1001, 'the daemon hands over']);
    assert.match(await response.text(), /six.*\[DONE\]/s);
    assert.deepEqual(await old.ended, { code: 0, signal: null });
    assert.equal(readLockfile(home())?.pid, next.child.pid); // the old one left it alone
    await eventually(async () => {
      const { body } = await next.control('GET', 'exchanges');
      const { exchanges } = body as { exchanges: { status: string }[] };
      return exchanges.length === 1 && exchanges[0]?.status === 'ok';
    });
  });
});
