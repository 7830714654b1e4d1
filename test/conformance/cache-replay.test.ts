// A stored answer is what the client would have got from the model: whichever client asked first, in whichever way, and
// whichever provider answered. Read by the official SDKs where there are any.

import assert from 'node:assert/strict';
import { UPSTREAM_DIALECTS, answering, type Answer } from '../support/wire-answers.ts';
import { askAs, type Ask, type Received } from '../support/dialect-clients.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import { json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const CLIENTS: readonly ClientDialectId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
  'ollama-chat',
];
const WAYS = CLIENTS.flatMap((dialect) => [false, true].map((isStream) => ({ dialect, isStream })));
type Way = (typeof WAYS)[number];

const LONG = Array.from({ length: 900 }, (_, index) => `Wort${(index * 7919) % 4001}`).join(' ');

const ANSWERS: Readonly<Record<string, Answer>> = {
  'words in many scripts': {
    text: 'Ein Baum 🌳 ist ein Graph без циклов: 木 👩‍💻 e\u0301 "quoted" \\ \n\n```ts\nconst x = 1;\n```',
    usage: { input: 1200, cached: 200, output: 40, reasoning: 0 },
  },
  'thoughts and words': { thought: 'First I think about trees.', text: 'A tree.' },
  'a long text': { text: LONG, usage: { input: 10, cached: 0, output: 1800, reasoning: 0 } },
  'several calls': {
    text: 'I look it up.',
    calls: [
      { id: 'call_1', name: 'weather', args: { city: 'Zürich', days: 1.5 } },
      { id: 'call_2', name: 'weather', args: { city: '東京', deep: { list: [1, 'zwei', null, false] } } },
    ],
  },
};

/**
 * What a person or program sees of an answer. Google tells thoughts only to who asks for them; the provider here does so
 * anyway, and only a live answer passes them on.
 */
function seen({ dialect }: Way, { text, thought, refusal, calls, finish, usage, model }: Received): unknown {
  // Some formats have no ids; where they have, they are checked apart.
  const named = calls.map(({ name, args }) => ({ name, args }));
  return {
    text,
    thought: dialect === 'google-generate' ? '' : thought,
    refusal,
    calls: named,
    finish,
    usage,
    model,
  };
}

const labelOf = ({ dialect, isStream }: Way): string => `${dialect} ${isStream ? 'streamed' : 'plain'}`;

