import assert from 'node:assert/strict';
import type { ConversationRequest } from '../../../../daemon/conversation/request.ts';
import { messagesOf } from '../../../../daemon/conversation/request.ts';
import type { ClientDialect } from '../../../../daemon/dialects/dialect.ts';
import { decodeRequest } from '../../../../daemon/dialects/openai-responses/decode-request.ts';
import { encodeError } from '../../../../daemon/dialects/openai-responses/errors.ts';
import { createStreamEncoder } from '../../../../daemon/dialects/openai-responses/stream-encoder.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import type { ClientResponse } from '../../../../daemon/pipeline/client-response.ts';
import { ResponseMemory } from '../../../../daemon/pipeline/response-memory.ts';
import {
  continueStored,
  keepAnswer,
  type AnswerOrigin,
  type Connections,
  type ContinuedRequest,
  type KeepAnswerDeps,
} from '../../../../daemon/pipeline/stored-response.ts';
import { answerWarmUp } from '../../../../daemon/pipeline/warm-up.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { tinyTarget } from '../upstream/tiny-dialect.ts';

const dialect = {
  id: 'openai-responses',
  streamContentType: 'text/event-stream; charset=utf-8',
  decodeRequest,
  createStreamEncoder,
  encodeError,
} as unknown as ClientDialect;

const CONNECTIONS: Connections = new Map([
  ['openai', { dialect: 'openai-responses' }],
  ['azure', { dialect: 'openai-chat', alsoSpeaks: ['openai-responses'] }],
  ['deepseek', { dialect: 'openai-chat' }],
]);
const GPT = tinyTarget('gpt', { provider: 'openai', dialect: 'openai-responses' });
const AZURE = tinyTarget('az', { provider: 'azure' });
const DEEPSEEK = tinyTarget('ds', { provider: 'deepseek' });

const ORIGIN: AnswerOrigin = { maker: { provider: 'openai', model: 'gpt' }, isPassedThrough: true };

const message = (text: string): object => ({ type: 'message', role: 'user', content: text });
const said = (text: string): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

/** A client that keeps what it is sent. */
class SilentClient implements ClientResponse {
  isCommitted = false;
  text = '';
  commit(): void {
    this.isCommitted = true;
  }
  write(chunk: Buffer | string): undefined {
    this.text += chunk.toString();
  }
  end(chunk?: Buffer | string): void {
    this.text += chunk?.toString() ?? '';
  }
  fail(): void {}
}

