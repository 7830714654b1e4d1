// Books of a history -> what is told of them: the sums, and for each assistant the same requests decided again.

import type { ReplayHistory, ReplayedHistory } from '../ledger/replay-history.ts';
import type { Policy } from '../route/policy.ts';
import type { AuditedModel, AuditReport, AuditSource, RoutedModel, UnpricedModel } from './audit-report.ts';
import type { AuditTable } from './audit-table.ts';
import { share, Tally } from './audit-tally.ts';
import type { BookedCall, HistoryBooks } from './history-books.ts';
import type { AssistantName } from './history-record.ts';
import { callSteps, type StepSource } from './call-steps.ts';

export interface SumsInput {
  readonly books: HistoryBooks;
  /** USD of each call, by index; NaN = not priced. */
  readonly costs: Float64Array;
  readonly tables: AuditTable;
  readonly policy: Policy;
  readonly replay: ReplayHistory;
}

export type AuditSums = Omit<AuditReport, 'files' | 'isPartial' | 'notes'>;

const ASSISTANTS: readonly AssistantName[] = ['claude-code', 'codex', 'cline', 'roo-code', 'kilo-code'];

export function auditSums(input: SumsInput): AuditSums {
  const { books, tables } = input;
  const order = inTime(books.calls);
  const parts = ASSISTANTS.flatMap((assistant) => {
    const own = order.filter((index) => books.calls[index]?.assistant === assistant);
    return own.length === 0 ? [] : [partOf(input, assistant, own)];
  });
  const all = new Tally();
  for (const index of order) all.add(books.calls[index], input.costs[index]);
  const money = together(parts.map(({ source }) => source));
  return {
    requests: all.requests,
    actualUsd: all.actualUsd(),
    routedUsd: all.requests === 0 ? 0 : money.routedUsd,
    shares: all.shares(),
    sources: parts.map(({ source }) => source),
    ...savings(all.actualUsd(), all.requests === 0 ? 0 : money.routedUsd),
    intervalUsd: money.intervalUsd,
    moved: parts.reduce((sum, { source }) => sum + source.moved, 0),
    coverageRatio: all.requests === 0 ? null : all.priced / all.requests,
    pricedRequests: all.priced,
    unpriced: unpricedModels(input),
    asks: books.asks,
    conversations: all.conversations,
    tokens: all.usage(),
    days: all.days,
    firstAt: isoAt(books.calls[order[0] ?? -1]),
    lastAt: isoAt(books.calls[order.at(-1) ?? -1]),
    routedTo: routedTo(parts.map(({ replayed }) => replayed)),
    modelsFrom: tables.isConfigured ? 'configuration' : 'shipped',
  };
}

interface Part {
  readonly source: AuditSource;
  /** null = nothing of it is priced. */
  readonly replayed: ReplayedHistory | null;
}

/** `own`: indexes of the assistant's calls, in time. */
function partOf(input: SumsInput, assistant: AssistantName, own: readonly number[]): Part {
  const { books, costs, tables, policy, replay } = input;
  const tally = new Tally();
  const byModel = new Map<string, Tally>();
  for (const index of own) {
    const call = books.calls[index];
    tally.add(call, costs[index]);
    const name = books.models[call?.model ?? -1]?.name ?? '';
    const ofModel = byModel.get(name) ?? new Tally();
    byModel.set(name, ofModel);
    ofModel.add(call, costs[index]);
  }
  const actualUsd = tally.actualUsd();
  const replayed =
    actualUsd === null ? null : replay(callSteps(pricedSources(input, own)), policy, tables.table);
  // What could not be decided again stays as it was.
  const asBilledUsd = replayed === null || actualUsd === null ? 0 : actualUsd - replayed.storedCostUsd;
  const routedUsd = replayed === null ? null : replayed.costUsd + asBilledUsd;
  return {
    replayed,
    source: {
      assistant,
      requests: tally.requests,
      conversations: tally.conversations,
      actualUsd,
      routedUsd,
      savedUsd: routedUsd === null || actualUsd === null ? null : actualUsd - routedUsd,
      intervalUsd:
        replayed === null
          ? null
          : [replayed.intervalUsd[0] + asBilledUsd, replayed.intervalUsd[1] + asBilledUsd],
      moved: replayed?.moved ?? 0,
      shares: tally.shares(),
      tokens: tally.usage(),
      models: modelsOf(input, byModel, replayed).toSorted(byCost),
    },
  };
}

function* pricedSources({ books, costs, tables }: SumsInput, own: readonly number[]): Generator<StepSource> {
  for (const index of own) {
    const call = books.calls[index];
    const target = call === undefined ? null : tables.targets[call.model];
    const costUsd = costs[index] ?? NaN;
    if (call !== undefined && target != null && !Number.isNaN(costUsd)) yield { call, target, costUsd };
  }
}

