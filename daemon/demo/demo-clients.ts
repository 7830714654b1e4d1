// The official clients of the demo, `openai` and `@anthropic-ai/sdk`, pointed at the daemon: a change of base URL and key
// and nothing else.

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { SESSION_HEADERS } from './agent-session.ts';
import type { DemoRequest } from './scenario.ts';

/** Anthropic's API wants a limit. */
const MAX_TOKENS = 4096;

export interface AgentAnswer {
  /** null when the stream broke. */
  readonly message: Anthropic.Message | null;
  readonly exchangeId: string;
}

export class DemoClients {
  readonly #openai: OpenAI;
  readonly #anthropic: Anthropic;

  constructor(url: string, apiKey: string) {
    this.#openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
    this.#anthropic = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  }

  /** Sends a request and reads the answer to its end; resolves to the id that the daemon gave it. */
  async send(request: DemoRequest): Promise<string> {
    const { via } = request;
    if (via === 'chat') return await this.#sendChat(request);
    return via === 'responses' ? await this.#sendResponses(request) : await this.#sendMessages(request);
  }

  /** A turn of the agent session, streamed. */
  async sendTurn(body: Anthropic.MessageCreateParamsNonStreaming): Promise<AgentAnswer> {
    const stream = this.#anthropic.messages.stream(body, { headers: SESSION_HEADERS });
    const { response } = await stream.withResponse();
    const exchangeId = exchangeIdOf(response);
    try {
      return { message: await stream.finalMessage(), exchangeId };
    } catch {
      return { message: null, exchangeId };
    }
  }

  async #sendChat({ text, schema, model = 'auto', stream, headers = {} }: DemoRequest): Promise<string> {
    const { data, response } = await this.#openai.chat.completions
      .create(
        {
          model,
          messages: [{ role: 'user', content: text }],
          stream: stream === true,
          ...(schema === undefined
            ? {}
            : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }),
        },
        { headers },
      )
      .withResponse();
    return await readToEnd(data, response);
  }

  async #sendResponses({ text, schema, model = 'auto', stream, headers = {} }: DemoRequest): Promise<string> {
    const { data, response } = await this.#openai.responses
      .create(
        {
          model,
          input: text,
          stream: stream === true,
          store: false,
          ...(schema === undefined
            ? {}
            : { text: { format: { type: 'json_schema', name: 'answer', schema: { ...schema } } } }),
        },
        { headers },
      )
      .withResponse();
    return await readToEnd(data, response);
  }

  async #sendMessages({ text, image, model = 'auto', stream, headers = {} }: DemoRequest): Promise<string> {
    const source = { type: 'base64', media_type: 'image/png', data: image ?? '' } as const;
    const pictures = image === undefined ? [] : [{ type: 'image', source } as const];
    const { data, response } = await this.#anthropic.messages
      .create(
        {
          model,
          max_tokens: MAX_TOKENS,
          messages: [{ role: 'user', content: [...pictures, { type: 'text', text }] }],
          stream: stream === true,
        },
        { headers },
      )
      .withResponse();
    return await readToEnd(data, response);
  }
}

async function readToEnd(data: object, response: Response): Promise<string> {
  try {
    if (Symbol.asyncIterator in data) {
      for await (const _ of data as AsyncIterable<unknown>);
    }
  } catch {
    // The provider broke off: the daemon destroys the connection, so that nobody takes half an answer for a whole one.
  }
  return exchangeIdOf(response);
}

function exchangeIdOf(response: Response): string {
  return response.headers.get('x-pointsman-exchange-id') ?? '';
}
