// A provider for real assistants: one server that speaks every wire format and plays a model that works with tools. It
// asks for calls of the assistant's own shell tool, step by step, and says that it is done once it sees all results.
// Usage is always reported; thoughts are signed, and refused when they come back altered, moved or at another model.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../daemon/util/json.ts';
import {
  type Piece,
  PlainChat,
  StrictAnthropic,
  StrictGoogle,
  type StrictProvider,
  StrictResponses,
} from '../support/strict-providers.ts';
import { brokenRule } from './wire-rules.ts';
import { framesOf } from './wire-streams.ts';

export type UpstreamFormat = UpstreamDialectId;

export interface SeenCall {
  readonly format: UpstreamFormat;
  readonly model: string;
  readonly body: JsonObject;
  readonly sent: 'tool-call' | 'text' | 'refused';
  /** Why it was refused. */
  readonly refusal: string | undefined;
}

export interface AgentUpstream {
  readonly origin: string;
  readonly calls: readonly SeenCall[];
  close(): Promise<void>;
}

export interface AgentPlan {
  /** Shell commands, one list per answer; more than one in a list are parallel calls. */
  readonly steps: readonly (readonly string[])[];
  /** Runs before the answer with the calls of step `step` (from 0) goes out; with `steps.length` before the last one. */
  readonly before?: (step: number) => Promise<void>;
}

export const USAGE = { input: 1200, cached: 200, output: 40, reasoning: 10 } as const;

export async function startAgentUpstream(plan: AgentPlan): Promise<AgentUpstream> {
  const calls: SeenCall[] = [];
  const stored = new Set<string>();
  const server = createServer((request, response) => {
    readJson(request)
      .then((body) => serve(request, response, body, plan, calls, stored))
      .catch(() => response.destroy());
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

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  body: JsonObject,
  plan: AgentPlan,
  calls: SeenCall[],
  stored: Set<string>,
): Promise<void> {
  const url = request.url ?? '';
  const format = formatOf(url);
  if (format === undefined) {
    sendJson(response, 404, { error: { message: `no such path: ${url}` } });
    return;
  }
  const model = stringOf(body['model']) ?? /models\/([^:]+):/.exec(url)?.[1] ?? '';
  const strict = STRICT[format](model);
  const refusal =
    strict.refusalOf(joined(format, body)) ?? brokenRule(format, body) ?? unknownReference(body, stored);
  const step = stepOf(format, body, plan);
  const pieces = piecesOf(format, body, plan, step, calls.length);
  const hasCall = pieces.some((piece) => piece.type === 'call');
  const sent = refusal !== undefined ? 'refused' : hasCall ? 'tool-call' : 'text';
  calls.push({ format, model, body, sent, refusal });
  if (refusal !== undefined) {
    const error = { type: 'invalid_request_error', message: refusal, code: null, param: null };
    sendJson(response, 400, { type: 'error', error });
    return;
  }
  if (toolsOf(format, body).length > 0) await plan.before?.(step);
  const named = { ...namesOf(format, calls.length, model), ...USAGE_MEMBERS[format] };
  const answer = withItemIds({ ...strict.answer(body, pieces).body, ...named }, calls.length);
  for (const { id } of list(answer['output'])) stored.add(stringOf(id) ?? '');
  if (body['stream'] !== true && !url.includes(':streamGenerateContent')) {
    sendJson(response, 200, answer);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const frame of framesOf(format, answer)) response.write(frame);
  response.end();
}

const STRICT: Readonly<Record<UpstreamFormat, (model: string) => StrictProvider>> = {
  'anthropic-messages': (model) => new StrictAnthropic(model),
  'openai-responses': (model) => new StrictResponses(model),
  'openai-chat': (model) => new PlainChat(model),
  'google-generate': (model) => new StrictGoogle(model),
};

/** Only items that were answered here can be named by their ids. */
function unknownReference(body: JsonObject, stored: ReadonlySet<string>): string | undefined {
  const references = list(body['input']).filter((item) => item['type'] === 'item_reference');
  const unknown = references.find(({ id }) => !stored.has(stringOf(id) ?? ''));
  return unknown === undefined ? undefined : `Item with id '${stringOf(unknown['id'])}' not found.`;
}

/** Anthropic reads neighbours of one role as one message; assistants do send such. */
function joined(format: UpstreamFormat, body: JsonObject): JsonObject {
  if (format !== 'anthropic-messages') return body;
  const messages: JsonObject[] = [];
  for (const message of list(body['messages'])) {
    const last = messages.at(-1);
    if (last === undefined || last['role'] !== message['role']) messages.push(message);
    else messages.splice(-1, 1, { ...last, content: [...blocksOf(last), ...blocksOf(message)] });
  }
  return { ...body, messages };
}

function blocksOf({ content }: JsonObject): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content);
}

