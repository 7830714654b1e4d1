// Requests whose cost was worked out by hand (`working`, in millionths of a dollar unless it says otherwise) from the
// vendors' price pages. Tokens: in (all input) / read / write / out / reasoning.

export interface GoldenCase {
  /** Provider and its name for the model. */
  readonly model: readonly [provider: string, upstreamModel: string];
  readonly at: string;
  readonly in?: number;
  readonly read?: number;
  readonly write?: number;
  /** Part of `write` that was written for one hour. */
  readonly write1h?: number;
  readonly out?: number;
  readonly reasoning?: number;
  readonly usd: number;
  readonly working: string;
}

const NOON = '2026-11-20T12:00:00Z'; // a Friday
const FRIDAY = (time: string) => `2026-11-20T${time}Z`;

const OPUS = ['anthropic', 'claude-opus-5-5'] as const;
const SONNET = ['anthropic', 'claude-sonnet-5-5'] as const;
const HAIKU = ['anthropic', 'claude-haiku-5-5'] as const;
const FLASH = ['deepseek', 'deepseek-flash'] as const;
const PRO = ['deepseek', 'deepseek-v4-pro'] as const;
const SOL = ['openai', 'gpt-5.6-sol'] as const;
const GEMINI = ['gemini', 'gemini-3.8-flash'] as const;
const GROK = ['xai', 'grok-4.6'] as const;

/** What 10,000 in and 1,000 out cost on deepseek-flash: 1,500 + 600, twice that at peak hours. */
const flash = (at: string, isPeak: boolean): GoldenCase => ({
  model: FLASH,
  at,
  in: 10_000,
  out: 1000,
  usd: isPeak ? 0.0042 : 0.0021,
  working: isPeak ? '10,000 x 0.30 + 1,000 x 1.20 = 4,200' : '10,000 x 0.15 + 1,000 x 0.60 = 2,100',
});

