// Keeps routing tests and configuration together: turns down an edit that fails a test, runs the tests again when their
// files or the models change, and knows how they stand. A test that fails never takes a configuration out of force.

import { FileWatcher } from '../config/file-watcher.ts';
import { readRoutingTests, type RoutingTestsFile } from '../config/read-routing-tests.ts';
import type { RoutingTest } from '../config/routing-tests-file.ts';
import type { RouterConfig } from '../config/schema.ts';
import type { RoutingTestFailure, RoutingTestsStatus } from '../protocol/control-api.ts';
import type { Log } from '../util/log.ts';
import { runRoutingTests, type RoutingTestDeps } from './routing-tests.ts';

export interface RoutingTestGuardDeps extends RoutingTestDeps {
  /** `routing.test.jsonl` in the home folder. */
  readonly homeFile: string;
  /** The configuration in force. */
  readonly config: () => RouterConfig;
  /** The files have changed: a configuration that they turned down may pass now. */
  readonly onFilesChanged: () => Promise<void>;
  readonly log: Log;
}

const DEBOUNCE_MS = 100;

/** Failures told in full where an edit is turned down; of the others only the lines. */
const MAX_SENTENCES = 5;
const MAX_LISTED_LINES = 50;
/** Failures in `status`. */
const MAX_FAILING = 50;

interface Report {
  readonly files: readonly RoutingTestsFile[];
  readonly testCount: number;
  /** Tests that do not hold. */
  readonly failing: readonly RoutingTestFailure[];
  /** Files and lines that are no tests. They block nothing: nobody knows what they were to say. */
  readonly broken: readonly RoutingTestFailure[];
  readonly notes: readonly string[];
}

const NOTHING: Report = { files: [], testCount: 0, failing: [], broken: [], notes: [] };

export class RoutingTestGuard {
  readonly #deps: RoutingTestGuardDeps;
  #report: Report = NOTHING;
  /** Fingerprint of each file as last read. */
  readonly #seen = new Map<string, string>();
  /** Named by a configuration that was turned down; watched too, since mending a test may let it in. */
  #pathsTurnedDown: readonly string[] = [];
  #watcher: FileWatcher | null = null;
  #watched = '';
  /** Runs one after the other. Never rejects. */
  #queue: Promise<void> = Promise.resolve();
  #isRefreshDue = false;
  #lastTold = '';
  #closed = false;

  constructor(deps: RoutingTestGuardDeps) {
    this.#deps = deps;
  }

  get status(): RoutingTestsStatus {
    const { files, testCount, failing, broken, notes } = this.#report;
    const all = [...broken, ...failing];
    return {
      files: files.filter(({ isThere }) => isThere).map(({ path }) => path),
      tests: testCount,
      failingCount: all.length,
      failing: all.slice(0, MAX_FAILING),
      notes,
    };
  }

  /** Why `config` must not come into force: the tests that it fails, one line each; null when it passes them. */
  async check(config: RouterConfig): Promise<string | null> {
    const { failing } = await this.#run(config);
    this.#pathsTurnedDown = failing.length === 0 ? [] : config.routingTests;
    this.#watch();
    return failing.length === 0 ? null : vetoOf(failing);
  }

  /** Runs the tests on the configuration in force. Never rejects; `status` tells how it went. */
  async refresh(): Promise<void> {
    if (!this.#isRefreshDue) {
      this.#isRefreshDue = true; // one that waits already will see everything that is known now
      this.#queue = this.#queue.then(() => this.#refresh());
    }
    await this.#queue;
  }

