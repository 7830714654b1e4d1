// Puts a real VS Code on this machine: code-server from the package registry, in a folder outside the project, and the
// Chromium that shows it. Takes about a minute the first time and nothing after that, when the folder is kept.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { toolFolder } from '../support/tool-folder.ts';

/** 4.139.1 is VS Code 1.139.1; GitHub Copilot Chat 0.67.0 ships inside. */
const CODE_SERVER = { name: 'code-server', version: '4.139.1' } as const;

export interface EditorKit {
  readonly folder: string;
  /** Program of the server, for Node. */
  readonly serverEntry: string;
  readonly chromium: string;
}

/** Says in one sentence what keeps this machine from running a VS Code. */
export class CannotRunHere extends Error {}

/**
 * Sets up what is missing (500 MB). `POINTSMAN_CODE_SERVER` names a folder to keep it in, or one that is finished
 * already; `POINTSMAN_CHROMIUM` another browser. Throws `CannotRunHere`.
 */
export function prepareEditorKit(): EditorKit {
  const chromium = findChromium() ?? installChromium();
  const folder = toolFolder('POINTSMAN_CODE_SERVER', 'code-server');
  const stamp = path.join(folder, `.ready-${CODE_SERVER.version}`);
  if (!existsSync(stamp)) {
    if (!isRegistryThere()) {
      throw new CannotRunHere('the package registry did not answer, and code-server is not installed yet');
    }
    install(folder);
    writeFileSync(stamp, '');
  }
  return { folder, serverEntry: path.join(packageFolder(folder), 'out', 'node', 'entry.js'), chromium };
}

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const;

function findChromium(): string | undefined {
  const named = process.env['POINTSMAN_CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return BROWSERS.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) =>
    existsSync(file),
  );
}

/** Only where that needs nobody's password: as root of a Debian, which is what continuous integration has. */
function installChromium(): string {
  const asks = 'install one (apt-get install chromium), or name one in POINTSMAN_CHROMIUM';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new CannotRunHere(`there is no Chromium: ${asks}`);
  }
  const apt = (...args: readonly string[]): boolean =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=60', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 600_000,
    }).status === 0;
  const isInstalled = apt('update') && apt('install', '--yes', '--no-install-recommends', 'chromium');
  const found = isInstalled ? findChromium() : undefined;
  if (found === undefined)
    throw new CannotRunHere(`there is no Chromium and apt-get could not get one: ${asks}`);
  return found;
}

const isRegistryThere = (): boolean =>
  npm(tmpdir(), ['view', `${CODE_SERVER.name}@${CODE_SERVER.version}`, 'version', '--fetch-retries=0']) ===
  null;

function install(folder: string): void {
  const manifest = path.join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n');
  mustRun(folder, ['install', ...QUIET, '--save-exact', `${CODE_SERVER.name}@${CODE_SERVER.version}`]);
  // What the package's own install script would do, without what needs a compiler or no test touches: native logging,
  // the password store, and agent runtimes of over 200 MB among the optional packages.
  const server = path.join(packageFolder(folder), 'lib', 'vscode');
  mustRun(server, ['install', '--omit=dev', '--omit=optional', ...QUIET]);
  mustRun(path.join(server, 'extensions'), ['install', '--omit=dev', ...QUIET]);
}

const QUIET = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'] as const;

function mustRun(folder: string, args: readonly string[]): void {
  const problem = npm(folder, args);
  if (problem !== null) throw new Error(`npm ${args[0]} failed in ${folder}: ${problem}`);
}

/** What went wrong; null when nothing did. */
function npm(folder: string, args: readonly string[]): string | null {
  const result = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 600_000 });
  return result.status === 0 ? null : `${result.error?.message ?? ''}${result.stderr}`;
}

/** The package may lie in a folder of its own named `server`. */
function packageFolder(folder: string): string {
  const places = ['', 'server'].map((place) => path.join(folder, place, 'node_modules', CODE_SERVER.name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`code-server is not in ${folder}; remove that folder to start over`);
  return found;
}
