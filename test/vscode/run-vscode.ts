// `npm run test:vscode`: the packaged extension in a real VS Code. Sets the editor up, runs the suites of host/ inside the
// extension host and those of ui/ from outside with a browser, prints what was measured. Exit code 0 or 1.
//
//   npm run test:vscode -- [--only host|ui|electron] [--grep WORDS] [--screenshots]

import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';

import { vsixPath } from '../package/vsix-path.ts';
import { bundleHostSuites } from './bundle-host-suites.ts';
import { CannotRunHere, prepareEditorKit, type EditorKit } from './editor-kit.ts';
import { runElectronSuites } from './electron/run-electron.ts';
import { recordFigure, reportFigures } from './figures.ts';
import type { HostResults } from './host/host-results.ts';
import { runHostSuites, type HostRun } from './suite-runner.ts';
import { closeSharedEditor } from './ui/shared-editor.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const OUT = path.join(ROOT, 'out', 'vscode');

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function main(): Promise<number> {
  const startedAt = Date.now();
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string' },
      grep: { type: 'string' },
      screenshots: { type: 'boolean', default: false },
    },
  });
  const isWanted = (part: string): boolean => options.only === undefined || options.only === part;
  if (options.screenshots) process.env['POINTSMAN_SCREENSHOTS'] = path.join(ROOT, 'media', 'screenshots');
  mkdirSync(OUT, { recursive: true });
  const vsix = findVsix();
  const kit = prepareOrSay();
  const counts: Counts[] = [];
  if (kit !== null) {
    console.log(`VS Code is ready after ${seconds(startedAt)}`);
    process.env['POINTSMAN_CODE_SERVER'] = kit.folder; // the suites ask for it once more
    if (isWanted('host')) counts.push(await runInHost(kit, vsix));
    if (isWanted('ui')) counts.push(await runOutside(options.grep));
  }
  if (isWanted('electron')) counts.push(await runElectron(vsix));
  return conclude(counts, startedAt);
}

/** Also weighs what is shipped. */
function findVsix(): string {
  const vsix = vsixPath();
  if (!existsSync(vsix)) throw new Error(`${vsix} is not there: run "npm run package" first`);
  const weigh = (file: string): number => statSync(file).size;
  recordFigure({ name: 'package (VSIX)', value: weigh(vsix) / 1e6, unit: 'MB', limit: 3 });
  const bundle = path.join(ROOT, 'dist', 'extension.cjs');
  recordFigure({ name: 'extension bundle', value: weigh(bundle) / 1000, unit: 'kB', limit: 300 });
  return vsix;
}

function prepareOrSay(): EditorKit | null {
  try {
    return prepareEditorKit();
  } catch (error) {
    if (!(error instanceof CannotRunHere)) throw error;
    console.log(`skipped: VS Code cannot be run here: ${error.message}`);
    return null;
  }
}

async function runInHost(kit: EditorKit, vsix: string): Promise<Counts> {
  const startedAt = Date.now();
  console.log('\nin the extension host');
  const { results, log } = await runHostSuites(kit, vsix, await bundleHostSuites());
  return tell({ results, log }, 'host', startedAt);
}

async function runElectron(vsix: string): Promise<Counts> {
  const startedAt = Date.now();
  console.log('\nin a desktop VS Code');
  const run = await runElectronSuites(vsix, await bundleHostSuites());
  if (run.skipped === undefined) return tell(run, 'electron', startedAt);
  console.log(`  skipped: ${run.skipped}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

/** Prints what the suites did in an extension host. */
function tell({ results, log }: HostRun, name: string, startedAt: number): Counts {
  const tests = results?.tests ?? [];
  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  for (const { title, status, durationMs, account } of tests) {
    console.log(`  ${MARKS[status]} ${title} (${Math.round(durationMs)} ms)`);
    if (account !== undefined) console.log(account.replaceAll(/^/gm, '      '));
  }
  recordHostFigures(results);
  const failed = results === null ? 1 : count('failed');
  if (results === null) console.log('  ✗ the suites gave no result in time');
  const file = path.join(OUT, `${name}.log`);
  writeFileSync(file, log);
  if (failed > 0) console.log(`  what the editor said is in ${path.relative(ROOT, file)}`);
  console.log(`  ${seconds(startedAt)}`);
  return { passed: count('passed'), failed, skipped: count('skipped') };
}

const MARKS = { passed: '✓', failed: '✗', skipped: '-' } as const;

function recordHostFigures(results: HostResults | null): void {
  for (const [name, value] of Object.entries(results?.figures ?? {}))
    recordFigure({ name, value, unit: 'ms' });
}

/** The suites of ui/, in this process: what they measure is kept here. */
async function runOutside(grep: string | undefined): Promise<Counts> {
  const startedAt = Date.now();
  console.log('\nfrom outside, with a browser');
  const folder = path.join(import.meta.dirname, 'ui');
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000, reporter: 'spec', forbidOnly: true });
  if (grep !== undefined) mocha.grep(grep);
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.test.ts')) mocha.addFile(path.join(folder, name));
  }
  mocha.rootHooks({ afterAll: closeSharedEditor });
  await mocha.loadFilesAsync();
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats));
  });
  console.log(`  ${seconds(startedAt)}`);
  return { passed: stats?.passes ?? 0, failed: stats?.failures ?? 1, skipped: stats?.pending ?? 0 };
}

function conclude(counts: readonly Counts[], startedAt: number): number {
  const { lines, areWithinLimits } = reportFigures();
  console.log(`\n${lines.join('\n')}`);
  const sum = (of: (counts: Counts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  const failed = sum((one) => one.failed) + (areWithinLimits ? 0 : 1);
  console.log(`\ntook ${seconds(startedAt)}`);
  console.log(`${sum((one) => one.passed)} passed, ${failed} failed, ${sum((one) => one.skipped)} skipped`);
  return failed === 0 ? 0 : 1;
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
