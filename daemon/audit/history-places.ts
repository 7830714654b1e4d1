// Where assistants keep their histories: by platform, by the variables that move them, for every editor that runs Cline.
// Paths only; nothing is read here.

import { posix, win32 } from 'node:path';

export interface PlaceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homedir: string;
}

/** Folders of editors below the place for applications' data. */
const EDITORS = ['Code', 'Code - Insiders', 'VSCodium', 'Cursor', 'Windsurf', 'Trae', 'Antigravity', 'Kiro'];
/** Where editors on another machine, or in the browser, keep theirs on this one. */
const SERVERS = [
  '.vscode-server/data',
  '.vscode-server-insiders/data',
  '.vscodium-server/data',
  '.cursor-server/data',
  '.windsurf-server/data',
  '.local/share/code-server',
  '.openvscode-server/data',
];
const EXTENSIONS = ['saoudrizwan.claude-dev', 'rooveterinaryinc.roo-cline', 'kilocode.kilo-code'];

/** Folders that may or may not be there; each is to be walked. */
export function historyPlaces(options: PlaceOptions): readonly string[] {
  const path = options.platform === 'win32' ? win32 : posix;
  const inHome = (...parts: readonly string[]): string => path.join(options.homedir, ...parts);
  const named = (name: string): string | undefined => nonEmpty(options.environment[name]);
  const listed = (name: string): readonly string[] =>
    (named(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');

  const claudeHomes = listed('CLAUDE_CONFIG_DIR');
  const codexHomes = listed('CODEX_HOME');
  const configHome = named('XDG_CONFIG_HOME') ?? inHome('.config');
  const clineData = named('CLINE_DATA_DIR') ?? path.join(named('CLINE_DIR') ?? inHome('.cline'), 'data');
  return unique([
    ...(claudeHomes.length > 0 ? claudeHomes : [inHome('.claude'), path.join(configHome, 'claude')]).map(
      (home) => path.join(home, 'projects'),
    ),
    ...(codexHomes.length > 0 ? codexHomes : [inHome('.codex')]).flatMap((home) => [
      path.join(home, 'sessions'),
      path.join(home, 'archived_sessions'),
    ]),
    named('CLINE_SESSION_DATA_DIR') ?? path.join(clineData, 'sessions'),
    path.join(clineData, 'tasks'),
    inHome('.vscode-mock', 'global-storage', 'tasks'),
    ...userFolders(options, configHome).flatMap((folder) =>
      EXTENSIONS.map((extension) => path.join(folder, 'User', 'globalStorage', extension, 'tasks')),
    ),
  ]);
}

/** The folders that hold `User/`, one for each editor. */
function userFolders(options: PlaceOptions, configHome: string): readonly string[] {
  const { environment, platform, homedir } = options;
  if (platform === 'win32') {
    const roaming = nonEmpty(environment['APPDATA']) ?? win32.join(homedir, 'AppData', 'Roaming');
    return EDITORS.map((editor) => win32.join(roaming, editor));
  }
  const applications =
    platform === 'darwin' ? posix.join(homedir, 'Library', 'Application Support') : configHome;
  return [
    ...EDITORS.map((editor) => posix.join(applications, editor)),
    ...SERVERS.map((server) => posix.join(homedir, server)),
  ];
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

function unique(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)];
}
