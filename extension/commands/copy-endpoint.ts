// "Copy the address for an assistant" and "Copy the access token": for assistants that are set up by hand.

import * as vscode from 'vscode';

import { daemonOf, say, type CommandDeps } from './command-deps.ts';
import { endpointChoices } from './endpoint-choices.ts';

export async function copyEndpoint(deps: CommandDeps): Promise<void> {
  const { url, clientToken } = await daemonOf(deps);
  const chosen = await vscode.window.showQuickPick(
    endpointChoices(url, clientToken).map((choice) => ({ ...choice })),
    { title: 'Copy the address for an assistant', placeHolder: 'What does the assistant speak?' },
  );
  if (chosen === undefined) return;
  await vscode.env.clipboard.writeText(chosen.copied);
  say(`Copied: ${chosen.detail}`);
}

/** The only place that hands the token to the user; it is never shown. */
export async function copyToken(deps: CommandDeps): Promise<void> {
  const { clientToken } = await daemonOf(deps);
  await vscode.env.clipboard.writeText(clientToken);
  say('The access token is in the clipboard. It is for assistants on this machine only.');
}
