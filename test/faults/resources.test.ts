// What hostile and careless clients can take from others: nothing much. The daemon is a process of its own, so that its
// memory and descriptors are its own; attackers are another (attack.ts). Correctness, memory and descriptors are asserted
// always, times generously: RESOURCES=full attacks for longer and asserts the exact ones, on a machine that does nothing
// else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import { systemClock, type Clock } from '../../daemon/util/clock.ts';
import {
  ensureBundle,
  eventually,
  ROOT,
  spawnDaemon,
  type DaemonProcess,
} from '../support/daemon-process.ts';
import { chatFrames, startFakeUpstream, type FakeUpstream, type Verb } from '../support/fake-upstream.ts';
import { openRaw, requestText, type RawAnswer, type RawConnection } from '../support/raw-http.ts';
import { configFor, runDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ATTACK_KINDS, type AttackCounts, type AttackPlan } from './attack.ts';
import { honestLoad, quantile } from './honest-clients.ts';
import { memoryMb, openDescriptors, peakMemoryMb } from './process-figures.ts';

const IS_FULL = process.env['RESOURCES'] === 'full';
const MIB = 1024 * 1024;
const MAX_MEMORY_MB = 400;
const BASELINE_MS = 5_000;

/** Keeps no connection open, so that what is left at the end is the daemon's own. */
const NO_KEEPING = { connection: 'close' };

const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const say = (text: string): void => console.log(`      ${text}`);

