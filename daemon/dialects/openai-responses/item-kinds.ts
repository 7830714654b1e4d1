// What each kind of input item is to the conversation. The outline and the decoder read the same tables, so that they
// never disagree on whose item it is. Kinds as the official SDK (openai 7.55, ResponseInputItem) and recorded traffic
// have them, checked 2026-11-21.

import type { Role } from '../../conversation/request.ts';

export const MESSAGE_ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['system', 'system'],
  ['developer', 'developer'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/**
 * Calls that the client runs, with the name that the tool has in a history that another vendor reads. A tool search
 * counts only when the client runs it, see `isClientSide`.
 */
export const CALL_NAMES: ReadonlyMap<string, string | undefined> = new Map([
  ['function_call', undefined], // has a name of its own
  ['custom_tool_call', undefined],
  ['local_shell_call', 'local_shell'],
  ['shell_call', 'shell'],
  ['apply_patch_call', 'apply_patch'],
  ['computer_call', 'computer'],
  ['tool_search_call', 'tool_search'],
]);

const OUTPUT_TYPES: ReadonlySet<string> = new Set([
  'function_call_output',
  'custom_tool_call_output',
  'local_shell_call_output',
  'shell_call_output',
  'apply_patch_call_output',
  'computer_call_output',
  'tool_search_output',
]);

/** Neither the assistant's nor a tool's; nobody takes them for the user's words. */
const SIDE_ITEM_ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['mcp_approval_response', 'user'],
  ['configuration_update', 'developer'],
  ['compaction_trigger', 'developer'],
]);

/** The facts of an item that its place in the conversation depends on. */
export interface ItemHead {
  /** '' when the item has none. */
  readonly type: string;
  readonly role: Role | undefined;
  /** `execution` is `client` (tool search). */
  readonly isClientRun: boolean;
}

export type ItemKind = 'message' | 'reasoning' | 'call' | 'output' | 'tools' | 'reference' | 'other';

/** `type` may be left out of messages and of references. */
export function kindOf({ type, role, isClientRun }: ItemHead): ItemKind {
  if (type === 'message' || (type === '' && role !== undefined)) return 'message';
  if (type === 'item_reference' || type === '') return 'reference';
  if (type === 'reasoning') return 'reasoning';
  if (type === 'additional_tools') return 'tools';
  // A search that the vendor ran itself is no call that anybody here answers.
  if (type.startsWith('tool_search_') && !isClientRun) return 'other';
  if (CALL_NAMES.has(type)) return 'call';
  return OUTPUT_TYPES.has(type) ? 'output' : 'other';
}

export function roleOf(head: ItemHead): Role {
  switch (kindOf(head)) {
    case 'message':
      return head.role ?? 'user';
    case 'output':
      return 'tool';
    case 'tools':
      return 'developer';
    default:
      return SIDE_ITEM_ROLES.get(head.type) ?? 'assistant';
  }
}

/** The head of an item that is parsed already. */
export function headOf(item: { readonly [key: string]: unknown }): ItemHead {
  const { type, role, execution } = item;
  return {
    type: typeof type === 'string' ? type : '',
    role: typeof role === 'string' ? MESSAGE_ROLES.get(role) : undefined,
    isClientRun: execution === 'client',
  };
}
