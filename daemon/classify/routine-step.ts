// Is the next step of a tool loop probably a routine one? After calls that only read and went well, the model most often
// reads on. A guess from the shape of work, measured on no real traffic; only the mixed plan goes by it.

import type { ConversationRequest } from '../conversation/request.ts';
import { isFailedResult, isReadingTool } from './stall.ts';

/** A longer result has to be understood, not only looked through. */
const MAX_RESULT_BYTES = 32 * 1024;

/** Reads the last step and nothing else. */
export function isRoutineStep(request: Pick<ConversationRequest, 'outline' | 'message'>): boolean {
  const { outline } = request;
  const results: number[] = [];
  let index = outline.length - 1;
  for (; index >= 0 && outline[index]?.isToolResult === true; index -= 1) results.push(index);
  // Some dialects give each call a message of its own.
  const calls: number[] = [];
  for (; index >= 0 && outline[index]?.hasToolCall === true; index -= 1) calls.push(index);
  if (results.length === 0 || calls.length === 0) return false;
  if (results.some((at) => (outline[at]?.bytes ?? 0) > MAX_RESULT_BYTES)) return false;
  return (
    calls.every((at) =>
      request.message(at).content.every((part) => part.type !== 'tool-call' || isReadingTool(part.name)),
    ) &&
    results.every((at) =>
      request.message(at).content.every((part) => part.type === 'tool-result' && !isFailedResult(part)),
    )
  );
}
