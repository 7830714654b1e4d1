// Starts the daemon as a process of its own that outlives this window, and waits until it says that it is ready.

import { spawn, type ChildProcess } from 'node:child_process';
import { homedir } from 'node:os';
import type { ServeFailure } from '../../daemon/protocol/control-api.ts';

export interface SpawnOptions {
  /** Runs JavaScript; `process.execPath` of the extension host. */
  readonly node: string;
  /** The staged daemon.cjs. */
  readonly script: string;
  readonly home: string;
  /** null = as configured. */
  readonly port: number | null;
  readonly lingerS: number;
  /** The daemon to take over from, once everything is ready but the port. */
  readonly replacePid?: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Lines of its log until it is ready. */
  readonly onLog?: (line: string) => void;
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
}

export type SpawnOutcome =
  | { readonly status: 'ready'; readonly pid: number; readonly url: string }
  | {
      readonly status: 'failed';
      /** `node-too-old`: said before anything else ran. `crashed`: ended without a word. */
      readonly code: ServeFailure['code'] | 'node-too-old' | 'crashed' | 'slow';
      /** The daemon's own sentence, without its name in front. */
      readonly sentence: string;
      /** The port that is taken; null = not told. */
      readonly port: number | null;
    };

/** What `pointsman` needs; the same as `engines.node`. */
export const LEAST_NODE: readonly [number, number] = [22, 19];
const PATIENCE_MS = 30_000;
const MAX_STDERR_CHARS = 20_000;

/** `version` as in `process.versions.node`. */
export function isNodeTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** What the daemon inherits: the user's environment with its keys, and nothing that belongs to the editor. */
export function daemonEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !EDITORS_OWN.test(name)) kept[name] = value;
  }
  return { ...kept, ELECTRON_RUN_AS_NODE: '1' };
}

/** NODE_OPTIONS of a debugged extension host would make the daemon wait for a debugger. */
const EDITORS_OWN =
  /^(?:NODE_OPTIONS|NODE_PATH|NODE_INSPECT.*|NODE_CHANNEL_.*|NODE_UNIQUE_ID|VSCODE_.*|ELECTRON_.*|CHROME_DESKTOP|APPLICATION_INSIGHTS.*)$/i;

/** Never rejects. An aborted start ends the process again. */
export async function spawnDaemon(options: SpawnOptions): Promise<SpawnOutcome> {
  const { node, script, home, port, lingerS } = options;
  const args = [script, 'serve', '--home', home, '--linger', String(lingerS)];
  if (port !== null) args.push('--port', String(port));
  if (options.replacePid !== undefined) args.push('--replace', String(options.replacePid));
  const child = spawn(node, args, {
    cwd: homedir(), // a workspace folder could not be removed while a process stands in it
    detached: true,
    windowsHide: true,
    env: daemonEnvironment(options.environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = await untilReady(child, options);
  // It has its own log file from here on, and must not keep this window's process.
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
  return outcome;
}

function untilReady(child: ChildProcess, options: SpawnOptions): Promise<SpawnOutcome> {
  const { signal, onLog, patienceMs = PATIENCE_MS } = options;
  let stdout = '';
  let stderr = '';
  return new Promise((resolve) => {
    const end = (outcome: SpawnOutcome): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(outcome);
    };
    const giveUp = (): void => {
      child.kill();
      end(failed('slow', 'the daemon did not become ready in time; see its log'));
    };
    const timer = setTimeout(giveUp, patienceMs);
    signal.addEventListener('abort', giveUp, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const ready = readyOf(stdout);
      if (ready !== null) end({ status: 'ready', ...ready });
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      stderr = (stderr + text).slice(-MAX_STDERR_CHARS);
      for (const line of text.split('\n')) if (line !== '') onLog?.(line);
    });
    child.on('error', (error) => end(failed('crashed', `the daemon cannot be started: ${error.message}`)));
    child.on('close', () => end(failureOf(stderr)));
    if (signal.aborted) giveUp();
  });
}

function readyOf(stdout: string): { readonly pid: number; readonly url: string } | null {
  const line = stdout.slice(0, Math.max(0, stdout.indexOf('\n')));
  const value = parsed(line);
  const { event, pid, url } = value;
  return event === 'ready' && typeof pid === 'number' && typeof url === 'string' ? { pid, url } : null;
}

/** What was said on stderr: a line for us, and a sentence for people. */
export function failureOf(stderr: string): SpawnOutcome {
  const lines = stderr.split('\n');
  const sentence = lines.findLast((line) => line.startsWith('pointsman: '))?.slice('pointsman: '.length);
  if (sentence === undefined) return failed('crashed', 'the daemon ended while it started; see its log');
  if (/^Node\.js [\d.]+ or newer is needed/.test(sentence)) return failed('node-too-old', sentence);
  const told = lines.map(parsed).findLast(({ event }) => event === 'failed');
  const port = typeof told?.['port'] === 'number' ? told['port'] : null;
  const code = CODES.find((known) => known === told?.['code']) ?? 'failed';
  return failed(code, sentence, port);
}

const CODES: readonly ServeFailure['code'][] = ['port-taken', 'already-running', 'home-unusable', 'failed'];

function failed(
  code: Extract<SpawnOutcome, { status: 'failed' }>['code'],
  sentence: string,
  port: number | null = null,
): SpawnOutcome {
  return { status: 'failed', code, sentence, port };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
