import assert from 'node:assert/strict';
import { SimulatedBill, tokensOf, type SimulatedModel } from '../../../../daemon/demo/simulated-bill.ts';

const AUTOMATIC: SimulatedModel = {
  name: 'm',
  prices: { input: 10, cachedInput: 1, output: 100 },
  cache: { kind: 'automatic', minTokens: 10, ttlS: 300 },
};
const MARKED: SimulatedModel = {
  name: 'm',
  prices: { ...AUTOMATIC.prices, cacheWrite: 12 },
  cache: { ...AUTOMATIC.cache, kind: 'marked' },
};

/** Pieces of 40 bytes, 10 tokens, each; a capital letter marks one. */
const pieces = (letters: string) =>
  letters.split('').map((letter) => ({
    text: letter.toLowerCase().repeat(40),
    isMarked: letter !== letter.toLowerCase(),
  }));

describe('the bill of a simulated vendor', () => {
  it('charges each token once, at the price of its kind', () => {
    const bill = new SimulatedBill();
    bill.chargePrompt(MARKED, pieces('aBc'));
    assert.equal(bill.totalUsd.toFixed(9), ((10 * 10 + 20 * 12) / 1e6).toFixed(9));
    bill.chargeOutput(MARKED, 7);
    assert.equal(bill.totalUsd.toFixed(9), ((10 * 10 + 20 * 12 + 7 * 100) / 1e6).toFixed(9));
  });

  it('caches every beginning of a prompt where that is automatic', () => {
    const bill = new SimulatedBill();
    bill.chargePrompt(AUTOMATIC, pieces('ab'));
    assert.deepEqual(bill.chargePrompt(AUTOMATIC, pieces('ax')), {
      inputTokens: 20,
      cachedTokens: 10,
      writtenTokens: 0,
    });
  });

  it('caches up to a mark and nothing else where that is asked for, and finds it behind a later mark', () => {
    const bill = new SimulatedBill();
    assert.equal(bill.chargePrompt(MARKED, pieces('ab')).writtenTokens, 0);
    assert.deepEqual(bill.chargePrompt(MARKED, pieces('aBc')), {
      inputTokens: 30,
      cachedTokens: 0,
      writtenTokens: 20,
    });
    assert.deepEqual(bill.chargePrompt(MARKED, pieces('abcD')), {
      inputTokens: 40,
      cachedTokens: 20,
      writtenTokens: 20,
    });
  });

  it('caches nothing below the shortest prefix', () => {
    const bill = new SimulatedBill();
    const short = { ...AUTOMATIC, cache: { ...AUTOMATIC.cache, minTokens: 21 } };
    bill.chargePrompt(short, pieces('ab'));
    assert.equal(bill.chargePrompt(short, pieces('ab')).cachedTokens, 0);
  });

  it('counts a token for four bytes, the last one whole', () => {
    assert.deepEqual([tokensOf(0), tokensOf(1), tokensOf(4), tokensOf(5)], [0, 1, 1, 2]);
  });
});
