// `pointsman demo`: the main job once, end to end, without a key and without the network. Starts a real daemon as a
// child process, three SIMULATED providers, and sends an hour's worth of requests through the official `openai` client.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { CONTROL_PREFIX, type TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { parseJsonObject, stringOf } from '../util/json.ts';
import { demoConfig, startDemoProviders } from './demo-providers.ts';
import { formatHeading, formatRequestLine, formatSection, formatSummary } from './format.ts';
import {
  AGENT_SYSTEM,
  AGENT_TASKS,
  AGENT_TOOLS,
  SINGLE_REQUESTS,
  TOOL_RESULTS,
  TROUBLED_REQUESTS,
  type DemoRequest,
} from './scenario.ts';
import type { SimulatedProvider } from './simulated-provider.ts';

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type ToolCall = OpenAI.Chat.Completions.ChatCompletionMessageFunctionToolCall;

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
  readonly #openai: OpenAI;
  readonly #providers: readonly SimulatedProvider[];
  #count = 0;

  constructor(options: DemoOptions, home: string, url: string, providers: readonly SimulatedProvider[]) {
    this.#options = options;
    this.#url = url;
    this.#providers = providers;
    this.#adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
    const apiKey = readFileSync(path.join(home, 'token'), 'utf8').trim();
    this.#openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  }

  async run(): Promise<number> {
    const { print, useColour } = this.#options;
    print(
      formatHeading(
        this.#url,
        this.#providers.map((provider) => provider.name),
        useColour,
      ),
    );
    for (const request of SINGLE_REQUESTS) await this.#send(request);
    print(formatSection('a coding agent with tools, two tasks in one conversation', useColour));
    await this.#agentSession();
    print(formatSection('providers in trouble', useColour));
    for (const request of TROUBLED_REQUESTS) await this.#send(request);
    const totals = (await this.#control('totals?groupBy=model')) as TotalsBody;
    const billedUsd = this.#providers.reduce((sum, provider) => sum + provider.billedUsd(), 0);
    const { lines, isHonest } = formatSummary(totals, billedUsd, useColour);
    for (const line of lines) print(line);
    return isHonest && totals.requests === this.#count ? 0 : 1;
  }

  /** A coding agent at work: each task is a loop of tool calls over a growing history. */
  async #agentSession(): Promise<void> {
    const messages: Message[] = [AGENT_SYSTEM];
    for (const task of AGENT_TASKS) {
      messages.push({ role: 'user', content: task });
      for (let step = 1; ; step += 1) {
        const answer = await this.#send({
          title: `agent: step ${step}`,
          messages,
          tools: AGENT_TOOLS,
          stream: true,
          headers: { 'x-session-id': 'demo-agent' },
        });
        if (answer === null) return;
        messages.push(answer);
        const calls = (answer.tool_calls ?? []).filter((call): call is ToolCall => call.type === 'function');
        if (calls.length === 0) break;
        for (const call of calls) {
          messages.push({
            role: 'tool',
            tool_call_id: call.id,
            content: TOOL_RESULTS[call.function.name] ?? '',
          });
        }
      }
    }
  }

  /** Sends one request, prints its line from the books, returns the answer (null when the stream was cut). */
  async #send(request: DemoRequest): Promise<OpenAI.Chat.Completions.ChatCompletionMessage | null> {
    const { mishap } = request;
    if (mishap !== undefined) this.#providers.find(({ name }) => name === mishap.provider)?.plan(mishap.kind);
    this.#count += 1;
    const { answer, exchangeId } = await this.#ask(request);
    const record = (await this.#control(`exchanges/${exchangeId}`)) as ExchangeRecord;
    this.#options.print(formatRequestLine(this.#count, request.title, record, this.#options.useColour));
    return answer;
  }

  async #ask(
    request: DemoRequest,
  ): Promise<{ answer: OpenAI.Chat.Completions.ChatCompletionMessage | null; exchangeId: string }> {
    const body = {
      model: request.model ?? 'auto',
      messages: [...request.messages],
      ...(request.tools === undefined ? {} : { tools: [...request.tools] }),
      ...(request.responseFormat === undefined ? {} : { response_format: request.responseFormat }),
    };
    const headers = { ...request.headers };
    if (request.stream !== true) {
      const { data, response } = await this.#openai.chat.completions.create(body, { headers }).withResponse();
      return { answer: data.choices[0]?.message ?? null, exchangeId: exchangeIdOf(response) };
    }
    const { data, response } = await this.#openai.chat.completions
      .create({ ...body, stream: true }, { headers })
      .withResponse();
    const exchangeId = exchangeIdOf(response);
    try {
      const stream = ChatCompletionStream.fromReadableStream(data.toReadableStream());
      return { answer: await stream.finalMessage(), exchangeId };
    } catch {
      // The provider broke off: the daemon destroys the connection, so that nobody takes half an answer for a whole one.
      return { answer: null, exchangeId };
    }
  }

  async #control(pathAndQuery: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${CONTROL_PREFIX}/${pathAndQuery}`, {
      headers: { authorization: `Bearer ${this.#adminToken}` },
    });
    if (!response.ok) throw new Error(`the daemon answered ${response.status} to ${pathAndQuery}`);
    return await response.json();
  }
}

function exchangeIdOf(response: Response): string {
  return response.headers.get('x-pointsman-exchange-id') ?? '';
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
