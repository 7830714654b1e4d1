// The daemon as a process: how it says that it is there, what it leaves on disk, and how it ends.

import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { KNOWN_LOCAL_SERVERS } from '../../daemon/catalog/known-providers.ts';
import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  BUNDLE,
  ensureBundle,
  eventually,
  ROOT,
  runCommand,
  spawnDaemon,
  type DaemonProcess,
  type RunOptions,
} from '../support/daemon-process.ts';
import { chatFrames, sse, stall, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Ended = SpawnSyncReturns<string>;

const CANARY = 'sk-canary-4f1d0c7b9a2e4853b6d1';
const ASK = { model: 'auto', messages: [{ role: 'user', content: 'hello there' }] };

describe('the daemon process', function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  const running: DaemonProcess[] = [];
  let upstream: FakeUpstream;
  before(ensureBundle);
  beforeEach(async () => {
    upstream = await startFakeUpstream();
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
  function configure(text = JSON.stringify(configFor([{ id: 'only', baseUrl: upstream.baseUrl }]))): void {
    mkdirSync(home(), { mode: 0o700 });
    writeFileSync(path.join(home(), 'config.jsonc'), text, { mode: 0o600 });
  }
  async function refused(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runCommand(['serve', ...args], { home: home() });
    assert.equal(exitCode, 1, stderr);
    assert.equal(stdout, '');
    const sentences = stderr.split('\n').filter((line) => line.startsWith('pointsman: '));
    assert.equal(sentences.length, 1, stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
    return sentences[0] ?? '';
  }

  describe('when it starts', () => {
    it('prints exactly one JSON line on stdout, with the fields of the contract, and nothing else', async () => {
      configure();
      const daemon = await start();
      await (await daemon.post('/v1/chat/completions', ASK)).text();
      await daemon.stop();
      assert.match(daemon.stdout(), /^[^\n]+\n$/);
      assert.deepEqual(Object.keys(daemon.ready), ['event', 'url', 'pid', 'version', 'home']);
      const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.deepEqual(daemon.ready, {
        event: 'ready',
        url: daemon.url,
        pid: daemon.child.pid,
        version,
        home: home(),
      });
      assert.match(daemon.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    });

    it('writes each log line to stderr and to daemon.log', async () => {
      configure();
      const daemon = await start();
      await daemon.stop();
      const logged = readFileSync(path.join(home(), 'daemon.log'), 'utf8');
      assert.match(logged, /"message":"ready"/);
      assert.match(logged, /"message":"stopped"/);
      for (const line of logged.trim().split('\n')) assert.ok(daemon.stderr().includes(line), line);
    });

    it('is private from the moment of creation, whatever the umask', async () => {
      mkdirSync(home(), { mode: 0o700 });
      const open: string[] = [];
      const inspect = (name: string): void => {
        const mode = statSync(path.join(home(), name), { throwIfNoEntry: false })?.mode ?? 0;
        if ((mode & 0o077) !== 0) open.push(name);
      };
      const watcher = watch(home(), (_, name) => inspect(name ?? ''));
      const umask = process.umask(0);
      try {
        const daemon = await start();
        await daemon.post('/v1/chat/completions', ASK);
        await eventually(() => existsSync(path.join(home(), 'daemon.log')));
      } finally {
        process.umask(umask);
        watcher.close();
      }
      const names = readdirSync(home());
      names.forEach(inspect);
      assert.deepEqual(open, []);
      for (const name of ['token', 'admin-token', 'ledger.db', 'daemon.json', 'daemon.log']) {
        assert.equal(statSync(path.join(home(), name)).mode & 0o777, 0o600, name);
      }
    });

    it('makes a home that is closed to others, whatever the umask', async () => {
      const umask = process.umask(0);
      try {
        await start({ home: folder.file('deep/er') });
      } finally {
        process.umask(umask);
      }
      assert.equal(statSync(folder.file('deep/er')).mode & 0o777, 0o700);
    });

    it('starts with a broken configuration, and says so in status and log', async () => {
      configure('{ "basline": "x" }');
      const daemon = await start();
      const { config } = (await daemon.control('GET', 'status')).body as StatusBody;
      assert.equal(config.valid, false);
      assert.match(config.error ?? '', /baseline/);
      await eventually(() => daemon.stderr().includes('configuration file rejected'));
    });

    it('finds a provider by the key in the environment, and lets the key out nowhere', async () => {
      const daemon = await start({ environment: { OPENAI_API_KEY: CANARY } });
      const { body } = await daemon.control('GET', 'status');
      const openai = (body as StatusBody).providers.find(({ name }) => name === 'openai');
      assert.equal(openai?.usable, true);
      const seen = [JSON.stringify(body), JSON.stringify((await daemon.control('GET', 'config')).body)];
      for (const args of [['status'], ['status', '--json'], ['doctor'], ['stats', '--json']]) {
        const { stdout, stderr } = await runCommand(args, { home: home() });
        seen.push(stdout, stderr);
      }
      await daemon.stop();
      seen.push(daemon.stdout(), daemon.stderr());
      for (const name of filesIn(home())) seen.push(readFileSync(path.join(home(), name), 'latin1'));
      assert.deepEqual(
        seen.filter((text) => text.includes(CANARY)),
        [],
      );
    });

    it('with nothing to route to says on one screen of stderr what to do', async function () {
      if (await anyLocalServerAnswers()) this.skip();
      const daemon = await start();
      await eventually(() => daemon.stderr().includes('pointsman demo'));
      const screen = daemon.stderr().split('\n');
      const text = screen.filter((line) => !line.startsWith('{')).join('\n');
      assert.match(text, /OPENAI_API_KEY/);
      assert.match(text, /Ollama/);
      assert.ok(text.includes(path.join(home(), 'config.jsonc')));
      assert.ok(text.includes(`${daemon.url}/v1`));
      assert.ok(screen.length <= 24, `${screen.length} lines`);
      assert.match(daemon.stdout(), /^[^\n]+\n$/);
    });

    it('keeps that screen to itself when there is a provider', async () => {
      configure();
      const daemon = await start();
      await daemon.stop();
      assert.ok(
        daemon
          .stderr()
          .split('\n')
          .every((line) => line === '' || line.startsWith('{')),
      );
    });
  });

  describe('where it listens', () => {
    it('refuses a port that is taken with one sentence and exit code 1', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const sentence = await refused(['--port', String(port)]);
      assert.match(sentence, new RegExp(`port ${port} is taken .*--port 0`));
      assert.ok(!existsSync(path.join(home(), 'daemon.json')));
      server.close();
    });

    it('refuses every address that is not loopback', async () => {
      for (const host of ['0.0.0.0', '::']) {
        assert.match(await refused(['--port', '0', '--host', host]), /this machine only.*127\.0\.0\.1/);
      }
    });

    it('refuses a configuration file that is not there', async () => {
      assert.match(await refused(['--config', '/nowhere/config.jsonc']), /nowhere.*does not exist/);
    });

    it('serves the same under /k/<token>/v1, and that path is in no log and in no book', async () => {
      configure(
        JSON.stringify(configFor([{ id: 'only', baseUrl: upstream.baseUrl }], { logLevel: 'debug' })),
      );
      const daemon = await start();
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(ASK);
      const post = (wirePath: string): Promise<Response> =>
        fetch(`${daemon.url}${wirePath}`, { method: 'POST', headers, body });
      assert.equal((await post(`/k/${daemon.token}/v1/chat/completions`)).status, 200);
      assert.equal((await fetch(`${daemon.url}/k/${daemon.token}/v1/models`)).status, 200);
      assert.equal((await post(`/k/${daemon.token}/v1/nowhere`)).status, 404);
      const wrongToken = daemon.token.replace(/.{5}$/, 'wrong');
      assert.equal((await post(`/k/${wrongToken}/v1/chat/completions`)).status, 401);
      await daemon.stop();
      const kept = filesIn(home()).filter((name) => name !== 'token');
      const texts = [daemon.stderr(), ...kept.map((name) => readFileSync(path.join(home(), name), 'latin1'))];
      for (const secret of [daemon.token, wrongToken, '/k/']) {
        assert.ok(!texts.some((text) => text.includes(secret)), secret.slice(0, 4));
      }
    });
  });

  describe('a second one on the same home', () => {
    it('is refused with a sentence that names the first, on the same port and on another', async () => {
      const daemon = await start();
      const { port } = new URL(daemon.url);
      for (const args of [
        ['--port', port],
        ['--port', '0'],
      ]) {
        const sentence = await refused(args);
        assert.ok(sentence.includes(daemon.url), sentence);
        assert.ok(sentence.includes(String(daemon.child.pid)), sentence);
        assert.match(sentence, /pointsman stop/);
      }
      const { ledger } = (await daemon.control('GET', 'status')).body as StatusBody;
      assert.equal(ledger.ok, true);
    });

    it('starts when the first was killed and left its files behind', async () => {
      const first = await start();
      first.child.kill('SIGKILL');
      await first.ended;
      assert.ok(existsSync(path.join(home(), 'daemon.json')));
      const second = await start();
      assert.equal((await second.control('GET', 'status')).status, 200);
      assert.equal(second.token, first.token);
    });
  });

  describe('when it ends', () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      it(`finishes a running stream after ${signal}, then exits 0 and removes daemon.json`, async () => {
        configure();
        upstream.next(sse(chatFrames('one two three four five six seven'), { pauseMs: 15 }));
        const daemon = await start();
        const response = await daemon.post('/v1/chat/completions', { ...ASK, stream: true });
        daemon.child.kill(signal);
        const text = await response.text();
        assert.match(text, /seven/);
        assert.match(text, /\[DONE\]/);
        assert.deepEqual(await daemon.ended, { code: 0, signal: null });
        assert.ok(!existsSync(path.join(home(), 'daemon.json')));
      });
    }

    it('takes two signals at once for one, as `npm start` sends them', async () => {
      configure();
      upstream.next(sse(chatFrames('one two three four five six seven'), { pauseMs: 15 }));
      const daemon = await start();
      const response = await daemon.post('/v1/chat/completions', { ...ASK, stream: true });
      daemon.child.kill('SIGINT');
      daemon.child.kill('SIGINT');
      assert.match(await response.text(), /\[DONE\]/);
      assert.deepEqual(await daemon.ended, { code: 0, signal: null });
    });

    it('ends at once after a second signal of somebody who does not want to wait', async () => {
      configure();
      upstream.next(stall({ frames: chatFrames('one two three').slice(0, 3) }));
      const daemon = await start();
      const response = await daemon.post('/v1/chat/completions', { ...ASK, stream: true });
      response.text().catch(() => {}); // it is cut, which is what was asked for
      daemon.child.kill('SIGINT');
      const again = setInterval(() => daemon.child.kill('SIGINT'), 50);
      const end = await daemon.ended;
      clearInterval(again);
      assert.deepEqual(end, { code: 1, signal: null });
      assert.match(readFileSync(path.join(home(), 'daemon.log'), 'utf8'), /second signal/);
    });

    it('after SIGKILL starts again, and the request that ran is in the books as interrupted', async () => {
      configure();
      upstream.next(stall({ frames: chatFrames('one two three').slice(0, 3) }));
      const first = await start();
      const response = await first.post('/v1/chat/completions', { ...ASK, stream: true });
      response.text().catch(() => {}); // cut by the kill
      const exchangeId = response.headers.get('x-pointsman-exchange-id') ?? '';
      await eventually(() =>
        ['ledger.db', 'ledger.db-wal'].some((name) =>
          readFileSync(path.join(home(), name), 'latin1').includes(exchangeId),
        ),
      );
      first.child.kill('SIGKILL');
      await first.ended;
      const second = await start();
      const { status, body } = await second.control('GET', `exchanges/${exchangeId}`);
      assert.equal(status, 200);
      assert.equal((body as ExchangeRecord).status, 'interrupted');
      assert.equal((await second.post('/v1/chat/completions', ASK)).status, 200);
    });

    /** Code that goes wrong inside the daemon when a signal comes. */
    function withBug(code: string): Readonly<Record<string, string>> {
      const file = folder.file('bug.cjs');
      writeFileSync(file, `process.on('SIGUSR2', () => { ${code} });`);
      return { NODE_OPTIONS: `--require ${file}`, OPENAI_API_KEY: CANARY };
    }

    it('logs a promise that nobody waited for, and goes on', async () => {
      configure();
      const environment = withBug(`Promise.reject(new Error('forgotten ${CANARY}'))`);
      const daemon = await start({ environment });
      daemon.child.kill('SIGUSR2');
      await eventually(() => daemon.stderr().includes('forgotten [redacted]'));
      assert.equal((await daemon.post('/v1/chat/completions', ASK)).status, 200);
      await daemon.stop();
      assert.ok(!daemon.stderr().includes(CANARY));
    });

    it('stops in order after an exception that nothing caught, and says which by log and exit code', async () => {
      configure();
      const daemon = await start({ environment: withBug(`throw new Error('out of order')`) });
      daemon.child.kill('SIGUSR2');
      assert.deepEqual(await daemon.ended, { code: 1, signal: null });
      assert.match(readFileSync(path.join(home(), 'daemon.log'), 'utf8'), /out of order.*\n.*"stopping"/);
      assert.ok(!existsSync(path.join(home(), 'daemon.json')));
    });

    it('stays when whoever started it closes the pipes', async () => {
      configure(
        JSON.stringify(configFor([{ id: 'only', baseUrl: upstream.baseUrl }], { logLevel: 'debug' })),
      );
      const daemon = await start();
      daemon.child.stdout?.destroy();
      daemon.child.stderr?.destroy();
      for (let request = 0; request < 5; request += 1) {
        assert.equal((await fetch(`${daemon.url}/nowhere`)).status, 401); // logs a line
      }
      assert.equal((await daemon.post('/v1/chat/completions', ASK)).status, 200);
      assert.equal(daemon.child.exitCode, null);
    });
  });

  describe('the bundle', () => {
    it('runs by its path: shebang, mode 755', async () => {
      assert.equal(statSync(BUNDLE).mode & 0o777, 0o755);
      assert.ok(readFileSync(BUNDLE, 'utf8').startsWith('#!/usr/bin/env node\n'));
      const { status, stdout } = spawnSync(BUNDLE, ['--version'], {
        encoding: 'utf8',
        env: { PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` },
      });
      assert.equal(status, 0);
      assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    });

    it('says in one sentence which Node it needs when started with an older one', function () {
      const old = nodesOutside().find((node) => isTooOld(node));
      if (old === undefined) {
        console.log('      no Node older than 22.19 on PATH');
        this.skip();
      }
      const commandLines: string[][] = [['serve', '--port', '0'], ['status'], []];
      for (const args of commandLines) {
        const end: Ended = spawnSync(old, [BUNDLE, ...args], { encoding: 'utf8' });
        assert.equal(end.status, 1);
        assert.equal(end.stdout, '');
        assert.match(
          end.stderr,
          /^pointsman: Node\.js 22\.19 or newer is needed and this is v[\d.]+; [^\n]+\n$/,
        );
      }
    });
  });
});

/** Names of the files; in `compile-cache` is code of ours. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

async function anyLocalServerAnswers(): Promise<boolean> {
  const answers = await Promise.all(
    KNOWN_LOCAL_SERVERS.map(({ baseUrl }) =>
      fetch(baseUrl, { signal: AbortSignal.timeout(300) }).then(
        () => true,
        () => false,
      ),
    ),
  );
  return answers.includes(true);
}

function nodesOutside(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => path.join(folder, 'node'))
    .filter((file) => existsSync(file));
}

function isTooOld(node: string): boolean {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout;
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  return major < 22 || (major === 22 && minor < 19);
}
