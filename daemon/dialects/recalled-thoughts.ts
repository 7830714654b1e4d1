// Sealed thoughts that the client's dialect could not carry, back in their places in a message of the assistant.

import type { ContentPart, Message } from '../conversation/request.ts';
import type { SignedHistory } from '../conversation/seal.ts';
import type { EncodeTarget } from './dialect.ts';
import { isOwnSeal } from './envelope.ts';
import type { Losses } from './losses.ts';

/** Readable thoughts that the client sends back without a seal are copies of those that are recalled: they make room. */
export function withRecalled(message: Message, history: SignedHistory | undefined): Message {
  const recalled = message.role === 'assistant' ? (history?.recall(message) ?? []) : [];
  if (recalled.length === 0) return message;
  const content: ContentPart[] = [];
  const { length } = message.content;
  const waiting = recalled.toSorted((a, b) => a.beforePart - b.beforePart).toReversed();
  for (let index = 0; index <= length; index += 1) {
    for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
      if (Math.min(next.beforePart, length) > index) break;
      content.push(next.part);
      waiting.pop();
    }
    const part = message.content[index];
    if (part !== undefined && !(part.type === 'reasoning' && part.seal === undefined)) content.push(part);
  }
  return { ...message, content };
}

/** The message with the thoughts of the target alone: those that came back with it, and those that are recalled. */
export function withOwnThoughts(message: Message, target: EncodeTarget, losses: Losses): Message {
  const whole = withRecalled(message, target.history);
  const content = whole.content.filter((part) => part.type !== 'reasoning' || isOwnSeal(part.seal, target));
  if (content.length === whole.content.length) return whole;
  losses.foreignThoughts();
  return { ...whole, content };
}
