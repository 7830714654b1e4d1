// `npm run soak`: a million requests through the real daemon process, as a long working life in short. Streamed and
// plain, hung up on, met by failing providers, with ever new conversations, so that everything that remembers something
// fills up. Memory and descriptors must stay where they are, and the books must agree with what the clients saw.
//   --requests N   1,000,000 by default     --quick   20,000, what CI runs; too short to judge the slope of memory
//   --connections N   --seed N   --timed    also judges the 20 minutes of the full form
//   --budgets  not as shipped: with a budget for each conversation and each workspace
// Ctrl+C ends it early and still reports.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { createProgress } from '../../daemon/cli/progress.ts';
import type { TotalsBody } from '../../daemon/protocol/control-api.ts';
import { parseJsonObject } from '../../daemon/util/json.ts';
import {
  ensureBundle,
  eventually,
  runCommand,
  spawnDaemon,
  type DaemonProcess,
} from '../support/daemon-process.ts';
import { configFor, type TestModel } from '../support/run-daemon.ts';
import { INSPECTABLE, inspect, type Inspected, type MemorySample } from './inspected.ts';
import { SoakBooks } from './soak-books.ts';
import { SoakLoad } from './soak-load.ts';
import { judgeMemory, megabytes, type TakenSample } from './soak-memory.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    requests: { type: 'string' },
    connections: { type: 'string', default: '24' },
    seed: { type: 'string' },
    timed: { type: 'boolean', default: false },
    budgets: { type: 'boolean', default: false },
  },
});

const SAMPLES = 50;
/** Each sample collects all garbage, which must not become the work. */
const LEAST_STEP = 5000;
const LONGEST_MS = 20 * 60_000;
const requests = Number(values.requests ?? (values.quick ? 20_000 : 1_000_000));
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);

/** Far away, but each conversation and workspace has an account of its own. */
const BUDGETS = [
  { scope: 'conversation', period: 'day', limitUsd: 1000, onReach: 'warn' },
  { scope: 'workspace', period: 'day', limitUsd: 100_000, onReach: 'downgrade' },
];

function modelsAt(origin: string): readonly TestModel[] {
  const model = (
    id: string,
    dialect: TestModel['dialect'],
    tier: 'simple' | 'moderate' | 'complex',
  ): TestModel => ({
    id,
    ...(dialect === undefined ? {} : { dialect }),
    tier,
    provider: id.slice(id.indexOf('-') + 1),
    baseUrl: `${origin}/v1`,
    inputUsdPerMtok: { simple: 0.2, moderate: 1, complex: 4 }[tier],
    outputUsdPerMtok: { simple: 0.8, moderate: 4, complex: 20 }[tier],
  });
  return [
    model('small-chat', 'openai-chat', 'simple'),
    model('small-google', 'google-generate', 'simple'),
    model('middle-chat', 'openai-chat', 'moderate'),
    model('middle-responses', 'openai-responses', 'moderate'),
    model('middle-messages', 'anthropic-messages', 'moderate'),
    model('strong-responses', 'openai-responses', 'complex'),
    model('strong-messages', 'anthropic-messages', 'complex'),
  ];
}

async function startProvider(): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'soak-provider.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString()));
  });
  return { child, origin: `http://127.0.0.1:${Number(parseJsonObject(line)?.['port'])}` };
}

/** Runs the load and takes samples in moments of calm on the way. */
async function runLoad(
  load: SoakLoad,
  inspected: Inspected,
  books: SoakBooks,
): Promise<readonly TakenSample[]> {
  const samples: TakenSample[] = [];
  const progress = createProgress('soak', process.stderr, { isLogged: true });
  const startedMs = performance.now();
  let latest: MemorySample | undefined;
  const take = async (): Promise<void> => {
    const sample = await inspected.sample();
    if (sample === null) return;
    latest = sample;
    samples.push({ ...sample, requests: load.done });
  };
  const note = (): string =>
    `${Math.round(load.done / ((performance.now() - startedMs) / 1000))} requests/s, ` +
    `RSS ${megabytes(latest?.rssBytes)} MB, heap ${megabytes(latest?.heapUsedBytes)} MB, ${latest?.descriptors ?? 0} descriptors`;
  const running = load.run();
  const step = Math.min(requests, Math.max(LEAST_STEP, Math.floor(requests / SAMPLES)));
  while (!load.isOver) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    books.readRows(2);
    progress.update(load.done, requests, note);
    if (!load.isStopped && load.done >= (samples.length + 1) * step) await load.calm(take);
  }
  await running;
  if (samples.length === 0) await take();
  progress.end();
  return samples;
}

