// An update while work is under way: the new daemon serves at once, the old one finishes what it has begun, and both
// keep the same books meanwhile.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExchangesBody, StatusBody, TotalsBody } from '../../daemon/protocol/control-api.ts';
import { isProcessAlive } from '../../daemon/util/process-alive.ts';
import { ensureBundle, eventually } from '../support/daemon-process.ts';
import { configureHome, freePort, openEditor, postAs, type EditorWindows } from '../support/editor-window.ts';
import {
  chatFrames,
  politeChat,
  sse,
  startFakeUpstream,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';

const NEWER = '0.2.0';
const STREAMS = 20;
const ASK = { model: 'auto', stream: true, messages: [{ role: 'user', content: 'tell me a long story' }] };
const STORY = 'this story goes on until the test has seen enough of it';
/** A kept connection may find nobody for so long; with a machine under load. */
const LONGEST_GAP_MS = 500;

describe('a hand-over to a newer daemon', function () {
  this.timeout(60_000);
  let editor: EditorWindows;
  let upstream: FakeUpstream;
  /** Lets the streams of `story` come to their end. */
  let endStories: () => void;
  let story: Verb;
  before(ensureBundle);
  beforeEach(async () => {
    const isEnough = new Promise<void>((resolve) => (endStories = resolve));
    story = async ({ response }) => {
      const frames = chatFrames(STORY);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const frame of frames.slice(0, 4)) response.write(frame);
      await isEnough;
      for (const frame of frames.slice(4)) response.write(frame);
      response.end();
    };
    upstream = await startFakeUpstream();
    editor = openEditor();
    configureHome(editor.home, configFor([{ id: 'only', baseUrl: upstream.baseUrl }]));
  });
  afterEach(async () => {
    await editor.endAll();
    await upstream.close();
  });

  it('[C1] cuts none of twenty running streams, serves with the new version on the same port, and the books are whole', async () => {
    upstream.always(story);
    const port = await freePort();
    const settings = (): { home: string; port: number } => ({ home: editor.home, port });
    const before = editor.open({ settings });
    const old = await before.supervisor.start();
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, () => postAs(old, '/v1/chat/completions', ASK)),
    );
    let finished = 0;
    const texts = streams.map(async (response) => {
      const text = await response.text();
      finished += 1;
      return text;
    });
    const beganMs = performance.now();
    const next = await editor.open({ settings, version: NEWER }).supervisor.start();
    console.log(`      the new one is ready after ${Math.round(performance.now() - beganMs)} ms`);
    assert.equal(next.url, old.url);
    assert.notEqual(next.pid, old.pid);
    const status = (await next.call('GET', 'status')) as StatusBody;
    assert.equal(status.version, NEWER);
    assert.equal(finished, 0);
    // The new one answers while the old one still streams, and does not take its requests for interrupted.
    upstream.next(sse(chatFrames('quick')));
    assert.match(await (await postAs(next, '/v1/chat/completions', ASK)).text(), /quick/);
    const meanwhile = (await next.call('GET', 'exchanges?limit=100')) as ExchangesBody;
    assert.deepEqual(
      meanwhile.exchanges.map(({ status }) => status),
      ['ok'],
    );
    endStories();
    for (const text of await Promise.all(texts)) {
      assert.match(text, /"content":"it"/);
      assert.match(text, /\[DONE\]/);
    }
    await eventually(() => !isProcessAlive(old.pid));
    const { exchanges } = (await next.call('GET', 'exchanges?limit=100')) as ExchangesBody;
    assert.deepEqual(
      exchanges.map(({ status }) => status),
      Array.from({ length: STREAMS + 1 }, () => 'ok'),
    );
    await eventually(async () => {
      const { ledger } = (await next.call('GET', 'status')) as StatusBody;
      return ledger.rows === STREAMS + 1;
    });
    // What is kept up in memory has them too: the event after the next exchange.
    const totals: TotalsBody[] = [];
    before.supervisor.onEvent((event) => event.type === 'totals-update' && totals.push(event.totals));
    upstream.next(sse(chatFrames('one more')));
    await (await postAs(next, '/v1/chat/completions', ASK)).text();
    await eventually(() => totals.at(-1)?.requests === STREAMS + 2);
    assert.equal(before.supervisor.state.status, 'ready'); // the older window uses the newer daemon
    assert.deepEqual(editor.daemons(), [next.pid]);
  });

  it('happens once for ten windows that were updated, and an older window takes a newer daemon as it is', async () => {
    const older = editor.open();
    await older.supervisor.start();
    const windows = Array.from({ length: 10 }, () => editor.open({ version: NEWER }));
    const connections = await Promise.all(windows.map(({ supervisor }) => supervisor.start()));
    assert.equal(new Set(connections.map(({ pid }) => pid)).size, 1);
    await eventually(() => older.supervisor.state.status === 'ready');
    assert.equal((await older.supervisor.start()).version, NEWER);
    assert.equal((await editor.open().supervisor.start()).version, NEWER);
    assert.equal(editor.daemons().length, 1);
  });

  it('leaves hardly a moment in which nobody listens, and sends no client to the daemon that leaves', async () => {
    const port = await freePort();
    const settings = (): { home: string; port: number } => ({ home: editor.home, port });
    const old = await editor.open({ settings }).supervisor.start();
    upstream.always(story);
    const running = await postAs(old, '/v1/chat/completions', ASK);
    const refusedAtMs: number[] = [];
    let wrong = 0;
    const over = new AbortController();
    const asking = (async () => {
      while (!over.signal.aborted) {
        const answer = await fetch(`${old.url}/healthz`).catch(() => null);
        if (answer === null) refusedAtMs.push(performance.now());
        else if (answer.status !== 200) wrong += 1;
        await answer?.text();
      }
    })();
    const next = await editor.open({ settings, version: NEWER }).supervisor.start();
    over.abort();
    await asking;
    const gapMs = (refusedAtMs.at(-1) ?? 0) - (refusedAtMs[0] ?? 0);
    console.log(`      nobody listened for ${Math.round(gapMs)} ms`);
    assert.ok(gapMs < LONGEST_GAP_MS, `${gapMs} ms`);
    assert.ok(wrong <= 1); // one that was on its way on a connection that was kept
    upstream.always(politeChat);
    assert.equal((await postAs(next, '/v1/chat/completions', { ...ASK, stream: false })).status, 200);
    endStories();
    await running.text();
    await eventually(() => !isProcessAlive(old.pid));
  });

  it('does not happen when the new daemon does not start: the one before goes on', async () => {
    const window = editor.open();
    const old = await window.supervisor.start();
    const broken = path.join(editor.folder, 'broken.cjs');
    const sentence = 'process.stderr.write("pointsman: this build is broken\\n"); process.exit(1);';
    for (const code of ['process.exit(3);', sentence, 'syntax error']) {
      writeFileSync(broken, code);
      const updated = editor.open({ version: NEWER, script: () => Promise.resolve(broken) });
      assert.equal((await updated.supervisor.start()).pid, old.pid);
      assert.match(updated.log.join(), /0\.2\.0 did not start, so 0\.1\.0 stays/);
      updated.supervisor.dispose();
    }
    assert.deepEqual(window.states, ['starting', 'ready']);
  });
});
