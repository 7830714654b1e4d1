// What the simulated programs say of themselves in each request: system text and tools, of a coding assistant, of its
// sub-agents and of the calls that write titles.

import type { Frame, ToolDefinition } from './conversation.ts';
import { createRandom } from './random.ts';
import { BYTES_PER_TOKEN, proseText } from './texts.ts';

/** Of the small calls that write titles. */
export const TITLE_FRAME: Frame = {
  system: `You write titles for conversations. Answer with a title of at most eight words.\n${proseText(createRandom(5), 4800)}`,
  tools: [],
  hash: 77,
};

const frames = new Map<string, Frame>();

/** A program's system text and tools of about so many reference tokens, the same for all sessions. */
export function frameOf(kind: 'main' | 'subagent', tokens: number): Frame {
  const key = `${kind} ${tokens}`;
  const known = frames.get(key);
  if (known !== undefined) return known;
  const random = createRandom(kind === 'main' ? 21 : 22);
  const toolCount = kind === 'main' ? 16 : 9;
  const toolBytes = (tokens * BYTES_PER_TOKEN * 0.6) / toolCount;
  const names = ['read_file', 'edit_file', 'run_command', 'search_files'];
  const tools: ToolDefinition[] = Array.from({ length: toolCount }, (_, index) => ({
    name: names[index] ?? `tool_${index}`,
    description: proseText(random, Math.max(20, toolBytes - 140)),
    schema: {
      type: 'object',
      properties: { path: { type: 'string' }, note: { type: 'string' } },
      required: ['path'],
    },
  }));
  const frame = {
    system: `You are a coding assistant (${kind}).\n${proseText(random, tokens * BYTES_PER_TOKEN * 0.4)}`,
    tools,
    hash: kind === 'main' ? 101 : 102,
  };
  frames.set(key, frame);
  return frame;
}