function formatOf(url: string): UpstreamFormat | undefined {
  const path = url.replace(/\?.*/, '');
  if (path.endsWith('/chat/completions')) return 'openai-chat';
  if (path.endsWith('/responses')) return 'openai-responses';
  if (/\/models\/[^/]+:(?:streamG|g)enerateContent$/.test(path)) return 'google-generate';
  return path.endsWith('/v1/messages') ? 'anthropic-messages' : undefined;
}

async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
}

function sendJson(response: ServerResponse, statusCode: number, body: JsonObject): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface Tool {
  readonly name: string;
  readonly schema: JsonObject;
}

const list = (value: JsonValue | undefined): readonly JsonObject[] => arrayOf(value).filter(isJsonObject);

function toolsOf(format: UpstreamFormat, body: JsonObject): readonly Tool[] {
  return list(body['tools']).flatMap((tool) => TOOLS[format](tool));
}

const TOOLS: Readonly<Record<UpstreamFormat, (tool: JsonObject) => readonly Tool[]>> = {
  'openai-chat': (tool) => {
    const called = objectOf(tool['function']) ?? {};
    return named(called, called['parameters']);
  },
  'openai-responses': (tool) => (tool['type'] === 'function' ? named(tool, tool['parameters']) : []),
  'anthropic-messages': (tool) => named(tool, tool['input_schema']),
  'google-generate': (tool) =>
    list(tool['functionDeclarations']).flatMap((declared) =>
      named(declared, declared['parametersJsonSchema'] ?? declared['parameters']),
    ),
};

function named(tool: JsonObject, schema: JsonValue | undefined): readonly Tool[] {
  const fields = objectOf(schema);
  return fields === undefined ? [] : [{ name: stringOf(tool['name']) ?? '', schema: fields }];
}

/** How many steps have all their results in the request. */
function stepOf(format: UpstreamFormat, body: JsonObject, { steps }: AgentPlan): number {
  let results = resultCount(format, body);
  let step = 0;
  for (const commands of steps) {
    if (results < commands.length) break;
    results -= commands.length;
    step += 1;
  }
  return step;
}

function resultCount(format: UpstreamFormat, body: JsonObject): number {
  return RESULTS[format](body).length;
}

const RESULTS: Readonly<Record<UpstreamFormat, (body: JsonObject) => readonly JsonObject[]>> = {
  'openai-chat': (body) => list(body['messages']).filter((message) => message['role'] === 'tool'),
  'openai-responses': (body) =>
    list(body['input']).filter((item) => stringOf(item['type'])?.endsWith('_call_output')),
  'anthropic-messages': (body) =>
    list(body['messages'])
      .flatMap((message) => list(message['content']))
      .filter((block) => block['type'] === 'tool_result'),
  'google-generate': (body) =>
    list(body['contents'])
      .flatMap((content) => list(content['parts']))
      .filter((part) => part['functionResponse'] !== undefined),
};

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

