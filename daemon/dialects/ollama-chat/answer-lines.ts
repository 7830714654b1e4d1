// What the lines of an Ollama answer are made of (https://docs.ollama.com/api/chat, checked 2026-11-21; recorded answers
// of Ollama 0.11): every line names model and time, the last one says why it ended and what it used. Times in nanoseconds
// are 0: nothing here measures them, and clients take them for numbers.

import type { FinishReason, StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import { parseJsonObject } from '../../util/json.ts';
import { wrapTextInput } from '../custom-tools.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { parseExactObject } from '../exact-json.ts';

/** Ollama knows the end of the answer and the limit, nothing else. */
const DONE_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'stop',
  'content-filter': 'stop',
  refusal: 'stop',
  other: 'stop',
};

export function lineHead({ responseModel, createdAtS }: AnswerIdentity): JsonObject {
  return { model: responseModel, created_at: new Date(createdAtS * 1000).toISOString() };
}

export function lineEnd(finishReason: FinishReason, usage: TokenUsage | undefined): JsonObject {
  return {
    done: true,
    done_reason: DONE_REASONS[finishReason],
    total_duration: 0,
    load_duration: 0,
    prompt_eval_count: usage?.inputTokens ?? 0,
    prompt_eval_duration: 0,
    eval_count: usage?.outputTokens ?? 0,
    eval_duration: 0,
  };
}

/** A call as Ollama has it: arguments are an object. Text that is none goes as the one argument `input`. */
export function toolCallOf(callId: string, name: string, input: string, index: number): JsonObject {
  const args = parseExactObject(input.trim() === '' ? '{}' : input);
  const called = { index, name, arguments: args ?? parseJsonObject(wrapTextInput(input)) ?? {} };
  return { id: callId, function: called };
}

/** The written list of what an Ollama answer cannot carry. */
export function lossOf(event: StreamEvent): string | undefined {
  if (event.type === 'other-content') {
    return `content of type ${event.wireType} has no place in an Ollama answer and was left out`;
  }
  if ('choice' in event && event.choice > 0)
    return 'an Ollama answer holds one choice; the others were left out';
  if (event.type === 'refusal-delta') {
    return 'a refusal has no place of its own in an Ollama answer; it stands there as text';
  }
  if (event.type === 'usage' && hasParts(event.usage)) {
    return 'an Ollama answer has no counts of cached and reasoning tokens; they are in its totals only';
  }
  if (event.type !== 'choice-end') return undefined;
  const { finishReason } = event;
  if (finishReason !== 'content-filter' && finishReason !== 'refusal' && finishReason !== 'other')
    return undefined;
  return `that the answer ended by ${finishReason} has no word in an Ollama answer, which says stop`;
}

function hasParts(usage: TokenUsage): boolean {
  const { cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens } = usage;
  return cacheReadInputTokens + cacheCreationInputTokens + reasoningOutputTokens > 0;
}
