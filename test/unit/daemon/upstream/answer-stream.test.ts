import assert from 'node:assert/strict';
import { RouterError } from '../../../../daemon/errors.ts';
import {
  cut,
  gzip,
  pingsOnly,
  resetAfter,
  sse,
  stall,
  stallAfter,
  type Verb,
} from '../../../support/fake-upstream.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { frame, textFrame, tinyFrames } from './tiny-dialect.ts';
import { batchesOf, closeRigs, drain, failed, responded, startRig } from './upstream-rig.ts';

function interruption(error: unknown): RouterError {
  assert.ok(error instanceof RouterError, String(error));
  assert.equal(error.code, 'upstream.stream_interrupted');
  return error;
}

describe('answer stream', () => {
  afterEach(closeRigs);

  it('hands on every byte of every frame, in order', async () => {
    const { fake, stream } = await startRig();
    const frames = tinyFrames('one ', 'two ', 'three');
    fake.next(sse(frames));
    const outcome = await stream();
    const drained = await drain(batchesOf(outcome));
    assert.deepEqual([drained.text, drained.error], [frames.join(''), null]);
  });

  it('gives the same frames when the bytes come one by one', async () => {
    const { fake, stream } = await startRig();
    const frames = tinyFrames('grüße ', 'aus 北京');
    fake.next(sse(frames, { splits: 'bytes' }));
    const iterator = batchesOf(await stream());
    const seen: string[] = [];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      seen.push(...next.value.map((piece) => piece.frame.raw.toString()));
    }
    assert.deepEqual(seen, frames);
  });

  it('hands on what one read brought as one batch, without waiting for more', async () => {
    const { fake, stream } = await startRig();
    const first = [textFrame('a'), textFrame('b')].join('');
    fake.next(stall({ frames: [first] }));
    const { value } = await batchesOf(await stream()).next();
    assert.equal(value?.length, 2);
  });

  it('unpacks a packed stream read by read', async () => {
    const { fake, stream } = await startRig();
    const frames = tinyFrames('packed');
    fake.next(gzip(frames.join(''), 'text/event-stream'));
    assert.equal((await drain(batchesOf(await stream()))).text, frames.join(''));
  });

  it('uses the connection again after a complete stream', async () => {
    const { fake, stream } = await startRig();
    fake.always(sse(tinyFrames('a')));
    for (let index = 0; index < 2; index++) {
      await drain(batchesOf(await stream()));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    assert.equal(fake.connections(), 1);
  });

  it('hands on a last event that lacks its blank line', async () => {
    const { fake, stream } = await startRig();
    const text = tinyFrames('a').join('').trimEnd();
    fake.next(sse([text]));
    const drained = await drain(batchesOf(await stream()));
    assert.deepEqual([drained.text, drained.error], [text, null]);
  });

  it('does not wait for content after the terminator', async () => {
    const { fake, stream } = await startRig();
    fake.next(stall({ frames: ['data: [DONE]\n\n'] }));
    assert.equal(failed(await stream()).failure.kind, 'invalid-response');
    await fake.waitForAbort(1);
  });

  it('tells how the decoder ended a stream without a terminator', async () => {
    const { fake, stream } = await startRig();
    fake.next(sse([textFrame('a'), frame({ finish: true })]));
    const { answer } = responded(await stream());
    assert.ok(answer.kind === 'stream');
    assert.deepEqual(answer.tail(), []);
    assert.equal((await drain(answer.batches[Symbol.asyncIterator]())).error, null);
    assert.deepEqual(answer.tail(), [{ type: 'response-end' }]);
  });

  for (const [title, frames] of [
    ['pings', [': '.padEnd(1024 * 1024, 'x') + '\n\n']],
    ['an event without end', ['data: '.padEnd(1024 * 1024, 'x')]],
  ] as const) {
    it(`fails when ${title} fill the memory before the first content`, async () => {
      const { fake, stream } = await startRig();
      fake.next(stall({ frames: Array.from({ length: 12 }, () => frames).flat() }));
      assert.equal(failed(await stream()).failure.kind, 'invalid-response');
    });
  }

  describe('after the first content', () => {
    const complete = [textFrame('one '), textFrame('two ')];
    const half = [...complete, 'data: {"text":"half'];
    const bytes = Buffer.byteLength(half.join(''));
    const broken: readonly (readonly [string, Verb])[] = [
      ['a cut between frames', cut(Buffer.byteLength(complete.join('')), complete)],
      ['a cut in the middle of a frame', cut(bytes, half)],
      ['a reset in the middle of a frame', resetAfter(bytes, half, 30)],
      ['a proper end without a finish', sse(complete)],
      ['an error event', sse([...complete, frame({ error: 'overloaded' })])],
      ['broken JSON', sse([...complete, 'data: {"text":\n\n'])],
    ];
    for (const [title, verb] of broken) {
      it(`makes ${title} an interruption, and emits complete frames only`, async () => {
        const { fake, stream } = await startRig();
        fake.next(verb);
        const { text, error } = await drain(batchesOf(await stream()));
        interruption(error);
        assert.equal(text, complete.join(''));
      });
    }

    it('makes an event without end an interruption', async () => {
      const { fake, stream } = await startRig();
      fake.next(stall({ frames: [textFrame('a'), `data: ${'x'.repeat(9 * 1024 * 1024)}`] }));
      interruption((await drain(batchesOf(await stream()))).error);
      await fake.waitForAbort(1);
    });

    it('says in words what happened', async () => {
      const { fake, stream } = await startRig();
      fake.next(sse([textFrame('a'), frame({ error: 'overloaded' })]));
      const error = interruption((await drain(batchesOf(await stream()))).error);
      assert.equal(error.message, 'the model says overloaded');
    });

    it('[A26] ends a stream that falls silent after the idle limit, and stops the upstream', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      fake.next(stallAfter(Buffer.byteLength(textFrame('a')), [textFrame('a')]));
      const iterator = batchesOf(await stream());
      await iterator.next();
      const next = drain(iterator);
      await clock.advance(59_998);
      assert.equal(fake.aborts(), 0);
      await clock.advance(2);
      assert.match(interruption((await next).error).message, /fell silent for 60000 ms/);
      await fake.waitForAbort(1);
      assert.equal(clock.pendingTimers(), 0);
    });

    it('[A26] lets pings extend the idle limit once, not for ever', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock, timeouts: { idleMs: 1000 } });
      fake.next(pingsOnly(1, [textFrame('a')]));
      const drained = drain(batchesOf(await stream()));
      while (fake.aborts() === 0) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        await clock.advance(100);
      }
      interruption((await drained).error);
      // Twice the limit, and the few steps until the abort arrived at the other side.
      assert.ok(clock.monotonicMs() >= 1000 && clock.monotonicMs() < 10_000, `${clock.monotonicMs()} ms`);
    });

    it('does not blame the upstream for a client that reads slowly', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      const [first, second, ...rest] = tinyFrames('a', 'b', 'c');
      const steps = [first, second, rest.join('')];
      let send = (): void => {};
      fake.next(({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        send = () => {
          const text = steps.shift() ?? '';
          if (steps.length > 0) response.write(text);
          else response.end(text);
        };
        send();
      });
      const iterator = batchesOf(await stream());
      await iterator.next();
      const next = iterator.next();
      send();
      await next;
      await clock.advance(600_000);
      send();
      assert.equal((await drain(iterator)).error, null);
    });

    it('drops an answer that nobody begins to read', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      fake.next(stall({ frames: [textFrame('a')] }));
      responded(await stream());
      await clock.advance(60_000);
      await fake.waitForAbort(1);
    });

    it('ends normally when only the connection of a complete answer stays open', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      fake.next(stall({ frames: tinyFrames('a') }));
      const reading = drain(batchesOf(await stream()));
      await fake.waitForRequests(1);
      // Frames are still under way: time only moves while the reader waits for the end.
      for (let index = 0; index < 20; index++) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        await clock.advance(100);
      }
      assert.deepEqual([(await reading).error, (await reading).text], [null, tinyFrames('a').join('')]);
      await fake.waitForOpenConnections(0);
    });

    it('ends normally when the connection is reset after the finish', async () => {
      const { fake, stream } = await startRig();
      const frames = [textFrame('a'), frame({ finish: true })];
      fake.next(resetAfter(Buffer.byteLength(frames.join('')), frames, 30));
      assert.deepEqual((await drain(batchesOf(await stream()))).error, null);
    });
  });

  describe('a consumer that stops', () => {
    it('stops the upstream when it leaves the loop', async () => {
      const { fake, stream } = await startRig();
      fake.next(stall({ frames: [textFrame('a')] }));
      const { answer } = responded(await stream());
      assert.ok(answer.kind === 'stream');
      for await (const batch of answer.batches) {
        assert.equal(batch.length, 1);
        break;
      }
      await fake.waitForAbort(1);
    });

    it('stops the upstream when it never began', async () => {
      const { fake, stream } = await startRig();
      fake.next(stall({ frames: [textFrame('a')] }));
      const iterator = batchesOf(await stream());
      await iterator.return?.();
      await fake.waitForAbort(1);
      assert.equal((await iterator.next()).done, true);
    });

    it('learns why when the client left', async () => {
      const { fake, stream, controller } = await startRig();
      fake.next(stall({ frames: [textFrame('a')] }));
      const iterator = batchesOf(await stream());
      await iterator.next();
      const next = drain(iterator);
      controller.abort(new RouterError('client.closed', 'gone'));
      const { error } = await next;
      assert.ok(error instanceof RouterError);
      assert.equal(error.code, 'client.closed');
      await fake.waitForAbort(1);
    });
  });

  describe('back-pressure', () => {
    const CHUNK = textFrame('x'.repeat(64 * 1024));
    const CHUNKS = 1024;

    /** Writes 64 MB as fast as the other side takes them. */
    function flood(): {
      readonly verb: Verb;
      readonly written: () => number;
      readonly blocked: Promise<void>;
    } {
      let written = 0;
      let block = (): void => {};
      const blocked = new Promise<void>((resolve) => {
        block = resolve;
      });
      const verb: Verb = async ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let index = 0; index < CHUNKS; index++) {
          written += CHUNK.length;
          if (response.write(CHUNK)) continue;
          const timer = setTimeout(block, 30);
          await new Promise<void>((resolve) => response.once('drain', resolve));
          clearTimeout(timer);
        }
        response.end([frame({ finish: true }), 'data: [DONE]\n\n'].join(''));
      };
      return { verb, written: () => written, blocked };
    }

    it('stops reading while the consumer does not ask, and loses nothing', async () => {
      const { fake, stream } = await startRig();
      const { verb, written, blocked } = flood();
      fake.next(verb);
      const iterator = batchesOf(await stream());
      await blocked;
      // What the system's own socket buffers hold has left the server too.
      assert.ok(written() < 24 * 1024 * 1024, `${written()} bytes were taken`);
      let received = 0;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        for (const { frame: piece } of next.value) received += piece.raw.length;
      }
      assert.ok(received >= CHUNK.length * CHUNKS);
    });
  });
});
