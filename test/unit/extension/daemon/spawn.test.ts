import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  daemonEnvironment,
  failureOf,
  isNodeTooOld,
  spawnDaemon,
  type SpawnOutcome,
} from '../../../../extension/daemon/spawn.ts';
import { isProcessAlive } from '../../../../extension/daemon/locate.ts';
import { eventually } from '../../../support/daemon-process.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('starting the daemon process', () => {
  const folder = temporaryFolder();

  /** Runs a script in the place of the daemon. */
  async function run(code: string, more: { readonly patienceMs?: number } = {}): Promise<SpawnOutcome> {
    writeFileSync(folder.file('script.cjs'), code);
    return await spawnDaemon({
      node: process.execPath,
      script: folder.file('script.cjs'),
      home: folder.path,
      port: 7411,
      lingerS: 600,
      environment: { PATH: process.env['PATH'], OPENAI_API_KEY: 'sk-user', NODE_OPTIONS: '--nonsense' },
      signal: new AbortController().signal,
      ...more,
    });
  }

  it('gives it the keys of the user and nothing of the editor', () => {
    const environment = daemonEnvironment({
      PATH: '/bin',
      OPENAI_API_KEY: 'sk-user',
      POINTSMAN_HOME: '/mine',
      NODE_EXTRA_CA_CERTS: '/certificates',
      HTTPS_PROXY: 'http://proxy',
      NODE_OPTIONS: '--inspect-brk',
      NODE_CHANNEL_FD: '3',
      VSCODE_IPC_HOOK: 'pipe',
      ELECTRON_NO_ATTACH_CONSOLE: '1',
      ABSENT: undefined,
    });
    assert.deepEqual(environment, {
      PATH: '/bin',
      OPENAI_API_KEY: 'sk-user',
      POINTSMAN_HOME: '/mine',
      NODE_EXTRA_CA_CERTS: '/certificates',
      HTTPS_PROXY: 'http://proxy',
      ELECTRON_RUN_AS_NODE: '1',
    });
  });

  it('ends at the ready line, and the process goes on in a group of its own', async () => {
    const outcome = await run(`
      console.log(JSON.stringify({ event: 'ready', pid: process.pid, url: 'http://127.0.0.1:1', }));
      setTimeout(() => {}, 60000);`);
    assert.equal(outcome.status, 'ready');
    const pid = outcome.status === 'ready' ? outcome.pid : 0;
    assert.ok(isProcessAlive(pid));
    process.kill(-pid, 'SIGKILL'); // its own group, which exists only when it was detached
    await eventually(() => !isProcessAlive(pid));
  });

  it('passes home, port and linger', async () => {
    const outcome = await run(`process.stderr.write('pointsman: ' + process.argv.slice(2).join(' '))`);
    assert.equal(
      outcome.status === 'failed' && outcome.sentence,
      `serve --home ${folder.path} --linger 600 --port 7411`,
    );
  });

  it('tells a taken port by the line for programs, with the sentence for people', () => {
    const stderr = [
      '{"at":"2026-11-21T00:00:00.000Z","level":"info","message":"hello"}',
      '{"event":"failed","code":"port-taken","port":7411}',
      'pointsman: port 7411 is taken by another program; stop it',
      '',
    ].join('\n');
    assert.deepEqual(failureOf(stderr), {
      status: 'failed',
      code: 'port-taken',
      sentence: 'port 7411 is taken by another program; stop it',
      port: 7411,
    });
  });

  it('tells a Node that is too old, by its number and by what it says', () => {
    for (const version of ['22.18.0', '20.20.2', '9.0.0']) assert.ok(isNodeTooOld(version), version);
    for (const version of ['22.19.0', '22.20.1', '24.0.0']) assert.ok(!isNodeTooOld(version), version);
    const said = 'pointsman: Node.js 22.19 or newer is needed and this is v20.20.2; install a newer one\n';
    const outcome = failureOf(said);
    assert.equal(outcome.status === 'failed' && outcome.code, 'node-too-old');
  });

  it('tells a process that ends without a word, one that is too slow, and one that cannot be run', async () => {
    const ended = await run('process.exit(3)');
    assert.equal(ended.status === 'failed' && ended.code, 'crashed');
    const slow = await run('setTimeout(() => {}, 60000)', { patienceMs: 40 });
    assert.equal(slow.status === 'failed' && slow.code, 'slow');
    const absent = await spawnDaemon({
      node: folder.file('no-node'),
      script: folder.file('script.cjs'),
      home: folder.path,
      port: null,
      lingerS: 1,
      environment: {},
      signal: new AbortController().signal,
    });
    assert.match(absent.status === 'failed' ? absent.sentence : '', /cannot be started: .*ENOENT/);
  });
});
