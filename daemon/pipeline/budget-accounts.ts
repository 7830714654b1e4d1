// What was spent per scope and period, in memory: read from the ledger once, then kept up with every exchange, so that
// asking costs nothing. An account that the ledger could not be asked for is marked, never taken for empty.

import type { BudgetConfig } from '../config/schema.ts';
import type { Spent, SpentQuery } from '../ledger/spent.ts';
import { periodAt } from './budget-period.ts';
import type { AccountScope, BudgetSubject } from './budget-scope.ts';

export type ReadSpent = (query: SpentQuery) => ReadonlyMap<string, Spent>;

export interface Account {
  readonly scope: AccountScope;
  readonly kind: BudgetConfig['period'];
  startMs: number;
  endMs: number;
  spentUsd: number;
  spentTokens: number;
  /** Why nobody knows what was spent; null = it is known. */
  fault: string | null;
  /** When the ledger was asked last. */
  askedAtMs: number;
  /** Beginning of the latest period that it was in: the clock may go back into an earlier one, and forward again. */
  newestStartMs: number;
  /** Which budgets have said in this period that they are reached. */
  readonly told: Set<string>;
}

/** What one attempt cost. */
export interface Charge {
  readonly model: string;
  readonly provider: string;
  /** null = not priced: counted in tokens only. */
  readonly costUsd: number | null;
  readonly tokens: number;
}

export interface BookedExchange {
  readonly subject: BudgetSubject;
  readonly startedAtMs: number;
  readonly charges: readonly Charge[];
  readonly classifierCostUsd: number;
  /** Accounts that have what grading cost already; absent = none. */
  readonly gradedIn?: ReadonlySet<Account>;
}

/** A client can name a new conversation with every request; those that were not used for longest are read again. */
const MAX_ACCOUNTS = 10_000;
const RETRY_MS = 1000;
const PERIODS: readonly BudgetConfig['period'][] = ['day', 'week', 'month'];

export class BudgetAccounts {
  readonly #readSpent: ReadSpent;
  /** The one used last stands last. */
  readonly #accounts = new Map<string, Account>();
  readonly #openings = new Map<
    string,
    { readonly startMs: number; readonly spent: ReadonlyMap<string, Spent> }
  >();

  constructor(readSpent: ReadSpent) {
    this.#readSpent = readSpent;
  }

  /** The account as of now; asks the ledger when it is new. */
  at(scope: AccountScope, kind: BudgetConfig['period'], atMs: number): Account {
    const key = keyOf(scope, kind);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = this.#open(scope, kind, atMs);
      if (this.#accounts.size >= MAX_ACCOUNTS) this.#forgetOldest();
    } else {
      this.#accounts.delete(key);
      this.#follow(account, atMs);
      if (account.fault !== null && atMs >= account.askedAtMs + RETRY_MS) this.#load(account, atMs);
    }
    this.#accounts.set(key, account);
    return account;
  }

  /** Of every name with something in the books of the present period, as of now; throws when they cannot be read. */
  all(by: AccountScope['by'], kind: BudgetConfig['period'], atMs: number): readonly Account[] {
    const found = new Map<string, Account>();
    for (const [name, { costUsd, tokens }] of this.#openingOf(by, kind, atMs)) {
      const spent = { spentUsd: costUsd, spentTokens: tokens };
      found.set(name, { ...emptyAccount({ by, name }, kind, atMs), ...spent });
    }
    for (const account of this.#accounts.values()) {
      if (account.scope.by !== by || account.kind !== kind || account.scope.name === '') continue;
      this.#follow(account, atMs);
      found.set(account.scope.name, account);
    }
    return [...found.values()];
  }

  /** Reads everything from the ledger again. Accounts stay the objects that they are: others hold them. */
  reload(atMs: number): void {
    this.#openings.clear();
    for (const account of this.#accounts.values()) {
      this.#follow(account, atMs);
      this.#load(account, atMs);
    }
  }

