// A SIMULATED model provider for the demo: a real HTTP server on loopback that speaks one wire format, makes up its
// answers, refuses thoughts that are not its own, and writes an invoice. Nothing here ever runs for a real request.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DialectId } from '../protocol/vocabulary.ts';
import { parseJsonObject, stringOf, type JsonObject } from '../util/json.ts';
import { answerFor } from './simulated-answers.ts';
import { SimulatedBill, tokensOf, type SimulatedModel } from './simulated-bill.ts';
import type { SimulatedAnswer, SimulatedFrame, SimulatedTurn, SimulatedWire } from './simulated-wire.ts';

/** How the next requests are answered; `normal` when nothing was planned. */
export type Mishap = 'normal' | 'overloaded' | 'rate-limited' | 'cut-stream';

export interface SimulatedProvider {
  readonly name: string;
  readonly dialect: DialectId;
  /** Base URL with `/v1`. */
  readonly baseUrl: string;
  /** The vendor's own bill so far, USD. */
  billedUsd(): number;
  /** The part of it that is for answers that broke off, whose usage it never reported in full. */
  billedForBrokenUsd(): number;
  requests(): number;
  /** The next answers go wrong in this order. */
  plan(...mishaps: readonly Mishap[]): void;
  close(): Promise<void>;
}

/** Pause between streamed pieces, so that streaming is visible. */
const PIECE_PAUSE_MS = 2;

export async function startSimulatedProvider(
  name: string,
  wire: SimulatedWire,
  models: readonly SimulatedModel[],
): Promise<SimulatedProvider> {
  const vendor = new Vendor(name, wire, models);
  const server = createServer((req, res) => {
    vendor.serve(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    dialect: wire.dialect,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    billedUsd: () => vendor.bill.totalUsd,
    billedForBrokenUsd: () => vendor.brokenUsd,
    requests: () => vendor.requests,
    plan: (...mishaps) => vendor.mishaps.push(...mishaps),
    close: () => closeServer(server),
  };
}

class Vendor {
  requests = 0;
  brokenUsd = 0;
  readonly bill = new SimulatedBill();
  readonly mishaps: Mishap[] = [];
  readonly #name: string;
  readonly #wire: SimulatedWire;
  readonly #models: ReadonlyMap<string, SimulatedModel>;

  constructor(name: string, wire: SimulatedWire, models: readonly SimulatedModel[]) {
    this.#name = name;
    this.#wire = wire;
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = parseJsonObject(await readText(req)) ?? {};
    this.requests += 1;
    const refuse = (statusCode: number, message: string): void =>
      sendJson(res, statusCode, this.#wire.error(message));
    const model = this.#models.get(stringOf(body['model']) ?? '');
    if (req.url !== this.#wire.path || model === undefined) {
      refuse(404, 'this simulated provider has no such path or model');
      return;
    }
    const mishap = this.mishaps.shift() ?? 'normal';
    if (mishap === 'overloaded') {
      refuse(503, 'simulated outage');
      return;
    }
    if (mishap === 'rate-limited') {
      res.setHeader('retry-after', '30');
      refuse(429, 'simulated rate limit');
      return;
    }
    const strange = this.#wire
      .thoughtsOf(body)
      .find(({ thought, proof }) => proof !== this.#proofOf(model, thought));
    if (strange !== undefined) {
      refuse(400, 'invalid signature: a thought in this conversation is not of this model');
      return;
    }
    await this.#answer(res, body, model, mishap === 'cut-stream');
  }

  async #answer(res: ServerResponse, body: JsonObject, model: SimulatedModel, isCut: boolean): Promise<void> {
    const answer = answerFor(this.#wire.readAsk(body));
    const billedBeforeUsd = this.bill.totalUsd;
    const outputTokens = tokensOf(Math.max(1, bytesOf(answer)));
    const thoughtTokens = Math.min(outputTokens, tokensOf(Buffer.byteLength(answer.thought)));
    const prompt = this.bill.chargePrompt(model, this.#wire.promptOf(body));
    const turn: SimulatedTurn = {
      id: `${this.#name}-${this.requests}`,
      model: model.name,
      answer,
      proof: this.#proofOf(model, answer.thought),
      usage: { ...prompt, outputTokens, thoughtTokens },
    };
    if (body['stream'] !== true) {
      this.bill.chargeOutput(model, outputTokens);
      sendJson(res, 200, this.#wire.plain(turn));
      return;
    }
    const frames = this.#wire.frames(turn, body);
    const sent = isCut ? frames.slice(0, Math.ceil(frames.length / 2)) : frames;
    // A vendor bills what it wrote, also when the line breaks.
    this.bill.chargeOutput(model, isCut ? tokensOf(sumOf(sent)) : outputTokens);
    if (isCut) this.brokenUsd += this.bill.totalUsd - billedBeforeUsd;
    await stream(res, sent);
    if (isCut) res.destroy();
    else res.end();
  }

  /** As vendors do it: only who thought it can make it, and it fits no other thought. */
  #proofOf(model: SimulatedModel, thought: string): string {
    return createHmac('sha256', `secret of ${this.#name}`)
      .update(`${model.name}\n${thought}`)
      .digest('base64');
  }
}

async function stream(res: ServerResponse, frames: readonly SimulatedFrame[]): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const { text, answerBytes } of frames) {
    res.write(text);
    if (answerBytes > 0) await pause(PIECE_PAUSE_MS);
  }
}

function bytesOf({ thought, text, toolCall }: SimulatedAnswer): number {
  return Buffer.byteLength(thought + text + (toolCall === null ? '' : toolCall.name + toolCall.input));
}

function sumOf(frames: readonly SimulatedFrame[]): number {
  return frames.reduce((sum, { answerBytes }) => sum + answerBytes, 0);
}

function sendJson(res: ServerResponse, statusCode: number, body: JsonObject): void {
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
