// The list of model names a client may send, in the two forms in which clients ask for it. It lists names, not
// permissions: any other name is welcome too (see "The model name a client sends" in README.md).
// Forms: https://platform.openai.com/docs/api-reference/models and https://platform.claude.com/docs/en/api/models-list
// (checked 2026-11-20).

import { RouterError } from '../errors.ts';
import type { Capability } from '../protocol/vocabulary.ts';
import type { JsonObject } from '../util/json.ts';

export interface ConfiguredModel {
  readonly id: string;
  readonly provider: string;
  /** Told to clients that ask for more than names (Ollama's). */
  readonly contextTokens?: number;
  readonly supports?: readonly Capability[];
}

export interface ModelNames {
  /** Ids of the configured models, in the order of the configuration. */
  readonly configured: readonly ConfiguredModel[];
  /** Stands as creation date of every entry; Unix epoch, seconds. */
  readonly createdAtS: number;
}

export type ModelsForm = 'openai' | 'anthropic';

/** A name of the list. */
export interface ModelEntry {
  readonly id: string;
  readonly displayName: string;
  readonly ownedBy: string;
  /** The one model behind it; absent where a request is routed. */
  readonly model?: ConfiguredModel;
}

/** Names that mean "route it"; `claude-auto` because Claude Code keeps only names with "claude" in them. */
const ROUTED_NAMES: readonly (readonly [string, string])[] = [
  ['auto', 'Pointsman auto'],
  ['auto:budget', 'Pointsman auto (budget)'],
  ['auto:balanced', 'Pointsman auto (balanced)'],
  ['auto:quality', 'Pointsman auto (quality)'],
  ['claude-auto', 'Pointsman auto'],
];

const EXACT_PREFIX = 'exact/';

/** Anthropic's clients say their version on every request, OpenAI's never do. */
export function modelsFormOf(headers: ReadonlyMap<string, string>): ModelsForm {
  return headers.has('anthropic-version') ? 'anthropic' : 'openai';
}

/** `GET /v1/models`. The Anthropic form pages by `limit`, `after_id` and `before_id`; without `limit` it is whole. */
export function listModels(names: ModelNames, form: ModelsForm, query: URLSearchParams): JsonObject {
  const entries = modelEntries(names);
  if (form === 'openai') {
    return { object: 'list', data: entries.map((entry) => encodeEntry(entry, names, form)) };
  }
  const { page, hasMore } = pageOf(entries, query);
  return {
    data: page.map((entry) => encodeEntry(entry, names, form)),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

/** `GET /v1/models/:id`. Every name can be asked for; only `exact/` with an unknown model is `model.unknown`. */
export function describeModel(names: ModelNames, form: ModelsForm, id: string): JsonObject {
  return encodeEntry(modelEntry(names, id), names, form);
}

/** The entry of a name, which need not be on the list. Throws `model.unknown` for `exact/` with an unknown model. */
export function modelEntry(names: ModelNames, id: string): ModelEntry {
  const known = modelEntries(names).find((entry) => entry.id === id);
  if (known !== undefined) return known;
  if (!id.startsWith(EXACT_PREFIX)) return { id, displayName: id, ownedBy: 'pointsman' };
  const ids = names.configured.map((model) => `${EXACT_PREFIX}${model.id}`).join(', ');
  const advice = ids === '' ? 'no model is configured' : `use one of: ${ids}`;
  throw new RouterError('model.unknown', `there is no model ${id.slice(0, 200)}; ${advice}`, {
    param: 'model',
  });
}

/** Every name of the list, routed ones first. */
export function modelEntries(names: ModelNames): readonly ModelEntry[] {
  return [
    ...ROUTED_NAMES.map(([id, displayName]) => ({ id, displayName, ownedBy: 'pointsman' })),
    ...names.configured.map((model) => ({
      id: `${EXACT_PREFIX}${model.id}`,
      displayName: model.id,
      ownedBy: model.provider,
      model,
    })),
  ];
}

function encodeEntry(entry: ModelEntry, names: ModelNames, form: ModelsForm): JsonObject {
  if (form === 'openai') {
    return { id: entry.id, object: 'model', created: names.createdAtS, owned_by: entry.ownedBy };
  }
  const createdAt = new Date(names.createdAtS * 1000).toISOString();
  return { type: 'model', id: entry.id, display_name: entry.displayName, created_at: createdAt };
}

function pageOf(
  entries: readonly ModelEntry[],
  query: URLSearchParams,
): { readonly page: readonly ModelEntry[]; readonly hasMore: boolean } {
  const limit = limitOf(query.get('limit'), entries.length);
  const beforeId = query.get('before_id');
  const before = beforeId === null ? -1 : entries.findIndex((entry) => entry.id === beforeId);
  if (before >= 0) {
    const start = Math.max(0, before - limit);
    return { page: entries.slice(start, before), hasMore: start > 0 };
  }
  const afterId = query.get('after_id');
  const start = afterId === null ? 0 : entries.findIndex((entry) => entry.id === afterId) + 1;
  return { page: entries.slice(start, start + limit), hasMore: start + limit < entries.length };
}

/** A limit that makes no sense is ignored: listing names is never worth an error. */
function limitOf(text: string | null, whole: number): number {
  const limit = Number(text ?? whole);
  return Number.isInteger(limit) && limit >= 1 ? limit : whole;
}
