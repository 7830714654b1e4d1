// A client of each dialect: the official SDKs of OpenAI and Anthropic, and plain HTTP for Google's and Ollama's formats.
// All send the same ask in their own words and say in the same words what they got.

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { arrayOf, isJsonObject, type JsonObject, type JsonValue, objectOf } from '../../daemon/util/json.ts';
import type { ClientDialectId } from './echo-clients.ts';

export interface Ask {
  readonly text: string;
  readonly system?: string;
  /** PNG in base64. */
  readonly image?: string;
  readonly hasTools?: boolean;
  readonly schema?: JsonObject;
  readonly thinks?: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
}

export interface ReceivedCall {
  readonly id: string;
  readonly name: string;
  readonly args: JsonValue;
}

/** Counts of a dialect that has none are absent. Totals include their parts. */
export interface ReceivedUsage {
  readonly input: number;
  readonly cached?: number;
  readonly output: number;
  readonly reasoning?: number;
}

export interface Received {
  readonly text: string;
  readonly thought: string;
  readonly refusal: string;
  readonly calls: readonly ReceivedCall[];
  /** In the dialect's own words. */
  readonly finish: string;
  readonly usage: ReceivedUsage | undefined;
  readonly model: string;
  readonly headers: Headers;
  readonly exchangeId: string;
}

/** Where a client is pointed; everything else it does by itself. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

export const TOOL_PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
} as const;
const TOOL = { name: 'weather', description: 'Tells the weather.' } as const;

/** One request as it goes over the wire. */
export interface WireAsk {
  readonly path: string;
  readonly body: JsonObject;
}

export function wireAsk(dialect: ClientDialectId, model: string, ask: Ask, isStream: boolean): WireAsk {
  return REQUESTS[dialect](model, ask, isStream);
}

export async function askAs(
  dialect: ClientDialectId,
  endpoint: Endpoint,
  model: string,
  ask: Ask,
  options: { readonly isStream: boolean; readonly headers?: Readonly<Record<string, string>> },
): Promise<Received> {
  const { isStream, headers = {} } = options;
  const { path, body } = wireAsk(dialect, model, ask, isStream);
  let answered: Response | undefined;
  const keepResponse: typeof fetch = async (input, init) => {
    answered = await fetch(input, init);
    return answered;
  };
  const parts = await READERS[dialect]({ ...endpoint, path, body, isStream, headers, fetch: keepResponse });
  const responseHeaders = answered?.headers ?? new Headers();
  const exchangeId = responseHeaders.get('x-pointsman-exchange-id') ?? '';
  return { ...parts, headers: responseHeaders, exchangeId };
}

/** POST as the client of the dialect would, without an SDK. */
export function postAs(
  dialect: ClientDialectId,
  { url, token }: Endpoint,
  { path, body }: WireAsk,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(dialect === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}),
      ...keyHeader(dialect, token),
      ...options.headers,
    },
    body: JSON.stringify(body),
    ...(options.signal && { signal: options.signal }),
  });
}

function keyHeader(dialect: ClientDialectId, token: string): Readonly<Record<string, string>> {
  if (dialect === 'anthropic-messages') return { 'x-api-key': token };
  return dialect === 'google-generate' ? { 'x-goog-api-key': token } : { authorization: `Bearer ${token}` };
}

// ---- requests ----

type MakeRequest = (model: string, ask: Ask, isStream: boolean) => WireAsk;

