// A home folder for the daemon that an editor under test starts: configured for SIMULATED providers that run in this
// process. `stop` also ends that daemon, which by design outlives its editor.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';

import { demoConfig, startDemoProviders } from '../../daemon/demo/demo-providers.ts';
import type { SimulatedProvider } from '../../daemon/demo/simulated-provider.ts';
import type { TotalsBody } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { numberOf, parseJsonObject, stringOf, type JsonObject } from '../../daemon/util/json.ts';
import { startAgentUpstream, type AgentUpstream } from '../assistants/agent-upstream.ts';
import { freePort, until } from './code-server.ts';
import { seedHistory } from './seed-history.ts';

/** The file that the scripted agent makes, with this text, in the folder that its assistant works in. */
export const AGENT_FILE = 'made.txt';
export const AGENT_TEXT = 'made by the model';

export interface TestHome {
  readonly folder: string;
  /** Of the daemon; free when the home was made. */
  readonly port: number;
  /** sim-large, sim-medium, sim-small. */
  readonly providers: readonly SimulatedProvider[];
  /** Model `sim-agent`: a scripted one that works with a shell tool and refuses malformed requests. */
  readonly agent: AgentUpstream;
  /** For the editor's server: where the daemon lives, and where tests can read what the agent's provider has seen. */
  readonly environment: Readonly<Record<string, string>>;
  /** Settings of the machine, for the editor's server. */
  readonly machineSettings: Readonly<Record<string, unknown>>;
  /** Resolves when the editor has started its daemon. */
  daemon(): Promise<TestHomeDaemon>;
  stop(): Promise<void>;
}

export interface TestHomeDaemon {
  readonly url: string;
  readonly pid: number;
  readonly token: string;
  control(method: string, route: string, body?: unknown): Promise<unknown>;
  totals(query?: string): Promise<TotalsBody>;
  /** Newest first, at most 500. */
  exchanges(): Promise<readonly ExchangeRecord[]>;
  /** One request as Claude Code sends it; the id of its exchange. */
  askAsClaudeCode(words: string, options?: ClaudeCodeAsk): Promise<ClaudeCodeAnswer>;
}

export interface ClaudeCodeAsk {
  readonly model?: string;
  readonly sessionId?: string;
  /** Of house rules before the question, as real sessions have them; none when absent. */
  readonly rulesChars?: number;
}

export interface ClaudeCodeAnswer {
  readonly exchangeId: string;
  readonly model: string;
  /** Why it was that model. */
  readonly reason: string;
  readonly text: string;
}

