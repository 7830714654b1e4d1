// The audit: histories of assistants on this machine in, what they cost and what routing would have cost out. Reads only,
// calls nobody, and keeps no text.

import type { ResolveKey } from '../catalog/catalog.ts';
import type { PriceBook } from '../catalog/price-book.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { RouterConfig } from '../config/schema.ts';
import type { ReplayHistory } from '../ledger/replay-history.ts';
import type { Policy } from '../route/policy.ts';
import type { AuditReport } from './audit-report.ts';
import { auditSums } from './audit-sums.ts';
import { buildAuditTable, vendorOf } from './audit-table.ts';
import { findHistories, type FoundHistories } from './find-histories.ts';
import { HistoryBooks } from './history-books.ts';
import { listCosts } from './list-prices.ts';
import { readHistories, type ReadProgress, type ReadResult } from './read-histories.ts';

export interface AuditDeps {
  readonly config: RouterConfig;
  readonly resolveKey: ResolveKey;
  readonly priceBook: PriceBook;
  readonly classifier: Classifier;
  readonly policy: Policy;
  readonly replay: ReplayHistory;
  readonly now: () => number;
}

export interface AuditOptions {
  /** Files and folders; what is not there is passed over. */
  readonly places: readonly string[];
  /** Unix epoch ms; absent = everything. */
  readonly sinceMs?: number;
  /** Ends the reading; the report is of what was read until then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReadProgress) => void;
}

export async function audit(deps: AuditDeps, options: AuditOptions): Promise<AuditReport> {
  const { sinceMs = 0, signal = new AbortController().signal, onProgress } = options;
  const found = await findHistories(options.places, () => signal.aborted);
  // Histories only grow: a file that was not touched since holds nothing newer.
  const files = found.files.filter(({ changedAtMs }) => changedAtMs >= sinceMs);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const books = new HistoryBooks(deps.classifier, { sinceMs });
  const read = await readHistories(files, {
    signal,
    sinkFor: (assistant) => books.sinkFor(assistant),
    onProgress: (done) => onProgress?.({ files: files.length, bytes, calls: books.calls.length, ...done }),
  });
  const tables = await buildAuditTable({
    config: deps.config,
    resolveKey: deps.resolveKey,
    priceBook: deps.priceBook,
    models: books.models,
    longestPrompts: longestPrompts(books),
    atMs: deps.now(),
  });
  const costs = await listCosts(books, books.models.map(vendorOf), deps.priceBook);
  const sums = auditSums({ books, costs, tables, policy: deps.policy, replay: deps.replay });
  return {
    ...sums,
    files: {
      read: read.histories,
      bytes,
      brokenLines: read.broken,
      lines: read.pieces,
      unreadable: [...found.unreadable, ...read.unreadable],
    },
    isPartial: read.isPartial,
    notes: notesOf(sums, books, found, read),
  };
}

function longestPrompts(books: HistoryBooks): readonly number[] {
  const longest = books.models.map(() => 0);
  for (const { model, usage } of books.calls) {
    longest[model] = Math.max(longest[model] ?? 0, usage.inputTokens);
  }
  return longest;
}

function notesOf(
  { unpriced }: Pick<AuditReport, 'unpriced'>,
  books: HistoryBooks,
  found: FoundHistories,
  read: ReadResult,
): readonly string[] {
  const notes: string[] = [];
  if (read.isPartial) notes.push('interrupted: the figures are of what was read until then');
  for (const { model, requests, reportedUsd } of unpriced) {
    const name = model === '' ? 'a model that the history does not name' : model;
    const reported =
      reportedUsd === null ? '' : ` (the assistant itself took down ${reportedUsd.toFixed(2)} $)`;
    notes.push(`${requests} requests to ${name} have no list price and are in no sum${reported}`);
  }
  for (const [assistant, plans] of books.subscriptions) {
    const names = [...plans].toSorted().join(', ');
    notes.push(
      `${assistant} was used with a subscription (${names}): its figures are list prices, not what you paid`,
    );
  }
  for (const [tier, calls] of books.specialTiers) {
    notes.push(`${calls} requests ran in ${tier} mode, which has prices of its own; list prices are shown`);
  }
  if (books.unjudgedAsks > 0) {
    notes.push(`${books.unjudgedAsks} of the asks were not judged one by one; they count like the others`);
  }
  if (read.broken > 0) notes.push(`${read.broken} broken or half-written lines were left out`);
  const unreadable = found.unreadable.length + read.unreadable.length;
  if (unreadable > 0) notes.push(`${unreadable} files or folders could not be read; check their permissions`);
  return notes;
}
