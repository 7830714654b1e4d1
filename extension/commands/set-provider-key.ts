// "Set a provider key": which provider, then the key, in a box that does not show it. The key goes into the editor's
// secret storage and to the daemon; nothing here shows, writes or logs it.

import * as vscode from 'vscode';

import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import { keyProblem, type ProviderKeys } from '../secrets.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';
import { keyChoices, type KeyChoice } from './key-choices.ts';

const TITLE = 'Set a provider key';

/** `argument`: the name of a provider, from a button that names one. */
export async function setProviderKey(
  deps: CommandDeps & { readonly keys: ProviderKeys },
  argument?: unknown,
): Promise<void> {
  const { keys } = deps;
  const connection = await daemonOf(deps);
  const status = (await connection.call('GET', 'status')) as StatusBody;
  const choices = keyChoices(status, await keys.names());
  const named = choices.find(({ provider }) => provider === argument);
  const choice = named ?? (await chooseProvider(choices));
  if (choice === undefined) return;
  // Who was sent here to mend a key wants to enter one.
  const action = choice.isKept && named === undefined ? await chooseAction(choice) : 'set';
  if (action === 'remove') {
    await keys.remove(choice.provider);
    return say(`The key of ${choice.provider} is removed.`);
  }
  if (action === 'set') await askAndSet(keys, choice);
}

async function askAndSet(keys: ProviderKeys, { provider, isKept }: KeyChoice): Promise<void> {
  const typed = await vscode.window.showInputBox({
    title: `${TITLE}: ${provider}`,
    prompt: `${isKept ? 'Replaces the present key. ' : ''}Kept in the editor's secret storage and sent to ${provider} only.`,
    placeHolder: 'Paste the key',
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text === '' ? undefined : (keyProblem(text) ?? undefined)),
  });
  // Enter in the empty box changes nothing.
  if (typed === undefined || typed.trim() === '') return;
  const { status, isStored } = await keys.set(provider, typed);
  if (!status.usable) throw new Error(`${provider} cannot be used with this key: ${status.why}`);
  if (isStored) return say(`The key of ${provider} is set.`);
  await vscode.window.showWarningMessage(
    `${provider} has its key until Pointsman stops. This editor has no key store that works, so the key could not be kept; set the environment variable of ${provider} for one that lasts.`,
  );
}

async function chooseProvider(choices: readonly KeyChoice[]): Promise<KeyChoice | undefined> {
  const items = choices.map((choice) => ({
    choice,
    label: choice.label.replaceAll('$(', '('),
    description: choice.description.replaceAll('$(', '('),
    iconPath: new vscode.ThemeIcon('key'),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: 'Whose key?',
    matchOnDescription: true,
  });
  return picked?.choice;
}

async function chooseAction({ provider }: KeyChoice): Promise<'set' | 'remove' | undefined> {
  const picked = await vscode.window.showQuickPick(
    [
      { label: '$(edit) Replace the key…', action: 'set' as const },
      { label: '$(trash) Remove the key', action: 'remove' as const },
    ],
    { title: TITLE, placeHolder: provider },
  );
  return picked?.action;
}
