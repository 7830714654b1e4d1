// Terminals of the editor that point assistants at the daemon: off until the user turns it on (a setting of the machine,
// or one click on a command), off again the same way.

import * as vscode from 'vscode';

import type { DaemonSession } from './daemon/daemon-session.ts';
import { readSettings, SETTINGS_SECTION } from './settings.ts';
import { followDaemon } from './terminal-variables.ts';

const SETTING = 'terminal.enabled';

export function registerTerminalEnvironment(
  context: Pick<vscode.ExtensionContext, 'environmentVariableCollection'>,
  session: DaemonSession,
): vscode.Disposable {
  const stop = followDaemon(context.environmentVariableCollection, session, {
    isOn: () => readSettings(vscode.workspace.getConfiguration(SETTINGS_SECTION)).isTerminalEnabled,
    onChange: (listener) => {
      const listening = vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SETTINGS_SECTION}.${SETTING}`)) listener();
      });
      return () => listening.dispose();
    },
  });
  return vscode.Disposable.from(
    { dispose: stop },
    vscode.commands.registerCommand('pointsman.enableTerminal', () => turn(true)),
    vscode.commands.registerCommand('pointsman.disableTerminal', () => turn(false)),
  );
}

async function turn(isOn: boolean): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  await configuration.update(SETTING, isOn, vscode.ConfigurationTarget.Global);
  const told = isOn
    ? 'New terminals send assistants through Pointsman'
    : 'New terminals leave assistants as they are';
  vscode.window.setStatusBarMessage(`$(check) ${told}`, 5000);
}
