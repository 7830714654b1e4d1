// Servers of the real VS Code on throw-away profiles, and the browser that shows them. Nothing here outlives the process.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';

import type { EditorKit } from './editor-kit.ts';

export interface CodeServerOptions {
  /** Added to the user's settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings of the machine that the server runs on, where those with `scope: machine` are read from. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** The user's chatLanguageModels.json. */
  readonly languageModels?: readonly unknown[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Packaged extensions that are installed first. */
  readonly extensions?: readonly string[];
  /** Lets a page load extensions and tests under development; it also hides toasts. */
  readonly hasTestDriver?: boolean;
  /** Asks whether a folder's authors are trusted; otherwise everything is. */
  readonly hasWorkspaceTrust?: boolean;
  /** For Node itself, which hands them on to extension hosts. */
  readonly nodeArguments?: readonly string[];
}

export interface RunningCodeServer {
  readonly url: string;
  readonly port: number;
  /** A folder of this server alone, gone after `stop`; the editor's home is inside. */
  readonly folder: string;
  log(): string;
  /** The editor's command line, for this server's profile; gives what it printed. */
  run(...args: readonly string[]): string;
  /** Ends it and everything that it started, then starts it again on the same profile and port. */
  restart(): Promise<void>;
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
  kit: EditorKit,
  options: CodeServerOptions = {},
): Promise<RunningCodeServer> {
  const folder = makeProfile(options);
  const program = [
    kit.serverEntry,
    `--config=${path.join(folder, 'config.yaml')}`,
    `--user-data-dir=${path.join(folder, 'data')}`,
    `--extensions-dir=${path.join(folder, 'extensions')}`,
  ];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path.join(folder, 'home'),
    LANG: 'C.UTF-8',
    EXTENSIONS_GALLERY: NO_GALLERY,
    ...options.environment,
  };
  const port = await freePort();
  const run = (...given: readonly string[]): string => runCommandLine([...program, ...given], env);
  for (const file of options.extensions ?? []) run('--install-extension', file);
  const args = [
    ...program,
    '--auth=none',
    '--disable-telemetry',
    '--disable-update-check',
    ...(options.hasWorkspaceTrust === true ? [] : ['--disable-workspace-trust']),
    ...(options.hasTestDriver === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    `--bind-addr=127.0.0.1:${port}`,
  ];
  const launch = (): ChildProcess =>
    spawn(process.execPath, [...(options.nodeArguments ?? []), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own
    });
  return await whenReady({ launch, run, folder, port });
}

function makeProfile(options: CodeServerOptions): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-vscode-'));
  mkdirSync(path.join(folder, 'home'));
  writeData(folder, 'User/settings.json', { ...SETTINGS, ...options.settings });
  writeData(folder, 'User/chatLanguageModels.json', options.languageModels ?? []);
  writeData(folder, 'Machine/settings.json', options.machineSettings ?? {});
  return folder;
}

function writeData(folder: string, name: string, content: unknown): void {
  const file = path.join(folder, 'data', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content, null, 2));
}

function runCommandLine(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`code-server ${args.slice(-2).join(' ')} failed: ${stdout}${stderr}`);
  return stdout;
}

interface Launch extends Pick<RunningCodeServer, 'run' | 'folder' | 'port'> {
  readonly launch: () => ChildProcess;
}

async function whenReady({ launch, run, folder, port }: Launch): Promise<RunningCodeServer> {
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  const start = (): ChildProcess => {
    const started = launch();
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    }
    return started;
  };
  let child = start();
  const killOnExit = (): void => killGroup(child);
  process.once('exit', killOnExit);
  const answers = (): Promise<void> =>
    until('code-server did not answer', 60, () => isHealthy(url, child)).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : ''}: ${log}`, { cause: error });
    });
  const server: RunningCodeServer = {
    url,
    port,
    folder,
    log: () => log,
    run,
    restart: async () => {
      await endGroup(child);
      child = start();
      await answers();
    },
    stop: async () => {
      process.removeListener('exit', killOnExit);
      await endGroup(child);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await answers();
  } catch (error) {
    await server.stop();
    throw error;
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

export function freePort(): Promise<number> {
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
export async function until(
  problem: string,
  seconds: number,
  isDone: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`${problem} within ${seconds} s`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
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
];

/** A browser that can reach this machine only. */
export async function launchBrowser(kit: EditorKit): Promise<Browser> {
  return await chromium.launch({ executablePath: kit.chromium, headless: true, args: BROWSER_ARGUMENTS });
}
