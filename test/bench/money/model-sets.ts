// The sets of models that the bench routes between: what each costs, how its provider caches prompts, and how many tokens
// it needs. Prices of autumn 2026 as a benchmark's constants; the daemon's own price list is not asked.

export type Tier = 'strong' | 'mid' | 'small';
export const TIERS: readonly Tier[] = ['small', 'mid', 'strong'];

export interface Band {
  readonly input: number;
  /** Of a token that is not read from the cache; equal to `input` where writes are not billed apart. */
  readonly write: number;
  readonly read: number;
  readonly output: number;
}

/** USD per million tokens. */
export interface SimulatedModel extends Band {
  readonly name: string;
  readonly dialect: 'anthropic-messages' | 'openai-chat' | 'openai-responses';
  /** Reports cached tokens as `prompt_cache_hit_tokens`. */
  readonly isDeepSeekLike?: boolean;
  /** The whole request is billed at these prices when its prompt is longer. */
  readonly longBand?: Band & { readonly aboveTokens: number };
  readonly ttlS: number;
  readonly minTokens: number;
  /** Automatic caches work in steps of so many tokens. */
  readonly stepTokens: number;
  /** Tokens per token of the reference, which is four bytes of text. */
  readonly tokenizerFactor: number;
  /** Output per output of a terse model; what is above 1 is thinking that nobody sees. */
  readonly verbosity: number;
  /** Share of a warm prefix that the provider really serves from its cache. */
  readonly hitRatio: number;
}

type Given = Pick<SimulatedModel, 'name' | 'dialect' | 'input' | 'read' | 'output'> & Partial<SimulatedModel>;

function model(given: Given): SimulatedModel {
  return {
    write: given.input,
    ttlS: 300,
    minTokens: 1024,
    stepTokens: 128,
    tokenizerFactor: 1,
    verbosity: 1,
    hitRatio: 1,
    ...given,
  };
}

function claude(
  name: string,
  input: number,
  read: number,
  output: number,
  more: Partial<SimulatedModel> = {},
) {
  return model({
    name,
    dialect: 'anthropic-messages',
    input,
    write: input * 1.25,
    read,
    output,
    tokenizerFactor: 1.3,
    stepTokens: 1,
    ...more,
  });
}

const opus = claude('claude-opus-5-5', 4, 0.2, 20);
const sonnet = claude('claude-sonnet-5-5', 2, 0.1, 10);
const haiku55 = claude('claude-haiku-5-5', 0.1, 0.01, 0.5, {
  longBand: { aboveTokens: 100_000, input: 0.5, write: 0.625, read: 0.05, output: 2.5 },
});
const haiku45 = claude('claude-haiku-4-5', 1, 0.1, 5, { tokenizerFactor: 1, minTokens: 4096 });

const chat = (name: string, input: number, read: number, output: number, more: Partial<SimulatedModel>) =>
  model({ name, dialect: 'openai-chat', input, read, output, ...more });
const DEEPSEEK = {
  ttlS: 4 * 3600,
  minTokens: 128,
  stepTokens: 64,
  verbosity: 1.5,
  hitRatio: 0.97,
  isDeepSeekLike: true,
} as const;
const flash = chat('deepseek-flash', 0.15, 0.003, 0.6, DEEPSEEK);
const pro = chat('deepseek-v4-pro', 0.66, 0.022, 1.98, DEEPSEEK);
const glm = chat('glm-5.3', 1.4, 0.26, 4.4, { verbosity: 1.3, hitRatio: 0.95 });
const kimi = chat('kimi-k2.6', 0.95, 0.16, 4, { verbosity: 1.2, hitRatio: 0.9 });
const qwen = chat('qwen-plus', 0.4, 0.08, 1.2, { verbosity: 1.2, hitRatio: 0.7 });
const gemini = chat('gemini-3.6-flash', 0.75, 0.075, 3.75, {
  verbosity: 1.2,
  hitRatio: 0.65,
  minTokens: 4096,
});

const gpt = (name: string, input: number, output: number, dialect: SimulatedModel['dialect']) =>
  model({
    name,
    dialect,
    input,
    write: input * 1.25,
    read: input / 10,
    output,
    ttlS: 600,
    hitRatio: 0.95,
  });

export interface ModelSet {
  readonly title: string;
  readonly models: Readonly<Record<Tier, SimulatedModel>>;
  /** What is to be shown: least true net saving, percent, and least lead over naive routing, points. */
  readonly leastSavedPercent?: number;
  readonly leastLeadPoints?: number;
}

export const MODEL_SETS: Readonly<Record<string, ModelSet>> = {
  E1: {
    title: 'Opus 5.5 | Sonnet 5.5 | DeepSeek flash',
    models: { strong: opus, mid: sonnet, small: flash },
    leastSavedPercent: 48,
    leastLeadPoints: 10,
  },
  E2: {
    title: 'Opus 5.5 | Sonnet 5.5 | Haiku 5.5',
    models: { strong: opus, mid: sonnet, small: haiku55 },
    leastSavedPercent: 44,
    leastLeadPoints: 10,
  },
  E3: { title: 'Opus 5.5 | Sonnet 5.5 | Haiku 4.5', models: { strong: opus, mid: sonnet, small: haiku45 } },
  E4: {
    title: 'Sonnet 5.5 | GLM-5.3 | DeepSeek flash',
    models: { strong: sonnet, mid: glm, small: flash },
    leastSavedPercent: 33,
    leastLeadPoints: 10,
  },
  E5: {
    title: 'Sonnet 5.5 | Kimi K2.6 | Qwen plus',
    models: { strong: sonnet, mid: kimi, small: qwen },
    leastSavedPercent: 10,
  },
  E7: {
    title: 'GPT-5.6 sol | terra | luna',
    models: {
      strong: gpt('gpt-5.6-sol', 4, 20, 'openai-responses'),
      mid: gpt('gpt-5.6-terra', 2, 12, 'openai-responses'),
      small: gpt('gpt-5.6-luna', 0.2, 1.2, 'openai-chat'),
    },
  },
  E9: {
    title: 'Sonnet 5.5 | Gemini 3.6 flash | Haiku 4.5',
    models: { strong: sonnet, mid: gemini, small: haiku45 },
    leastSavedPercent: 10,
  },
  E10: {
    title: 'Opus 5.5 | DeepSeek V4 Pro | DeepSeek flash',
    models: { strong: opus, mid: pro, small: flash },
  },
};

/** What the naive router of the comparison asks for each request's grade. */
export const NAIVE_CLASSIFIER = { model: flash, inputTokens: 1500, outputTokens: 20 } as const;
