// "Run doctor": what works, what does not and what to do, as a page. Asks the daemon where one answers, and works
// without one.

import * as vscode from 'vscode';

import { providersOut } from '../live-state.ts';
import type { CommandDeps } from './command-deps.ts';
import { doctorReport } from './doctor-report.ts';

export async function runDoctor(deps: CommandDeps): Promise<void> {
  const { live, session, documents, log } = deps;
  let isAnswering = false;
  if (session.state.status === 'ready') {
    try {
      await session.state.connection.call('GET', 'status');
      await live.refresh();
      isAnswering = true;
    } catch (error) {
      log.warn(`doctor: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const { status, budgets } = live.state;
  const report = doctorReport({
    daemon: session.state,
    status: isAnswering ? status : null,
    budgets: isAnswering ? budgets : [],
    extensionVersion: deps.extensionVersion,
    editorVersion: `${vscode.env.appName} ${vscode.version}`,
    nodeVersion: process.version,
    remoteName: vscode.env.remoteName ?? null,
  });
  log.info(
    `doctor: ${isAnswering ? `${providersOut(live.state).length} providers out` : session.state.status}`,
  );
  const uri = documents.put('Pointsman doctor.md', report);
  await showMarkdown(uri);
}

/** As a page; where the editor's Markdown extension is switched off, as its text. */
async function showMarkdown(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await vscode.window.showTextDocument(uri);
  }
}
