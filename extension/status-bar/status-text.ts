// Live state -> what the status bar item says: its text, its tooltip, its words for screen readers and how loud it is.
// Pure; everything that comes from outside is escaped before it becomes Markdown.

import type { BudgetState, OverrideState } from '../../daemon/protocol/control-api.ts';
import { counted, percent, signedUsd, tokens, usd } from '../dashboard/figures.ts';
import {
  hasUsableProvider,
  overrideAt,
  pressingBudget,
  providersOut,
  type LiveState,
  type RecentRequest,
} from '../live-state.ts';
import { escapeMarkdown } from './escape-markdown.ts';

export interface StatusText {
  readonly text: string;
  /** Markdown with command links; only `TOOLTIP_COMMANDS` are in it. */
  readonly tooltip: string;
  /** The text in words. */
  readonly label: string;
  readonly severity: 'none' | 'warning' | 'error';
  /** What a click does. */
  readonly command: string;
}

export interface StatusTextOptions {
  readonly showsCost: boolean;
  readonly showsSaved: boolean;
  readonly nowMs: number;
}

/** The commands that a link in the tooltip may run. */
export const TOOLTIP_COMMANDS = [
  'pointsman.openDashboard',
  'pointsman.explainLastRequest',
  'pointsman.overrideNextRequest',
  'pointsman.clearOverride',
  'pointsman.connectAssistant',
  'pointsman.setProviderKey',
  'pointsman.setBudget',
  'pointsman.startDaemon',
  'pointsman.restartDaemon',
  'pointsman.showLog',
  'pointsman.runDoctor',
] as const;
type TooltipCommand = (typeof TOOLTIP_COMMANDS)[number];

const ICON = '$(arrow-swap)';
/** Longer model names are cut: the status bar belongs to everybody. */
const MAX_MODEL_CHARS = 28;

export function statusText(state: LiveState, options: StatusTextOptions): StatusText {
  const { daemon } = state;
  switch (daemon.status) {
    case 'stopped':
      return {
        text: '$(circle-slash) Pointsman',
        tooltip: lines('Pointsman is stopped.', links(['pointsman.startDaemon', 'Start'])),
        label: 'Pointsman is stopped. Press to start it.',
        severity: 'none',
        command: 'pointsman.startDaemon',
      };
    case 'starting':
      return quiet('$(loading~spin) Pointsman', 'Pointsman is starting.');
    case 'stopping':
      return quiet('$(loading~spin) Pointsman', 'Pointsman is stopping.');
    case 'failed':
      return failedText(daemon.problem.sentence, daemon.problem.action);
    default:
      return readyText(state, options);
  }
}

function quiet(text: string, sentence: string): StatusText {
  const tooltip = lines(sentence, links(['pointsman.showLog', 'Show log']));
  return { text, tooltip, label: sentence, severity: 'none', command: 'pointsman.openDashboard' };
}

function failedText(sentence: string, action: 'show-log' | 'restart' | 'open-settings'): StatusText {
  return {
    text: '$(error) Pointsman',
    tooltip: lines(
      escapeMarkdown(sentence),
      links(
        ['pointsman.restartDaemon', 'Try again'],
        ['pointsman.runDoctor', 'Run doctor'],
        ['pointsman.showLog', 'Show log'],
      ),
    ),
    label: `Pointsman cannot run: ${sentence}`,
    severity: 'error',
    command: action === 'restart' ? 'pointsman.restartDaemon' : 'pointsman.runDoctor',
  };
}

function readyText(state: LiveState, options: StatusTextOptions): StatusText {
  const notices = noticesOf(state, options);
  const [loudest] = notices;
  const [last] = state.recent;
  const parts = [loudest?.text ?? null, ...lastParts(last, options), savedPart(state, options)];
  const isKeyless = hasUsableProvider(state) === false;
  // Figures of yesterday would only hide the one thing that is to be done.
  const said = (isKeyless ? parts.slice(0, 1) : parts).filter((part) => part !== null);
  const icon = loudest?.icon ?? ICON;
  return {
    text: `${icon} ${said.length === 0 ? 'Pointsman' : said.join(' · ')}`,
    tooltip: readyTooltip(state, notices),
    label: readyLabel(state, notices, last),
    severity: notices.find(({ severity }) => severity === 'error')?.severity ?? loudest?.severity ?? 'none',
    command: isKeyless ? 'pointsman.setProviderKey' : 'pointsman.openDashboard',
  };
}

interface Notice {
  readonly icon: string;
  /** In the status bar. */
  readonly text: string;
  /** In the tooltip and for screen readers, a sentence. */
  readonly sentence: string;
  readonly severity: 'none' | 'warning' | 'error';
  readonly action: readonly [TooltipCommand, string];
}

