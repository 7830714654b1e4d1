// Codex's rollouts (`sessions/YYYY/MM/DD/rollout-*.jsonl`, `archived_sessions/`): one JSON object a line. Usage comes as
// `token_count` events, which are sent again and again with the same totals, and in new versions as one
// `token_usage_record` for each response. What a forked thread copied from its parent is told by codex-fork.ts.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import { objectOf, stringOf, type JsonObject } from '../util/json.ts';
import { ForkGuard, type CodexThreads } from './codex-fork.ts';
import type { HistoryReader, HistorySink, UnnamedFile } from './history-record.ts';
import { countOf, epochMs, FileTimes, tierNamed } from './history-values.ts';
import { wordsOf } from './history-words.ts';
import { parsePruned } from './pruned-json.ts';

export function createCodexReader(
  sink: HistorySink,
  threads: CodexThreads,
  file: UnnamedFile,
): HistoryReader {
  const reader = new CodexReader(sink, threads, file);
  return { read: (bytes) => reader.read(bytes), end: () => undefined };
}

/** Lines up to this size are parsed without looking at them first. */
const SMALL_BYTES = 1024;
/** Where the type of a line stands. */
const HEAD_BYTES = 300;
const BORING_HEADS = [
  '"function_call',
  '"custom_tool_call',
  '"reasoning"',
  '"item_completed"',
  '"assistant"',
];
const WANTED = [
  '"session_meta"',
  '"turn_context"',
  '"token_count"',
  '"token_usage_record"',
  '"compacted"',
  '"thread_settings_applied"',
  '"inter_agent_communication',
];

class CodexReader {
  readonly #sink: HistorySink;
  readonly #threads: CodexThreads;
  readonly #times: FileTimes;
  #thread: string;
  #isSide = false;
  #model = '';
  #provider: string | null = null;
  #serviceTier: string | null = null;
  #fork: ForkGuard | null = null;
  #hasMeta = false;
  /** From the first record of a single response on, the events say nothing new. */
  #hasRecords = false;
  #previousTotal: TokenUsage | null = null;

  constructor(sink: HistorySink, threads: CodexThreads, file: UnnamedFile) {
    this.#sink = sink;
    this.#threads = threads;
    this.#thread = file.name;
    this.#times = new FileTimes(file.changedAtMs);
  }

  read(bytes: Buffer): boolean {
    if (!isWanted(bytes)) return true;
    const line = parsePruned(bytes);
    if (line === undefined) return false;
    const payload = objectOf(line['payload']);
    if (payload !== undefined) this.#take(line, payload);
    return true;
  }