const REQUESTS: Readonly<Record<ClientDialectId, MakeRequest>> = {
  'openai-chat': (model, ask, isStream) => {
    const format = { name: 'answer', strict: true, schema: ask.schema ?? {} };
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${ask.image ?? ''}` } };
    const said = ask.image === undefined ? ask.text : [{ type: 'text', text: ask.text }, image];
    return {
      path: '/v1/chat/completions',
      body: {
        model,
        messages: [
          ...(ask.system === undefined ? [] : [{ role: 'system', content: ask.system }]),
          { role: 'user', content: said },
        ],
        ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
        ...(ask.hasTools === true
          ? { tools: [{ type: 'function', function: { ...TOOL, parameters: TOOL_PARAMETERS } }] }
          : {}),
        ...(ask.schema && { response_format: { type: 'json_schema', json_schema: format } }),
        ...(ask.thinks === true ? { reasoning_effort: 'medium' } : {}),
        ...(ask.maxTokens === undefined ? {} : { max_completion_tokens: ask.maxTokens }),
        ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
      },
    };
  },
  'openai-responses': (model, ask, isStream) => ({
    path: '/v1/responses',
    body: {
      model,
      ...(ask.system === undefined ? {} : { instructions: ask.system }),
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: ask.text },
            ...(ask.image === undefined
              ? []
              : [{ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${ask.image}` }]),
          ],
        },
      ],
      ...(isStream ? { stream: true } : {}),
      ...(ask.hasTools === true
        ? { tools: [{ type: 'function', ...TOOL, parameters: TOOL_PARAMETERS, strict: false }] }
        : {}),
      ...(ask.schema && {
        text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: ask.schema } },
      }),
      ...(ask.thinks === true ? { reasoning: { effort: 'medium', summary: 'auto' } } : {}),
      ...(ask.maxTokens === undefined ? {} : { max_output_tokens: ask.maxTokens }),
      ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
    },
  }),
  'anthropic-messages': (model, ask, isStream) => {
    const source = { type: 'base64', media_type: 'image/png', data: ask.image ?? '' };
    const said = [
      { type: 'text', text: ask.text },
      ...(ask.image === undefined ? [] : [{ type: 'image', source }]),
    ];
    return {
      path: '/v1/messages',
      body: {
        model,
        max_tokens: ask.maxTokens ?? 4096,
        ...(ask.system === undefined ? {} : { system: ask.system }),
        messages: [{ role: 'user', content: said }],
        ...(isStream ? { stream: true } : {}),
        ...(ask.hasTools === true ? { tools: [{ ...TOOL, input_schema: TOOL_PARAMETERS }] } : {}),
        ...(ask.schema && { output_config: { format: { type: 'json_schema', schema: ask.schema } } }),
        ...(ask.thinks === true ? { thinking: { type: 'adaptive' } } : {}),
        ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
      },
    };
  },
  'google-generate': (model, ask, isStream) => {
    const image = { inlineData: { mimeType: 'image/png', data: ask.image ?? '' } };
    const method = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const config = {
      ...(ask.schema && { responseMimeType: 'application/json', responseJsonSchema: ask.schema }),
      ...(ask.thinks === true ? { thinkingConfig: { includeThoughts: true, thinkingLevel: 'MEDIUM' } } : {}),
      ...(ask.maxTokens === undefined ? {} : { maxOutputTokens: ask.maxTokens }),
      ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
    };
    const declared = { ...TOOL, parametersJsonSchema: TOOL_PARAMETERS };
    return {
      path: `/v1beta/models/${model}:${method}`,
      body: {
        ...(ask.system === undefined ? {} : { systemInstruction: { parts: [{ text: ask.system }] } }),
        contents: [
          { role: 'user', parts: [{ text: ask.text }, ...(ask.image === undefined ? [] : [image])] },
        ],
        ...(ask.hasTools === true ? { tools: [{ functionDeclarations: [declared] }] } : {}),
        ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
      },
    };
  },
  'ollama-chat': (model, ask, isStream) => {
    const options = {
      ...(ask.maxTokens === undefined ? {} : { num_predict: ask.maxTokens }),
      ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
    };
    return {
      path: '/api/chat',
      body: {
        model,
        stream: isStream,
        messages: [
          ...(ask.system === undefined ? [] : [{ role: 'system', content: ask.system }]),
          {
            role: 'user',
            content: ask.text,
            ...(ask.image === undefined ? {} : { images: [ask.image] }),
          },
        ],
        ...(ask.hasTools === true
          ? { tools: [{ type: 'function', function: { ...TOOL, parameters: TOOL_PARAMETERS } }] }
          : {}),
        ...(ask.schema && { format: ask.schema }),
        ...(ask.thinks === true ? { think: true } : {}),
        ...(Object.keys(options).length === 0 ? {} : { options }),
      },
    };
  },
};

// ---- answers ----

interface Sending extends Endpoint, WireAsk {
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
}

type Parts = Omit<Received, 'headers' | 'exchangeId'>;

const READERS: Readonly<Record<ClientDialectId, (sending: Sending) => Promise<Parts>>> = {
  'openai-chat': async (sending) => {
    const { body, headers, isStream } = sending;
    const { completions } = openAi(sending).chat;
    if (!isStream) {
      const plain = body as unknown as OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
      const answer = await completions.create(plain, { headers });
      const { message } = answer.choices[0] ?? {};
      return chatParts(answer, stringIn(message, 'reasoning_content'));
    }
    const streamed = body as unknown as OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
    const stream = completions.stream(streamed, { headers });
    let thought = '';
    // No field of OpenAI's: its SDK does not join the pieces.
    stream.on('chunk', ({ choices }) => {
      thought += stringIn(choices[0]?.delta, 'reasoning_content');
    });
    return chatParts(await stream.finalChatCompletion(), thought);
  },
  'openai-responses': async (sending) => {
    const { body, headers, isStream } = sending;
    const { responses } = openAi(sending);
    const answer = isStream
      ? await responses
          .stream(body as unknown as OpenAI.Responses.ResponseCreateParamsStreaming, { headers })
          .finalResponse()
      : await responses.create(body as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming, {
          headers,
        });
    return responsesParts(answer);
  },
  'anthropic-messages': async (sending) => {
    const { url, token, body, headers, isStream } = sending;
    const { messages } = new Anthropic({
      baseURL: url,
      apiKey: token,
      maxRetries: 0,
      fetch: sending.fetch,
    });
    const message = isStream
      ? await messages.stream(body as unknown as Anthropic.MessageStreamParams, { headers }).finalMessage()
      : await messages.create(body as unknown as Anthropic.MessageCreateParamsNonStreaming, { headers });
    return anthropicParts(message);
  },
  'google-generate': async (sending) => googleParts(await rawObjects(sending)),
  'ollama-chat': async (sending) => ollamaParts(await rawObjects(sending)),
};

