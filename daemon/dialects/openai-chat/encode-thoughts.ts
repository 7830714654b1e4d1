// Which thoughts of earlier turns a provider of this dialect gets back: its own, in the form it asks for. Everything else
// stays behind, and no seal of another model is ever sent.

import type { ContentPart, Message } from '../../conversation/request.ts';
import type { Seal } from '../../conversation/seal.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import type { Losses } from '../losses.ts';
import { sealedDetails } from './reasoning-details.ts';

type ReasoningPart = Extract<ContentPart, { type: 'reasoning' }>;

/**
 * In the place of thoughts that another model had, for providers that refuse a tool call without any: blank text is
 * refused as well (public issue threads on Moonshot's and DeepSeek's endpoints, checked 2026-11-21).
 */
export const NO_REASONING = '.';

/** The message with the thoughts that the target may have: those the client sent back, and those it could not carry. */
export function withOwnThoughts(message: Message, target: EncodeTarget, losses: Losses): Message {
  const recalled = message.role === 'assistant' ? (target.history?.recall(message) ?? []) : [];
  const hasReasoning = message.content.some((part) => part.type === 'reasoning');
  if (recalled.length === 0 && !hasReasoning) return message;
  const content: ContentPart[] = [];
  for (let index = 0; index <= message.content.length; index += 1) {
    for (const { beforePart, part } of recalled) if (beforePart === index) content.push(part);
    const part = message.content[index];
    if (part !== undefined) content.push(part);
  }
  return {
    ...message,
    content: content.filter((part) => part.type !== 'reasoning' || mayHave(part, target, losses)),
  };
}

/** Members of an assistant message that say what it thought. */
export function thoughtFields(
  parts: readonly ReasoningPart[],
  { traits }: Pick<EncodeTarget, 'traits'>,
  needsReasoning: boolean,
): JsonObject {
  const details = sealsOf(parts, 'reasoning-details').flatMap(sealedDetails);
  const text = parts
    .filter((part) => part.seal?.kind === 'unsealed')
    .map((part) => part.text)
    .join('\n');
  const reasoning =
    text !== '' ? text : needsReasoning && traits?.needsReasoningWithCalls === true ? NO_REASONING : '';
  return {
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  };
}

function sealsOf(parts: readonly ReasoningPart[], kind: Seal['kind']): readonly Seal[] {
  return parts.flatMap(({ seal }) => (seal?.kind === kind ? [seal] : []));
}

function mayHave({ seal }: ReasoningPart, target: EncodeTarget, losses: Losses): boolean {
  if (!isOwnSeal(seal, target)) {
    losses.add('thoughts of another model were left out');
    return false;
  }
  const { traits } = target;
  if (seal.kind === 'unsealed') return traits?.wantsReasoningBack === true; // its own, and it has no use for it
  return seal.kind !== 'thought-signature' || traits?.thoughtSignatures === true;
}
