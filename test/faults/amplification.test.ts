// However a provider fails, one call of a client costs a provider no more than three: retries, fallback and a second
// answer in the place of a weak one are all counted in `retries.maxAttempts`, and nothing that we answer makes an
// official SDK send its request again. What is known to be down is not asked at all.
//
// The one call beside it: in the modes `hybrid` and `model` a model is asked once for a grade, never again for the same
// request, a few tokens long and limited by `classifier.timeoutMs`.

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { RouterError, STATUS_BY_CODE } from '../../daemon/errors.ts';
import { retryHeaders } from '../../daemon/http/error-answer.ts';
import type { ErrorCode } from '../../daemon/protocol/vocabulary.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  about,
  answers,
  breakBeforeHeaders,
  contextTooLong,
  errorAfterWords,
  type Fault,
  quotaExceeded,
  stallBeforeHeaders,
  status,
} from '../support/chaos-upstream.ts';
import type { TestDaemon } from '../support/run-daemon.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { ASK, IMPATIENT, inOrder, chainRig, postChat, type runChain } from './chain-rig.ts';

const MOST_ATTEMPTS = 3;
/** What a coding assistant tries by itself in one turn before it gives up. */
const RETRIES_PER_TURN = 30;

/** The first ejections are shorter than the others, so that a short trouble is over soon. */
const EARLY_TRIALS = 3;

const CODE_WITH_A_HOLE =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  // TODO: implement\n}\n```';

const IDS = ['one', 'two', 'three', 'four', 'five'];

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['429', status(429)],
  ['429 with a short Retry-After', status(429, { retryAfterMs: '5' })],
  ['429 with a long Retry-After', status(429, { retryAfter: '600' })],
  ['402', quotaExceeded(402)],
  ['a used-up quota', quotaExceeded(429)],
  ['500', status(500)],
  ['503', status(503)],
  ['529', status(529)],
  ['401', status(401)],
  ['403', status(403)],
  ['404', status(404)],
  ['400', status(400)],
  ['a prompt that is too long', contextTooLong],
  ['a reset', breakBeforeHeaders('reset')],
  ['an error as first event', errorAfterWords(0)],
  ['silence', stallBeforeHeaders],
];

