// Where an assistant's own files are: the platform, the user's home and the variables that move things, all handed in.

import { existsSync } from 'node:fs';
import { posix, win32 } from 'node:path';

export interface PlaceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Where neither HOME nor USERPROFILE says otherwise. */
  readonly homedir: string;
  /** The editor's `User` folder (or a profile's in it), as the editor says; null = not known. Must be checked before. */
  readonly editorUserFolder: string | null;
}

export interface Places {
  readonly platform: NodeJS.Platform;
  readonly editorUserFolder: string | null;
  /** Value of a variable; undefined also where it is empty. */
  variable(name: string): string | undefined;
  /** The same for one that names a place; undefined where that is no absolute path, as nobody knows from where it starts. */
  placeIn(name: string): string | undefined;
  /** Below the user's home. */
  inHome(...parts: readonly string[]): string;
  /** Below the folder for configuration that XDG_CONFIG_HOME moves. */
  inConfigHome(...parts: readonly string[]): string;
  join(...parts: readonly string[]): string;
  exists(path: string): boolean;
  /** Whether a program of that name would be found. */
  hasProgram(name: string): boolean;
}

export function createPlaces(options: PlaceOptions): Places {
  const { environment, platform } = options;
  const path = platform === 'win32' ? win32 : posix;
  const variable = (name: string): string | undefined => {
    const value = environment[name];
    return value === undefined || value.trim() === '' ? undefined : value;
  };
  const absolute = (value: string | undefined): string | undefined =>
    value !== undefined && path.isAbsolute(value) ? value : undefined;
  const home = absolute(variable(platform === 'win32' ? 'USERPROFILE' : 'HOME')) ?? options.homedir;
  const configHome = absolute(variable('XDG_CONFIG_HOME')) ?? path.join(home, '.config');
  return {
    platform,
    editorUserFolder: options.editorUserFolder,
    variable,
    placeIn: (name) => absolute(variable(name)),
    inHome: (...parts) => path.join(home, ...parts),
    inConfigHome: (...parts) => path.join(configHome, ...parts),
    join: (...parts) => path.join(...parts),
    exists: (file) => existsSync(file),
    hasProgram: (name) =>
      programFiles(name, environment, platform).some((file) => existsSync(path.join(...file))),
  };
}

/** Folder and file name of each place where a program may be. */
function programFiles(
  name: string,
  environment: PlaceOptions['environment'],
  platform: NodeJS.Platform,
): readonly (readonly [folder: string, file: string])[] {
  const isWindows = platform === 'win32';
  const list = (isWindows ? (environment['Path'] ?? environment['PATH']) : environment['PATH']) ?? '';
  const folders = list.split(isWindows ? ';' : ':').filter((folder) => folder !== '');
  const endings = isWindows ? ['.exe', '.cmd', '.bat', '.ps1'] : [''];
  return folders.flatMap((folder) => endings.map((ending) => [folder, `${name}${ending}`] as const));
}
