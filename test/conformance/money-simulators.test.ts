// The simulated providers of the money bench are what everything is held against, so their own arithmetic is held against
// sums worked out by hand.

import assert from 'node:assert/strict';

import { BodyReader } from '../bench/money/body-prompt.ts';
import { wireCall, type Habits } from '../bench/money/client-wire.ts';
import { Conversation, type ClientDialect } from '../bench/money/conversation.ts';
import { MODEL_SETS, type SimulatedModel } from '../bench/money/model-sets.ts';
import { frameOf } from '../bench/money/program-frames.ts';
import { chainHash, SimulatedPromptCache, type PromptPrefixes } from '../bench/money/prompt-cache.ts';

const model = (set: string, tier: 'strong' | 'mid' | 'small'): SimulatedModel => {
  const found = MODEL_SETS[set]?.models[tier];
  assert.ok(found);
  return found;
};
const opus = model('E1', 'strong');
const flash = model('E1', 'small');
const haiku = model('E2', 'small');
const sol = model('E7', 'strong');
const qwen = model('E5', 'small');

/** Blocks of 1,000 reference tokens each; `marks`: seconds by the index of the block. */
function prompt(blocks: number, marks: Readonly<Record<number, number>> = {}, from = 1): PromptPrefixes {
  const hashes: number[] = [];
  for (let index = 0; index < blocks; index += 1) hashes.push(chainHash(hashes.at(-1) ?? from, index + 1));
  return {
    hashes,
    refTokens: hashes.map((_, index) => (index + 1) * 1000),
    marks: Object.entries(marks).map(([index, ttlS]) => ({ index: Number(index), ttlS })),
  };
}

const NO_DICE = { missDraw: null };
const MINUTE_MS = 60_000;

