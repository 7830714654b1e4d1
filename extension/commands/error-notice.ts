// What went wrong while a command ran -> one sentence and the buttons that help. Pure.

import type { NoticeAction } from '../notices.ts';

const RESTART: NoticeAction = { title: 'Restart', command: 'pointsman.restartDaemon' };
const SHOW_LOG: NoticeAction = { title: 'Show log', command: 'pointsman.showLog' };
const SET_KEY: NoticeAction = { title: 'Set a provider key', command: 'pointsman.setProviderKey' };
const CHANGE_BUDGET: NoticeAction = { title: 'Change the budget', command: 'pointsman.setBudget' };
const RUN_DOCTOR: NoticeAction = { title: 'Run doctor', command: 'pointsman.runDoctor' };

/** By code of the control API; everything else gets the log. */
const ACTIONS: Readonly<Record<string, readonly NoticeAction[]>> = {
  'daemon.unreachable': [RESTART, SHOW_LOG],
  'route.no_eligible_target': [SET_KEY, RUN_DOCTOR],
  'upstream.all_failed': [RUN_DOCTOR],
  'budget.exceeded': [CHANGE_BUDGET],
  'config.invalid': [RUN_DOCTOR],
};

export function errorNotice(
  code: string | null,
  message: string,
): { readonly sentence: string; readonly actions: readonly NoticeAction[] } {
  return { sentence: `Pointsman: ${sentenceOf(message)}`, actions: ACTIONS[code ?? ''] ?? [SHOW_LOG] };
}

/** The daemon's messages begin small and end without a full stop. */
export function sentenceOf(message: string): string {
  const [first = ''] = message;
  const whole = `${first.toUpperCase()}${message.slice(first.length)}`;
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}
