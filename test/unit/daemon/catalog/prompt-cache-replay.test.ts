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
});
