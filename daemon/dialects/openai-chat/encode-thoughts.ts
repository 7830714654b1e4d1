// Which thoughts of earlier turns a provider of this dialect gets back: its own, in the form it asks for. Everything else
// stays behind, and no seal of another model is ever sent.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ContentPart, Message } from '../../conversation/request.ts';
import type { Seal } from '../../conversation/seal.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { withOwnThoughts } from '../recalled-thoughts.ts';
import { sealedDetails } from './reasoning-details.ts';

type ReasoningPart = Extract<ContentPart, { type: 'reasoning' }>;

/**
 * In the place of thoughts that another model had, for providers that refuse a tool call without any: blank text is
 * refused as well (public issue threads on Moonshot's and DeepSeek's endpoints, checked 2026-11-21).
 */
export const NO_REASONING = '.';

/** The message with the target's own thoughts, as far as it has a use for them. */
export function withUsefulThoughts(message: Message, target: EncodeTarget, losses: Losses): Message {
  const own = withOwnThoughts(message, target, losses);
  const content = own.content.filter((part) => part.type !== 'reasoning' || takesBack(part, target.traits));
  return content.length === own.content.length ? own : { ...own, content };
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

function takesBack({ seal }: ReasoningPart, traits: ModelTraits | undefined): boolean {
  if (seal?.kind === 'unsealed') return traits?.wantsReasoningBack === true;
  return seal?.kind !== 'thought-signature' || traits?.thoughtSignatures === true;
}
