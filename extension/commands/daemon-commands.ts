// "Start", "Restart", "Stop" and "Show log".

import path from 'node:path';
import * as vscode from 'vscode';

import { daemonOf, say, type CommandDeps } from './command-deps.ts';

export async function startDaemon(deps: CommandDeps): Promise<void> {
  const isRunning = deps.session.state.status === 'ready';
  const { url } = await daemonOf(deps);
  say(`Pointsman ${isRunning ? 'is running already' : 'is running'}: ${url}`);
}

export async function restartDaemon({ session }: CommandDeps): Promise<void> {
  const options = { location: vscode.ProgressLocation.Window, title: 'Pointsman is restarting' };
  await vscode.window.withProgress(options, () => session.restart());
}

/** Other windows and assistants use the same daemon, so this asks while any of them is being answered. */
export async function stopDaemon({ session, live }: CommandDeps): Promise<void> {
  const { size } = live.state.running;
  if (size > 0) {
    const stop = 'Stop';
    const running = size === 1 ? 'One request is running' : `${size} requests are running`;
    const options = {
      modal: true,
      detail: 'It is finished first. Assistants get no answer until you start Pointsman again.',
    };
    const chosen = await vscode.window.showWarningMessage(`${running}. Stop Pointsman?`, options, stop);
    if (chosen !== stop) return;
  }
  await session.stop();
  say('Pointsman is stopped for all windows.');
}

/** What the extension did, and the daemon's own log beside it where there is one. */
export async function showLog({ log, live }: CommandDeps): Promise<void> {
  log.show();
  const { daemon, status } = live.state;
  const home = daemon.status === 'ready' ? daemon.connection.home : status?.home;
  if (home === undefined) return;
  const file = vscode.Uri.file(path.join(home, 'daemon.log'));
  try {
    await vscode.workspace.fs.stat(file);
  } catch {
    return; // it has not written one
  }
  await vscode.window.showTextDocument(file, { preview: true, preserveFocus: true });
}
