// Our side of a reconciliation: what the books say of the providers that an invoice is about, as attempts (not
// exchanges: a failed attempt is billed too) by day and model.

import type { AttemptRecord, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { Invoice } from './invoice.ts';
import { dayFinder, daysOf } from './reconcile-days.ts';
import type { ModelNames } from './reconcile-names.ts';

/** A record as lists have it; `tableHash` where the ledger was read. */
export type BookedExchange = Pick<ExchangeRecord, 'startedAt' | 'attempts' | 'classifierCostUsd'> & {
  readonly tableHash?: string | null;
};

/** What the books say of one model on one day. */
export interface BookCell {
  readonly day: string;
  readonly key: string;
  readonly names: ReadonlySet<string>;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  /** The part whose price is known. */
  readonly knownUsd: number;
  /** The part of `knownUsd` that classifier calls cost; of these the books keep no tokens. */
  readonly classifierUsd: number;
  readonly unpricedAttempts: number;
  /** Attempts of which some count is an estimate of ours. */
  readonly estimatedAttempts: number;
  /** Attempts that the provider may have billed although it reported no usage. */
  readonly possiblyBilledAttempts: number;
  /** `<source>, checked <day>` of the prices. */
  readonly priceSources: ReadonlySet<string>;
}

export interface Books {
  readonly cells: readonly BookCell[];
  /** Providers whose attempts are compared. */
  readonly providers: readonly string[];
  readonly attempts: number;
  readonly flatRateAttempts: number;
  /** Classifier calls on these days that are not in the cells, since their model is not known or another provider's. */
  readonly otherClassifierUsd: number;
}

export interface BooksQuery {
  readonly invoice: Invoice;
  readonly names: ModelNames;
  /** Compare only what went to this provider; null = those that the invoice can be about. */
  readonly provider: string | null;
  /** Who answers classifier calls; null = not known. The records keep only what these calls cost. */
  readonly classifier: { readonly provider: string; readonly upstreamModel: string } | null;
  /** Names of all vendors, so that another one's models are not taken for the invoice's. */
  readonly knownProviders: readonly string[];
}

/** Walks through the exchanges once. */
export function bookCells(exchanges: Iterable<BookedExchange>, query: BooksQuery): Books {
  const books = new OpenBooks(query);
  for (const exchange of exchanges) books.add(exchange);
  return books.close();
}

type OpenBookCell = { -readonly [Name in keyof BookCell]: BookCell[Name] } & {
  readonly names: Set<string>;
  readonly priceSources: Set<string>;
};

class OpenBooks {
  readonly #query: BooksQuery;
  readonly #dayOf: (atMs: number) => string;
  readonly #days: readonly [first: string, last: string];
  readonly #invoiceKeys: ReadonlySet<string>;
  readonly #vendors: ReadonlySet<string>;
  readonly #perProvider = new Map<string, ProviderBooks>();
  readonly #classifierUsdOfDay = new Map<string, number>();

  constructor(query: BooksQuery) {
    const { invoice, names } = query;
    this.#query = query;
    this.#dayOf = dayFinder(invoice);
    this.#days = daysOf(invoice);
    this.#invoiceKeys = new Set(
      invoice.cells.flatMap(({ model }) => (model === null ? [] : [names.keyOf(model)])),
    );
    this.#vendors = new Set([
      ...invoice.formats.flatMap(({ providers }) => providers),
      ...invoice.cells.flatMap(({ provider }) => provider ?? []),
    ]);
  }

  add({ startedAt, attempts, classifierCostUsd, tableHash }: BookedExchange): void {
    const startedAtMs = Date.parse(startedAt);
    if (Number.isNaN(startedAtMs)) return;
    const [first, last] = this.#days;
    const startDay = this.#dayOf(startedAtMs);
    if (classifierCostUsd > 0 && startDay >= first && startDay <= last) {
      const known = this.#classifierUsdOfDay.get(startDay) ?? 0;
      this.#classifierUsdOfDay.set(startDay, known + classifierCostUsd);
    }
    for (const attempt of attempts) {
      if (attempt.usage === null && !attempt.possiblyBilled) continue; // refused, or never left this machine
      const books = this.#booksOf(attempt.provider);
      const name = this.#query.names.upstreamOf(attempt, tableHash ?? null);
      this.#addAttempt(books, attempt, this.#dayOf(startedAtMs + attempt.startedAtMs), name);
    }
  }

  close(): Books {
    const otherClassifierUsd = this.#bookClassifier();
    const chosen = [...this.#perProvider].filter(([name, books]) => this.#isMeant(name, books));
    const sum = (of: (books: ProviderBooks) => number): number =>
      chosen.reduce((total, [, books]) => total + of(books), 0);
    return {
      cells: mergeCells(chosen.map(([, { cells }]) => cells)),
      providers: chosen.map(([name]) => name).sort(),
      attempts: sum(({ attempts }) => attempts),
      flatRateAttempts: sum(({ flatRateAttempts }) => flatRateAttempts),
      otherClassifierUsd,
    };
  }

  /** Returns what could not be booked on a model of the invoice's provider. */
  #bookClassifier(): number {
    const { classifier, names } = this.#query;
    let otherUsd = 0;
    const books = classifier === null ? undefined : this.#booksOf(classifier.provider);
    for (const [day, usd] of this.#classifierUsdOfDay) {
      if (classifier === null || books === undefined || !this.#isMeant(classifier.provider, books)) {
        otherUsd += usd;
        continue;
      }
      const cell = cellOf(books, day, names.keyOf(classifier.upstreamModel));
      cell.names.add(classifier.upstreamModel);
      cell.knownUsd += usd;
      cell.classifierUsd += usd;
    }
    return otherUsd;
  }

  #booksOf(provider: string): ProviderBooks {
    let books = this.#perProvider.get(provider);
    if (books === undefined) {
      books = { cells: new Map(), attempts: 0, flatRateAttempts: 0, isOnInvoice: false };
      this.#perProvider.set(provider, books);
    }
    return books;
  }

  /** Providers may be called anything in a configuration: one that serves the invoice's models is meant as well. */
  #isMeant(name: string, { isOnInvoice }: ProviderBooks): boolean {
    const { provider, knownProviders } = this.#query;
    if (provider !== null) return name === provider;
    if (this.#vendors.has(name)) return true;
    return isOnInvoice && (this.#vendors.size === 0 || !knownProviders.includes(name));
  }

  #addAttempt(books: ProviderBooks, attempt: AttemptRecord, day: string, name: string): void {
    const [first, last] = this.#days;
    if (day < first || day > last) return;
    if (this.#query.names.isFlatRate(attempt)) {
      books.flatRateAttempts += 1;
      return;
    }
    const key = this.#query.names.keyOf(name);
    books.attempts += 1;
    books.isOnInvoice ||= this.#invoiceKeys.has(key);
    addToCell(cellOf(books, day, key), attempt, name);
  }
}

