// The suites of host/ once more, in a desktop VS Code that @vscode/test-electron downloads. Where there is nowhere to
// download it from, or no screen to show it on, it says so instead.

import { mkdirSync, mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import {
  downloadAndUnzipVSCode,
  resolveCliArgsFromVSCodeExecutablePath,
  runTests,
  SilentReporter,
} from '@vscode/test-electron';

import { toolFolder } from '../../support/tool-folder.ts';
import type { HostResults } from '../host/host-results.ts';
import type { HostRun } from '../suite-runner.ts';
import { makeTestHome, type TestHome } from '../test-home.ts';

const RELEASES = 'https://update.code.visualstudio.com/api/releases/stable';

export interface ElectronRun extends HostRun {
  /** Why it was not run. */
  readonly skipped?: string;
}

/** `POINTSMAN_DESKTOP` names a folder to keep the downloaded editor in. */
export async function runElectronSuites(vsix: string, entry: string): Promise<ElectronRun> {
  const skipped = await whyNot();
  if (skipped !== null) return { skipped, results: null, log: '' };
  const program = await downloadAndUnzipVSCode({
    cachePath: toolFolder('POINTSMAN_DESKTOP', 'desktop'),
    reporter: new SilentReporter(),
  });
  const home = await makeTestHome();
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-electron-'));
  try {
    return await runIn(program, vsix, entry, home, folder);
  } finally {
    await home.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function whyNot(): Promise<string | null> {
  if (process.platform === 'linux' && (process.env['DISPLAY'] ?? '') === '') {
    return 'there is no screen (DISPLAY is not set; xvfb-run makes one), so no desktop VS Code can be shown';
  }
  const answers = await fetch(RELEASES, { signal: AbortSignal.timeout(10_000) }).then(
    (response) => response.ok,
    () => false,
  );
  return answers
    ? null
    : 'update.code.visualstudio.com did not answer, so no desktop VS Code can be downloaded';
}

async function runIn(
  program: string,
  vsix: string,
  entry: string,
  home: TestHome,
  folder: string,
): Promise<ElectronRun> {
  const at = (name: string): string => {
    mkdirSync(path.join(folder, name), { recursive: true });
    return path.join(folder, name);
  };
  const companion = at('companion');
  const manifest = {
    name: 'companion',
    publisher: 'pointsman-test',
    version: '0.0.0',
    engines: { vscode: '*' },
  };
  writeFileSync(path.join(companion, 'package.json'), JSON.stringify(manifest));
  const profile = [`--user-data-dir=${at('data')}`, `--extensions-dir=${at('extensions')}`];
  const [cli = program, ...cliArgs] = resolveCliArgsFromVSCodeExecutablePath(program);
  const installed = spawnSync(cli, [...cliArgs, ...profile, '--install-extension', vsix], {
    encoding: 'utf8',
  });
  if (installed.status !== 0) return { results: null, log: `${installed.stdout}${installed.stderr}` };
  const resultsFile = path.join(folder, 'host-results.json');
  const problem = await runTests({
    vscodeExecutablePath: program,
    extensionDevelopmentPath: companion,
    extensionTestsPath: entry,
    launchArgs: [at('workspace'), ...profile, '--disable-workspace-trust', '--no-sandbox'],
    extensionTestsEnv: { ...home.environment, POINTSMAN_TEST_RESULTS: resultsFile },
    reporter: new SilentReporter(),
  }).then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (!existsSync(resultsFile)) return { results: null, log: problem };
  return { results: JSON.parse(readFileSync(resultsFile, 'utf8')) as HostResults, log: problem };
}
