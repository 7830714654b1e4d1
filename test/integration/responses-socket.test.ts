// The Responses API over a WebSocket, as Codex uses it: a warm-up, then only what is new, by the id of the answer
// before; in front of a provider that translates and of one that speaks the dialect itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';
import {
  chatFrames,
  sse,
  stall,
  startFakeUpstream,
  type FakeUpstream,
  type SeenRequest,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

type Json = Record<string, unknown>;

const TOOL = {
  type: 'function',
  name: 'exec_command',
  strict: false,
  parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
};
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name: 'exec_command',
  arguments: '{"cmd":"ls"}',
};
const THOUGHT = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'sealed-by-the-provider' };

const message = (role: string, text: string): Json => ({
  type: 'message',
  role,
  content: [{ type: 'input_text', text }],
});

/** What Codex puts into every frame. */
const frame = (members: Json): Json => ({
  type: 'response.create',
  model: 'auto',
  stream: true,
  tools: [TOOL],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'session-1',
  ...members,
});

/** A stream of the dialect, synthetic, after its reference. */
function responsesFrames(id: string, output: readonly Json[]): string[] {
  const event = (type: string, members: Json): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...members })}\n\n`;
  const response = { id, object: 'response', created_at: 1_790_000_000, model: 'up-gpt', output: [] };
  const usage = {
    input_tokens: 30,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 34,
  };
  return [
    event('response.created', { response: { ...response, status: 'in_progress', usage: null } }),
    ...output.flatMap((item, output_index) => [
      event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } }),
      event('response.output_item.done', { output_index, item }),
    ]),
    event('response.completed', { response: { ...response, status: 'completed', output, usage } }),
  ];
}

/** Frames of one connection; asks and waits for the last event of the answer. */
class Assistant {
  readonly socket: WebSocket;
  readonly #events: Json[] = [];
  #wake = (): void => {};
  #isClosed = false;

  constructor(url: string, token: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
      headers: {
        authorization: `Bearer ${token}`,
        originator: 'codex_exec',
        'openai-beta': 'responses_websockets=2026-02-06',
        'session-id': 'session-1',
      },
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer) => {
      this.#events.push(JSON.parse(data.toString()) as Json);
      this.#wake();
    });
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  async ask(members: Json): Promise<Json> {
    this.socket.send(JSON.stringify(frame(members)));
    return this.next();
  }

  /** The next event that ends an answer; `{closed: true}` when the connection ends instead. */
  async next(): Promise<Json> {
    for (;;) {
      const event = this.#events.shift();
      if (
        event !== undefined &&
        /^(?:error|response\.(?:completed|incomplete|failed))$/.test(String(event['type']))
      ) {
        return event;
      }
      if (event !== undefined) continue;
      if (this.#isClosed) return { closed: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function idOf(event: Json): string {
  return String((event['response'] as Json | undefined)?.['id']);
}

function messagesOf(request: SeenRequest | undefined): readonly Json[] {
  return (request?.json?.['messages'] ?? []) as Json[];
}

describe('the Responses API over a WebSocket', () => {
  let chat: FakeUpstream;
  let responses: FakeUpstream;
  let daemon: TestDaemon;
  const assistants: Assistant[] = [];

  async function start(ids: readonly ('chat' | 'gpt')[]): Promise<void> {
    const config = configFor(
      ids.map((id) => ({ id, baseUrl: id === 'chat' ? chat.baseUrl : responses.baseUrl, provider: id })),
    );
    daemon = await runDaemon({
      config: {
        ...config,
        providers: {
          ...config.providers,
          ...(ids.includes('gpt')
            ? { gpt: { dialect: 'openai-responses' as const, baseUrl: responses.baseUrl } }
            : {}),
        },
      },
    });
  }

  beforeEach(async () => {
    chat = await startFakeUpstream();
    responses = await startFakeUpstream();
  });
  afterEach(async () => {
    for (const { socket } of assistants.splice(0)) socket.terminate();
    await daemon.stop();
    await chat.close();
    await responses.close();
  });

  async function connect(): Promise<Assistant> {
    const assistant = new Assistant(daemon.url, daemon.token);
    assistants.push(assistant);
    await once(assistant.socket, 'open');
    return assistant;
  }

  const warmUp = { generate: false, input: [message('developer', 'be brief')] };
  const output = { type: 'function_call_output', call_id: 'call_1', output: 'hello.txt' };

  it('carries a warm-up and increments to a provider of another dialect as one conversation', async () => {
    await start(['chat']);
    chat.next(sse(chatFrames('first answer')), sse(chatFrames('second answer')));
    const assistant = await connect();
    const warm = await assistant.ask(warmUp);
    assert.equal(warm['type'], 'response.completed');
    assert.equal(chat.requests.length, 0, 'a warm-up asks no model');

    const first = await assistant.ask({
      previous_response_id: idOf(warm),
      input: [message('user', 'list the files')],
    });
    assert.equal(first['type'], 'response.completed');
    await assistant.ask({ previous_response_id: idOf(first), input: [message('user', 'and now?')] });
    const texts = messagesOf(chat.requests[1]).map(({ role, content }) => [
      role,
      typeof content === 'string' ? content : (content as Json[]).map(({ text }) => text).join(''),
    ]);
    assert.deepEqual(
      texts.map(([, text]) => text),
      ['be brief', 'list the files', 'first answer', 'and now?'],
    );
    const records = await daemon.waitForExchanges(2);
    assert.equal(records.length, 2, 'one record for each answer, none for the warm-up');
    for (const record of records) {
      assert.equal(record.status, 'ok');
      assert.equal(record.clientDialect, 'openai-responses');
      assert.equal(record.client, 'codex');
      assert.equal(record.usageSource, 'reported');
    }
  });

  it('sends the whole conversation to a provider that was told not to store it, its own items unchanged', async () => {
    await start(['gpt']);
    responses.next(
      sse(responsesFrames('resp_one', [THOUGHT, CALL])),
      sse(responsesFrames('resp_two', [THOUGHT])),
    );
    const assistant = await connect();
    const warm = await assistant.ask(warmUp);
    const first = await assistant.ask({
      previous_response_id: idOf(warm),
      input: [message('user', 'list the files')],
    });
    assert.equal(idOf(first), 'resp_one');
    await assistant.ask({ previous_response_id: 'resp_one', input: [output] });
    const body = responses.requests[1]?.json ?? {};
    assert.deepEqual(body['input'], [
      message('developer', 'be brief'),
      message('user', 'list the files'),
      THOUGHT,
      CALL,
      output,
    ]);
    assert.equal(body['previous_response_id'], undefined);
    for (const name of ['type', 'generate', 'stream_id']) assert.ok(!(name in body), name);
    assert.equal(body['stream'], true);
    assert.equal(responses.requests[1]?.headers['openai-beta'], undefined);
  });

  it('goes on by the id alone where the provider stored the answer', async () => {
    await start(['gpt']);
    responses.always(sse(responsesFrames('resp_one', [CALL])));
    const assistant = await connect();
    await assistant.ask({ store: true, input: [message('user', 'list the files')] });
    await assistant.ask({ store: true, previous_response_id: 'resp_one', input: [output] });
    const body = responses.requests[1]?.json ?? {};
    assert.deepEqual([body['previous_response_id'], body['input']], ['resp_one', [output]]);
  });

  it('goes on over plain HTTP with an answer that was stored, in another dialect', async () => {
    await start(['chat']);
    chat.next(sse(chatFrames('first answer')));
    const client = daemon.openai();
    const first = await client.responses.create({ model: 'auto', input: 'one', stream: true });
    let id = '';
    for await (const event of first) if (event.type === 'response.completed') ({ id } = event.response);
    await client.responses.create({ model: 'auto', input: 'two', previous_response_id: id });
    const messages = messagesOf(chat.requests[1]);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
  });

  it('refuses an answer that belongs to another connection in one clear sentence', async () => {
    await start(['chat']);
    chat.always(sse(chatFrames('an answer')));
    const first = await (await connect()).ask({ input: [message('user', 'one')] });
    const event = await (await connect()).ask({ previous_response_id: idOf(first), input: [] });
    const error = event['error'] as Json;
    assert.deepEqual(
      [event['type'], event['status'], error['code']],
      ['error', 400, 'previous_response_not_found'],
    );
    assert.match(String(error['message']), /send the whole conversation/);
    const [record] = await daemon.waitForExchanges(2);
    assert.equal(record?.status, 'error');
  });

  it('stops the provider within 100 ms when the client leaves', async () => {
    await start(['chat']);
    chat.always(stall({ frames: chatFrames('these words were read').slice(0, 3) }));
    const assistant = await connect();
    assistant.socket.send(JSON.stringify(frame({ input: [message('user', 'one')] })));
    await once(assistant.socket, 'message');
    const leftMs = performance.now();
    assistant.socket.terminate();
    await chat.waitForAbort(1);
    assert.ok(performance.now() - leftMs < 100);
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.status, 'cancelled');
  });

  it('cuts the connection when the provider breaks off in the middle', async () => {
    await start(['chat']);
    chat.always(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chatFrames('half an answer').slice(0, 3).join(''), () => response.destroy());
    });
    const assistant = await connect();
    assert.deepEqual(await assistant.ask({ input: [message('user', 'one')] }), { closed: true });
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.errorType, 'upstream.stream_interrupted');
  });

  it('serves the official client', async () => {
    await start(['chat']);
    chat.always(sse(chatFrames('hello there')));
    const socket = new ResponsesWS(daemon.openai());
    try {
      let text = '';
      socket.send({ type: 'response.create', model: 'auto', input: 'hi', store: false, stream_id: 'main' });
      for await (const event of socket) {
        if (event.type === 'error') throw event.error;
        if (event.type !== 'message') continue;
        const received = event.message as { type: string; delta?: string; stream_id?: string };
        assert.equal(received.stream_id, 'main');
        if (received.type === 'response.output_text.delta') text += received.delta ?? '';
        if (received.type === 'response.completed') break;
      }
      assert.equal(text, 'hello there');
    } finally {
      socket.close();
    }
  });
});
