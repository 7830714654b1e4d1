// Reads the files with routing tests: `routing.test.jsonl` in the home folder, which need not be there, and those that
// the configuration names, which must. What cannot be read is a problem to show, never an error.

import { basename } from 'node:path';
import { readTextFile } from './read-text-file.ts';
import { decodeRoutingTests } from './routing-tests-file.ts';
import type { LineProblem, RoutingTest } from './routing-tests-file.ts';

/** All of them together run in well under a second, which is what an edit may wait. */
export const MAX_ROUTING_TESTS = 2000;

export interface RoutingTestsFile {
  readonly path: string;
  /** How sentences name it. */
  readonly label: string;
  readonly isThere: boolean;
  readonly tests: readonly RoutingTest[];
  readonly problems: readonly LineProblem[];
  /** Equal for equal content. */
  readonly fingerprint: string;
}

export interface RoutingTestPaths {
  /** May be absent. */
  readonly homeFile: string;
  /** Absolute paths from the configuration. */
  readonly others: readonly string[];
}

/** In the order given, each file once. Never rejects. */
export async function readRoutingTests(paths: RoutingTestPaths): Promise<readonly RoutingTestsFile[]> {
  const { homeFile, others } = paths;
  const files: RoutingTestsFile[] = [];
  let left = MAX_ROUTING_TESTS;
  for (const path of new Set([homeFile, ...others])) {
    // Workspaces all give the file the same name, so only the one at home goes without its folder.
    const label = path === homeFile ? basename(path) : path;
    const read = await readTextFile(path);
    const { fingerprint } = read;
    const whole = (problem: string): RoutingTestsFile => ({
      path,
      label,
      isThere: read.status !== 'absent',
      tests: [],
      problems: [{ line: 0, problem }],
      fingerprint,
    });
    if (read.status === 'unreadable') files.push(whole(read.why));
    else if (read.status === 'read') {
      const { tests, problems } = withinLimit(decodeRoutingTests(read.text), left);
      left -= tests.length;
      files.push({ path, label, isThere: true, tests, problems, fingerprint });
    } else if (path !== homeFile || others.includes(path)) {
      files.push(whole('is not there; create it or take it out of routingTests in the configuration'));
    } else files.push({ path, label, isThere: false, tests: [], problems: [], fingerprint });
  }
  return files;
}

function withinLimit(
  { tests, problems }: Pick<RoutingTestsFile, 'tests' | 'problems'>,
  limit: number,
): Pick<RoutingTestsFile, 'tests' | 'problems'> {
  const firstRefused = tests[limit];
  if (firstRefused === undefined) return { tests, problems };
  const refused = tests.length - limit;
  const problem = `and what follows (${refused} ${refused === 1 ? 'test' : 'tests'}) is not run: at most ${MAX_ROUTING_TESTS} tests are, in all files together; remove some`;
  return {
    tests: tests.slice(0, limit),
    problems: [...problems, { line: firstRefused.line, problem }].toSorted((a, b) => a.line - b.line),
  };
}