describe('resources', function () {
  this.timeout(IS_FULL ? 300_000 : 90_000);
  const undo: (() => unknown)[] = [];
  const home = temporaryFolder();
  before(ensureBundle);
  afterEach(async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  });

  interface Rig {
    readonly daemon: DaemonProcess;
    readonly upstream: FakeUpstream;
    readonly port: number;
    readonly pid: number;
  }

  async function start(
    extra: Partial<RouterConfigInput> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Rig> {
    const upstream = await startFakeUpstream();
    undo.push(() => upstream.close());
    const models = ['honest', 'bomb', 'held'].map((id) => ({ id, baseUrl: upstream.baseUrl }));
    const config = configFor(models, extra);
    writeFileSync(home.file('config.jsonc'), JSON.stringify(config), { mode: 0o600 });
    const daemon = await spawnDaemon({ home: home.path, environment });
    undo.push(() => daemon.stop());
    assert.ok(daemon.child.pid !== undefined);
    return { daemon, upstream, port: Number(new URL(daemon.url).port), pid: daemon.child.pid };
  }

  /** Descriptors are back where they were, give or take a kept connection to the provider. */
  async function assertBackTo(baseline: number | null, pid: number): Promise<void> {
    if (baseline === null) return say('descriptors: no /proc here');
    const startMs = performance.now();
    const most = baseline + 8;
    while ((openDescriptors(pid) ?? 0) > most && performance.now() - startMs < BASELINE_MS) await after(20);
    const now = openDescriptors(pid) ?? 0;
    say(`descriptors: ${baseline} before, ${now} ${Math.round(performance.now() - startMs)} ms after`);
    assert.ok(now <= most, `${now} descriptors are open, ${baseline} were`);
  }

  /** Goes on for `seconds` from the moment that everything has begun. */
  function attack(plan: AttackPlan): {
    readonly begun: Promise<void>;
    readonly counts: Promise<AttackCounts>;
  } {
    const program = path.join(ROOT, 'test', 'faults', 'attack.ts');
    const child = spawn(process.execPath, [program, JSON.stringify(plan)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    undo.push(() => child.kill());
    let said = '';
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('\n')) begin();
    });
    const counts = new Promise<AttackCounts>((resolve) => {
      child.on('close', () => resolve(JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as AttackCounts));
    });
    return { begun, counts };
  }

  it("500 slowloris sockets, 64 MB bodies, depth and decompression bombs: honest requests' p99 at most twice the idle one, memory under 400 MB [Must show 8, S4, F27]", async () => {
    const { daemon, upstream, port, pid } = await start();
    upstream.alwaysForModel('up-bomb', upstreamBombs());
    const options = { port, token: daemon.token, model: 'honest' };
    await honestLoad(options, after(1_500)); // warm
    const baseline = openDescriptors(pid);
    const idle = await honestLoad(options, after(IS_FULL ? 10_000 : 3_000));
    const seconds = IS_FULL ? 30 : 8;
    const { begun, counts } = attack({ port, token: daemon.token, seconds, kinds: ATTACK_KINDS });
    await begun;
    const attacked = await honestLoad(options, after(seconds * 1000 - 500));
    const [idleP99, attackedP99] = [quantile(idle.times, 0.99), quantile(attacked.times, 0.99)];
    const done = await counts;
    const memory = peakMemoryMb(pid);
    say(`attacks: ${JSON.stringify(done)}`);
    say(
      `idle p50 ${quantile(idle.times, 0.5).toFixed(1)} ms, p99 ${idleP99.toFixed(1)} ms (${idle.times.length}); ` +
        `attacked p50 ${quantile(attacked.times, 0.5).toFixed(1)} ms, p99 ${attackedP99.toFixed(1)} ms ` +
        `(${attacked.times.length}); peak memory ${Math.round(memory)} MB`,
    );
    assert.deepEqual(Object.keys(attacked.statuses), ['200'], JSON.stringify(attacked.statuses));
    assert.ok((done['slow headers'] ?? 0) >= 500 && (done['64 MB bodies'] ?? 0) > 0);
    for (const encoding of ['gzip', 'br', 'zstd']) assert.ok((done[`${encoding} bombs`] ?? 0) > 0);
    assert.ok((done['413'] ?? 0) > 0 && (done['400'] ?? 0) > 0 && (done['502'] ?? 0) > 0);
    assert.ok(memory < MAX_MEMORY_MB, `${memory} MB`);
    const limitMs = IS_FULL ? 2 * idleP99 : Math.max(1_000, 10 * idleP99);
    assert.ok(attackedP99 <= limitMs, `${attackedP99} ms, ${limitMs} ms are allowed`);
    await assertBackTo(baseline, pid);
  });

  it('200 parallel streams with 60 places and a queue of 60: those admitted unaffected, the other 80 get 503 and Retry-After in their dialect [F28]', async () => {
    const { daemon, upstream, port, pid } = await start({ limits: { maxConcurrent: 60, maxQueued: 60 } });
    let release = (): void => {};
    let isReleased = new Promise<void>((resolve) => (release = resolve));
    upstream.alwaysForModel(
      'up-held',
      heldStream(() => isReleased),
    );
    const dialects = Object.keys(STREAM_REQUESTS);
    const send = (at: number): Promise<Streamed> => {
      const dialect = dialects[at % dialects.length] ?? '';
      return stream(port, daemon.token, dialect);
    };
    release();
    const alone = await Promise.all(Array.from({ length: 60 }, (_, at) => send(at))); // warm, and for comparison
    assert.ok(alone.every(({ answer }) => answer.statusCode === 200));
    const baseline = openDescriptors(pid);

    isReleased = new Promise<void>((resolve) => (release = resolve));
    const seenBefore = upstream.requests.length;
    const settled: Streamed[] = [];
    const all = Array.from({ length: 200 }, async (_, at) => settled.push(await send(at)));
    await eventually(() => upstream.requests.length - seenBefore === 60 && settled.length === 80);
    const refused = settled.splice(0);
    for (const { dialect, answer } of refused) assertRefusal(dialect, answer);
    await after(200); // so that the wait can be seen
    assert.deepEqual([upstream.requests.length - seenBefore, settled.length], [60, 0]);
    release();
    await Promise.all(all);
    assert.equal(settled.length, 120);
    for (const { dialect, answer } of settled) {
      assert.equal(answer.statusCode, 200, answer.body);
      assert.match(answer.body, STREAM_REQUESTS[dialect]?.end ?? /never/, dialect);
    }
    const refusalMs = quantile(
      refused.map(({ ms }) => ms).toSorted((a, b) => a - b),
      0.99,
    );
    say(
      `refused: p99 ${refusalMs.toFixed(0)} ms, Retry-After ${refused[0]?.answer.headers.get('retry-after')} s`,
    );
    await eventually(async () => (await waitedNotes(daemon)) === 60);
    await assertBackTo(baseline, pid);
  });

  it('a body that drips takes no place: with one place and fifty slow bodies an honest request is served at once [F27]', async () => {
    const { daemon, port } = await start({ limits: { maxConcurrent: 1, maxQueued: 1 } });
    const head = { 'Content-Length': String(MIB) };
    const slow = await Promise.all(Array.from({ length: 50 }, () => openRaw(port)));
    for (const connection of slow) connection.send(chatHead(port, daemon.token, head) + '{');
    const { statuses } = await honestLoad(
      { port, token: daemon.token, model: 'honest', clients: 1 },
      after(300),
    );
    assert.deepEqual(Object.keys(statuses), ['200']);
    for (const connection of slow) connection.destroy();
  });

  it('64 MB at a drip are answered with 413 in the dialect of the client before they are read [F24, D21]', async () => {
    const { daemon, port } = await start();
    for (const [dialect, { path: wirePath, refusal }] of Object.entries(STREAM_REQUESTS)) {
      for (const length of [{ 'Content-Length': String(64 * MIB) }, { 'Transfer-Encoding': 'chunked' }]) {
        const connection = await openRaw(port);
        connection.send(chatHead(port, daemon.token, length, wirePath));
        const answer = await dripUntilAnswer(connection, 'Transfer-Encoding' in length);
        assert.equal(answer.statusCode, 413, dialect);
        assert.match(answer.body, /larger than 32 MiB/, dialect);
        refusal(JSON.parse(answer.body) as JsonAnswer);
        connection.destroy();
      }
    }
  });

  it('100 readers at 1 kB/s: at most 1 MB of memory for each stream, the provider is made to wait, others are served [F26]', async function () {
    if (process.platform === 'win32') {
      say('skipped: there are no signals to ask for a collection');
      this.skip();
    }
    const { daemon, upstream, port, pid } = await start({}, { NODE_OPTIONS: COLLECT_ON_SIGNAL });
    const flood = createFlood();
    upstream.alwaysForModel('up-held', flood.verb);
    const options = { port, token: daemon.token, model: 'honest' };
    await honestLoad(options, after(1_500));
    const baseline = openDescriptors(pid);
    const beforeMb = await liveMemoryMb(daemon);
    const readers = Array.from({ length: 100 }, () => slowReader(port, daemon.token));
    undo.push(() => readers.forEach((reader) => reader.destroy()));
    await eventually(() => flood.streams() === 100);
    let written = -1;
    await eventually(async () => {
      const last = written;
      written = flood.writtenBytes();
      await after(500);
      return flood.writtenBytes() - last < 100 * 64 * 1024; // little more than what the readers take
    });
    const { statuses } = await honestLoad(options, after(1_000));
    assert.deepEqual(Object.keys(statuses), ['200']);
    const grownMb = (await liveMemoryMb(daemon)) - beforeMb;
    say(
      `100 slow readers: ${grownMb.toFixed(1)} MB more are held (${memoryMb(pid).toFixed(0)} MB of memory in all); ` +
        `the provider got rid of ${(written / MIB).toFixed(0)} MB`,
    );
    assert.ok(grownMb <= 100, `${grownMb} MB`);
    assert.ok(peakMemoryMb(pid) < 500); // with the garbage of all that passed
    assert.ok(written < 100 * FLOOD_BYTES * 0.9, 'the provider was never made to wait');
    for (const reader of readers) reader.destroy();
    await eventually(() => flood.streams() === 0);
    await assertBackTo(baseline, pid);
  });

  it('answers that unpack to 64 MB or are nested 100,000 deep cost the request that asked, and no memory [C19]', async () => {
    const { daemon, upstream, pid } = await start();
    upstream.alwaysForModel('up-bomb', upstreamBombs());
    const statuses: number[] = [];
    for (let round = 0; round < 6; round++) {
      const stream = round % 2 === 1;
      const body = {
        model: 'exact/bomb',
        stream,
        max_tokens: 10,
        messages: [{ role: 'user', content: 'hi' }],
      };
      const wirePath = round < 3 ? '/v1/chat/completions' : '/v1/messages';
      const response = await daemon.post(wirePath, body);
      await response.text();
      statuses.push(response.status);
    }
    // Refused, passed on as it is where the dialects are the same, and soon not asked any more.
    assert.ok(
      statuses.includes(502) && statuses.every((status) => [200, 502, 503].includes(status)),
      String(statuses),
    );
    const memory = peakMemoryMb(pid);
    say(`statuses ${statuses.join(', ')}; peak memory ${Math.round(memory)} MB`);
    assert.ok(memory < MAX_MEMORY_MB);
    assert.equal((await daemon.control('GET', 'status')).status, 200);
  });

  it('every timer and connection is gone within 5 s of the last request, however it ended', async () => {
    const upstream = await startFakeUpstream();
    undo.push(() => upstream.close());
    const clock = countingClock();
    const models = ['honest', 'held'].map((id) => ({ id, baseUrl: upstream.baseUrl }));
    const daemon = await runDaemon({ config: configFor(models, { limits: { maxConcurrent: 8 } }), clock });
    undo.push(() => daemon.stop());
    const port = Number(new URL(daemon.url).port);
    upstream.alwaysForModel(
      'up-held',
      heldStream(() => new Promise(() => {})),
    );
    const ask = (model: string): Promise<Response> =>
      daemon.post(
        '/v1/chat/completions',
        { model: `exact/${model}`, messages: [{ role: 'user', content: 'hi' }] },
        NO_KEEPING,
      );
    await (await ask('honest')).text();
    await eventually(() => clock.pending() < 20);
    await after(100);
    const baseline = clock.pending();

    const dropped = await Promise.all(Array.from({ length: 30 }, () => openRaw(port)));
    for (const [at, connection] of dropped.entries()) {
      if (at % 3 === 0) connection.send(chatHead(port, daemon.token, { 'Content-Length': '1000' }) + '{'); // slow body
      if (at % 3 === 1) connection.send(heldRequest(port, daemon.token)); // eight run, two wait
      if (at % 3 === 2) connection.send('POST / HTTP/1.1\r\nHo'); // slow headers
    }
    await eventually(() => upstream.requests.length === 9);
    for (const connection of dropped) connection.destroy();
    assert.equal((await ask('honest')).status, 200);
    const startMs = performance.now();
    await eventually(() => clock.pending() <= baseline || performance.now() - startMs > BASELINE_MS);
    say(`timers: ${baseline} before, ${clock.pending()} ${Math.round(performance.now() - startMs)} ms after`);
    assert.ok(clock.pending() <= baseline, `${clock.pending()} timers, ${baseline} before`);
    await eventually(() => upstream.openConnections() <= 2);
  });
});

