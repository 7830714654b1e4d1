// What must hold of every answer to a client, told from its bytes alone and without the codecs: errors have the shape of
// the client's dialect, a complete answer has exactly one beginning and one end, a broken one has no end.

import { isJsonObject, parseJsonObject, type JsonObject } from '../../daemon/util/json.ts';
import type { SocketAnswer } from '../soak/http-socket.ts';

export type FuzzDialect =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'google-generate'
  | 'ollama-chat'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'count-tokens';

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const openAiError = (body: JsonObject): boolean =>
  isJsonObject(body['error']) && isText(body['error']['message']) && isText(body['error']['type']);
const anthropicError = (body: JsonObject): boolean =>
  body['type'] === 'error' &&
  isJsonObject(body['error']) &&
  isText(body['error']['type']) &&
  isText(body['error']['message']);

const IS_ERROR: Readonly<Record<FuzzDialect, (body: JsonObject, status: number) => boolean>> = {
  'openai-chat': openAiError,
  'openai-responses': openAiError,
  'openai-completions': openAiError,
  'openai-embeddings': openAiError,
  'anthropic-messages': anthropicError,
  'count-tokens': anthropicError,
  'google-generate': (body, status) =>
    isJsonObject(body['error']) &&
    body['error']['code'] === status &&
    isText(body['error']['message']) &&
    isText(body['error']['status']),
  'ollama-chat': (body) => isText(body['error']),
};

/** What is wrong with an error answer; undefined = nothing. */
export function faultOfError(dialect: FuzzDialect, answer: SocketAnswer): string | undefined {
  const text = answer.body.toString();
  const body = parseJsonObject(text);
  if (body === undefined) return `an error that is no JSON object: ${text.slice(0, 200)}`;
  if (!IS_ERROR[dialect](body, answer.status))
    return `an error in another dialect's shape: ${text.slice(0, 200)}`;
  return /\bat \S+ \(|node:internal|\.ts:\d+|daemon\.cjs/.test(text)
    ? `an error with a stack: ${text.slice(0, 200)}`
    : undefined;
}

/** Data of the events, or lines, that hold JSON. */
function eventsOf(dialect: FuzzDialect, text: string): readonly string[] {
  if (dialect === 'ollama-chat') return text.split('\n').filter((line) => line !== '');
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((event) =>
      event
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
        .join('\n'),
    )
    .filter((data) => data !== '');
}

interface StreamShape {
  readonly begins?: (event: JsonObject) => boolean;
  /** An event that says: this is all. */
  readonly ends: (event: JsonObject) => boolean;
  readonly mayEndOften: boolean;
}

const hasChoice = (event: JsonObject, member: string): boolean =>
  Array.isArray(event['choices']) &&
  event['choices'].some((choice) => isJsonObject(choice) && isText(choice[member]));
const ofType =
  (...types: string[]) =>
  (event: JsonObject): boolean =>
    types.some((type) => type === event['type']);

const SHAPES: Partial<Record<FuzzDialect, StreamShape>> = {
  'openai-chat': { ends: (event) => hasChoice(event, 'finish_reason'), mayEndOften: true },
  'openai-completions': { ends: (event) => hasChoice(event, 'finish_reason'), mayEndOften: true },
  'openai-responses': {
    begins: ofType('response.created'),
    ends: ofType('response.completed', 'response.incomplete', 'response.failed'),
    mayEndOften: false,
  },
  'anthropic-messages': { begins: ofType('message_start'), ends: ofType('message_stop'), mayEndOften: false },
  'google-generate': {
    ends: ({ candidates, promptFeedback }) =>
      isJsonObject(promptFeedback) ||
      (Array.isArray(candidates) &&
        candidates.some((candidate) => isJsonObject(candidate) && isText(candidate['finishReason']))),
    mayEndOften: true,
  },
  'ollama-chat': { ends: (event) => event['done'] === true, mayEndOften: false },
};

export interface StreamSeen {
  readonly starts: number;
  readonly ends: number;
  readonly isDone: boolean;
  /** Events that are no JSON. */
  readonly broken: number;
  /** It says of itself that it failed. */
  readonly hasError: boolean;
}

export function readStream(dialect: FuzzDialect, text: string): StreamSeen {
  const shape = SHAPES[dialect];
  const seen = { starts: 0, ends: 0, isDone: false, broken: 0, hasError: false };
  for (const data of eventsOf(dialect, text)) {
    if (data === '[DONE]') {
      seen.isDone = true;
      continue;
    }
    const event = parseJsonObject(data);
    if (event === undefined) {
      seen.broken += 1;
      continue;
    }
    if (shape?.begins?.(event) === true) seen.starts += 1;
    if (shape?.ends(event) === true) seen.ends += 1;
    if (event['type'] === 'error' || 'error' in event || event['type'] === 'response.failed')
      seen.hasError = true;
  }
  return seen;
}

/** What is wrong with a stream that reached its end on the wire; undefined = nothing. */
export function faultOfStream(dialect: FuzzDialect, text: string): string | undefined {
  const seen = readStream(dialect, text);
  const shape = SHAPES[dialect];
  if (shape === undefined) return undefined;
  if (seen.starts > 1) return `${seen.starts} beginnings`;
  if (shape.begins !== undefined && seen.starts === 0) return 'no beginning';
  if (!shape.mayEndOften && seen.ends > 1) return `${seen.ends} endings`;
  if (seen.ends === 0 && !seen.isDone) return 'complete without an ending';
  return undefined;
}

/** What is wrong with a complete plain answer; undefined = nothing. */
export function faultOfPlain(text: string): string | undefined {
  return parseJsonObject(text) === undefined
    ? `an answer that is no JSON object: ${text.slice(0, 200)}`
    : undefined;
}
