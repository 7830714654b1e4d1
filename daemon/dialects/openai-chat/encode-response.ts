// Events -> a complete chat completion (https://platform.openai.com/docs/api-reference/chat/object; held
// against recorded answers through the official SDK). Reasoning goes out as `reasoning_content`, as in a stream.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { calledFields, calledInput, calledTool, type CalledTool } from './called-tool.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { encodeUsage } from './usage.ts';

interface ToolCall {
  readonly callId: string;
  readonly tool: CalledTool;
  input: string;
}

interface Choice {
  text: string;
  reasoning: string;
  refusal: string;
  /** In the order they began; by part id. */
  readonly toolCalls: Map<string, ToolCall>;
  finishReason: string;
}

export function encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  const choices = new Map<number, Choice>();
  let usage: JsonObject | undefined;
  for (const event of events) {
    if (event.type === 'usage') usage = encodeUsage(event.usage);
    else if ('choice' in event) collect(choiceOf(choices, event.choice), event, identity);
  }
  return {
    id: identity.responseId,
    object: 'chat.completion',
    created: identity.createdAtS,
    model: identity.responseModel,
    choices: [...choices].sort(([a], [b]) => a - b).map(([index, choice]) => encodeChoice(index, choice)),
    ...(usage === undefined ? {} : { usage }),
  };
}

function choiceOf(choices: Map<number, Choice>, index: number): Choice {
  const known = choices.get(index);
  if (known !== undefined) return known;
  const choice: Choice = { text: '', reasoning: '', refusal: '', toolCalls: new Map(), finishReason: 'stop' };
  choices.set(index, choice);
  return choice;
}

function collect(choice: Choice, event: StreamEvent, { request }: AnswerIdentity): void {
  switch (event.type) {
    case 'text-delta':
      choice.text += event.delta;
      break;
    case 'reasoning-delta':
      choice.reasoning += event.delta;
      break;
    case 'refusal-delta':
      choice.refusal += event.delta;
      break;
    case 'tool-input-start':
      choice.toolCalls.set(event.id, { callId: event.callId, tool: calledTool(event, request), input: '' });
      break;
    case 'tool-input-delta': {
      const call = choice.toolCalls.get(event.id);
      if (call !== undefined) call.input += event.delta;
      break;
    }
    case 'choice-end':
      choice.finishReason = encodeFinishReason(event.finishReason);
      break;
    default:
      break;
  }
}

function encodeChoice(index: number, choice: Choice): JsonObject {
  const toolCalls = [...choice.toolCalls.values()].map(({ callId, tool, input }) => ({
    id: callId,
    type: tool.isCustom ? 'custom' : 'function',
    ...calledFields(tool, calledInput(tool, input), tool.name),
  }));
  const hasOtherContent = toolCalls.length > 0 || choice.refusal !== '';
  return {
    index,
    message: {
      role: 'assistant',
      content: choice.text === '' && hasOtherContent ? null : choice.text,
      refusal: choice.refusal === '' ? null : choice.refusal,
      ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
    logprobs: null,
    finish_reason: choice.finishReason,
  };
}
