// Both sides of a request that was sent twice, as text. Pure.

import type { ResendSide } from '../../daemon/protocol/control-api.ts';
import { duration, tokens, usd } from '../dashboard/figures.ts';

/** Title of the comparison: who answered, and for how much. */
export function resendTitle(original: ResendSide, again: ResendSide): string {
  return `${nameOf(original)} (${usd(original.costUsd)}) ↔ ${nameOf(again)} (${usd(again.costUsd)})`;
}

/** The figures stand below the answer, so that the comparison begins with what was said. */
export function answerDocument(side: ResendSide): string {
  const text =
    side.text ?? 'This answer is not kept any more: answers stay in memory only, and only the last few.';
  const usage =
    side.usage === null
      ? 'tokens unknown'
      : `${tokens(side.usage.inputTokens)} tokens in, ${tokens(side.usage.outputTokens)} out`;
  const status = side.status === 'ok' ? '' : `, ${side.status}`;
  return `${text}\n\n---\n${nameOf(side)}: ${usd(side.costUsd)}, ${duration(side.durationMs)}, ${usage}${status}\n`;
}

function nameOf({ model }: ResendSide): string {
  return model ?? 'no answer';
}
