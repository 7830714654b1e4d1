// A conversation as the simulated client keeps it: neutral items that only ever grow, each rendered once for the client's
// wire format. Also knows the prompt as a provider without a router would see it, for the comparisons.

import { chainHash, type PromptPrefixes } from './prompt-cache.ts';
import { BYTES_PER_TOKEN } from './texts.ts';

export type ClientDialect = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly schema: object;
}

/** The program that calls: its system text and tools. */
export interface Frame {
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  /** Differs from that of other frames. */
  readonly hash: number;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
}

export type Item =
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'assistant'; readonly text: string; readonly call: ToolCall | null }
  | { readonly kind: 'result'; readonly callId: string; readonly text: string; readonly isError: boolean };

/** One item as bytes of the body, plain and with a cache mark (where the dialect has one). */
export interface RenderedItem {
  readonly plain: string;
  readonly marked: string;
  readonly isUserTurn: boolean;
}

/** Every text of a prompt is counted by its bytes, and calls and results for what stands around them, in any dialect. */
export const TOKENS_AROUND_CALL = 8;

export function textTokens(text: string): number {
  return Buffer.byteLength(text) / BYTES_PER_TOKEN;
}

export function toolTokens({ name, description, schema }: ToolDefinition): number {
  return textTokens(name + description + JSON.stringify(schema)) + TOKENS_AROUND_CALL;
}

export function itemTokens(item: Item): number {
  if (item.kind === 'user') return textTokens(item.text);
  if (item.kind === 'result') return textTokens(item.text) + TOKENS_AROUND_CALL;
  const { text, call } = item;
  return textTokens(text) + (call === null ? 0 : textTokens(call.name + call.input) + TOKENS_AROUND_CALL);
}

let nextItemHash = 1;

export class Conversation {
  readonly frame: Frame;
  readonly dialect: ClientDialect;
  /** What the session's headers and body say of it; the same for all its requests. */
  readonly id: string;
  readonly kind: 'main' | 'subagent' | 'background';
  readonly rendered: RenderedItem[] = [];
  readonly #hashes: number[] = [];
  readonly #refTokens: number[] = [];
  /** Raised when the history is replaced. */
  generation = 0;

  constructor(given: Pick<Conversation, 'frame' | 'dialect' | 'id' | 'kind'>) {
    this.frame = given.frame;
    this.dialect = given.dialect;
    this.id = given.id;
    this.kind = given.kind;
    this.#begin();
  }

  add(item: Item): void {
    this.rendered.push(renderItem(this.dialect, item));
    nextItemHash = (nextItemHash + 1) | 0;
    this.#hashes.push(chainHash(this.#hashes.at(-1) ?? 0, Math.imul(nextItemHash, 0x27d4eb2f) >>> 0));
    this.#refTokens.push(this.refTokens + itemTokens(item));
  }

  /** The history goes, what is given comes in its place. */
  restart(items: readonly Item[]): void {
    this.rendered.length = 0;
    this.#hashes.length = 0;
    this.#refTokens.length = 0;
    this.generation += 1;
    this.#begin();
    for (const item of items) this.add(item);
  }

  get refTokens(): number {
    return this.#refTokens.at(-1) ?? 0;
  }

  /**
   * As a provider sees it when its cache is used as well as it can be: four marks, as far apart as is looked back. `end`:
   * only the automatic mark at the end.
   */
  prompt(marks: 'all' | 'end' = 'all'): PromptPrefixes {
    const end = this.#hashes.length - 1;
    const isMarked = this.frame.tools.length > 0;
    const wanted = marks === 'end' ? [end] : [0, end - 38, end - 19, end];
    const indexes = isMarked ? wanted.filter((index) => index >= 0) : [];
    return {
      hashes: this.#hashes,
      refTokens: this.#refTokens,
      marks: [...new Set(indexes)].map((index) => ({ index, ttlS: 300 })),
    };
  }

  #begin(): void {
    const { system, tools, hash } = this.frame;
    this.#hashes.push(chainHash(1, hash));
    this.#refTokens.push(textTokens(system) + tools.reduce((sum, tool) => sum + toolTokens(tool), 0));
  }
}

const MARK = ',"cache_control":{"type":"ephemeral"}';

function renderItem(dialect: ClientDialect, item: Item): RenderedItem {
  if (dialect === 'anthropic-messages') return renderForMessages(item);
  const plain = dialect === 'openai-chat' ? renderForChat(item) : renderForResponses(item);
  return { plain, marked: plain, isUserTurn: item.kind !== 'assistant' };
}

function renderForMessages(item: Item): RenderedItem {
  if (item.kind === 'assistant') {
    const blocks = [
      ...(item.text === '' ? [] : [JSON.stringify({ type: 'text', text: item.text })]),
      ...(item.call === null ? [] : [toolUse(item.call)]),
    ];
    const plain = `{"role":"assistant","content":[${blocks.join(',')}]}`;
    return { plain, marked: plain, isUserTurn: false };
  }
  const block =
    item.kind === 'user'
      ? { type: 'text', text: item.text }
      : {
          type: 'tool_result',
          tool_use_id: item.callId,
          content: item.text,
          ...(item.isError ? { is_error: true } : {}),
        };
  const json = JSON.stringify(block);
  const wrap = (content: string): string => `{"role":"user","content":[${content}]}`;
  return { plain: wrap(json), marked: wrap(`${json.slice(0, -1)}${MARK}}`), isUserTurn: true };
}

function toolUse({ id, name, input }: ToolCall): string {
  return `{"type":"tool_use","id":${JSON.stringify(id)},"name":${JSON.stringify(name)},"input":${input}}`;
}

function renderForChat(item: Item): string {
  if (item.kind === 'user') return JSON.stringify({ role: 'user', content: item.text });
  if (item.kind === 'result') {
    return JSON.stringify({ role: 'tool', tool_call_id: item.callId, content: item.text });
  }
  const { text, call } = item;
  const content = text === '' ? null : text;
  if (call === null) return JSON.stringify({ role: 'assistant', content });
  const { id, name, input } = call;
  const toolCalls = [{ id, type: 'function', function: { name, arguments: input } }];
  return JSON.stringify({ role: 'assistant', content, tool_calls: toolCalls });
}

function renderForResponses(item: Item): string {
  if (item.kind === 'user') {
    const content = [{ type: 'input_text', text: item.text }];
    return JSON.stringify({ type: 'message', role: 'user', content });
  }
  if (item.kind === 'result') {
    return JSON.stringify({ type: 'function_call_output', call_id: item.callId, output: item.text });
  }
  const { text, call } = item;
  const content = [{ type: 'output_text', text }];
  const parts = [
    ...(text === '' ? [] : [JSON.stringify({ type: 'message', role: 'assistant', content })]),
    ...(call === null
      ? []
      : [
          JSON.stringify({
            type: 'function_call',
            call_id: call.id,
            name: call.name,
            arguments: call.input,
          }),
        ]),
  ];
  return parts.join(',');
}