describe('[B6] one call of a client', () => {
  const rig = chainRig();
  const { modelsOf, start } = rig;

  describe(`costs at most ${MOST_ATTEMPTS} attempts and is not repeated by the official SDKs`, () => {
    for (const [title, fault] of FAULTS) {
      for (const ids of [IDS, ['one']]) {
        it(`where ${ids.length === 1 ? 'the only model' : 'every model'} answers with ${title}`, async () => {
          const running = await start(modelsOf(ids), patienceFor(fault));
          rig.upstream.always(fault);
          await rejectsBySdk(running, 'openai', false);
          const first = rig.upstream.bills.length;
          assert.ok(first >= 1 && first <= MOST_ATTEMPTS, `${first} calls`);
          const [record] = await running.waitForExchanges(1);
          const rows = record?.attempts.length ?? 0;
          // One that was given up for its silence may not have been read there yet.
          const isExact = fault !== stallBeforeHeaders;
          assert.ok(isExact ? rows === first : rows >= first, `${rows} rows for ${first} calls`);
          assert.ok(rows <= MOST_ATTEMPTS, `${rows} attempts`);
          assert.equal((await running.exchanges()).length, 1, 'the SDK asked once');
        });
      }
      for (const isStream of [true, false]) {
        it(`where the SDK is Anthropic’s and the answer is ${title} (${isStream ? 'streamed' : 'plain'})`, async () => {
          const running = await start(modelsOf(IDS, { dialect: 'anthropic-messages' }), patienceFor(fault));
          rig.upstream.always(fault);
          await rejectsBySdk(running, 'anthropic', isStream);
          assert.ok(rig.upstream.bills.length <= MOST_ATTEMPTS, `${rig.upstream.bills.length} calls`);
          assert.equal((await running.waitForExchanges(1)).length, 1, 'the SDK asked once');
        });
      }
    }

    for (const broken of [0, 1, 2]) {
      it(`with ${broken} models that fail before a chain of weak answers`, async () => {
        const running = await start(modelsOf(IDS), inOrder(IDS));
        rig.upstream.always(about({ text: CODE_WITH_A_HOLE }, answers()));
        for (const id of IDS.slice(0, broken)) rig.upstream.forModel(`up-${id}`, status(503));
        const response = await postChat(running);
        assert.equal(response.status, 200, await response.text());
        const [record] = await running.waitForExchanges(1);
        assert.ok(rig.upstream.bills.length <= MOST_ATTEMPTS, kindsOf(record));
        assert.equal(record?.attempts.length, rig.upstream.bills.length, kindsOf(record));
        const weak = record.attempts.filter(({ errorType }) => errorType === 'weak-answer').length;
        assert.equal(weak > 0, broken < 2, kindsOf(record));
      });
    }

    it('beside one question for a grade, which is asked once', async () => {
      const running = await start([...modelsOf(IDS), { id: 'judge', baseUrl: rig.upstream.baseUrl }], {
        classifier: { mode: 'model', model: 'judge', timeoutMs: 200 },
      });
      rig.upstream.always(status(503));
      await rejectsBySdk(running, 'openai', true);
      const questions = rig.upstream
        .billsOf('up-judge')
        .filter(({ body }) => body['max_tokens'] !== undefined);
      assert.equal(questions.length, 1);
      assert.ok(rig.upstream.bills.length - questions.length <= MOST_ATTEMPTS);
    });
  });

  it('is answered so that no SDK repeats what must not be repeated, whatever went wrong', () => {
    /** These are made with the time at which to come back; the first is only refused, nobody was asked. */
    const withTime: ReadonlySet<string> = new Set(['router.overloaded', 'router.shutting_down']);
    for (const [name, statusCode] of Object.entries(STATUS_BY_CODE)) {
      const isRepeated = statusCode === 408 || statusCode === 409 || statusCode === 429 || statusCode >= 500;
      if (!isRepeated || withTime.has(name)) continue;
      const headers = retryHeaders(new RouterError(name as ErrorCode, 'x'));
      assert.equal(headers['x-should-retry'], 'false', name);
    }
  });

  describe('of an assistant that tries 30 times a turn', () => {
    it('costs a dead chain of three nine calls, and then none', async () => {
      const running = await start(modelsOf(IDS.slice(0, 3)));
      rig.upstream.always(status(503));
      for (let retry = 0; retry < RETRIES_PER_TURN; retry += 1) await (await postChat(running)).text();
      console.log(
        `  ${RETRIES_PER_TURN} tries at once of a dead chain: ${rig.upstream.bills.length} upstream calls`,
      );
      assert.ok(rig.upstream.bills.length <= 9, `${rig.upstream.bills.length} calls`);
    });

    for (const [title, pauseOf] of [
      ['backs off up to 8 s', (retry: number) => Math.min(8000, 500 * 2 ** retry)],
      ['backs off up to 32 s', (retry: number) => Math.min(32_000, 500 * 2 ** retry)],
      ['comes back when it is told to', (_retry: number, told: number) => told],
    ] as const) {
      it(`and ${title} costs a dead chain no more than two calls a model and minute`, async () => {
        const clock = createVirtualClock();
        const running = await start(modelsOf(IDS.slice(0, 3)), {}, clock);
        rig.upstream.always(status(503));
        let isolated = 0;
        const startedMs = clock.monotonicMs();
        for (let retry = 0; retry < RETRIES_PER_TURN; retry += 1) {
          const before = rig.upstream.bills.length;
          const response = await postChat(running);
          await response.text();
          if (rig.upstream.bills.length === before) isolated += 1;
          assert.ok(rig.upstream.bills.length - before <= MOST_ATTEMPTS);
          await clock.advance(pauseOf(retry, Number(response.headers.get('retry-after-ms') ?? 1000)));
        }
        const minutes = (clock.monotonicMs() - startedMs) / 60_000;
        console.log(
          `  ${RETRIES_PER_TURN} tries in ${minutes.toFixed(1)} min, which ${title}: ${rig.upstream.bills.length} upstream calls, ${isolated} tries answered at once`,
        );
        // Three of each to find out; then one each at the end of an ejection, and those last half a minute at length.
        const most = 9 + 3 * Math.ceil(2 * minutes + EARLY_TRIALS);
        assert.ok(rig.upstream.bills.length <= Math.min(most, 89), `${rig.upstream.bills.length} calls`);
      });
    }
  });
});

function patienceFor(fault: Fault): Parameters<typeof runChain>[1] {
  return fault === stallBeforeHeaders ? IMPATIENT : {};
}

/** Asks with the default settings of the SDK, which repeats two times what it may repeat. */
async function rejectsBySdk(
  daemon: TestDaemon,
  sdk: 'openai' | 'anthropic',
  isStream: boolean,
): Promise<void> {
  const messages = [{ role: 'user' as const, content: ASK }];
  if (sdk === 'openai') {
    const client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: daemon.token });
    await assert.rejects(client.chat.completions.create({ model: 'auto', messages, stream: isStream }));
    return;
  }
  const client = new Anthropic({ baseURL: daemon.url, apiKey: daemon.token });
  await assert.rejects(
    client.messages.create({ model: 'auto', max_tokens: 100, messages, stream: isStream }),
  );
}

function kindsOf(record: ExchangeRecord | undefined): string {
  return (record?.attempts ?? [])
    .map(({ model, status: how, errorType }) => `${model} ${how} ${errorType}`)
    .join(', ');
}