/** Every request counts to the model that it was sent to, whoever would have answered it. */
function modelsOf(
  { books, tables }: SumsInput,
  byModel: ReadonlyMap<string, Tally>,
  replayed: ReplayedHistory | null,
): readonly AuditedModel[] {
  const idOf = (name: string): string | undefined =>
    tables.targets[books.models.findIndex((model) => model.name === name)]?.id;
  const actualById = new Map<string, number>();
  for (const [name, tally] of byModel) {
    const id = idOf(name);
    if (id !== undefined) actualById.set(id, (actualById.get(id) ?? 0) + (tally.actualUsd() ?? 0));
  }
  return [...byModel].map(([model, tally]) => {
    const id = idOf(model);
    const actualUsd = tally.actualUsd();
    // Several names of one model share what became of it by their part of the bill.
    const part = share(actualUsd ?? 0, actualById.get(id ?? '') ?? 0);
    const moves = (replayed?.moves ?? []).filter(({ from }) => from === id);
    const isRouted = actualUsd !== null && id !== undefined && replayed !== null;
    const routedUsd = isRouted ? routedFrom(id, replayed) * part : actualUsd;
    return {
      model,
      requests: tally.requests,
      tokens: tally.usage(),
      actualUsd,
      routedUsd,
      savedUsd: actualUsd === null || routedUsd === null ? null : actualUsd - routedUsd,
      moved: Math.round(part * moves.reduce((sum, { requests }) => sum + requests, 0)),
    };
  });
}

/** What the requests to one model would have cost: those that stay, their prompt cache as it would be, and the others. */
function routedFrom(id: string, { models, moves }: ReplayedHistory): number {
  const answered = models.find(({ model }) => model === id)?.costUsd ?? 0;
  const arrivedUsd = moves.reduce((sum, move) => sum + (move.to === id ? move.replayedUsd : 0), 0);
  const leftUsd = moves.reduce((sum, move) => sum + (move.from === id ? move.replayedUsd : 0), 0);
  const stayed = answered - arrivedUsd;
  return stayed + leftUsd;
}

/** What each assistant's replay is unsure of was learnt apart, so the errors are taken for independent. */
function together(sources: readonly AuditSource[]): Pick<AuditReport, 'routedUsd' | 'intervalUsd'> {
  let routedUsd = 0;
  let below = 0;
  let above = 0;
  const priced = sources.filter((source) => source.routedUsd !== null);
  for (const { routedUsd: ownUsd, intervalUsd } of priced) {
    const [low, high] = intervalUsd ?? [ownUsd ?? 0, ownUsd ?? 0];
    routedUsd += ownUsd ?? 0;
    below += ((ownUsd ?? 0) - low) ** 2;
    above += (high - (ownUsd ?? 0)) ** 2;
  }
  if (priced.length === 0) return { routedUsd: null, intervalUsd: null };
  return { routedUsd, intervalUsd: [routedUsd - Math.sqrt(below), routedUsd + Math.sqrt(above)] };
}

function savings(
  actualUsd: number | null,
  routedUsd: number | null,
): Pick<AuditReport, 'savedUsd' | 'savedRatio'> {
  if (actualUsd === null || routedUsd === null) return { savedUsd: null, savedRatio: null };
  const savedUsd = actualUsd - routedUsd;
  return { savedUsd, savedRatio: actualUsd > 0 ? savedUsd / actualUsd : null };
}

function routedTo(replays: readonly (ReplayedHistory | null)[]): readonly RoutedModel[] {
  const sums = new Map<string, { requests: number; costUsd: number }>();
  for (const { model, requests, costUsd } of replays.flatMap((replayed) => replayed?.models ?? [])) {
    const known = sums.get(model) ?? { requests: 0, costUsd: 0 };
    sums.set(model, { requests: known.requests + requests, costUsd: known.costUsd + costUsd });
  }
  return [...sums].map(([model, sum]) => ({ model, ...sum })).toSorted((a, b) => b.requests - a.requests);
}

function unpricedModels({ books, costs }: SumsInput): readonly UnpricedModel[] {
  const found = new Map<string, { requests: number; reportedUsd: number | null }>();
  for (const [index, call] of books.calls.entries()) {
    if (!Number.isNaN(costs[index])) continue;
    const name = books.models[call.model]?.name ?? '';
    const known = found.get(name) ?? { requests: 0, reportedUsd: null };
    known.requests += 1;
    if (call.reportedCostUsd !== null) known.reportedUsd = (known.reportedUsd ?? 0) + call.reportedCostUsd;
    found.set(name, known);
  }
  return [...found].map(([model, sums]) => ({ model, ...sums })).toSorted((a, b) => b.requests - a.requests);
}

/** Indexes, oldest first; what has one time stays in the order in which it was read. */
function inTime(calls: readonly BookedCall[]): readonly number[] {
  const at = (index: number): number => calls[index]?.atMs ?? 0;
  return calls.map((_, index) => index).sort((a, b) => at(a) - at(b) || a - b);
}

function byCost(a: AuditedModel, b: AuditedModel): number {
  return (b.actualUsd ?? -1) - (a.actualUsd ?? -1) || b.requests - a.requests;
}

function isoAt(call: BookedCall | undefined): string | null {
  return call === undefined ? null : new Date(call.atMs).toISOString();
}
