// classifier.mode, seen from outside: who is asked for a grade, what it is told, what that costs and what happens when it
// is down.

import assert from 'node:assert/strict';
import type { Decision } from '../../daemon/protocol/exchange-record.ts';
import {
  chatBody,
  type FakeUpstream,
  json,
  resetBeforeHeaders,
  stall,
  startFakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

/** Simple by every local measure. */
const GREETING = 'Hi there!';

/** 100 tokens in and 2 out, at 1 and 5 USD per million. */
const JUDGE_COST_USD = 0.000_11;

const saying = (word: string): Verb =>
  json(chatBody(word, { usage: { prompt_tokens: 100, completion_tokens: 2 } }));

describe('classifier.mode', () => {
  let answering: FakeUpstream;
  let judge: FakeUpstream;

  before(async () => {
    answering = await startFakeUpstream();
    judge = await startFakeUpstream();
  });
  after(async () => {
    await answering.close();
    await judge.close();
  });

  const configOf = (classifier: object, judgeModel: object = {}) =>
    configFor(
      [
        {
          id: 'small',
          baseUrl: answering.baseUrl,
          tier: 'simple',
          inputUsdPerMtok: 0.1,
          outputUsdPerMtok: 0.4,
        },
        {
          id: 'large',
          baseUrl: answering.baseUrl,
          tier: 'complex',
          inputUsdPerMtok: 4,
          outputUsdPerMtok: 20,
        },
        {
          id: 'judge',
          baseUrl: judge.baseUrl,
          tier: 'moderate',
          upstreamModel: 'gpt-5.1',
          inputUsdPerMtok: 1,
          outputUsdPerMtok: 5,
          ...judgeModel,
        },
      ],
      { classifier },
    );

  async function withDaemon(
    classifier: object,
    use: (daemon: TestDaemon) => Promise<void>,
    judgeModel: object = {},
  ): Promise<void> {
    const daemon = await runDaemon({ config: configOf(classifier, judgeModel) });
    try {
      await use(daemon);
    } finally {
      await daemon.stop();
    }
  }

  async function ask(daemon: TestDaemon, content = GREETING) {
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content }],
    });
    await response.text();
    const record = await daemon.exchange(response.headers.get('x-request-id') ?? '');
    return { response, record };
  }

  it('[A11] model: the word of the model decides, its cost is in the record and in the header', async () => {
    judge.next(saying('complex'));
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      const { response, record } = await ask(daemon);
      assert.equal(record.responseModel, 'large');
      assert.equal(record.decision?.classification.classifierName, 'model');
      assert.match(
        record.decision.classification.signals[0] ?? '',
        /^judge was asked and said complex; the local grade was simple/,
      );
      assert.equal(record.classifierCostUsd, JUDGE_COST_USD);
      const answerCostUsd = record.attempts[0]?.costUsd ?? NaN;
      assert.ok(Math.abs((record.costUsd ?? NaN) - answerCostUsd - JUDGE_COST_USD) < 1e-12);
      const told = Number(response.headers.get('x-pointsman-cost-usd'));
      assert.ok(Math.abs(told - (record.costUsd ?? NaN)) < 1e-6, String(told));
      assert.deepEqual(
        record.attempts.map(({ model }) => model),
        ['large'],
      );
    });
  });

  it('[A11] model: the question is small, cold, without thoughts, and holds nothing but the user’s words', async () => {
    judge.next(saying('simple'));
    const seen = judge.requests.length;
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      await ask(daemon);
      const { messages, ...settings } = judge.requests[seen]?.json ?? {};
      assert.deepEqual(settings, {
        model: 'gpt-5.1',
        temperature: 0,
        max_completion_tokens: 10,
        reasoning_effort: 'none',
        stream: false,
      });
      assert.match(JSON.stringify(messages), /Hi there!/);
    });
  });

  it('[A11] model: the question is asked in the dialect of its provider', async () => {
    const content = [{ type: 'text', text: 'moderate' }];
    const usage = { input_tokens: 100, output_tokens: 2 };
    judge.next(
      json({
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'j',
        content,
        stop_reason: 'end_turn',
        usage,
      }),
    );
    const seen = judge.requests.length;
    const judgeModel = {
      dialect: 'anthropic-messages',
      baseUrl: judge.origin,
      upstreamModel: 'claude-haiku-4-5',
    };
    await withDaemon(
      { mode: 'model', model: 'judge' },
      async (daemon) => {
        const { record } = await ask(daemon);
        assert.equal(record.complexity, 'moderate');
        assert.equal(record.classifierCostUsd, JUDGE_COST_USD);
        const { path, json: body } = judge.requests[seen] ?? {};
        assert.deepEqual([path, body?.['max_tokens'], body?.['temperature']], ['/v1/messages', 10, 0]);
      },
      judgeModel,
    );
  });

  it('[A13] model: a word that is no grade means moderate', async () => {
    judge.next(saying('banana'));
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      assert.equal((await ask(daemon)).record.complexity, 'moderate');
    });
  });

  it('[A12] model: local when it fails, and its failures take it out of nothing', async () => {
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      const before = judge.requests.length;
      judge.next(resetBeforeHeaders, resetBeforeHeaders, resetBeforeHeaders);
      for (let count = 0; count < 5; count += 1) {
        const { record } = await ask(daemon, `${GREETING} ${count}`);
        assert.deepEqual([record.status, record.complexity, record.responseModel], ['ok', 'simple', 'small']);
      }
      assert.equal(judge.requests.length - before, 3); // the breaker spares the last two the wait
      const response = await daemon.post('/v1/chat/completions', {
        model: 'exact/judge',
        messages: [{ role: 'user', content: GREETING }],
      });
      assert.equal(response.headers.get('x-pointsman-model'), 'judge');
      await response.text();
    });
  });

  it('[A12] model: local when it is late; the prompt that was sent is in the books', async () => {
    judge.next(stall('request'));
    await withDaemon({ mode: 'model', model: 'judge', timeoutMs: 40 }, async (daemon) => {
      const { record } = await ask(daemon);
      assert.deepEqual([record.status, record.complexity], ['ok', 'simple']);
      assert.equal(
        record.decision?.classification.signals[0],
        'judge was asked in vain: no answer within 40 ms',
      );
      assert.ok(
        record.classifierCostUsd > 0.0001 && record.classifierCostUsd < 0.001,
        String(record.classifierCostUsd),
      );
    });
  });

  it('a client that leaves ends the question', async () => {
    judge.next(stall('request'));
    const { length } = judge.requests;
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      const client = new AbortController();
      const aborted = judge.aborts();
      const answer = fetch(`${daemon.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: GREETING }] }),
        signal: client.signal,
      });
      const refused = assert.rejects(answer);
      await judge.waitForRequests(length + 1);
      client.abort();
      await refused;
      await judge.waitForAbort(aborted + 1);
      const [record] = await daemon.waitForExchanges(1);
      assert.equal(record?.status, 'cancelled');
    });
  });

  it('[A11] hybrid: a clear local verdict asks nobody', async () => {
    const before = judge.requests.length;
    await withDaemon({ mode: 'hybrid', model: 'judge' }, async (daemon) => {
      const { record } = await ask(daemon);
      assert.deepEqual([record.complexity, record.classifierCostUsd], ['simple', 0]);
      assert.equal(judge.requests.length, before);
    });
  });

  it('explain asks nobody, and says that the model would be asked', async () => {
    const before = judge.requests.length;
    await withDaemon({ mode: 'model', model: 'judge' }, async (daemon) => {
      const request = { model: 'auto', messages: [{ role: 'user', content: GREETING }] };
      const { body } = await daemon.control('POST', 'explain', { dialect: 'openai-chat', request });
      const { classification } = body as Decision;
      assert.equal(classification.complexity, 'simple');
      assert.equal(classification.signals[0], 'judge would be asked for a grade; this is the local one');
      assert.equal(judge.requests.length, before);
    });
  });
});
