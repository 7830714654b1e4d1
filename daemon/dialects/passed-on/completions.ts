// POST /v1/completions, which editors use for autocompletion: passed on to a provider that has it, priced and logged,
// never translated. An answer is a chat completion whose choices have a `text` instead of a message, and is read so
// (https://platform.openai.com/docs/api-reference/completions, checked 2026-11-21).

import { arrayOf, type JsonObject, objectOf, parseJsonObject } from '../../util/json.ts';
import type { Dialect } from '../dialect.ts';
import { openAiChat } from '../openai-chat/dialect.ts';
import { decodePlainRequest, encodePlainRequest, type PlainShape } from './plain-request.ts';
import { notTranslated } from './not-translated.ts';

const SHAPE: PlainShape = {
  dialect: 'openai-completions',
  textField: 'prompt',
  path: '/completions',
  canStream: true,
};

export const openAiCompletions: Dialect = {
  ...openAiChat,
  ...notTranslated,
  id: SHAPE.dialect,
  decodeRequest: (body) => decodePlainRequest(body, SHAPE),
  encodeRequest: (request, target) => encodePlainRequest(request, target, SHAPE),
  decodeResponse: (body) => openAiChat.decodeResponse(asChat(body, 'message')),
  createStreamDecoder() {
    const decoder = openAiChat.createStreamDecoder();
    return {
      push(frame) {
        const chunk = parseJsonObject(frame.data);
        return decoder.push(
          chunk === undefined ? frame : { ...frame, data: JSON.stringify(asChat(chunk, 'delta')) },
        );
      },
      end: () => decoder.end(),
    };
  },
};

function asChat(body: JsonObject, field: 'message' | 'delta'): JsonObject {
  if (!Array.isArray(body['choices'])) return body;
  const choices = arrayOf(body['choices']).map((entry) => {
    const choice = objectOf(entry) ?? {};
    return { ...choice, [field]: { content: choice['text'] ?? '' } };
  });
  return { ...body, choices };
}