describe('the simulated providers of the money bench', () => {
  it('bill a marked prompt as written, and what of it comes again as read', () => {
    const cache = new SimulatedPromptCache(opus);
    const first = cache.charge(prompt(10, { 9: 300 }), 100, 0, NO_DICE);
    assert.deepEqual([first.inputTokens, first.cachedTokens, first.writtenTokens], [13_000, 0, 13_000]);
    assert.equal(first.usd, (13_000 * 5 + 130 * 20) / 1e6);
    const second = cache.charge(prompt(12, { 11: 300 }), 100, MINUTE_MS, NO_DICE);
    assert.deepEqual([second.cachedTokens, second.writtenTokens], [13_000, 2600]);
    assert.equal(second.usd, (13_000 * 0.2 + 2600 * 5 + 130 * 20) / 1e6);
  });

  it('cache nothing at Anthropic that is not marked, or too short', () => {
    const cache = new SimulatedPromptCache(opus);
    for (const atMs of [0, 1]) {
      const bill = cache.charge(prompt(10), 100, atMs, NO_DICE);
      assert.deepEqual([bill.cachedTokens, bill.writtenTokens], [0, 0]);
      assert.equal(bill.usd, (13_000 * 4 + 130 * 20) / 1e6);
    }
    const short = new SimulatedPromptCache(model('E3', 'small'));
    assert.equal(short.charge(prompt(4, { 3: 300 }), 1, 0, NO_DICE).writtenTokens, 0);
    assert.equal(short.charge(prompt(5, { 4: 300 }), 1, 0, NO_DICE).writtenTokens, 5000);
  });

  it('look 20 blocks back from a mark and no further', () => {
    const near = new SimulatedPromptCache(opus);
    near.charge(prompt(10, { 9: 300 }), 1, 0, NO_DICE);
    assert.equal(near.charge(prompt(29, { 28: 300 }), 1, 1, NO_DICE).cachedTokens, 13_000);
    const far = new SimulatedPromptCache(opus);
    far.charge(prompt(10, { 9: 300 }), 1, 0, NO_DICE);
    assert.equal(far.charge(prompt(30, { 29: 300 }), 1, 1, NO_DICE).cachedTokens, 0);
  });

  it('forget after five minutes without use, or after an hour where that was paid for', () => {
    const cache = new SimulatedPromptCache(opus);
    const marked = prompt(10, { 9: 300 });
    const reads = [0, 4, 8, 14].map(
      (minute) => cache.charge(marked, 1, minute * MINUTE_MS, NO_DICE).cachedTokens,
    );
    assert.deepEqual(reads, [0, 13_000, 13_000, 0]);
    const long = new SimulatedPromptCache(opus);
    const bill = long.charge(prompt(10, { 9: 3600 }), 100, 0, NO_DICE);
    assert.equal(bill.usd, (13_000 * 8 + 130 * 20) / 1e6);
    assert.equal(long.charge(prompt(10, { 9: 3600 }), 1, 59 * MINUTE_MS, NO_DICE).cachedTokens, 13_000);
  });

  it('bill all of a long request at the prices of its band', () => {
    const bill = new SimulatedPromptCache(haiku).charge(prompt(80, { 79: 300 }), 100, 0, NO_DICE);
    assert.equal(bill.inputTokens, 104_000);
    assert.equal(bill.usd, (104_000 * 0.625 + 130 * 2.5) / 1e6);
  });

  it('cache every prefix where caching is automatic, in steps, and miss their share', () => {
    const cache = new SimulatedPromptCache(flash);
    cache.charge(prompt(10), 1, 0, NO_DICE);
    const bill = cache.charge(prompt(11), 100, 3 * 3_600_000, NO_DICE);
    assert.equal(bill.warmTokens, 9984);
    assert.deepEqual([bill.cachedTokens, bill.writtenTokens], [Math.round(9984 * 0.97), 0]);
    assert.deepEqual([bill.outputTokens, bill.thoughtTokens], [150, 50]);
    assert.equal(bill.usd, (9684 * 0.003 + (11_000 - 9684) * 0.15 + 150 * 0.6) / 1e6);
    const dice = new SimulatedPromptCache(qwen);
    dice.charge(prompt(10), 1, 0, { missDraw: 0 });
    assert.equal(dice.charge(prompt(10), 1, 1, { missDraw: 0.69 }).cachedTokens, 9984);
    assert.equal(dice.charge(prompt(10), 1, 2, { missDraw: 0.71 }).cachedTokens, 0);
  });

  it('bill the writes of GPT-5.6', () => {
    const bill = new SimulatedPromptCache(sol).charge(prompt(10), 100, 0, NO_DICE);
    assert.equal(bill.writtenTokens, 10_000);
    assert.equal(bill.usd, (10_000 * 5 + 100 * 20) / 1e6);
  });

  for (const dialect of ['anthropic-messages', 'openai-chat', 'openai-responses'] as const) {
    it(`count the same tokens in a body as the client has written: ${dialect}`, () => {
      const conversation = conversationIn(dialect);
      const { body } = wireCall({
        conversation,
        habits: { ...HABITS, dialect },
        model: 'any',
        sessionId: 's',
        callClass: 'main',
      });
      const { prompt: seen, refusal } = new BodyReader().read(dialect, body);
      assert.equal(refusal, null);
      assert.ok(Math.abs((seen.refTokens.at(-1) ?? 0) - conversation.refTokens) < 1e-9);
    });
  }

  it('see a changed message in the middle as another prompt, and a moved mark as the same', () => {
    const reader = new BodyReader();
    const read = (text: string) => reader.read('anthropic-messages', Buffer.from(text)).prompt;
    const message = (text: string, mark = '') =>
      `{"role":"user","content":[{"type":"text","text":"${text}"${mark}}]}`;
    const mark = ',"cache_control":{"type":"ephemeral"}';
    const body = (...messages: readonly string[]) => `{"model":"m","messages":[${messages.join(',')}]}`;
    const one = read(body(message('a'), message('b'), message('c', mark)));
    const moved = read(body(message('a', mark), message('b'), message('c')));
    const changed = read(body(message('a'), message('B'), message('c')));
    assert.deepEqual(moved.hashes, one.hashes);
    assert.deepEqual(moved.marks, [{ index: 0, ttlS: 300 }]);
    assert.equal(changed.hashes[0], one.hashes[0]);
    assert.notEqual(changed.hashes[1], one.hashes[1]);
    assert.notEqual(changed.hashes[2], one.hashes[2]);
  });
});

const HABITS: Omit<Habits, 'dialect'> = {
  namesSession: true,
  namesClass: true,
  marksCache: true,
  isStreaming: false,
};

function conversationIn(dialect: ClientDialect): Conversation {
  const conversation = new Conversation({ dialect, frame: frameOf('main', 3000), id: 'c', kind: 'main' });
  conversation.add({ kind: 'user', text: 'Say "ä" and \\ and a new\nline.' });
  const input = JSON.stringify({ path: 'a "b".ts', note: 'x' });
  conversation.add({
    kind: 'assistant',
    text: 'I look.',
    call: { id: 'call_1', name: 'read_file', input },
  });
  conversation.add({ kind: 'result', callId: 'call_1', text: 'Error: {"a":[1,2]}', isError: true });
  conversation.add({ kind: 'assistant', text: 'Done.', call: null });
  return conversation;
}
