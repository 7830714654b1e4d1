// The one log of the extension: the output channel that "Pointsman: Show log" opens. Nothing that is secret is ever
// handed to it.

import * as vscode from 'vscode';

export interface ExtensionLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  show(): void;
}

export function createLog(context: vscode.ExtensionContext): ExtensionLog {
  const channel = vscode.window.createOutputChannel('Pointsman', { log: true });
  context.subscriptions.push(channel);
  return {
    info: (message) => channel.info(message),
    warn: (message) => channel.warn(message),
    error: (message) => channel.error(message),
    show: () => channel.show(true),
  };
}
