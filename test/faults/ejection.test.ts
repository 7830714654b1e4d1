// Models that keep failing, and storms of requests on them: after three failures in a row nobody is sent there for a
// while, a Retry-After is obeyed by everybody and not only by who was told, and every client still has its answer.

import assert from 'node:assert/strict';

import {
  answers,
  type ChaosUpstream,
  type Fault,
  startChaosUpstream,
  status,
} from '../support/chaos-upstream.ts';
import { wireAsk } from '../support/dialect-clients.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import { send, type Received } from './wire-client.ts';

const FAILURES_TO_EJECT = 3;
const CLIENTS = 100;
const STORM_MS = 60_000;

describe('[B6] a model that keeps failing', function () {
  this.timeout(STORM_MS);
  let first: ChaosUpstream;
  let second: ChaosUpstream;
  let daemon: TestDaemon;
  /** One pair of models per test, so that none sees the health of another's. */
  let pair = 0;

  before(async () => {
    first = await startChaosUpstream();
    second = await startChaosUpstream();
    second.always(answers());
    const models = Array.from({ length: 12 }, (_, index) => {
      const dialect = UPSTREAM_DIALECTS[Math.floor(index / 2) % UPSTREAM_DIALECTS.length] ?? 'openai-chat';
      return [
        { id: `first-${index}`, dialect, baseUrl: first.baseUrl, fallback: [`second-${index}`] },
        { id: `second-${index}`, baseUrl: second.baseUrl },
      ];
    }).flat();
    const retries = { maxAttempts: 2, exactFallback: true, pauseMs: 1 };
    daemon = await runDaemon({ config: configFor(models, { retries }) });
  });
  after(async () => {
    await daemon.stop();
    await Promise.all([first.close(), second.close()]);
  });

  const ask = (index: number): Promise<Received> =>
    send('openai-chat', daemon, wireAsk('openai-chat', `exact/first-${index}`, { text: 'hello' }, false));
  const asked = (index: number): number => first.billsOf(`up-first-${index}`).length;

  for (const dialect of UPSTREAM_DIALECTS) {
    for (const [name, fault] of [
      ['429 without a time', status(429)],
      ['503', status(503)],
    ] as const satisfies readonly (readonly [string, Fault])[]) {
      it(`is left alone after ${FAILURES_TO_EJECT} failures in a row: ${name} by ${dialect}`, async () => {
        const index = pair++;
        first.forModel(`up-first-${index}`, fault);
        for (let turn = 0; turn < FAILURES_TO_EJECT + 3; turn++)
          assert.equal((await ask(index)).statusCode, 200);
        assert.equal(asked(index), FAILURES_TO_EJECT);
      });
    }
  }

  it(`is not asked by anybody of ${CLIENTS} once it was heard to be limited, and all have their answer`, async () => {
    const index = pair++;
    first.forModel(`up-first-${index}`, status(429, { retryAfter: '60' }));
    assert.equal((await ask(index)).statusCode, 200);
    const all = await Promise.all(Array.from({ length: CLIENTS }, () => ask(index)));
    assert.deepEqual(
      all.filter(({ statusCode }) => statusCode !== 200),
      [],
    );
    assert.equal(asked(index), 1);
  });

  it(`fails ${CLIENTS} clients at once, none of them visibly, and is asked by no later one`, async () => {
    const index = pair++;
    first.forModel(`up-first-${index}`, status(429));
    const all = await Promise.all(Array.from({ length: CLIENTS }, () => ask(index)));
    assert.deepEqual(
      all.filter(({ statusCode }) => statusCode !== 200),
      [],
    );
    const inStorm = asked(index);
    assert.ok(inStorm <= CLIENTS, `${inStorm} attempts for ${CLIENTS} clients`);
    assert.equal((await ask(index)).statusCode, 200);
    assert.equal(asked(index), inStorm);
  });
});
