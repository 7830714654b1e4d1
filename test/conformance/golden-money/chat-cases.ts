// Golden cases with a provider that speaks chat completions: cached tokens lie inside of the prompt, under names that
// differ by vendor; bands, hours of the day, reasoning and tokenizers.

import { once, type GoldenCase } from './golden-case.ts';
import { FLASH, GPT_4O, GROK, HAIKU, LUNA, PLAIN_BASELINE, PRO, QWEN, SOL, TERRA } from './terms.ts';

const chat = { dialect: 'openai-chat', baseline: PLAIN_BASELINE } as const;

const CACHE_CASES: readonly GoldenCase[] = [
  once({
    ...chat,
    title: 'cached tokens are taken out of the prompt before it is billed',
    served: GPT_4O,
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 100,
      total_tokens: 1100,
      prompt_tokens_details: { cached_tokens: 500 },
    },
    money: { cost: 0.002875, baseline: 0.015, saved: 0.012125 },
    working: 'cost 500 x 2.5 = 1,250; 500 x 1.25 = 625; 100 x 10 = 1,000; sum 2,875; baseline 10,000 + 5,000',
  }),
  once({
    ...chat,
    title: 'cached tokens in the last chunk of a stream',
    served: LUNA,
    stream: true,
    usage: {
      prompt_tokens: 50_000,
      completion_tokens: 300,
      total_tokens: 50_300,
      prompt_tokens_details: { cached_tokens: 48_000 },
    },
    money: { cost: 0.00172, baseline: 0.515, saved: 0.51328 },
    working:
      'cost 2,000 x 0.2 = 400; 48,000 x 0.02 = 960; 300 x 1.2 = 360; sum 1,720; baseline 500,000 + 15,000',
  }),
  once({
    ...chat,
    title: 'tokens written to the cache at a quarter more than input',
    served: TERRA,
    usage: {
      prompt_tokens: 10_000,
      completion_tokens: 500,
      total_tokens: 10_500,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 8000 },
    },
    money: { cost: 0.03, baseline: 0.125, saved: 0.095 },
    working:
      'cost 2,000 x 2 = 4,000; 8,000 x 2.5 = 20,000; 500 x 12 = 6,000; sum 30,000; baseline 100,000 + 25,000',
  }),
  once({
    ...chat,
    title: 'reads and writes in one request',
    served: SOL,
    usage: {
      prompt_tokens: 20_000,
      completion_tokens: 1000,
      total_tokens: 21_000,
      prompt_tokens_details: { cached_tokens: 12_000, cache_write_tokens: 7000 },
    },
    money: { cost: 0.0638, baseline: 0.25, saved: 0.1862 },
    working:
      'cost 1,000 x 4 = 4,000; 12,000 x 0.4 = 4,800; 7,000 x 5 = 35,000; 1,000 x 20 = 20,000; sum 63,800; baseline 200,000 + 50,000',
  }),
  once({
    ...chat,
    title: 'DeepSeek’s hits and misses, both inside the prompt',
    served: FLASH,
    usage: {
      prompt_tokens: 100_000,
      completion_tokens: 500,
      total_tokens: 100_500,
      prompt_cache_hit_tokens: 98_000,
      prompt_cache_miss_tokens: 2000,
    },
    money: { cost: 0.000894, baseline: 1.025, saved: 1.024106 },
    working:
      'cost 2,000 x 0.15 = 300; 98,000 x 0.003 = 294; 500 x 0.6 = 300; sum 894; baseline 1,000,000 + 25,000',
  }),
  once({
    ...chat,
    title: 'cached tokens at the input price where the vendor lists no other',
    served: { price: { inputUsdPerMtok: 2, outputUsdPerMtok: 6 } },
    usage: {
      prompt_tokens: 10_000,
      completion_tokens: 100,
      total_tokens: 10_100,
      prompt_tokens_details: { cached_tokens: 9000 },
    },
    money: { cost: 0.0206, baseline: 0.105, saved: 0.0844 },
    working: 'cost 10,000 x 2 + 100 x 6 = 20,600; baseline 100,000 + 5,000',
  }),
  once({
    ...chat,
    title: 'cached tokens that cost nothing: zero is a price',
    served: { price: { inputUsdPerMtok: 3, outputUsdPerMtok: 6, cacheReadUsdPerMtok: 0 } },
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 100,
      total_tokens: 1100,
      prompt_tokens_details: { cached_tokens: 1000 },
    },
    money: { cost: 0.0006, baseline: 0.015, saved: 0.0144 },
    working: 'cost 1,000 x 0 + 100 x 6 = 600; baseline 10,000 + 5,000',
  }),
];