/** Answers of a hostile provider in turn: 64 MB of nothing, packed small; the same as a stream; depth. */
function upstreamBombs(): Verb {
  const packed = gzipSync(Buffer.alloc(64 * MIB, ' '));
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const message = `{"role":"assistant","content":"a","x":${deep},"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\\"a\\":${deep}}"}}]}`;
  const choices = `[{"index":0,"message":${message},"finish_reason":"tool_calls"}]`;
  let turn = 0;
  return ({ request, response }) => {
    turn += 1;
    if (turn % 3 === 0) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        `{"id":"x","object":"chat.completion","choices":${choices},"usage":{"prompt_tokens":1,"completion_tokens":1}}`,
      );
      return;
    }
    const type = request.json?.['stream'] === true ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
    response.end(packed);
  };
}

/** The first words of a stream, and the rest when it may. */
function heldStream(until: () => Promise<void>): Verb {
  return async ({ response }) => {
    const frames = chatFrames('these are a few words');
    response.writeHead(200, { 'content-type': 'text/event-stream', ...NO_KEEPING });
    response.write(frames.slice(0, 3).join(''));
    await until();
    response.end(frames.slice(3).join(''));
  };
}

/** A daemon started with this collects its garbage at SIGUSR2 and says what is left, in bytes. */
const COLLECT_ON_SIGNAL = `--expose-gc --require=${path.join(ROOT, 'test', 'faults', 'collect-on-signal.cjs')}`;

