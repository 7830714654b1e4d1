// The editor's models against a real daemon: what `extension/language-model` sends and reads, without the editor.

import assert from 'node:assert/strict';

import type { ModelStatus, StatusBody } from '../../daemon/protocol/control-api.ts';
import type { DaemonConnection } from '../../extension/daemon/daemon-session.ts';
import { answerChat, type ChatRequest } from '../../extension/language-model/chat-request.ts';
import { failureClass } from '../../extension/language-model/failure-class.ts';
import type { AnswerPart } from '../../extension/language-model/from-stream.ts';
import { MessagesFailure } from '../../extension/language-model/messages-request.ts';
import { editorModels } from '../../extension/language-model/model-list.ts';
import {
  cut,
  chatFrames,
  sse,
  stallAfter,
  startFakeUpstream,
  status,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { answering, streamFrames, UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import { fakeSession } from '../unit/extension/live-fixtures.ts';
import {
  assistant,
  call,
  data,
  PIXELS,
  PIXELS_BASE64,
  result,
  system,
  text,
  user,
} from '../unit/extension/language-model/parts.ts';

const ORIGIN = {
  extensionVersion: '0.1.0',
  initiator: 'github.copilot-chat',
  workspaceName: 'проект',
  conversation: null,
} as const;
const WEATHER = {
  name: 'weather',
  description: 'the weather of a city',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const WEATHER_CALL = { id: 'call_7', name: 'weather', args: { city: 'Bonn' } };

describe('the models of the editor against a real daemon', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let session: ReturnType<typeof fakeSession>;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    const models = UPSTREAM_DIALECTS.map((dialect, index) => ({
      id: dialect,
      dialect,
      // Google's paths carry the version themselves.
      baseUrl: dialect === 'google-generate' ? `${upstream.origin}/v1beta` : upstream.baseUrl,
      inputUsdPerMtok: index + 1,
    }));
    daemon = await runDaemon({ config: configFor(models) });
    session = fakeSession();
    session.become({ status: 'ready', connection: connectionTo(daemon) });
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  function connectionTo({ url, token }: Pick<TestDaemon, 'url' | 'token'>): DaemonConnection {
    return { ...session.connection, url, clientToken: token };
  }

  async function ask(extra: Partial<ChatRequest> = {}) {
    const parts: AnswerPart[] = [];
    const answer = await answerChat(session, {
      model: 'exact/openai-chat',
      messages: [user(text('hello'))],
      maxOutputTokens: 1000,
      origin: ORIGIN,
      signal: new AbortController().signal,
      onPart: (part) => parts.push(part),
      ...extra,
    });
    return { parts, said: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''), answer };
  }

  async function failureOf(extra: Partial<ChatRequest> = {}): Promise<MessagesFailure> {
    try {
      await ask(extra);
    } catch (error) {
      assert.ok(error instanceof MessagesFailure, String(error));
      return error;
    }
    throw new Error('it was answered');
  }

  it('[C1] [A51] get streamed text, and the books say who asked, where and what it cost', async () => {
    upstream.always(sse(chatFrames('streamed word by word')));
    const { parts, said, answer } = await ask();
    assert.equal(said, 'streamed word by word');
    assert.ok(parts.length > 1, 'it came in one piece');
    const [record] = await daemon.waitForExchanges(1);
    assert.ok(record);
    assert.equal(record.client, 'vscode');
    assert.equal(record.initiator, 'github.copilot-chat');
    assert.equal(record.workspaceId, 'проект');
    assert.equal(record.requestModel, 'exact/openai-chat');
    assert.ok((record.costUsd ?? 0) > 0);
    assert.equal(answer.exchangeId, record.exchangeId);
    assert.equal(answer.model, 'openai-chat');
    assert.deepEqual(answer.usage, {
      inputTokens: 10,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 5,
    });
  });

  for (const dialect of UPSTREAM_DIALECTS) {
    it(`[C1] work with tools through a provider that speaks ${dialect}`, async () => {
      upstream.next(answering(dialect, { text: 'let me see', calls: [WEATHER_CALL] }));
      upstream.next(answering(dialect, { text: 'it rains' }));
      const opener = [system(text('be brief')), user(text('what is the weather in Bonn?'))];
      const tools = [WEATHER];
      const first = await ask({ model: `exact/${dialect}`, messages: opener, tools });
      const made = first.parts.find((part) => part.type === 'tool-call');
      assert.ok(made, 'no call came');
      assert.deepEqual([made.name, made.input], ['weather', { city: 'Bonn' }]);
      const messages = [
        ...opener,
        assistant(text(first.said), call(made.callId, made.name, made.input)),
        user(result(made.callId, text('rain'))),
      ];
      const second = await ask({ model: `exact/${dialect}`, messages, tools });
      assert.equal(second.said, 'it rains');
      assert.ok(upstream.requests[1]?.body.includes('rain'));
      const records = await daemon.waitForExchanges(2);
      assert.equal(new Set(records.map(({ conversationId }) => conversationId)).size, 1);
    });

    it(`[C1] show a picture to a provider that speaks ${dialect}`, async () => {
      upstream.next(answering(dialect, { text: 'a cat' }));
      const { said } = await ask({
        model: `exact/${dialect}`,
        messages: [user(text('what is this?'), data('image/png', PIXELS))],
      });
      assert.equal(said, 'a cat');
      assert.ok(upstream.requests[0]?.body.includes(PIXELS_BASE64));
    });
  }

  it('are routed under auto, and the books say what was chosen', async () => {
    const { said } = await ask({ model: 'auto' });
    assert.equal(said, 'ok');
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.requestModel, 'auto');
    assert.equal(record?.responseModel, 'openai-chat');
  });

  it('are listed from the status of the daemon with what each can do', async () => {
    const body = (await daemon.control('GET', 'status')).body as StatusBody;
    const models = editorModels(body);
    assert.deepEqual(
      models.map(({ id }) => id),
      ['auto', 'auto:budget', 'auto:quality', ...UPSTREAM_DIALECTS],
    );
    const [auto] = models;
    assert.deepEqual(auto?.capabilities, { imageInput: true, toolCalling: true });
    assert.equal(auto?.maxInputTokens, 112_000);
    const [first] = body.models satisfies readonly ModelStatus[];
    assert.equal(first?.maxOutputTokens, 16_000);
  });

  it('end at once when the editor cancels, and the books say cancelled', async () => {
    upstream.always(stallAfter(chatFrames('one two').slice(0, 2).join('').length, chatFrames('one two')));
    const controller = new AbortController();
    const asking = ask({ signal: controller.signal, onPart: () => controller.abort(new Error('cancelled')) });
    await assert.rejects(asking, /^Error: cancelled$/);
    await upstream.waitForAbort(1);
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.status, 'cancelled');
  });

  it('send nothing when the editor has cancelled before', async () => {
    await assert.rejects(ask({ signal: AbortSignal.abort(new Error('cancelled')) }), /cancelled/);
    assert.equal(upstream.requests.length, 0);
  });

  it('pass the sentence of the daemon on, with the class that callers ask for', async () => {
    const unknown = await failureOf({ model: 'exact/nobody' });
    assert.match(unknown.message, /^Pointsman: exact\/ names "nobody", which is no model .*\.$/);
    assert.equal(failureClass(unknown), 'not-found');
    upstream.always(status(429));
    assert.equal(failureClass(await failureOf()), 'blocked');
    session.become({ status: 'ready', connection: connectionTo({ ...daemon, token: 'wrong' }) });
    assert.equal(failureClass(await failureOf()), 'no-permissions');
  });

  it('say in words that an answer broke off', async () => {
    const frames = chatFrames('one two three');
    upstream.always(cut(frames.slice(0, 3).join('').length, frames));
    assert.match((await failureOf()).message, /broke off/);
  });

  it('say in words that the model called a tool with broken arguments', async () => {
    const frames = streamFrames('openai-chat', { calls: [WEATHER_CALL] });
    upstream.always(sse(frames.map((frame) => frame.replaceAll('\\"}', '\\"'))));
    const { message } = await failureOf({ tools: [WEATHER] });
    assert.match(message, /called the tool weather with arguments that are not complete JSON/);
  });

  it('wait for a daemon that is starting', async () => {
    session.become({ status: 'starting' });
    const asking = ask();
    session.become({ status: 'ready', connection: connectionTo(daemon) });
    assert.equal((await asking).said, 'ok');
  });

  it('go to the next daemon when the one that is known is gone', async () => {
    const gone = await startFakeUpstream();
    await gone.close();
    session.become({ status: 'ready', connection: connectionTo({ ...daemon, url: gone.origin }) });
    const asking = ask();
    const timer = setInterval(() => {
      session.become({ status: 'ready', connection: connectionTo(daemon) });
    }, 20);
    assert.equal((await asking.finally(() => clearInterval(timer))).said, 'ok');
  });

  it('say what keeps the daemon away, and how to start it', async () => {
    session.become({ status: 'stopped' });
    await assert.rejects(ask(), /Pointsman is stopped. Run "Pointsman: Start"/);
    const problem = { code: 'cannot-start', sentence: 'It cannot start.', action: 'show-log' } as const;
    session.become({ status: 'failed', problem });
    await assert.rejects(ask(), /It cannot start\./);
  });

  it('[A23] answer with the model that was chosen for the next request', async () => {
    await daemon.control('PUT', 'override', { model: 'anthropic-messages', scope: 'next' });
    upstream.next(answering('anthropic-messages', { text: 'mine' }));
    assert.equal((await ask({ model: 'auto' })).answer.model, 'anthropic-messages');
    assert.equal((await ask({ model: 'auto' })).answer.model, 'openai-chat');
  });

  it('are told anew as soon as a key is handed over, and not when it is handed over again', async () => {
    const told = await listen();
    const hand = () => daemon.control('PUT', 'credentials/openai', { apiKey: 'sk-canary-1' });
    assert.match(JSON.stringify((await hand()).body), /"usable":true/);
    const { models } = (await daemon.control('GET', 'status')).body as StatusBody;
    assert.ok(models.some(({ provider }) => provider === 'openai'));
    await hand();
    // What comes after both of them has overtaken nothing.
    await daemon.control('PUT', 'override', { model: 'openai-chat', scope: 'next' });
    const types = await told('override-update');
    assert.equal(types.filter((type) => type === 'config-update').length, 1);
    assert.doesNotMatch(daemon.log.join('\n'), /canary/);
  });

  /** Types of events so far, as soon as there is one of the given type. */
  async function listen(): Promise<(type: string) => Promise<readonly string[]>> {
    const types: string[] = [];
    const address = `${daemon.url.replace('http', 'ws')}/pointsman/v1/events`;
    const socket = new WebSocket(address, [`pointsman.${daemon.adminToken}`]);
    socket.addEventListener('message', ({ data: frame }) => {
      types.push((JSON.parse(String(frame)) as { type: string }).type);
    });
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    return async (type) => {
      while (!types.includes(type)) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.close();
      return types;
    };
  }
});
