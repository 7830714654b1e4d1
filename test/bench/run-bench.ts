// `npm run bench`: direct, an undici pipe and the daemon, side by side in interleaved rounds against one mock upstream.
// Ratios and differences within a round are what counts; absolute times drift with the machine.
//   --startup   only start-up time and idle memory        --quick   short rounds

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { agentRequest, smallChat, smallStream } from './bodies.ts';
import { runLoad, type LoadResult } from './load-client.ts';

const here = import.meta.dirname;
const daemonFile = path.join(here, '..', '..', 'dist', 'daemon.cjs');
const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 2 : 5;
const durationMs = isQuick ? 700 : 2000;
/** Round 0 is not counted: V8 takes some ten thousand requests until all of the path is compiled for good. */
const warmUpMs = isQuick ? 2500 : 5000;

interface Started {
  readonly child: ChildProcess;
  readonly line: Readonly<Record<string, unknown>>;
  readonly readyMs: number;
}

/** Starts a program and waits for its first line of JSON. */
async function start(args: readonly string[]): Promise<Started> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const text of createInterface({ input: child.stdout })) {
    const readyMs = performance.now() - startedMs;
    return { child, line: JSON.parse(text) as Record<string, unknown>, readyMs };
  }
  throw new Error(`${args[0]} ended before it was ready`);
}

function stop(started: Started): Promise<void> {
  return new Promise((resolve) => {
    started.child.once('exit', () => resolve());
    started.child.kill('SIGTERM');
  });
}

