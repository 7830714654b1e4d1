// Twelve provider keys, both tokens and 1,000 prompts go through normal traffic, every fault, a crash and every place
// where a person can look; then every byte that the daemon left anywhere is searched for them. CANARY_SEED repeats a run.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { startChaosUpstream, type ChaosUpstream } from '../support/chaos-upstream.ts';
import {
  type DaemonProcess,
  ensureBundle,
  eventually,
  runCommand,
  spawnDaemon,
} from '../support/daemon-process.ts';
import { canaryKeys, tracesOf } from './canary-keys.ts';
import {
  canaryAsk,
  canaryConfig,
  environmentOf,
  FAULTS,
  faultsInTurn,
  handOverKeys,
  markerOf,
} from './canary-rig.ts';

const PROMPTS = 1_000;
const ROUNDS = 20;
const PARALLEL = 10;
const SEED = Number(process.env['CANARY_SEED'] ?? Date.now() % 2 ** 31);

/** Where the daemon is told to keep a secret, by whoever set it up. */
const SECRET_FILES = /^(?:token|admin-token|keys\/.*)$/;

describe('canaries', function () {
  this.timeout(240_000);
  const keys = canaryKeys(SEED);
  const prompts = `canary-${SEED.toString(16)}-`;
  const met = new Map<string, number>();
  const keysSeen = new Set<string>();
  /** What was said, by who said it. */
  const said = new Map<string, string[]>();
  const note = (where: string, text: string): void =>
    void (said.get(where) ?? said.set(where, []).get(where))?.push(text);
  let folder = '';
  let upstream: ChaosUpstream;
  let daemon: DaemonProcess;
  let secrets: readonly string[] = [];
  let argv = '';

  const home = (): string => path.join(folder, 'home');
  const start = (): Promise<DaemonProcess> => {
    const crash = path.join(folder, 'crash.cjs');
    const environment = {
      ...environmentOf(keys),
      HOME: path.join(folder, 'user'),
      TMPDIR: path.join(folder, 'tmp'),
      NODE_OPTIONS: `--require ${crash}`,
    };
    return spawnDaemon({ home: home(), environment });
  };

  before(async () => {
    console.log(`      CANARY_SEED=${SEED}`);
    ensureBundle();
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
    for (const name of ['home', 'user', 'tmp']) mkdirSync(path.join(folder, name), { mode: 0o700 });
    upstream = await startChaosUpstream();
    upstream.always(faultsInTurn(SEED, met, keysSeen));
    const config = JSON.stringify(canaryConfig(keys, upstream.origin, home()));
    writeFileSync(path.join(home(), 'config.jsonc'), config, { mode: 0o600 });
    const all = keys.map(({ key }) => key);
    const bug = `throw new Error('it broke with ' + ${JSON.stringify(all.join(' and '))})`;
    const promise = `Promise.reject(new Error('forgotten: ' + ${JSON.stringify(all.join(','))}))`;
    writeFileSync(
      path.join(folder, 'crash.cjs'),
      `process.on('SIGUSR2', () => { ${promise} }); process.on('SIGHUP', () => {}); process.on('SIGWINCH', () => { ${bug} });`,
    );
    daemon = await start();
    secrets = [
      ...keys.flatMap(({ traces }) => traces),
      ...tracesOf(daemon.token, 'pm_'),
      ...tracesOf(daemon.adminToken, 'pma_'),
    ];
    await handOverKeys(daemon, keys);
    const events = listen(daemon, (frame) => note('events', frame));
    argv = readFileSync(`/proc/${daemon.child.pid}/cmdline`, 'latin1');
    await sendPrompts();
    await lookEverywhere();
    events.terminate();
    await crash();
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function sendPrompts(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      // A new configuration forgets which keys were refused, so that all of them go out again.
      const { body } = await daemon.control('GET', 'config');
      const config = (body as { config?: unknown }).config ?? body;
      const put = await daemon.control('PUT', 'config', {
        ...(config as object),
        retries: { maxAttempts: 3, pauseMs: 1 + (round % 2) },
      });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      const perRound = PROMPTS / ROUNDS;
      const indexes = Array.from({ length: perRound }, (_, index) => round * perRound + index);
      await inParallel(indexes, async (index) => {
        const vendor = keys[index % keys.length]?.vendor ?? '';
        const ask = canaryAsk(markerOf(SEED, index, 'in'), index, vendor);
        note('answers to clients', await textOf(daemon.post(ask.path, ask.body)));
      });
    }
  }

  async function lookEverywhere(): Promise<void> {
    const chat = { model: 'auto', messages: [{ role: 'user', content: `explain ${prompts}x-in` }] };
    const { body: explained } = await daemon.control('POST', 'explain', {
      dialect: 'openai-chat',
      request: chat,
    });
    const { ask, ...rest } = explained as { ask: Record<string, unknown> };
    assert.ok(String(ask['text']).includes(prompts), 'by contract the one place that repeats the words');
    note('the control API', JSON.stringify([rest, { ...ask, text: '' }]));
    const routes = ['status', 'totals', 'totals?groupBy=model', 'series', 'config', 'budgets', 'assistants'];
    for (const route of routes) note('the control API', JSON.stringify(await daemon.control('GET', route)));
    for (let next = ''; ;) {
      const { body } = await daemon.control('GET', `exchanges?limit=500${next}`);
      const page = body as { exchanges: { exchangeId: string }[]; next: string | null };
      note('the control API', JSON.stringify(page));
      await inParallel(page.exchanges, async ({ exchangeId }) => {
        note('the control API', JSON.stringify(await daemon.control('GET', `exchanges/${exchangeId}`)));
      });
      if (page.next === null) break;
      next = `&before=${page.next}`;
    }
    note('the control API', JSON.stringify(await daemon.control('POST', 'replay', {})));
    await lookAtPage();
    const request = path.join(folder, 'request.json');
    writeFileSync(request, JSON.stringify(chat));
    const csv = path.join(folder, 'export.csv');
    const lines = `status,status --json,doctor,doctor --json,stats,stats --json,stats --csv ${csv},replay,verify,dashboard`;
    const commands = lines.split(',').map((line) => line.split(' '));
    await inParallel(commands, async (args) => {
      const { stdout, stderr } = await runCommand(args, { home: home(), environment: environmentOf(keys) });
      note('the command line', `${stdout}${stderr}`);
    });
    note('the command line', readFileSync(csv, 'latin1'));
  }

  async function lookAtPage(): Promise<void> {
    const { body } = await daemon.control('POST', 'dashboard-ticket', {});
    const opened = await fetch((body as { url: string }).url, { redirect: 'manual' });
    note('the page', `${JSON.stringify([...opened.headers])}${await opened.text()}`);
    const cookie = opened.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const page = await textOf(fetch(`${daemon.url}/dashboard`, { headers: { cookie } }));
    note('the page', page);
    for (const [, file = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const url = new URL(file, `${daemon.url}/dashboard`);
      note('the page', await textOf(fetch(url, { headers: { cookie, 'sec-fetch-site': 'same-origin' } })));
    }
  }

  /** A promise that nobody waits for, a kill in the middle of answers, and an exception that nothing catches. */
  async function crash(): Promise<void> {
    daemon.child.kill('SIGUSR2');
    await eventually(() => daemon.stderr().includes('forgotten'));
    const ask = canaryAsk(markerOf(SEED, PROMPTS, 'in'), 2, 'openai');
    const running = Array.from({ length: PARALLEL }, () => textOf(daemon.post(ask.path, ask.body)));
    await eventually(() => upstream.openConnections() > 0);
    note('files in the middle', filesIn(folder));
    daemon.child.kill('SIGKILL');
    await Promise.all([...running, daemon.ended]);
    note('output', daemon.stdout() + daemon.stderr());
    note('files after the kill', filesIn(folder));
    daemon = await start();
    note('answers to clients', await textOf(daemon.post(ask.path, ask.body)));
    daemon.child.kill('SIGWINCH');
    assert.equal((await daemon.ended).code, 1);
    note('output', daemon.stdout() + daemon.stderr());
    note('files at the end', filesIn(folder));
  }

  function filesIn(place: string): string {
    return readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter(
        (file) => !SECRET_FILES.test(path.relative(home(), file)) && !/crash\.cjs$|request\.json$/.test(file),
      )
      .map((file) => `${file}\n${readFileSync(file, 'latin1')}\n`)
      .join('');
  }

  const assertSilent = (where: string, words: readonly string[]): void => {
    const texts = said.get(where) ?? [];
    assert.ok(texts.length > 0, `${where} was not looked at`);
    for (const text of texts) {
      for (const word of words) {
        const at = text.indexOf(word);
        assert.equal(at, -1, `${where}: …${text.slice(Math.max(0, at - 200), at + 120)}…`);
      }
    }
  };

  it('were shown to a provider through every fault, and every key was used', () => {
    const missed = Object.keys(FAULTS).filter((name) => (met.get(name) ?? 0) === 0);
    assert.deepEqual(missed, []);
    assert.deepEqual(
      keys.filter(({ key }) => !keysSeen.has(key)).map(({ vendor }) => vendor),
      [],
    );
    const answered = said.get('answers to clients')?.length ?? 0;
    assert.ok(answered >= PROMPTS, `${answered}`);
    console.log(
      `      ${answered} prompts, ${upstream.bills.length} attempts, ${met.size} faults, ${keys.length} keys`,
    );
  });

  for (const where of [
    'files in the middle',
    'files after the kill',
    'files at the end',
    'output',
    'events',
    'the control API',
    'the command line',
    'the page',
  ]) {
    it(`0 hits of 12 keys and both tokens in ${where}`, () => assertSilent(where, secrets));
    it(`0 hits of 1,000 prompts and their answers in ${where}`, () => assertSilent(where, [prompts]));
  }

  it('0 hits of 12 keys and both tokens in any answer to a client, also where the provider repeats its key', () => {
    assertSilent('answers to clients', secrets);
  });

  it('0 hits in what other users see of the process', () => {
    for (const word of [...secrets, prompts]) assert.equal(argv.includes(word), false);
  });

  it('left nothing in the folders of the user and of temporary files', () => {
    for (const name of ['user', 'tmp']) assert.deepEqual(readdirSync(path.join(folder, name)), []);
  });
});

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** Status, headers and body; what came of an answer that broke off. */
async function textOf(answer: Promise<Response>): Promise<string> {
  try {
    const response = await answer;
    const head = JSON.stringify([response.status, ...response.headers]);
    let body = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) body += decoder.decode(chunk, { stream: true });
    } catch {
      body += ' (broken off)';
    }
    return `${head}${body}`;
  } catch {
    return '(no answer)';
  }
}

function listen({ url, adminToken }: DaemonProcess, onFrame: (frame: string) => void): WebSocket {
  const headers = { authorization: `Bearer ${adminToken}` };
  const socket = new WebSocket(`${url.replace('http', 'ws')}/pointsman/v1/events`, { headers });
  socket.on('message', (data: Buffer) => onFrame(data.toString()));
  socket.on('error', () => {});
  return socket;
}
