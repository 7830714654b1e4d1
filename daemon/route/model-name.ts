// What the `model` field of a request means. Names are compared exactly: a wrong guess between two similar names would
// change what somebody pays.
//
//   auto, claude-auto, auto:<profile>   route freely
//   exact/<model>                       that model and no other
//   any other name somebody knows       the ceiling (or exact, when the configuration says so)
//   a name nobody knows                 `unknown`: the caller takes the configured baseline

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Profile } from '../protocol/vocabulary.ts';
import type { RoutingTable } from './policy.ts';

/** What resolving a name needs of the routing table. */
export type NameTable = Pick<RoutingTable, 'targets' | 'bareModelNames' | 'aliases'>;

export type ResolvedName =
  /** `profile` null = the name does not say. `note`: a profile that nobody knows. */
  | { readonly kind: 'auto'; readonly profile: Profile | null; readonly note: string | null }
  /** `isPrefixed`: written as `exact/…`, not a bare name that the configuration declares exact. */
  | { readonly kind: 'exact'; readonly target: ModelTarget; readonly isPrefixed: boolean }
  | { readonly kind: 'exact-unknown'; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: 'ceiling'; readonly target: ModelTarget }
  | { readonly kind: 'unknown'; readonly name: string };

const EXACT_PREFIX = 'exact/';
const AUTO_NAMES: readonly string[] = ['', 'auto', 'claude-auto'];
const AUTO_PREFIX = 'auto:';
const PROFILES: readonly Profile[] = ['budget', 'balanced', 'quality'];

/** More names than this help nobody who mistyped one. */
const MAX_KNOWN_NAMES = 20;
const MAX_QUOTED_CHARS = 80;

export function resolveModelName(requestModel: string, table: NameTable): ResolvedName {
  const name = requestModel.trim();
  const lowerName = name.toLowerCase();
  if (AUTO_NAMES.includes(lowerName)) return { kind: 'auto', profile: null, note: null };
  if (lowerName.startsWith(AUTO_PREFIX)) return autoWithProfile(lowerName.slice(AUTO_PREFIX.length).trim());
  if (name.startsWith(EXACT_PREFIX)) {
    const exactName = name.slice(EXACT_PREFIX.length).trim();
    const target = findTarget(exactName, table);
    if (target !== undefined) return { kind: 'exact', target, isPrefixed: true };
    return { kind: 'exact-unknown', name: exactName, known: knownNames(table) };
  }
  const target = findTarget(name, table);
  if (target === undefined) return { kind: 'unknown', name };
  if (table.bareModelNames === 'exact') return { kind: 'exact', target, isPrefixed: false };
  return { kind: 'ceiling', target };
}

/**
 * The model that a name means: by id, else by the provider's own name, else by a declared alias of either. Of several
 * providers with the same model the first usable one.
 */
export function findTarget(
  name: string,
  table: Pick<NameTable, 'targets' | 'aliases'>,
): ModelTarget | undefined {
  const byId = table.targets.find((target) => target.id === name);
  if (byId !== undefined) return byId;
  const usableFirst = (matches: (target: ModelTarget) => boolean): ModelTarget | undefined =>
    table.targets.find((target) => target.usable && matches(target)) ?? table.targets.find(matches);
  const byUpstreamModel = usableFirst((target) => target.upstreamModel === name);
  if (byUpstreamModel !== undefined || table.aliases === undefined) return byUpstreamModel;
  const { aliases } = table;
  // Both sides: a client may send the dated name of a model that is configured by its short name, or the reverse.
  const canonicalName = canonical(name, aliases);
  return usableFirst(
    (target) => target.id === canonicalName || canonical(target.upstreamModel, aliases) === canonicalName,
  );
}

/** Ids of the table's models, at most 20, usable ones first. */
export function knownNames(table: Pick<NameTable, 'targets'>): readonly string[] {
  const usable = table.targets.filter((target) => target.usable);
  const unusable = table.targets.filter((target) => !target.usable);
  return [...usable, ...unusable].slice(0, MAX_KNOWN_NAMES).map((target) => target.id);
}

/** A client's text for use in a sentence: cut, and without control characters. */
export function quoted(name: string): string {
  const isCut = name.length > MAX_QUOTED_CHARS;
  return `"${name.slice(0, MAX_QUOTED_CHARS).replaceAll(/\p{Cc}/gu, ' ')}${isCut ? '…' : ''}"`;
}

function autoWithProfile(profileName: string): ResolvedName {
  const profile = PROFILES.find((known) => known === profileName);
  if (profile !== undefined) return { kind: 'auto', profile, note: null };
  const note = `profile ${quoted(profileName)} is not one of ${PROFILES.join(', ')}; the configured one was used`;
  return { kind: 'auto', profile: null, note };
}

function canonical(name: string, aliases: Readonly<Record<string, string>>): string {
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name;
}
