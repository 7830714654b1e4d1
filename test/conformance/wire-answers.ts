// What a careful client makes of an answer, recorded or encoded by us, in each dialect. Hand-written from the vendors'
// pages; knows nothing of the codecs under test, so that both sides of a comparison can be read with it.

import { openEnvelope } from '../../daemon/dialects/envelope.ts';
import { isJsonObject } from '../../daemon/util/json.ts';
import type { Json } from './wire-fixtures.ts';

/** `tools`: the client has calls to answer. `blocked`: refused or filtered. */
export type FinishClass = 'stop' | 'tools' | 'length' | 'blocked' | 'other';

export interface ToolCall {
  id: string;
  /** With its namespace as `<namespace>__<name>`. */
  name: string;
  /** As text where the dialect has text. */
  raw: string | undefined;
  /** The arguments as a JSON value; a text where the input is free text. */
  value: unknown;
  isText: boolean;
}

export interface Choice {
  text: string;
  reasoning: string;
  refusal: string;
  finish: FinishClass;
  readonly tools: ToolCall[];
}

/** Input, cache reads, cache writes, output, reasoning; totals include their parts. */
export type Counts = readonly [number, number, number, number, number];

export interface Answer {
  readonly choices: ReadonlyMap<number, Choice>;
  readonly usage: Counts | undefined;
  /**
   * Proofs of thoughts: the vendor's own, or those of another vendor in our envelopes. Of `reasoning_details` the
   * proofs in them, since the details of a stream come in pieces.
   */
  readonly seals: readonly string[];
  /** Everything in the answer that is not read above, by its wire name. */
  readonly others: ReadonlySet<string>;
}

export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const object = (value: unknown): Json => (isJsonObject(value) ? { ...value } : {});
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Parsed data of the events of a stream, without our parser's help. */
export function dataOf(stream: string | Buffer): readonly Json[] {
  return stream
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}

const saysNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

function newChoice(): Choice {
  return { text: '', reasoning: '', refusal: '', finish: 'stop', tools: [] };
}

/** Dialects say in different ways that tools are to be called and that the model refused; what the answer holds counts. */
function settle(choice: Choice, finish: FinishClass): void {
  const isWhole = finish === 'stop' || finish === 'tools';
  if (isWhole && choice.refusal !== '') choice.finish = 'blocked';
  else if (isWhole) choice.finish = choice.tools.length > 0 ? 'tools' : 'stop';
  else choice.finish = finish;
}

/** Arguments that are not JSON stay text. */
function valueOf(args: string): unknown {
  if (args.trim() === '') return {};
  try {
    return JSON.parse(args) as unknown;
  } catch {
    return args;
  }
}

// ---- chat completions ----

const CHAT_FINISH: Readonly<Record<string, FinishClass>> = {
  '': 'stop',
  stop: 'stop',
  eos: 'stop', // Together
  tool_calls: 'tools',
  length: 'length',
  content_filter: 'blocked',
};

const CHAT_MEMBERS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
]);

/** Say nothing that is not said elsewhere in the same delta. */
const CHAT_REMARKS: ReadonlySet<string> = new Set([
  'channel', // Groq: `analysis` beside `reasoning`
  'thought_signature', // Google's compatible endpoint: stands in `extra_content` too
]);

/** `chunks`: those of a stream, or one plain answer. */
export function readChat(chunks: readonly Json[]): Answer {
  const choices = new Map<number, Choice>();
  const finishes = new Map<number, string>();
  const others = new Set<string>();
  const seals: string[] = [];
  for (const entry of chunks.flatMap((chunk) => list(chunk['choices']))) {
    const index = Number(entry['index'] ?? 0);
    const choice = choices.get(index) ?? newChoice();
    choices.set(index, choice);
    finishes.set(index, (finishes.get(index) ?? '') || text(entry['finish_reason']));
    const delta = object(entry['delta'] ?? entry['message']);
    readChatDelta(choice, delta, others);
    for (const detail of list(delta['reasoning_details'])) {
      for (const name of ['signature', 'data']) addSeal(seals, text(detail[name]));
    }
    if (!saysNothing(entry['logprobs'])) others.add('logprobs');
    for (const [name, value] of Object.entries(delta)) {
      if (!CHAT_MEMBERS.has(name) && !CHAT_REMARKS.has(name) && !saysNothing(value)) others.add(name);
    }
  }
  for (const [index, choice] of choices) {
    for (const tool of choice.tools) if (!tool.isText) tool.value = valueOf(tool.raw ?? '');
    settle(choice, CHAT_FINISH[finishes.get(index) ?? ''] ?? 'other');
  }
  const usage = chunks
    .map((chunk) => chunk['usage'] ?? object(chunk['x_groq'])['usage'])
    .findLast((value) => isJsonObject(value));
  return { choices, usage: usage === undefined ? undefined : chatCounts(object(usage)), seals, others };
}

