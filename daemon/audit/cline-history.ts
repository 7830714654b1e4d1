// What Cline (since 4.1, and its command line) writes: `sessions/<id>/<id>.messages.json`, one message after the other,
// answers with the model and the usage of their call. Sub-agents stand beside it under their own name.

import { numberOf, objectOf, stringOf, type JsonObject } from '../util/json.ts';
import { providerNamed } from './cline-providers.ts';
import type { HistoryReader, HistorySink } from './history-record.ts';
import { countOf, epochMs } from './history-values.ts';
import { wordsOf } from './history-words.ts';
import { parsePruned } from './pruned-json.ts';

export interface ClineSessionOptions {
  readonly conversation: string;
  readonly isSide: boolean;
  /** From the session's own description, for answers that do not name theirs. */
  readonly model: string;
  readonly provider: string | null;
}

export function createClineSessionReader(sink: HistorySink, options: ClineSessionOptions): HistoryReader {
  const { conversation, isSide } = options;
  let { model, provider } = options;

  const readUser = (message: JsonObject): void => {
    if (objectOf(message['metadata'])?.['kind'] === 'compaction_summary') {
      sink.compacted(conversation);
      return;
    }
    const { text, hasImage } = wordsOf(message['content']);
    if (text !== '' || hasImage) sink.ask({ conversation, text, hasImage });
  };

  const readAnswer = (message: JsonObject): void => {
    const info = objectOf(message['modelInfo']);
    model = stringOf(info?.['id']) ?? model;
    provider = providerNamed(stringOf(info?.['provider'])) ?? provider;
    const metrics = objectOf(message['metrics']);
    const atMs = epochMs(message['ts']);
    if (metrics === undefined || atMs === null) return;
    const read = countOf(metrics['cacheReadTokens']);
    const written = countOf(metrics['cacheWriteTokens']);
    const inputTokens = Math.max(countOf(metrics['inputTokens']), read + written);
    const outputTokens = countOf(metrics['outputTokens']);
    if (inputTokens + outputTokens === 0) return;
    const id = stringOf(message['id']);
    sink.call({
      conversation,
      isSide,
      key: id === undefined ? null : `cline ${id} ${atMs}`,
      variant: null,
      atMs,
      model,
      provider,
      usage: {
        inputTokens,
        cacheReadInputTokens: read,
        cacheCreationInputTokens: written,
        outputTokens,
        reasoningOutputTokens: 0,
      },
      cacheWrite1hTokens: 0,
      serviceTier: null,
      reportedCostUsd: numberOf(metrics['cost']) ?? null,
    });
  };

  return {
    read(bytes) {
      const message = parsePruned(bytes);
      if (message === undefined) return false;
      if (message['role'] === 'user') readUser(message);
      if (message['role'] === 'assistant') readAnswer(message);
      return true;
    },
    end: () => undefined,
  };
}
