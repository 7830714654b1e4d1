// The built bundle as people run it: a process of its own, started by path, with an environment that holds nothing but
// what a test gives it.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseJsonObject, stringOf } from '../../daemon/util/json.ts';

export const ROOT = path.join(import.meta.dirname, '..', '..');
export const BUNDLE = path.join(ROOT, 'dist', 'daemon.cjs');

/** `npm test` builds before mocha; this is for running one file alone. */
export function ensureBundle(): void {
  if (existsSync(BUNDLE)) return;
  const built = spawnSync(process.execPath, ['esbuild.config.mjs'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface DaemonProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly home: string;
  /** The ready line, parsed. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly adminToken: string;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<ProcessEnd>;
  /** POST to a wire path with the client token. */
  post(wirePath: string, body: unknown): Promise<Response>;
  control(method: string, route: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** SIGTERM, unless it has ended. */
  stop(): Promise<ProcessEnd>;
}

export interface RunOptions {
  readonly home: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Text for standard input. */
  readonly input?: string;
  readonly node?: string;
}

/** Resolves at the ready line; rejects with what was said on stderr when the process ends before it. */
export async function spawnDaemon(options: RunOptions): Promise<DaemonProcess> {
  const { home } = options;
  const args = ['serve', '--home', home, ...(options.args ?? ['--port', '0'])];
  const child = spawn(options.node ?? process.execPath, [BUNDLE, ...args], {
    env: environmentOf(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString();
      if (output.stdout.includes('\n')) resolve();
    });
    void ended.then(() => reject(new Error(`the daemon ended before it was ready: ${output.stderr}`)));
  });
  const ready = parseJsonObject(output.stdout) ?? {};
  const url = stringOf(ready['url']) ?? '';
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim();
  const adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
  const send = (target: string, method: string, key: string, body: unknown): Promise<Response> =>
    fetch(`${url}${target}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    child,
    url,
    home,
    ready,
    token,
    adminToken,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    post: (wirePath, body) => send(wirePath, 'POST', token, body),
    control: async (method, route, body) => {
      const response = await send(`/pointsman/v1/${route}`, method, adminToken, body);
      return { status: response.status, body: await response.json() };
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return await ended;
    },
  };
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command of the command line to its end; `args` start with its name. */
export async function runCommand(args: readonly string[], options: RunOptions): Promise<CommandEnd> {
  const child = spawn(options.node ?? process.execPath, [BUNDLE, ...args], {
    env: { ...environmentOf(options), POINTSMAN_HOME: options.home },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => {}); // a command that does not read it
  child.stdin.end(options.input ?? '');
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { exitCode, stdout, stderr };
}

/** Resolves when `isTrue` is; the test's own timeout is the limit. */
export async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

function environmentOf({ environment }: RunOptions): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', ...environment };
}