function readChatDelta(choice: Choice, delta: Json, others: Set<string>): void {
  const details = list(delta['reasoning_details']).map((one) => text(one['text']) || text(one['summary']));
  choice.reasoning += text(delta['reasoning_content']) || text(delta['reasoning']) || details.join('');
  choice.text += text(delta['content']);
  for (const part of list(delta['content'])) {
    choice.text += text(part['text']);
    for (const thought of list(part['thinking'])) choice.reasoning += text(thought['text']);
    if (part['type'] !== 'text' && part['type'] !== 'thinking') others.add(text(part['type']));
  }
  choice.refusal += text(delta['refusal']);
  for (const [position, call] of list(delta['tool_calls']).entries()) {
    const custom = object(call['custom']);
    const isText = call['custom'] !== undefined;
    const called = isText ? custom : object(call['function']);
    const slot = Number(call['index'] ?? position);
    const tool = (choice.tools[slot] ??= { id: '', name: '', raw: '', value: '', isText });
    tool.id ||= text(call['id']);
    tool.name ||= text(called['name']);
    tool.raw = (tool.raw ?? '') + text(called[isText ? 'input' : 'arguments']);
    tool.value = tool.raw;
  }
}

/** By the rules of the vendors' pages. */
function chatCounts(wire: Json): Counts {
  const inputDetails = object(wire['prompt_tokens_details']);
  const outputDetails = object(wire['completion_tokens_details']);
  const input = count(wire['prompt_tokens']);
  // Google's compatible endpoint leaves thoughts out of the completion and counts them in the total.
  const unlisted = Math.max(0, count(wire['total_tokens']) - input - count(wire['completion_tokens']));
  const output = count(wire['completion_tokens']) + unlisted;
  const cached = count(
    inputDetails['cached_tokens'] ??
      wire['prompt_cache_hit_tokens'] ??
      wire['cached_tokens'] ??
      wire['num_cached_tokens'],
  );
  const read = Math.min(cached, input);
  const written = Math.min(count(inputDetails['cache_write_tokens']), input - read);
  const reasoning = Number(outputDetails['reasoning_tokens'] ?? wire['reasoning_tokens'] ?? unlisted);
  return [input, read, written, output, Math.min(reasoning, output)];
}

// ---- Responses ----

/** A response object; `done`: its items as they were finished one by one in a stream. */
export function readResponse(response: Json, done?: readonly Json[]): Answer {
  const choice = newChoice();
  const others = new Set<string>();
  const seals: string[] = [];
  for (const item of done ?? list(response['output'])) readOutputItem(choice, item, others, seals);
  const reason = text(object(response['incomplete_details'])['reason']);
  const status = text(response['status']);
  if (status === 'incomplete') settle(choice, reason === 'max_output_tokens' ? 'length' : 'blocked');
  else settle(choice, status === 'queued' || status === 'in_progress' ? 'other' : 'stop');
  const usage = isJsonObject(response['usage']) ? responseCounts(object(response['usage'])) : undefined;
  return { choices: new Map([[0, choice]]), usage, seals, others };
}

