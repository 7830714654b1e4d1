// The user's privacy rules, ready to be held against requests: which rules a request falls under, and which providers
// may see it then. Rules that match are never weighed against each other; all of them hold.

import { isLoopbackHost } from '../config/base-url.ts';
import { patternsOfGlob } from '../config/path-glob.ts';
import type { RouterConfig } from '../config/schema.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { compilePatterns, type PatternMatcher } from '../util/linear-patterns.ts';
import { textOfBody } from './body-text.ts';

type Rule = RouterConfig['privacy']['rules'][number];

/** What a rule needs to know of a provider. */
export interface PrivacyProvider {
  readonly name: string;
  readonly baseUrl: string;
}

export interface PrivacyRules {
  /**
   * What a request is held to; null = it may go anywhere.
   * `earlier`: names of rules that its conversation fell under before. What was read once is in every later answer.
   */
  readonly holdOf: (bytes: readonly Buffer[], earlier?: readonly string[]) => PrivacyHold | null;
}

/** null where there are no rules, so that nobody without rules pays for them. */
export async function compilePrivacyRules(
  rules: readonly Rule[],
  providers: readonly PrivacyProvider[],
): Promise<PrivacyRules | null> {
  if (rules.length === 0) return null;
  const sources = rules.map((rule) => [
    ...(rule.paths ?? []).flatMap(patternsOfGlob),
    ...(rule.patterns ?? []),
  ]);
  const ruleOfPattern = sources.flatMap((patterns, index) => patterns.map(() => index));
  const matcher = await compilePatterns(sources.flat());
  const allowed = rules.map((rule) => providersFor(rule, providers));
  return {
    holdOf(bytes, earlier = []) {
      const matched = rulesIn(matcher, ruleOfPattern, bytes);
      for (const [index, { name }] of rules.entries()) if (earlier.includes(name)) matched.add(index);
      return matched.size === 0 ? null : heldBy(rules, allowed, matched);
    },
  };
}

function rulesIn(
  matcher: PatternMatcher,
  ruleOfPattern: readonly number[],
  bytes: readonly Buffer[],
): Set<number> {
  const matched = new Set<number>();
  for (const part of bytes) {
    for (const pattern of matcher.matchesIn(textOfBody(part))) {
      const rule = ruleOfPattern[pattern];
      if (rule !== undefined) matched.add(rule);
    }
  }
  return matched;
}

function heldBy(
  rules: readonly Rule[],
  allowed: readonly ReadonlySet<string>[],
  matched: ReadonlySet<number>,
): PrivacyHold {
  const indices = [...matched].toSorted((a, b) => a - b);
  const [first, ...others] = indices.map((index) => allowed[index] ?? new Set<string>());
  const providers = [...(first ?? [])].filter((name) => others.every((other) => other.has(name)));
  return {
    rules: indices.flatMap((index) => rules[index]?.name ?? []),
    providers,
    isLocalOnly: indices.some((index) => rules[index]?.providers === undefined),
    isRefused: indices.some((index) => rules[index]?.action === 'refuse'),
  };
}

/** Those that the rule names, else those on this machine; nobody where it refuses. */
function providersFor(rule: Rule, providers: readonly PrivacyProvider[]): ReadonlySet<string> {
  if (rule.action === 'refuse') return new Set();
  if (rule.providers !== undefined) return new Set(rule.providers);
  return new Set(providers.filter(({ baseUrl }) => isOnThisMachine(baseUrl)).map(({ name }) => name));
}

function isOnThisMachine(baseUrl: string): boolean {
  const url = URL.parse(baseUrl);
  return url !== null && isLoopbackHost(url.hostname);
}
