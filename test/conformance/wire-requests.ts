// What a request says, read from its wire form in each dialect by hand; knows nothing of the codecs under test, so that a
// client's request and what we send to a provider can be held against each other.

import { list, object, text } from './wire-answers.ts';
import type { Json } from './wire-fixtures.ts';

export interface WireCall {
  readonly id: string;
  readonly name: string;
  /** As a JSON value; free text as `{input}`, the form in which it travels elsewhere. */
  readonly input: unknown;
}

export interface WireResult {
  readonly id: string;
  readonly texts: readonly string[];
}

export interface RequestFacts {
  /** Texts of the system and of developers, wherever they stand. */
  readonly system: string[];
  readonly user: string[];
  readonly assistant: string[];
  /** Functions and free-text tools; those of a namespace as `<namespace>__<name>`. */
  readonly tools: string[];
  /** Tools that a provider runs itself. */
  readonly serverTools: string[];
  readonly calls: WireCall[];
  readonly results: WireResult[];
  images: number;
  /** JSON Schema that the answer is held to; `json-object` for any object. */
  format: unknown;
}

export function requestFacts(dialect: string, body: Json): RequestFacts {
  const facts: RequestFacts = {
    system: [],
    user: [],
    assistant: [],
    tools: [],
    serverTools: [],
    calls: [],
    results: [],
    images: 0,
    format: undefined,
  };
  switch (dialect) {
    case 'openai-chat':
      readChatRequest(facts, body);
      break;
    case 'openai-responses':
      readResponsesRequest(facts, body);
      break;
    case 'anthropic-messages':
      readMessagesRequest(facts, body);
      break;
    default:
      throw new Error(`nobody reads requests of ${dialect} here`);
  }
  return facts;
}

type Speaker = 'system' | 'user' | 'assistant';

const speakerOf = (role: unknown): Speaker =>
  role === 'system' || role === 'developer' ? 'system' : role === 'assistant' ? 'assistant' : 'user';

const textsIn = (content: unknown): readonly string[] =>
  (typeof content === 'string' ? [content] : list(content).map((part) => text(part['text']))).filter(
    (one) => one !== '',
  );

/** Those that everybody can see: a file that was uploaded to one vendor is nothing to another. */
const countImages = (content: unknown): number =>
  list(content).filter((part) => {
    if (!/^(?:image|image_url|input_image)$/.test(text(part['type']))) return false;
    return part['file_id'] === undefined && object(part['source'])['type'] !== 'file';
  }).length;

const parsed = (args: unknown): unknown => {
  const raw = text(args);
  return raw === '' ? {} : (JSON.parse(raw) as unknown);
};

function readChatRequest(facts: RequestFacts, body: Json): void {
  for (const message of list(body['messages'])) {
    const { role, content } = message;
    facts.images += countImages(content);
    if (role === 'tool') {
      facts.results.push({ id: text(message['tool_call_id']), texts: textsIn(content) });
      continue;
    }
    facts[speakerOf(role)].push(...textsIn(content));
    for (const call of list(message['tool_calls'])) {
      const custom = object(call['custom']);
      const called = object(call['function']);
      const isText = call['custom'] !== undefined;
      const input = isText ? { input: custom['input'] } : parsed(called['arguments']);
      facts.calls.push({ id: text(call['id']), name: text((isText ? custom : called)['name']), input });
    }
  }
  for (const tool of list(body['tools'])) {
    const name = text(object(tool['function'] ?? tool['custom'])['name']);
    if (name === '') facts.serverTools.push(text(tool['type']));
    else facts.tools.push(name);
  }
  const format = object(body['response_format']);
  if (format['type'] === 'json_object') facts.format = 'json-object';
  if (format['type'] === 'json_schema') facts.format = object(format['json_schema'])['schema'];
}

function readResponsesRequest(facts: RequestFacts, body: Json): void {
  facts.system.push(...textsIn(body['instructions']));
  if (typeof body['input'] === 'string') facts.user.push(body['input']);
  const tools = [...list(body['tools'])];
  for (const item of list(body['input'])) {
    const type = text(item['type']);
    const { content, output } = item;
    if (type === 'additional_tools') tools.push(...list(item['tools']));
    else if (type === '' || type === 'message') {
      facts.images += countImages(content);
      facts[speakerOf(item['role'])].push(...textsIn(content));
    } else if (type === 'function_call' || type === 'custom_tool_call') {
      const isText = type === 'custom_tool_call';
      const name = text(item['name']);
      // A tool that was found by a search is called as one of a namespace that is called as it is.
      const isNamespaced = item['namespace'] !== undefined && item['namespace'] !== name;
      const input = isText ? { input: item['input'] } : parsed(item['arguments']);
      const whole = isNamespaced ? `${text(item['namespace'])}__${name}` : name;
      facts.calls.push({ id: text(item['call_id']), name: whole, input });
    } else if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      facts.images += countImages(output);
      facts.results.push({ id: text(item['call_id']), texts: textsIn(output) });
    }
  }
  for (const tool of tools) {
    if (tool['type'] === 'namespace') {
      for (const inner of list(tool['tools'])) {
        facts.tools.push(`${text(tool['name'])}__${text(inner['name'])}`);
      }
    } else if (tool['type'] === 'function' || tool['type'] === 'custom') facts.tools.push(text(tool['name']));
    else facts.serverTools.push(text(tool['type']));
  }
  const format = object(object(body['text'])['format']);
  if (format['type'] === 'json_object') facts.format = 'json-object';
  if (format['type'] === 'json_schema') facts.format = format['schema'];
}

function readMessagesRequest(facts: RequestFacts, body: Json): void {
  facts.system.push(...textsIn(body['system']));
  for (const { role, content } of list(body['messages'])) {
    const speaker = speakerOf(role);
    if (typeof content === 'string') facts[speaker].push(...textsIn(content));
    for (const block of list(content)) {
      if (block['type'] === 'text') facts[speaker].push(...textsIn([block]));
      facts.images += countImages([block]);
      if (block['type'] === 'tool_use') {
        facts.calls.push({ id: text(block['id']), name: text(block['name']), input: block['input'] });
      }
      if (block['type'] === 'tool_result') {
        facts.images += countImages(block['content']);
        facts.results.push({ id: text(block['tool_use_id']), texts: textsIn(block['content']) });
      }
    }
  }
  for (const tool of list(body['tools'])) {
    const isOwn = tool['input_schema'] !== undefined;
    (isOwn ? facts.tools : facts.serverTools).push(text(tool['name']));
  }
  const format = object(object(body['output_config'])['format'] ?? body['output_format']);
  if (format['type'] === 'json_schema') facts.format = format['schema'];
}