interface ProviderBooks {
  readonly cells: Map<string, OpenBookCell>;
  attempts: number;
  flatRateAttempts: number;
  isOnInvoice: boolean;
}

function cellOf(books: ProviderBooks, day: string, key: string): OpenBookCell {
  const id = `${day} ${key}`;
  let cell = books.cells.get(id);
  if (cell === undefined) {
    cell = emptyCell(day, key);
    books.cells.set(id, cell);
  }
  return cell;
}

function emptyCell(day: string, key: string): OpenBookCell {
  return {
    day,
    key,
    names: new Set(),
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    attempts: 0,
    failedAttempts: 0,
    knownUsd: 0,
    classifierUsd: 0,
    unpricedAttempts: 0,
    estimatedAttempts: 0,
    possiblyBilledAttempts: 0,
    priceSources: new Set(),
  };
}

function addToCell(cell: OpenBookCell, attempt: AttemptRecord, name: string): void {
  const { usage, prices } = attempt;
  cell.names.add(name);
  cell.attempts += 1;
  cell.inputTokens += usage?.inputTokens ?? 0;
  cell.cachedInputTokens += usage?.cacheReadInputTokens ?? 0;
  cell.outputTokens += usage?.outputTokens ?? 0;
  cell.knownUsd += attempt.costUsd ?? 0;
  if (attempt.status === 'failed') cell.failedAttempts += 1;
  if (attempt.costUsd === null) cell.unpricedAttempts += 1;
  if (attempt.usageSource === 'estimated') cell.estimatedAttempts += 1;
  if (usage === null) cell.possiblyBilledAttempts += 1;
  if (prices !== null) cell.priceSources.add(`${prices.source}, checked ${prices.asOf}`);
}

/** Two providers of one vendor (two keys) are on one invoice. */
function mergeCells(all: readonly ReadonlyMap<string, OpenBookCell>[]): readonly BookCell[] {
  const merged = new Map<string, OpenBookCell>();
  for (const [id, cell] of all.flatMap((cells) => [...cells])) {
    const known = merged.get(id);
    if (known === undefined) {
      merged.set(id, cell);
      continue;
    }
    for (const name of cell.names) known.names.add(name);
    for (const source of cell.priceSources) known.priceSources.add(source);
    known.inputTokens += cell.inputTokens;
    known.cachedInputTokens += cell.cachedInputTokens;
    known.outputTokens += cell.outputTokens;
    known.attempts += cell.attempts;
    known.failedAttempts += cell.failedAttempts;
    known.knownUsd += cell.knownUsd;
    known.classifierUsd += cell.classifierUsd;
    known.unpricedAttempts += cell.unpricedAttempts;
    known.estimatedAttempts += cell.estimatedAttempts;
    known.possiblyBilledAttempts += cell.possiblyBilledAttempts;
  }
  return [...merged.values()];
}
