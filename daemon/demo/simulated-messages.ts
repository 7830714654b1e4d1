// Anthropic's messages format, as the first SIMULATED provider speaks it: only what is marked is cached, and thoughts
// are signed (https://platform.claude.com/docs/en/build-with-claude/prompt-caching and /streaming, checked 2026-11-21).

import { arrayOf, isJsonObject, stringOf, type JsonObject, type JsonValue } from '../util/json.ts';
import {
  frameOf,
  wordsOf,
  type PromptPiece,
  type SimulatedFrame,
  type SimulatedTurn,
  type SimulatedUsage,
  type SimulatedWire,
} from './simulated-wire.ts';

export const simulatedMessages: SimulatedWire = {
  dialect: 'anthropic-messages',
  path: '/v1/messages',

  readAsk(body) {
    const messages = arrayOf(body['messages']).filter(isJsonObject);
    const isAsk = ({ role, content }: JsonObject): boolean =>
      role === 'user' && blocksOf(content).some(({ type }) => type === 'text');
    const lastUser = messages.findLastIndex(isAsk);
    const since = messages.slice(lastUser + 1).flatMap(({ content }) => blocksOf(content));
    return {
      words: textsOf(messages[lastUser]?.['content']).at(-1) ?? '',
      toolResults: since.filter(({ type }) => type === 'tool_result').length,
      hasTools: arrayOf(body['tools']).length > 0,
      wantsJson: body['output_config'] !== undefined,
      wantsThoughts: body['thinking'] !== undefined,
    };
  },

  promptOf(body) {
    const before = [body['tools'] ?? [], body['system'] ?? []];
    return [...before, ...arrayOf(body['messages'])].map(pieceOf);
  },

  thoughtsOf(body) {
    const blocks = arrayOf(body['messages'])
      .filter(isJsonObject)
      .flatMap(({ content }) => blocksOf(content));
    return blocks
      .filter(({ type }) => type === 'thinking')
      .map((block) => ({
        thought: stringOf(block['thinking']) ?? '',
        proof: stringOf(block['signature']) ?? '',
      }));
  },

  plain(turn) {
    const { thought, text, toolCall } = turn.answer;
    const content = [
      ...(thought === '' ? [] : [{ type: 'thinking', thinking: thought, signature: turn.proof }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...(toolCall === null ? [] : [{ ...toolUseOf(turn), input: JSON.parse(toolCall.input) as JsonObject }]),
    ];
    return { ...headOf(turn), content, stop_reason: stopOf(turn), usage: usageOf(turn.usage) };
  },

  frames(turn) {
    const { thought, text, toolCall } = turn.answer;
    const start = { ...headOf(turn), content: [], usage: usageOf({ ...turn.usage, outputTokens: 1 }) };
    const blocks: ((index: number) => readonly SimulatedFrame[])[] = [];
    if (thought !== '') {
      const signature = { type: 'signature_delta', signature: turn.proof };
      const deltas = wordsOf(thought).map((word) =>
        deltaOf({ type: 'thinking_delta', thinking: word }, word),
      );
      const opening = { type: 'thinking', thinking: '', signature: '' };
      blocks.push((index) => blockOf(index, opening, [...deltas, deltaOf(signature)]));
    }
    if (text !== '') {
      const deltas = wordsOf(text).map((word) => deltaOf({ type: 'text_delta', text: word }, word));
      blocks.push((index) => blockOf(index, { type: 'text', text: '' }, deltas));
    }
    if (toolCall !== null) {
      const delta = { type: 'input_json_delta', partial_json: toolCall.input };
      const deltas = [deltaOf(delta, toolCall.name + toolCall.input)];
      blocks.push((index) => blockOf(index, { ...toolUseOf(turn), input: {} }, deltas));
    }
    const end = { stop_reason: stopOf(turn), stop_sequence: null };
    return [
      frameOf({ type: 'message_start', message: start }),
      ...blocks.flatMap((block, index) => block(index)),
      frameOf({ type: 'message_delta', delta: end, usage: usageOf(turn.usage) }),
      frameOf({ type: 'message_stop' }),
    ];
  },

  error: (message) => ({ type: 'error', error: { type: 'api_error', message } }),
};

interface Delta {
  readonly delta: JsonObject;
  readonly answer: string;
}

function deltaOf(delta: JsonObject, answer = ''): Delta {
  return { delta, answer };
}

function blockOf(index: number, opening: JsonObject, deltas: readonly Delta[]): readonly SimulatedFrame[] {
  return [
    frameOf({ type: 'content_block_start', index, content_block: opening }),
    ...deltas.map(({ delta, answer }) => frameOf({ type: 'content_block_delta', index, delta }, answer)),
    frameOf({ type: 'content_block_stop', index }),
  ];
}

/** A mark is no part of what is cached: clients move theirs along from turn to turn. */
function pieceOf(piece: JsonValue): PromptPiece {
  let isMarked = false;
  const text = JSON.stringify(piece, (key, value: unknown) => {
    if (key !== 'cache_control') return value;
    isMarked = true;
    return undefined;
  });
  return { text, isMarked };
}

function headOf({ id, model }: SimulatedTurn): JsonObject {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    stop_reason: null,
    stop_sequence: null,
  };
}

function stopOf({ answer }: SimulatedTurn): string {
  return answer.toolCall === null ? 'end_turn' : 'tool_use';
}

function toolUseOf({ id, answer }: SimulatedTurn): JsonObject {
  return { type: 'tool_use', id: `toolu_${id}`, name: answer.toolCall?.name ?? '' };
}

/** Exclusive counts: input is what neither came out of the cache nor went into it. */
function usageOf(usage: SimulatedUsage): JsonObject {
  const { inputTokens, cachedTokens, writtenTokens, outputTokens, thoughtTokens } = usage;
  return {
    input_tokens: inputTokens - cachedTokens - writtenTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: writtenTokens,
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: thoughtTokens },
  };
}

function blocksOf(content: JsonValue | undefined): readonly JsonObject[] {
  return typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : arrayOf(content).filter(isJsonObject);
}

function textsOf(content: JsonValue | undefined): readonly string[] {
  return blocksOf(content).flatMap(({ type, text }) => (type === 'text' ? (stringOf(text) ?? []) : []));
}