const BAND_CASES: readonly GoldenCase[] = [
  once({
    ...chat,
    title: 'a prompt of exactly as many tokens as the short band holds',
    served: SOL,
    usage: { prompt_tokens: 272_000, completion_tokens: 1000, total_tokens: 273_000 },
    money: { cost: 1.108, baseline: 2.77, saved: 1.662 },
    working: 'cost 272,000 x 4 + 1,000 x 20 = 1,108,000; baseline 2,720,000 + 50,000',
  }),
  once({
    ...chat,
    title: 'one token above the short band',
    served: SOL,
    usage: { prompt_tokens: 272_001, completion_tokens: 1000, total_tokens: 273_001 },
    money: { cost: 2.206008, baseline: 2.77001, saved: 0.564002 },
    working: 'cost 272,001 x 8 + 1,000 x 30 = 2,206,008; baseline 2,720,010 + 50,000',
  }),
  once({
    ...chat,
    title: 'reads and writes in the long band, writes a quarter above its input price',
    served: SOL,
    stream: true,
    usage: {
      prompt_tokens: 300_000,
      completion_tokens: 1000,
      total_tokens: 301_000,
      prompt_tokens_details: { cached_tokens: 250_000, cache_write_tokens: 40_000 },
    },
    money: { cost: 0.71, baseline: 3.05, saved: 2.34 },
    working:
      'cost 10,000 x 8 = 80,000; 250,000 x 0.8 = 200,000; 40,000 x 10 = 400,000; 1,000 x 30 = 30,000; sum 710,000; baseline 3,000,000 + 50,000',
  }),
  once({
    ...chat,
    title: 'the last token before a band that begins at a round number',
    served: GROK,
    usage: { prompt_tokens: 199_999, completion_tokens: 100, total_tokens: 200_099 },
    money: { cost: 0.400598, baseline: 2.00499, saved: 1.604392 },
    working: 'cost 199,999 x 2 + 100 x 6 = 400,598; baseline 1,999,990 + 5,000',
  }),
  once({
    ...chat,
    title: 'the first token of a band that begins at a round number',
    served: GROK,
    usage: { prompt_tokens: 200_000, completion_tokens: 100, total_tokens: 200_100 },
    money: { cost: 0.8012, baseline: 2.005, saved: 1.2038 },
    working: 'cost 200,000 x 4 + 100 x 12 = 801,200; baseline 2,000,000 + 5,000',
  }),
  once({
    ...chat,
    title: 'the long band of the baseline, which the model that served does not have',
    served: LUNA,
    baseline: HAIKU,
    usage: { prompt_tokens: 150_000, completion_tokens: 1000, total_tokens: 151_000 },
    money: { cost: 0.0312, baseline: 0.0775, saved: 0.0463 },
    working: 'cost 150,000 x 0.2 + 1,000 x 1.2 = 31,200; baseline 150,000 x 0.5 + 1,000 x 2.5 = 77,500',
  }),
  once({
    ...chat,
    title: 'a prompt that is only in the baseline’s tokens long enough for its long band',
    served: LUNA,
    baseline: { ...HAIKU, tokenizerFactor: 1.35 },
    usage: { prompt_tokens: 80_000, completion_tokens: 1000, total_tokens: 81_000 },
    money: { cost: 0.0172, baseline: 0.057375, saved: 0.040175 },
    working:
      'cost 80,000 x 0.2 + 1,000 x 1.2 = 17,200; baseline 80,000 x 1.35 = 108,000 > 100,000: 108,000 x 0.5 + 1,350 x 2.5 = 54,000 + 3,375',
  }),
];

/** 10,000 in and 1,000 out on a model with peak hours: 1,500 + 600, or twice that. */
const hour = (at: string, why: string, isPeak: boolean): GoldenCase =>
  once({
    ...chat,
    title: `${why} (${at})`,
    served: FLASH,
    at,
    usage: { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 },
    money: isPeak
      ? { cost: 0.0042, baseline: 0.15, saved: 0.1458 }
      : { cost: 0.0021, baseline: 0.15, saved: 0.1479 },
    working: isPeak
      ? 'cost 10,000 x 0.3 + 1,000 x 1.2 = 4,200; baseline 100,000 + 50,000'
      : 'cost 10,000 x 0.15 + 1,000 x 0.6 = 2,100; baseline 100,000 + 50,000',
  });

