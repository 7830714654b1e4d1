// What is known of the daemon -> a report that a person can read and send on: no key, no token, no text of a request in
// it. Pure.

import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import type { DaemonState } from '../daemon/daemon-session.ts';
import { budgetWords } from '../status-bar/status-text.ts';
import { escapeMarkdown } from '../status-bar/escape-markdown.ts';
import type { BudgetState } from '../../daemon/protocol/control-api.ts';

export interface DoctorInput {
  readonly daemon: DaemonState;
  /** null = the daemon does not answer. */
  readonly status: StatusBody | null;
  readonly budgets: readonly BudgetState[];
  readonly extensionVersion: string;
  readonly editorVersion: string;
  readonly nodeVersion: string;
  /** `ssh-remote`, `wsl`, …; null = the editor's own machine. */
  readonly remoteName: string | null;
}

export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  /** What was found, and what to do when it is not well. */
  readonly finding: string;
}

export function doctorReport(input: DoctorInput): string {
  const checks = doctorChecks(input);
  const failing = checks.filter(({ isOk }) => !isOk);
  const summary =
    failing.length === 0
      ? 'Everything is well.'
      : `${failing.length === 1 ? 'One thing' : `${failing.length} things`} to look at, first in the table.`;
  const rows = [...failing, ...checks.filter(({ isOk }) => isOk)].map(
    ({ name, isOk, finding }) =>
      `| ${isOk ? 'OK' : '**Look**'} | ${escapeMarkdown(name)} | ${escapeMarkdown(finding)} |`,
  );
  return ['# Pointsman doctor', '', summary, '', '| | What | Finding |', '|:--|:--|:--|', ...rows, ''].join(
    '\n',
  );
}

export function doctorChecks(input: DoctorInput): readonly Check[] {
  const { status, budgets } = input;
  return [
    daemonCheck(input),
    ...(status === null ? [] : statusChecks(status)),
    ...budgets.map(budgetCheck),
    {
      name: 'editor',
      isOk: true,
      finding: `${input.editorVersion}, extension ${input.extensionVersion}, Node ${input.nodeVersion}${input.remoteName === null ? '' : `, remote ${input.remoteName}`}`,
    },
  ];
}

function daemonCheck({ daemon, status }: DoctorInput): Check {
  const check = (isOk: boolean, finding: string): Check => ({ name: 'daemon', isOk, finding });
  switch (daemon.status) {
    case 'ready': {
      const { url, version, pid, isOnOtherPort } = daemon.connection;
      if (status === null) return check(false, `at ${url} it does not answer; run "Pointsman: Restart"`);
      const found = `version ${version} at ${url}, pid ${pid}`;
      if (isOnOtherPort !== true) return check(true, found);
      return check(false, `${found}: another program has its port; connect your assistants again`);
    }
    case 'failed':
      return check(false, daemon.problem.sentence);
    case 'stopped':
      return check(false, 'it is stopped; run "Pointsman: Start"');
    default:
      return check(false, `it is ${daemon.status}; run this again in a moment`);
  }
}

function statusChecks(status: StatusBody): readonly Check[] {
  const { config, ledger, providers, priceList, routingTests } = status;
  const usable = providers.filter((provider) => provider.usable);
  return [
    { name: 'home', isOk: true, finding: status.home },
    { name: 'configuration', isOk: config.valid, finding: config.error ?? config.path },
    {
      name: 'providers',
      isOk: usable.length > 0,
      finding:
        usable.length > 0
          ? usable.map(({ name }) => name).join(', ')
          : 'none can be used; run "Pointsman: Set a provider key" or start a local model server',
    },
    ...usable.map(({ name, health, why, retryAtMs }) => ({
      name: `provider ${name}`,
      isOk: health === 'ok',
      finding:
        health === 'ok' || retryAtMs === null
          ? why
          : `${why}; tried again at ${new Date(retryAtMs).toISOString().slice(11, 16)} UTC`,
    })),
    { name: 'books', isOk: ledger.ok, finding: ledger.error ?? `${ledger.path}, ${ledger.rows} requests` },
    {
      name: 'prices',
      isOk: priceList.unpricedModels.length === 0,
      finding:
        priceList.unpricedModels.length === 0
          ? `list of ${priceList.version}${priceList.staleModels.length === 0 ? '' : `; older than a month: ${priceList.staleModels.join(', ')}`}`
          : `no price for ${priceList.unpricedModels.join(', ')}, so their requests count in no saving; set models.ID.price`,
    },
    {
      name: 'routing tests',
      isOk: routingTests.failingCount === 0,
      finding:
        routingTests.failingCount === 0
          ? routingTests.tests === 0
            ? 'none'
            : `all ${routingTests.tests} hold`
          : routingTests.failing.map(({ sentence }) => sentence).join('; '),
    },
  ];
}

function budgetCheck(budget: BudgetState): Check {
  const isOk = budget.state === 'ok' && budget.error === undefined;
  return { name: 'budget', isOk, finding: budget.error ?? budgetWords(budget) };
}
