// Lets requests through as far as the budgets that block have room for them, so that a limit is passed by one request at
// most, however many run at once. Each running request holds the most that it can cost; one that does not fit beside the
// others waits its turn for a while; the one that is alone may always go while anything is left.

import type { ModelTarget } from '../catalog/model-target.ts';
import { RouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';
import type { Account, BudgetAccounts } from './budget-accounts.ts';
import { BudgetBounds, type Bound, type RequestSize } from './budget-bound.ts';
import {
  amountText,
  isOfModels,
  isReached,
  reachedError,
  spentOf,
  unknownError,
  unpricedError,
  type BudgetRule,
} from './budget-rules.ts';
import { accountScope, budgetText, type BudgetSubject } from './budget-scope.ts';

export interface AdmissionRequest {
  readonly subject: BudgetSubject;
  readonly target: ModelTarget;
  readonly size: RequestSize;
  /** A question of our own, which grades the ask or tells what it is like: limits of single models do not keep anybody from it. */
  readonly isGrading?: boolean;
  /** What it will probably take, for the pressure on others. */
  readonly expectedUsd: number | null;
  readonly expectedTokens: number;
  /** Aborted with a RouterError when the client leaves. */
  readonly signal: AbortSignal;
}

/** A request that may run. */
export interface Admission {
  readonly size: RequestSize;
  /** Before another model is asked for the same request: null = it may be, else why not. Nothing waits here. */
  tryAlso(target: ModelTarget): string | null;
  /** Gives back what was held; only the first call counts. */
  release(): void;
}

interface Running {
  readonly request: AdmissionRequest;
  /** Grows when further models are asked. */
  targets: readonly ModelTarget[];
  bound: Bound;
}

interface Waiter {
  readonly request: AdmissionRequest;
  readonly admit: (admission: Admission) => void;
  readonly refuse: (error: Error) => void;
}

type Verdict =
  | { readonly kind: 'go'; readonly bound: Bound }
  | { readonly kind: 'refused'; readonly error: RouterError }
  | { readonly kind: 'wait'; readonly rule: BudgetRule; readonly account: Account };

const WAIT_MS = 60_000;
const MAX_WAITERS = 1000;
const COME_BACK_MS = 1000;

export interface BudgetGateDeps {
  /** All of them; only those that block hold anybody up. */
  readonly rules: () => readonly BudgetRule[];
  readonly accounts: BudgetAccounts;
  readonly clock: Clock;
}

export class BudgetGate {
  readonly bounds = new BudgetBounds();
  readonly #deps: BudgetGateDeps;
  readonly #running = new Set<Running>();
  /** First come, first served. */
  readonly #waiters = new Set<Waiter>();

  constructor(deps: BudgetGateDeps) {
    this.#deps = deps;
  }

  /** Rejects with `budget.exceeded`, with `router.overloaded` after a long wait, or with the signal's reason. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    if (this.#waiters.size === 0) {
      const verdict = this.#judge(request, request.target, new Set());
      if (verdict.kind === 'refused') throw verdict.error;
      if (verdict.kind === 'go') return this.#start(request, verdict.bound);
    }
    if (this.#waiters.size >= MAX_WAITERS) throw this.#tooLong(request);
    return await this.#wait(request);
  }

  /** What running requests will probably add to the account of a rule. */
  expectedOf(rule: BudgetRule, account: Account): number {
    let sum = 0;
    for (const { request } of this.#holders(rule, account)) {
      sum += rule.unit === 'usd' ? (request.expectedUsd ?? 0) : request.expectedTokens;
    }
    return sum;
  }

  /** To be called when something has become free, or other budgets are in force. */
  pump(): void {
    const contested = new Set<Account>();
    for (const waiter of this.#waiters) {
      const verdict = this.#judge(waiter.request, waiter.request.target, contested);
      // Whoever comes later and wants of the same waits behind, else small requests would starve a large one.
      if (verdict.kind === 'wait') contested.add(verdict.account);
      else if (verdict.kind === 'go') waiter.admit(this.#start(waiter.request, verdict.bound));
      else waiter.refuse(verdict.error);
    }
  }

  #wait(request: AdmissionRequest): Promise<Admission> {
    const { signal } = request;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        stop();
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        request,
        admit: (admission) => (leave(), resolve(admission)),
        refuse: (error) => (leave(), reject(error)),
      };
      // Others may have waited only for this one to go.
      const giveUp = (error: Error): void => (waiter.refuse(error), this.pump());
      const onAbort = (): void => giveUp(signal.reason as Error);
      const stop = this.#deps.clock.setTimer(WAIT_MS, () => giveUp(this.#tooLong(request)));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.pump();
    });
  }

  #start(request: AdmissionRequest, bound: Bound): Admission {
    const running: Running = { request, targets: [request.target], bound };
    this.#running.add(running);
    return {
      size: request.size,
      tryAlso: (target) => this.#extend(running, target),
      release: () => {
        if (this.#running.delete(running)) this.pump();
      },
    };
  }

  #extend(running: Running, target: ModelTarget): string | null {
    if (running.targets.includes(target)) return null;
    const verdict = this.#judge(running.request, target, new Set(), running);
    if (verdict.kind === 'refused') return verdict.error.message;
    if (verdict.kind === 'wait') {
      const name = budgetText(verdict.rule.budget, verdict.account.scope);
      return `the budget "${name}" has no room for it beside the requests that run now`;
    }
    running.targets = [...running.targets, target];
    running.bound = {
      usd:
        running.bound.usd === null || verdict.bound.usd === null
          ? null
          : running.bound.usd + verdict.bound.usd,
      tokens: running.bound.tokens + verdict.bound.tokens,
    };
    return null;
  }

  /** `own`: the running request that asks for more; what it holds already stands in nobody's way. */
  #judge(
    request: AdmissionRequest,
    target: ModelTarget,
    contested: ReadonlySet<Account>,
    own?: Running,
  ): Verdict {
    const bound = this.bounds.of(target, request.size);
    const atMs = this.#deps.clock.now();
    let wait: Verdict | null = null;
    for (const rule of this.#deps.rules()) {
      if (rule.budget.onReach !== 'block' || (request.isGrading === true && isOfModels(rule))) continue;
      const scope = accountScope(rule.scope, request.subject, target);
      if (scope === null) continue;
      const account = this.#deps.accounts.at(scope, rule.budget.period, atMs);
      if (account.fault !== null) return { kind: 'refused', error: unknownError(rule, account) };
      if (isReached(rule, account)) return { kind: 'refused', error: reachedError(rule, account) };
      const amount = rule.unit === 'usd' ? bound.usd : bound.tokens;
      if (amount === null) return { kind: 'refused', error: unpricedError(rule, account, target.id) };
      if (amount === 0 || wait !== null) continue;
      if (contested.has(account) || !this.#fits(rule, account, amount, own)) {
        wait = { kind: 'wait', rule, account };
      }
    }
    return wait ?? { kind: 'go', bound };
  }

  #fits(rule: BudgetRule, account: Account, amount: number, own: Running | undefined): boolean {
    let held = 0;
    let others = 0;
    for (const running of this.#holders(rule, account)) {
      const amountHeld = heldBy(running, rule);
      if (running === own || amountHeld === 0) continue;
      others += 1;
      held += amountHeld;
    }
    const ownHeld = own === undefined ? 0 : heldBy(own, rule);
    return others === 0 || spentOf(rule, account) + held + ownHeld + amount <= rule.limit;
  }

  *#holders(rule: BudgetRule, { scope }: Account): Generator<Running> {
    for (const running of this.#running) {
      const { request, targets } = running;
      const isOfIt = targets.some((target) => {
        const own = accountScope(rule.scope, request.subject, target);
        return own !== null && own.by === scope.by && own.name === scope.name;
      });
      if (isOfIt) yield running;
    }
  }

  #tooLong(request: AdmissionRequest): RouterError {
    const verdict = this.#judge(request, request.target, new Set());
    const left =
      verdict.kind === 'wait'
        ? `the budget "${budgetText(verdict.rule.budget, verdict.account.scope)}" has ${amountText(verdict.rule, verdict.rule.limit - spentOf(verdict.rule, verdict.account))} left`
        : 'a budget is nearly used up';
    return new RouterError(
      'router.overloaded',
      `${left}, and requests that run now may take all of it; try again when they have ended`,
      { statusCode: 429, retryAfterMs: COME_BACK_MS },
    );
  }
}

/** A request that began before its model lost its price holds nothing in USD. */
function heldBy({ bound }: Running, { unit }: BudgetRule): number {
  return unit === 'usd' ? (bound.usd ?? 0) : bound.tokens;
}
