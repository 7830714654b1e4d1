// Runs the suites beside this file inside the editor's extension host, as `@vscode/test-electron` would: the entry is
// `run`. What happened is written to the file that POINTSMAN_TEST_RESULTS names, since not every host shows its console.

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Runner } from 'mocha';

import { recordedFigures, type HostResults, type HostTest } from './host-results.ts';

export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const reporter = Mocha.reporters.Base; // says nothing
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, forbidOnly: true, reporter });
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.cjs')) mocha.addFile(path.join(__dirname, name));
  }
  const tests: HostTest[] = [];
  const failures = await new Promise<number>((resolve) => {
    watch(mocha.run(resolve), tests);
  });
  const results: HostResults = { tests, figures: recordedFigures() };
  const file = process.env['POINTSMAN_TEST_RESULTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results, null, 2));
  if (failures > 0) throw new Error(`${failures} failed`);
}

function watch(runner: Runner, tests: HostTest[]): void {
  runner.on('pass', (test) => {
    tests.push({ title: test.fullTitle(), status: 'passed', durationMs: test.duration ?? 0 });
  });
  runner.on('pending', (test) => {
    tests.push({ title: test.fullTitle(), status: 'skipped', durationMs: 0 });
  });
  // Also hooks.
  runner.on('fail', (test, error: unknown) => {
    const account = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tests.push({ title: test.fullTitle(), status: 'failed', durationMs: test.duration ?? 0, account });
  });
}
