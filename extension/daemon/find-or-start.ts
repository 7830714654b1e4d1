// One way to a running daemon: the one that is there, else one that is started now. Any number of windows may do this
// at once; the start mark keeps them from starting many, and the listening port decides.

import { PROTOCOL_VERSION } from '../../daemon/protocol/control-api.ts';
import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import type { DaemonProblem } from './daemon-session.ts';
import { copySentence, homeSentence } from './file-sentences.ts';
import { isOurs, isProcessAlive, locateDaemon } from './locate.ts';
import { isNodeTooOld, LEAST_NODE, spawnDaemon, type SpawnOutcome } from './spawn.ts';
import { noteUse } from './stage.ts';
import { takeStartMark, type StartMark } from './start-mark.ts';
import { compareVersions } from './versions.ts';

export interface DaemonOptions {
  readonly home: string;
  /** Of this extension, and so of the daemon that it brings. */
  readonly version: string;
  /** The user's setting; null = as configured in the home folder. */
  readonly port: number | null;
  /** How long a daemon stays that nobody needs. */
  readonly lingerS: number;
  /** Path of the daemon's script outside of the extension's folder; asked for when one must be started. */
  readonly script: () => Promise<string>;
  /** Runs it: `process.execPath`. */
  readonly node: string;
  /** `process.versions.node`; null = not known before it runs. */
  readonly nodeVersion: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Lines for the log of the extension. */
  readonly onLog?: (line: string) => void;
}

export type FindResult =
  | { readonly status: 'found'; readonly lockfile: Lockfile }
  | { readonly status: 'problem'; readonly problem: DaemonProblem }
  /** It ended before it was ready, without saying why. */
  | { readonly status: 'crashed'; readonly sentence: string }
  | { readonly status: 'given-up' };

/** Pauses between looks while another window starts it; spread, so that windows do not move in step. */
const LOOK_MS = 60;
/** A daemon that has just woken up with its machine may take long for its first answer. */
const SILENCE_MS = 15_000;
/** Ports tried after the configured one; then any. In order, so that every window finds the same one. */
const NEXT_PORTS = 9;

/**
 * `replacePid`: the daemon that must go, whatever its version. Rejects never; `signal` ends the search, and the process
 * of a daemon that was not ready yet.
 */
export async function findOrStart(
  options: DaemonOptions,
  signal: AbortSignal,
  replacePid: number | null = null,
): Promise<FindResult> {
  const silentUntilMs = performance.now() + SILENCE_MS;
  let startedPid: number | null = null;
  while (!signal.aborted) {
    const located = await locateDaemon(options.home);
    if (located.status === 'running' && !mustGo(located.lockfile, options, replacePid)) {
      return judged(located.lockfile, options.version);
    }
    if (startedPid !== null) {
      // Ready a moment ago, so it is dying: its process may be there a little longer than its port.
      const isDead = !isProcessAlive(startedPid);
      if (isDead) return { status: 'crashed', sentence: 'the daemon ended right after it was ready' };
      if (performance.now() > silentUntilMs) startedPid = null;
    } else if (located.status === 'silent') {
      if (performance.now() > silentUntilMs) return problem('cannot-start', silentSentence(located.lockfile));
    } else {
      const result = await underStartMark(options, signal, replacePid);
      if (result?.status === 'started') {
        startedPid = result.pid;
        continue; // it is there already
      }
      if (result !== null) return result;
    }
    await pause(LOOK_MS * (1 + Math.random()), signal);
  }
  return { status: 'given-up' };
}

/** The user's own daemon stays what it is: another one would not have the keys of the shell that it was started in. */
function mustGo(lockfile: Lockfile, { version }: DaemonOptions, replacePid: number | null): boolean {
  if (lockfile.pid === replacePid) return true;
  return lockfile.lingerS !== undefined && compareVersions(lockfile.version, version) < 0;
}

function judged(lockfile: Lockfile, version: string): FindResult {
  if (lockfile.protocolVersion === PROTOCOL_VERSION) return { status: 'found', lockfile };
  const isNewer = lockfile.protocolVersion > PROTOCOL_VERSION;
  return problem(
    'cannot-start',
    isNewer
      ? `The running daemon (${lockfile.version}) is newer than this window's extension (${version}) understands; reload the window to use the updated extension.`
      : `The running daemon (${lockfile.version}, pid ${lockfile.pid}) is too old for this extension (${version}); restart it.`,
    isNewer ? 'show-log' : 'restart',
  );
}

function silentSentence({ url, pid }: Lockfile): string {
  return `The daemon at ${url} (process ${pid}) does not answer; end that process if it stays so, then start the daemon again.`;
}

/** The next look finds it, and lets it prove itself. */
interface Started {
  readonly status: 'started';
  readonly pid: number;
}

