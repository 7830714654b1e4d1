// Text of `config.jsonc` -> a complete, frozen configuration, or every problem in it with its place. Nothing in
// between: a configuration is taken whole or not at all. Values are never repeated in messages, since one of them may
// be a key in the wrong place.

import { crossCheck, NO_KNOWN_NAMES } from './cross-checks.ts';
import type { KnownNames } from './cross-checks.ts';
import { formatPath, parseJsonc } from './jsonc-document.ts';
import type { ConfigProblem, JsoncDocument, JsonPath } from './jsonc-document.ts';
import { configSchema } from './schema.ts';
import type { RouterConfig } from './schema.ts';
import { describeUnknownKey } from './unknown-key.ts';

export type { ConfigProblem } from './jsonc-document.ts';

export type DecodedConfig =
  | { readonly ok: true; readonly config: RouterConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** `known`: names that models, fallbacks and profiles may use although the file does not define them. */
export function decodeConfig(text: string, known: KnownNames = NO_KNOWN_NAMES): DecodedConfig {
  const parsed = parseJsonc(text);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  const checked = configSchema.safeParse(document.value);
  if (!checked.success) {
    return {
      ok: false,
      problems: inFileOrder(checked.error.issues.flatMap((issue) => toProblems(issue, document))),
    };
  }
  const config = freezeConfig(checked.data);
  const problems = crossCheck(config, known).map(({ path, problem }) => ({
    path: formatPath(path),
    ...document.positionOf(path),
    problem,
  }));
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems: inFileOrder(problems) };
}

/** What is in force without a file. */
export function defaultConfig(): RouterConfig {
  return freezeConfig(configSchema.parse({}));
}

/** What is in force in place of a first file that has mistakes and may hold privacy rules: nothing leaves the machine. */
export function cautiousConfig(): RouterConfig {
  const rules = [{ name: 'mend config.jsonc first', patterns: ['(?s).'], action: 'local' }];
  return freezeConfig(configSchema.parse({ privacy: { rules } }));
}

/** More lines than this help nobody. */
const MAX_SHOWN_PROBLEMS = 20;

/** One line per problem, each a sentence that names file, line, key and what is allowed. */
export function formatProblems(fileName: string, problems: readonly ConfigProblem[]): string {
  const lines = problems
    .slice(0, MAX_SHOWN_PROBLEMS)
    .map(
      ({ path, line, column, problem }) =>
        `${fileName} line ${line}, column ${column}: ${path === '' ? 'the file' : path} ${problem}`,
    );
  const hidden = problems.length - lines.length;
  return hidden > 0 ? `${lines.join('\n')}\nand ${hidden} more` : lines.join('\n');
}

interface SchemaIssue {
  readonly code: string;
  readonly path: JsonPath;
  readonly message: string;
  readonly keys?: readonly string[];
  readonly issues?: readonly { readonly message: string }[];
}

function toProblems(issue: SchemaIssue, document: JsoncDocument): ConfigProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({
      path: formatPath([...path, key]),
      ...document.positionOfKey([...path, key]),
      problem: describeUnknownKey(path, key),
    }));
  }
  if (issue.code === 'invalid_key') {
    const problem = issue.issues?.[0]?.message ?? issue.message;
    return [{ path: formatPath(path), ...document.positionOfKey(path), problem }];
  }
  return [{ path: formatPath(path), ...document.positionOf(path), problem: issue.message }];
}

/** By place; of several problems of one key with the same sentence, one. */
function inFileOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const unique = new Map(problems.map((problem) => [`${problem.path}\0${problem.problem}`, problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/**
 * Tables keyed by names that users choose lose their prototype, so that `models['toString']` is undefined unless
 * there is a model of that name; then everything is frozen, since the snapshot is shared by all running exchanges.
 */
function freezeConfig(config: RouterConfig): RouterConfig {
  const providers = Object.entries(config.providers).map(
    ([name, provider]) =>
      [name, { ...provider, headers: withoutPrototype(Object.entries(provider.headers)) }] as const,
  );
  return deepFreeze({
    ...config,
    providers: withoutPrototype(providers),
    models: withoutPrototype(Object.entries(config.models)),
  });
}

function withoutPrototype<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  const table = Object.create(null) as Record<string, Value>;
  for (const [name, value] of entries) table[name] = value;
  return table;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
