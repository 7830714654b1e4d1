// The chat completions format, as the third SIMULATED provider speaks it: every prompt is cached, nothing is signed.

import { arrayOf, isJsonObject, objectOf, stringOf, type JsonObject, type JsonValue } from '../util/json.ts';
import {
  frameOf,
  wordsOf,
  type SimulatedFrame,
  type SimulatedTurn,
  type SimulatedUsage,
  type SimulatedWire,
} from './simulated-wire.ts';

export const simulatedChat: SimulatedWire = {
  dialect: 'openai-chat',
  path: '/v1/chat/completions',

  readAsk(body) {
    const messages = arrayOf(body['messages']).filter(isJsonObject);
    const lastUser = messages.findLastIndex(({ role }) => role === 'user');
    return {
      words: lastTextOf(messages[lastUser]?.['content']),
      toolResults: messages.slice(lastUser + 1).filter(({ role }) => role === 'tool').length,
      hasTools: arrayOf(body['tools']).length > 0,
      wantsJson: objectOf(body['response_format'])?.['type'] === 'json_schema',
      wantsThoughts: false,
    };
  },

  promptOf(body) {
    const pieces = [body['tools'] ?? [], ...arrayOf(body['messages'])];
    return pieces.map((piece) => ({ text: JSON.stringify(piece), isMarked: false }));
  },

  thoughtsOf: () => [],

  plain(turn) {
    const { text, toolCall } = turn.answer;
    const message =
      toolCall === null
        ? { role: 'assistant', content: text }
        : { role: 'assistant', content: null, tool_calls: [toolCallOf(turn, toolCall.input)] };
    return {
      ...headOf(turn, 'chat.completion'),
      choices: [{ index: 0, message, finish_reason: finishOf(turn) }],
      usage: usageOf(turn.usage),
    };
  },

  frames(turn, body) {
    const { text, toolCall } = turn.answer;
    const head = headOf(turn, 'chat.completion.chunk');
    const chunk = (delta: JsonObject, finish: string | null, answer = ''): SimulatedFrame =>
      frameOf({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] }, answer);
    const wantsUsage = objectOf(body['stream_options'])?.['include_usage'] === true;
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...wordsOf(text).map((content) => chunk({ content }, null, content)),
      ...(toolCall === null
        ? []
        : [
            chunk({ tool_calls: [{ ...toolCallOf(turn, ''), index: 0 }] }, null, toolCall.name),
            chunk(
              { tool_calls: [{ index: 0, function: { arguments: toolCall.input } }] },
              null,
              toolCall.input,
            ),
          ]),
      chunk({}, finishOf(turn)),
      ...(wantsUsage ? [frameOf({ ...head, choices: [], usage: usageOf(turn.usage) })] : []),
      { text: 'data: [DONE]\n\n', answerBytes: 0 },
    ];
  },

  error: (message) => ({ error: { message, type: 'simulated_error', code: null, param: null } }),
};

function headOf({ id, model }: SimulatedTurn, object: string): JsonObject {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(Date.now() / 1000), model };
}

function finishOf({ answer }: SimulatedTurn): string {
  return answer.toolCall === null ? 'stop' : 'tool_calls';
}

function toolCallOf({ id, answer }: SimulatedTurn, input: string): JsonObject {
  const name = answer.toolCall?.name ?? '';
  return { id: `call_${id}`, type: 'function', function: { name, arguments: input } };
}

function usageOf({ inputTokens, cachedTokens, outputTokens }: SimulatedUsage): JsonObject {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** Text content, or the last of several texts. */
function lastTextOf(content: JsonValue | undefined): string {
  const texts = arrayOf(content).flatMap((part) => stringOf(objectOf(part)?.['text']) ?? []);
  return stringOf(content) ?? texts.at(-1) ?? '';
}