/** null = look again: another window is at it, or has just done it. */
async function underStartMark(
  options: DaemonOptions,
  signal: AbortSignal,
  replacePid: number | null,
): Promise<FindResult | Started | null> {
  let mark: StartMark | null;
  try {
    mark = takeStartMark(options.home);
  } catch (error) {
    return problem('home-unusable', homeSentence(options.home, error));
  }
  if (mark === null) return null;
  try {
    // Another window may have finished between our look and the mark.
    const located = await locateDaemon(options.home);
    if (located.status === 'silent') return null;
    const isThere = located.status === 'running';
    if (isThere && !mustGo(located.lockfile, options, replacePid)) return null;
    const result = await start(options, signal, isThere ? located.lockfile : null);
    const hasFailed = result?.status === 'problem' || result?.status === 'crashed';
    if (!isThere || replacePid !== null || !hasFailed) return result;
    return await stay(options, located.lockfile, result);
  } finally {
    mark.release();
  }
}

/** An update whose daemon does not start leaves the one before in use, as long as both speak the same. */
async function stay(
  { home, version, onLog }: DaemonOptions,
  before: Lockfile,
  failure: FindResult,
): Promise<FindResult> {
  const located = await locateDaemon(home);
  if (located.status !== 'running' || located.lockfile.pid !== before.pid) return failure;
  const result = judged(located.lockfile, version);
  if (result.status !== 'found') return failure;
  const why = failure.status === 'problem' ? failure.problem.sentence : 'it ended while it started';
  onLog?.(`daemon ${version} did not start, so ${before.version} stays: ${why}`);
  return result;
}

async function start(
  options: DaemonOptions,
  signal: AbortSignal,
  predecessor: Lockfile | null,
): Promise<FindResult | Started | null> {
  const { home, nodeVersion } = options;
  if (nodeVersion !== null && isNodeTooOld(nodeVersion)) return nodeTooOld(nodeVersion);
  let script: string;
  try {
    script = await options.script();
  } catch (error) {
    return problem('cannot-start', copySentence(error), 'restart');
  }
  const ports = new PortChoice(firstPort(options, predecessor));
  const replaced = predecessor === null ? {} : { replacePid: predecessor.pid };
  for (;;) {
    const outcome = await spawnDaemon({ ...options, ...replaced, script, port: ports.next, signal });
    if (signal.aborted) return { status: 'given-up' };
    if (outcome.status === 'ready') {
      await noteUse(script, outcome.pid).catch(() => undefined); // a copy that is removed early harms nobody
      return { status: 'started', pid: outcome.pid };
    }
    if (outcome.code !== 'port-taken' || outcome.port === null) {
      return failureResult(outcome.code, outcome.sentence);
    }
    if (await isOurs(home, outcome.port)) return null;
    if (!ports.taken(outcome.port)) return problem('port-taken', outcome.sentence, 'open-settings');
    options.onLog?.(`port ${outcome.port} is taken by another program; trying ${ports.next ?? 'any other'}`);
  }
}

/** One that the user started on a port of their own is followed there. */
function firstPort({ port }: DaemonOptions, predecessor: Lockfile | null): number | null {
  const isUsers = predecessor !== null && predecessor.lingerS === undefined;
  return port ?? (isUsers ? Number(new URL(predecessor.url).port) : null);
}

class PortChoice {
  next: number | null;
  #firstTaken: number | null = null;

  constructor(first: number | null) {
    this.next = first;
  }

  /** False when there is nothing left to try. */
  taken(port: number): boolean {
    if (this.next === 0) return false;
    this.#firstTaken ??= port;
    const isInRow = port + 1 <= Math.min(this.#firstTaken + NEXT_PORTS, 65_535);
    this.next = isInRow ? port + 1 : 0;
    return true;
  }
}

type Failed = Extract<SpawnOutcome, { status: 'failed' }>;

function failureResult(code: Failed['code'], sentence: string): FindResult | null {
  if (code === 'already-running') return null;
  if (code === 'crashed' || code === 'slow') return { status: 'crashed', sentence };
  const isOfHome = code === 'home-unusable' || code === 'node-too-old';
  return problem(isOfHome ? code : 'cannot-start', asSentence(sentence));
}

function nodeTooOld(version: string): FindResult {
  return problem(
    'node-too-old',
    `Pointsman needs Node.js ${LEAST_NODE.join('.')} or newer and this editor brings ${version}; update the editor.`,
  );
}

const ACTIONS: Readonly<Record<DaemonProblem['code'], DaemonProblem['action']>> = {
  'port-taken': 'open-settings',
  'node-too-old': 'show-log',
  'cannot-start': 'show-log',
  'keeps-crashing': 'show-log',
  'home-unusable': 'open-settings',
};

function problem(
  code: DaemonProblem['code'],
  sentence: string,
  action: DaemonProblem['action'] = ACTIONS[code],
): FindResult {
  return { status: 'problem', problem: { code, sentence, action } };
}

function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Resolves early when it is aborted. */
export function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
