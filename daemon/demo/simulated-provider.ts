// A SIMULATED model provider for the demo: a real HTTP server on loopback that speaks the chat completions format, makes
// up its answers, keeps prompt-cache state and writes an invoice of its own. It shares no arithmetic with the daemon,
// so that the books can be held against the bill. Nothing here ever runs for a real request.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject, JsonValue } from '../util/json.ts';
import { arrayOf, objectOf, parseJsonObject, stringOf } from '../util/json.ts';
import { answerFor, type SimulatedAnswer } from './simulated-answers.ts';

/** What the simulated vendor charges, USD per million tokens. */
export interface SimulatedPrices {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

export interface SimulatedModel {
  readonly name: string;
  readonly prices: SimulatedPrices;
  /** Shortest prefix that this vendor caches, tokens. */
  readonly minCachedTokens: number;
  readonly cacheTtlS: number;
}

/** How the next requests are answered; `normal` when nothing was planned. */
export type Mishap = 'normal' | 'overloaded' | 'rate-limited' | 'cut-stream';

export interface SimulatedProvider {
  readonly name: string;
  /** Base URL with `/v1`. */
  readonly baseUrl: string;
  /** The vendor's own bill so far, USD. */
  billedUsd(): number;
  requests(): number;
  /** The next answers go wrong in this order. */
  plan(...mishaps: readonly Mishap[]): void;
  close(): Promise<void>;
}

const BYTES_PER_TOKEN = 4;
/** Pause between streamed pieces, so that streaming is visible. */
const PIECE_PAUSE_MS = 4;

export async function startSimulatedProvider(
  name: string,
  models: readonly SimulatedModel[],
): Promise<SimulatedProvider> {
  const vendor = new Vendor(models);
  const server = createServer((req, res) => {
    vendor.serve(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    billedUsd: () => vendor.billedUsd,
    requests: () => vendor.requests,
    plan: (...mishaps) => vendor.mishaps.push(...mishaps),
    close: () => closeServer(server),
  };
}

class Vendor {
  billedUsd = 0;
  requests = 0;
  readonly mishaps: Mishap[] = [];
  readonly #models: ReadonlyMap<string, SimulatedModel>;
  /** Prefix hash -> Unix ms at which the entry dies. */
  readonly #warmUntilMs = new Map<string, number>();

  constructor(models: readonly SimulatedModel[]) {
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = parseJsonObject(await readText(req)) ?? {};
    const model = this.#models.get(stringOf(body['model']) ?? '');
    this.requests += 1;
    if (model === undefined) {
      sendJson(res, 404, {
        error: { message: 'this simulated provider has no such model', code: 'model_not_found' },
      });
      return;
    }
    const mishap = this.mishaps.shift() ?? 'normal';
    if (mishap === 'overloaded') {
      sendJson(res, 503, { error: { message: 'simulated outage', type: 'server_error' } });
      return;
    }
    if (mishap === 'rate-limited') {
      res.setHeader('retry-after', '30');
      sendJson(res, 429, { error: { message: 'simulated rate limit', code: 'rate_limit_exceeded' } });
      return;
    }
    const answer = answerFor(body);
    if (body['stream'] === true) await this.#stream(res, body, model, answer, mishap === 'cut-stream');
    else this.#plain(res, body, model, answer);
  }

  #plain(res: ServerResponse, body: JsonObject, model: SimulatedModel, answer: SimulatedAnswer): void {
    const usage = this.#bill(body, model, outputBytes(answer));
    const message =
      answer.toolCalls.length === 0
        ? { role: 'assistant', content: answer.text }
        : { role: 'assistant', content: null, tool_calls: answer.toolCalls.map(toolCallOf) };
    sendJson(res, 200, {
      id: `sim-${this.requests}`,
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: model.name,
      choices: [{ index: 0, message, finish_reason: finishOf(answer) }],
      usage,
    });
  }

  async #stream(
    res: ServerResponse,
    body: JsonObject,
    model: SimulatedModel,
    answer: SimulatedAnswer,
    cut: boolean,
  ): Promise<void> {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const head = {
      id: `sim-${this.requests}`,
      object: 'chat.completion.chunk',
      created: 0,
      model: model.name,
    };
    const send = (delta: JsonObject, finish: string | null): void => {
      res.write(
        `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
      );
    };
    send({ role: 'assistant', content: '' }, null);
    const pieces = answer.text.match(/\S+\s*/g) ?? [];
    for (const [index, piece] of pieces.entries()) {
      if (cut && index > pieces.length / 2) {
        // A vendor bills what it wrote, also when the line breaks.
        this.#bill(body, model, Buffer.byteLength(pieces.slice(0, index).join('')));
        res.destroy();
        return;
      }
      send({ content: piece }, null);
      await pause(PIECE_PAUSE_MS);
    }
    for (const [index, call] of answer.toolCalls.entries()) {
      const started = { ...toolCallOf(call), index, function: { name: call.name, arguments: '' } };
      send({ tool_calls: [started] }, null);
      send({ tool_calls: [{ index, function: { arguments: call.input } }] }, null);
    }
    send({}, finishOf(answer));
    const usage = this.#bill(body, model, outputBytes(answer));
    if (objectOf(body['stream_options'])?.['include_usage'] === true) {
      res.write(`data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`);
    }
    res.end('data: [DONE]\n\n');
  }

  /** Charges one answer and returns the usage that the vendor reports for it. */
  #bill(body: JsonObject, model: SimulatedModel, answerBytes: number): JsonObject {
    const nowMs = Date.now();
    const prefix = createHash('sha256').update(`${model.name}\n${JSON.stringify(body['tools'] ?? null)}`);
    let bytes = JSON.stringify(body['tools'] ?? '').length;
    let cachedTokens = 0;
    for (const message of arrayOf(body['messages'])) {
      const text = JSON.stringify(message);
      bytes += Buffer.byteLength(text);
      const key = prefix.update(text).copy().digest('hex');
      const tokens = Math.ceil(bytes / BYTES_PER_TOKEN);
      if ((this.#warmUntilMs.get(key) ?? 0) > nowMs && tokens >= model.minCachedTokens) cachedTokens = tokens;
      this.#warmUntilMs.set(key, nowMs + model.cacheTtlS * 1000);
    }
    const inputTokens = Math.ceil(bytes / BYTES_PER_TOKEN);
    const outputTokens = Math.max(1, Math.ceil(answerBytes / BYTES_PER_TOKEN));
    const { input, cachedInput, output } = model.prices;
    this.billedUsd +=
      ((inputTokens - cachedTokens) * input + cachedTokens * cachedInput + outputTokens * output) / 1_000_000;
    return {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
    };
  }
}

function toolCallOf(call: SimulatedAnswer['toolCalls'][number]): JsonObject {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.input } };
}

function finishOf(answer: SimulatedAnswer): string {
  return answer.toolCalls.length === 0 ? 'stop' : 'tool_calls';
}

function outputBytes(answer: SimulatedAnswer): number {
  const calls = answer.toolCalls.reduce((sum, call) => sum + call.name.length + call.input.length, 0);
  return Buffer.byteLength(answer.text) + calls;
}

function sendJson(res: ServerResponse, statusCode: number, body: JsonValue): void {
  res.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