function readOutputItem(choice: Choice, item: Json, others: Set<string>, seals: string[]): void {
  const type = text(item['type']);
  if (type === 'message') {
    for (const part of list(item['content'])) {
      if (part['type'] === 'refusal') choice.refusal += text(part['refusal']);
      else choice.text += text(part['text']);
      for (const name of ['annotations', 'logprobs']) if (!saysNothing(part[name])) others.add(name);
    }
    if (!saysNothing(item['phase'])) others.add('phase');
  } else if (type === 'reasoning') {
    const thoughts = [...list(item['summary']), ...list(item['content'])].map((part) => text(part['text']));
    choice.reasoning += thoughts.join('\n\n');
    addSeal(seals, text(item['encrypted_content']));
  } else if (type === 'function_call' || type === 'custom_tool_call') {
    const isText = type === 'custom_tool_call';
    const raw = text(item[isText ? 'input' : 'arguments']);
    const name = [text(item['namespace']), text(item['name'])].filter((one) => one !== '').join('__');
    choice.tools.push({ id: text(item['call_id']), name, raw, value: isText ? raw : valueOf(raw), isText });
    if (!saysNothing(item['caller']) && object(item['caller'])['type'] !== 'direct') others.add('caller');
  } else others.add(type);
}

/** Of a stream: its first end, and the items as they were done. */
export function readResponseStream(stream: string | Buffer): Answer {
  const events = dataOf(stream);
  const end = events.findIndex(({ type }) => /^response\.(completed|incomplete|failed)$/.test(text(type)));
  const done = events
    .slice(0, end)
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => object(item));
  return readResponse(object(events[end]?.['response']), done);
}

function responseCounts(usage: Json): Counts {
  const input = object(usage['input_tokens_details']);
  const output = object(usage['output_tokens_details']);
  return [
    count(usage['input_tokens']),
    count(input['cached_tokens']),
    count(input['cache_write_tokens']),
    count(usage['output_tokens']),
    count(output['reasoning_tokens']),
  ];
}

// ---- Anthropic messages ----

const MESSAGE_FINISH: Readonly<Record<string, FinishClass>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tools',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'blocked',
};

export function readMessage(message: Json): Answer {
  const choice = newChoice();
  const others = new Set<string>();
  const seals: string[] = [];
  for (const block of list(message['content'])) {
    switch (block['type']) {
      case 'text':
        choice.text += text(block['text']);
        if (!saysNothing(block['citations'])) others.add('citations');
        break;
      case 'thinking':
        choice.reasoning += text(block['thinking']);
        addSeal(seals, text(block['signature']));
        break;
      case 'redacted_thinking':
        addSeal(seals, text(block['data']));
        break;
      case 'tool_use':
        choice.tools.push({
          id: text(block['id']),
          name: text(block['name']),
          raw: undefined,
          value: block['input'],
          isText: false,
        });
        if (!saysNothing(block['caller']) && object(block['caller'])['type'] !== 'direct')
          others.add('caller');
        break;
      default:
        others.add(text(block['type']));
    }
  }
  const details = object(message['stop_details']);
  choice.refusal = text(details['explanation']);
  for (const name of ['container', 'context_management', 'stop_sequence']) {
    if (!saysNothing(message[name])) others.add(name);
  }
  settle(choice, MESSAGE_FINISH[text(message['stop_reason'])] ?? 'other');
  return { choices: new Map([[0, choice]]), usage: messageCounts(object(message['usage'])), seals, others };
}

function messageCounts(usage: Json): Counts {
  const read = count(usage['cache_read_input_tokens']);
  const written = count(usage['cache_creation_input_tokens']);
  const thinking = count(object(usage['output_tokens_details'])['thinking_tokens']);
  return [
    count(usage['input_tokens']) + read + written,
    read,
    written,
    count(usage['output_tokens']),
    thinking,
  ];
}

/**
 * The first message of a recording, announced once and with the stops that gateways forgot, as the SDKs want it: they
 * refuse a second message_start.
 */