/** Processor time used so far, ms (user + system), from /proc; NaN where there is none. */
function cpuMs(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

function rssMb(child: ChildProcess): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

function benchHome(upstreamPort: number): string {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const model = (tier: string): object => ({
    provider: 'mock',
    upstreamModel: `bench-${tier}`,
    tier,
    contextTokens: 1_000_000,
    maxOutputTokens: 32_000,
    supports: ['tools', 'vision', 'json'],
    price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2, asOf: '2026-11-21', source: 'bench' },
  });
  const config = {
    baseline: 'large',
    providers: { mock: { dialect: 'openai-chat', baseUrl: `http://127.0.0.1:${upstreamPort}/v1` } },
    models: { small: model('simple'), medium: model('moderate'), large: model('complex') },
    limits: { maxConcurrent: 512 },
  };
  writeFileSync(path.join(home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  return home;
}

async function benchStartup(): Promise<void> {
  const home = benchHome(9);
  const readyMs: number[] = [];
  let idleMb = Number.NaN;
  for (let run = 0; run < 7; run += 1) {
    const daemon = await start([daemonFile, 'serve', '--port', '0', '--home', home]);
    if (run > 0) readyMs.push(daemon.readyMs); // the first one warms the disk
    if (run === 6) {
      await new Promise((resolve) => {
        setTimeout(resolve, 2000);
      });
      idleMb = rssMb(daemon.child);
    }
    await stop(daemon);
  }
  rmSync(home, { recursive: true, force: true });
  readyMs.sort((a, b) => a - b);
  console.log(
    `start to ready line: median ${readyMs[3]?.toFixed(0)} ms (${readyMs.map((ms) => ms.toFixed(0)).join(' ')})`,
  );
  console.log(`idle memory after 2 s: ${idleMb.toFixed(0)} MB`);
}

interface Side {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

interface Case {
  readonly name: string;
  readonly body: Buffer;
  readonly connections: number;
}

const cases: readonly Case[] = [
  { name: 'small chat, c=1', body: smallChat, connections: 1 },
  { name: 'small chat, c=32', body: smallChat, connections: 32 },
  { name: 'agent request, c=1', body: agentRequest, connections: 1 },
  { name: 'stream 500, c=32', body: smallStream, connections: 32 },
];

async function benchCase(benchmark: Case, sides: readonly Side[], token: string): Promise<number> {
  const seen = new Map<string, { load: LoadResult; cpuPerRequestMs: number }[]>();
  for (let round = 0; round < rounds + 1; round += 1) {
    for (const side of sides) {
      const cpuBefore = cpuMs(side.child);
      const load = await runLoad({
        port: side.port,
        path: '/v1/chat/completions',
        token,
        body: benchmark.body,
        connections: benchmark.connections,
        durationMs: round === 0 ? warmUpMs : durationMs,
      });
      if (load.failures > 0)
        throw new Error(`${side.name} failed ${load.failures} requests in "${benchmark.name}"`);
      if (round === 0) continue;
      const cpuPerRequestMs = (cpuMs(side.child) - cpuBefore) / load.requests;
      seen.set(side.name, [...(seen.get(side.name) ?? []), { load, cpuPerRequestMs }]);
    }
  }
  const of = (name: string, pick: (one: { load: LoadResult; cpuPerRequestMs: number }) => number): number =>
    median((seen.get(name) ?? []).map(pick));
  console.log(`\n${benchmark.name} (${benchmark.body.length} B)`);
  for (const { name } of sides) {
    const cells = [
      `${of(name, (one) => one.load.requestsPerS).toFixed(0)} req/s`,
      `/pipe ${(of(name, (one) => one.load.requestsPerS) / of('pipe', (one) => one.load.requestsPerS)).toFixed(2)}`,
      `p50 +${((of(name, (one) => one.load.p50Ms) - of('direct', (one) => one.load.p50Ms)) * 1000).toFixed(0)} us`,
      `p99 +${((of(name, (one) => one.load.p99Ms) - of('direct', (one) => one.load.p99Ms)) * 1000).toFixed(0)} us`,
      name === 'direct' ? '' : `cpu ${of(name, (one) => one.cpuPerRequestMs).toFixed(3)} ms`,
    ];
    console.log(`  ${name.padEnd(8)} ${cells.map((cell) => cell.padStart(16)).join('')}`);
  }
  return (seen.get('daemon') ?? []).reduce((sum, one) => sum + one.load.requests, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function benchLoad(): Promise<void> {
  const upstream = await start([path.join(here, 'mock-upstream.ts')]);
  const upstreamPort = Number(upstream.line['port']);
  const pipe = await start([path.join(here, 'undici-pipe.ts'), String(upstreamPort)]);
  const home = benchHome(upstreamPort);
  const daemon = await start([daemonFile, 'serve', '--port', '0', '--home', home]);
  try {
    const url = new URL(String(daemon.line['url']));
    const token = readFileSync(path.join(home, 'token'), 'utf8').trim();
    const sides: Side[] = [
      { name: 'direct', port: upstreamPort, child: upstream.child },
      { name: 'pipe', port: Number(pipe.line['port']), child: pipe.child },
      { name: 'daemon', port: Number(url.port), child: daemon.child },
    ];
    for (const benchmark of cases) await benchCase(benchmark, sides, token);
    await reportBooks(url, home);
    console.log(`memory of the daemon after the load: ${rssMb(daemon.child).toFixed(0)} MB`);
  } finally {
    for (const started of [daemon, pipe, upstream]) await stop(started);
    rmSync(home, { recursive: true, force: true });
  }
}

/** Usage must be in the books for every request of the load. */
async function reportBooks(url: URL, home: string): Promise<void> {
  const admin = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
  const answer = await fetch(new URL('/pointsman/v1/totals', url), {
    headers: { authorization: `Bearer ${admin}` },
  });
  const totals = (await answer.json()) as {
    requests: number;
    tokens: { outputTokens: number };
    coverageRatio: number;
  };
  const expected = totals.requests * 500;
  console.log(
    `\nbooks: ${totals.requests} requests, usage in ${((totals.tokens.outputTokens / expected) * 100).toFixed(2)} %, coverage ${(totals.coverageRatio * 100).toFixed(2)} %`,
  );
}

if (process.argv.includes('--startup')) await benchStartup();
else {
  await benchStartup();
  await benchLoad();
}