describe('pipeline/stored-response', () => {
  let memory: ResponseMemory;
  beforeEach(() => {
    memory = new ResponseMemory(createVirtualClock());
  });

  const deps = (): KeepAnswerDeps => ({ responses: memory, log: silentLog });

  function wireOf(body: object, session?: object): WireRequest {
    return {
      dialect,
      headers: new Map(),
      query: new URLSearchParams(),
      path: '/v1/responses',
      bytes: Buffer.from(JSON.stringify({ model: 'auto', ...body })),
      signal: new AbortController().signal,
      ...(session === undefined ? {} : { session }),
      receivedAtMs: 0,
      monotonicStartMs: 0,
    };
  }

  function decode(wire: WireRequest): ConversationRequest {
    return decodeRequest(parseRequestBody(wire.bytes));
  }

  function continued(body: object, session?: object): ContinuedRequest {
    const wire = wireOf(body, session);
    return continueStored(memory, wire, decode(wire), CONNECTIONS);
  }

  /** A whole exchange: what the client asks, what it gets, and by whom. */
  function exchange(
    body: object,
    answer: { readonly id: string; readonly output: readonly object[] },
    more: { readonly session?: object; readonly maker?: string; readonly isPassedThrough?: boolean } = {},
  ): void {
    const wire = wireOf(body, more.session);
    const kept = keepAnswer(deps(), wire, decode(wire), new SilentClient(), {
      maker: { provider: more.maker ?? 'openai', model: 'gpt' },
      isPassedThrough: more.isPassedThrough ?? true,
    });
    const response = { ...answer, status: 'completed' };
    kept.commit(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    void kept.write(
      `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`,
    );
    kept.end();
  }

  function inputOf(request: ConversationRequest): unknown {
    return (JSON.parse(request.body.bytes.toString()) as { input: unknown }).input;
  }

  function refusal(action: () => unknown): RouterError {
    let thrown: unknown;
    assert.throws(action, (error) => {
      thrown = error;
      return error instanceof RouterError;
    });
    return thrown as RouterError;
  }

  it('leaves a request alone that goes on from nothing', () => {
    const { request, requestFor, able } = continued({ input: 'hi' });
    assert.equal(requestFor(GPT), request);
    assert.deepEqual(able([DEEPSEEK]), [DEEPSEEK]);
  });

  describe('a conversation that is known here', () => {
    beforeEach(() => {
      exchange({ input: [message('one')] }, { id: 'resp_1', output: [said('two')] });
    });

    it('is whole for classification and for every model that does not have it', () => {
      const { request, requestFor, able } = continued({ previous_response_id: 'resp_1', input: 'three' });
      const whole = [message('one'), said('two'), { type: 'message', role: 'user', content: 'three' }];
      assert.deepEqual(inputOf(request), whole);
      assert.equal(request.previousResponseId, undefined);
      assert.deepEqual(
        messagesOf(request).map(({ role }) => role),
        ['user', 'assistant', 'user'],
      );
      assert.equal(requestFor(DEEPSEEK), request);
      assert.equal(requestFor(AZURE), request, 'another provider of the same dialect does not have it');
      assert.deepEqual(able([DEEPSEEK, GPT]), [DEEPSEEK, GPT]);
    });

    it('passes by its id to the provider that stored it, in the bytes of the client', () => {
      const wire = wireOf({ previous_response_id: 'resp_1', input: 'three' });
      const { requestFor } = continueStored(memory, wire, decode(wire), CONNECTIONS);
      assert.deepEqual(requestFor(GPT).body.bytes, wire.bytes);
    });

    it('goes on over several answers', () => {
      exchange(
        { previous_response_id: 'resp_1', input: [message('three')] },
        { id: 'resp_2', output: [said('four')] },
        { maker: 'azure', isPassedThrough: false },
      );
      const { request, requestFor } = continued({ previous_response_id: 'resp_2', input: [message('five')] });
      assert.deepEqual(inputOf(request), [
        message('one'),
        said('two'),
        message('three'),
        said('four'),
        message('five'),
      ]);
      assert.equal(requestFor(AZURE), request, 'the translated answer is stored nowhere');
    });
  });

  describe('a request that names items by their ids', () => {
    const thought = { id: 'rs_1', type: 'reasoning', summary: [] };
    const reference = (id: string): object => ({ type: 'item_reference', id });
    const named = [message('one'), reference('rs_1'), reference('msg_1'), message('three')];
    const whole = [message('one'), said('two'), message('three')];

    beforeEach(() => {
      exchange({ input: [message('one')] }, { id: 'resp_1', output: [thought, said('two')] });
    });

    it('is sent with the items themselves to whoever did not store them', () => {
      const { request, requestFor, able } = continued({ input: named });
      assert.deepEqual(inputOf(request), whole);
      assert.equal(request.boundBy, undefined);
      assert.equal(requestFor(DEEPSEEK), request);
      assert.equal(requestFor(AZURE), request);
      assert.deepEqual(able([DEEPSEEK, GPT]), [DEEPSEEK, GPT]);
    });

    it('passes in the bytes of the client to the provider that stored them all', () => {
      const wire = wireOf({ input: named });
      const { requestFor } = continueStored(memory, wire, decode(wire), CONNECTIONS);
      assert.deepEqual(requestFor(GPT).body.bytes, wire.bytes);
      exchange(
        { input: [message('x')] },
        { id: 'resp_2', output: [{ ...said('y'), id: 'msg_2' }] },
        { isPassedThrough: false },
      );
      const mixed = continued({ input: [...named, reference('msg_2')] });
      assert.equal(mixed.requestFor(GPT), mixed.request, 'it has not the one that was translated');
    });

    it('is itself remembered with the items', () => {
      const wire = wireOf({ input: named });
      const { own } = continueStored(memory, wire, decode(wire), CONNECTIONS);
      assert.deepEqual(inputOf(own), whole);
    });

    it('is left as it came when one of them is not known here', () => {
      const wire = wireOf({ input: [...named, reference('msg_old')] });
      const request = decode(wire);
      const { requestFor } = continueStored(memory, wire, request, CONNECTIONS);
      assert.equal(requestFor(DEEPSEEK), request);
      assert.equal(request.boundBy, 'input[1]');
    });

    it('can go on from another answer at the same time', () => {
      const { request, requestFor } = continued({
        previous_response_id: 'resp_1',
        input: [reference('msg_1'), message('three')],
      });
      assert.deepEqual(inputOf(request), [message('one'), said('two'), said('two'), message('three')]);
      assert.equal(requestFor(DEEPSEEK), request);
    });
  });

  it('is whole for its own provider too when that one was told not to store it', () => {
    const session = {};
    exchange({ store: false, input: [message('one')] }, { id: 'resp_1', output: [said('two')] }, { session });
    const { request, requestFor } = continued(
      { previous_response_id: 'resp_1', store: false, input: [] },
      session,
    );
    assert.deepEqual(inputOf(request), [message('one'), said('two')]);
    assert.equal(requestFor(GPT), request);
  });

  describe('a conversation that nobody here knows', () => {
    it('passes to a provider that may have stored it', () => {
      const wire = wireOf({ previous_response_id: 'resp_old', input: 'more' });
      const { request, requestFor, able } = continueStored(memory, wire, decode(wire), CONNECTIONS);
      assert.deepEqual(able([DEEPSEEK, GPT, AZURE]), [GPT, AZURE]);
      assert.deepEqual(requestFor(GPT).body.bytes, wire.bytes);
      assert.equal(request, requestFor(GPT));
    });

    it('is refused in one sentence that says what to do where no model can have it', () => {
      const { able } = continued({ previous_response_id: 'resp_old', input: 'more' });
      const error = refusal(() => able([DEEPSEEK]));
      assert.deepEqual([error.statusCode, error.param], [400, 'previous_response_id']);
      assert.match(error.message, /resp_old.*send the whole conversation/);
      const { body } = encodeError(error);
      assert.equal((body['error'] as Record<string, unknown>)['code'], 'previous_response_not_found');
    });

    it('is refused with the name of the provider that has it when that is known', () => {
      exchange({ previous_response_id: 'resp_old', input: 'more' }, { id: 'resp_2', output: [said('yes')] });
      const { able } = continued({ previous_response_id: 'resp_2', input: 'again' });
      assert.deepEqual(able([AZURE, GPT]), [GPT]);
      assert.match(refusal(() => able([AZURE])).message, /pick a model of openai/);
    });

    it('has nothing to say where the plan is empty anyway', () => {
      assert.deepEqual(continued({ previous_response_id: 'resp_old', input: '' }).able([]), []);
    });
  });

  describe('keeping an answer', () => {
    it('keeps none that nobody may refer to', () => {
      exchange({ store: false, input: [message('one')] }, { id: 'resp_1', output: [] });
      assert.equal(memory.entryCount, 0);
    });

    it('keeps one that is not to be stored for its own connection alone', () => {
      const session = {};
      exchange({ store: false, input: [message('one')] }, { id: 'resp_1', output: [] }, { session });
      assert.equal(memory.lookup('resp_1'), undefined);
      assert.equal(memory.lookup('resp_1', session)?.isStoredByMaker, false);
    });

    it('keeps one that is to be stored for every client, wherever it came from', () => {
      exchange({ input: [message('one')] }, { id: 'resp_1', output: [] }, { session: {} });
      assert.equal(memory.lookup('resp_1')?.isStoredByMaker, true);
    });

    it('does not claim to know a conversation that lies in an object of the provider', () => {
      exchange({ conversation: 'conv_1', input: [message('one')] }, { id: 'resp_1', output: [said('two')] });
      assert.equal(memory.lookup('resp_1')?.items, null);
    });

    it('keeps nothing of an answer that was not complete', () => {
      const wire = wireOf({ input: 'hi' });
      const kept = keepAnswer(deps(), wire, decode(wire), new SilentClient(), ORIGIN);
      kept.commit(200, { 'content-type': 'text/event-stream' });
      void kept.write('event: response.created\ndata: {"type":"response.created","response":{"id":"r"}}\n\n');
      assert.equal(memory.entryCount, 0);
    });

    it('keeps a plain answer, in however many pieces it was written', () => {
      const wire = wireOf({ input: [message('one')] });
      const kept = keepAnswer(deps(), wire, decode(wire), new SilentClient(), ORIGIN);
      const body = JSON.stringify({ id: 'resp_1', status: 'completed', output: [said('two')] });
      kept.commit(200, { 'content-type': 'application/json' });
      void kept.write(Buffer.from(body.slice(0, 20)));
      kept.end(body.slice(20));
      assert.deepEqual(
        memory.lookup('resp_1')?.items?.map((item) => JSON.parse(item.toString()) as unknown),
        [message('one'), said('two')],
      );
    });

    it('has it before the client can have its last bytes', () => {
      const wire = wireOf({ input: 'hi' });
      let knownAtWrite = false;
      const client = new (class extends SilentClient {
        override write(): undefined {
          knownAtWrite = memory.lookup('resp_1') !== undefined;
        }
      })();
      const kept = keepAnswer(deps(), wire, decode(wire), client, ORIGIN);
      kept.commit(200, { 'content-type': 'text/event-stream' });
      const response = { id: 'resp_1', output: [] };
      void kept.write(`data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`);
      assert.ok(knownAtWrite);
    });

    it('keeps nothing of a refusal', () => {
      const wire = wireOf({ input: 'hi' });
      const kept = keepAnswer(deps(), wire, decode(wire), new SilentClient(), ORIGIN);
      kept.commit(400, { 'content-type': 'application/json' });
      kept.end(JSON.stringify({ id: 'resp_1', status: 'completed', output: [] }));
      assert.equal(memory.entryCount, 0);
    });

    it('does not touch clients of other dialects', () => {
      const wire = wireOf({ input: 'hi' });
      const client = new SilentClient();
      const request = { ...decode(wire), dialect: 'openai-chat' } as ConversationRequest;
      assert.equal(keepAnswer(deps(), wire, request, client, ORIGIN), client);
    });
  });

  describe('a warm-up', () => {
    const ids = { exchangeId: () => 'x_1' };
    const warmUp = (body: object, session: object): string => {
      const client = new SilentClient();
      answerWarmUp({ ...deps(), ids }, wireOf(body, session), client);
      return client.text;
    };

    it('is answered with an empty response that cost nothing', () => {
      const text = warmUp({ store: false, input: [message('one')] }, {});
      const events = [...text.matchAll(/^data: (.*)$/gm)].map(
        (match) => JSON.parse(match[1] ?? '') as Record<string, Record<string, unknown>>,
      );
      assert.deepEqual(
        events.map(({ type }) => type),
        ['response.created', 'response.in_progress', 'response.completed'],
      );
      const response = events.at(-1)?.['response'] ?? {};
      assert.deepEqual([response['id'], response['status'], response['output']], ['resp_1', 'completed', []]);
      const { input_tokens, output_tokens, total_tokens } = response['usage'] as Record<string, number>;
      assert.deepEqual([input_tokens, output_tokens, total_tokens], [0, 0, 0]);
    });

    it('is what the next request goes on from', () => {
      const session = {};
      warmUp({ store: false, input: [message('one')] }, session);
      const next = continued(
        { previous_response_id: 'resp_1', store: false, input: [message('two')] },
        session,
      );
      assert.deepEqual(inputOf(next.requestFor(GPT)), [message('one'), message('two')]);
    });

    it('can stand in the middle of a conversation', () => {
      const session = {};
      exchange({ input: [message('one')] }, { id: 'resp_0', output: [said('two')] }, { session });
      warmUp({ previous_response_id: 'resp_0', input: [message('three')] }, session);
      const next = continued({ previous_response_id: 'resp_1', input: [] }, session);
      assert.deepEqual(inputOf(next.requestFor(GPT)), [message('one'), said('two'), message('three')]);
    });

    it('cannot go on from what only a provider may know', () => {
      const error = refusal(() => warmUp({ previous_response_id: 'resp_old', input: [] }, {}));
      assert.deepEqual([error.statusCode, error.param], [400, 'previous_response_id']);
    });
  });
});
