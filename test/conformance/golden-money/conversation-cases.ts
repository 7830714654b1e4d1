// Golden cases of several requests: the baseline would have had the beginning of each prompt in a cache of its own. The
// sizes of messages are exact, so that the warm share of a prompt is a plain fraction.

import type { GoldenCase, Step } from './golden-case.ts';
import { LUNA, OPUS } from './terms.ts';

const CACHE = { kind: 'automatic', minTokens: 1024, ttlS: 300 } as const;
/** Cached tokens at a tenth; writes cost what input costs. */
const FREE_WRITES = {
  price: { inputUsdPerMtok: 4, outputUsdPerMtok: 20, cacheReadUsdPerMtok: 0.4 },
  cache: CACHE,
} as const;
/** Cached tokens at a tenth; writes cost a quarter more than input. */
const DEAR_WRITES = {
  price: { ...FREE_WRITES.price, cacheWriteUsdPerMtok: 5 },
  cache: CACHE,
} as const;
const EXPLICIT = { ...OPUS, cache: { kind: 'explicit', minTokens: 1024, ttlS: 300 } } as const;

const QUESTION = [['user', 9000]] as const;
const GROWN = [...QUESTION, ['assistant', 500], ['user', 500]] as const;
const chatUsage = (input: number, cached: number, output: number) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
});

/** 9,000 tokens in and 100 out, nothing cached: 1,800 + 120. */
const first = (money: Step['money'], working: string): Step => ({
  messages: QUESTION,
  usage: chatUsage(9000, 0, 100),
  ...(money === undefined ? {} : { money }),
  working,
});
/** 10,000 tokens in, 8,000 of them cached, and 100 out: 400 + 160 + 120. */
const second = (afterS: number, money: NonNullable<Step['money']>, working: string): Step => ({
  afterS,
  messages: GROWN,
  usage: chatUsage(10_000, 8000, 100),
  money,
  working,
});

const chat = { dialect: 'openai-chat', served: LUNA } as const;

