// One editor for all suites of this folder, with the packaged extension and a month of work in its books: starting it
// takes most of the time. Whoever runs the suites closes it.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { vsixPath } from '../../package/vsix-path.ts';
import { launchBrowser, startCodeServer, type RunningCodeServer } from '../code-server.ts';
import { CannotRunHere, prepareEditorKit } from '../editor-kit.ts';
import { makeTestHome, type TestHome, type TestHomeDaemon } from '../test-home.ts';
import { Workbench } from '../workbench.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const WINDOW = { width: 1400, height: 900 } as const;
export const HISTORY_ROWS = 10_000;
/** No chat beside the editors until somebody opens it. */
const QUIET_WINDOW = { 'workbench.secondarySideBar.defaultVisibility': 'hidden' } as const;

/** Without an account Copilot Chat only works for people who have a model of their own; nobody ever asks this one. */
export const OWN_MODEL = 'Own model';
const UNUSED = {
  id: 'unused',
  name: OWN_MODEL,
  url: 'http://127.0.0.1:9/v1',
  toolCalling: true,
  vision: false,
  maxInputTokens: 100_000,
  maxOutputTokens: 8_000,
} as const;

export interface SharedEditor {
  readonly home: TestHome;
  readonly server: RunningCodeServer;
  readonly browser: Browser;
  /** The first window, on an empty folder. */
  readonly workbench: Workbench;
  readonly daemon: TestHomeDaemon;
  /** Another window on a folder of its own. */
  openWindow(name: string): Promise<Workbench>;
  close(): Promise<void>;
}

let opening: Promise<SharedEditor> | undefined;

/** For `before`: skips the suite where no editor can be run. */
export async function openSharedEditor(context: Mocha.Context): Promise<SharedEditor> {
  context.timeout(600_000);
  try {
    opening ??= startEditor();
    return await opening;
  } catch (error) {
    if (!(error instanceof CannotRunHere)) throw error;
    console.log(`skipped: VS Code cannot be run here: ${error.message}`);
    return context.skip();
  }
}

export async function closeSharedEditor(): Promise<void> {
  const editor = await opening?.catch(() => undefined);
  opening = undefined;
  await editor?.close();
}

/** Kept when a test fails, so that one can see what it saw. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = path.join(ROOT, 'out', 'vscode');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`) });
}

async function startEditor(): Promise<SharedEditor> {
  const kit = prepareEditorKit();
  const home = await makeTestHome({ historyRows: HISTORY_ROWS });
  const server = await startCodeServer(kit, {
    extensions: [vsixPath()],
    environment: home.environment,
    machineSettings: home.machineSettings,
    settings: QUIET_WINDOW,
    languageModels: [{ name: OWN_MODEL, vendor: 'customendpoint', apiType: 'messages', models: [UNUSED] }],
  });
  const browser = await launchBrowser(kit);
  const openWindow: SharedEditor['openWindow'] = async (name) => {
    const folder = path.join(server.folder, name);
    mkdirSync(folder, { recursive: true });
    const page = await browser.newPage({ viewport: WINDOW });
    return await Workbench.open(page, server.url, folder);
  };
  const workbench = await openWindow('workspace');
  return {
    home,
    server,
    browser,
    workbench,
    daemon: await home.daemon(),
    openWindow,
    close: async () => {
      await browser.close();
      await server.stop();
      await home.stop();
    },
  };
}