describe('the replay of stored answers', function () {
  this.timeout(180_000);
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let questions = 0;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  const start = async (dialect: (typeof UPSTREAM_DIALECTS)[number]): Promise<void> => {
    const baseUrl =
      dialect === 'google-generate'
        ? `${upstream.origin}/v1beta`
        : dialect === 'anthropic-messages'
          ? upstream.origin
          : upstream.baseUrl;
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl, dialect }], { cache: {} }) });
  };
  const get = ({ dialect, isStream }: Way, given: Ask, headers: Readonly<Record<string, string>> = {}) =>
    askAs(dialect, { url: daemon.url, token: daemon.token }, 'auto', given, { isStream, headers });

  for (const provider of UPSTREAM_DIALECTS) {
    for (const [what, answer] of Object.entries(ANSWERS)) {
      it(`[A31] ${what} of a provider that speaks ${provider} equal the first answer in all dialects`, async () => {
        await start(provider);
        upstream.always(answering(provider, answer));
        const hasTools = answer.calls !== undefined;
        const common = { maxTokens: 900, hasTools };
        const direct = new Map<Way, unknown>();
        for (const way of WAYS) {
          direct.set(
            way,
            seen(way, await get(way, { text: 'the same', ...common }, { 'x-pointsman-cache': 'off' })),
          );
        }
        let pairs = 0;
        for (const first of WAYS) {
          questions += 1;
          const given: Ask = { text: `question ${questions}`, ...common };
          const made = await get(first, given);
          assert.equal(made.headers.get('x-pointsman-cache'), 'miss', labelOf(first));
          assert.deepEqual(seen(first, made), direct.get(first), labelOf(first));
          // Tools of Responses say that they are not strict; other formats of the support file say nothing.
          const others = WAYS.filter(
            ({ dialect }) =>
              !hasTools || (dialect === 'openai-responses') === (first.dialect === 'openai-responses'),
          );
          const calls = upstream.requests.length;
          const again = await Promise.all(others.map((way) => get(way, given)));
          for (const [index, way] of others.entries()) {
            const received = again[index];
            assert.ok(received !== undefined);
            const label = `${labelOf(first)} -> ${labelOf(way)}`;
            assert.deepEqual(seen(way, received), direct.get(way), label);
            assert.equal(received.headers.get('x-pointsman-cache'), 'exact', label);
            assert.equal(Number(received.headers.get('x-pointsman-cost-usd')), 0, label);
            assert.equal(received.headers.get('x-pointsman-model'), 'only', label);
            assert.equal(received.headers.get('x-pointsman-provider'), 'p-only', label);
            const ids = received.calls.map(({ id }) => id).filter((id) => id !== '');
            assert.equal(new Set(ids).size, ids.length, label);
            if (way.dialect === first.dialect)
              assert.deepEqual(
                ids,
                made.calls.map(({ id }) => id).filter((id) => id !== ''),
                label,
              );
            pairs += 1;
          }
          assert.equal(upstream.requests.length, calls, 'no model was asked again');
        }
        const record = (await daemon.exchanges()).find(({ cache }) => cache === 'exact');
        assert.deepEqual([record?.costUsd, record?.provider, record?.status], [0, 'p-only', 'ok']);
        console.log(`      ${pairs} pairs`);
      });
    }
  }

  it('[A31] all of several answers (n = 3) come again, streamed and plain', async () => {
    await start('openai-chat');
    const choices = ['one', 'two', 'three'].map((content, index) => ({
      index,
      finish_reason: 'stop',
      message: { role: 'assistant', content },
    }));
    const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
    upstream.always(json({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
    const given = { model: 'auto', n: 3, messages: [{ role: 'user' as const, content: 'say a number' }] };
    const first = await daemon.openai().chat.completions.create(given);
    const second = await daemon.openai().chat.completions.create(given);
    const streamed = await daemon
      .openai()
      .chat.completions.stream({ ...given, stream: true, stream_options: { include_usage: true } })
      .finalChatCompletion();
    const texts = (answer: {
      choices: readonly {
        index: number;
        finish_reason: string | null;
        message: { content: string | null };
      }[];
    }) =>
      answer.choices
        .toSorted((a, b) => a.index - b.index)
        .map(({ finish_reason, message }) => [finish_reason, message.content]);
    assert.deepEqual(texts(second), texts(first));
    assert.deepEqual(texts(streamed), texts(first));
    assert.deepEqual([second.usage?.total_tokens, streamed.usage?.total_tokens], [12, 12]);
    assert.equal(upstream.requests.length, 1);
  });

  describe('leaves a conversation that goes on', () => {
    const SIGNATURE = Buffer.from('a proof of the thought').toString('base64');
    const content = [
      { type: 'thinking', thinking: 'I need the weather.', signature: SIGNATURE },
      { type: 'tool_use', id: 'toolu_01', name: 'weather', input: { city: 'Oslo' } },
    ];
    const usage = { input_tokens: 10, output_tokens: 5 };
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content,
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage,
    };
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ name: 'weather', input_schema: schema }];
    const user = { role: 'user', content: 'What is the weather in Oslo?' };

    /** The thought and the call as the provider gets them back. */
    const sentBack = (): unknown => {
      const messages = upstream.requests.at(-1)?.json?.['messages'] as readonly {
        role: string;
        content: readonly object[];
      }[];
      return messages.find(({ role }) => role === 'assistant')?.content;
    };

    it('[A31] [B11] in its own dialect: signed thought and call come back to the provider as it made them', async () => {
      await start('anthropic-messages');
      upstream.always(json(message));
      const body = {
        model: 'auto',
        max_tokens: 2000,
        thinking: { type: 'adaptive' },
        tools,
        messages: [user],
      };
      await daemon.post('/v1/messages', body);
      const response = await daemon.post('/v1/messages', body);
      assert.equal(response.headers.get('x-pointsman-cache'), 'exact');
      const replayed = (await response.json()) as typeof message;
      assert.deepEqual(replayed.content, content);
      const result = { type: 'tool_result', tool_use_id: 'toolu_01', content: 'rain' };
      const next = await daemon.post('/v1/messages', {
        ...body,
        messages: [
          user,
          { role: 'assistant', content: replayed.content },
          { role: 'user', content: [result] },
        ],
      });
      assert.equal(next.status, 200);
      assert.deepEqual(sentBack(), content);
    });

    it('[A31] [B11] in another dialect than the first client had', async () => {
      await start('anthropic-messages');
      upstream.always(json(message));
      await daemon.post('/v1/messages', { model: 'auto', max_tokens: 2000, tools, messages: [user] });
      const ask = {
        model: 'auto',
        max_output_tokens: 2000,
        tools: [{ type: 'function', name: 'weather', parameters: schema }],
        input: [user],
      };
      const response = await daemon.post('/v1/responses', ask);
      assert.equal(response.headers.get('x-pointsman-cache'), 'exact');
      const { output } = (await response.json()) as { output: readonly { type: string; call_id?: string }[] };
      const called = output.find(({ type }) => type === 'function_call');
      assert.ok(called?.call_id !== undefined);
      const result = { type: 'function_call_output', call_id: called.call_id, output: 'rain' };
      const next = await daemon.post('/v1/responses', { ...ask, input: [user, ...output, result] });
      assert.equal(next.status, 200);
      assert.deepEqual(sentBack(), content);
    });
  });
});
