// The tasks of Cline (until 4.0), Roo Code and Kilo Code (until 5): `tasks/<id>/ui_messages.json`, an array of what the
// user saw. Each `api_req_started` is a call; its numbers are filled in when the answer has ended.

import { numberOf, objectOf, parseJsonObject, stringOf, type JsonObject } from '../util/json.ts';
import { ownWords } from '../classify/ask-wrappers.ts';
import { COUNTS_WHOLE_PROMPT, providerNamed } from './cline-providers.ts';
import type { HistoryReader, HistorySink } from './history-record.ts';
import { countOf, epochMs } from './history-values.ts';
import { parsePruned } from './pruned-json.ts';

export type TaskFlavour = 'cline' | 'roo-code' | 'kilo-code';

/** From when on a model was in use, where the messages do not name it; oldest first. */
export interface ModelChange {
  readonly atMs: number;
  readonly model: string;
  readonly provider: string | null;
  /** As the assistant calls the provider. */
  readonly providerName: string | undefined;
}

export interface ClineTaskOptions {
  readonly task: string;
  readonly flavour: TaskFlavour;
  readonly models: readonly ModelChange[];
}

interface PendingCall {
  readonly atMs: number;
  readonly info: JsonObject;
  readonly message: JsonObject;
}

export function createClineTaskReader(sink: HistorySink, options: ClineTaskOptions): HistoryReader {
  const { task, flavour, models } = options;
  let isFirst = true;
  /** The change of the model may be noted shortly after the call began, so a call waits for what comes next. */
  let pending: PendingCall | null = null;

  const flush = (nextAtMs: number): void => {
    if (pending === null) return;
    const { atMs, info, message } = pending;
    pending = null;
    const own = objectOf(message['modelInfo']);
    const change = models.findLast((known) => known.atMs < nextAtMs);
    const providerName = stringOf(own?.['providerId']) ?? change?.providerName;
    const parts = partsOf(info, { flavour, providerName, atMs });
    if (parts.input + parts.output === 0) return;
    sink.call({
      conversation: task,
      isSide: false,
      key: `${flavour} ${task} ${atMs}`,
      variant: null,
      atMs,
      model: stringOf(own?.['modelId']) ?? stringOf(info['modelId']) ?? change?.model ?? '',
      provider: providerNamed(stringOf(own?.['providerId'])) ?? change?.provider ?? null,
      usage: {
        inputTokens: parts.input,
        cacheReadInputTokens: parts.read,
        cacheCreationInputTokens: parts.written,
        outputTokens: parts.output,
        reasoningOutputTokens: 0,
      },
      cacheWrite1hTokens: 0,
      serviceTier: null,
      reportedCostUsd: numberOf(info['cost']) ?? null,
    });
  };

  const readAsk = (message: JsonObject, atMs: number): void => {
    flush(atMs);
    const text = ownWords(stringOf(message['text']) ?? '');
    const hasImage = Array.isArray(message['images']) && message['images'].length > 0;
    if (text !== '' || hasImage) sink.ask({ conversation: task, text, hasImage });
  };

  return {
    read(bytes) {
      const message = parsePruned(bytes);
      if (message === undefined) return false;
      const atMs = epochMs(message['ts']);
      if (atMs === null || message['type'] !== 'say') return true;
      const say = stringOf(message['say']);
      // Roo and Kilo show the task itself as their first text.
      if (say === 'task' || say === 'user_feedback' || (isFirst && say === 'text')) readAsk(message, atMs);
      else if (say === 'condense_context') sink.compacted(task);
      else if (say === 'api_req_started' && message['partial'] !== true) {
        flush(atMs);
        const info = parseJsonObject(stringOf(message['text']) ?? '');
        if (info !== undefined) pending = { atMs, info, message };
      }
      isFirst = false;
      return true;
    },
    end: () => flush(Infinity),
  };
}

/** Since then Roo and Kilo count the whole prompt for every provider (releases 3.29.5 and 4.119.0). */
const WHOLE_SINCE_MS: Readonly<Record<TaskFlavour, number>> = {
  cline: Infinity,
  'roo-code': Date.UTC(2025, 10, 1),
  'kilo-code': Date.UTC(2025, 10, 12),
};

interface Parts {
  /** The whole prompt. */
  readonly input: number;
  readonly read: number;
  readonly written: number;
  readonly output: number;
}

function partsOf(
  info: JsonObject,
  call: { readonly flavour: TaskFlavour; readonly providerName: string | undefined; readonly atMs: number },
): Parts {
  const counted = countOf(info['tokensIn']);
  const read = countOf(info['cacheReads']);
  const written = countOf(info['cacheWrites']);
  const isWhole = counted >= read + written && countsWholePrompt(info, call);
  return {
    input: isWhole ? counted : counted + read + written,
    read,
    written,
    output: countOf(info['tokensOut']),
  };
}

function countsWholePrompt(
  info: JsonObject,
  { flavour, providerName, atMs }: { flavour: TaskFlavour; providerName: string | undefined; atMs: number },
): boolean {
  if (flavour === 'cline') return providerName !== undefined && COUNTS_WHOLE_PROMPT.has(providerName);
  return atMs >= WHOLE_SINCE_MS[flavour] || info['apiProtocol'] !== 'anthropic';
}
