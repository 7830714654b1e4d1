// Events -> a complete Ollama answer: the one line of a stream that is not streamed.

import type { FinishReason, StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { lineEnd, lineHead, toolCallOf } from './answer-lines.ts';

interface ToolCall {
  readonly callId: string;
  readonly name: string;
  input: string;
}

export function encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  let content = '';
  let thinking = '';
  let usage: TokenUsage | undefined;
  let finishReason: FinishReason = 'stop';
  const calls = new Map<string, ToolCall>();
  for (const event of events) {
    if (event.type === 'usage') usage = event.usage;
    if (!('choice' in event) || event.choice > 0) continue;
    if (event.type === 'text-delta' || event.type === 'refusal-delta') content += event.delta;
    else if (event.type === 'reasoning-delta') thinking += event.delta;
    else if (event.type === 'tool-input-start') {
      calls.set(event.id, { callId: event.callId, name: event.name, input: '' });
    } else if (event.type === 'tool-input-delta') {
      const call = calls.get(event.id);
      if (call !== undefined) call.input += event.delta;
    } else if (event.type === 'choice-end') finishReason = event.finishReason;
  }
  const toolCalls = [...calls.values()].map(({ callId, name, input }, index) =>
    toolCallOf(callId, name, input, index),
  );
  return {
    ...lineHead(identity),
    message: {
      role: 'assistant',
      content,
      ...(thinking === '' ? {} : { thinking }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
    ...lineEnd(finishReason, usage),
  };
}
