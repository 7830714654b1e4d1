// One answer to one ask, judged, for tests of the checks.

import type { Message, ResponseFormat, ToolDefinition } from '../../../../daemon/conversation/request.ts';
import type { FinishReason, StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import type { TaskType } from '../../../../daemon/protocol/vocabulary.ts';
import { createAnswerCheck, type WeakAnswerKind } from '../../../../daemon/verify/answer-check.ts';

export interface Judged {
  readonly ask?: string;
  readonly taskType?: TaskType;
  readonly text?: string;
  readonly calls?: readonly (readonly [name: string, input: string])[];
  readonly tools?: readonly ToolDefinition[];
  readonly format?: ResponseFormat;
  readonly finish?: FinishReason;
  readonly limit?: number;
  readonly stop?: readonly string[];
  readonly without?: readonly WeakAnswerKind[];
  /** Instead of one message with the ask. */
  readonly messages?: readonly Message[];
  /** After those of the answer itself, before its end. */
  readonly more?: readonly StreamEvent[];
  readonly onRead?: () => void;
}

export function words(role: Message['role'], text: string): Message {
  return { role, content: [{ type: 'text', text }] };
}

export function judge(judged: Judged): WeakAnswerKind | null {
  const ask = judged.ask ?? 'Write the function.';
  const messages = judged.messages ?? [words('user', ask)];
  const check = createAnswerCheck({
    ask,
    taskType: judged.taskType ?? 'code',
    ...(judged.without === undefined ? {} : { without: judged.without }),
    request: {
      outline: messages.map(({ role }) => ({
        role,
        bytes: 100,
        hasImage: false,
        isToolResult: role === 'tool',
        hasToolCall: false,
      })),
      message: (index) => {
        judged.onRead?.();
        const message = messages[index];
        if (message === undefined) throw new RangeError('no such message');
        return message;
      },
      tools: () => judged.tools ?? [],
      responseFormat: judged.format ?? { kind: 'text' },
      maxOutputTokens: judged.limit,
      settings: () => (judged.stop === undefined ? {} : { stopSequences: judged.stop }),
    },
  });
  check.observe(eventsOf(judged));
  return check.finding()?.kind ?? null;
}

function eventsOf({ text = '', calls = [], finish, more = [] }: Judged): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  const choice = 0;
  if (text !== '') events.push({ type: 'text-delta', id: 't', choice, delta: text });
  for (const [index, [name, input]] of calls.entries()) {
    const id = `c${index}`;
    events.push({ type: 'tool-input-start', id, choice, callId: id, name });
    events.push({ type: 'tool-input-delta', id, choice, delta: input });
    events.push({ type: 'tool-input-end', id, choice });
  }
  const finishReason = finish ?? (calls.length > 0 ? 'tool-calls' : 'stop');
  return [...events, ...more, { type: 'choice-end', choice, finishReason, wireReason: finishReason }];
}

export function fenced(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``;
}

export function functionTool(
  name: string,
  properties: Record<string, { type: string }>,
  required: string[],
): ToolDefinition {
  return { kind: 'function', name, parameters: { type: 'object', properties, required }, raw: null };
}