/** What is not as usual, what matters most first. */
function noticesOf(state: LiveState, { nowMs }: StatusTextOptions): readonly Notice[] {
  const budget = pressingBudget(state);
  const override = overrideAt(state, nowMs);
  const out = providersOut(state);
  const error = state.status?.config.error ?? null;
  const notices: (Notice | null)[] = [
    hasUsableProvider(state) === false ? NO_KEY : null,
    budget?.state === 'block' ? budgetNotice(budget) : null,
    out.length === 0 ? null : outNotice(state, out),
    error === null ? null : configNotice(error),
    override === null ? null : overrideNotice(override),
    budget === null || budget.state === 'block' ? null : budgetNotice(budget),
  ];
  return notices.filter((notice) => notice !== null);
}

const NO_KEY: Notice = {
  icon: '$(key)',
  text: 'Set a provider key',
  sentence: 'No provider can be used yet: set a key, or start a local model server.',
  severity: 'none',
  action: ['pointsman.setProviderKey', 'Set a provider key'],
};

function outNotice({ status, refusedKeys }: LiveState, out: readonly string[]): Notice {
  const [first = ''] = out;
  const why = status?.providers.find(({ name }) => name === first)?.why ?? '';
  const usable = status?.providers.filter((provider) => provider.usable).length ?? 0;
  const rest = out.length === usable ? 'No other one is left.' : 'Requests go to the others meanwhile.';
  return {
    icon: '$(warning)',
    text: out.length === 1 ? `${cut(plain(first))} out` : `${out.length} providers out`,
    sentence: `${out.join(', ')} cannot be reached or refuses${why === '' ? '' : ` (${why})`}. ${rest}`,
    severity: 'warning',
    action: refusedKeys.has(first)
      ? ['pointsman.setProviderKey', 'Set the key']
      : ['pointsman.runDoctor', 'Run doctor'],
  };
}

function configNotice(error: string): Notice {
  return {
    icon: '$(warning)',
    text: 'configuration',
    sentence: `The configuration has a mistake, and the last good one stays in force: ${error}`,
    severity: 'warning',
    action: ['pointsman.runDoctor', 'Run doctor'],
  };
}

function overrideNotice({ model, scope }: OverrideState): Notice {
  const name = cut(plain(model));
  const told = {
    next: [`${name} next`, `The next request goes to ${model}.`],
    conversation: [`${name} in a conversation`, `A conversation stays on ${model}.`],
    always: [`${name} always`, `Every request goes to ${model} until that is cleared.`],
  } as const;
  const [text, sentence] = told[scope];
  const action = ['pointsman.clearOverride', 'Clear'] as const;
  return { icon: '$(pin)', text, sentence, severity: 'none', action };
}

function budgetNotice(budget: BudgetState): Notice {
  const told = {
    block: ['budget reached', 'Requests are refused until it starts again.', 'error', '$(error)'],
    downgrade: ['budget low', 'Requests lean to cheaper models.', 'warning', '$(warning)'],
    warn: ['budget reached', 'Nothing is held back.', 'warning', '$(warning)'],
    ok: ['', '', 'none', ICON],
  } as const;
  const [text, effect, severity, icon] = told[budget.state];
  const sentence = `${budgetWords(budget)}. ${effect}`;
  return { icon, text, sentence, severity, action: ['pointsman.setBudget', 'Change the budget'] };
}

/** `all, day: $4.10 of $5.00, starts again 2026-11-22 00:00 UTC`. */
export function budgetWords(budget: BudgetState): string {
  const { scope, period, limitUsd, limitTokens, spentUsd, spentTokens, resetsAt } = budget;
  const spent =
    limitUsd === undefined
      ? `${tokens(spentTokens)} of ${tokens(limitTokens ?? 0)} tokens`
      : `${usd(spentUsd)} of ${usd(limitUsd)}`;
  const until = resetsAt.slice(0, 16).replace('T', ' ');
  return `Budget for ${scope === 'all' ? 'everything' : scope} a ${period}: ${spent}, starts again ${until} UTC`;
}

function lastParts(last: RecentRequest | undefined, { showsCost }: StatusTextOptions): (string | null)[] {
  if (last === undefined) return [];
  if (last.responseModel === null) return ['no answer'];
  const cost = showsCost && last.costUsd !== null ? usd(last.costUsd) : null;
  return [cut(plain(last.responseModel)), cost];
}

function savedPart({ today }: LiveState, { showsSaved }: StatusTextOptions): string | null {
  if (!showsSaved || today === null || today.comparableRequests === 0) return null;
  return `saved ${usd(today.savedUsd)}`;
}

