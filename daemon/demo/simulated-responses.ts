// OpenAI's Responses format, as the second SIMULATED provider speaks it: every prompt is cached, and thoughts go out and
// come back encrypted (https://platform.openai.com/docs/api-reference/responses-streaming, checked 2026-11-21).

import { arrayOf, isJsonObject, objectOf, stringOf, type JsonObject, type JsonValue } from '../util/json.ts';
import {
  frameOf,
  wordsOf,
  type SimulatedFrame,
  type SimulatedTurn,
  type SimulatedUsage,
  type SimulatedWire,
} from './simulated-wire.ts';

export const simulatedResponses: SimulatedWire = {
  dialect: 'openai-responses',
  path: '/v1/responses',

  readAsk(body) {
    const items = itemsOf(body);
    const lastUser = items.findLastIndex(({ role }) => role === 'user');
    const since = items.slice(lastUser + 1);
    return {
      words: lastTextOf(items[lastUser]?.['content']),
      toolResults: since.filter(({ type }) => type === 'function_call_output').length,
      hasTools: arrayOf(body['tools']).length > 0,
      wantsJson: objectOf(objectOf(body['text'])?.['format'])?.['type'] === 'json_schema',
      wantsThoughts: arrayOf(body['include']).includes('reasoning.encrypted_content'),
    };
  },

  promptOf(body) {
    const pieces = [body['tools'] ?? [], body['instructions'] ?? '', ...itemsOf(body)];
    return pieces.map((piece) => ({ text: JSON.stringify(piece), isMarked: false }));
  },

  thoughtsOf(body) {
    return itemsOf(body)
      .filter(({ type }) => type === 'reasoning')
      .map((item) => ({
        thought: arrayOf(item['summary'])
          .map((part) => stringOf(objectOf(part)?.['text']) ?? '')
          .join(''),
        proof: stringOf(item['encrypted_content']) ?? '',
      }));
  },

  plain: (turn) => responseOf(turn, 'completed'),

  frames(turn) {
    const events = [
      { event: { type: 'response.created', response: responseOf(turn, 'in_progress') } },
      ...outputOf(turn).flatMap((item, index) => itemEvents(turn, item, index)),
      { event: { type: 'response.completed', response: responseOf(turn, 'completed') } },
    ] satisfies StreamedEvent[];
    return events.map(({ event, answer }: StreamedEvent, index): SimulatedFrame =>
      frameOf({ ...event, sequence_number: index }, answer),
    );
  },

  error: (message) => ({ error: { message, type: 'simulated_error', code: null, param: null } }),
};

interface StreamedEvent {
  readonly event: JsonObject;
  readonly answer?: string;
}

function itemEvents({ answer }: SimulatedTurn, item: JsonObject, index: number): readonly StreamedEvent[] {
  const at = { output_index: index, item_id: item['id'] ?? '' };
  const added = { type: 'response.output_item.added', output_index: index };
  const done = { event: { type: 'response.output_item.done', output_index: index, item } };
  switch (item['type']) {
    case 'reasoning': {
      const part = { ...at, summary_index: 0 };
      const type = 'response.reasoning_summary';
      return [
        { event: { ...added, item: { ...item, summary: [], encrypted_content: '' } } },
        { event: { type: `${type}_part.added`, ...part, part: summaryPart('') } },
        ...wordsOf(answer.thought).map((delta) => ({
          event: { type: `${type}_text.delta`, ...part, delta },
          answer: delta,
        })),
        { event: { type: `${type}_text.done`, ...part, text: answer.thought } },
        { event: { type: `${type}_part.done`, ...part, part: summaryPart(answer.thought) } },
        done,
      ];
    }
    case 'message': {
      const part = { ...at, content_index: 0 };
      const type = 'response.output_text';
      return [
        { event: { ...added, item: { ...item, status: 'in_progress', content: [] } } },
        { event: { type: 'response.content_part.added', ...part, part: textPart('') } },
        ...wordsOf(answer.text).map((delta) => ({
          event: { type: `${type}.delta`, ...part, delta },
          answer: delta,
        })),
        { event: { type: `${type}.done`, ...part, text: answer.text } },
        { event: { type: 'response.content_part.done', ...part, part: textPart(answer.text) } },
        done,
      ];
    }
    default: {
      const type = 'response.function_call_arguments';
      const { name = '', input = '' } = answer.toolCall ?? {};
      return [
        { event: { ...added, item: { ...item, status: 'in_progress', arguments: '' } }, answer: name },
        { event: { type: `${type}.delta`, ...at, delta: input }, answer: input },
        { event: { type: `${type}.done`, ...at, arguments: input } },
        done,
      ];
    }
  }
}

function responseOf(turn: SimulatedTurn, status: 'in_progress' | 'completed'): JsonObject {
  const isDone = status === 'completed';
  return {
    id: `resp_${turn.id}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model: turn.model,
    status,
    output: isDone ? outputOf(turn) : [],
    usage: isDone ? usageOf(turn.usage) : null,
    error: null,
    incomplete_details: null,
  };
}

function outputOf({ id, answer, proof }: SimulatedTurn): readonly JsonObject[] {
  const { thought, text, toolCall } = answer;
  const summary = [summaryPart(thought)];
  const call = toolCall === null ? null : { name: toolCall.name, arguments: toolCall.input };
  const message = { role: 'assistant', content: [textPart(text)] };
  const status = 'completed';
  return [
    ...(thought === '' ? [] : [{ type: 'reasoning', id: `rs_${id}`, summary, encrypted_content: proof }]),
    ...(text === '' ? [] : [{ type: 'message', id: `msg_${id}`, status, ...message }]),
    ...(call === null
      ? []
      : [{ type: 'function_call', id: `fc_${id}`, call_id: `call_${id}`, status, ...call }]),
  ];
}

function summaryPart(text: string): JsonObject {
  return { type: 'summary_text', text };
}

function textPart(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [] };
}

function usageOf(usage: SimulatedUsage): JsonObject {
  const { inputTokens, cachedTokens, outputTokens, thoughtTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: thoughtTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function itemsOf({ input }: JsonObject): readonly JsonObject[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : arrayOf(input).filter(isJsonObject);
}

/** Text content, or the last of several texts. */
function lastTextOf(content: JsonValue | undefined): string {
  const texts = arrayOf(content).flatMap((part) => stringOf(objectOf(part)?.['text']) ?? []);
  return stringOf(content) ?? texts.at(-1) ?? '';
}
