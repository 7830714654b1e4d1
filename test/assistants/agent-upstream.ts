// A provider for real assistants: one server that speaks the three wire formats and plays a model that works with
// tools. It asks for one call of the assistant's own shell tool, and says that it is done once it sees the result.
// Usage is always reported, thoughts are signed and refused when they come back altered or to another model.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type UpstreamFormat = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

type Json = Readonly<Record<string, unknown>>;

export interface SeenCall {
  readonly format: UpstreamFormat;
  readonly body: Json;
  readonly sent: 'tool-call' | 'text' | 'refused';
}

export interface AgentUpstream {
  readonly origin: string;
  readonly calls: readonly SeenCall[];
  close(): Promise<void>;
}

/** What the model does in one turn. */
interface Turn {
  readonly text: string;
  readonly thought: string;
  readonly call: { readonly name: string; readonly input: Json } | null;
}

export const USAGE = { input: 1200, cached: 200, output: 40, reasoning: 10 } as const;

/** `command`: the shell command that the model wants to have run. */
export async function startAgentUpstream(command: string): Promise<AgentUpstream> {
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    readJson(request).then(
      (body) => serve(request, response, body, command, calls),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  body: Json,
  command: string,
  calls: SeenCall[],
): void {
  const format = formatOf(request.url ?? '');
  if (format === undefined) {
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end('{"error":{"message":"no such path"}}');
    return;
  }
  const tools = toolsOf(format, body);
  const isDone = hasToolResult(format, body);
  const turn = turnOf(tools, isDone, command, format, body);
  const refusal = checkSignatures(format, body);
  calls.push({
    format,
    body,
    sent: refusal !== null ? 'refused' : turn.call === null ? 'text' : 'tool-call',
  });
  if (refusal !== null) {
    const error = { type: 'invalid_request_error', message: refusal, code: null, param: null };
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error }));
    return;
  }
  const id = `${calls.length}${Math.abs(hash(JSON.stringify(body)))}`;
  const answer = ANSWERS[format](turn, id, String(body['model']), signatureFor(format, body));
  if (body['stream'] === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const frame of answer.frames) response.write(frame);
    response.end();
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.plain));
  }
}

function formatOf(url: string): UpstreamFormat | undefined {
  const path = url.replace(/\?.*/, '');
  if (path.endsWith('/chat/completions')) return 'openai-chat';
  if (path.endsWith('/responses')) return 'openai-responses';
  return path.endsWith('/v1/messages') ? 'anthropic-messages' : undefined;
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Json;
}

interface Tool {
  readonly name: string;
  readonly schema: Json;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

function toolsOf(format: UpstreamFormat, body: Json): readonly Tool[] {
  return list(body['tools']).flatMap((tool): Tool[] => {
    if (format === 'openai-chat') {
      const called = object(tool['function']);
      return [{ name: String(called['name']), schema: object(called['parameters']) }];
    }
    if (format === 'openai-responses') {
      return tool['type'] === 'function'
        ? [{ name: String(tool['name']), schema: object(tool['parameters']) }]
        : [];
    }
    return tool['input_schema'] === undefined
      ? []
      : [{ name: String(tool['name']), schema: object(tool['input_schema']) }];
  });
}

function hasToolResult(format: UpstreamFormat, body: Json): boolean {
  if (format === 'openai-chat') return list(body['messages']).some((message) => message['role'] === 'tool');
  if (format === 'openai-responses') {
    return list(body['input']).some((item) => String(item['type']).endsWith('_call_output'));
  }
  return list(body['messages']).some((message) =>
    list(message['content']).some((block) => block['type'] === 'tool_result'),
  );
}

/** Names under which assistants offer a shell, most specific first. */
const SHELLS = [
  'exec_command',
  'Bash',
  'bash',
  'run_shell_command',
  'run_commands',
  'execute_command',
  'run_in_terminal',
  'shell',
  'shell_command',
];

function turnOf(
  tools: readonly Tool[],
  isDone: boolean,
  command: string,
  format: UpstreamFormat,
  body: Json,
): Turn {
  const shell = SHELLS.flatMap((name) => tools.find((tool) => tool.name === name) ?? [])[0];
  if (isDone) return { text: 'The file is there. Done.', thought: 'The result is fine.', call: null };
  if (shell === undefined) return { text: textAnswer(format, body), thought: '', call: null };
  return {
    text: 'I will create the file.',
    thought: 'A shell command does it.',
    call: { name: shell.name, input: inputFor(shell.schema, command) },
  };
}

/** Background calls without tools: a title, in JSON where that is asked for. */
function textAnswer(format: UpstreamFormat, body: Json): string {
  const wish =
    format === 'openai-chat'
      ? body['response_format']
      : format === 'openai-responses'
        ? object(body['text'])['format']
        : object(body['output_config'])['format'];
  const { type } = object(wish);
  return typeof type === 'string' && type.startsWith('json') ? '{"title":"A file"}' : 'A file';
}

function inputFor(schema: Json, command: string): Json {
  const properties = object(schema['properties']);
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const input: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    const { type } = object(property);
    if (name === 'command' || name === 'cmd' || name === 'commands') {
      const isList = type === 'array';
      input[name] = isList ? (name === 'commands' ? [command] : ['bash', '-c', command]) : command;
    } else if (required.includes(name)) {
      input[name] =
        type === 'boolean' ? false : type === 'number' || type === 'integer' ? 1 : 'create the file';
    }
  }
  return input;
}

