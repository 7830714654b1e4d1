// An editor that nobody has used yet, with a home folder that nobody has used yet: for what people meet in their first
// minute. Each window has a profile of its own, and may be given a home of its own.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';

import { parseJsonObject } from '../../../daemon/util/json.ts';
import { freePort, launchBrowser, startCodeServer, type RunningCodeServer } from '../code-server.ts';
import { CannotRunHere, prepareEditorKit } from '../editor-kit.ts';
import { startKeyGuard, type KeyGuard } from '../key-guard.ts';
import { askAsClaudeCode, endDaemon, signalDaemon, type ClaudeCodeAnswer } from '../test-home.ts';
import { Workbench } from '../workbench.ts';

const WINDOW = { width: 1400, height: 900 } as const;

export interface FreshHome {
  /** Not there yet: the daemon makes it. */
  readonly folder: string;
  /** Free when the home was made. */
  readonly port: number;
}

export interface FreshEditor {
  readonly server: RunningCodeServer;
  readonly provider: KeyGuard;
  /** Of Claude Code, in the home directory of the editor's user. */
  readonly claudeSettings: string;
  /** A home with a configuration that lacks nothing but the provider's key. */
  makeHome(): Promise<FreshHome>;
  /** A new window, as somebody opens it who never had one, on a folder of this name. */
  openWindow(name: string, home: FreshHome): Promise<Workbench>;
  close(): Promise<void>;
}

export interface FreshEditorOptions {
  readonly extensions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
}

/** For `before`: skips the suite where no editor can be run. */
export async function openFreshEditor(
  context: Mocha.Context,
  options: FreshEditorOptions,
): Promise<FreshEditor> {
  context.timeout(600_000);
  try {
    return await startFreshEditor(options);
  } catch (error) {
    if (!(error instanceof CannotRunHere)) throw error;
    console.log(`skipped: VS Code cannot be run here: ${error.message}`);
    return context.skip();
  }
}

async function startFreshEditor(options: FreshEditorOptions): Promise<FreshEditor> {
  const kit = prepareEditorKit();
  const provider = await startKeyGuard();
  const homes = new Homes(provider);
  const server = await startCodeServer(kit, {
    ...options,
    settings: { 'workbench.secondarySideBar.defaultVisibility': 'hidden' },
  });
  const browser = await launchBrowser(kit);
  return {
    server,
    provider,
    claudeSettings: path.join(server.folder, 'home', '.claude', 'settings.json'),
    makeHome: () => homes.make(),
    openWindow: (name, home) => openWindow(server, browser, name, home),
    close: async () => {
      await browser.close();
      await server.stop();
      await homes.end();
      await provider.close();
    },
  };
}

/** Folders for daemons, none of which outlives the process. */
class Homes {
  readonly #provider: KeyGuard;
  readonly #parent = mkdtempSync(path.join(tmpdir(), 'pointsman-fresh-'));
  readonly #folders: string[] = [];
  readonly #killOnExit = (): void => this.#folders.forEach((folder) => void signalDaemon(folder, 'SIGKILL'));

  constructor(provider: KeyGuard) {
    this.#provider = provider;
    process.once('exit', this.#killOnExit);
  }

  async make(): Promise<FreshHome> {
    const port = await freePort();
    const folder = path.join(this.#parent, `home-${this.#folders.length + 1}`);
    this.#folders.push(folder);
    mkdirSync(folder, { mode: 0o700 });
    const config = JSON.stringify({ port, ...this.#provider.config }, null, 2);
    writeFileSync(path.join(folder, 'config.jsonc'), config, { mode: 0o600 });
    return { folder, port };
  }

  async end(): Promise<void> {
    process.removeListener('exit', this.#killOnExit);
    for (const folder of this.#folders) await endDaemon(folder);
    rmSync(this.#parent, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function openWindow(
  server: RunningCodeServer,
  browser: Browser,
  name: string,
  { folder, port }: FreshHome,
): Promise<Workbench> {
  // Read when a window opens.
  const settings = { 'pointsman.home': folder, 'pointsman.port': port };
  writeFileSync(path.join(server.folder, 'data', 'Machine', 'settings.json'), JSON.stringify(settings));
  const workspace = path.join(server.folder, name);
  mkdirSync(workspace, { recursive: true });
  return await Workbench.open(await browser.newPage({ viewport: WINDOW }), server.url, workspace);
}

/** Asks whoever Claude Code's settings file names, with what that file says and nothing else. */
export async function askAsItsSettingsSay(settingsFile: string, words: string): Promise<ClaudeCodeAnswer> {
  const settings = parseJsonObject(readFileSync(settingsFile, 'utf8')) as {
    env?: Readonly<Record<string, string>>;
  } | null;
  const { ANTHROPIC_BASE_URL: url = '', ANTHROPIC_AUTH_TOKEN: token = '' } = settings?.env ?? {};
  return await askAsClaudeCode(url, token, words);
}
