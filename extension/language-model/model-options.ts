// The `modelOptions` of a request in the editor -> settings of the Messages dialect. Extensions write them in the words of
// whatever vendor they know; what is in none of these words is left out, since a provider would refuse it. Pure.

import { isRecord } from './message-parts.ts';

type Options = Readonly<Record<string, unknown>>;

/** Names under which each is found, first match wins. */
const NAMES = {
  maxTokens: [
    'max_tokens',
    'maxTokens',
    'max_output_tokens',
    'maxOutputTokens',
    'max_completion_tokens',
    'maxCompletionTokens',
  ],
  temperature: ['temperature'],
  topP: ['top_p', 'topP'],
  topK: ['top_k', 'topK'],
  stop: ['stop_sequences', 'stopSequences', 'stop'],
  effort: ['reasoning_effort', 'reasoningEffort', 'effort'],
} as const;

/** As the daemon knows them. */
const EFFORTS: readonly string[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Where Copilot Chat 0.67 says which conversation a request belongs to. */
const CONVERSATION_OPTION = '_conversationId';

export interface WireSettings {
  readonly max_tokens: number;
  readonly [setting: string]: unknown;
}

export function settingsOf(options: Options, defaultMaxTokens: number): WireSettings {
  const maxTokens = numberAt(options, NAMES.maxTokens);
  const temperature = numberAt(options, NAMES.temperature);
  const topP = numberAt(options, NAMES.topP);
  const topK = numberAt(options, NAMES.topK);
  const stop = stopsAt(options);
  const effort = stringAt(options, NAMES.effort);
  return {
    max_tokens: maxTokens !== undefined && maxTokens >= 1 ? Math.floor(maxTokens) : defaultMaxTokens,
    ...(temperature === undefined ? {} : { temperature: within(temperature, 0, 1) }),
    // Newer models take one of the two.
    ...(topP === undefined || temperature !== undefined ? {} : { top_p: within(topP, 0, 1) }),
    ...(topK === undefined || topK < 1 ? {} : { top_k: Math.floor(topK) }),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
    ...(effort !== undefined && EFFORTS.includes(effort) ? { output_config: { effort } } : {}),
  };
}

/** null = the extension does not say. */
export function conversationOf(options: Options | undefined): string | null {
  const id = isRecord(options) ? options[CONVERSATION_OPTION] : undefined;
  return typeof id === 'string' && id.trim() !== '' ? id : null;
}

function numberAt(options: Options, names: readonly string[]): number | undefined {
  return names
    .map((name) => options[name])
    .find((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

function stringAt(options: Options, names: readonly string[]): string | undefined {
  return names.map((name) => options[name]).find((value): value is string => typeof value === 'string');
}

/** One text or several; blank ones are refused by the dialect. */
function stopsAt(options: Options): readonly string[] {
  const value = NAMES.stop.map((name) => options[name]).find((candidate) => candidate !== undefined);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((text): text is string => typeof text === 'string' && text.trim() !== '');
}

function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
