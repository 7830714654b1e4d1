// Shows what only the user can mend, each once: in the window that has the focus, so that twenty windows do not all ask.

import * as vscode from 'vscode';

import type { LiveFeed } from './live-feed.ts';
import { NoticeBoard, type Notice, type NoticeAction } from './notices.ts';

export function registerNotices(live: LiveFeed): vscode.Disposable {
  const board = new NoticeBoard();
  const look = (): void => {
    if (!vscode.window.state.focused) return;
    for (const notice of board.take(live.state)) void show(notice);
  };
  look();
  const stopListening = live.onChange(look);
  const focus = vscode.window.onDidChangeWindowState(({ focused }) => {
    if (!focused) return;
    // Other windows, the command line and the clock may have changed things without an event for us.
    void live.refresh();
    look();
  });
  return vscode.Disposable.from(focus, { dispose: stopListening });
}

async function show({ severity, sentence, actions }: Notice): Promise<void> {
  const titles = actions.map(({ title }) => title);
  const chosen =
    severity === 'error'
      ? await vscode.window.showErrorMessage(sentence, ...titles)
      : await vscode.window.showWarningMessage(sentence, ...titles);
  const action = actions.find(({ title }) => title === chosen);
  if (action !== undefined) await runAction(action);
}

export async function runAction(action: NoticeAction): Promise<void> {
  if ('file' in action) await vscode.window.showTextDocument(vscode.Uri.file(action.file));
  else await vscode.commands.executeCommand(action.command, ...(action.arguments ?? []));
}
