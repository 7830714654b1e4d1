// Programs that the bench starts and measures: their ready line or port, processor time and memory.

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

export interface ProgramOptions {
  readonly command?: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** A program that prints nothing of use is ready when this port takes connections. */
  readonly port?: number;
  /** Opens a channel for messages. */
  readonly hasChannel?: boolean;
}

export interface Program {
  readonly child: ChildProcess;
  /** Its first line, as JSON; empty for a program that is known by its port. */
  readonly line: Readonly<Record<string, unknown>>;
  readonly readyMs: number;
}

const LONGEST_START_MS = 20_000;

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const startedMs = performance.now();
  const child = spawn(options.command ?? process.execPath, options.args, {
    stdio: ['ignore', 'pipe', 'pipe', options.hasChannel === true ? 'ipc' : 'ignore'],
    env: options.environment ?? process.env,
  });
  let complaint = '';
  child.stderr?.on('data', (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-2000);
  });
  const ended = new Promise<never>((_, reject) => {
    const fail = (why: unknown): void =>
      reject(
        new Error(`${options.args[0] ?? options.command} did not get ready (${String(why)}): ${complaint}`),
      );
    child.once('error', fail).once('exit', fail);
  });
  const ready = options.port === undefined ? firstLine(child) : portOpens(child, options.port);
  const line = await Promise.race([ready, ended]);
  return { child, line, readyMs: performance.now() - startedMs };
}

export async function stopProgram({ child }: Program): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  const stubborn = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(stubborn);
}

/** A port that was free a moment ago, for programs that cannot choose one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** Processor time of all its threads so far, ms (user and system); NaN where the system does not tell. */
export function processorMs({ child }: Program): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory; NaN where the system does not tell. */
export function memoryMb({ child }: Program): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** USER_HZ, which Linux tells programs as 100 on every machine. */
const MS_PER_TICK = 10;

async function firstLine(child: ChildProcess): Promise<Record<string, unknown>> {
  if (child.stdout === null) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  const text = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
  });
  return JSON.parse(text) as Record<string, unknown>;
}

async function portOpens(child: ChildProcess, port: number): Promise<Record<string, unknown>> {
  child.stdout?.resume();
  const deadlineMs = performance.now() + LONGEST_START_MS;
  while (performance.now() < deadlineMs) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return {};
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  throw new Error(`nobody listens on port ${port}`);
}
