// Runs the suites of host/ inside the extension host of a real VS Code server into which the packaged extension was
// installed. They come from a companion extension, so that they meet what a user has: another extension beside ours.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

import { launchBrowser, startCodeServer, type RunningCodeServer } from './code-server.ts';
import type { EditorKit } from './editor-kit.ts';
import type { HostResults } from './host/host-results.ts';
import { makeTestHome } from './test-home.ts';

const LIMIT_MS = 150_000;

export interface HostRun {
  /** null: the editor gave no answer in time. */
  readonly results: HostResults | null;
  /** Of the editor's server and extension host. */
  readonly log: string;
}

export async function runHostSuites(kit: EditorKit, vsix: string, entry: string): Promise<HostRun> {
  const home = await makeTestHome();
  try {
    const resultsFile = path.join(home.folder, 'host-results.json');
    const server = await startCodeServer(kit, {
      extensions: [vsix],
      hasTestDriver: true,
      machineSettings: home.machineSettings,
      environment: { ...home.environment, POINTSMAN_TEST_RESULTS: resultsFile },
    });
    try {
      const said = await runInEditor(kit, server, entry);
      const results = existsSync(resultsFile)
        ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as HostResults)
        : null;
      return { results, log: `${said.join('\n')}\n--- server\n${server.log()}` };
    } finally {
      await server.stop();
    }
  } finally {
    await home.stop();
  }
}

/** Resolves with what the extension host said, when its run is over or the limit is reached. */
async function runInEditor(kit: EditorKit, server: RunningCodeServer, entry: string): Promise<string[]> {
  const companion = makeCompanion(server.folder);
  const workspace = path.join(server.folder, 'workspace');
  mkdirSync(workspace);
  const remote = (file: string): string => `vscode-remote://127.0.0.1:${server.port}${file}`;
  const payload = [
    ['extensionDevelopmentPath', remote(companion)],
    ['extensionTestsPath', remote(entry)],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  const browser = await launchBrowser(kit);
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const said: string[] = [];
    let end = (): void => {};
    const isOver = new Promise<void>((resolve) => (end = resolve));
    await listen(page, said, () => end());
    const limit = setTimeout(() => end(), LIMIT_MS);
    await page.goto(`${server.url}/?${query.toString()}`);
    await isOver;
    clearTimeout(limit);
    return said;
  } finally {
    await browser.close();
  }
}

/** The two functions that the editor's test driver calls. */
async function listen(page: Page, said: string[], end: () => void): Promise<void> {
  await page.exposeFunction('codeAutomationLog', (_type: string, args: readonly unknown[]) => {
    said.push(args.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '));
  });
  await page.exposeFunction('codeAutomationExit', end);
}

function makeCompanion(folder: string): string {
  const companion = path.join(folder, 'companion');
  mkdirSync(companion);
  const manifest = {
    name: 'companion',
    publisher: 'pointsman-test',
    version: '0.0.0',
    engines: { vscode: '*' },
  };
  writeFileSync(path.join(companion, 'package.json'), JSON.stringify(manifest));
  return companion;
}
