// Prices that the golden cases use, as vendors listed them in November 2026. Written out here and not read from the
// shipped list, so that a case stays right when prices change.

import type { Terms } from './golden-case.ts';

/** What most cases compare with: 10 in, 50 out, no prompt cache, the reference tokenizer. */
export const PLAIN_BASELINE: Terms = { price: { inputUsdPerMtok: 10, outputUsdPerMtok: 50 } };

export const OPUS: Terms = {
  price: {
    inputUsdPerMtok: 4,
    outputUsdPerMtok: 20,
    cacheReadUsdPerMtok: 0.2,
    cacheWriteUsdPerMtok: 5,
    cacheWrite1hUsdPerMtok: 8,
  },
};

export const SONNET: Terms = {
  price: {
    inputUsdPerMtok: 2,
    outputUsdPerMtok: 10,
    cacheReadUsdPerMtok: 0.1,
    cacheWriteUsdPerMtok: 2.5,
    cacheWrite1hUsdPerMtok: 4,
  },
};

/** Every token of a request above 100,000 costs five times as much. */
export const HAIKU: Terms = {
  price: {
    inputUsdPerMtok: 0.1,
    outputUsdPerMtok: 0.5,
    cacheReadUsdPerMtok: 0.01,
    cacheWriteUsdPerMtok: 0.125,
    cacheWrite1hUsdPerMtok: 0.2,
    longContext: {
      aboveTokens: 100_000,
      inputUsdPerMtok: 0.5,
      outputUsdPerMtok: 2.5,
      cacheReadUsdPerMtok: 0.05,
    },
  },
};

export const SOL: Terms = {
  price: {
    inputUsdPerMtok: 4,
    outputUsdPerMtok: 20,
    cacheReadUsdPerMtok: 0.4,
    cacheWriteUsdPerMtok: 5,
    longContext: {
      aboveTokens: 272_000,
      inputUsdPerMtok: 8,
      outputUsdPerMtok: 30,
      cacheReadUsdPerMtok: 0.8,
    },
  },
};

export const TERRA: Terms = {
  price: {
    inputUsdPerMtok: 2,
    outputUsdPerMtok: 12,
    cacheReadUsdPerMtok: 0.2,
    cacheWriteUsdPerMtok: 2.5,
  },
};

export const LUNA: Terms = {
  price: {
    inputUsdPerMtok: 0.2,
    outputUsdPerMtok: 1.2,
    cacheReadUsdPerMtok: 0.02,
    cacheWriteUsdPerMtok: 0.25,
  },
};

export const GPT_4O: Terms = {
  price: { inputUsdPerMtok: 2.5, outputUsdPerMtok: 10, cacheReadUsdPerMtok: 1.25 },
};

const PEAK = {
  multiplier: 2,
  hoursUtc: [
    [1, 4],
    [6, 10],
  ] as [number, number][],
  weekdays: [1, 2, 3, 4, 5],
  holidaysUtc: ['2026-10-07'],
};

/** Off-peak prices; twice that at peak hours. */
export const FLASH: Terms = {
  price: { inputUsdPerMtok: 0.15, outputUsdPerMtok: 0.6, cacheReadUsdPerMtok: 0.003, peak: PEAK },
};

export const PRO: Terms = {
  price: { inputUsdPerMtok: 0.66, outputUsdPerMtok: 1.98, cacheReadUsdPerMtok: 0.022, peak: PEAK },
};

/** Thoughts cost more than what is said. */
export const QWEN: Terms = {
  price: {
    inputUsdPerMtok: 0.4,
    outputUsdPerMtok: 1.2,
    cacheReadUsdPerMtok: 0.08,
    reasoningOutputUsdPerMtok: 4,
  },
};

export const GEMINI_FLASH: Terms = {
  price: { inputUsdPerMtok: 0.75, outputUsdPerMtok: 3.75, cacheReadUsdPerMtok: 0.075 },
};

export const GEMINI_PRO: Terms = {
  price: {
    inputUsdPerMtok: 1.25,
    outputUsdPerMtok: 10,
    cacheReadUsdPerMtok: 0.125,
    longContext: {
      aboveTokens: 200_000,
      inputUsdPerMtok: 2.5,
      outputUsdPerMtok: 15,
      cacheReadUsdPerMtok: 0.25,
    },
  },
};

/** The long band begins at 200,000, not above it. */
export const GROK: Terms = {
  price: {
    inputUsdPerMtok: 2,
    outputUsdPerMtok: 6,
    cacheReadUsdPerMtok: 0.5,
    longContext: { aboveTokens: 199_999, inputUsdPerMtok: 4, outputUsdPerMtok: 12, cacheReadUsdPerMtok: 1 },
  },
};

/** Nobody lists a price for it. */
export const UNPRICED: Terms = { upstreamModel: 'a-model-that-nobody-prices' };
