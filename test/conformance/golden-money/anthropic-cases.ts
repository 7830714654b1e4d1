// Golden cases with a provider that speaks Anthropic's messages: input, cache reads and cache writes are reported apart.

import { once, type GoldenCase } from './golden-case.ts';
import { HAIKU, OPUS, PLAIN_BASELINE, SONNET } from './terms.ts';

const anthropic = { dialect: 'anthropic-messages', baseline: PLAIN_BASELINE } as const;

export const ANTHROPIC_CASES: readonly GoldenCase[] = [
  once({
    ...anthropic,
    title: 'input and output of a plain answer',
    served: OPUS,
    usage: { input_tokens: 1000, output_tokens: 500 },
    money: { cost: 0.014, baseline: 0.035, saved: 0.021 },
    working: 'cost 1,000 x 4 + 500 x 20 = 14,000; baseline 1,000 x 10 + 500 x 50 = 35,000',
  }),
  once({
    ...anthropic,
    title: 'counts of a stream that are told twice and counted once',
    served: OPUS,
    stream: true,
    usage: { input_tokens: 2500, output_tokens: 400 },
    money: { cost: 0.018, baseline: 0.045, saved: 0.027 },
    working: 'cost 2,500 x 4 + 400 x 20 = 18,000; baseline 25,000 + 20,000 = 45,000',
  }),
  once({
    ...anthropic,
    title: 'reads and writes that stand beside the input, not in it',
    served: OPUS,
    usage: {
      input_tokens: 1000,
      cache_read_input_tokens: 95_000,
      cache_creation_input_tokens: 4000,
      output_tokens: 800,
    },
    money: { cost: 0.059, baseline: 1.04, saved: 0.981 },
    working:
      'cost 1,000 x 4 = 4,000; 95,000 x 0.2 = 19,000; 4,000 x 5 = 20,000; 800 x 20 = 16,000; sum 59,000; baseline 100,000 x 10 + 800 x 50 = 1,040,000',
  }),
  once({
    ...anthropic,
    title: 'reads and writes of a stream',
    served: OPUS,
    stream: true,
    usage: {
      input_tokens: 200,
      cache_read_input_tokens: 30_000,
      cache_creation_input_tokens: 1800,
      output_tokens: 600,
    },
    money: { cost: 0.0278, baseline: 0.35, saved: 0.3222 },
    working:
      'cost 200 x 4 = 800; 30,000 x 0.2 = 6,000; 1,800 x 5 = 9,000; 600 x 20 = 12,000; sum 27,800; baseline 32,000 x 10 + 600 x 50 = 350,000',
  }),
  once({
    ...anthropic,
    title: 'writes for five minutes and for one hour in one answer',
    served: OPUS,
    usage: {
      input_tokens: 500,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 10_000,
      cache_creation: { ephemeral_5m_input_tokens: 6000, ephemeral_1h_input_tokens: 4000 },
      output_tokens: 100,
    },
    money: { cost: 0.066, baseline: 0.11, saved: 0.044 },
    working:
      'cost 500 x 4 = 2,000; 6,000 x 5 = 30,000; 4,000 x 8 = 32,000; 100 x 20 = 2,000; sum 66,000; baseline 10,500 x 10 + 100 x 50 = 110,000',
  }),
  once({
    ...anthropic,
    title: 'writes for one hour only, streamed',
    served: SONNET,
    stream: true,
    usage: {
      input_tokens: 50,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 8000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 8000 },
      output_tokens: 90,
    },
    money: { cost: 0.033, baseline: 0.085, saved: 0.052 },
    working:
      'cost 50 x 2 = 100; 8,000 x 4 = 32,000; 90 x 10 = 900; sum 33,000; baseline 8,050 x 10 + 90 x 50 = 80,500 + 4,500 = 85,000',
  }),
  once({
    ...anthropic,
    title: 'writes that are only told by how long they live',
    served: OPUS,
    usage: {
      input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 0 },
      output_tokens: 10,
    },
    money: { cost: 0.0106, baseline: 0.0215, saved: 0.0109 },
    working:
      'cost 100 x 4 = 400; 2,000 x 5 = 10,000; 10 x 20 = 200; sum 10,600; baseline 2,100 x 10 + 10 x 50 = 21,500',
  }),
  once({
    ...anthropic,
    title: 'a prompt that fills the short band to the last token, cached parts included',
    served: HAIKU,
    usage: {
      input_tokens: 1000,
      cache_read_input_tokens: 98_000,
      cache_creation_input_tokens: 1000,
      output_tokens: 1000,
    },
    money: { cost: 0.001705, baseline: 1.05, saved: 1.048295 },
    working:
      'cost 1,000 x 0.1 = 100; 98,000 x 0.01 = 980; 1,000 x 0.125 = 125; 1,000 x 0.5 = 500; sum 1,705; baseline 100,000 x 10 + 1,000 x 50',
  }),
  once({
    ...anthropic,
    title: 'one cached token more, and every token costs what the long band costs',
    served: HAIKU,
    usage: {
      input_tokens: 1000,
      cache_read_input_tokens: 98_001,
      cache_creation_input_tokens: 1000,
      output_tokens: 1000,
    },
    money: { cost: 0.00852505, baseline: 1.05001, saved: 1.04148495 },
    working:
      'cost 1,000 x 0.5 = 500; 98,001 x 0.05 = 4,900.05; 1,000 x 0.625 = 625; 1,000 x 2.5 = 2,500; sum 8,525.05; baseline 100,001 x 10 + 50,000',
  }),
  once({
    ...anthropic,
    title: 'one-hour writes in the long band, twice its input price',
    served: HAIKU,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 120_000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 120_000 },
      output_tokens: 20,
    },
    money: { cost: 0.120055, baseline: 1.2011, saved: 1.081045 },
    working:
      'cost 10 x 0.5 = 5; 120,000 x 1 = 120,000; 20 x 2.5 = 50; sum 120,055; baseline 120,010 x 10 + 20 x 50 = 1,201,100',
  }),
  once({
    ...anthropic,
    title: 'thoughts that lie inside the output',
    served: SONNET,
    usage: { input_tokens: 2000, output_tokens: 1000, output_tokens_details: { thinking_tokens: 600 } },
    money: { cost: 0.014, baseline: 0.07, saved: 0.056 },
    working: 'cost 2,000 x 2 + 1,000 x 10 = 14,000; baseline 20,000 + 50,000 = 70,000',
  }),
  once({
    ...anthropic,
    title: 'a baseline that needs fewer tokens for the same text',
    served: { ...OPUS, tokenizerFactor: 1.35 },
    baseline: { price: { inputUsdPerMtok: 4, outputUsdPerMtok: 20 } },
    usage: { input_tokens: 13_500, output_tokens: 1350 },
    money: { cost: 0.081, baseline: 0.06, saved: -0.021 },
    working:
      'cost 13,500 x 4 + 1,350 x 20 = 81,000; baseline 13,500 / 1.35 = 10,000 x 4 + 1,000 x 20 = 60,000: a loss',
  }),
  once({
    ...anthropic,
    title: 'an answer that reached its output limit',
    served: SONNET,
    ending: 'cut-at-limit',
    usage: { input_tokens: 300, output_tokens: 4096 },
    money: { cost: 0.04156, baseline: 0.2078, saved: 0.16624 },
    working: 'cost 300 x 2 + 4,096 x 10 = 600 + 40,960; baseline 3,000 + 204,800 = 207,800',
  }),
];
