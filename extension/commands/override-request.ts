// "Choose the model for the next request", "… for a conversation" and "Clear the chosen model".

import * as vscode from 'vscode';

import type { ExchangesBody, StatusBody } from '../../daemon/protocol/control-api.ts';
import type { OverrideScope } from '../../daemon/protocol/exchange-record.ts';
import type { DaemonConnection } from '../daemon/daemon-session.ts';
import { overrideAt } from '../live-state.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';
import { conversationChoices } from './conversation-choices.ts';
import { lastDecision } from './last-exchange.ts';
import { modelChoices } from './model-choices.ts';

type Extra = 'standing' | 'clear' | 'key';

interface Item extends vscode.QuickPickItem {
  readonly model?: string;
  readonly extra?: Extra;
}

/** It is the user's word, not a wish; and titles, which assistants ask for beside a request, are not the next request. */
const PLACEHOLDERS: Readonly<Record<OverrideScope, string>> = {
  next: 'Exactly this model, retries included; titles and the like do not use it up',
  conversation: 'Exactly this model, retries included, until you clear it',
  always: 'Exactly this model for every assistant, retries included, until you clear it',
};
const TITLES: Readonly<Record<OverrideScope, string>> = {
  next: 'Model for the next request',
  conversation: 'Model for this conversation',
  always: 'Model until I clear it',
};

/** `model` is given by other code only; people choose. */
export async function overrideNextRequest(deps: CommandDeps, model?: unknown): Promise<void> {
  const connection = await daemonOf(deps);
  if (typeof model === 'string') return await setOverride(connection, { model, scope: 'next' });
  await chooseOverride(deps, connection, 'next');
}

export async function overrideConversation(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  const { exchanges } = (await connection.call('GET', 'exchanges?limit=300')) as ExchangesBody;
  const choices = conversationChoices(exchanges, Date.now());
  if (choices.length === 0) return say('No conversation has come through Pointsman yet.');
  const chosen = await vscode.window.showQuickPick(
    choices.map((choice) => ({ ...choice })),
    {
      title: 'Conversation',
      placeHolder: 'Which conversation shall have a model of its own?',
      matchOnDetail: true,
    },
  );
  if (chosen === undefined) return;
  await chooseOverride(deps, connection, 'conversation', chosen);
}

/** Everything that was set, of all scopes. */
export async function clearOverride(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  await connection.call('DELETE', 'override');
  say('Pointsman chooses the model again.');
}

async function chooseOverride(
  deps: CommandDeps,
  connection: DaemonConnection,
  scope: OverrideScope,
  conversation?: { readonly conversationId: string; readonly model: string | null },
): Promise<void> {
  const items = itemsFor(deps, connection, scope, conversation?.model ?? null);
  const chosen = await vscode.window.showQuickPick(items, {
    title: TITLES[scope],
    placeHolder: PLACEHOLDERS[scope],
    matchOnDescription: true,
  });
  if (chosen?.extra === 'standing') return await chooseOverride(deps, connection, 'always');
  if (chosen?.extra === 'clear') return await clearOverride(deps);
  if (chosen?.extra === 'key') return void vscode.commands.executeCommand('pointsman.setProviderKey');
  if (chosen?.model === undefined) return;
  await setOverride(connection, {
    model: chosen.model,
    scope,
    ...(conversation === undefined ? {} : { conversationId: conversation.conversationId }),
  });
}

async function itemsFor(
  deps: CommandDeps,
  connection: DaemonConnection,
  scope: OverrideScope,
  conversationModel: string | null,
): Promise<Item[]> {
  const nowMs = Date.now();
  const override = overrideAt(deps.live.state, nowMs);
  const [status, decision] = await Promise.all([
    connection.call('GET', 'status') as Promise<StatusBody>,
    lastDecision(deps, connection),
  ]);
  const current = conversationModel ?? override?.model ?? decision?.chosen ?? null;
  const { choices, withoutKey } = modelChoices({ status, decision, current, nowMs });
  const more: Item[] = [];
  if (scope === 'next') more.push({ label: '$(pin) Until I clear it…', extra: 'standing' });
  if (override !== null) more.push({ label: '$(clear-all) Let Pointsman choose again', extra: 'clear' });
  if (withoutKey > 0) {
    const description = withoutKey === 1 ? 'one more model needs one' : `${withoutKey} more models need one`;
    more.push({ label: '$(key) Set a provider key…', description, extra: 'key' });
  }
  const separator: Item = { label: '', kind: vscode.QuickPickItemKind.Separator };
  return [...choices, ...(more.length > 0 && choices.length > 0 ? [separator] : []), ...more];
}

async function setOverride(
  connection: DaemonConnection,
  override: { readonly model: string; readonly scope: OverrideScope; readonly conversationId?: string },
): Promise<void> {
  await connection.call('PUT', 'override', override);
}
