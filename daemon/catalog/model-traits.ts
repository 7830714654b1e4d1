// What is known of how a model wants to be spoken to, from model-traits.json: what its provider takes and refuses, and
// what the model itself does. Unknown models have no traits: nothing is guessed from a name that only looks like one.

import type { ModelTraits } from '../conversation/model-traits.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import data from './model-traits.json' with { type: 'json' };

interface TraitRow {
  /** Hosts it holds at; `*.` stands for any subdomain. Absent = wherever a model of this name is. */
  readonly hosts?: readonly string[];
  /** Wire formats it holds for; absent = all. */
  readonly dialects?: readonly DialectId[];
  readonly traits: ModelTraits;
  readonly source: string;
  readonly asOf: string;
  readonly note?: string;
}

/** Of several rows that match a model only the one with the longest name counts; one that names hosts before one that does not. */
export interface ModelTraitRow extends TraitRow {
  /** Exact names, or beginnings of names that end in `*`. */
  readonly match: readonly string[];
}
export interface HostTraitRow extends TraitRow {
  readonly hosts: readonly string[];
}

export const HOST_TRAITS = data.hosts as readonly HostTraitRow[];
export const MODEL_TRAITS = data.models as readonly ModelTraitRow[];

/** Where a model is reached. */
export interface TraitEndpoint {
  readonly baseUrl: string;
  readonly dialect: DialectId;
}

/** Traits of the provider and of the model as one; the model's own word counts, lists of settings are joined. */
export function traitsOf(endpoint: TraitEndpoint, upstreamModel: string): ModelTraits | undefined {
  const host = URL.parse(endpoint.baseUrl)?.hostname ?? '';
  const ofHost = HOST_TRAITS.find((row) => holdsAt(row, host, endpoint.dialect))?.traits;
  const ofModel = modelRow(upstreamModel, host, endpoint.dialect)?.traits;
  if (ofHost === undefined || ofModel === undefined) return ofModel ?? ofHost;
  const refuses = [...new Set([...(ofHost.refuses ?? []), ...(ofModel.refuses ?? [])])];
  // What a model refuses is not taken because its provider knows it.
  const takes = [...new Set([...(ofHost.takes ?? []), ...(ofModel.takes ?? [])])].filter(
    (name) => !refuses.includes(name),
  );
  return {
    ...ofHost,
    ...ofModel,
    ...(refuses.length === 0 ? {} : { refuses }),
    ...(takes.length === 0 ? {} : { takes }),
  };
}

function modelRow(upstreamModel: string, host: string, dialect: DialectId): ModelTraitRow | undefined {
  let best: ModelTraitRow | undefined;
  let bestRank = -1;
  for (const row of MODEL_TRAITS) {
    if (!holdsAt(row, host, dialect)) continue;
    for (const match of row.match) {
      const rank = matchRank(match, upstreamModel) + (row.hosts === undefined ? 0 : 0.25);
      if (rank < 1 || rank <= bestRank) continue;
      best = row;
      bestRank = rank;
    }
  }
  return best;
}

/** The more of the name is named the higher, an exact name above a beginning of the same length; 0 = no match. */
function matchRank(match: string, name: string): number {
  if (!match.endsWith('*')) return match === name ? match.length + 0.5 : 0;
  return name.startsWith(match.slice(0, -1)) ? match.length - 1 : 0;
}

function holdsAt(row: TraitRow, host: string, dialect: DialectId): boolean {
  if (row.dialects?.includes(dialect) === false) return false;
  return row.hosts === undefined || row.hosts.some((known) => isHost(known, host));
}

function isHost(known: string, host: string): boolean {
  return known.startsWith('*.') ? host.endsWith(known.slice(1)) : host === known;
}