/** The books after the last request: rows, totals, attempts, and `pointsman verify`. */
async function checkBooks(daemon: DaemonProcess, books: SoakBooks, origin: string): Promise<void> {
  await eventually(async () => {
    const { body } = await daemon.control('GET', 'totals');
    books.readRows(100);
    return (body as TotalsBody).requests === books.rowCount;
  });
  const { received } = (await (await fetch(`${origin}/count`)).json()) as { received: number };
  const attempts = books.attemptCount();
  if (received > attempts)
    books.break(`the provider got ${received} requests, the books know ${attempts} attempts`);
  console.log(`books: ${books.rowCount} rows, ${attempts} attempts, ${received} requests at the provider`);
}

async function verify(home: string, books: SoakBooks): Promise<void> {
  books.finish();
  const verified = await runCommand(['verify'], { home });
  if (verified.exitCode !== 0) books.break('pointsman verify finds faults');
  const lines = verified.stdout.trim().split('\n');
  console.log(lines.slice(verified.exitCode === 0 ? -3 : -40).join('\n'));
}

function report(load: SoakLoad, books: SoakBooks, tookMs: number, daemonCpuMs: number): void {
  const share = (count: number): string => `${((100 * count) / load.done).toFixed(1)} %`;
  const ends = [...load.ends]
    .map(([end, count]) => `${end}: ${count}`)
    .toSorted((a, b) => a.localeCompare(b));
  const statuses = [...books.statuses]
    .map(([status, count]) => `${status}: ${count}`)
    .toSorted((a, b) => a.localeCompare(b));
  console.log(
    `${load.done} requests in ${(tookMs / 60_000).toFixed(1)} min, ${Math.round(load.done / (tookMs / 1000))}/s; ` +
      `${share(load.streamed)} streamed, ${share(load.faulty)} met a fault, slowest ${Math.round(load.slowestMs)} ms, ` +
      `${(daemonCpuMs / load.done).toFixed(2)} ms of the daemon's processor time each`,
  );
  console.log(`clients saw ${ends.join(', ')}`);
  console.log(`rows say ${statuses.join(', ')}`);
}

async function main(): Promise<number> {
  ensureBundle();
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-soak-'));
  const provider = await startProvider();
  const { providers, models } = configFor(modelsAt(provider.origin)); // everything else as shipped
  writeFileSync(
    path.join(home, 'config.jsonc'),
    JSON.stringify({ providers, models, ...(values.budgets ? { budgets: BUDGETS } : {}) }),
    {
      mode: 0o600,
    },
  );
  const daemon = await spawnDaemon({ home, environment: INSPECTABLE });
  const inspected = await inspect(daemon.stderr(), daemon.child.pid ?? 0);
  const books = new SoakBooks(path.join(home, 'ledger.db'));
  const { port } = new URL(daemon.url);
  console.log(`seed ${seed}, ${requests} requests over ${values.connections} connections`);
  const load = new SoakLoad({
    port: Number(port),
    token: daemon.token,
    requests,
    connections: Number(values.connections),
    seed,
    books,
  });
  let isInterrupted = false;
  let interruptedMs = 0;
  process.on('SIGINT', () => {
    // npm passes Ctrl+C on to a process that the terminal has signalled already: both are one wish.
    if (isInterrupted && performance.now() - interruptedMs > 1000) process.exit(130);
    if (isInterrupted) return;
    isInterrupted = true;
    interruptedMs = performance.now();
    inspected.close(); // a process with an open inspector does not end
    books.endsEarly();
    load.stop();
  });
  try {
    const startedMs = performance.now();
    const samples = await runLoad(load, inspected, books);
    const tookMs = performance.now() - startedMs;
    const last = await inspected.sample();
    // Ctrl+C reaches the daemon too: its books are then read from the file alone.
    if (isInterrupted) await daemon.stop();
    else await checkBooks(daemon, books, provider.origin);
    await verify(home, books);
    report(load, books, tookMs, last?.cpuMs ?? Number.NaN);
    const hasMemory = samples.length > 0 || !isInterrupted;
    const faults = [...books.notes, ...(hasMemory ? judgeMemory(samples) : [])];
    if (values.timed && tookMs > LONGEST_MS) faults.push('it took more than 20 minutes');
    for (const fault of faults) console.log(`BROKEN: ${fault}`);
    console.log(`${books.breakCount} broken invariants${isInterrupted ? ', ended early' : ''}`);
    return faults.length > 0 ? 1 : isInterrupted ? 130 : 0;
  } finally {
    books.close();
    inspected.close();
    await daemon.stop();
    provider.child.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

process.exitCode = await main();
