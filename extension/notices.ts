// Live state -> what only the user can mend, each as one sentence with the buttons that mend it. Pure. Which of them were
// shown already is kept by `NoticeBoard`: each one once, and again only after it was gone.

import type { DaemonConnection, DaemonProblem } from './daemon/daemon-session.ts';
import type { LiveState } from './live-state.ts';
import { budgetWords } from './status-bar/status-text.ts';

export type NoticeAction =
  | { readonly title: string; readonly command: string; readonly arguments?: readonly unknown[] }
  /** Opens a file in the editor. */
  | { readonly title: string; readonly file: string };

export interface Notice {
  /** Two notices with the same key are the same one. */
  readonly key: string;
  readonly severity: 'warning' | 'error';
  readonly sentence: string;
  readonly actions: readonly NoticeAction[];
}

const SHOW_LOG: NoticeAction = { title: 'Show log', command: 'pointsman.showLog' };
const RUN_DOCTOR: NoticeAction = { title: 'Run doctor', command: 'pointsman.runDoctor' };
const RESTART: NoticeAction = { title: 'Restart', command: 'pointsman.restartDaemon' };
const TRY_AGAIN: NoticeAction = { title: 'Try again', command: 'pointsman.restartDaemon' };
const CHECK_FOR_UPDATES: NoticeAction = { title: 'Check for updates', command: 'update.checkForUpdate' };
const OPEN_SETTINGS: NoticeAction = {
  title: 'Open settings',
  command: 'workbench.action.openSettings',
  arguments: ['@ext:pointsman.pointsman'],
};

const FAILURE_PREFIX = 'daemon:';

const PROBLEM_ACTIONS: Readonly<Record<DaemonProblem['action'], readonly NoticeAction[]>> = {
  'show-log': [SHOW_LOG, TRY_AGAIN],
  restart: [TRY_AGAIN, SHOW_LOG],
  'open-settings': [OPEN_SETTINGS, TRY_AGAIN],
};

export function noticesOf(state: LiveState): readonly Notice[] {
  const { daemon } = state;
  if (daemon.status === 'failed') return [problemNotice(daemon.problem)];
  if (daemon.status !== 'ready' || state.status === null) return [];
  return [
    ...portNotices(daemon.connection),
    ...configNotices(state.status),
    ...keyNotices(state, state.status),
    ...bookNotices(state.status),
    ...budgetNotices(state),
  ];
}

function problemNotice({ code, sentence, action }: DaemonProblem): Notice {
  // Only a newer editor mends that.
  const first = code === 'node-too-old' ? [CHECK_FOR_UPDATES] : [];
  const actions = [...first, ...PROBLEM_ACTIONS[action]];
  return { key: `${FAILURE_PREFIX}${code}`, severity: 'error', sentence, actions };
}

/** Assistants that were pointed at the port find a stranger there. */
function portNotices({ isOnOtherPort, url }: DaemonConnection): readonly Notice[] {
  if (isOnOtherPort !== true) return [];
  return [
    {
      key: `port:${url}`,
      severity: 'warning',
      sentence: `Another program has the port of Pointsman, which is at ${url} now: connect your assistants again, or end that program and restart Pointsman.`,
      actions: [{ title: 'Connect again', command: 'pointsman.connectAssistant' }, RESTART],
    },
  ];
}

type Status = NonNullable<LiveState['status']>;

function configNotices({ config }: Status): readonly Notice[] {
  if (config.error === null) return [];
  const [first = ''] = config.error.split('\n', 1);
  return [
    {
      key: `config:${config.error}`,
      severity: 'warning',
      sentence: `The configuration of Pointsman has a mistake, and the last good one stays in force: ${first}`,
      actions: [{ title: 'Open configuration', file: config.path }],
    },
  ];
}

/** A refused key is not mended by waiting; everything else that keeps a provider away is. */
function keyNotices({ refusedKeys }: LiveState, { providers }: Status): readonly Notice[] {
  const refused = providers.filter(({ name, health }) => health === 'ejected' && refusedKeys.has(name));
  const isAnyLeft = providers.some(({ usable, health }) => usable && health !== 'ejected');
  const meanwhile = isAnyLeft
    ? 'Requests go to other providers meanwhile.'
    : 'Until then no provider is left for requests.';
  return refused.map(({ name }) => ({
    key: `key:${name}`,
    severity: 'warning',
    sentence: `${name} refuses the key that Pointsman has for it; set another one. ${meanwhile}`,
    actions: [{ title: 'Set the key', command: 'pointsman.setProviderKey', arguments: [name] }, RUN_DOCTOR],
  }));
}

function bookNotices({ ledger }: Status): readonly Notice[] {
  if (ledger.ok || ledger.error === null) return [];
  return [
    {
      key: 'ledger',
      severity: 'warning',
      sentence: `Pointsman cannot write its books: ${ledger.error}`,
      actions: [RUN_DOCTOR, SHOW_LOG],
    },
  ];
}

function budgetNotices({ budgets }: LiveState): readonly Notice[] {
  const blocking = budgets.filter(({ state }) => state === 'block');
  return blocking.map((budget) => ({
    key: `budget:${budget.scope}:${budget.period}:${budget.resetsAt}`,
    severity: 'warning',
    sentence: `Requests are refused. ${budgetWords(budget)}.`,
    actions: [{ title: 'Change the budget', command: 'pointsman.setBudget' }],
  }));
}

/** Remembers what was shown in this window. */
export class NoticeBoard {
  readonly #shown = new Set<string>();

  /** Those of the present notices that were not shown yet; they count as shown from now on. */
  take(state: LiveState): readonly Notice[] {
    const present = noticesOf(state);
    // While the daemon is away nobody knows whether the rest is mended.
    if (state.daemon.status === 'ready' && state.status !== null) this.#forgetAllBut(present);
    // After it failed only a person starts it again, and wants to know how that went.
    if (state.daemon.status === 'starting') this.#forgetFailures();
    const fresh = present.filter(({ key }) => !this.#shown.has(key));
    for (const { key } of fresh) this.#shown.add(key);
    return fresh;
  }

  #forgetFailures(): void {
    for (const key of this.#shown) {
      if (key.startsWith(FAILURE_PREFIX)) this.#shown.delete(key);
    }
  }

  #forgetAllBut(present: readonly Notice[]): void {
    for (const key of this.#shown) {
      if (!present.some((notice) => notice.key === key)) this.#shown.delete(key);
    }
  }
}
