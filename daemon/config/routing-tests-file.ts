// Text of a `routing.test.jsonl` -> the assertions in it, and what is wrong with the lines that are none. One test a line,
// `//` comments and blank lines between them. A wrong line costs only itself: the others are still checked.

import * as z from 'zod';
import { formatPath, parseJsonc, shortened } from './jsonc-document.ts';
import { nearestName } from './nearest-name.ts';
import { choice, decimal, group, list, text, wholeNumber } from './schema-fields.ts';

const GRADES = ['simple', 'moderate', 'complex'] as const;
const TASKS = [
  ...(['code', 'classification', 'reasoning', 'translation'] as const),
  ...(['creative', 'vision', 'general'] as const),
] as const;

const MAX_ASK_CHARS = 100_000;
const MAX_INPUT_TOKENS = 10_000_000;

const nameText = (what: string) => text(`${what} of 1 to 256 characters on one line`, /^[^\0\r\n]{1,256}$/);
const words = () =>
  z
    .string({ error: 'must be text' })
    .min(1, { error: 'must not be empty' })
    .max(MAX_ASK_CHARS, { error: `must be at most ${MAX_ASK_CHARS} characters long` });

const SAYS_NOTHING = 'says nothing; name at least one thing such as "minTier"';

const expectSchema = group({
  minTier: choice(GRADES).exactOptional(),
  maxTier: choice(GRADES).exactOptional(),
  complexity: choice(GRADES).exactOptional(),
  minComplexity: choice(GRADES).exactOptional(),
  maxComplexity: choice(GRADES).exactOptional(),
  task: choice(TASKS).exactOptional(),
  model: nameText('a model id').exactOptional(),
  notModel: nameText('a model id').exactOptional(),
  provider: nameText('the name of a provider').exactOptional(),
  local: z.literal(true, { error: 'must be true; leave it out where it does not matter' }).exactOptional(),
  maxCostUsd: decimal(0, 1_000_000, 'USD').exactOptional(),
}).superRefine((value, context) => {
  if (Object.keys(value).length === 0) {
    context.addIssue({ code: 'custom', message: SAYS_NOTHING });
  }
  for (const [least, most] of [
    ['minTier', 'maxTier'],
    ['minComplexity', 'maxComplexity'],
  ] as const) {
    const [low, high] = [value[least], value[most]];
    if (low === undefined || high === undefined || GRADES.indexOf(low) <= GRADES.indexOf(high)) continue;
    context.addIssue({ code: 'custom', message: `has a ${least} above its ${most}, which nothing can meet` });
  }
});

const testSchema = group({
  ask: z
    .string({
      error: (issue) =>
        issue.input === undefined ? 'is missing; write what a user would ask' : 'must be text',
    })
    .min(1, { error: 'must not be empty' })
    .max(MAX_ASK_CHARS, { error: `must be at most ${MAX_ASK_CHARS} characters long` }),
  expect: expectSchema,
  name: nameText('a name').exactOptional(),
  profile: choice(['budget', 'balanced', 'quality']).exactOptional(),
  client: nameText('the name of a client').exactOptional(),
  needs: list(choice(['tools', 'vision', 'reasoning', 'json']), 'needs', 0, 4).default(() => []),
  inputTokens: wholeNumber(1, MAX_INPUT_TOKENS, 'tokens').exactOptional(),
  model: nameText('a model name').default('auto'),
  earlier: z
    .array(words(), { error: 'must be a list of earlier asks in [ ]' })
    .max(50, { error: 'must be a list of at most 50 earlier asks in [ ]' })
    .default(() => []),
  files: list(nameText('a path'), 'paths', 0, 100).default(() => []),
  workspace: nameText('a workspace').exactOptional(),
});

type DeepReadonly<Value> = Value extends readonly unknown[] | object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

export type RoutingExpectation = DeepReadonly<z.output<typeof expectSchema>>;

/** One line of the file, every default filled in. */
export type RoutingTest = DeepReadonly<z.output<typeof testSchema>> & {
  /** Counted from 1. */
  readonly line: number;
};

export interface LineProblem {
  /** Counted from 1; 0 = the file as a whole. */
  readonly line: number;
  /** A phrase: the key and what is wrong with it. */
  readonly problem: string;
}

export interface DecodedRoutingTests {
  readonly tests: readonly RoutingTest[];
  readonly problems: readonly LineProblem[];
}

/** More wrong lines than this are not looked at: then it is another kind of file. */
const MAX_PROBLEMS = 50;

export function decodeRoutingTests(source: string): DecodedRoutingTests {
  const tests: RoutingTest[] = [];
  const problems: LineProblem[] = [];
  const lines = source.split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const content = (index === 0 ? raw.replace(/^\uFEFF/, '') : raw).trim();
    if (content === '' || content.startsWith('//')) continue;
    if (problems.length >= MAX_PROBLEMS) {
      problems.push({ line: index + 1, problem: 'and what follows was not read: too many lines are wrong' });
      break;
    }
    const decoded = decodeLine(content);
    if (typeof decoded === 'string') problems.push({ line: index + 1, problem: decoded });
    else tests.push({ ...decoded, line: index + 1 });
  }
  return { tests, problems };
}

function decodeLine(content: string): z.output<typeof testSchema> | string {
  const parsed = parseJsonc(content);
  if (!parsed.ok) {
    const [first] = parsed.problems;
    const { path = '', column = 1, problem = 'cannot be read' } = first ?? {};
    return `column ${column}: ${path === '' ? 'the line' : path} ${problem}`;
  }
  const checked = testSchema.safeParse(parsed.document.value);
  if (checked.success) return checked.data;
  const { issues } = checked.error;
  const hasUnknown = issues.some(({ code }) => code === 'unrecognized_keys');
  const phrases = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknown(issue.path, key));
    if (hasUnknown && issue.message === SAYS_NOTHING) return []; // what it says is in the unknown key
    return [`${issue.path.length === 0 ? 'the line' : formatPath(issue.path)} ${issue.message}`];
  });
  return [...new Set(phrases)].slice(0, MAX_PHRASES).join('; ');
}

const MAX_PHRASES = 5;

const TEST_KEYS: readonly string[] = Object.keys(testSchema.shape);
const EXPECT_KEYS: readonly string[] = Object.keys(expectSchema.shape);

function describeUnknown(parent: readonly PropertyKey[], key: string): string {
  const [own, other] = parent[0] === 'expect' ? [EXPECT_KEYS, TEST_KEYS] : [TEST_KEYS, EXPECT_KEYS];
  const name = formatPath([...parent, shortened(key)]);
  if (other.includes(key)) {
    return `${name} is not a known key here; it belongs ${own === TEST_KEYS ? 'inside' : 'outside'} "expect"`;
  }
  return `${name} is not a known key; the nearest known key is "${nearestName(key, own) ?? ''}"`;
}
