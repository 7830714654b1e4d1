// The status bar item and its lifetime. What it says is worked out in status-text.ts.

import * as vscode from 'vscode';

import type { LiveFeed } from '../live-feed.ts';
import { readSettings, SETTINGS_SECTION } from '../settings.ts';
import { statusText, TOOLTIP_COMMANDS, type StatusText } from './status-text.ts';

/** Left of the language and the line, where the editor's own assistants are. */
const PRIORITY = 100;

export function registerStatusBar(live: LiveFeed): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'pointsman.status',
    vscode.StatusBarAlignment.Right,
    PRIORITY,
  );
  item.name = 'Pointsman';
  let shown: StatusText | null = null;
  const show = (): void => {
    const settings = readSettings(vscode.workspace.getConfiguration(SETTINGS_SECTION));
    const next = statusText(live.state, { ...settings, nowMs: Date.now() });
    if (shown !== null && isSame(shown, next)) return;
    // A new tooltip closes the one that is being read, so it is only replaced when it says something else.
    if (shown?.tooltip !== next.tooltip) item.tooltip = tooltipOf(next.tooltip);
    item.text = next.text;
    item.accessibilityInformation = { label: next.label, role: 'button' };
    item.command = next.command;
    item.backgroundColor = backgroundOf(next.severity);
    shown = next;
  };
  show();
  item.show();
  const stopListening = live.onChange(show);
  const configuration = vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(SETTINGS_SECTION)) show();
  });
  return vscode.Disposable.from(item, configuration, { dispose: stopListening });
}

function tooltipOf(markdown: string): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString(markdown);
  tooltip.isTrusted = { enabledCommands: [...TOOLTIP_COMMANDS] };
  return tooltip;
}

function backgroundOf(severity: StatusText['severity']): vscode.ThemeColor | undefined {
  return severity === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
}

function isSame(a: StatusText, b: StatusText): boolean {
  return (
    a.text === b.text &&
    a.tooltip === b.tooltip &&
    a.label === b.label &&
    a.severity === b.severity &&
    a.command === b.command
  );
}
