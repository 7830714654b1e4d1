// POST /v1/embeddings, which editors use to index a workspace: passed on to a provider that has it, priced and logged,
// never translated (https://platform.openai.com/docs/api-reference/embeddings, checked 2026-11-21).

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, parseJsonObject, stringOf } from '../../util/json.ts';
import type { Dialect } from '../dialect.ts';
import { openAiChat } from '../openai-chat/dialect.ts';
import { usageEventOf } from '../openai-chat/usage.ts';
import { decodePlainRequest, encodePlainRequest, type PlainShape } from './plain-request.ts';
import { notTranslated } from './not-translated.ts';

const SHAPE: PlainShape = {
  dialect: 'openai-embeddings',
  textField: 'input',
  path: '/embeddings',
  canStream: false,
};

export const openAiEmbeddings: Dialect = {
  ...openAiChat,
  ...notTranslated,
  id: SHAPE.dialect,
  decodeRequest: (body) => decodePlainRequest(body, SHAPE),
  encodeRequest: (request, target) => encodePlainRequest(request, target, SHAPE),
  decodeResponse: decodeEmbeddings,
  createStreamDecoder: () => {
    throw new Error('embeddings are never streamed');
  },
};

const NONE = new Float32Array(0);

/** The vectors of an answer in the order of the texts; null = it does not hold `count` of one length. */
export function vectorsIn(bytes: Buffer, count: number): readonly Float32Array[] | null {
  const vectors = new Map<number, Float32Array>();
  for (const [at, entry] of arrayOf(parseJsonObject(bytes.toString())?.['data']).entries()) {
    const { index, embedding } = objectOf(entry) ?? {};
    const numbers = arrayOf(embedding);
    const vector = Float32Array.from(numbers, (value) => numberOf(value) ?? Number.NaN);
    if (vector.length === 0 || !vector.every(Number.isFinite)) return null;
    vectors.set(numberOf(index) ?? at, vector);
  }
  const inOrder = Array.from({ length: count }, (_, at) => vectors.get(at) ?? NONE);
  const length = inOrder[0]?.length ?? 0;
  return length > 0 && inOrder.every((vector) => vector.length === length) ? inOrder : null;
}

function decodeEmbeddings(body: JsonObject): readonly StreamEvent[] {
  const vectors = arrayOf(body['data']);
  if (vectors.length === 0) {
    const [first] = openAiChat.decodeResponse(body);
    const isFailure = first?.type === 'response-failed' && body['error'] !== undefined;
    const message = 'the answer has no embeddings';
    return [isFailure ? first : { type: 'response-failed', failure: { kind: 'invalid-response', message } }];
  }
  const usage = usageEventOf(body['usage']);
  return [
    { type: 'response-start', responseId: '', responseModel: stringOf(body['model']) ?? '' },
    // Vectors are no text: nothing of them is counted as output.
    { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' },
    ...(usage === undefined ? [] : [usage]),
    { type: 'response-end' },
  ];
}
