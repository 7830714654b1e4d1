// The folder that everything of one installation lives in, and its state on disk.

import { mkdirSync, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { RouterError } from '../errors.ts';
import { currentUserId } from './private-file.ts';

export interface HomeOptions {
  /** Value of `--home`; absent or '' = not given. */
  readonly argument?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's home directory, e.g. `os.homedir()`. */
  readonly homedir: string;
  /** What relative paths start from; absent = the process's own. */
  readonly workingDirectory?: string;
}

/** Absolute path: `--home`, else POINTSMAN_HOME, else the platform's folder for application data. */
export function resolveHome(options: HomeOptions): string {
  const { environment, platform, homedir } = options;
  const path = platform === 'win32' ? win32 : posix;
  const named = nonEmpty(options.argument) ?? nonEmpty(environment['POINTSMAN_HOME']);
  if (named !== undefined) return path.resolve(options.workingDirectory ?? process.cwd(), named);
  if (platform === 'win32') {
    return win32.join(
      nonEmpty(environment['LOCALAPPDATA']) ?? win32.join(homedir, 'AppData', 'Local'),
      'pointsman',
    );
  }
  if (platform === 'darwin') return posix.join(homedir, 'Library', 'Application Support', 'pointsman');
  const dataHome = nonEmpty(environment['XDG_DATA_HOME']);
  // The XDG specification: "If an implementation encounters a relative path it should … ignore it."
  const base = dataHome !== undefined && posix.isAbsolute(dataHome) ? dataHome : undefined;
  return posix.join(base ?? posix.join(homedir, '.local', 'share'), 'pointsman');
}

/**
 * Makes the folder (0700) where it is missing. Throws `config.invalid` when it cannot be made, is no folder, belongs to
 * somebody else or can be written by others; a folder that others can only read is left as it is, since every file in
 * it is private by itself.
 */
export function prepareHome(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new RouterError(
      'config.invalid',
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `home ${path} is not a folder; remove what is in its place or choose another with --home`
        : `home ${path} cannot be made (${code}); choose a writable folder with --home`,
      { cause: error },
    );
  }
  const userId = currentUserId();
  if (userId === null) return;
  const stats = statSync(path);
  if (stats.uid !== userId) {
    throw new RouterError(
      'config.invalid',
      `home ${path} belongs to another user; choose another with --home`,
    );
  }
  if ((stats.mode & 0o022) !== 0) {
    throw new RouterError(
      'config.invalid',
      `home ${path} can be written by others; run: chmod 700 '${path}'`,
    );
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
