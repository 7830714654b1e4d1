// Every setting of the extension, typed and read in one place. None of them can be set by a folder: the manifest gives
// each the scope machine or application, and here only what the user or the machine says is looked at, whatever the
// editor would make of a workspace's own values.

import path from 'node:path';
import type * as vscode from 'vscode';

export interface Settings {
  /** Start or join the daemon when a window opens. */
  readonly autoStart: boolean;
  /** null = as in the daemon's own configuration. */
  readonly port: number | null;
  /** Absolute path; null = the platform's own folder. */
  readonly home: string | null;
  readonly isTerminalEnabled: boolean;
  readonly showsCost: boolean;
  readonly showsSaved: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
  autoStart: true,
  port: null,
  home: null,
  isTerminalEnabled: false,
  showsCost: true,
  showsSaved: true,
};

/** The part of the editor's configuration that is needed; `key` without the prefix. */
export type Inspect = Pick<vscode.WorkspaceConfiguration, 'inspect'>;

export const SETTINGS_SECTION = 'pointsman';

/** Key without the prefix -> how its value gets into the settings; one that makes no sense is left out. */
const READERS: Readonly<Record<string, (value: unknown) => Partial<Settings>>> = {
  autoStart: (value) => (typeof value === 'boolean' ? { autoStart: value } : {}),
  port: (value) => (isPort(value) ? { port: value } : {}),
  home: (value) => (typeof value === 'string' && path.isAbsolute(value) ? { home: value } : {}),
  'terminal.enabled': (value) => (typeof value === 'boolean' ? { isTerminalEnabled: value } : {}),
  'statusBar.showCost': (value) => (typeof value === 'boolean' ? { showsCost: value } : {}),
  'statusBar.showSaved': (value) => (typeof value === 'boolean' ? { showsSaved: value } : {}),
};

/** Keys without the prefix, as in the manifest. */
export const SETTING_KEYS: readonly string[] = Object.keys(READERS);

export function readSettings(configuration: Inspect): Settings {
  const values = Object.entries(READERS).map(([key, read]) =>
    read(configuration.inspect<unknown>(key)?.globalValue),
  );
  return Object.assign({}, DEFAULT_SETTINGS, ...values) as Settings;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1024 && value <= 65_535;
}
