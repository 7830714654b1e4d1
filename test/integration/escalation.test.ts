// A weak answer never has to be the last word: plain ones are answered again by the next tier before the client sees
// anything, streamed ones and loops that do not get on lift the rest of the task.

import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  chatBody,
  chatFrames,
  json,
  sse,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const ELIDED =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  // TODO: implement\n}\n```';
const WHOLE =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  return values.reduce((a, b) => a + b, 0);\n}\n```';

const BASH: OpenAI.Chat.Completions.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'bash',
    description: 'Runs a command',
    parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
  },
};

type Messages = OpenAI.Chat.Completions.ChatCompletionMessageParam[];

function failedStep(index: number): Messages {
  return [
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: `call_${index}`, type: 'function', function: { name: 'bash', arguments: '{"cmd":"make"}' } },
      ],
    },
    { role: 'tool', tool_call_id: `call_${index}`, content: 'make: *** [all] Error 1: undefined reference' },
  ];
}

describe('escalation', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function start(
    policy: { readonly weakAnswer?: boolean; readonly stall?: boolean } = {},
    more: Partial<RouterConfigInput> = {},
  ): Promise<void> {
    const { baseUrl } = upstream;
    daemon = await runDaemon({
      config: configFor(
        [
          {
            id: 'small',
            baseUrl,
            tier: 'simple',
            provider: 'one',
            inputUsdPerMtok: 0.1,
            outputUsdPerMtok: 0.5,
          },
          {
            id: 'large',
            baseUrl,
            tier: 'complex',
            provider: 'two',
            inputUsdPerMtok: 4,
            outputUsdPerMtok: 20,
          },
        ],
        {
          ...more,
          policy: { escalation: policy },
          profiles: { balanced: { default: { simple: ['small'], moderate: ['small'], complex: ['small'] } } },
        },
      ),
    });
  }

  const ask = (body: Partial<OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming> = {}) =>
    daemon
      .openai()
      .chat.completions.create({
        model: 'auto',
        messages: [{ role: 'user', content: 'write a TypeScript function that sums numbers' }],
        ...body,
      })
      .withResponse();

  async function stream(messages: Messages): Promise<string> {
    const answer = await daemon
      .openai()
      .chat.completions.create({ model: 'auto', stream: true, messages, tools: [BASH] });
    let text = '';
    for await (const chunk of answer) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  }

  const newest = async (count: number): Promise<ExchangeRecord> => {
    const [record] = await daemon.waitForExchanges(count);
    assert.ok(record);
    return record;
  };

  it('books a weak answer that was paid for when the client leaves while a stronger model is asked', async () => {
    await start();
    upstream.alwaysForModel('up-small', json(chatBody(ELIDED)));
    upstream.alwaysForModel('up-large', stall('request'));
    const controller = new AbortController();
    const left = daemon.openai().chat.completions.create(
      {
        model: 'auto',
        messages: [{ role: 'user', content: 'write a TypeScript function that sums numbers' }],
      },
      { signal: controller.signal },
    );
    await upstream.waitForRequests(2);
    controller.abort();
    await assert.rejects(left);
    const record = await newest(1);
    assert.equal(record.status, 'cancelled');
    assert.deepEqual(
      record.attempts.map(({ model, status: ended, errorType }) => [model, ended, errorType]),
      [
        ['small', 'failed', 'weak-answer'],
        ['large', 'cancelled', 'client-closed'],
      ],
    );
    assert.ok((record.attempts[0]?.costUsd ?? 0) > 0);
    assert.match(record.warnings.join(' '), /small .*; a stronger model was asked instead/);
  });

  it('[A29] [C9] answers with the next tier before the client sees code with a TODO, and books both answers', async () => {
    await start();
    upstream.alwaysForModel('up-small', json(chatBody(ELIDED)));
    upstream.alwaysForModel('up-large', json(chatBody(WHOLE)));
    const { data, response } = await ask();
    assert.equal(data.choices[0]?.message.content, WHOLE);
    assert.equal(response.headers.get('x-pointsman-reason'), 'escalated');
    assert.equal(response.headers.get('x-pointsman-attempts'), '2');
    const record = await newest(1);
    assert.deepEqual(
      record.attempts.map(({ model, status: ended, errorType }) => [model, ended, errorType]),
      [
        ['small', 'failed', 'weak-answer'],
        ['large', 'ok', null],
      ],
    );
    assert.equal(record.reason, 'escalated');
    const [weak, good] = record.attempts;
    assert.ok((weak?.costUsd ?? 0) > 0);
    assert.equal(record.failedAttemptsCostUsd, weak?.costUsd);
    assert.ok(Math.abs((record.costUsd ?? 0) - (weak?.costUsd ?? 0) - (good?.costUsd ?? 0)) < 1e-12);
    assert.ok((record.savedUsd ?? 0) < 0, 'two answers cost more than the one of the baseline');
  });

  it('[A31] keeps neither the weak answer nor the stronger one for whoever asks the same again', async () => {
    await start({}, { cache: { exact: { enabled: true } } });
    upstream.alwaysForModel('up-small', json(chatBody(ELIDED)));
    upstream.alwaysForModel('up-large', json(chatBody(WHOLE)));
    for (const requests of [2, 4]) {
      const { response } = await ask();
      assert.equal(response.headers.get('x-pointsman-cache'), 'miss');
      assert.equal(response.headers.get('x-pointsman-attempts'), '2');
      assert.equal(upstream.requests.length, requests);
    }
    upstream.alwaysForModel('up-small', json(chatBody(WHOLE)));
    assert.equal((await ask()).response.headers.get('x-pointsman-cache'), 'miss');
    assert.equal((await ask()).response.headers.get('x-pointsman-cache'), 'exact');
  });

  it('hands out the weak answer when the next tier fails', async () => {
    await start();
    upstream.alwaysForModel('up-small', json(chatBody(ELIDED)));
    upstream.alwaysForModel('up-large', status(503));
    const { data, response } = await ask();
    assert.equal(data.choices[0]?.message.content, ELIDED);
    assert.equal(response.headers.get('x-pointsman-model'), 'small');
    const record = await newest(1);
    assert.equal(record.status, 'ok');
    assert.equal(record.attempts.filter(({ status: ended }) => ended === 'ok').length, 1);
  });

  it('asks nobody else where the user turned it off, or named the model', async () => {
    await start({ weakAnswer: false });
    upstream.alwaysForModel('up-small', json(chatBody(ELIDED)));
    assert.equal((await ask()).data.choices[0]?.message.content, ELIDED);
    await daemon.stop();
    await start();
    assert.equal((await ask({ model: 'exact/small' })).data.choices[0]?.message.content, ELIDED);
    assert.ok(upstream.requests.every(({ model }) => model === 'up-small'));
  });

  it('[B9] lifts a task that fails in the same way again and again, once', async () => {
    await start();
    upstream.always(sse(chatFrames('I will try again.')));
    const messages: Messages = [{ role: 'user', content: 'build the project' }];
    await stream(messages);
    for (let step = 0; step < 2; step += 1) messages.push(...failedStep(step));
    await stream(messages);
    assert.equal((await newest(2)).responseModel, 'small');
    messages.push(...failedStep(2));
    await stream(messages);
    const lifted = await newest(3);
    assert.equal(lifted.responseModel, 'large');
    assert.equal(lifted.reason, 'escalated');
    assert.equal(lifted.decision?.input?.escalation?.fromModel ?? 'small', 'small');
    messages.push(...failedStep(3));
    await stream(messages);
    const after = await newest(4);
    assert.deepEqual([after.responseModel, after.reason], ['large', 'affinity']);
  });

  it('[A29] lifts the rest of a task after a weak answer that was streamed already', async () => {
    await start();
    upstream.alwaysForModel('up-small', sse(chatFrames(ELIDED)));
    upstream.alwaysForModel('up-large', sse(chatFrames(WHOLE)));
    const messages: Messages = [{ role: 'user', content: 'write a TypeScript function that sums numbers' }];
    assert.equal(await stream(messages), ELIDED);
    const first = await newest(1);
    assert.ok(first.warnings.some((warning) => warning.startsWith('small ')));
    assert.equal(await stream(messages), WHOLE); // the same turn again: the user wants a better answer
    assert.equal((await newest(2)).reason, 'escalated');
  });
});