/** What the model does in one turn. */
function piecesOf(
  format: UpstreamFormat,
  body: JsonObject,
  { steps }: AgentPlan,
  step: number,
  serial: number,
): readonly Piece[] {
  const tools = toolsOf(format, body);
  const shell = SHELLS.flatMap((name) => tools.find((tool) => tool.name === name) ?? [])[0];
  const commands = steps[step];
  if (shell === undefined) return [{ type: 'text', text: textAnswer(format, body) }];
  if (commands === undefined) {
    return [
      { type: 'thought', text: `Thought ${serial}: the results are fine.` },
      { type: 'text', text: 'The file is there. Done.' },
    ];
  }
  return [
    { type: 'thought', text: `Thought ${serial}: a shell command does it.` },
    { type: 'text', text: `I take step ${step + 1}.` },
    ...commands.map((command, index): Piece => ({
      type: 'call',
      callId: `${format === 'anthropic-messages' ? 'toolu' : 'call'}_${serial}_${index}`,
      name: shell.name,
      args: inputFor(shell.schema, command),
    })),
  ];
}

/** Background calls without tools: a title, in JSON where that is asked for. */
function textAnswer(format: UpstreamFormat, body: JsonObject): string {
  const wish = {
    'openai-chat': objectOf(body['response_format'])?.['type'],
    'openai-responses': objectOf(objectOf(body['text'])?.['format'])?.['type'],
    'anthropic-messages': objectOf(objectOf(body['output_config'])?.['format'])?.['type'],
    'google-generate': objectOf(body['generationConfig'])?.['responseMimeType'],
  }[format];
  return stringOf(wish)?.includes('json') === true ? '{"title":"A file"}' : 'A file';
}

function inputFor(schema: JsonObject, command: string): JsonObject {
  const required = arrayOf(schema['required']);
  const input: Record<string, JsonValue> = {};
  for (const [name, property] of Object.entries(objectOf(schema['properties']) ?? {})) {
    const type = stringOf(objectOf(property)?.['type'])?.toLowerCase();
    if (name === 'command' || name === 'cmd' || name === 'commands') {
      const isList = type === 'array';
      input[name] = isList ? (name === 'commands' ? [command] : ['bash', '-c', command]) : command;
    } else if (required.includes(name)) {
      const [firstAllowed] = arrayOf(objectOf(property)?.['enum']);
      input[name] =
        firstAllowed ??
        (type === 'boolean' ? false : type === 'number' || type === 'integer' ? 1 : 'create the file');
    }
  }
  return input;
}

function namesOf(format: UpstreamFormat, serial: number, model: string): JsonObject {
  const names: Record<UpstreamFormat, JsonObject> = {
    'openai-chat': { id: `chatcmpl-${serial}`, created: 1_795_000_000, model },
    'openai-responses': { id: `resp_${serial}`, created_at: 1_795_000_000, model },
    'anthropic-messages': { id: `msg_${serial}`, model },
    'google-generate': { responseId: `g_${serial}` },
  };
  return names[format];
}

const { input, cached, output, reasoning } = USAGE;

/** The same counts as each vendor tells them. */
const USAGE_MEMBERS: Readonly<Record<UpstreamFormat, JsonObject>> = {
  'openai-chat': {
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    },
  },
  'openai-responses': {
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
  },
  'anthropic-messages': {
    usage: {
      input_tokens: input - cached,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: 0,
      output_tokens: output,
    },
  },
  'google-generate': {
    usageMetadata: {
      promptTokenCount: input,
      cachedContentTokenCount: cached,
      candidatesTokenCount: output - reasoning,
      thoughtsTokenCount: reasoning,
      totalTokenCount: input + output,
    },
  },
};

/** A message of a Responses answer has an id that no other answer has. */
function withItemIds(answer: JsonObject, serial: number): JsonObject {
  if (answer['output'] === undefined) return answer;
  const output = list(answer['output']).map((item) =>
    item['type'] === 'message' ? { ...item, id: `msg_${serial}` } : item,
  );
  return { ...answer, output };
}
