// Providers that bill: one HTTP server on loopback behind which all simulated vendors stand, each with its own prompt
// cache per model. What a model does with a request is told by whoever plays the session; what it costs is worked out
// here from the bytes that arrive.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeAnswer } from './answer-wire.ts';
import { BodyReader } from './body-prompt.ts';
import { TIERS, type ModelSet, type SimulatedModel, type Tier } from './model-sets.ts';
import { simulateTurn, type SessionClock, type Turn } from './play-session.ts';
import { SimulatedPromptCache, type Bill } from './prompt-cache.ts';
import { createRandom } from './random.ts';
import type { Assumptions } from './session-plan.ts';

/** One request that reached a model, with what it was billed. */
export interface Charge {
  readonly tier: Tier;
  readonly bill: Bill;
  readonly hasFailed: boolean;
  readonly bodyBytes: number;
}

/**
 * What a verbose model writes more than a terse one: thinking that is reported as such, output that is billed without a
 * word about it, or a longer text.
 */
export type Verbosity = 'reasoning' | 'silent' | 'text';

export interface ProvidersOptions {
  readonly set: ModelSet;
  readonly assumptions: Assumptions;
  readonly clock: SessionClock;
  /** `random`: a request misses the cache as a whole now and then; else a fixed share of each warm prefix is missed. */
  readonly misses: 'random' | 'share';
  readonly verbosity: Verbosity;
  readonly seed: number;
}

const PATHS: Readonly<Record<SimulatedModel['dialect'], string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};

export class SimulatedProviders {
  readonly #options: ProvidersOptions;
  readonly #reader = new BodyReader();
  readonly #caches: ReadonlyMap<string, { readonly tier: Tier; readonly cache: SimulatedPromptCache }>;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
      response.destroy();
    });
  });
  readonly #dice: () => number;
  /** Bodies as they arrive, for whoever wants to look at them. */
  onBody: ((model: string, body: Buffer) => void) | null = null;
  /** The first thing that went wrong in here. */
  failure: Error | undefined;
  #turn: Turn | null = null;
  #charges: Charge[] = [];
  #answers = 0;

  constructor(options: ProvidersOptions) {
    this.#options = options;
    this.#dice = createRandom(options.seed + 4711);
    this.#caches = new Map(
      TIERS.map((tier) => {
        const model = options.set.models[tier];
        return [model.name, { tier, cache: new SimulatedPromptCache(model) }];
      }),
    );
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** What the next requests are to be answered with. */
  begin(turn: Turn): void {
    this.#turn = turn;
    this.#charges = [];
  }

  /** Everything that was billed since `begin`. */
  end(): readonly Charge[] {
    this.#turn = null;
    return this.#charges;
  }

  endSession(): void {
    this.#reader.clear();
    for (const { cache } of this.#caches.values()) cache.forgetExpired(this.#options.clock.now());
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const path = request.url ?? '';
    const dialect = DIALECTS.find((each) => PATHS[each] === path);
    const turn = this.#turn;
    if (dialect === undefined || turn === null) {
      refuse(response, 404, `nobody expects a request to ${path} now`);
      return;
    }
    const body = this.#reader.read(dialect, bytes);
    const served = this.#caches.get(body.model);
    if (served === undefined || served.cache.model.dialect !== dialect) {
      refuse(response, 404, `no model ${body.model} at ${path}`);
      return;
    }
    if (body.refusal !== null) {
      refuse(response, 400, body.refusal);
      return;
    }
    this.onBody?.(body.model, bytes);
    const { tier, cache } = served;
    const { clock, misses, assumptions, verbosity } = this.#options;
    const missDraw = misses === 'random' ? this.#dice() : null;
    const bill = cache.charge(body.prompt, turn.outputTokens, clock.now(), { missDraw });
    const textFactor = verbosity === 'text' ? cache.model.verbosity : 1;
    const { hasFailed, text, call } = simulateTurn(turn, tier, assumptions.failure, textFactor);
    const told = verbosity === 'reasoning' ? bill : { ...bill, thoughtTokens: 0 };
    this.#charges.push({ tier, bill, hasFailed, bodyBytes: bytes.length });
    this.#answers += 1;
    const id = this.#answers.toString(36).padStart(9, '0');
    const answer = writeAnswer(cache.model, { id, text, call, bill: told }, body.isStreaming);
    const type = body.isStreaming ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type }).end(answer);
  }
}

const DIALECTS = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const;

function refuse(response: ServerResponse, statusCode: number, message: string): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }));
}
