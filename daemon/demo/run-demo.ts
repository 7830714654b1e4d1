// `pointsman demo`: the main job once, end to end, without a key and without the network. Starts a real daemon as a
// child process, three SIMULATED providers, and sends an hour's worth of requests through the official clients.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CONTROL_PREFIX, type TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { parseJsonObject, stringOf } from '../util/json.ts';
import { runAgentSession } from './agent-session.ts';
import { DemoClients } from './demo-clients.ts';
import { demoConfig, startDemoProviders } from './demo-providers.ts';
import { formatHeading, formatRequestLine, formatSection, formatSummary, type Spent } from './format.ts';
import { SINGLE_REQUESTS, TROUBLED_REQUESTS, type DemoRequest } from './scenario.ts';
import type { SimulatedProvider } from './simulated-provider.ts';

const AGENT_SECTION =
  'a coding agent with tools, four tasks in one conversation; each model gets back its own signed thoughts only';

export interface DemoOptions {
  /** Command that starts the daemon, e.g. `[node, dist/daemon.cjs]`. */
  readonly daemonCommand: readonly [string, ...string[]];
  /** Leave daemon and providers running afterwards, until interrupted. */
  readonly keep: boolean;
  readonly useColour: boolean;
  readonly print: (line: string) => void;
}

/** Runs the demo; resolves to the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-demo-'));
  const providers = await startDemoProviders();
  writeFileSync(path.join(home, 'config.jsonc'), JSON.stringify(demoConfig(providers), null, 2), {
    mode: 0o600,
  });
  const daemon = await startDaemon(options.daemonCommand, home);
  try {
    const session = new DemoSession(options, home, daemon.url, providers);
    const exitCode = await session.run();
    if (options.keep) await keepRunning(options, daemon.url, home);
    return exitCode;
  } finally {
    await stopDaemon(daemon.child);
    await Promise.all(providers.map((provider) => provider.close()));
    rmSync(home, { recursive: true, force: true });
  }
}

class DemoSession {
  readonly #options: DemoOptions;
  readonly #url: string;
  readonly #adminToken: string;
  readonly #clients: DemoClients;
  readonly #providers: readonly SimulatedProvider[];
  #count = 0;
  /** What the books say of answers that broke off. */
  #brokenUsd = 0;

  constructor(options: DemoOptions, home: string, url: string, providers: readonly SimulatedProvider[]) {
    this.#options = options;
    this.#url = url;
    this.#providers = providers;
    this.#adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
    this.#clients = new DemoClients(url, readFileSync(path.join(home, 'token'), 'utf8').trim());
  }

  async run(): Promise<number> {
    const { print, useColour } = this.#options;
    print(formatHeading(this.#url, this.#providers, useColour));
    for (const request of SINGLE_REQUESTS) await this.#send(request);
    print(formatSection(AGENT_SECTION, useColour));
    await runAgentSession(async (title, body) => {
      const { message, exchangeId } = await this.#clients.sendTurn(body);
      await this.#show(title, exchangeId);
      return message;
    });
    print(formatSection('providers in trouble', useColour));
    for (const request of TROUBLED_REQUESTS) await this.#send(request);
    const totals = (await this.#control('totals?groupBy=model')) as TotalsBody;
    const books = { reportedUsd: totals.costUsd - this.#brokenUsd, brokenUsd: this.#brokenUsd };
    const { lines, isHonest } = formatSummary(totals, books, this.#bills(), useColour);
    for (const line of lines) print(line);
    return isHonest && totals.requests === this.#count ? 0 : 1;
  }

  #bills(): Spent {
    const sum = (bill: (provider: SimulatedProvider) => number): number =>
      this.#providers.reduce((total, provider) => total + bill(provider), 0);
    const brokenUsd = sum((provider) => provider.billedForBrokenUsd());
    return { reportedUsd: sum((provider) => provider.billedUsd()) - brokenUsd, brokenUsd };
  }

  async #send(request: DemoRequest): Promise<void> {
    const { mishap, title } = request;
    if (mishap !== undefined) this.#providers.find(({ name }) => name === mishap.provider)?.plan(mishap.kind);
    await this.#show(title, await this.#clients.send(request));
  }

  /** Prints the line of one request from the books. */
  async #show(title: string, exchangeId: string): Promise<void> {
    this.#count += 1;
    const record = (await this.#control(`exchanges/${exchangeId}`)) as ExchangeRecord;
    if (record.usageSource === 'estimated') this.#brokenUsd += record.costUsd ?? 0;
    const dialect = this.#providers.find(({ name }) => name === record.provider)?.dialect ?? null;
    this.#options.print(formatRequestLine(this.#count, title, record, dialect, this.#options.useColour));
  }

  async #control(pathAndQuery: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${CONTROL_PREFIX}/${pathAndQuery}`, {
      headers: { authorization: `Bearer ${this.#adminToken}` },
    });
    if (!response.ok) throw new Error(`the daemon answered ${response.status} to ${pathAndQuery}`);
    return await response.json();
  }
}

async function startDaemon(
  command: DemoOptions['daemonCommand'],
  home: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const [program, ...args] = command;
  const child = spawn(program, [...args, 'serve', '--port', '0', '--home', home], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = stringOf(parseJsonObject(line)?.['url']);
    if (url !== undefined) return { child, url };
  }
  throw new Error(`the daemon did not start; run "${command.join(' ')} serve" to see why`);
}

async function stopDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill('SIGTERM');
  await gone;
}

async function keepRunning(options: DemoOptions, url: string, home: string): Promise<void> {
  options.print(`\nStill running at ${url} (home ${home}). Press Ctrl+C to stop.`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
