// Every file and folder that the daemon and its commands make is closed to others from the moment it exists, also under
// a umask that closes nothing: the modes are watched while they are made, and nothing may be mended by a chmod after.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BUNDLE, ensureBundle, eventually } from '../support/daemon-process.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';

/** In the child: a umask that closes nothing, and a note of every chmod. */
const PRELOAD = `
process.umask(0);
const fs = require('node:fs');
const noted = (name, original) => function (...args) {
  fs.appendFileSync(process.env.CHMOD_NOTES, name + ' ' + String(args[0]) + '\\n');
  return original.apply(this, args);
};
for (const name of ['chmod', 'chmodSync', 'fchmod', 'fchmodSync', 'lchmod', 'lchmodSync']) {
  if (fs[name]) fs[name] = noted(name, fs[name]);
}
fs.promises.chmod = noted('promises.chmod', fs.promises.chmod);
const { open } = fs.promises;
fs.promises.open = async (...args) => {
  const handle = await open(...args);
  handle.chmod = noted('handle.chmod', handle.chmod);
  return handle;
};
require('node:module').syncBuiltinESMExports();
`;

describe('files of the daemon', function () {
  this.timeout(60_000);
  const modes = new Map<string, Set<string>>();
  let folder = '';
  let upstream: FakeUpstream;

  const home = (): string => path.join(folder, 'data', 'pointsman');
  const see = (file: string): void => {
    try {
      const stats = statSync(file);
      const mode = `${stats.isDirectory() ? 'folder' : 'file'} ${(stats.mode & 0o777).toString(8)}`;
      modes.set(file, (modes.get(file) ?? new Set()).add(mode));
    } catch {
      // gone again
    }
  };
  const seeAll = (): void => {
    see(home());
    for (const name of entriesOf(home())) see(path.join(home(), name));
  };

  function run(
    args: readonly string[],
    onOutput: (text: string) => void = () => {},
  ): { readonly pid: number; readonly ended: Promise<number | null> } {
    const child = spawn(process.execPath, [BUNDLE, ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: path.join(folder, 'user'),
        POINTSMAN_HOME: home(),
        NODE_OPTIONS: `--require ${path.join(folder, 'preload.cjs')}`,
        CHMOD_NOTES: path.join(folder, 'chmod-notes'),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    const ended = new Promise<number | null>((resolve) => void child.on('close', resolve));
    return { pid: child.pid ?? 0, ended };
  }

  before(async function () {
    if (process.platform === 'win32') this.skip(); // no modes: the access list of the profile folder protects
    ensureBundle();
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
    mkdirSync(path.join(folder, 'user'));
    writeFileSync(path.join(folder, 'preload.cjs'), PRELOAD);
    writeFileSync(path.join(folder, 'chmod-notes'), '');
    upstream = await startFakeUpstream();
    // The daemon makes its home and everything in it.
    const isOver = new AbortController();
    const polling = pollUntil(isOver.signal, seeAll);
    await live();
    isOver.abort();
    await polling;
    seeAll();
  });
  after(async () => {
    await upstream?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function live(): Promise<void> {
    let output = '';
    const daemon = run(['serve', '--port', '0'], (text) => (output += text));
    await ready(daemon, () => output);
    const watcher = watch(home(), (_event, name) => {
      if (name !== null) see(path.join(home(), name));
    });
    const { url } = JSON.parse(output) as { url: string };
    const tokenOf = (name: string): string => readFileSync(path.join(home(), name), 'utf8').trim();
    const send = async (method: string, route: string, token: string, body: unknown): Promise<number> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(url + route, { method, headers, body: JSON.stringify(body) });
      await response.text();
      return response.status;
    };
    const config = configFor([{ id: 'only', baseUrl: upstream.baseUrl }]);
    assert.equal(await send('PUT', '/pointsman/v1/config', tokenOf('admin-token'), config), 200);
    const ask = { model: 'auto', messages: [{ role: 'user', content: 'hello' }] };
    assert.equal(await send('POST', '/v1/chat/completions', tokenOf('token'), ask), 200);
    assert.equal(await run(['token', '--rotate']).ended, 0);
    assert.equal(await run(['stats', '--csv', path.join(home(), 'export.csv')]).ended, 0);
    assert.equal(await run(['doctor']).ended, 0);
    assert.equal(await run(['stop']).ended, 0);
    await daemon.ended;
    watcher.close();
    // Again, over what is there: a rotated log and a damaged ledger.
    writeFileSync(
      path.join(home(), 'ledger.db'),
      'this is no database at all, but long enough to look like a file',
    );
    output = '';
    const second = run(['serve', '--port', '0'], (text) => (output += text));
    await ready(second, () => output);
    assert.equal(await run(['stop']).ended, 0);
    await second.ended;
  }

  it('are those that are expected, and a damaged ledger is put aside', () => {
    const names = new Set([...modes.keys()].map((file) => path.relative(home(), file)));
    for (const name of [
      '',
      'token',
      'admin-token',
      'daemon.log',
      'daemon.json',
      'ledger.db',
      'ledger.db-wal',
      'config.jsonc',
      'export.csv',
    ]) {
      assert.ok(names.has(name), `${name} was never seen among ${[...names].join(', ')}`);
    }
    assert.ok([...names].some((name) => name.startsWith('ledger.db.corrupt-')));
    console.log(`      ${names.size} files`);
  });

  it('are 0600 whenever they are seen, and their folder is 0700', () => {
    const open = [...modes].flatMap(([file, seen]) =>
      [...seen]
        .filter((mode) => !['file 600', 'folder 700'].includes(mode))
        .map((mode) => `${path.relative(folder, file)}: ${mode}`),
    );
    assert.deepEqual(open, []);
  });

  it('are never closed by a chmod after they were made', () => {
    assert.equal(readFileSync(path.join(folder, 'chmod-notes'), 'utf8'), '');
  });

  it('leave nothing half written beside them', () => {
    assert.deepEqual(
      entriesOf(home()).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
});

async function ready(
  daemon: { readonly ended: Promise<number | null> },
  output: () => string,
): Promise<void> {
  let hasEnded = false;
  void daemon.ended.then(() => (hasEnded = true));
  await eventually(() => hasEnded || output().includes('\n'));
  assert.ok(!hasEnded, 'the daemon does not start over what it left behind');
}

function entriesOf(place: string): readonly string[] {
  try {
    return readdirSync(place, { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // not there yet
  }
}

async function pollUntil(signal: AbortSignal, look: () => void): Promise<void> {
  while (!signal.aborted) {
    look();
    await new Promise((resolve) => void setImmediate(resolve));
  }
}