  /** Resolves when the runs that are due have ended. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
  }

  async #refresh(): Promise<void> {
    this.#isRefreshDue = false;
    if (this.#closed) return;
    try {
      this.#report = await this.#run(this.#deps.config());
      this.#tell();
    } catch (error) {
      this.#deps.log.error('the routing tests could not be run', { error: String(error) });
    }
    this.#watch();
  }

  async #run(config: RouterConfig): Promise<Report> {
    const files = await readRoutingTests({ homeFile: this.#deps.homeFile, others: config.routingTests });
    for (const { path, fingerprint } of files) this.#seen.set(path, fingerprint);
    const placed = files.flatMap((file) => file.tests.map((test) => ({ file, test })));
    const { failures, notes } = await runRoutingTests(
      this.#deps,
      config,
      placed.map(({ test }) => test),
    );
    const failing = placed.flatMap(({ file, test }, index): readonly RoutingTestFailure[] => {
      const failure = failures[index] ?? null;
      if (failure === null) return [];
      const sentence = `${file.label} line ${test.line} ("${nameOf(test)}"): ${failure}`;
      return [{ path: file.path, line: test.line, sentence }];
    });
    const broken = files.flatMap(({ path, label, problems }) =>
      problems.map(({ line, problem }) => ({
        path,
        line,
        sentence: line === 0 ? `${label} ${problem}` : `${label} line ${line}: ${problem}`,
      })),
    );
    return { files, testCount: placed.length, failing, broken, notes };
  }

  /** Once per state. Lines only: a log holds no words of an ask. */
  #tell(): void {
    const { testCount, failing, broken } = this.#report;
    const lines = [...broken, ...failing].map(({ path, line }) => `${path} line ${line}`);
    const told = lines.join('\n');
    if (told === this.#lastTold) return;
    this.#lastTold = told;
    const fields = { tests: testCount, failing: failing.length, broken: broken.length };
    if (lines.length === 0) this.#deps.log.info('all routing tests hold', fields);
    else {
      const shown = lines.slice(0, MAX_SENTENCES);
      this.#deps.log.warn('routing tests fail; see pointsman doctor', { ...fields, lines: shown });
    }
  }

  #watch(): void {
    if (this.#closed) return;
    const { homeFile, config, clock } = this.#deps;
    const paths = [...new Set([homeFile, ...config().routingTests, ...this.#pathsTurnedDown])];
    const watched = paths.join('\n');
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#watcher?.close();
    this.#watcher = new FileWatcher({
      paths,
      onChange: () => void this.#filesTouched(paths),
      clock,
      debounceMs: DEBOUNCE_MS,
    });
    this.#watcher.start();
  }

  /** Never rejects. */
  async #filesTouched(paths: readonly string[]): Promise<void> {
    const { homeFile, onFilesChanged, log } = this.#deps;
    const files = await readRoutingTests({ homeFile, others: paths.filter((path) => path !== homeFile) });
    if (files.every(({ path, fingerprint }) => this.#seen.get(path) === fingerprint)) return;
    await this.refresh();
    try {
      await onFilesChanged();
    } catch (error) {
      log.error('the configuration could not be looked at again', { error: String(error) });
    }
  }
}

function vetoOf(failing: readonly RoutingTestFailure[]): string {
  const rest = failing.slice(MAX_SENTENCES);
  const shown = rest.slice(0, MAX_LISTED_LINES);
  const listed = [...new Set(shown.map(({ path }) => path))].map((file) => {
    const lines = shown.filter(({ path }) => path === file).map(({ line }) => line);
    return `${file} ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
  });
  const more = rest.length - MAX_LISTED_LINES;
  const subject = failing.length === 1 ? 'a routing test fails' : `${failing.length} routing tests fail`;
  return [
    `${subject}, so the configuration is not taken; mend it or the test`,
    ...failing.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence),
    ...(rest.length === 0 ? [] : [`also ${listed.join('; ')}${more > 0 ? ` and ${more} more` : ''}`]),
  ].join('\n');
}

const MAX_NAME_CHARS = 48;

/** What tells this test from the others: its name, else how the ask begins. */
function nameOf({ name, ask }: RoutingTest): string {
  const text = (name ?? ask.slice(0, 4 * MAX_NAME_CHARS)).replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  if (name !== undefined || text.length <= MAX_NAME_CHARS) return text;
  const cut = text.slice(0, MAX_NAME_CHARS);
  const atWord = cut.lastIndexOf(' ');
  return `${atWord > MAX_NAME_CHARS / 2 ? cut.slice(0, atWord) : cut} …`;
}
