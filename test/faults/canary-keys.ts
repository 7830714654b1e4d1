// Keys in the form of every vendor, made up on the spot from a seed, and what must never be found of one. None of them
// has ever been a key of anybody.

import { seededRandom } from './seeded-random.ts';

export interface CanaryKey {
  readonly vendor: string;
  readonly key: string;
  /** The whole, both halves, and what encodings make of it: none may be seen anywhere. */
  readonly traces: readonly string[];
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';

/** Vendor, what its keys begin with, of which characters how many follow. */
const FORMS: readonly (readonly [
  vendor: string,
  prefix: string,
  alphabet: string,
  length: number,
  end?: string,
])[] = [
  ['openai', 'sk-proj-', `${LETTERS}-_`, 148, 'T3BlbkFJ'],
  ['anthropic', 'sk-ant-api03-', `${LETTERS}-_`, 93, 'AA'],
  ['deepseek', 'sk-', HEX, 32],
  ['google', 'AIza', `${LETTERS}-_`, 35],
  ['google-new', 'AQ.', `${LETTERS}-_`, 50],
  ['openrouter', 'sk-or-v1-', HEX, 64],
  ['mistral', '', LETTERS, 32],
  ['dashscope', 'sk-', HEX, 32, 'ab'],
  ['zai', '', HEX, 32, '.'],
  ['moonshot', 'sk-', LETTERS, 48],
  ['groq', 'gsk_', LETTERS, 52],
  ['xai', 'xai-', LETTERS, 80],
];

export function canaryKeys(seed: number): readonly CanaryKey[] {
  const random = seededRandom(seed);
  const some = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  return FORMS.map(([vendor, prefix, alphabet, length, end = '']) => {
    const tail = end === '.' ? `.${some(LETTERS, 16)}` : end;
    const key = prefix + some(alphabet, length) + tail;
    return { vendor, key, traces: tracesOf(key, prefix) };
  });
}

export function tracesOf(secret: string, prefix = ''): readonly string[] {
  const bare = secret.slice(prefix.length);
  return [
    secret,
    bare.slice(0, 14),
    bare.slice(-14),
    Buffer.from(secret).toString('base64').slice(4, 24),
    Buffer.from(secret).toString('hex').slice(0, 40),
  ];
}
