import assert from 'node:assert/strict';
import { AnswerStore } from '../../../../daemon/cache/answer-store.ts';
import { RequestKey } from '../../../../daemon/cache/request-key.ts';
import type { StoredAnswer } from '../../../../daemon/cache/response-cache.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const TTL_MS = 60_000;

function keyOf(content: string, more: object = {}): RequestKey {
  const body = { model: 'auto', messages: [{ role: 'user', content }], ...more };
  const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
  return new RequestKey(request, { models: 'auto', features: [] });
}

function answer(name: string, chars = 10): StoredAnswer {
  const events = [{ type: 'text-delta', id: '0', choice: 0, delta: 'é'.repeat(chars) }] as const;
  return { exchangeId: `x_${name}`, model: 'small', provider: 'p', events };
}

describe('[A31] stored answers in memory', () => {
  let clock: VirtualClock;
  let maxBytes: number;
  let store: AnswerStore;

  beforeEach(() => {
    clock = createVirtualClock();
    maxBytes = 1_000_000;
    store = new AnswerStore(() => ({ maxBytes, ttlMs: TTL_MS }), clock);
  });

  it('are found by an equal question and by no other with the same ask', () => {
    store.set(keyOf('hello'), answer('a'));
    assert.deepEqual(store.get(keyOf('hello')), answer('a'));
    assert.equal(store.get(keyOf('hello', { seed: 1 })), undefined);
    assert.equal(store.get(keyOf('hullo')), undefined);
  });

  it('are replaced by a later answer to the same question, and kept beside those to others', () => {
    store.set(keyOf('hello'), answer('a'));
    store.set(keyOf('hello', { seed: 1 }), answer('b'));
    store.set(keyOf('hello'), answer('c'));
    assert.equal(store.get(keyOf('hello'))?.exchangeId, 'x_c');
    assert.equal(store.get(keyOf('hello', { seed: 1 }))?.exchangeId, 'x_b');
    assert.equal(store.state.entries, 2);
  });

  it('are too old after their time', async () => {
    store.set(keyOf('hello'), answer('a'));
    await clock.advance(TTL_MS - 1);
    assert.notEqual(store.get(keyOf('hello')), undefined);
    await clock.advance(1);
    assert.equal(store.get(keyOf('hello')), undefined);
    assert.deepEqual(store.state, { entries: 0, bytes: 0 });
  });

  it('keep within their bytes, and the longest unused goes first', () => {
    for (const name of ['a', 'b', 'c']) store.set(keyOf(name), answer(name, 1000));
    store.get(keyOf('a'));
    maxBytes = Math.ceil((store.state.bytes / 3) * 2.5);
    store.trim();
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => store.get(keyOf(name)) !== undefined),
      [true, false, true],
    );
  });

  it('are not kept where one would take more than a quarter of all', () => {
    assert.equal(store.set(keyOf('long'), answer('a', 200_000)), false);
    assert.equal(store.state.entries, 0);
  });

  it('count their bytes exactly, whatever comes and goes', () => {
    for (let index = 0; index < 50; index += 1) store.set(keyOf(`q ${index}`), answer(`${index}`, index));
    for (let index = 0; index < 50; index += 2) store.get(keyOf(`q ${index}`));
    for (let index = 0; index < 50; index += 3) store.forget(`x_${index}`);
    assert.ok(store.state.bytes > 0);
    for (let index = 0; index < 50; index += 1) store.forget(`x_${index}`);
    assert.deepEqual(store.state, { entries: 0, bytes: 0 });
  });

  it('keep long questions without a key within eight megabytes', () => {
    maxBytes = 1_000_000_000;
    const padding = 'x'.repeat(1_000_000);
    for (let index = 0; index < 12; index += 1)
      store.set(keyOf(`q ${index}`, { user: padding }), answer(`${index}`));
    assert.equal(store.state.entries, 8);
    assert.equal(store.get(keyOf('q 0')), undefined);
    assert.notEqual(store.get(keyOf('q 11')), undefined); // the padding changes no answer
  });

  it('tell of the nearest question, and of none where neither ask nor history is the same', () => {
    store.set(keyOf('hello', { seed: 1 }), answer('a'));
    store.set(keyOf('hello', { seed: 1, top_p: 0.5, tools: [] }), answer('b'));
    assert.equal(store.nearest(keyOf('hello', { seed: 1, tools: [] }).parts)?.answer.exchangeId, 'x_a');
    const far = {
      messages: [
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
      ],
    };
    assert.equal(store.nearest(keyOf('', far).parts), undefined);
  });

  it('say of a look from outside what they would give, without counting it as a use', () => {
    for (const name of ['a', 'b']) store.set(keyOf(name), answer(name, 1000));
    assert.equal(store.peek(keyOf('a'))?.expiresInMs, TTL_MS);
    maxBytes = Math.ceil(store.state.bytes * 0.75);
    store.trim();
    assert.equal(store.peek(keyOf('a')), undefined);
  });
});
