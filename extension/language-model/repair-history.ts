// A history as extensions keep it -> one that the Messages dialect allows, without losing a word: turns of one role
// become one message, every call has exactly one result in the message after it, and results without a call become text.
// Same histories give the same messages, so that what a provider has cached stays cached. Pure.

import type {
  ContentBlock,
  ResultBlock,
  TextBlock,
  ToolResultBlock,
  ToolUseBlock,
} from './content-blocks.ts';

export type WireRole = 'user' | 'assistant' | 'system';

export interface WireMessage {
  readonly role: WireRole;
  readonly content: readonly ContentBlock[];
}

const NO_RESULT = 'There is no result: the call was not carried out, or its result was not kept.';
const OPENING = 'Go on with the conversation below.';
const GO_ON = 'Go on.';

/** Messages without content fall out. Begins with a user's message (after system ones) and ends with one. */
export function repairHistory(messages: readonly WireMessage[]): WireMessage[] {
  const merged = mergeTurns(messages.filter(({ content }) => content.length > 0));
  const paired = pairResults(withUniqueCalls(merged));
  const first = paired.findIndex(({ role }) => role !== 'system');
  if (paired[first]?.role === 'assistant') paired.splice(first, 0, userText(OPENING));
  // Newer models refuse to go on with a text that is put into their mouth.
  if (paired.findLast(({ role }) => role !== 'system')?.role === 'assistant') paired.push(userText(GO_ON));
  return paired;
}

function userText(text: string): WireMessage {
  return { role: 'user', content: [{ type: 'text', text }] };
}

function mergeTurns(messages: readonly WireMessage[]): WireMessage[] {
  const merged: WireMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last === undefined || last.role !== message.role) merged.push(message);
    else merged.splice(-1, 1, { role: last.role, content: [...last.content, ...message.content] });
  }
  return merged;
}

/** Some vendors number their calls anew in each answer; the second `call_0` becomes `call_0-2`, its result as well. */
function withUniqueCalls(messages: readonly WireMessage[]): WireMessage[] {
  const seen = new Map<string, number>();
  const current = new Map<string, string>();
  return messages.map(({ role, content }) => ({
    role,
    content: content.map((block) => {
      if (block.type === 'tool_use') {
        const count = (seen.get(block.id) ?? 0) + 1;
        seen.set(block.id, count);
        const id = count === 1 ? block.id : `${block.id}-${count}`;
        current.set(block.id, id);
        return id === block.id ? block : { ...block, id };
      }
      if (block.type !== 'tool_result') return block;
      const id = current.get(block.tool_use_id) ?? block.tool_use_id;
      return id === block.tool_use_id ? block : { ...block, tool_use_id: id };
    }),
  }));
}

function pairResults(messages: readonly WireMessage[]): WireMessage[] {
  const paired: WireMessage[] = [];
  let open: readonly ToolUseBlock[] = [];
  /** System messages that came between calls and their results, where nothing may stand. */
  let waiting: WireMessage[] = [];
  const answer = (content: readonly ContentBlock[]): void => {
    paired.push({ role: 'user', content: userBlocks(content, open) }, ...waiting);
    open = [];
    waiting = [];
  };
  for (const { role, content } of messages) {
    if (role === 'system') {
      const system: WireMessage = { role, content: content.flatMap(asText) };
      (open.length > 0 ? waiting : paired).push(system);
    } else if (role === 'user') {
      answer(content);
    } else {
      if (open.length > 0) answer([]);
      const blocks = content.flatMap(asAssistantBlocks);
      paired.push({ role, content: blocks });
      open = blocks.filter((block) => block.type === 'tool_use');
    }
  }
  if (open.length > 0) answer([]);
  return paired;
}

/** Results come before anything else, in the order of their calls. */
function userBlocks(content: readonly ContentBlock[], open: readonly ToolUseBlock[]): ContentBlock[] {
  const results = new Map<string, ToolResultBlock>();
  const rest: ContentBlock[] = [];
  for (const block of content) {
    const isAnswer = block.type === 'tool_result' && open.some(({ id }) => id === block.tool_use_id);
    if (isAnswer && !results.has(block.tool_use_id)) results.set(block.tool_use_id, block);
    else rest.push(...asUserText(block));
  }
  return [...open.map((call) => results.get(call.id) ?? missingResult(call)), ...rest];
}

/** An assistant says text and calls tools; pictures and results in its mouth are refused. */
function asAssistantBlocks(block: ContentBlock): ContentBlock[] {
  return block.type === 'tool_use' ? [block] : asText(block);
}

function missingResult(call: ToolUseBlock): ToolResultBlock {
  const content = [{ type: 'text' as const, text: NO_RESULT }];
  return { type: 'tool_result', tool_use_id: call.id, content, is_error: true };
}

/** A block that stays, or the words of one that cannot stand in a user's message. */
function asUserText(block: ContentBlock): ContentBlock[] {
  if (block.type === 'tool_result') return [introduced('[Result of an earlier tool call]'), ...block.content];
  return block.type === 'tool_use' ? asText(block) : [block];
}

/** The words of a block that can only stand as text. */
export function asText(block: ContentBlock): TextBlock[] {
  switch (block.type) {
    case 'text':
      return [block];
    case 'tool_use':
      return [introduced(`[Call of the tool ${block.name}: ${JSON.stringify(block.input)}]`)];
    case 'tool_result':
      return [introduced('[Result of a tool call]'), ...block.content.flatMap(textOfResult)];
    default:
      return [introduced(`[${block.type === 'image' ? 'An image' : 'A document'} that is not shown here]`)];
  }
}

function textOfResult(block: ResultBlock): TextBlock[] {
  return block.type === 'text' ? [block] : asText(block);
}

function introduced(text: string): TextBlock {
  return { type: 'text', text };
}
