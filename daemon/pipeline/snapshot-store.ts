// Configuration, keys, prices and local models in; one immutable snapshot out. Rebuilt as a whole whenever one of them
// changes; until the new one is complete the old one serves.

import { buildCatalog } from '../catalog/build-catalog.ts';
import type { Catalog, LocalModel, ResolveKey } from '../catalog/catalog.ts';
import type { PriceBook } from '../catalog/price-book.ts';
import type { RouterConfig } from '../config/schema.ts';
import { upstreamDialects } from '../dialects/registry.ts';
import { compilePrivacyRules } from '../privacy/privacy-rules.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { buildRoutingTable } from '../route/build-table.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { RouterSnapshot } from './snapshot.ts';

export interface SnapshotStoreDeps {
  readonly config: () => RouterConfig;
  readonly resolveKey: ResolveKey;
  readonly priceBook: PriceBook;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each new snapshot, the first included. When it throws, the snapshot is in force all the same. */
  readonly onChange: (current: CurrentSnapshot) => void;
}

export interface CurrentSnapshot extends RouterSnapshot {
  readonly catalog: Catalog;
}

const DAY_MS = 86_400_000;

const SERVED_DIALECTS: ReadonlySet<DialectId> = new Set(upstreamDialects.map(({ id }) => id));

export class SnapshotStore {
  readonly #deps: SnapshotStoreDeps;
  #current: CurrentSnapshot | null = null;
  #localModels: readonly LocalModel[] = [];
  /** Rebuilds run one after the other, so that the last change wins. */
  #queue: Promise<void> = Promise.resolve();

  constructor(deps: SnapshotStoreDeps) {
    this.#deps = deps;
  }

  /** Throws before the first `rebuild` has resolved. */
  get current(): CurrentSnapshot {
    if (this.#current === null) throw new Error('the first snapshot is not built yet');
    return this.#current;
  }

  /** What a probe of the local model servers found. */
  async foundLocalModels(models: readonly LocalModel[]): Promise<void> {
    this.#localModels = models;
    await this.rebuild();
  }

  /** Resolves when a snapshot made of everything known now is in force; rejects when it could not be built. */
  async rebuild(): Promise<void> {
    const built = this.#queue.then(() => this.#build());
    // A rebuild that fails (the caller is told) leaves the old snapshot in force and must not stop the next one.
    this.#queue = built.catch(() => {});
    await built;
  }

  /** Prices that were announced for a later day come into force at UTC midnight. The returned function ends that. */
  rebuildDaily(): () => void {
    const { clock, log } = this.#deps;
    let cancel = (): void => {};
    const plan = (): void => {
      cancel = clock.setTimer(DAY_MS - (clock.now() % DAY_MS) + 1000, () => {
        this.rebuild().catch((error: unknown) =>
          log.error('the daily rebuild failed', { error: String(error) }),
        );
        plan();
      });
    };
    plan();
    return () => cancel();
  }

  /**
   * What a configuration would mean, without putting it in force. `resolveKey` may stand in for keys that are not there;
   * such a snapshot is for planning, never for calling anyone.
   */
  async preview(
    config: RouterConfig,
    resolveKey: ResolveKey = this.#deps.resolveKey,
  ): Promise<CurrentSnapshot> {
    return (await this.#assemble(config, resolveKey)).snapshot;
  }

  async #build(): Promise<void> {
    const { config, resolveKey, log, onChange } = this.#deps;
    const { snapshot, warnings } = await this.#assemble(config(), resolveKey);
    for (const warning of warnings) log.warn(warning);
    this.#current = snapshot;
    try {
      onChange(this.#current);
    } catch (error) {
      log.error('the new snapshot could not be announced', { error: String(error) });
    }
  }

  async #assemble(
    config: RouterConfig,
    resolveKey: ResolveKey,
  ): Promise<{ readonly snapshot: CurrentSnapshot; readonly warnings: readonly string[] }> {
    const { priceBook, clock } = this.#deps;
    const catalog = await buildCatalog({
      config,
      resolveKey,
      localModels: this.#localModels,
      servedDialects: SERVED_DIALECTS,
      priceBook,
      atMs: clock.now(),
    });
    const { table, warnings } = buildRoutingTable(config, catalog);
    const privacy = await compilePrivacyRules(config.privacy.rules, catalog.providers);
    const connections = new Map(catalog.providers.map((provider) => [provider.name, provider]));
    const snapshot: CurrentSnapshot = {
      catalog,
      table,
      connections,
      decideAt: config.policy.decideAt,
      escalation: config.policy.escalation,
      dearerFallback: config.retries.dearerFallback,
      ...(config.classifier.mode === 'local' || config.classifier.model === undefined
        ? {}
        : { gradingModel: config.classifier.model }),
      ...(config.cache.semantic.enabled && config.cache.semantic.embeddingModel !== undefined
        ? { embeddingModel: config.cache.semantic.embeddingModel }
        : {}),
      privacy,
      metadata: config.metadata,
    };
    return { snapshot, warnings };
  }
}
