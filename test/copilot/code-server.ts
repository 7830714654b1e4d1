// A real VS Code for tests: code-server and a browser driver from the package registry, in a folder outside the project, and servers on throw-away profiles. Needs an installed Chromium.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';

import { toolFolder } from '../support/tool-folder.ts';
import type { Browser } from './browser.ts';

/** 4.139.1 is VS Code 1.139.1; GitHub Copilot Chat 0.67.0 ships inside. */
const CODE_SERVER = { name: 'code-server', version: '4.139.1' } as const;
/** Any version drives an installed Chromium for what these tests do. */
const DRIVER = { name: 'playwright-core', version: '1.65.1' } as const;

export interface CodeServerKit {
  readonly folder: string;
  readonly chromium: string;
}

/** Says in one sentence what keeps this machine from running a VS Code. */
export class CannotRunHere extends Error {}

/**
 * Sets up what is missing (about a minute, 500 MB). `POINTSMAN_CODE_SERVER` names a folder to keep it in, or one that is
 * finished already; `POINTSMAN_CHROMIUM` another browser. Throws `CannotRunHere`.
 */
export function prepareCodeServer(): CodeServerKit {
  const chromium = findChromium();
  const folder = toolFolder('POINTSMAN_CODE_SERVER', 'code-server');
  const stamp = path.join(folder, `.ready-${CODE_SERVER.version}`);
  if (!existsSync(stamp)) {
    if (!isRegistryThere()) {
      throw new CannotRunHere('the package registry did not answer, and code-server is not installed yet');
    }
    install(folder);
    writeFileSync(stamp, '');
  }
  return { folder, chromium };
}

function findChromium(): string {
  const named = process.env['POINTSMAN_CHROMIUM'];
  if (named !== undefined) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      const file = path.join(folder, name);
      if (existsSync(file)) return file;
    }
  }
  throw new CannotRunHere(
    'there is no Chromium (apt-get install chromium, or name one in POINTSMAN_CHROMIUM)',
  );
}

const isRegistryThere = (): boolean =>
  npm(tmpdir(), ['view', `${CODE_SERVER.name}@${CODE_SERVER.version}`, 'version', '--fetch-retries=0']) ===
  null;

function install(folder: string): void {
  const manifest = path.join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n');
  const added = ['install', ...QUIET, '--save-exact'];
  mustRun(folder, [...added, ...[CODE_SERVER, DRIVER].map(({ name, version }) => `${name}@${version}`)]);
  // What the package's own install script would do, without what needs a compiler or no test touches: native logging,
  // the password store, and agent runtimes of over 200 MB among the optional packages.
  const server = path.join(packageFolder(folder, CODE_SERVER.name), 'lib', 'vscode');
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

/** The packages may lie together, or in folders of their own named `server` and `tools`. */
function packageFolder(folder: string, name: string): string {
  const places = ['', 'server', 'tools'].map((place) => path.join(folder, place, 'node_modules', name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is not in ${folder}; remove that folder to start over`);
  return found;
}

export interface CodeServerOptions {
  /** Added to the user's settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The user's chatLanguageModels.json. */
  readonly languageModels?: readonly unknown[];
}

export interface RunningCodeServer {
  readonly url: string;
  /** A folder of this server alone, gone after `stop`; the editor's home is inside. */
  readonly folder: string;
  log(): string;
  stop(): Promise<void>;
}

const SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'git.enabled': false,
} as const;

/** No marketplace. */
const NO_GALLERY = JSON.stringify({ serviceUrl: '', itemUrl: '', resourceUrlTemplate: '' });

export async function startCodeServer(
  kit: CodeServerKit,
  options: CodeServerOptions = {},
): Promise<RunningCodeServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-vscode-'));
  const user = path.join(folder, 'data', 'User');
  const home = path.join(folder, 'home');
  for (const made of [user, home]) mkdirSync(made, { recursive: true });
  writeFileSync(path.join(user, 'settings.json'), JSON.stringify({ ...SETTINGS, ...options.settings }));
  writeFileSync(path.join(user, 'chatLanguageModels.json'), JSON.stringify(options.languageModels ?? []));
  const port = await freePort();
  const entry = path.join(packageFolder(kit.folder, CODE_SERVER.name), 'out', 'node', 'entry.js');
  const args = [
    entry,
    '--auth=none',
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
    `--bind-addr=127.0.0.1:${port}`,
    `--config=${path.join(folder, 'config.yaml')}`,
    `--user-data-dir=${path.join(folder, 'data')}`,
    `--extensions-dir=${path.join(folder, 'extensions')}`,
  ];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', EXTENSIONS_GALLERY: NO_GALLERY },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own
  });
  const killOnExit = (): void => killGroup(child);
  process.once('exit', killOnExit);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  }
  const server: RunningCodeServer = {
    url: `http://127.0.0.1:${port}`,
    folder,
    log: () => log,
    stop: async () => {
      process.removeListener('exit', killOnExit);
      await endGroup(child);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await until('code-server did not answer', 60, () => isHealthy(server.url, child));
  } catch (error) {
    await server.stop();
    throw new Error(`${error instanceof Error ? error.message : ''}: ${log}`, { cause: error });
  }
  return server;
}

async function isHealthy(url: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`code-server ended with code ${child.exitCode}`);
  return fetch(`${url}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Also what the server has started: extension hosts and terminals. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // nobody was left in the group
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  const hasEnded =
    child.exitCode === null && child.signalCode === null
      ? new Promise((resolve) => child.once('exit', resolve))
      : Promise.resolve();
  killGroup(child);
  await hasEnded;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Asks again and again until the answer is yes. The message of the error, after so many seconds, is `problem`. */
export async function until(problem: string, seconds: number, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`${problem} within ${seconds} s`);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
}

const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
] as const;

/** A browser that can reach this machine only. */
export function launchBrowser(kit: CodeServerKit): Promise<Browser> {
  const require = createRequire(path.join(packageFolder(kit.folder, DRIVER.name), 'package.json'));
  const driver = require(`./index.js`) as {
    chromium: { launch(options: Readonly<Record<string, unknown>>): Promise<Browser> };
  };
  return driver.chromium.launch({
    executablePath: kit.chromium,
    headless: true,
    args: BROWSER_ARGUMENTS,
  });
}
