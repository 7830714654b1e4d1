// Sealed thoughts that the client's dialect could not carry, back in their places in a message of the assistant.

import type { ContentPart, Message } from '../conversation/request.ts';
import type { SignedHistory } from '../conversation/seal.ts';

/** Readable thoughts that the client sends back without a seal are copies of those that are recalled: they make room. */
export function withRecalled(message: Message, history: SignedHistory | undefined): Message {
  const recalled = message.role === 'assistant' ? (history?.recall(message) ?? []) : [];
  if (recalled.length === 0) return message;
  const content: ContentPart[] = [];
  const { length } = message.content;
  for (let index = 0; index <= length; index += 1) {
    const here = recalled.filter(({ beforePart }) => Math.min(beforePart, length) === index);
    content.push(...here.map(({ part }) => part));
    const part = message.content[index];
    if (part !== undefined && !(part.type === 'reasoning' && part.seal === undefined)) content.push(part);
  }
  return { ...message, content };
}
