// What every command is given, and the two things that nearly all of them need: a daemon that answers, and a sentence
// with a button when something goes wrong.

import * as vscode from 'vscode';

import { DaemonCallError, type DaemonConnection, type DaemonSession } from '../daemon/daemon-session.ts';
import type { LiveFeed } from '../live-feed.ts';
import type { ExtensionLog } from '../log.ts';
import type { NoticeAction } from '../notices.ts';
import type { ProviderKeys } from '../secrets.ts';
import { runAction } from '../show-notices.ts';
import type { VirtualDocuments } from '../virtual-documents.ts';
import { errorNotice } from './error-notice.ts';

export interface CommandDeps {
  readonly session: DaemonSession;
  readonly live: LiveFeed;
  readonly log: ExtensionLog;
  readonly dashboard: { open(exchangeId?: string): void };
  readonly documents: VirtualDocuments;
  readonly keys: ProviderKeys;
  readonly extensionVersion: string;
  /** The editor's `User` folder; null where it is not on the daemon's machine. */
  readonly editorUserFolder: string | null;
}

/** The daemon that runs, or the one that is started now. Rejects with the sentence of what keeps it away. */
export async function daemonOf({ session }: CommandDeps): Promise<DaemonConnection> {
  const { state } = session;
  if (state.status === 'ready') return state.connection;
  const options = { location: vscode.ProgressLocation.Window, title: 'Pointsman is starting' };
  return await vscode.window.withProgress(options, () => session.start());
}

/** Runs a command to its end; what it throws becomes one message with the buttons that help. */
export async function runCommand(deps: CommandDeps, name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof vscode.CancellationError) return;
    const code = error instanceof DaemonCallError ? error.code : null;
    const message = error instanceof Error ? error.message : String(error);
    deps.log.error(`${name}: ${message}`);
    // A daemon that failed to start says so by itself, once.
    if (deps.session.state.status === 'failed') return;
    // Not waited for: whoever ran the command, perhaps another extension, need not wait until somebody has read it.
    void showError(code, message);
  }
}

async function showError(code: string | null, message: string): Promise<void> {
  const { sentence, actions } = errorNotice(code, message);
  const chosen = await vscode.window.showErrorMessage(sentence, ...actions.map(({ title }) => title));
  const action: NoticeAction | undefined = actions.find(({ title }) => title === chosen);
  if (action !== undefined) await runAction(action);
}

/** For what has been done and needs no answer; gone after a few seconds. */
export function say(sentence: string): void {
  vscode.window.setStatusBarMessage(sentence, 4000);
}