export function firstMessage(stream: Buffer): string {
  let isAnnounced = false;
  const events: Json[] = [];
  for (const data of dataOf(stream)) {
    const isStart = data['type'] === 'message_start';
    if (!(isStart && isAnnounced)) events.push(data);
    isAnnounced ||= isStart;
    if (data['type'] === 'message_stop') break;
  }
  return events.map((data) => `event: ${text(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}

// ---- Google ----

const GOOGLE_FINISH: Readonly<Record<string, FinishClass>> = {
  '': 'stop',
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'blocked',
  PROHIBITED_CONTENT: 'blocked',
};

const PART_MEMBERS: ReadonlySet<string> = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'thought_signature',
  'functionCall',
  'function_call',
]);

/** Beside the parts of a candidate. */
const REMARKS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'logprobsResult'];

/** Google's fields, whichever way they are spelled. */
const get = (from: Json, name: string): unknown =>
  from[name] ?? from[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];

/** `chunks`: those of a stream, or one plain answer. */
export function readGoogle(chunks: readonly Json[]): Answer {
  const choices = new Map<number, Choice>();
  const finishes = new Map<number, string>();
  const others = new Set<string>();
  const seals: string[] = [];
  for (const chunk of chunks) {
    for (const [position, candidate] of list(chunk['candidates']).entries()) {
      const index = Number(candidate['index'] ?? position);
      const choice = choices.get(index) ?? newChoice();
      choices.set(index, choice);
      for (const part of list(object(candidate['content'])['parts'])) readPart(choice, part, others, seals);
      for (const name of REMARKS) if (!saysNothing(get(candidate, name))) others.add(name);
      const reason = candidate['finishReason'] === 1 ? 'STOP' : text(candidate['finishReason']);
      finishes.set(index, (finishes.get(index) ?? '') || reason);
    }
    const blocked = text(object(chunk['promptFeedback'])['blockReason']);
    if (blocked !== '') {
      choices.set(0, newChoice());
      finishes.set(0, 'SAFETY');
    }
  }
  for (const [index, choice] of choices) settle(choice, GOOGLE_FINISH[finishes.get(index) ?? ''] ?? 'other');
  const usages = chunks.map((chunk) => object(chunk['usageMetadata']));
  const usage = usages.findLast((one) => one['promptTokenCount'] !== undefined);
  return { choices, usage: usage === undefined ? undefined : googleCounts(usage), seals, others };
}

function readPart(choice: Choice, part: Json, others: Set<string>, seals: string[]): void {
  const wireCall = get(part, 'functionCall');
  const isCarried = part['text'] !== undefined || wireCall !== undefined;
  if (part['thought'] === true) choice.reasoning += text(part['text']);
  else choice.text += text(part['text']);
  if (isCarried) addSeal(seals, text(get(part, 'thoughtSignature')));
  for (const [name, value] of Object.entries(part)) {
    if (!PART_MEMBERS.has(name) && !saysNothing(value)) others.add(name);
  }
  if (wireCall === undefined) return;
  const call = object(wireCall);
  if (call['name'] !== undefined) {
    const value = call['args'] ?? {};
    choice.tools.push({
      id: text(call['id']),
      name: text(call['name']),
      raw: undefined,
      value,
      isText: false,
    });
  }
  const last = choice.tools.at(-1);
  for (const piece of list(call['partialArgs'])) {
    const args = object(last?.value);
    const key = text(piece['jsonPath']).slice('$.'.length);
    if (last !== undefined) last.value = { ...args, [key]: text(args[key]) + text(piece['stringValue']) };
  }
}

function googleCounts(wire: Json): Counts {
  const thoughts = count(wire['thoughtsTokenCount']);
  const input = count(wire['promptTokenCount']) + count(wire['toolUsePromptTokenCount']);
  const cached = count(wire['cachedContentTokenCount']);
  return [input, cached, 0, count(wire['candidatesTokenCount']) + thoughts, thoughts];
}

// ---- Ollama ----

/** `lines`: those of a stream, or one plain answer. */
export function readOllama(lines: readonly Json[]): Answer {
  const choice = newChoice();
  for (const line of lines) {
    const message = object(line['message']);
    choice.text += text(message['content']);
    choice.reasoning += text(message['thinking']);
    for (const call of list(message['tool_calls'])) {
      const { name, arguments: value } = object(call['function']);
      choice.tools.push({ id: text(call['id']), name: text(name), raw: undefined, value, isText: false });
    }
  }
  const last = lines.at(-1) ?? {};
  settle(choice, last['done_reason'] === 'length' ? 'length' : last['done'] === true ? 'stop' : 'other');
  const usage: Counts = [count(last['prompt_eval_count']), 0, 0, count(last['eval_count']), 0];
  return { choices: new Map([[0, choice]]), usage, seals: [], others: new Set() };
}

/** What is in our envelopes is the seal; one that only names a maker is none. */
function addSeal(seals: string[], wire: string): void {
  const seal = openEnvelope(wire);
  if (seal === undefined) {
    if (wire !== '') seals.push(wire);
  } else if (seal.value !== '') seals.push(seal.value);
}
