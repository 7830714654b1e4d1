// What a terminal of the editor is told so that assistants started in it use the daemon, and when. Pure; the editor's
// collection of variables is handed in.

import type * as vscode from 'vscode';

import type { DaemonConnection, DaemonSession, Unsubscribe } from './daemon/daemon-session.ts';

/** The part of the editor's collection that is used. */
export type VariableCollection = Pick<
  vscode.EnvironmentVariableCollection,
  'persistent' | 'description' | 'replace' | 'clear'
>;

const DESCRIPTION =
  'Assistants and SDKs started in this terminal send their requests through Pointsman. Turn it off with the setting `pointsman.terminal.enabled`.';

/**
 * What each reads (tried with the programs themselves; aider and Gemini CLI after their documentation, 2026-11-21):
 * Claude Code and the Anthropic SDKs take the bare address and a bearer; the OpenAI SDKs and qwen the `/v1`; aider and
 * older tools the same under `OPENAI_API_BASE`; Gemini CLI the bare address.
 */
export function terminalVariables({
  url,
  clientToken,
}: Pick<DaemonConnection, 'url' | 'clientToken'>): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: clientToken,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_BASE: `${url}/v1`,
    OPENAI_API_KEY: clientToken,
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: clientToken,
  };
}

export interface TerminalSwitch {
  readonly isOn: () => boolean;
  readonly onChange: (listener: () => void) => Unsubscribe;
}

/** Keeps the collection as the switch and the daemon say; clears it when it stops following. */
export function followDaemon(
  collection: VariableCollection,
  session: DaemonSession,
  { isOn, onChange }: TerminalSwitch,
): Unsubscribe {
  // A window that opens tomorrow must not send requests to where the daemon was today.
  collection.persistent = false;
  let shown: DaemonConnection | null = null;
  const show = (connection: DaemonConnection | null): void => {
    if (connection?.url === shown?.url && connection?.clientToken === shown?.clientToken) return;
    shown = connection;
    collection.clear();
    if (connection === null) return;
    collection.description = DESCRIPTION;
    for (const [name, value] of Object.entries(terminalVariables(connection)))
      collection.replace(name, value);
  };
  const follow = (): void => {
    const { state } = session;
    if (!isOn()) return show(null);
    if (state.status === 'ready') return show(state.connection);
    // While it restarts, the address stays as it most likely will be.
    if (state.status === 'stopped' || state.status === 'failed') show(null);
  };
  collection.clear();
  follow();
  const stops = [session.onStateChange(follow), onChange(follow)];
  return () => {
    for (const stop of stops) stop();
    show(null);
  };
}
