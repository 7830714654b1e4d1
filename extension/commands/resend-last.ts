// "Send the last request again with another model": asks which, sends it, and shows both answers side by side.

import * as vscode from 'vscode';

import type { ResendBody, StatusBody } from '../../daemon/protocol/control-api.ts';
import { daemonOf, type CommandDeps } from './command-deps.ts';
import { explainLastRequest } from './explain-last.ts';
import { lastDecision, lastExchangeId } from './last-exchange.ts';
import { modelChoices } from './model-choices.ts';
import { answerDocument, resendTitle } from './resend-text.ts';

/** As long as a request may take by itself. */
const RESEND_TIMEOUT_MS = 30 * 60_000;

export async function resendLastWithModel(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  const exchangeId = await lastExchangeId(deps, connection);
  if (exchangeId === null) return await explainLastRequest(deps);
  const [status, decision] = await Promise.all([
    connection.call('GET', 'status') as Promise<StatusBody>,
    lastDecision(deps, connection),
  ]);
  const { choices } = modelChoices({
    status,
    decision,
    current: decision?.chosen ?? null,
    nowMs: Date.now(),
  });
  const chosen = await vscode.window.showQuickPick(
    choices.map((choice) => ({ ...choice })),
    {
      title: 'Send the last request again',
      placeHolder: 'A request of its own, which is billed; no tool is run',
      matchOnDescription: true,
    },
  );
  if (chosen === undefined) return;
  const { model } = chosen;
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: `${model} answers`,
    cancellable: true,
  };
  const body = await vscode.window.withProgress(progress, async (_, token) => {
    const abort = new AbortController();
    const listening = token.onCancellationRequested(() => abort.abort());
    try {
      const options = { timeoutMs: RESEND_TIMEOUT_MS, signal: abort.signal };
      return (await connection.call('POST', 'resend', { exchangeId, model }, options)) as ResendBody;
    } catch (error) {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      throw error;
    } finally {
      listening.dispose();
    }
  });
  await showBoth(deps, body);
}

async function showBoth({ documents }: CommandDeps, { original, again }: ResendBody): Promise<void> {
  const [before, after] = [original, again].map((side) =>
    documents.put(`${side.exchangeId}.md`, answerDocument(side)),
  );
  await vscode.commands.executeCommand('vscode.diff', before, after, resendTitle(original, again));
}