/** With a month of work in its books when `historyRows` is given. */
export async function makeTestHome({ historyRows = 0 } = {}): Promise<TestHome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-home-'));
  const providers = await startDemoProviders();
  const agent = await startAgentUpstream({ steps: [[`printf '${AGENT_TEXT}' > ${AGENT_FILE}`]] });
  const witness = await startWitness(agent);
  const port = await freePort();
  // Each test wants to see which model answers, also to words that another test has asked before.
  const cache = { exact: { enabled: false } };
  const config = { port, ...withAgent(demoConfig(providers), agent), cache };
  writeFileSync(path.join(folder, 'config.jsonc'), JSON.stringify(config, null, 2), { mode: 0o600 });
  if (historyRows > 0) await seedHistory({ home: folder, rows: historyRows });
  const killOnExit = (): void => void signalDaemon(folder, 'SIGKILL');
  process.once('exit', killOnExit);
  return {
    folder,
    port,
    providers,
    agent,
    environment: { POINTSMAN_HOME: folder, POINTSMAN_TEST_WITNESS: witness.url },
    machineSettings: { 'pointsman.port': port, 'pointsman.home': folder },
    daemon: async () => {
      await until(
        'the editor started no daemon',
        60,
        () => readSignpost(folder) !== null && hasTokens(folder),
      );
      return connect(folder);
    },
    stop: async () => {
      process.removeListener('exit', killOnExit);
      await endDaemon(folder);
      await Promise.all([witness.close(), agent.close(), ...providers.map((provider) => provider.close())]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function withAgent(config: JsonObject, agent: AgentUpstream): JsonObject {
  const { providers, models } = config as { providers: JsonObject; models: JsonObject };
  return {
    ...config,
    providers: {
      ...providers,
      'simulated-agent': { dialect: 'openai-chat', baseUrl: `${agent.origin}/v1` },
    },
    models: {
      ...models,
      'sim-agent': {
        provider: 'simulated-agent',
        upstreamModel: 'simulated-agent-1',
        tier: 'complex',
        contextTokens: 200_000,
        maxOutputTokens: 16_000,
        supports: ['tools', 'vision', 'reasoning', 'json'],
        tokenizerFactor: 1,
        cache: { kind: 'automatic', minTokens: 1024, ttlS: 300 },
        // Dearer than every other: taken only where it is asked for.
        price: { inputUsdPerMtok: 8, outputUsdPerMtok: 40, asOf: '2026-11-21', source: 'test' },
      },
    },
  };
}

/** `GET /calls`: what the agent's provider was sent, for tests in other processes. */
async function startWitness(agent: AgentUpstream): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(agent.calls));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readSignpost(folder: string): { url: string; pid: number } | null {
  const file = path.join(folder, 'daemon.json');
  if (!existsSync(file)) return null;
  const signpost = parseJsonObject(readFileSync(file, 'utf8'));
  const url = stringOf(signpost?.['url']);
  const pid = numberOf(signpost?.['pid']);
  return url === undefined || pid === undefined ? null : { url, pid };
}

const hasTokens = (folder: string): boolean => existsSync(path.join(folder, 'admin-token'));

function connect(folder: string): TestHomeDaemon {
  const { url, pid } = readSignpost(folder) ?? { url: '', pid: 0 };
  const secret = (name: string): string => readFileSync(path.join(folder, name), 'utf8').trim();
  const token = secret('token');
  const control = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/pointsman/v1/${route}`, {
      method,
      headers: { authorization: `Bearer ${secret('admin-token')}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    return await response.json();
  };
  return {
    url,
    pid,
    token,
    control,
    totals: async (query = '') => (await control('GET', `totals${query}`)) as TotalsBody,
    exchanges: async () =>
      ((await control('GET', 'exchanges?limit=500')) as { exchanges: ExchangeRecord[] }).exchanges,
    askAsClaudeCode: (words, options) => askAsClaudeCode(url, token, words, options),
  };
}

/** Whoever listens at `url` must be a daemon of a test. */
export async function askAsClaudeCode(
  url: string,
  token: string,
  words: string,
  { model = 'claude-auto', sessionId, rulesChars = 0 }: ClaudeCodeAsk = {},
): Promise<ClaudeCodeAnswer> {
  // An older one is known by its beta.
  const session: Record<string, string> =
    sessionId === undefined
      ? { 'anthropic-beta': 'claude-code-20250219' }
      : { 'x-claude-code-session-id': sessionId };
  const response = await fetch(`${url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.0 (external, cli)',
      'x-app': 'cli',
      ...session,
    },
    body: JSON.stringify({
      model,
      max_tokens: 4096,
      system: [
        { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude." },
        ...(rulesChars > 0 ? [{ type: 'text', text: rulesOf(sessionId, rulesChars) }] : []),
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: words }] }],
      // Without tools it would be one of its background calls.
      tools: TOOLS,
    }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { model?: string; content?: { text?: string }[] };
  if (!response.ok) throw new Error(`the daemon answered ${response.status}: ${JSON.stringify(body)}`);
  return {
    exchangeId: response.headers.get('x-pointsman-exchange-id') ?? '',
    model: response.headers.get('x-pointsman-model') ?? '',
    reason: response.headers.get('x-pointsman-reason') ?? '',
    text: body.content?.map((block) => block.text ?? '').join('') ?? '',
  };
}

/** Other ones in each session, so that no prompt cache knows them yet. */
function rulesOf(sessionId: string | undefined, chars: number): string {
  return `Rules of the session ${sessionId ?? 'without a name'}. ${'House rules follow. '.repeat(chars / 20)}`;
}

/** Those that the simulated providers call. */
const TOOLS = ['list_files', 'read_file', 'run_tests'].map((name) => ({
  name,
  description: `Does ${name}.`,
  input_schema: { type: 'object', properties: { path: { type: 'string' }, filter: { type: 'string' } } },
}));

/** Ends the daemon of this home, if one runs. */
export async function endDaemon(folder: string): Promise<void> {
  const pid = signalDaemon(folder, 'SIGTERM');
  if (pid === null) return;
  try {
    await until('the daemon did not end', 10, () => !isOurs(pid, folder));
  } catch {
    process.kill(pid, 'SIGKILL');
  }
}

/** The number of the daemon's process; null when none runs for this home. */
export function signalDaemon(folder: string, signal: NodeJS.Signals): number | null {
  const pid = readSignpost(folder)?.pid;
  if (pid === undefined || !isOurs(pid, folder)) return null;
  process.kill(pid, signal);
  return pid;
}

/** Numbers of processes are given out again: only one that was started for this home is ended. */
function isOurs(pid: number, folder: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const details = ['cmdline', 'environ']
    .map((name) => `/proc/${pid}/${name}`)
    .filter((file) => existsSync(file));
  // Without /proc the home, which has a name that nobody else has, must do.
  return details.length === 0 || details.some((file) => readFileSync(file, 'utf8').includes(folder));
}