function openAi({ url, token, fetch: send }: Sending): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, fetch: send });
}

function chatParts(answer: OpenAI.Chat.Completions.ChatCompletion, thought: string): Parts {
  const [choice] = answer.choices;
  const { usage } = answer;
  return {
    text: choice?.message.content ?? '',
    thought,
    refusal: choice?.message.refusal ?? '',
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, args: parsed(call.function.arguments) }]
        : [],
    ),
    finish: choice?.finish_reason ?? '',
    model: answer.model,
    usage: usage && {
      input: usage.prompt_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
      output: usage.completion_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
  };
}

function responsesParts(answer: OpenAI.Responses.Response): Parts {
  const parts = answer.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const { usage } = answer;
  return {
    text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
    thought: answer.output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary.map(({ text }) => text) : []))
      .join(''),
    refusal: parts.map((part) => (part.type === 'refusal' ? part.refusal : '')).join(''),
    calls: answer.output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ id: item.call_id, name: item.name, args: parsed(item.arguments) }]
        : [],
    ),
    finish: answer.incomplete_details?.reason ?? answer.status ?? '',
    model: answer.model,
    usage: usage && {
      input: usage.input_tokens,
      cached: usage.input_tokens_details.cached_tokens,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details.reasoning_tokens,
    },
  };
}

function anthropicParts({ content, stop_reason, usage, model }: Anthropic.Message): Parts {
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thought: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    refusal: '',
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, args: block.input as JsonValue }] : [],
    ),
    finish: stop_reason ?? '',
    model,
    usage: {
      input: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
      cached,
      output: usage.output_tokens,
    },
  };
}

/** Chunks of a Gemini answer; a plain one is one large chunk. */
function googleParts(chunks: readonly JsonObject[]): Parts {
  const candidates = chunks.flatMap((chunk) => objects(chunk['candidates']));
  const parts = candidates.flatMap((candidate) => objects(objectOf(candidate['content'])?.['parts']));
  const textOf = (isThought: boolean): string =>
    parts
      .filter((part) => (part['thought'] === true) === isThought)
      .map((part) => stringIn(part, 'text'))
      .join('');
  const usage = chunks.map((chunk) => objectOf(chunk['usageMetadata'])).findLast((counts) => counts);
  const reasoning = Number(usage?.['thoughtsTokenCount'] ?? 0);
  return {
    text: textOf(false),
    thought: textOf(true),
    refusal: '',
    calls: parts.flatMap((part) => {
      const call = objectOf(part['functionCall']);
      if (call === undefined) return [];
      return [{ id: stringIn(call, 'id'), name: stringIn(call, 'name'), args: call['args'] ?? {} }];
    }),
    finish: candidates.map((candidate) => stringIn(candidate, 'finishReason')).findLast(Boolean) ?? '',
    model: stringIn(chunks[0], 'modelVersion'),
    usage: usage && {
      input: Number(usage['promptTokenCount']),
      cached: Number(usage['cachedContentTokenCount'] ?? 0),
      output: Number(usage['candidatesTokenCount'] ?? 0) + reasoning,
      reasoning,
    },
  };
}

function ollamaParts(lines: readonly JsonObject[]): Parts {
  const messages = lines.map((line) => objectOf(line['message']) ?? {});
  const last = lines.at(-1);
  return {
    text: messages.map((message) => stringIn(message, 'content')).join(''),
    thought: messages.map((message) => stringIn(message, 'thinking')).join(''),
    refusal: '',
    calls: messages.flatMap((message) =>
      objects(message['tool_calls']).map((call) => {
        const called = objectOf(call['function']);
        return {
          id: stringIn(call, 'id'),
          name: stringIn(called, 'name'),
          args: called?.['arguments'] ?? {},
        };
      }),
    ),
    finish: last?.['done'] === true ? stringIn(last, 'done_reason') : '',
    model: stringIn(last, 'model'),
    usage: { input: Number(last?.['prompt_eval_count']), output: Number(last?.['eval_count']) },
  };
}

async function rawObjects(sending: Sending): Promise<readonly JsonObject[]> {
  const { url, token, path, body, headers, isStream } = sending;
  const isGoogle = path.startsWith('/v1beta/');
  const key = isGoogle ? { 'x-goog-api-key': token } : { authorization: `Bearer ${token}` };
  const response = await sending.fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...key, ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  if (!isStream) return [JSON.parse(text) as JsonObject];
  return isGoogle ? sseData(text) : linesOf(text);
}

/** Data of the events of a stream, `[DONE]` left out. */
export function sseData(stream: string): readonly JsonObject[] {
  const data = stream.split(/\r?\n/).filter((line) => line.startsWith('data: {'));
  return data.map((line) => JSON.parse(line.slice('data: '.length)) as JsonObject);
}

export function linesOf(stream: string): readonly JsonObject[] {
  const lines = stream.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as JsonObject);
}

function parsed(args: string): JsonValue {
  return JSON.parse(args) as JsonValue;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}

function stringIn(value: unknown, field: string): string {
  const found: unknown = (value as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof found === 'string' ? found : '';
}
