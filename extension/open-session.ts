// Gives the supervisor what only the editor knows: where the extension lies, where it may keep a copy of the daemon, and
// what the user set.

import { homedir } from 'node:os';
import path from 'node:path';
import type * as vscode from 'vscode';

import { homeFolder } from './daemon/home.ts';
import { recordPath, rememberInstallation } from './daemon/installation-record.ts';
import { stageDaemon } from './daemon/stage.ts';
import { createSupervisor, type Supervisor } from './daemon/supervisor.ts';
import type { ExtensionLog } from './log.ts';
import type { Settings } from './settings.ts';

/**
 * Longer than a reload of the window or an update of the editor takes, so that both find their daemon again; assistants
 * that are at work keep it longer by themselves.
 */
const LINGER_S = 120;

export interface SessionOptions {
  readonly extension: Pick<vscode.ExtensionContext, 'extensionPath' | 'globalStorageUri'>;
  readonly version: string;
  readonly settings: () => Settings;
  readonly log: ExtensionLog;
}

export function openSession({ extension, version, settings, log }: SessionOptions): Supervisor {
  const where = { environment: process.env, platform: process.platform, homedir: homedir() };
  const home = (): string => homeFolder({ ...where, setting: settings().home ?? undefined });
  const copies = path.join(extension.globalStorageUri.fsPath, 'daemon');
  return createSupervisor({
    settings: () => ({ home: home(), port: settings().port }),
    version,
    lingerS: LINGER_S,
    script: async () => {
      const from = path.join(extension.extensionPath, 'dist');
      const script = await stageDaemon({ from, into: copies, version });
      try {
        const extensionsFolder = path.dirname(extension.extensionPath);
        rememberInstallation(recordPath(where), { extensionsFolder, home: home(), copies });
      } catch (error) {
        // Only the clean-up after an uninstallation rests on it, and the linger does the same.
        log.warn(`the installation could not be noted: ${String(error)}`);
      }
      return script;
    },
    node: process.execPath,
    nodeVersion: process.versions.node,
    environment: process.env,
    onLog: (line) => log.info(line),
  });
}