export const CONVERSATION_CASES: readonly GoldenCase[] = [
  {
    ...chat,
    title: 'the baseline reads nine tenths of the second prompt from its own cache',
    baseline: FREE_WRITES,
    steps: [
      first(
        { cost: 0.00192, baseline: 0.038, saved: 0.03608 },
        'cost 1,800 + 120; baseline 9,000 x 4 + 100 x 20 = 38,000',
      ),
      second(
        30,
        { cost: 0.00068, baseline: 0.0096, saved: 0.00892 },
        'cost 680; baseline 9,000 x 0.4 = 3,600; 1,000 x 4 = 4,000; 100 x 20 = 2,000; sum 9,600',
      ),
    ],
  },
  {
    ...chat,
    title: 'the baseline pays its writes, of the whole prompt first and of what is new then',
    baseline: DEAR_WRITES,
    steps: [
      first(
        { cost: 0.00192, baseline: 0.047, saved: 0.04508 },
        'cost 1,800 + 120; baseline 9,000 x 5 + 100 x 20 = 47,000',
      ),
      second(
        30,
        { cost: 0.00068, baseline: 0.0106, saved: 0.00992 },
        'cost 680; baseline 9,000 x 0.4 = 3,600; 1,000 x 5 = 5,000; 2,000; sum 10,600',
      ),
    ],
  },
  {
    ...chat,
    title: 'the baseline’s cache has expired five minutes later, and is written again',
    baseline: DEAR_WRITES,
    steps: [
      first(undefined, 'writes the cache of the baseline'),
      second(
        300,
        { cost: 0.00068, baseline: 0.052, saved: 0.05132 },
        'cost 680; baseline 10,000 x 5 + 2,000 = 52,000',
      ),
    ],
  },
  {
    ...chat,
    title: 'the baseline’s cache lives on in the second before it would have expired',
    baseline: DEAR_WRITES,
    steps: [
      first(undefined, 'writes the cache of the baseline'),
      second(
        299,
        { cost: 0.00068, baseline: 0.0106, saved: 0.00992 },
        'cost 680; baseline 3,600 + 5,000 + 2,000 = 10,600',
      ),
    ],
  },
  {
    ...chat,
    title: 'every use prolongs the life of the baseline’s cache',
    baseline: DEAR_WRITES,
    steps: [
      first(undefined, 'writes the cache of the baseline'),
      { ...first(undefined, 'the same again after 200 s: read'), afterS: 200 },
      second(
        400,
        { cost: 0.00068, baseline: 0.0106, saved: 0.00992 },
        'cost 680; 200 s after the last use: 3,600 + 5,000 + 2,000 = 10,600',
      ),
    ],
  },
  {
    ...chat,
    title: 'two conversations with one beginning share the baseline’s cache',
    baseline: DEAR_WRITES,
    steps: [
      first(undefined, 'writes the cache of the baseline'),
      {
        ...second(
          60,
          { cost: 0.00068, baseline: 0.0106, saved: 0.00992 },
          'cost 680; baseline 3,600 + 5,000 + 2,000 = 10,600',
        ),
        conversation: 'another',
      },
    ],
  },
  {
    ...chat,
    title: 'the same prompt once more is read as a whole',
    baseline: DEAR_WRITES,
    steps: [
      first(undefined, 'writes the cache of the baseline'),
      {
        ...first(
          { cost: 0.00192, baseline: 0.0056, saved: 0.00368 },
          'cost 1,920; baseline 9,000 x 0.4 + 100 x 20 = 5,600',
        ),
        afterS: 10,
      },
    ],
  },
  {
    ...chat,
    title: 'a prompt that is too short to be cached is neither written nor read',
    baseline: DEAR_WRITES,
    steps: [
      {
        messages: [['user', 4000]],
        usage: chatUsage(1000, 0, 100),
        money: { cost: 0.00032, baseline: 0.006, saved: 0.00568 },
        working: 'cost 200 + 120; baseline 1,000 x 4 + 100 x 20 = 6,000, no write',
      },
      {
        afterS: 5,
        messages: [['user', 4000]],
        usage: chatUsage(1000, 0, 100),
        money: { cost: 0.00032, baseline: 0.006, saved: 0.00568 },
        working: 'the same: 1,000 is less than 1,024',
      },
    ],
  },
  {
    ...chat,
    title: 'a client without marks would not have filled an explicit cache before it pays',
    baseline: EXPLICIT,
    steps: [
      first(
        { cost: 0.00192, baseline: 0.038, saved: 0.03608 },
        'cost 1,920; baseline unmarked 9,000 x 4 + 2,000 = 38,000, marked 9,000 x 5 + 2,000 = 47,000: the lower one',
      ),
      second(
        30,
        { cost: 0.00068, baseline: 0.0088, saved: 0.00812 },
        'cost 680; baseline marked 9,000 x 0.2 + 1,000 x 5 + 2,000 = 8,800, unmarked 42,000: the lower one',
      ),
    ],
  },
  {
    title: 'a client that marks its prompt fills an explicit cache, premium and all',
    dialect: 'openai-chat',
    served: LUNA,
    baseline: EXPLICIT,
    marks: true,
    steps: [
      first(
        { cost: 0.00192, baseline: 0.047, saved: 0.04508 },
        'cost 1,920; baseline 9,000 x 5 + 2,000 = 47,000',
      ),
      second(
        30,
        { cost: 0.00068, baseline: 0.0088, saved: 0.00812 },
        'cost 680; baseline 9,000 x 0.2 + 1,000 x 5 + 2,000 = 8,800',
      ),
    ],
  },
  {
    title: 'a warm baseline in its own, smaller tokens',
    dialect: 'openai-chat',
    served: LUNA,
    baseline: { ...EXPLICIT, tokenizerFactor: 1.35 },
    marks: true,
    steps: [
      first(
        { cost: 0.00192, baseline: 0.06345, saved: 0.06153 },
        'cost 1,920; baseline 12,150 x 5 + 135 x 20 = 60,750 + 2,700',
      ),
      second(
        30,
        { cost: 0.00068, baseline: 0.01188, saved: 0.0112 },
        'cost 680; baseline 13,500: 12,150 x 0.2 = 2,430; 1,350 x 5 = 6,750; 135 x 20 = 2,700; sum 11,880',
      ),
    ],
  },
  {
    title: 'a switch that costs more than it saves: a cold model against a warm baseline',
    dialect: 'anthropic-messages',
    served: {
      price: {
        inputUsdPerMtok: 2,
        outputUsdPerMtok: 10,
        cacheReadUsdPerMtok: 0.1,
        cacheWriteUsdPerMtok: 2.5,
      },
    },
    baseline: EXPLICIT,
    marks: true,
    steps: [
      { messages: QUESTION, usage: { input_tokens: 9000, output_tokens: 100 } },
      {
        afterS: 20,
        messages: GROWN,
        usage: { input_tokens: 0, cache_creation_input_tokens: 10_000, output_tokens: 100 },
        money: { cost: 0.026, baseline: 0.0088, saved: -0.0172 },
        working:
          'cost 10,000 x 2.5 + 100 x 10 = 26,000; baseline 9,000 x 0.2 + 1,000 x 5 + 2,000 = 8,800: signed, a loss',
      },
    ],
  },
];
