// Tells Copilot Chat what a request used: it shows 0 tokens for models of extensions that do not say. It reads a data part
// of its own type (seen in Copilot Chat 0.67.0); other callers, who would not know what it is, get none. Pure.

import type { AnswerUsage } from './from-stream.ts';

const USAGE_TYPE = 'usage';
const READER = /^github\.copilot/i;

/** null = nobody who would understand it, or nothing to tell. */
export function usagePart(
  initiator: string | null,
  usage: AnswerUsage | null,
): { readonly data: Uint8Array; readonly mimeType: string } | null {
  if (usage === null || initiator === null || !READER.test(initiator)) return null;
  const promptTokens = usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens;
  const told = {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadInputTokens },
  };
  return { data: new TextEncoder().encode(JSON.stringify(told)), mimeType: USAGE_TYPE };
}
