// `pointsman cache` and the control API behind it: what stored answers take and bring, forgetting them, and why a
// request would be answered from them or not; with the file that holds them over a restart.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CacheBody, CacheExplanation } from '../../daemon/protocol/cache-api.ts';
import { runInProcess } from '../support/command-line.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASK = { model: 'auto', messages: [{ role: 'user', content: 'name a prime number' }] };
const PATH = '/v1/chat/completions';

describe('[A31] the cache of a daemon', () => {
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  const start = async (exact: object = {}): Promise<void> => {
    const config = configFor([{ id: 'small', baseUrl: upstream.baseUrl }], { cache: { exact } });
    daemon = await runDaemon({ config, home: folder.path });
  };
  const ask = async (body: object = ASK, headers = {}): Promise<string | null> => {
    const answer = await daemon.post(PATH, body, headers);
    assert.equal(answer.status, 200);
    await answer.text();
    return answer.headers.get('x-pointsman-cache');
  };
  const status = async (): Promise<CacheBody['exact']> =>
    ((await daemon.control('GET', 'cache')).body as CacheBody).exact;
  const explain = async (request: object, headers = {}): Promise<CacheExplanation> => {
    const input = { dialect: 'openai-chat', request, headers };
    return (await daemon.control('POST', 'cache/explain', input)).body as CacheExplanation;
  };

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(json(chatBody('seven')));
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('says what it holds and how often it was of use', async () => {
    await start();
    assert.deepEqual([await ask(), await ask(), await ask()], ['miss', 'exact', 'exact']);
    const { entries, bytes, lookups, hits, inFlight, enabled, disk, maxBytes, ttlS } = await status();
    assert.deepEqual(
      { entries, lookups, hits, inFlight, enabled, disk, maxBytes, ttlS },
      {
        entries: 1,
        lookups: 3,
        hits: 2,
        inFlight: 0,
        enabled: true,
        disk: null,
        maxBytes: 33_554_432,
        ttlS: 3600,
      },
    );
    assert.ok(bytes > 500 && bytes < 5000, String(bytes));
    const { stdout, exitCode } = await runInProcess(daemon.home, 'cache', 'stats');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^in memory +1 answer, 0\.0 MB of 33\.6 MB$/m);
    assert.match(stdout, /^since start +3 lookups, 2 hits$/m);
    assert.match(stdout, /^in the books +66\.7 % of the requests/m);
    const printed = await runInProcess(daemon.home, 'cache', 'stats', '--json');
    assert.deepEqual((JSON.parse(printed.stdout) as CacheBody).exact.entries, 1);
  });

  it('forgets everything when it is told to', async () => {
    await start();
    await ask();
    const { stdout } = await runInProcess(daemon.home, 'cache', 'clear');
    assert.equal(stdout, '1 stored answer thrown away.');
    assert.equal(await ask(), 'miss');
  });

  it('explains a hit, a miss with what is different, and what is never answered from it', async () => {
    await start();
    await ask();
    const hit = await explain(ASK);
    assert.deepEqual([hit.verdict, hit.answer?.model], ['hit', 'small']);
    assert.equal((await status()).hits, 0); // explaining is no use

    const warmer = await explain({ ...ASK, temperature: 1.5 });
    assert.equal(warmer.verdict, 'miss');
    assert.deepEqual(warmer.nearest?.differences, ['the sampling settings, limits or tool choice']);
    const other = await explain({ ...ASK, messages: [{ role: 'user', content: 'name a composite number' }] });
    assert.deepEqual(other.nearest?.differences, ['the last message']);
    const far = await explain({
      model: 'auto',
      messages: [
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
      ],
    });
    assert.deepEqual([far.verdict, far.nearest], ['miss', null]);

    assert.equal((await explain(ASK, { 'x-pointsman-cache': 'off' })).verdict, 'never');
    assert.match((await explain({ ...ASK, logprobs: true })).why, /likelihoods/);
    await daemon.control('PUT', 'override', { model: 'small', scope: 'next' });
    assert.match((await explain(ASK)).why, /override/);
  });

  it('explains a request in a file on the command line', async () => {
    await start();
    await ask();
    const file = folder.file('request.json');
    writeFileSync(file, JSON.stringify({ ...ASK, seed: 1 }));
    const { stdout, exitCode } = await runInProcess(daemon.home, 'cache', 'explain', file);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^miss: /);
    assert.match(stdout, /^ {2}different: the sampling settings/m);
  });

  it('says what is missing on the command line', async () => {
    await start();
    for (const [argv, sentence] of [
      [[], 'cache needs one of: stats, clear, explain FILE'],
      [['drop'], 'cache needs one of: stats, clear, explain FILE'],
      [['explain'], 'cache explain needs a FILE with a request body, or "-" for standard input'],
      [['clear', 'x'], 'cache clear does not take "x"; run "pointsman cache --help"'],
    ] as const) {
      const { stderr, exitCode } = await runInProcess(daemon.home, 'cache', ...argv);
      assert.deepEqual([stderr, exitCode], [`pointsman: ${sentence}`, 2]);
    }
  });

  it('gives nobody else an answer that was called bad, nor one that was given again and called bad then', async () => {
    await start();
    for (const isGivenAgain of [false, true]) {
      assert.equal(await ask(), 'miss');
      if (isGivenAgain) await ask();
      const [latest] = await daemon.waitForExchanges(1);
      await daemon.control('POST', 'feedback', { exchangeId: latest?.exchangeId, verdict: 'bad' });
      assert.equal((await explain(ASK)).verdict, 'miss');
    }
    await daemon.control('DELETE', 'cache');
  });

  it('keeps nothing on the disk unless it is told to', async () => {
    await start();
    await ask();
    await daemon.stop();
    assert.equal(existsSync(path.join(folder.path, 'cache.db')), false);
    await start();
    assert.equal(await ask(), 'miss');
  });

  it('keeps answers over a restart in a private file, but none with a key in it', async () => {
    const key = 'sk-test-0123456789abcdefghijklmnop';
    await start({ onDisk: true });
    await ask();
    upstream.always(json(chatBody(`your key is ${key}`)));
    const secret = { ...ASK, messages: [{ role: 'user', content: 'what is my key?' }] };
    await ask(secret);
    await daemon.stop();
    const file = path.join(folder.path, 'cache.db');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(readFileSync(file).includes(key), false);

    await start({ onDisk: true });
    assert.deepEqual([await ask(), await ask(secret)], ['exact', 'miss']);
    const { disk } = await status();
    assert.deepEqual([disk?.path, disk?.entries], [file, 1]);
    assert.match((await runInProcess(daemon.home, 'cache', 'stats')).stdout, /^on disk +1 answer, /m);
    await daemon.control('DELETE', 'cache');
    assert.equal(existsSync(file), false);
    assert.equal(await ask(), 'miss');
  });
});
