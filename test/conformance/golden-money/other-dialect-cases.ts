// Golden cases with providers that speak OpenAI's responses and Gemini's generateContent.

import { once, type GoldenCase } from './golden-case.ts';
import { GEMINI_FLASH, GEMINI_PRO, LUNA, PLAIN_BASELINE, QWEN, SOL } from './terms.ts';

const responses = { dialect: 'openai-responses', baseline: PLAIN_BASELINE } as const;
const google = { dialect: 'google-generate', baseline: PLAIN_BASELINE } as const;

export const RESPONSES_CASES: readonly GoldenCase[] = [
  once({
    ...responses,
    title: 'cached tokens inside the input, reasoning inside the output',
    served: LUNA,
    usage: {
      input_tokens: 10_000,
      input_tokens_details: { cached_tokens: 8000 },
      output_tokens: 500,
      output_tokens_details: { reasoning_tokens: 300 },
      total_tokens: 10_500,
    },
    money: { cost: 0.00116, baseline: 0.125, saved: 0.12384 },
    working:
      'cost 2,000 x 0.2 = 400; 8,000 x 0.02 = 160; 500 x 1.2 = 600; sum 1,160; baseline 100,000 + 25,000',
  }),
  once({
    ...responses,
    title: 'reads and writes inside the input, streamed',
    served: SOL,
    stream: true,
    usage: {
      input_tokens: 12_000,
      input_tokens_details: { cached_tokens: 4000, cache_write_tokens: 6000 },
      output_tokens: 200,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 12_200,
    },
    money: { cost: 0.0436, baseline: 0.13, saved: 0.0864 },
    working:
      'cost 2,000 x 4 = 8,000; 4,000 x 0.4 = 1,600; 6,000 x 5 = 30,000; 200 x 20 = 4,000; sum 43,600; baseline 120,000 + 10,000',
  }),
  once({
    ...responses,
    title: 'cached tokens that carry a request into the long band',
    served: SOL,
    usage: {
      input_tokens: 272_001,
      input_tokens_details: { cached_tokens: 272_000 },
      output_tokens: 100,
      total_tokens: 272_101,
    },
    money: { cost: 0.220608, baseline: 2.72501, saved: 2.504402 },
    working:
      'cost 1 x 8 = 8; 272,000 x 0.8 = 217,600; 100 x 30 = 3,000; sum 220,608; baseline 2,720,010 + 5,000',
  }),
  once({
    ...responses,
    title: 'reasoning with a price of its own, streamed',
    served: QWEN,
    stream: true,
    usage: {
      input_tokens: 3000,
      input_tokens_details: { cached_tokens: 1000 },
      output_tokens: 700,
      output_tokens_details: { reasoning_tokens: 500 },
      total_tokens: 3700,
    },
    money: { cost: 0.00312, baseline: 0.065, saved: 0.06188 },
    working:
      'cost 2,000 x 0.4 = 800; 1,000 x 0.08 = 80; 200 x 1.2 = 240; 500 x 4 = 2,000; sum 3,120; baseline 30,000 + 35,000',
  }),
  once({
    ...responses,
    title: 'an answer that is incomplete because of its output limit',
    served: LUNA,
    ending: 'cut-at-limit',
    usage: { input_tokens: 500, output_tokens: 1000, total_tokens: 1500 },
    money: { cost: 0.0013, baseline: 0.055, saved: 0.0537 },
    working: 'cost 500 x 0.2 + 1,000 x 1.2 = 1,300; baseline 5,000 + 50,000',
  }),
  once({
    ...responses,
    title: 'more cached tokens than there were tokens: the total is what is billed',
    served: LUNA,
    usage: {
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 5000 },
      output_tokens: 10,
      total_tokens: 1010,
    },
    money: { cost: 0.000032, baseline: 0.0105, saved: 0.010468 },
    working: 'cost 1,000 x 0.02 + 10 x 1.2 = 32; baseline 10,000 + 500',
  }),
];

export const GOOGLE_CASES: readonly GoldenCase[] = [
  once({
    ...google,
    title: 'cached tokens inside the prompt, thoughts beside the candidates',
    served: GEMINI_FLASH,
    usage: {
      promptTokenCount: 10_000,
      cachedContentTokenCount: 6000,
      candidatesTokenCount: 400,
      thoughtsTokenCount: 600,
      totalTokenCount: 11_000,
    },
    money: { cost: 0.0072, baseline: 0.15, saved: 0.1428 },
    working:
      'cost 4,000 x 0.75 = 3,000; 6,000 x 0.075 = 450; 1,000 x 3.75 = 3,750; sum 7,200; baseline 100,000 + 50,000',
  }),
  once({
    ...google,
    title: 'counts that every chunk of a stream repeats',
    served: GEMINI_FLASH,
    stream: true,
    usage: { promptTokenCount: 2000, candidatesTokenCount: 300, totalTokenCount: 2300 },
    money: { cost: 0.002625, baseline: 0.035, saved: 0.032375 },
    working: 'cost 2,000 x 0.75 + 300 x 3.75 = 2,625; baseline 20,000 + 15,000',
  }),
  once({
    ...google,
    title: 'tokens that a tool of the provider put into the prompt',
    served: GEMINI_FLASH,
    usage: {
      promptTokenCount: 1000,
      toolUsePromptTokenCount: 500,
      candidatesTokenCount: 100,
      totalTokenCount: 1600,
    },
    money: { cost: 0.0015, baseline: 0.02, saved: 0.0185 },
    working: 'cost 1,500 x 0.75 + 100 x 3.75 = 1,500; baseline 15,000 + 5,000',
  }),
  once({
    ...google,
    title: 'the last token of the short band',
    served: GEMINI_PRO,
    usage: { promptTokenCount: 200_000, candidatesTokenCount: 1000, totalTokenCount: 201_000 },
    money: { cost: 0.26, baseline: 2.05, saved: 1.79 },
    working: 'cost 200,000 x 1.25 + 1,000 x 10 = 260,000; baseline 2,000,000 + 50,000',
  }),
  once({
    ...google,
    title: 'the first token of the long band, half of it cached',
    served: GEMINI_PRO,
    stream: true,
    usage: {
      promptTokenCount: 200_001,
      cachedContentTokenCount: 100_000,
      candidatesTokenCount: 1000,
      totalTokenCount: 201_001,
    },
    money: { cost: 0.2900025, baseline: 2.05001, saved: 1.7600075 },
    working:
      'cost 100,001 x 2.5 = 250,002.5; 100,000 x 0.25 = 25,000; 1,000 x 15 = 15,000; sum 290,002.5; baseline 2,000,010 + 50,000',
  }),
];
