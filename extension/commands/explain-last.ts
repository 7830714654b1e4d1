// "Explain the last request": the dashboard, opened at that request's decision. A link of the status bar names another.

import * as vscode from 'vscode';

import { daemonOf, type CommandDeps } from './command-deps.ts';
import { lastExchangeId } from './last-exchange.ts';

export async function explainLastRequest(deps: CommandDeps, exchangeId?: unknown): Promise<void> {
  const connection = await daemonOf(deps);
  const id = typeof exchangeId === 'string' ? exchangeId : await lastExchangeId(deps, connection);
  if (id !== null) return deps.dashboard.open(id);
  const connect = 'Connect an assistant';
  const chosen = await vscode.window.showInformationMessage(
    'No request has come through Pointsman yet: connect an assistant, or choose a Pointsman model in the chat.',
    connect,
  );
  if (chosen === connect) await vscode.commands.executeCommand('pointsman.connectAssistant');
}
