// Where the editor starts and ends the extension: a list of registrations, no logic.

import type * as vscode from 'vscode';

export function activate(_context: vscode.ExtensionContext): void {
  // Parts are registered here as they are built.
}

export function deactivate(): void {
  // Everything is disposed of through the context's subscriptions.
}
