// The budgets of the daemon: what they lean to, whom they let through, what they have counted. One per process; the
// configured list may change at any time, what was spent stays.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { BudgetConfig } from '../config/schema.ts';
import type { BudgetsBody, BudgetState } from '../protocol/control-api.ts';
import type { BudgetPressure, DecisionInput, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { BudgetAccounts, emptyAccount, type Account, type ReadSpent } from './budget-accounts.ts';
import { BudgetGate, type Admission, type AdmissionRequest } from './budget-gate.ts';
import {
  isOfModels,
  isReached,
  isoOf,
  pressureOf,
  reachedError,
  reachedNote,
  rulesOf,
  unkeptError,
  unknownError,
  type BudgetRule,
} from './budget-rules.ts';
import { accountScope, budgetText, type BudgetSubject, type BudgetTarget } from './budget-scope.ts';
import { stateOf, worstFirst } from './budget-states.ts';

export interface BudgetBoardDeps {
  readonly readSpent: ReadSpent;
  /** Why what is spent now would be forgotten if the process ended; null = it would not. Absent = it never would. */
  readonly whyNotKept?: () => string | null;
  readonly clock: Clock;
  readonly log: Log;
}

const NOWHERE: ReadonlySet<Account> = new Set();

export class BudgetBoard {
  readonly #deps: BudgetBoardDeps;
  readonly #accounts: BudgetAccounts;
  readonly #gate: BudgetGate;
  #rules: readonly BudgetRule[] = [];

  constructor(deps: BudgetBoardDeps) {
    this.#deps = deps;
    this.#accounts = new BudgetAccounts(deps.readSpent);
    this.#gate = new BudgetGate({ rules: () => this.#rules, accounts: this.#accounts, clock: deps.clock });
  }

  /** Puts a list in force, also for requests that wait. */
  configure(budgets: readonly BudgetConfig[]): void {
    this.#rules = rulesOf(budgets);
    const atMs = this.#deps.clock.now();
    for (const rule of this.#rules) {
      const { by, name } = rule.scope;
      // Read at once, so that a ledger that cannot be read is told of at the start and not by the first request.
      const account =
        by === 'all' || name !== null ? this.#accountOf(rule, { by, name: name ?? '' }, atMs) : null;
      if (account === null || account.fault === null) continue;
      this.#deps.log.error('nobody knows what was spent of a budget', {
        budget: rule.budget.scope,
        error: account.fault,
      });
    }
    this.#gate.pump();
  }

  /** The ledger has rows that did not come from here, so what was spent is read from it again. */
  recount(): void {
    this.#accounts.reload(this.#deps.clock.now());
  }

  /** How hard the budgets that downgrade lean to cheaper models for this request; the hardest counts, null = not at all. */
  pressure(subject: BudgetSubject, atMs: number): BudgetPressure | null {
    let strongest: BudgetPressure | null = null;
    for (const rule of this.#rules) {
      if (rule.budget.onReach !== 'downgrade' || isOfModels(rule)) continue;
      const account = this.#find(rule, subject, null, atMs);
      if (account === null) continue;
      const pressure = pressureOf(rule, account, this.#gate.expectedOf(rule, account), atMs);
      if (pressure <= (strongest?.pressure ?? 0)) continue;
      strongest = { budget: budgetText(rule.budget, account.scope), pressure };
    }
    return strongest;
  }

  /** Models that budgets leave out: their own is used up, or a budget in USD could not count them. */
  closedModels(
    subject: BudgetSubject,
    targets: readonly ModelTarget[],
    atMs: number,
  ): DecisionInput['unavailable'] {
    if (this.#rules.length === 0) return [];
    return targets.flatMap((target) => this.#closed(subject, target, atMs) ?? []);
  }

  /** Throws `budget.exceeded` for a request that no model may answer: nothing should be spent on grading it. */
  refuseEarly(subject: BudgetSubject): void {
    const atMs = this.#deps.clock.now();
    const notKept = this.#deps.whyNotKept?.() ?? null;
    for (const rule of this.#rules) {
      if (rule.budget.onReach !== 'block') continue;
      const account = this.#find(rule, subject, null, atMs);
      if (account === null) continue;
      if (account.fault !== null) throw unknownError(rule, account);
      if (notKept !== null) throw unkeptError(rule, account, notKept);
      if (isReached(rule, account)) throw reachedError(rule, account);
    }
  }

  /** See `BudgetGate.admit`. */
  admit(request: AdmissionRequest): Promise<Admission> {
    return this.#gate.admit(request);
  }

  /** Counts at once what grading cost, since others wait for that; answers where, for `book`. */
  graded(subject: BudgetSubject, startedAtMs: number, costUsd: number): ReadonlySet<Account> {
    if (costUsd === 0) return NOWHERE;
    this.#accountsOf(subject, []);
    return this.#accounts.add({ subject, startedAtMs, charges: [], classifierCostUsd: costUsd });
  }

  /**
   * Counts a finished exchange, just before the ledger gets it and in the same turn. Answers the sentences that its
   * record must carry: which budgets it brought to their limit.
   */
  book(
    record: ExchangeRecord,
    given: {
      readonly admission: Admission | null;
      readonly targets: readonly ModelTarget[];
      readonly gradedIn?: ReadonlySet<Account>;
    },
  ): readonly string[] {
    const { client, workspaceId, conversationId, attempts, classifierCostUsd } = record;
    const subject: BudgetSubject = { client, workspaceId, conversationId };
    // Opened before anything is added: an account that is read from the ledger later would have this exchange twice.
    const accounts = this.#accountsOf(subject, attempts);
    const charges = attempts.map(({ model, provider, costUsd, usage }) => ({
      model,
      provider,
      costUsd,
      tokens: usage === null ? 0 : usage.inputTokens + usage.outputTokens,
    }));
    const startedAtMs = Date.parse(record.startedAt);
    const { gradedIn = NOWHERE } = given;
    this.#accounts.add({ subject, startedAtMs, charges, classifierCostUsd, gradedIn });
    for (const [index, { model, costUsd, tokens }] of charges.entries()) {
      const target = given.targets.find(({ id }) => id === model);
      if (given.admission === null || target === undefined || attempts[index]?.status !== 'ok') continue;
      this.#gate.bounds.learn(target, given.admission.size, { usd: costUsd, tokens });
    }
    return accounts.flatMap(([rule, account]) => this.#newlyReached(rule, account) ?? []);
  }

  /** The budgets as `GET budgets` answers them. */
  states(): BudgetsBody {
    const atMs = this.#deps.clock.now();
    return { budgets: this.#rules.map((rule) => this.#stateOf(rule, atMs)) };
  }

  #stateOf(rule: BudgetRule, atMs: number): BudgetState {
    const { by, name } = rule.scope;
    if (by === 'all' || name !== null) {
      return stateOf(rule, this.#accountOf(rule, { by, name: name ?? '' }, atMs), atMs);
    }
    // Each one for itself: the one that has used most of it stands for all.
    const none = emptyAccount({ by, name: '' }, rule.budget.period, atMs);
    try {
      return worstFirst(rule, this.#accounts.all(by, rule.budget.period, atMs), none, atMs);
    } catch (error) {
      return { ...stateOf(rule, none, atMs), error: error instanceof Error ? error.message : String(error) };
    }
  }

  #accountOf(rule: BudgetRule, scope: Account['scope'], atMs: number): Account {
    return this.#accounts.at(scope, rule.budget.period, atMs);
  }

  #find(rule: BudgetRule, subject: BudgetSubject, target: BudgetTarget | null, atMs: number): Account | null {
    const scope = accountScope(rule.scope, subject, target);
    return scope === null ? null : this.#accountOf(rule, scope, atMs);
  }

  #closed(
    subject: BudgetSubject,
    target: ModelTarget,
    atMs: number,
  ): DecisionInput['unavailable'][number] | null {
    const isUnpriced = target.billing === 'metered' && target.price === null;
    for (const rule of this.#rules) {
      const { onReach } = rule.budget;
      const couldNotCount = isUnpriced && onReach === 'block' && rule.unit === 'usd';
      if (!couldNotCount && (!isOfModels(rule) || onReach === 'warn')) continue;
      const account = this.#find(rule, subject, target, atMs);
      if (account === null) continue;
      const name = budgetText(rule.budget, account.scope);
      if (isOfModels(rule) && isReached(rule, account)) {
        const why = `is left out since its budget "${name}" is used up until ${isoOf(account.endMs)}`;
        return { model: target.id, why, retryAtMs: account.endMs };
      }
      if (!couldNotCount) continue;
      const why = `has no price, so the budget "${name}" cannot count it`;
      return { model: target.id, why, isLasting: true };
    }
    return null;
  }

  #accountsOf(
    subject: BudgetSubject,
    attempts: ExchangeRecord['attempts'],
  ): readonly (readonly [BudgetRule, Account])[] {
    const atMs = this.#deps.clock.now();
    return this.#rules.flatMap((rule) => {
      const targets = isOfModels(rule)
        ? attempts.map(({ model, provider }) => ({ id: model, provider }))
        : [null];
      const accounts = new Set(targets.flatMap((target) => this.#find(rule, subject, target, atMs) ?? []));
      return [...accounts].map((account) => [rule, account] as const);
    });
  }

  /** Said once per period; after a restart once more. */
  #newlyReached(rule: BudgetRule, account: Account): string | null {
    if (account.fault !== null || !isReached(rule, account) || account.told.has(rule.key)) return null;
    account.told.add(rule.key);
    const note = reachedNote(rule, account);
    this.#deps.log.warn(note);
    return note;
  }
}
