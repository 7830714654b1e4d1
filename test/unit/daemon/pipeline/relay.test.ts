import assert from 'node:assert/strict';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { Exchange } from '../../../../daemon/pipeline/exchange.ts';
import { prepareReply, type Reply } from '../../../../daemon/pipeline/relay.ts';
import { deferred } from '../../../../daemon/util/deferred.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { chatBody, chatFrames } from '../../../support/fake-upstream.ts';
import {
  ask,
  fakeClient,
  responded,
  rig,
  SMALL,
  streamOf,
  wireUsage,
  type FakeClient,
} from './pipeline-rig.ts';
import { wordsDialect } from './words-dialect.ts';

type Answer = Parameters<typeof responded>[1];

interface Options {
  readonly clientDialect?: Dialect;
  readonly metadata?: 'headers' | 'body';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function prepare(answer: Answer, options: Options = {}): Reply {
  const { clientDialect = openAiChat, metadata = 'headers', body = ask(), headers = {} } = options;
  const r = rig({ metadata });
  const wire = r.wire(body, { dialect: clientDialect });
  const exchange = new Exchange(r.deps, wire, { id: 'x_1', clientName: 't', snapshot: r.deps.snapshot() });
  const request = openAiChat.decodeRequest(parseRequestBody(wire.bytes));
  const outcome = responded(SMALL, answer, { headers });
  exchange.decoded(request);
  exchange.answered(outcome, 0);
  return prepareReply({ exchange, request, clientDialect, answer: outcome });
}

async function relayed(reply: Reply, client: FakeClient = fakeClient()): Promise<FakeClient> {
  client.commit(200, reply.headers);
  await reply.relayTo(client);
  return client;
}

/** What an odd provider may write: spaces, an unknown member, a number that no double holds. */
const ODD_BYTES = Buffer.from(
  `{ "id":"a", "choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}] , "x":12345678901234567890 }`,
);

function plainAnswer(bytes: Buffer): Answer {
  return { kind: 'plain', bytes, events: openAiChat.decodeResponse(JSON.parse(bytes.toString())) };
}

/** More than a socket takes at once. */
const LONG_BYTES = Buffer.from(JSON.stringify(chatBody('w'.repeat(70_000))));

describe('a plain answer', () => {
  it('goes to a client of the same dialect with the bytes as they came', async () => {
    const client = await relayed(prepare(plainAnswer(ODD_BYTES)));
    assert.deepEqual(client.writes, [ODD_BYTES]);
    assert.equal(client.headers['content-length'], String(ODD_BYTES.length));
    assert.equal(client.headers['content-type'], 'application/json');
    assert.deepEqual(client.calls, ['commit 200', 'write', 'end']);
  });

  it('passes the provider’s headers on, behind our own', async () => {
    const headers = { 'x-request-id': 'r1', 'x-pointsman-model': 'forged', 'content-type': 'text/html' };
    const client = await relayed(prepare(plainAnswer(ODD_BYTES), { headers }));
    assert.equal(client.headers['x-request-id'], 'r1');
    assert.equal(client.headers['x-pointsman-model'], 'small');
    assert.equal(client.headers['content-type'], 'application/json');
  });

  it('[A38] carries its metadata when asked, every other byte as it was', async () => {
    const client = await relayed(prepare(plainAnswer(ODD_BYTES), { metadata: 'body' }));
    const text = client.body();
    const at = text.indexOf('"_pointsman"');
    assert.ok(at > 0 && ODD_BYTES.toString().startsWith(text.slice(0, text.lastIndexOf(']', at))));
    assert.ok(text.includes('12345678901234567890'));
    assert.equal(JSON.parse(text)._pointsman.model, 'small');
    assert.equal(client.headers['content-length'], String(Buffer.byteLength(text)));
  });

  it('is told in the words of another dialect, under the provider’s model name', async () => {
    const answer = plainAnswer(Buffer.from(JSON.stringify(chatBody('hello'))));
    const client = await relayed(prepare(answer, { clientDialect: wordsDialect, metadata: 'body' }));
    const body = JSON.parse(client.body());
    assert.deepEqual([body.id, body.model, body.said], ['x_1', SMALL.upstreamModel, 'hello']);
    assert.equal(body._pointsman.exchange_id, 'x_1');
  });

  it('that is long ends only after the client has taken it', async () => {
    const taken = deferred<void>();
    const client = fakeClient({ onWrite: () => taken.promise });
    const done = relayed(prepare(plainAnswer(LONG_BYTES)), client);
    await Promise.resolve();
    assert.deepEqual(client.calls, ['commit 200', 'write']);
    taken.resolve();
    await done;
    assert.equal(client.calls.at(-1), 'end');
  });
});

describe('a streamed answer', () => {
  const frames = chatFrames('one two three');
  const streamBody = ask('count', { stream: true, stream_options: { include_usage: true } });

  it('goes to a client of the same dialect byte for byte, one write per upstream read', async () => {
    const batches = [frames.slice(0, 1), frames.slice(1, 4), frames.slice(4)];
    const client = await relayed(prepare(streamOf(batches), { body: streamBody }));
    assert.deepEqual(
      client.writes.map(String),
      batches.map((batch) => batch.join('')),
    );
    assert.deepEqual(client.calls, ['commit 200', 'write', 'write', 'write', 'end']);
    assert.match(client.headers['content-type'] ?? '', /^text\/event-stream/);
    assert.equal(client.headers['content-length'], undefined);
  });

  it('loses the usage chunk that only we asked for', async () => {
    const client = await relayed(prepare(streamOf([frames]), { body: ask('count', { stream: true }) }));
    const wanted = frames.filter((frame) => !frame.includes('"usage"'));
    assert.equal(client.body(), wanted.join(''));
  });

  it('writes nothing for a read of which nothing is left', async () => {
    const batches = frames.map((frame) => [frame]);
    const client = await relayed(prepare(streamOf(batches), { body: ask('count', { stream: true }) }));
    assert.equal(client.writes.length, frames.length - 1);
  });

  it('is not read further before the client has taken what it was sent', async () => {
    const gates = [deferred<void>(), deferred<void>()];
    const pulled: number[] = [];
    const batches = frames.slice(0, 2).map((frame) => [frame]);
    const answer = streamOf(batches, { onPull: (index) => pulled.push(index) });
    const client = fakeClient({ onWrite: (index) => gates[index]?.promise });
    const done = relayed(prepare(answer, { body: streamBody }), client);
    const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
    await settle();
    assert.deepEqual(pulled, [0]);
    gates[0]?.resolve();
    await settle();
    assert.deepEqual(pulled, [0, 1]);
    assert.equal(client.calls.includes('end'), false);
    gates[1]?.resolve();
    await assert.rejects(done, { code: 'upstream.stream_interrupted' }); // it has no end
  });

  it('stops the upstream when the client has left', async () => {
    let isReturned = false;
    const source = streamOf(frames.map((frame) => [frame]));
    assert.equal(source.kind, 'stream');
    async function* watched() {
      try {
        yield* source.kind === 'stream' ? source.batches : [];
      } finally {
        isReturned = true;
      }
    }
    const left = new RouterError('client.closed', 'left');
    const client = fakeClient({ onWrite: (index) => (index === 1 ? Promise.reject(left) : undefined) });
    const answer = { kind: 'stream', batches: watched(), tail: () => [] } as const;
    await assert.rejects(relayed(prepare(answer, { body: streamBody }), client), left);
    assert.ok(isReturned);
    assert.equal(client.calls.includes('end'), false);
  });

  it('[A38] carries its metadata in the last data chunk', async () => {
    const answer = streamOf(frames.map((frame) => [frame]));
    const client = await relayed(prepare(answer, { body: streamBody, metadata: 'body' }));
    const data = client
      .body()
      .split('\n\n')
      .filter((frame) => frame.startsWith('data: {'))
      .map((frame) => JSON.parse(frame.slice('data: '.length)));
    assert.equal(data.at(-1)._pointsman.model, 'small');
    assert.equal(data.at(-1)._pointsman.cost_usd > 0, true);
    assert.ok(data.slice(0, -1).every((chunk) => chunk._pointsman === undefined));
    assert.ok(client.body().endsWith('data: [DONE]\n\n'));
  });

  it('is told in the words of another dialect, with the end owed at the end', async () => {
    const answer = streamOf([frames.slice(0, 3), frames.slice(3)]);
    const client = await relayed(prepare(answer, { clientDialect: wordsDialect, body: streamBody }));
    assert.deepEqual(client.writes.map(String), ['<one><two>', '<three>', `<end ${SMALL.upstreamModel}>`]);
    assert.equal(client.calls.at(-1), 'end');
  });

  it('carries its metadata across dialects too', async () => {
    const options = { clientDialect: wordsDialect, body: streamBody, metadata: 'body' } as const;
    const client = await relayed(prepare(streamOf([frames]), options));
    assert.match(client.writes.at(-1)?.toString() ?? '', /"exchange_id":"x_1"/);
  });

  for (const clientDialect of [openAiChat, wordsDialect]) {
    const to = clientDialect === openAiChat ? 'the same dialect' : 'another dialect';

    it(`that breaks rejects and is never ended (${to})`, async () => {
      const torn = new RouterError('upstream.stream_interrupted', 'cut');
      const client = fakeClient();
      const answer = streamOf([frames.slice(0, 3)], { end: torn });
      await assert.rejects(relayed(prepare(answer, { clientDialect, body: streamBody }), client), torn);
      assert.deepEqual(client.calls, ['commit 200', 'write']);
    });

    it(`with a failure among its events rejects and is never ended (${to})`, async () => {
      const failure = { kind: 'overloaded', message: 'busy' } as const;
      const [frame] = frames;
      const piece = { frame: { raw: Buffer.from(frame ?? ''), event: '', data: '' }, events: [] };
      async function* batches() {
        yield [{ ...piece, events: [{ type: 'response-failed', failure } as const] }];
      }
      const client = fakeClient();
      const answer = { kind: 'stream', batches: batches(), tail: () => [] } as const;
      await assert.rejects(relayed(prepare(answer, { clientDialect, body: streamBody }), client), {
        code: 'upstream.stream_interrupted',
      });
      assert.deepEqual(client.calls, ['commit 200']);
    });

    it(`that is not complete at its end rejects and is never ended (${to})`, async () => {
      const client = fakeClient();
      const answer = streamOf([frames.slice(0, 3)]);
      await assert.rejects(relayed(prepare(answer, { clientDialect, body: streamBody }), client), {
        code: 'upstream.stream_interrupted',
      });
      assert.equal(client.calls.includes('end'), false);
    });
  }

  it('is counted as it passes', async () => {
    const usage = chatFrames('one two', { usage: wireUsage(50, 7) });
    const client = await relayed(prepare(streamOf([usage]), { body: streamBody, metadata: 'body' }));
    assert.match(client.body(), /"cost_usd":0\.000064/);
  });
});

describe('a tool that is called', () => {
  const longName = `mcp__server__${'x'.repeat(60)}`;
  const written = openAiChat.fitToolName?.(longName) ?? '';
  const declared = (name: string): unknown => ({ type: 'function', function: { name } });
  const body = ask('go', { stream: true, tools: [declared('other'), declared(longName)] });

  /** Tells the names of the called tools, and nothing else. */
  const namesDialect: Dialect = {
    ...wordsDialect,
    encodeResponse: (events) => ({ called: events.map(calledIn).join('') }),
    createStreamEncoder: () => ({ push: calledIn, end: () => '.' }),
  };

  function calledIn(event: StreamEvent): string {
    return event.type === 'tool-input-start' ? event.name : '';
  }

  function framesCalling(name: string): readonly string[] {
    const tool_calls = [{ index: 0, id: 'c', type: 'function', function: { name, arguments: '{}' } }];
    const choice = { index: 0, delta: { tool_calls }, finish_reason: 'tool_calls' };
    return [`data: ${JSON.stringify({ id: 'a', choices: [choice] })}\n\n`, 'data: [DONE]\n\n'];
  }

  function plainCalling(name: string): Buffer {
    const tool_calls = [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }];
    const choice = { index: 0, message: { role: 'assistant', tool_calls }, finish_reason: 'tool_calls' };
    return Buffer.from(JSON.stringify({ id: 'a', choices: [choice] }));
  }

  it('has its own name in a streamed answer, though it was cut for the provider', async () => {
    assert.notEqual(written, longName);
    const options = { clientDialect: namesDialect, body };
    const client = await relayed(prepare(streamOf([framesCalling(written)]), options));
    assert.equal(client.body(), `${longName}.`);
  });

  it('has its own name in a plain answer, though it was cut for the provider', async () => {
    const options = { clientDialect: namesDialect, body };
    const client = await relayed(prepare(plainAnswer(plainCalling(written)), options));
    assert.deepEqual(JSON.parse(client.body()), { called: longName });
  });

  it('keeps a name that is declared as it is, or not at all', async () => {
    const tools = [declared(longName), declared(written)];
    for (const name of [written, 'nobody-knows']) {
      const options = { clientDialect: namesDialect, body: ask('go', { stream: true, tools }) };
      const client = await relayed(prepare(streamOf([framesCalling(name)]), options));
      assert.equal(client.body(), `${name}.`);
    }
  });

  it('is left alone in the bytes for a client of the same dialect', async () => {
    const client = await relayed(prepare(plainAnswer(plainCalling(written)), { body }));
    assert.deepEqual(client.writes, [plainCalling(written)]);
  });
});