const SECRET = 'of this provider';

function hmac(model: string, thought: string): string {
  return createHmac('sha256', SECRET).update(`${model}\n${thought}`).digest('base64');
}

function signatureFor(format: UpstreamFormat, body: Json): (thought: string) => string {
  return (thought) => (format === 'openai-chat' ? '' : hmac(String(body['model']), thought));
}

/** Why this provider would refuse the signed thoughts in a request; null when they are its own. */
function checkSignatures(format: UpstreamFormat, body: Json): string | null {
  const model = String(body['model']);
  if (JSON.stringify(body).includes('pointsman.1.')) return 'a signature of no model was sent';
  if (format === 'anthropic-messages') {
    for (const message of list(body['messages'])) {
      for (const block of list(message['content'])) {
        if (block['type'] !== 'thinking') continue;
        if (block['signature'] !== hmac(model, String(block['thinking'])))
          return 'Invalid `signature` in `thinking` block';
      }
    }
  }
  if (format === 'openai-responses') {
    for (const item of list(body['input'])) {
      if (item['type'] !== 'reasoning') continue;
      const summary = list(item['summary'])
        .map((part) => String(part['text']))
        .join('');
      if (item['encrypted_content'] !== hmac(model, summary)) return 'invalid_encrypted_content';
    }
  }
  return null;
}

interface Encoded {
  readonly frames: readonly string[];
  readonly plain: Json;
}

const sse = (data: Json): string =>
  `${typeof data['type'] === 'string' ? `event: ${data['type']}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

const ANSWERS: Readonly<
  Record<
    UpstreamFormat,
    (turn: Turn, id: string, model: string, sign: (thought: string) => string) => Encoded
  >
