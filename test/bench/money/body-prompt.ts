// The prompt in the body of an upstream request, as the provider's cache sees it: tools, system text and messages in
// order, block by block, cache marks left out. What was read once is remembered by its bytes, so that a long body costs
// one scan.
import { crc32 } from 'node:zlib';
import { arrayOf, objectOf, stringOf, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import { elementsOf, membersOf, OPEN_ARRAY } from './body-spans.ts';
import { TOKENS_AROUND_CALL, textTokens } from './conversation.ts';
import type { SimulatedModel } from './model-sets.ts';
import { chainHash, type PromptPrefixes } from './prompt-cache.ts';

export interface UpstreamBody {
  readonly model: string;
  readonly isStreaming: boolean;
  readonly prompt: PromptPrefixes;
  /** Why a real provider would refuse it; null = it would not. */
  readonly refusal: string | null;
}

interface Block {
  readonly hash: number;
  readonly refTokens: number;
  /** Asked lifetime in the cache; 0 = not marked. */
  readonly markTtlS: number;
}

type Dialect = SimulatedModel['dialect'];
type ReadPiece = (piece: JsonValue) => readonly Block[];

const MAX_MARKS = 4;
const DEFAULT_TTL_S = 300;

export class BodyReader {
  readonly #known = new Map<number, readonly Block[]>();

  read(dialect: Dialect, body: Buffer): UpstreamBody {
    const members = membersOf(body);
    const valueOf = (name: string): JsonValue => {
      const span = members.get(name);
      return span === undefined ? null : (JSON.parse(body.toString('utf8', span[0], span[1])) as JsonValue);
    };
    const blocks: Block[] = [];
    const readAll = (name: string, read: ReadPiece): void => {
      const span = members.get(name);
      if (span === undefined) return;
      const spans = body[span[0]] === OPEN_ARRAY ? elementsOf(body, span[0]) : [span];
      for (const [start, end] of spans) blocks.push(...this.#piece(name, body.subarray(start, end), read));
    };
    readAll('tools', readTool);
    if (dialect === 'anthropic-messages') {
      readAll('system', readSystem);
      readAll('messages', readMessage);
    } else if (dialect === 'openai-chat') {
      readAll('messages', readChatMessage);
    } else {
      readAll('instructions', readSystem);
      readAll('input', readInputItem);
    }
    const automaticMark = members.has('cache_control') ? ttlOf(valueOf('cache_control')) : 0;
    const marks = blocks.flatMap(({ markTtlS }, index) => (markTtlS > 0 ? [{ index, ttlS: markTtlS }] : []));
    if (automaticMark > 0 && marks.at(-1)?.index !== blocks.length - 1) {
      marks.push({ index: blocks.length - 1, ttlS: automaticMark });
    }
    return {
      model: stringOf(valueOf('model')) ?? '',
      isStreaming: valueOf('stream') === true,
      prompt: { ...prefixesOf(blocks), marks },
      refusal:
        marks.length > MAX_MARKS ? `a maximum of 4 blocks with cache_control, found ${marks.length}` : null,
    };
  }

  /** Forgets what it read; keeps the memory of a long run small. */
  clear(): void {
    this.#known.clear();
  }

  #piece(name: string, bytes: Buffer, read: ReadPiece): readonly Block[] {
    const key = (crc32(bytes, name.length) >>> 0) * 2_097_152 + (bytes.length & 0x1fffff);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const blocks = read(JSON.parse(bytes.toString('utf8')) as JsonValue);
    this.#known.set(key, blocks);
    return blocks;
  }
}

function prefixesOf(blocks: readonly Block[]): Pick<PromptPrefixes, 'hashes' | 'refTokens'> {
  const hashes: number[] = [];
  const refTokens: number[] = [];
  let hash = 1;
  let tokens = 0;
  for (const block of blocks) {
    hash = chainHash(hash, block.hash);
    tokens += block.refTokens;
    hashes.push(hash);
    refTokens.push(tokens);
  }
  return { hashes, refTokens };
}

// ---- what stands in a piece ----

function blockOf(role: string, piece: JsonValue, refTokens: number): Block {
  const object = objectOf(piece);
  const mark = object?.['cache_control'];
  const { cache_control: _, ...rest } = object ?? {};
  const content = JSON.stringify(object === undefined ? piece : rest);
  const markTtlS = mark === undefined || mark === null ? 0 : ttlOf(mark);
  return { hash: crc32(`${role} ${content}`) >>> 0, refTokens, markTtlS };
}

function ttlOf(mark: JsonValue): number {
  return objectOf(mark)?.['ttl'] === '1h' ? 3600 : DEFAULT_TTL_S;
}

const readTool: ReadPiece = (piece) => {
  const object = objectOf(piece);
  const tool = objectOf(object?.['function']) ?? object;
  const schema = tool?.['parameters'] ?? tool?.['input_schema'] ?? {};
  const words = `${stringOf(tool?.['name']) ?? ''}${stringOf(tool?.['description']) ?? ''}`;
  return [blockOf('tool', piece, textTokens(words + JSON.stringify(schema)) + TOKENS_AROUND_CALL)];
};

const readSystem: ReadPiece = (piece) => [blockOf('system', piece, textTokens(textOf(piece)))];

const readMessage: ReadPiece = (piece) => {
  const message = objectOf(piece);
  const role = stringOf(message?.['role']) ?? '';
  const content = message?.['content'] ?? '';
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOf(content);
  return parts.map((part) => blockOf(role, part, messageBlockTokens(objectOf(part) ?? {})));
};

function messageBlockTokens(block: JsonObject): number {
  switch (block['type']) {
    case 'tool_use':
      return callTokens(block['name'], JSON.stringify(block['input'] ?? {}));
    case 'tool_result':
      return textTokens(textOf(block['content'] ?? '')) + TOKENS_AROUND_CALL;
    default:
      return textTokens(textOf(block));
  }
}

const readChatMessage: ReadPiece = (piece) => {
  const message = objectOf(piece) ?? {};
  const calls = arrayOf(message['tool_calls']).map((call) => objectOf(objectOf(call)?.['function']));
  const tokens =
    textTokens(textOf(message['content'] ?? '')) +
    (message['role'] === 'tool' ? TOKENS_AROUND_CALL : 0) +
    calls.reduce((sum, call) => sum + callTokens(call?.['name'], stringOf(call?.['arguments']) ?? ''), 0);
  return [blockOf('', piece, tokens)];
};

const readInputItem: ReadPiece = (piece) => {
  const item = objectOf(piece) ?? {};
  switch (item['type']) {
    case 'function_call':
      return [blockOf('', piece, callTokens(item['name'], stringOf(item['arguments']) ?? ''))];
    case 'function_call_output':
      return [blockOf('', piece, textTokens(textOf(item['output'] ?? '')) + TOKENS_AROUND_CALL)];
    default:
      return [blockOf('', piece, textTokens(textOf(item['content'] ?? piece)))];
  }
};

function callTokens(name: JsonValue | undefined, input: string): number {
  return textTokens((stringOf(name) ?? '') + input) + TOKENS_AROUND_CALL;
}

/** Text, a block of text, or all texts of several. */
function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(textOf).join('');
  return stringOf(objectOf(value)?.['text']) ?? '';
}