export const GOLDEN_COST_CASES: readonly GoldenCase[] = [
  // Anthropic: four prices of input, two bands for Haiku
  { model: OPUS, at: NOON, in: 1000, out: 500, usd: 0.014, working: '1,000 x 4 + 500 x 20' },
  {
    model: OPUS,
    at: NOON,
    in: 100_000,
    read: 95_000,
    write: 4000,
    out: 800,
    usd: 0.059,
    working: '1,000 x 4 = 4,000; 95,000 x 0.2 = 19,000; 4,000 x 5 = 20,000; 800 x 20 = 16,000',
  },
  { model: OPUS, at: NOON, in: 10_000, write: 10_000, write1h: 10_000, usd: 0.08, working: '10,000 x 8' },
  {
    model: OPUS,
    at: NOON,
    in: 10_000,
    write: 10_000,
    write1h: 4000,
    usd: 0.062,
    working: '6,000 x 5 = 30,000; 4,000 x 8 = 32,000',
  },
  {
    model: OPUS,
    at: NOON,
    in: 300_000,
    out: 1000,
    usd: 1.22,
    working: 'no long band: 300,000 x 4 + 1,000 x 20',
  },
  {
    model: OPUS,
    at: NOON,
    in: 1000,
    read: 1500,
    usd: 0.0003,
    working: 'parts beat a wrong total: 1,500 x 0.2',
  },
  {
    model: SONNET,
    at: NOON,
    in: 50_000,
    read: 50_000,
    out: 200,
    usd: 0.007,
    working: '50,000 x 0.1 + 200 x 10',
  },
  {
    model: SONNET,
    at: NOON,
    in: 2000,
    out: 1000,
    reasoning: 600,
    usd: 0.014,
    working: 'reasoning lies inside output: 2,000 x 2 + 1,000 x 10',
  },
  { model: SONNET, at: NOON, in: 8000, write: 8000, out: 100, usd: 0.021, working: '8,000 x 2.5 + 100 x 10' },
  {
    model: HAIKU,
    at: NOON,
    in: 100_000,
    out: 1000,
    usd: 0.0105,
    working: 'not above: 100,000 x 0.1 + 1,000 x 0.5',
  },
  {
    model: HAIKU,
    at: NOON,
    in: 100_001,
    out: 1000,
    usd: 0.0525005,
    working: 'one token above, all tokens dear: 100,001 x 0.5 + 1,000 x 2.5',
  },
  {
    model: HAIKU,
    at: NOON,
    in: 160_000,
    read: 150_000,
    write: 5000,
    out: 2000,
    usd: 0.018125,
    working: '5,000 x 0.5 = 2,500; 150,000 x 0.05 = 7,500; 5,000 x 0.625 = 3,125; 2,000 x 2.5 = 5,000',
  },
  {
    model: HAIKU,
    at: NOON,
    in: 200_000,
    write: 200_000,
    write1h: 200_000,
    usd: 0.2,
    working: 'one-hour writes in the long band cost 2 x 0.5: 200,000 x 1',
  },
  {
    model: HAIKU,
    at: NOON,
    in: 20_000,
    read: 19_000,
    out: 100,
    usd: 0.00034,
    working: '1,000 x 0.1 = 100; 19,000 x 0.01 = 190; 100 x 0.5 = 50',
  },
  {
    model: ['anthropic', 'claude-haiku-4-5'],
    at: NOON,
    in: 3000,
    out: 400,
    usd: 0.005,
    working: '3,000 + 400 x 5',
  },
  {
    model: ['anthropic', 'claude-sonnet-4-6'],
    at: NOON,
    in: 400_000,
    usd: 1.2,
    working: 'flat to 1M: 400,000 x 3',
  },
  {
    model: ['anthropic', 'claude-opus-4-8'],
    at: NOON,
    in: 2000,
    out: 100,
    usd: 0.0125,
    working: '2,000 x 5 + 100 x 25',
  },
  {
    model: ['anthropic', 'claude-3-haiku'],
    at: NOON,
    in: 10_000,
    out: 1000,
    usd: 0.00375,
    working: 'by alias: 10,000 x 0.25 + 1,000 x 1.25',
  },
  {
    model: ['anthropic', 'claude-fable-5-1'],
    at: NOON,
    in: 40_000,
    read: 40_000,
    usd: 0.01,
    working: '40,000 x 0.25',
  },
  // DeepSeek: hours and weekdays, UTC
  flash('2026-11-21T02:40:00Z', false), // Saturday
  flash('2026-11-22T08:00:00Z', false), // Sunday
  flash(FRIDAY('02:40:00'), true),
  flash(FRIDAY('00:59:59'), false),
  flash(FRIDAY('01:00:00'), true),
  flash(FRIDAY('03:59:59'), true),
  flash(FRIDAY('04:00:00'), false),
  flash(FRIDAY('05:00:00'), false),
  flash(FRIDAY('06:00:00'), true),
  flash(FRIDAY('09:59:59'), true),
  flash(FRIDAY('10:00:00'), false),
  {
    model: FLASH,
    at: '2026-11-23T08:00:00Z',
    in: 100_000,
    read: 98_000,
    out: 500,
    usd: 0.001788,
    working: 'Monday, peak: 2,000 x 0.3 = 600; 98,000 x 0.006 = 588; 500 x 1.2 = 600',
  },
  {
    ...flash(NOON, false),
    model: ['deepseek', 'deepseek-v4-flash'],
    working: 'retired name, billed as flash',
  },
  {
    model: PRO,
    at: NOON,
    in: 20_000,
    read: 15_000,
    out: 2000,
    usd: 0.00759,
    working: '5,000 x 0.66 = 3,300; 15,000 x 0.022 = 330; 2,000 x 1.98 = 3,960',
  },
  {
    model: PRO,
    at: '2026-11-24T03:00:00Z',
    in: 20_000,
    read: 15_000,
    out: 2000,
    usd: 0.01518,
    working: 'Tuesday, peak: twice 7,590',
  },
  // OpenAI: writes at 1.25, long band above 272,000
  {
    model: SOL,
    at: NOON,
    in: 272_000,
    out: 1000,
    usd: 1.108,
    working: 'not above: 272,000 x 4 + 1,000 x 20',
  },
  { model: SOL, at: NOON, in: 272_001, out: 1000, usd: 2.206008, working: '272,001 x 8 + 1,000 x 30' },
  {
    model: SOL,
    at: NOON,
    in: 300_000,
    read: 250_000,
    write: 40_000,
    out: 1000,
    usd: 0.71,
    working: '10,000 x 8 = 80,000; 250,000 x 0.8 = 200,000; 40,000 x 10 = 400,000; 1,000 x 30 = 30,000',
  },
  {
    model: ['openai', 'gpt-5.6-terra'],
    at: NOON,
    in: 10_000,
    write: 8000,
    out: 500,
    usd: 0.03,
    working: '2,000 x 2 = 4,000; 8,000 x 2.5 = 20,000; 500 x 12 = 6,000',
  },
  {
    model: ['openai', 'gpt-5.6-luna'],
    at: NOON,
    in: 50_000,
    read: 48_000,
    out: 300,
    usd: 0.00172,
    working: '2,000 x 0.2 = 400; 48,000 x 0.02 = 960; 300 x 1.2 = 360',
  },
  {
    model: ['openai', 'gpt-6.1-sol'],
    at: NOON,
    in: 10_000,
    read: 9000,
    out: 100,
    usd: 0.0039,
    working: '1,000 x 2 = 2,000; 9,000 x 0.1 = 900; 100 x 10 = 1,000',
  },
  {
    model: ['openai', 'gpt-4o'],
    at: NOON,
    in: 1000,
    read: 500,
    out: 100,
    usd: 0.002875,
    working: '500 x 2.5 = 1,250; 500 x 1.25 = 625; 100 x 10 = 1,000',
  },
  {
    model: ['openai', 'gpt-4o-mini'],
    at: NOON,
    in: 100_000,
    out: 10_000,
    usd: 0.021,
    working: '15,000 + 6,000',
  },
  {
    model: ['openai', 'gpt-4.1-mini'],
    at: NOON,
    in: 5000,
    read: 4000,
    out: 1000,
    usd: 0.0024,
    working: '1,000 x 0.4 = 400; 4,000 x 0.1 = 400; 1,000 x 1.6 = 1,600',
  },
  { model: ['openai', 'gpt-4'], at: NOON, in: 1000, out: 1000, usd: 0.09, working: '30,000 + 60,000' },
  // Others
  {
    model: GEMINI,
    at: '2026-12-31T23:59:59Z',
    in: 10_000,
    out: 1000,
    usd: 0.01125,
    working: '7,500 + 3,750',
  },
  {
    model: GEMINI,
    at: '2027-01-01T00:00:00Z',
    in: 10_000,
    out: 1000,
    usd: 0.0225,
    working: '15,000 + 7,500',
  },
  {
    model: ['zai', 'glm-5.3'],
    at: NOON,
    in: 10_000,
    read: 6000,
    out: 1000,
    usd: 0.01156,
    working: '4,000 x 1.4 = 5,600; 6,000 x 0.26 = 1,560; 1,000 x 4.4 = 4,400',
  },
  {
    model: ['zai', 'glm-4.7-flash'],
    at: NOON,
    in: 100_000,
    out: 5000,
    usd: 0,
    working: 'free: zero is a price',
  },
  {
    model: ['moonshot', 'kimi-k3'],
    at: NOON,
    in: 10_000,
    read: 8000,
    out: 200,
    usd: 0.0114,
    working: '2,000 x 3 = 6,000; 8,000 x 0.3 = 2,400; 200 x 15 = 3,000',
  },
  {
    model: ['dashscope', 'qwen-plus'],
    at: NOON,
    in: 10_000,
    read: 5000,
    out: 1000,
    usd: 0.0036,
    working: '5,000 x 0.4 = 2,000; 5,000 x 0.08 = 400; 1,000 x 1.2 = 1,200',
  },
  {
    model: ['mistral', 'mistral-medium-3-5'],
    at: NOON,
    in: 4000,
    out: 1000,
    usd: 0.0135,
    working: '6,000 + 7,500',
  },
  {
    model: ['groq', 'openai/gpt-oss-20b'],
    at: NOON,
    in: 10_000,
    read: 4000,
    out: 1000,
    usd: 0.0009,
    working: '6,000 x 0.075 = 450; 4,000 x 0.0375 = 150; 1,000 x 0.3 = 300',
  },
  { model: GROK, at: NOON, in: 199_999, out: 100, usd: 0.400598, working: '199,999 x 2 + 100 x 6' },
  {
    model: GROK,
    at: NOON,
    in: 200_000,
    out: 100,
    usd: 0.8012,
    working: 'from 200,000 on: 200,000 x 4 + 100 x 12',
  },
  { model: OPUS, at: NOON, usd: 0, working: 'nothing used, nothing owed' },
];
