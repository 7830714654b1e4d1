// Which dialects there are and which wire path speaks which. A new dialect is one line here for clients (with its paths),
// one for providers, or both.

import type { DialectId } from '../protocol/vocabulary.ts';
import { arrayOf, objectOf, type JsonObject } from '../util/json.ts';
import { anthropicMessages } from './anthropic-messages/dialect.ts';
import type { ClientDialect, UpstreamDialect } from './dialect.ts';
import { googleGenerate } from './google-generate/dialect.ts';
import { ollamaChat } from './ollama-chat/dialect.ts';
import { openAiChat } from './openai-chat/dialect.ts';
import { openAiResponses } from './openai-responses/dialect.ts';
import { openAiCompletions } from './passed-on/completions.ts';
import { openAiEmbeddings } from './passed-on/embeddings.ts';

/** Spoken to providers. */
export const upstreamDialects: readonly UpstreamDialect[] = [
  openAiChat,
  openAiResponses,
  anthropicMessages,
  googleGenerate,
  openAiCompletions,
  openAiEmbeddings,
];

/**
 * Paths at which exchanges are served (POST), with the dialect spoken there. One `*` stands for the rest of a path that
 * names the model.
 */
export const wirePaths: ReadonlyMap<string, ClientDialect> = new Map<string, ClientDialect>([
  ['/v1/chat/completions', openAiChat],
  ['/v1/responses', openAiResponses],
  ['/v1/messages', anthropicMessages],
  ['/v1beta/models/*', googleGenerate],
  ['/api/chat', ollamaChat],
  ['/v1/completions', openAiCompletions],
  ['/v1/embeddings', openAiEmbeddings],
]);

/** Spoken to clients. */
export const clientDialects: readonly ClientDialect[] = [...new Set(wirePaths.values())];

/** Throws for a dialect that no provider speaks; configurations that name it are refused before. */
export function upstreamDialectOf(id: DialectId): UpstreamDialect {
  const dialect = upstreamDialects.find((candidate) => candidate.id === id);
  if (dialect === undefined) throw new Error(`the dialect ${id} is not spoken to providers`);
  return dialect;
}

/** Undefined for a dialect that no client can speak here. */
export function clientDialectOf(id: DialectId): ClientDialect | undefined {
  return clientDialects.find((candidate) => candidate.id === id);
}

/** The dialect of a request path without its query; undefined when no dialect is served there. */
export function dialectForPath(path: string): ClientDialect | undefined {
  const exact = wirePaths.get(path);
  if (exact !== undefined) return exact;
  for (const [pattern, dialect] of wirePaths) {
    if (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))) return dialect;
  }
  return undefined;
}

/**
 * Whose error shape the caller of a path expects, also where nothing is served, so that even "not here" is readable.
 * `saysAnthropic`: the client sent the version header of Anthropic's clients. Undefined = no dialect's.
 */
export function errorDialectFor(path: string, saysAnthropic: boolean): ClientDialect | undefined {
  const own = dialectForPath(path);
  if (own !== undefined) return own;
  if (path.startsWith('/v1beta/')) return googleGenerate;
  if (path.startsWith('/api/')) return ollamaChat;
  if (!path.startsWith('/v1/')) return undefined;
  return path.startsWith('/v1/messages') || saysAnthropic ? anthropicMessages : openAiChat;
}

/** The dialect that a request body without its path most likely is written in, for people who hand in a file. */
export function likelyDialectOf(body: JsonObject): DialectId {
  if ('contents' in body) return googleGenerate.id;
  if ('input' in body && !('messages' in body)) return openAiResponses.id;
  const [tool] = arrayOf(body['tools']);
  const isAnthropic =
    'system' in body || 'thinking' in body || objectOf(tool)?.['input_schema'] !== undefined;
  return isAnthropic ? anthropicMessages.id : openAiChat.id;
}