> = {
  'anthropic-messages': (turn, id, model, sign) => {
    const usage = {
      input_tokens: USAGE.input - USAGE.cached,
      cache_read_input_tokens: USAGE.cached,
      cache_creation_input_tokens: 0,
      output_tokens: USAGE.output,
    };
    const signature = sign(turn.thought);
    const content: Json[] = [
      ...(turn.thought === '' ? [] : [{ type: 'thinking', thinking: turn.thought, signature }]),
      { type: 'text', text: turn.text },
      ...(turn.call === null ? [] : [{ type: 'tool_use', id: `toolu_${id}`, ...turn.call }]),
    ];
    const stop_reason = turn.call === null ? 'end_turn' : 'tool_use';
    const head = { id: `msg_${id}`, type: 'message', role: 'assistant', model };
    const blockFrames = content.flatMap((block, index) => {
      const start = { type: 'content_block_start', index };
      const delta = (value: Json): Json => ({ type: 'content_block_delta', index, delta: value });
      const end = { type: 'content_block_stop', index };
      switch (block['type']) {
        case 'thinking':
          return [
            { ...start, content_block: { type: 'thinking', thinking: '', signature: '' } },
            delta({ type: 'thinking_delta', thinking: turn.thought }),
            delta({ type: 'signature_delta', signature }),
            end,
          ];
        case 'text':
          return [
            { ...start, content_block: { type: 'text', text: '' } },
            ...words(turn.text).map((text) => delta({ type: 'text_delta', text })),
            end,
          ];
        default:
          return [
            { ...start, content_block: { ...block, input: {} } },
            ...halves(JSON.stringify(turn.call?.input)).map((part) =>
              delta({ type: 'input_json_delta', partial_json: part }),
            ),
            end,
          ];
      }
    });
    return {
      plain: { ...head, content, stop_reason, stop_sequence: null, usage },
      frames: [
        {
          type: 'message_start',
          message: {
            ...head,
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { ...usage, output_tokens: 1 },
          },
        },
        { type: 'ping' },
        ...blockFrames,
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
        { type: 'message_stop' },
      ].map(sse),
    };
  },

  'openai-chat': (turn, id, model) => {
    const usage = {
      prompt_tokens: USAGE.input,
      completion_tokens: USAGE.output,
      total_tokens: USAGE.input + USAGE.output,
      prompt_tokens_details: { cached_tokens: USAGE.cached },
      completion_tokens_details: { reasoning_tokens: USAGE.reasoning },
    };
    const head = { id: `chatcmpl-${id}`, created: 1_795_000_000, model };
    const call = turn.call;
    const called =
      call === null
        ? []
        : [
            {
              id: `call_${id}`,
              type: 'function',
              function: { name: call.name, arguments: JSON.stringify(call.input) },
            },
          ];
    const finish_reason = call === null ? 'stop' : 'tool_calls';
    const chunk = (delta: Json, finish: string | null = null): Json => ({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const message = {
      role: 'assistant',
      content: turn.text,
      ...(turn.thought === '' ? {} : { reasoning_content: turn.thought }),
      ...(call === null ? {} : { tool_calls: called }),
    };
    return {
      plain: { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage },
      frames: [
        sse(chunk({ role: 'assistant', content: '' })),
        ...(turn.thought === '' ? [] : [sse(chunk({ reasoning_content: turn.thought }))]),
        ...words(turn.text).map((content) => sse(chunk({ content }))),
        ...called.flatMap((entry) => [
          sse(
            chunk({ tool_calls: [{ index: 0, ...entry, function: { ...entry.function, arguments: '' } }] }),
          ),
          ...halves(entry.function.arguments).map((part) =>
            sse(chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] })),
          ),
        ]),
        sse(chunk({}, finish_reason)),
        sse({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
        'data: [DONE]\n\n',
      ],
    };
  },

  'openai-responses': (turn, id, model, sign) => {
    const usage = {
      input_tokens: USAGE.input,
      input_tokens_details: { cached_tokens: USAGE.cached },
      output_tokens: USAGE.output,
      output_tokens_details: { reasoning_tokens: USAGE.reasoning },
      total_tokens: USAGE.input + USAGE.output,
    };
    const call = turn.call;
    const output: Json[] = [
      ...(turn.thought === ''
        ? []
        : [
            {
              type: 'reasoning',
              id: `rs_${id}`,
              summary: [{ type: 'summary_text', text: turn.thought }],
              encrypted_content: sign(turn.thought),
            },
          ]),
      {
        type: 'message',
        id: `msg_${id}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: turn.text, annotations: [] }],
      },
      ...(call === null
        ? []
        : [
            {
              type: 'function_call',
              id: `fc_${id}`,
              call_id: `call_${id}`,
              name: call.name,
              arguments: JSON.stringify(call.input),
              status: 'completed',
            },
          ]),
    ];
    const response = (status: string, items: readonly Json[], counts: Json | null): Json => ({
      id: `resp_${id}`,
      object: 'response',
      created_at: 1_795_000_000,
      model,
      status,
      output: items,
      usage: counts,
      error: null,
      incomplete_details: null,
      parallel_tool_calls: true,
      tools: [],
      tool_choice: 'auto',
    });
    const events: Json[] = [
      { type: 'response.created', response: response('in_progress', [], null) },
      { type: 'response.in_progress', response: response('in_progress', [], null) },
      ...output.flatMap((item, output_index): Json[] => {
        const at = { output_index, item_id: item['id'] };
        const end = { type: 'response.output_item.done', output_index, item };
        switch (item['type']) {
          case 'reasoning':
            return [
              {
                type: 'response.output_item.added',
                output_index,
                item: { ...item, summary: [], encrypted_content: '' },
              },
              {
                type: 'response.reasoning_summary_part.added',
                ...at,
                summary_index: 0,
                part: { type: 'summary_text', text: '' },
              },
              { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, delta: turn.thought },
              { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: turn.thought },
              {
                type: 'response.reasoning_summary_part.done',
                ...at,
                summary_index: 0,
                part: { type: 'summary_text', text: turn.thought },
              },
              end,
            ];
          case 'message': {
            const part = { type: 'output_text', text: turn.text, annotations: [] };
            return [
              {
                type: 'response.output_item.added',
                output_index,
                item: { ...item, status: 'in_progress', content: [] },
              },
              { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
              ...words(turn.text).map((delta) => ({
                type: 'response.output_text.delta',
                ...at,
                content_index: 0,
                delta,
              })),
              { type: 'response.output_text.done', ...at, content_index: 0, text: turn.text },
              { type: 'response.content_part.done', ...at, content_index: 0, part },
              end,
            ];
          }
          default:
            return [
              {
                type: 'response.output_item.added',
                output_index,
                item: { ...item, status: 'in_progress', arguments: '' },
              },
              ...halves(String(item['arguments'])).map((delta) => ({
                type: 'response.function_call_arguments.delta',
                ...at,
                delta,
              })),
              { type: 'response.function_call_arguments.done', ...at, arguments: item['arguments'] },
              end,
            ];
        }
      }),
      { type: 'response.completed', response: response('completed', output, usage) },
    ];
    return {
      plain: response('completed', output, usage),
      frames: events.map((event, sequence_number) => sse({ ...event, sequence_number })),
    };
  },
};

function words(text: string): readonly string[] {
  return text.split(/(?<= )/);
}

function halves(text: string): readonly string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

function hash(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return sum;
}
