// Where the editor starts and ends the extension: a list of registrations, no logic. Nothing here waits: the daemon is
// started beside it, and every part follows its state.

import * as vscode from 'vscode';

import { editorUserFolder } from './commands/assistant-choices.ts';
import { registerCommands } from './commands/index.ts';
import { registerContextKeys } from './show-context-keys.ts';
import type { DaemonSession } from './daemon/daemon-session.ts';
import { registerDashboard } from './dashboard/panel.ts';
import { registerLanguageModel } from './language-model/provider.ts';
import { LiveFeed } from './live-feed.ts';
import { createLog, type ExtensionLog } from './log.ts';
import { openSession } from './open-session.ts';
import { registerSecrets } from './secrets.ts';
import { readSettings, SETTINGS_SECTION, type Settings } from './settings.ts';
import { registerNotices } from './show-notices.ts';
import { registerStatusBar } from './status-bar/status-bar.ts';
import { registerTerminalEnvironment } from './terminal-environment.ts';
import { VirtualDocuments } from './virtual-documents.ts';

export function activate(context: vscode.ExtensionContext): void {
  const startedAtMs = performance.now();
  const version = versionOf(context);
  const log = createLog(context);
  const settings = (): Settings => readSettings(vscode.workspace.getConfiguration(SETTINGS_SECTION));
  const session = openSession({ extension: context, version, settings, log });
  const live = new LiveFeed({ session, onTrouble: (sentence) => log.warn(sentence) });
  const keys = registerSecrets(context, session, { log });
  const documents = VirtualDocuments.register(context);
  const dashboard = registerDashboard(context, session);
  context.subscriptions.push(
    session,
    live,
    keys,
    registerStatusBar(live),
    registerContextKeys(live),
    registerNotices(live),
    registerCommands({
      session,
      live,
      log,
      keys,
      documents,
      dashboard,
      extensionVersion: version,
      editorUserFolder: editorUserFolder(context.globalStorageUri.fsPath, {
        isDesktop: vscode.env.uiKind === vscode.UIKind.Desktop,
        remoteName: vscode.env.remoteName,
      }),
    }),
    registerLanguageModel(session, { extensionVersion: version, log }),
    registerTerminalEnvironment(context, session),
  );
  // After the editor has its answer: looking for the daemon begins with files and a connection.
  if (settings().autoStart) setImmediate(() => startBeside(session, log));
  log.info(`Pointsman ${version} activated in ${(performance.now() - startedAtMs).toFixed(1)} ms`);
}

export function deactivate(): void {
  // Everything is disposed of through the context's subscriptions.
}

/** What keeps it away is told by its state. */
function startBeside(session: DaemonSession, log: ExtensionLog): void {
  session
    .start()
    .catch((error: unknown) => log.error(error instanceof Error ? error.message : String(error)));
}

function versionOf({ extension }: vscode.ExtensionContext): string {
  return String((extension.packageJSON as { readonly version?: unknown }).version);
}