/** What the daemon holds, garbage not counted. How much of that V8 lets lie around is a matter of its settings. */
async function liveMemoryMb(daemon: DaemonProcess): Promise<number> {
  const figures = (): readonly string[] => daemon.stderr().match(/(?<=live bytes: )\d+/g) ?? [];
  const count = figures().length;
  daemon.child.kill('SIGUSR2');
  await eventually(() => figures().length > count);
  return Number(figures().at(-1)) / MIB;
}

const FLOOD_BYTES = 32 * MIB;

/** Streams that are as fast as the other side takes them. */
function createFlood(): { readonly verb: Verb; writtenBytes(): number; streams(): number } {
  // As short as models write them where there is time for it: what is decoded takes more the shorter it is.
  const [, frame = ''] = chatFrames('word-'.repeat(IS_FULL ? 1 : 200));
  let written = 0;
  let streams = 0;
  return {
    writtenBytes: () => written,
    streams: () => streams,
    verb: async ({ response, endedByUs }) => {
      streams += 1;
      let wake = (): void => {};
      response.on('drain', () => wake());
      response.on('close', () => {
        streams -= 1;
        endedByUs();
        wake();
      });
      response.writeHead(200, { 'content-type': 'text/event-stream', ...NO_KEEPING });
      const [first = ''] = chatFrames('');
      response.write(first);
      for (let sent = 0; sent < FLOOD_BYTES && !response.closed; sent += frame.length) {
        const hasRoom = response.write(frame);
        written += frame.length;
        if (!hasRoom) await new Promise<void>((resolve) => (wake = resolve));
      }
      response.end();
    },
  };
}

