// Claude Code's transcripts (`projects/<folder>/<session>.jsonl`, sub-agents in `<session>/subagents/agent-*.jsonl`): one
// JSON object a line. An answer stands in several lines, one per content block, all with its id and its usage so far.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import { objectOf, stringOf, type JsonObject } from '../util/json.ts';
import type { HistoryReader, HistorySink, UnnamedFile } from './history-record.ts';
import { countOf, FileTimes, tierNamed } from './history-values.ts';
import { wordsOf } from './history-words.ts';
import { parsePruned } from './pruned-json.ts';

/** Lines with results of tools are the bulk of a history; words of the user beside them are looked for up to here. */
const RESULT_WITH_WORDS_BYTES = 16_384;

export function createClaudeCodeReader(sink: HistorySink, file: UnnamedFile): HistoryReader {
  const times = new FileTimes(file.changedAtMs);
  /** Sub-agents of old versions stand between the lines of their session, without a name of their own. */
  let unnamedSides = 0;
  let isAfterCommand = false;

  const conversationOf = (line: JsonObject, isStart: boolean): string => {
    const session = stringOf(line['sessionId']) ?? file.name;
    if (line['isSidechain'] !== true) return session;
    const agent = stringOf(line['agentId']);
    if (agent !== undefined) return `${session}/${agent}`;
    if (isStart && line['parentUuid'] === null) unnamedSides += 1;
    return `${session}/side-${unnamedSides}`;
  };

  return {
    read(bytes) {
      const isAnswer = bytes.includes(ASSISTANT) && bytes.includes(USAGE);
      if (!isAnswer && !mayHoldAsk(bytes)) return true;
      const line = parsePruned(bytes);
      if (line === undefined) return false;
      const type = stringOf(line['type']);
      const atMs = times.of(line['timestamp']);
      if (type === 'assistant') readAnswer(line, sink, conversationOf(line, false), atMs);
      if (type === 'user') {
        readUser(line, sink, conversationOf(line, true), isAfterCommand);
        isAfterCommand = isBareCommand(line);
      }
      return true;
    },
    end: () => undefined,
  };
}

// As bytes: looked for in every line. An unescaped quote stands nowhere inside of a JSON string, so what is found is a
// name or a value of its own.
const [ASSISTANT, USAGE, USER, MESSAGE, TOOL_RESULT, TEXT_MEMBER] = [
  Buffer.from('"assistant"'),
  Buffer.from('"usage"'),
  Buffer.from('"user"'),
  Buffer.from('"message"'),
  Buffer.from('"tool_result"'),
  Buffer.from('"text":'),
] as const;

function mayHoldAsk(bytes: Buffer): boolean {
  if (!bytes.includes(USER) || !bytes.includes(MESSAGE)) return false;
  if (!bytes.includes(TOOL_RESULT)) return true;
  return bytes.length <= RESULT_WITH_WORDS_BYTES && bytes.includes(TEXT_MEMBER);
}

/** `isExpanded`: the command before it said nothing itself, and this is what it stands for. */
function readUser(line: JsonObject, sink: HistorySink, conversation: string, isExpanded: boolean): void {
  if (line['isCompactSummary'] === true) {
    sink.compacted(conversation);
    return;
  }
  // What the program itself says in the user's name: caveats, the text of a skill.
  if (line['isMeta'] === true && !isExpanded) return;
  const { text, hasImage, hasResult } = wordsOf(objectOf(line['message'])?.['content']);
  if (text === '' && (hasResult || !hasImage)) return;
  sink.ask({ conversation, text, hasImage });
}

/** A command of the user's own making: the line after it holds the prompt that it stands for. */
function isBareCommand(line: JsonObject): boolean {
  const content = stringOf(objectOf(line['message'])?.['content']);
  return content?.includes('<command-name>') === true && wordsOf(content).text === '';
}

function readAnswer(line: JsonObject, sink: HistorySink, conversation: string, atMs: number): void {
  const message = objectOf(line['message']);
  const usage = objectOf(message?.['usage']);
  const model = stringOf(message?.['model']) ?? '';
  // `<synthetic>`: the program's own words where a call failed.
  if (usage === undefined || model.startsWith('<')) return;
  const written = objectOf(usage['cache_creation']);
  const write1h = countOf(written?.['ephemeral_1h_input_tokens']);
  const tokens = inclusiveUsage(usage, write1h + countOf(written?.['ephemeral_5m_input_tokens']));
  if (tokens.inputTokens + tokens.outputTokens === 0) return;
  const id = stringOf(message?.['id']);
  sink.call({
    conversation,
    isSide: line['isSidechain'] === true,
    key: id === undefined ? null : `claude ${id}`,
    variant: stringOf(line['requestId']) ?? null,
    atMs,
    model,
    provider: null,
    usage: tokens,
    cacheWrite1hTokens: Math.min(write1h, tokens.cacheCreationInputTokens),
    serviceTier: tierNamed(usage['speed']) ?? tierNamed(usage['service_tier']),
    reportedCostUsd: null,
  });
}

/** Anthropic reports what was read and written apart from the rest. */
function inclusiveUsage(usage: JsonObject, writtenInParts: number): TokenUsage {
  const read = countOf(usage['cache_read_input_tokens']);
  const written = Math.max(countOf(usage['cache_creation_input_tokens']), writtenInParts);
  const outputTokens = countOf(usage['output_tokens']);
  const thinking = countOf(objectOf(usage['output_tokens_details'])?.['thinking_tokens']);
  return {
    inputTokens: countOf(usage['input_tokens']) + read + written,
    cacheReadInputTokens: read,
    cacheCreationInputTokens: written,
    outputTokens,
    reasoningOutputTokens: Math.min(thinking, outputTokens),
  };
}