  #take(line: JsonObject, payload: JsonObject): void {
    const type = stringOf(line['type']);
    if (type === 'session_meta') this.#readMeta(payload);
    else if (type === 'turn_context') this.#readModel(payload);
    else if (type === 'response_item') this.#readItem(payload);
    else if (type === 'compacted') this.#sink.compacted(this.#thread);
    else if (type === 'token_usage_record') this.#readRecord(line, payload);
    else if (type === 'event_msg') this.#readEvent(line, payload);
    else if (type?.startsWith('inter_agent_communication') === true && payload['trigger_turn'] === true) {
      this.#fork?.ownWorkBegins();
    }
  }

  /** The first one is the thread's own; later ones were copied from the thread that it was forked from. */
  #readMeta(payload: JsonObject): void {
    if (this.#hasMeta) {
      this.#fork?.holdsCopies();
      return;
    }
    this.#hasMeta = true;
    this.#thread = stringOf(payload['id']) ?? this.#thread;
    this.#provider = stringOf(payload['model_provider']) ?? null;
    this.#readModel(payload);
    const spawn = objectOf(objectOf(objectOf(payload['source'])?.['subagent'])?.['thread_spawn']);
    const parent = stringOf(spawn?.['parent_thread_id']) ?? stringOf(payload['parent_thread_id']);
    const forkedFrom = stringOf(payload['forked_from_id']);
    this.#isSide = parent !== undefined || payload['thread_source'] === 'subagent';
    const origin = forkedFrom ?? parent;
    if (origin === undefined || origin === this.#thread) return;
    this.#fork = new ForkGuard({
      createdAtMs: epochMs(payload['timestamp']),
      origin: this.#threads.seenIn(origin),
      isCopy: forkedFrom !== undefined,
    });
  }

  #readModel(settings: JsonObject | undefined): void {
    const model = stringOf(settings?.['model']);
    if (model !== undefined && model !== '') this.#model = model;
    // Settings that do not name a tier leave it as it was.
    if (settings?.['service_tier'] !== undefined) this.#serviceTier = tierNamed(settings['service_tier']);
  }

  #readItem(payload: JsonObject): void {
    if (payload['type'] !== 'message' || payload['role'] !== 'user') return;
    const { text, hasImage } = wordsOf(payload['content']);
    if (text !== '' || hasImage) this.#sink.ask({ conversation: this.#thread, text, hasImage });
  }

  #readEvent(line: JsonObject, payload: JsonObject): void {
    if (payload['type'] === 'thread_settings_applied') this.#readModel(objectOf(payload['thread_settings']));
    if (payload['type'] !== 'token_count') return;
    const plan = stringOf(objectOf(payload['rate_limits'])?.['plan_type']);
    if (plan !== undefined) this.#sink.subscription(plan);
    const info = objectOf(payload['info']);
    const total = usageOf(objectOf(info?.['total_token_usage']));
    const last = usageOf(objectOf(info?.['last_token_usage']));
    const usage = this.#newIn(total, last);
    if (usage !== null && !this.#hasRecords) this.#call(line, usage, total, null);
  }

  #readRecord(line: JsonObject, payload: JsonObject): void {
    const usage = usageOf(objectOf(payload['usage']));
    const total = usageOf(objectOf(payload['thread_token_usage']));
    this.#hasRecords = true;
    if (total !== null) this.#previousTotal = total;
    if (usage !== null) this.#call(line, usage, total, stringOf(payload['response_id']) ?? null);
  }

  /** What an event adds to the ones before it; null = it is one of them, sent again. */
  #newIn(total: TokenUsage | null, last: TokenUsage | null): TokenUsage | null {
    if (total === null) return last;
    const previous = this.#previousTotal;
    this.#previousTotal = total;
    if (previous !== null && keyOf(previous) === keyOf(total)) return null;
    return last ?? difference(total, previous);
  }

  #call(line: JsonObject, usage: TokenUsage, total: TokenUsage | null, responseId: string | null): void {
    const atMs = this.#times.of(line['timestamp']);
    if (usage.inputTokens + usage.outputTokens === 0) return;
    const mark = total === null ? null : keyOf(total);
    if (mark !== null) this.#threads.note(this.#thread, mark);
    if (this.#fork?.isCopied(atMs, mark) === true) return;
    this.#sink.call({
      conversation: this.#thread,
      isSide: this.#isSide,
      key: responseId === null ? null : `codex ${this.#thread} ${responseId} ${mark ?? atMs}`,
      variant: null,
      atMs,
      model: this.#model,
      provider: this.#provider,
      usage,
      cacheWrite1hTokens: 0,
      serviceTier: this.#serviceTier,
      reportedCostUsd: null,
    });
  }
}

function isWanted(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, Math.min(HEAD_BYTES, bytes.length));
  if (WANTED.some((name) => head.includes(name))) return true;
  if (BORING_HEADS.some((name) => head.includes(name))) return false;
  if (bytes.length <= SMALL_BYTES || bytes.includes('"user"')) return true;
  return WANTED.some((name) => bytes.includes(name));
}

/** OpenAI's counts include their parts. */
function usageOf(counts: JsonObject | undefined): TokenUsage | null {
  if (counts === undefined) return null;
  const inputTokens = countOf(counts['input_tokens']);
  const outputTokens = countOf(counts['output_tokens']);
  const read = Math.min(countOf(counts['cached_input_tokens']), inputTokens);
  return {
    inputTokens,
    cacheReadInputTokens: read,
    cacheCreationInputTokens: Math.min(countOf(counts['cache_write_input_tokens']), inputTokens - read),
    outputTokens,
    reasoningOutputTokens: Math.min(countOf(counts['reasoning_output_tokens']), outputTokens),
  };
}

/** Totals only grow; where they do not, they were started anew. */
function difference(total: TokenUsage, previous: TokenUsage | null): TokenUsage {
  if (previous === null) return total;
  const isAnew = total.inputTokens < previous.inputTokens || total.outputTokens < previous.outputTokens;
  if (isAnew) return total;
  const part = (name: keyof TokenUsage): number => Math.max(0, total[name] - previous[name]);
  return {
    inputTokens: part('inputTokens'),
    cacheReadInputTokens: part('cacheReadInputTokens'),
    cacheCreationInputTokens: part('cacheCreationInputTokens'),
    outputTokens: part('outputTokens'),
    reasoningOutputTokens: part('reasoningOutputTokens'),
  };
}

function keyOf(usage: TokenUsage): string {
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens } = usage;
  return `${inputTokens} ${cacheReadInputTokens} ${cacheCreationInputTokens} ${outputTokens}`;
}