  /** To be called in the same turn in which the ledger gets the exchange, so that nothing is read and added. */
  add({ subject, startedAtMs, charges, classifierCostUsd, gradedIn }: BookedExchange): ReadonlySet<Account> {
    const touched = new Set<Account>();
    const all = { costUsd: 0, tokens: 0 };
    const models = new Map<string, Spent>();
    const providers = new Map<string, Spent>();
    for (const { model, provider, costUsd, tokens } of charges) {
      all.costUsd += costUsd ?? 0;
      all.tokens += tokens;
      addTo(models, model, costUsd ?? 0, tokens);
      addTo(providers, provider, costUsd ?? 0, tokens);
    }
    const { workspaceId, client, conversationId } = subject;
    const shares: readonly (readonly [AccountScope, Spent])[] = [
      [{ by: 'all', name: '' }, all],
      [{ by: 'workspace', name: workspaceId ?? '' }, all],
      [{ by: 'client', name: client }, all],
      [{ by: 'conversation', name: conversationId }, all],
      ...[...models].map(([name, spent]) => [{ by: 'model', name }, spent] as const),
      ...[...providers].map(([name, spent]) => [{ by: 'provider', name }, spent] as const),
    ];
    for (const [scope, spent] of shares) {
      for (const kind of PERIODS) {
        const account = this.#accounts.get(keyOf(scope, kind));
        if (account === undefined) continue;
        this.#roll(account, startedAtMs);
        if (startedAtMs < account.startMs) continue; // of the period before, as in the ledger
        const isGraded = spent !== all || gradedIn?.has(account) === true;
        account.spentUsd += spent.costUsd + (isGraded ? 0 : classifierCostUsd);
        account.spentTokens += spent.tokens;
        touched.add(account);
      }
    }
    return touched;
  }

  /** What the ledger held when it was first asked in this period; what came later stands in the accounts. */
  #openingOf(by: AccountScope['by'], kind: BudgetConfig['period'], atMs: number): ReadonlyMap<string, Spent> {
    const { startMs, endMs } = periodAt(kind, atMs);
    const known = this.#openings.get(`${kind} ${by}`);
    if (known?.startMs === startMs) return known.spent;
    const spent = this.#readSpent({ by, sinceAtMs: startMs, untilAtMs: endMs });
    this.#openings.set(`${kind} ${by}`, { startMs, spent });
    return spent;
  }

  #open(scope: AccountScope, kind: BudgetConfig['period'], atMs: number): Account {
    const account = emptyAccount(scope, kind, atMs);
    this.#load(account, atMs);
    return account;
  }

  #load(account: Account, atMs: number): void {
    const { scope, startMs, endMs } = account;
    account.askedAtMs = atMs;
    try {
      const named = scope.by === 'all' ? {} : { name: scope.name };
      const spent = this.#readSpent({ by: scope.by, ...named, sinceAtMs: startMs, untilAtMs: endMs });
      account.spentUsd = spent.get(scope.name)?.costUsd ?? 0;
      account.spentTokens = spent.get(scope.name)?.tokens ?? 0;
      account.fault = null;
    } catch (error) {
      account.fault = error instanceof Error ? error.message : String(error);
    }
  }

  /** As of now, also when the clock was put back: what was spent in a period that comes again stands in the ledger. */
  #follow(account: Account, nowMs: number): void {
    if (nowMs < account.startMs) this.#enter(account, nowMs);
    else this.#roll(account, nowMs);
  }

  /** An exchange that began before the present period moves nothing. */
  #roll(account: Account, atMs: number): void {
    if (atMs >= account.endMs) this.#enter(account, atMs);
  }

  /** A new period starts from nothing; what is not known of the old one no longer matters. */
  #enter(account: Account, atMs: number): void {
    Object.assign(account, periodAt(account.kind, atMs), { spentUsd: 0, spentTokens: 0, fault: null });
    account.told.clear();
    if (account.startMs <= account.newestStartMs) this.#load(account, atMs);
    account.newestStartMs = Math.max(account.newestStartMs, account.startMs);
  }

  #forgetOldest(): void {
    const [oldest] = this.#accounts.keys();
    if (oldest !== undefined) this.#accounts.delete(oldest);
  }
}

/** As of the period that holds `atMs`, with nothing in it. */
export function emptyAccount(scope: AccountScope, kind: BudgetConfig['period'], atMs: number): Account {
  const zero = { spentUsd: 0, spentTokens: 0, fault: null, askedAtMs: atMs, told: new Set<string>() };
  const period = periodAt(kind, atMs);
  return { scope, kind, ...period, newestStartMs: period.startMs, ...zero };
}

function keyOf({ by, name }: AccountScope, kind: BudgetConfig['period']): string {
  return `${kind} ${by} ${name}`;
}

function addTo(sums: Map<string, Spent>, name: string, costUsd: number, tokens: number): void {
  const before = sums.get(name) ?? { costUsd: 0, tokens: 0 };
  sums.set(name, { costUsd: before.costUsd + costUsd, tokens: before.tokens + tokens });
}