function readyTooltip(state: LiveState, notices: readonly Notice[]): string {
  return lines(
    ...notices.map(({ sentence, action }) => `${escapeMarkdown(sentence)} ${link(action[0], action[1])}`),
    state.recent.length === 0 ? 'Ready. No request has come through yet.' : recentTable(state.recent),
    todaySentence(state),
    runningSentence(state),
    portSentence(state),
    links(...linksFor(state)),
  );
}

function linksFor(state: LiveState): readonly (readonly [TooltipCommand, string])[] {
  const open = ['pointsman.openDashboard', 'Open dashboard'] as const;
  const connect = ['pointsman.connectAssistant', 'Connect an assistant'] as const;
  if (state.recent.length === 0) return [connect, open];
  return [
    open,
    ['pointsman.explainLastRequest', 'Explain the last request'],
    ['pointsman.overrideNextRequest', 'Choose the next model'],
    connect,
  ];
}

function recentTable(recent: readonly RecentRequest[]): string {
  const rows = recent.map((request) => {
    const model = link(
      'pointsman.explainLastRequest',
      escapeMarkdown(cut(request.responseModel ?? OUTCOMES[request.status])),
      request.exchangeId,
    );
    const cost = `${usd(request.costUsd)}${request.isEstimated && request.costUsd !== null ? ' (estimate)' : ''}`;
    const client = escapeMarkdown(cut(request.client));
    const cells = [model, client, escapeMarkdown(cost), escapeMarkdown(signedUsd(request.savedUsd))];
    return `| ${cells.join(`${GAP} | `)} |`;
  });
  return [
    `| ${['Last requests', 'Client', 'Cost', 'Saved'].join(`${GAP} | `)} |`,
    '|:--|:--|--:|--:|',
    ...rows,
  ].join('\n');
}

/** The editor sets columns close together. */
const GAP = '&nbsp;&nbsp;';

const OUTCOMES: Readonly<Record<RecentRequest['status'], string>> = {
  ok: 'not named',
  error: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

function todaySentence({ today }: LiveState): string | null {
  if (today === null || today.requests === 0) return null;
  if (today.comparableRequests === 0) {
    return escapeMarkdown(
      `Today (UTC): ${counted(today.requests, 'request')}, saved unknown, since none could be compared.`,
    );
  }
  const coverage = `${percent(today.coverageRatio)} of ${counted(today.requests, 'request')} could be compared`;
  return escapeMarkdown(
    `Saved today (UTC): ${usd(today.savedUsd)}, cost ${usd(today.costUsd)}; ${coverage}.`,
  );
}

function runningSentence({ running }: LiveState): string | null {
  if (running.size === 0) return null;
  return running.size === 1 ? 'One request is running.' : `${running.size} requests are running.`;
}

function portSentence({ daemon }: LiveState): string | null {
  if (daemon.status !== 'ready' || daemon.connection.isOnOtherPort !== true) return null;
  return escapeMarkdown(`At ${daemon.connection.url}, since another program has the usual port.`);
}

function readyLabel(state: LiveState, notices: readonly Notice[], last: RecentRequest | undefined): string {
  const sentences = ['Pointsman is ready.', ...notices.map(({ sentence }) => sentence)];
  if (last === undefined) sentences.push('No request has come through yet.');
  else if (last.responseModel === null) sentences.push('The last request got no answer.');
  else sentences.push(`The last request was answered by ${last.responseModel} for ${usd(last.costUsd)}.`);
  const { today } = state;
  if (today !== null && today.comparableRequests > 0) sentences.push(`Saved today: ${usd(today.savedUsd)}.`);
  return sentences.join(' ');
}

/** `title` is Markdown already. */
function link(command: TooltipCommand, title: string, argument?: string): string {
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify([argument]))}`;
  // The only brackets that encodeURIComponent leaves would end the link.
  return `[${title}](command:${command}${query.replaceAll('(', '%28').replaceAll(')', '%29')})`;
}

function links(...commands: readonly (readonly [TooltipCommand, string])[]): string {
  return commands.map(([command, title]) => link(command, title)).join(' · ');
}

function lines(...blocks: readonly (string | null)[]): string {
  return blocks.filter((block) => block !== null).join('\n\n');
}

/** In a status bar text `$(name)` is an icon. */
function plain(text: string): string {
  return text.replaceAll('$(', '(').replaceAll(/\s+/g, ' ');
}

function cut(text: string): string {
  return text.length <= MAX_MODEL_CHARS ? text : `${text.slice(0, MAX_MODEL_CHARS - 1)}…`;
}