const HOUR_CASES: readonly GoldenCase[] = [
  hour('2026-11-20T00:59:59.999Z', 'the last moment before the morning peak', false),
  hour('2026-11-20T01:00:00.000Z', 'the first moment of the morning peak', true),
  hour('2026-11-20T03:59:59.999Z', 'the last moment of the morning peak', true),
  hour('2026-11-20T04:00:00.000Z', 'the first moment after the morning peak', false),
  hour('2026-11-20T05:59:00.000Z', 'the minute before the second peak', false),
  hour('2026-11-20T06:00:00.000Z', 'the first moment of the second peak', true),
  hour('2026-11-20T09:59:59.999Z', 'the last moment of the second peak', true),
  hour('2026-11-20T10:00:00.000Z', 'the first moment after the second peak', false),
  hour('2026-11-21T02:40:00.000Z', 'peak hours of a Saturday', false),
  hour('2026-11-22T08:00:00.000Z', 'peak hours of a Sunday', false),
  hour('2026-11-23T08:00:00.000Z', 'peak hours of a Monday', true),
  hour('2026-10-07T02:00:00.000Z', 'peak hours of a public holiday on a Wednesday', false),
  hour('2026-10-08T02:00:00.000Z', 'peak hours of the working day after it', true),
  once({
    ...chat,
    title: 'a baseline at its peak, while the model that served has one price all day',
    served: LUNA,
    baseline: PRO,
    at: '2026-11-20T02:00:00Z',
    usage: { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 },
    money: { cost: 0.0032, baseline: 0.01716, saved: 0.01396 },
    working: 'cost 2,000 + 1,200; baseline 10,000 x 1.32 + 1,000 x 3.96 = 13,200 + 3,960',
  }),
  once({
    ...chat,
    title: 'the same baseline two hours later, off its peak',
    served: LUNA,
    baseline: PRO,
    at: '2026-11-20T04:00:00Z',
    usage: { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 },
    money: { cost: 0.0032, baseline: 0.00858, saved: 0.00538 },
    working: 'cost 2,000 + 1,200; baseline 10,000 x 0.66 + 1,000 x 1.98 = 6,600 + 1,980',
  }),
  once({
    ...chat,
    title: 'cached tokens at peak hours, at twice their price too',
    served: FLASH,
    at: '2026-11-23T08:00:00Z',
    usage: {
      prompt_tokens: 100_000,
      completion_tokens: 500,
      total_tokens: 100_500,
      prompt_tokens_details: { cached_tokens: 98_000 },
    },
    money: { cost: 0.001788, baseline: 1.025, saved: 1.023212 },
    working:
      'cost 2,000 x 0.3 = 600; 98,000 x 0.006 = 588; 500 x 1.2 = 600; sum 1,788; baseline 1,000,000 + 25,000',
  }),
];

const OUTPUT_CASES: readonly GoldenCase[] = [
  once({
    ...chat,
    title: 'reasoning with a price of its own',
    served: QWEN,
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 1000,
      total_tokens: 2000,
      completion_tokens_details: { reasoning_tokens: 800 },
    },
    money: { cost: 0.00384, baseline: 0.06, saved: 0.05616 },
    working: 'cost 1,000 x 0.4 = 400; 200 x 1.2 = 240; 800 x 4 = 3,200; sum 3,840; baseline 10,000 + 50,000',
  }),
  once({
    ...chat,
    title: 'more reasoning than output: the output is what is billed',
    served: QWEN,
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 100,
      total_tokens: 1100,
      completion_tokens_details: { reasoning_tokens: 900 },
    },
    money: { cost: 0.0008, baseline: 0.015, saved: 0.0142 },
    working: 'cost 1,000 x 0.4 + 100 x 4 = 800; baseline 10,000 + 5,000',
  }),
  once({
    ...chat,
    title: 'thoughts that only the total tells of',
    served: { price: { inputUsdPerMtok: 0.75, outputUsdPerMtok: 3.75 } },
    usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1500 },
    money: { cost: 0.002625, baseline: 0.035, saved: 0.032375 },
    working: 'output 1,500 - 1,000 = 500; cost 1,000 x 0.75 + 500 x 3.75 = 2,625; baseline 10,000 + 25,000',
  }),
  once({
    ...chat,
    title: 'a baseline whose tokens are smaller',
    served: LUNA,
    baseline: { price: { inputUsdPerMtok: 4, outputUsdPerMtok: 20 }, tokenizerFactor: 1.35 },
    usage: { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 },
    money: { cost: 0.0032, baseline: 0.081, saved: 0.0778 },
    working:
      'cost 2,000 + 1,200; baseline 13,500 x 4 + 1,350 x 20 = 54,000 + 27,000; more tokens for the same text',
  }),
];

export const CHAT_CASES: readonly GoldenCase[] = [
  ...CACHE_CASES,
  ...BAND_CASES,
  ...HOUR_CASES,
  ...OUTPUT_CASES,
];
