// Which home folder the daemon of this editor has. The same rule as `pointsman serve --home` (daemon/lifecycle/home.ts),
// so that the editor, the command line and assistants mean the same daemon.

import { posix, win32 } from 'node:path';

export interface HomeChoice {
  /** The user's setting; empty = none. Never one of a workspace. */
  readonly setting?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** `os.homedir()` */
  readonly homedir: string;
}

/** Absolute path. A relative setting starts from the user's home directory: the editor's own folder is nobody's choice. */
export function homeFolder(choice: HomeChoice): string {
  const { environment, platform, homedir } = choice;
  const path = platform === 'win32' ? win32 : posix;
  const named = nonEmpty(choice.setting) ?? nonEmpty(environment['POINTSMAN_HOME']);
  return named === undefined ? platformHome(choice) : path.resolve(homedir, named);
}

/** Where a daemon lives that nobody chose a folder for. */
export function platformHome({ environment, platform, homedir }: Omit<HomeChoice, 'setting'>): string {
  if (platform === 'win32') {
    const local = nonEmpty(environment['LOCALAPPDATA']) ?? win32.join(homedir, 'AppData', 'Local');
    return win32.join(local, 'pointsman');
  }
  if (platform === 'darwin') return posix.join(homedir, 'Library', 'Application Support', 'pointsman');
  const dataHome = nonEmpty(environment['XDG_DATA_HOME']);
  const isUsable = dataHome !== undefined && posix.isAbsolute(dataHome);
  return posix.join(isUsable ? dataHome : posix.join(homedir, '.local', 'share'), 'pointsman');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
