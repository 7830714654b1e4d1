import assert from 'node:assert/strict';
import { PromptCacheReplay } from '../../../../daemon/catalog/prompt-cache-replay.ts';

const RULE = { kind: 'explicit', minTokens: 1000, ttlS: 300 } as const;
const turns = [
  { hash: 'system', tokens: 900 },
  { hash: 'system+1', tokens: 2000 },
  { hash: 'system+1+2', tokens: 3000 },
];

describe('catalog/prompt-cache-replay', () => {
  it('knows nothing at first', () => {
    assert.equal(new PromptCacheReplay().warmTokens('m', RULE, turns, 0), 0);
  });

  it('finds the longest prefix that was sent before', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns.slice(0, 2), 0);
    assert.equal(replay.warmTokens('m', RULE, turns, 1000), 2000);
  });

  it('counts a prefix that two conversations share once they share it', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns, 0);
    const other = [turns[1] ?? { hash: '', tokens: 0 }, { hash: 'something else', tokens: 9000 }];
    assert.equal(replay.warmTokens('m', RULE, other, 1000), 2000);
  });

  it('keeps the caches of two models apart', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', RULE, turns, 0);
    assert.equal(replay.warmTokens('b', RULE, turns, 1000), 0);
  });

  it('forgets a prefix after its time to live', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns, 0);
    assert.equal(replay.warmTokens('m', RULE, turns, 299_999), 3000);
    assert.equal(replay.warmTokens('m', RULE, turns, 300_000), 0);
  });

  it('prolongs a prefix whenever it is used', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns.slice(0, 2), 0);
    replay.remember('m', RULE, turns, 200_000);
    assert.equal(replay.warmTokens('m', RULE, turns, 450_000), 3000);
  });

  it('is cold below the shortest prefix that the provider caches', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns.slice(0, 1), 0);
    assert.equal(replay.warmTokens('m', RULE, turns.slice(0, 1), 1000), 0);
    assert.equal(replay.size, 0);
  });

  it('remembers every prefix of an automatic cache and none of a model without one', () => {
    const replay = new PromptCacheReplay();
    const automatic = { ...RULE, kind: 'automatic' } as const;
    const none = { ...RULE, kind: 'none' } as const;
    replay.remember('m', none, turns, 0);
    assert.equal(replay.size, 0);
    replay.remember('m', automatic, turns, 0);
    assert.equal(replay.warmTokens('m', automatic, turns, 1), 3000);
    assert.equal(replay.warmTokens('m', none, turns, 1), 0);
  });

  it('drops the least recently used entries when it is full', () => {
    const replay = new PromptCacheReplay({ maxEntries: 3 });
    const one = (hash: string) => [{ hash, tokens: 2000 }];
    for (const hash of ['a', 'b', 'c', 'a', 'd']) replay.remember('m', RULE, one(hash), 0);
    assert.equal(replay.size, 3);
    assert.equal(replay.warmTokens('m', RULE, one('b'), 1), 0);
    for (const hash of ['a', 'c', 'd']) assert.equal(replay.warmTokens('m', RULE, one(hash), 1), 2000);
  });

  it('[B4] keeps an entry for as long as it was written for, where that is not the rule', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns, 0, 3600);
    assert.equal(replay.warmTokens('m', RULE, turns, 3_599_999), 3000);
    assert.equal(replay.warmTokens('m', RULE, turns, 3_600_000), 0);
  });

  it('[B4] never shortens a life that was paid for', () => {
    const replay = new PromptCacheReplay();
    replay.remember('m', RULE, turns, 0, 3600);
    replay.remember('m', RULE, turns, 1000);
    assert.equal(replay.warmTokens('m', RULE, turns, 3_599_999), 3000);
  });

  it('[B4] keeps the lives of two models at one prefix apart', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', RULE, turns, 0);
    replay.remember('b', RULE, turns, 100_000);
    replay.remember('a', RULE, turns.slice(0, 2), 200_000);
    assert.equal(replay.warmTokens('a', RULE, turns, 310_000), 2000);
    assert.equal(replay.warmTokens('b', RULE, turns, 310_000), 3000);
    assert.equal(replay.warmTokens('b', RULE, turns, 400_000), 0);
    assert.equal(replay.size, 2);
  });
});

describe('catalog/prompt-cache-replay: what is warm of one prompt', () => {
  const marks = [
    { hash: 'system', bytes: 3000 },
    { hash: 'system+1', bytes: 8000 },
    { hash: 'system+1+2', bytes: 12_000 },
  ];
  const all = { ...RULE, minTokens: 0 };
  const warm = (replay: PromptCacheReplay, atMs: number) => Object.fromEntries(replay.warmBytes(marks, atMs));

  it('[B4] [C2] is the longest prefix of each model that has any', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', all, turns.slice(0, 2), 0);
    replay.remember('b', all, turns, 0);
    replay.remember('c', all, turns.slice(0, 1), 0);
    assert.deepEqual(warm(replay, 1000), { a: 8000, b: 12_000, c: 3000 });
  });

  it('[B4] leaves out what has expired, and finds the shorter prefix that has not', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', all, turns, 0);
    replay.remember('a', all, turns.slice(0, 1), 200_000);
    assert.deepEqual(warm(replay, 299_999), { a: 12_000 });
    assert.deepEqual(warm(replay, 300_000), { a: 3000 });
    assert.deepEqual(warm(replay, 500_000), {});
  });

  it('[B4] knows nothing of another prompt', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', all, [{ hash: 'other', tokens: 9000 }], 0);
    assert.deepEqual(warm(replay, 0), {});
    assert.deepEqual(warm(new PromptCacheReplay(), 0), {});
  });

  it('[B4] has nothing of what was too short to be cached', () => {
    const replay = new PromptCacheReplay();
    replay.remember('a', RULE, turns.slice(0, 1), 0);
    assert.deepEqual(warm(replay, 0), {});
  });
});
