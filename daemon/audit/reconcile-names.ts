// What a model of ours is called by its provider, and which names mean the same model.

import type { OverlayRow } from '../catalog/price-row.ts';
import type { AttemptRecord } from '../protocol/exchange-record.ts';
import type { RoutingTable } from '../route/policy.ts';
import { modelKey } from './invoice-model-name.ts';

/** A configured model, now or when a request was routed. */
export interface NamedModel {
  readonly id: string;
  readonly provider: string;
  readonly upstreamModel: string;
}

export interface NameSources {
  /** Of the routing tables in the books, by hash. */
  readonly tables: ReadonlyMap<string, Pick<RoutingTable, 'targets' | 'aliases'>>;
  /** As it is configured now; wins where a record does not say which table it was routed with. */
  readonly configured: readonly NamedModel[];
  readonly overlay: readonly OverlayRow[];
}

/** What a model is called by its provider, and which names are one model. */
export class ModelNames {
  readonly #tables: NameSources['tables'];
  readonly #current = new Map<string, string>();
  readonly #aliasKeys = new Map<string, string>();
  readonly #flatRate = new Set<string>();

  constructor({ tables, configured, overlay }: NameSources) {
    this.#tables = tables;
    for (const { id, aliases } of overlay) {
      for (const alias of aliases ?? []) this.#addAlias(alias, id);
    }
    for (const table of tables.values()) {
      for (const [alias, name] of Object.entries(table.aliases ?? {})) this.#addAlias(alias, name);
      for (const target of table.targets) {
        this.#current.set(idOf(target.provider, target.id), target.upstreamModel);
        if (target.billing !== 'metered') this.#flatRate.add(idOf(target.provider, target.id));
      }
    }
    for (const { id, provider, upstreamModel } of configured) {
      this.#current.set(idOf(provider, id), upstreamModel);
    }
  }

  /** The provider's name for the model; its id in the configuration where no table knows it. */
  upstreamOf({ provider, model }: AttemptRecord, tableHash: string | null): string {
    const table = tableHash === null ? undefined : this.#tables.get(tableHash);
    const target = table?.targets.find(({ id }) => id === model);
    return target?.upstreamModel ?? this.#current.get(idOf(provider, model)) ?? model;
  }

  /** Not billed by the token, so on no usage invoice. */
  isFlatRate({ provider, model }: AttemptRecord): boolean {
    return this.#flatRate.has(idOf(provider, model));
  }

  /** Equal for every name of one model, declared aliases included. */
  keyOf(name: string): string {
    const key = modelKey(name);
    return this.#aliasKeys.get(key) ?? key;
  }

  #addAlias(alias: string, name: string): void {
    const [from, to] = [modelKey(alias), modelKey(name)];
    if (from !== to && !this.#aliasKeys.has(from)) this.#aliasKeys.set(from, to);
  }
}

function idOf(provider: string, model: string): string {
  return `${provider} ${model}`;
}
