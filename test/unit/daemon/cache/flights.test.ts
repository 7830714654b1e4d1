import assert from 'node:assert/strict';
import { Flights } from '../../../../daemon/cache/flights.ts';
import { RequestKey } from '../../../../daemon/cache/request-key.ts';
import type { StoredAnswer } from '../../../../daemon/cache/response-cache.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

const ANSWER: StoredAnswer = { exchangeId: 'x_1', model: 'small', provider: 'p', events: [] };
const NOBODY = new AbortController().signal;

function keyOf(content: string, more: object = {}): RequestKey {
  const body = { model: 'auto', messages: [{ role: 'user', content }], ...more };
  const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
  return new RequestKey(request, { models: 'auto', features: [] });
}

/** A client, and what happens when it leaves. */
function client(): { readonly signal: AbortSignal; leave: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    leave: () => controller.abort(new RouterError('client.closed', 'the client left')),
  };
}

describe('[A31] equal questions at the same time', () => {
  it('wait for one answer, and others with the same last words do not', async () => {
    const flights = new Flights();
    const flight = flights.begin(keyOf('hello'), NOBODY);
    const waiting = flights.join(keyOf('hello'), NOBODY);
    assert.equal(flights.join(keyOf('hello', { seed: 1 }), NOBODY), undefined);
    assert.equal(flights.join(keyOf('hullo'), NOBODY), undefined);
    assert.equal(flight.waiting, 1);
    flight.land(ANSWER);
    assert.equal(await waiting, ANSWER);
  });

  it('know nothing of an answer any more once it is there, and hear only of the first one', async () => {
    const flights = new Flights();
    const flight = flights.begin(keyOf('hello'), NOBODY);
    const waiting = flights.join(keyOf('hello'), NOBODY);
    flight.land(null);
    flight.land(ANSWER);
    assert.equal(await waiting, null);
    assert.equal(flights.has(keyOf('hello')), false);
    assert.equal(flights.size, 0);
  });

  it('keep two flights with the same last words apart', async () => {
    const flights = new Flights();
    const one = flights.begin(keyOf('hello'), NOBODY);
    const two = flights.begin(keyOf('hello', { seed: 1 }), NOBODY);
    assert.equal(flights.size, 2);
    one.land(null);
    assert.equal(flights.has(keyOf('hello')), false);
    const waiting = flights.join(keyOf('hello', { seed: 1 }), NOBODY);
    two.land(ANSWER);
    assert.equal(await waiting, ANSWER);
    assert.equal(flights.size, 0);
  });

  it('go on when the one who began has left, until the last has left', async () => {
    const flights = new Flights();
    const [first, second] = [client(), client()];
    const flight = flights.begin(keyOf('hello'), first.signal);
    const waiting = flights.join(keyOf('hello'), second.signal);
    first.leave();
    assert.equal(flight.signal.aborted, false);
    assert.equal(flights.has(keyOf('hello')), true);
    second.leave();
    await assert.rejects(waiting ?? Promise.resolve(), { code: 'client.closed' });
    assert.equal(flight.signal.aborted, true);
  });

  it('go on for the one who began when all others have left', async () => {
    const flights = new Flights();
    const [first, second] = [client(), client()];
    const flight = flights.begin(keyOf('hello'), first.signal);
    const waiting = flights.join(keyOf('hello'), second.signal);
    second.leave();
    await assert.rejects(waiting ?? Promise.resolve(), { code: 'client.closed' });
    assert.equal(flight.signal.aborted, false);
    assert.equal(flight.waiting, 0);
    first.leave();
    assert.equal(flight.signal.aborted, true);
  });

  it('end with the daemon, whoever waits', () => {
    const flights = new Flights();
    const stopping = new AbortController();
    const flight = flights.begin(keyOf('hello'), stopping.signal);
    void flights.join(keyOf('hello'), NOBODY);
    stopping.abort(new RouterError('router.shutting_down', 'the router is stopping'));
    assert.equal(flight.signal.aborted, true);
    assert.equal(flights.join(keyOf('hello'), NOBODY), undefined); // who comes now waits for nothing that has ended
  });

  it('are left at once by a client that was gone before it asked', async () => {
    const flights = new Flights();
    const flight = flights.begin(keyOf('hello'), NOBODY);
    const gone = client();
    gone.leave();
    await assert.rejects(flights.join(keyOf('hello'), gone.signal) ?? Promise.resolve(), {
      code: 'client.closed',
    });
    assert.equal(flight.waiting, 0);
  });
});
