// Breaks each rule of the policy on purpose and expects its unit tests to notice: a rule without a test is only a habit.
// Every mutation runs in a process of its own with the source replaced on the way in, two at a time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { POLICY_MUTATIONS, type Mutation } from './policy-mutations.ts';
import { SWITCH_MUTATIONS, SWITCH_TESTS } from './switch-mutations.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const PARALLEL_RUNS = 2;
const TESTS = [
  'success-probability',
  'candidate-order',
  'effort',
  'escalation',
  'why-lost',
  'cost-limit',
  'fallback-chain',
  'eligibility',
  'merge-patch',
  'cheapest-capable-policy',
  'explain',
  'budget-pressure',
  'build-table',
  'complete-input',
].map((name) => `test/unit/daemon/route/${name}.test.ts`);
const MUTATIONS = [...POLICY_MUTATIONS, ...SWITCH_MUTATIONS];

function testsFor(mutation: Mutation | null): readonly string[] {
  if (mutation === null) return [...TESTS, ...SWITCH_TESTS];
  return SWITCH_MUTATIONS.includes(mutation) ? SWITCH_TESTS : TESTS;
}

interface Outcome {
  /** null = the run did not get as far as testing. */
  readonly failures: number | null;
  readonly output: string;
}

const fileOf = ({ file }: Mutation): string => path.join(ROOT, 'daemon', 'route', file);

function runTests(mutation: Mutation | null): Promise<Outcome> {
  const served = mutation === null ? undefined : { ...mutation, url: pathToFileURL(fileOf(mutation)).href };
  const preload = pathToFileURL(path.join(import.meta.dirname, 'serve-mutation.ts')).href;
  const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const options = ['--no-config', '--bail', '--extension', 'ts', '--reporter', 'json', '--timeout', '20000'];
  const child = spawn(process.execPath, ['--import', preload, mocha, ...options, ...testsFor(mutation)], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...(served === undefined ? {} : { POINTSMAN_TEST_MUTATION: JSON.stringify(served) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const stats = /"stats": \{[^}]*"tests": (\d+)[^}]*"failures": (\d+)/.exec(output);
      const hasRun = stats !== null && Number(stats[1]) > 0;
      resolve({ failures: hasRun ? Number(stats[2]) : null, output });
    });
  });
}

describe('mutations of the policy', () => {
  const outcomes = new Map<Mutation | null, Outcome>();

  before(async function () {
    this.timeout(400_000);
    const waiting = [null, ...MUTATIONS].values();
    const worker = async (): Promise<void> => {
      for (const mutation of waiting) outcomes.set(mutation, await runTests(mutation));
    };
    await Promise.all(Array.from({ length: PARALLEL_RUNS }, worker));
  });

  it('[A18] leaves the tests green where nothing is broken', () => {
    const plain = outcomes.get(null);
    assert.equal(plain?.failures, 0, plain?.output.slice(-2000));
  });

  it('[A18] knows at least 35 rules, each by a text that stands in its file once', () => {
    assert.ok(POLICY_MUTATIONS.length >= 35 && SWITCH_MUTATIONS.length >= 60);
    for (const mutation of MUTATIONS) {
      const found = readFileSync(fileOf(mutation), 'utf8').split(mutation.text).length - 1;
      assert.equal(found, 1, `${mutation.file}: "${mutation.text}" stands there ${found} times`);
      assert.notEqual(mutation.text, mutation.replacement);
    }
  });

  for (const mutation of MUTATIONS) {
    it(`[A18] a test notices when this no longer holds: ${mutation.rule}`, () => {
      const outcome = outcomes.get(mutation);
      assert.notEqual(outcome?.failures, null, `the tests did not run:\n${outcome?.output.slice(-2000)}`);
      assert.notEqual(outcome?.failures, 0, `${mutation.file}: no test noticed "${mutation.replacement}"`);
    });
  }
});