function slowReader(port: number, token: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.pause();
  socket.write(heldRequest(port, token));
  const timer = setInterval(() => socket.read(1024), 1_000);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

function heldRequest(port: number, token: string): string {
  const body = JSON.stringify(STREAM_REQUESTS['openai-chat']?.body);
  return chatHead(port, token, { 'Content-Length': String(Buffer.byteLength(body)) }) + body;
}

function chatHead(
  port: number,
  token: string,
  headers: Readonly<Record<string, string>>,
  wirePath = '/v1/chat/completions',
): string {
  return requestText(`POST ${wirePath}`, {
    Host: `127.0.0.1:${port}`,
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    ...headers,
  });
}

/** Goes on with the body, a little at a time where its length was announced and else as fast as it goes. */
async function dripUntilAnswer(connection: RawConnection, isChunked: boolean): Promise<RawAnswer> {
  const piece = isChunked
    ? Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, ' '), Buffer.from('\r\n')])
    : Buffer.from(' ');
  const answer = connection.answer();
  while (!connection.received().includes('\r\n\r\n') && !connection.socket.destroyed) {
    if (!connection.socket.write(piece)) {
      await Promise.race([new Promise((resolve) => connection.socket.once('drain', resolve)), answer]);
    }
    await after(1);
  }
  return answer;
}

interface Streamed {
  readonly dialect: string;
  readonly answer: RawAnswer;
  readonly ms: number;
}

async function stream(port: number, token: string, dialect: string): Promise<Streamed> {
  const request = STREAM_REQUESTS[dialect];
  assert.ok(request);
  const body = JSON.stringify(request.body);
  const connection = await openRaw(port);
  const startMs = performance.now();
  const length = { 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
  connection.send(chatHead(port, token, length, request.path) + body);
  const answer = await connection.answer();
  connection.destroy();
  return { dialect, answer, ms: performance.now() - startMs };
}

function assertRefusal(dialect: string, answer: RawAnswer): void {
  assert.equal(answer.statusCode, 503);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  assert.equal(answer.headers.get('x-should-retry'), undefined);
  assert.match(answer.body, /60 requests are running already and 60 wait/);
  STREAM_REQUESTS[dialect]?.refusal(JSON.parse(answer.body) as JsonAnswer);
}

type JsonAnswer = Readonly<Record<string, unknown>>;

/** Per dialect of clients: where it asks, what, how its stream ends and what its errors look like. */
const STREAM_REQUESTS: Readonly<
  Record<
    string,
    {
      readonly path: string;
      readonly body: unknown;
      readonly end: RegExp;
      readonly refusal: (body: JsonAnswer) => void;
    }
  >
> = (() => {
  const messages = [{ role: 'user', content: 'hello' }];
  const model = 'exact/held';
  const isObject = (value: unknown): value is JsonAnswer => typeof value === 'object' && value !== null;
  const openAi = ({ error }: JsonAnswer): void =>
    assert.ok(isObject(error) && typeof error['message'] === 'string' && 'type' in error);
  return {
    'openai-chat': {
      path: '/v1/chat/completions',
      body: { model, stream: true, messages },
      end: /data: \[DONE\]/,
      refusal: openAi,
    },
    'openai-responses': {
      path: '/v1/responses',
      body: { model, stream: true, input: 'hello' },
      end: /response\.completed/,
      refusal: openAi,
    },
    'anthropic-messages': {
      path: '/v1/messages',
      body: { model, stream: true, max_tokens: 10, messages },
      end: /message_stop/,
      refusal: (body) => assert.ok(body['type'] === 'error' && isObject(body['error'])),
    },
    'google-generate': {
      path: `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
      body: { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
      end: /"finishReason":\s*"STOP"/,
      refusal: ({ error }) => assert.ok(isObject(error) && typeof error['status'] === 'string'),
    },
    'ollama-chat': {
      path: '/api/chat',
      body: { model, stream: true, messages },
      end: /"done":\s*true/,
      refusal: ({ error }) => assert.equal(typeof error, 'string'),
    },
  };
})();

/** How many of the newest records say that they waited for a place. */
async function waitedNotes(daemon: DaemonProcess): Promise<number> {
  const { body } = await daemon.control('GET', 'exchanges?limit=200');
  const { exchanges } = body as { exchanges: readonly { readonly warnings?: readonly string[] }[] };
  return exchanges.filter(({ warnings = [] }) => warnings.some((text) => /^waited \d+ ms/.test(text))).length;
}

/** The system's clock, and how many timers are set on it. */
function countingClock(): Clock & { pending(): number } {
  let pending = 0;
  return {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs(),
    setTimer(delayMs, callback) {
      pending += 1;
      let isOver = false;
      const end = (): void => {
        if (!isOver) pending -= 1;
        isOver = true;
      };
      const cancel = systemClock.setTimer(delayMs, () => {
        end();
        callback();
      });
      return () => {
        end();
        cancel();
      };
    },
    pending: () => pending,
  };
}
