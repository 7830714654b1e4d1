// What the editor hands over as the parts of a message, told apart by shape: no `vscode` here, and parts of newer editors
// or older extensions must not be lost because their class is another one. Pure.

export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'data'; readonly mimeType: string; readonly data: Uint8Array }
  | { readonly kind: 'tool-call'; readonly callId: string; readonly name: string; readonly input: object }
  | {
      readonly kind: 'tool-result';
      readonly callId: string;
      readonly content: readonly unknown[];
      readonly isError: boolean;
    }
  /** What extensions tell themselves through messages, and thoughts that only their own model can open. */
  | { readonly kind: 'private' }
  | { readonly kind: 'unknown' };

/** Roles of the editor: `User` = 1, `Assistant` = 2; 3 is a system message, which only some extensions may send. */
export const ROLE = { user: 1, assistant: 2, system: 3 } as const;

/** The part of a message that is read here; `vscode.LanguageModelChatRequestMessage` fits. */
export interface EditorMessage {
  readonly role: number;
  readonly content: string | readonly unknown[];
}

/** Types of data that Copilot Chat 0.67 hides in messages for its own use. */
const PRIVATE_TYPES: ReadonlySet<string> = new Set([
  'stateful_marker',
  'thinking',
  'context_management',
  'phase_data',
  'usage',
]);

/** A data part of this type marks where the prompt before it may be cached. */
export const CACHE_MARK_TYPE = 'cache_control';

export function partsOf(content: EditorMessage['content']): readonly MessagePart[] {
  return typeof content === 'string' ? [{ kind: 'text', text: content }] : content.map(readPart);
}

export function readPart(part: unknown): MessagePart {
  if (typeof part === 'string') return { kind: 'text', text: part };
  if (!isRecord(part)) return { kind: 'unknown' };
  const { callId, name, content, input, mimeType, data, value } = part;
  if (typeof callId === 'string' && Array.isArray(content)) {
    return { kind: 'tool-result', callId, content, isError: part['isError'] === true };
  }
  if (typeof callId === 'string' && typeof name === 'string') {
    return { kind: 'tool-call', callId, name, input: isRecord(input) ? input : {} };
  }
  if (typeof mimeType === 'string' && data instanceof Uint8Array) {
    const type = mimeType.toLowerCase().split(';', 1)[0]?.trim() ?? '';
    return PRIVATE_TYPES.has(type) ? { kind: 'private' } : { kind: 'data', mimeType: type, data };
  }
  if ('metadata' in part && (typeof value === 'string' || Array.isArray(value))) return { kind: 'private' };
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (isRecord(value)) return { kind: 'text', text: renderedText(value) };
  return { kind: 'unknown' };
}

/** Types whose bytes are text. */
export function isTextType(mimeType: string): boolean {
  return (
    mimeType.startsWith('text/') ||
    /[/+](?:json|xml|yaml|x-yaml|javascript|typescript|toml|sql|x-sh|csv)$/.test(mimeType)
  );
}

/** Deepest nesting of an element that is read; what tools render has some ten levels. */
const MAX_ELEMENT_DEPTH = 100;

/**
 * The words in an element that a tool rendered for prompts (`renderElementJSON` of `@vscode/prompt-tsx`): nodes with
 * `children`, at whose ends stand those with `text`. Anything else that a tool put there is told as the JSON it is.
 */
function renderedText(value: Readonly<Record<string, unknown>>): string {
  return isRecord(value['node']) ? nodeText(value['node'], 0) : JSON.stringify(value);
}

function nodeText(node: unknown, depth: number): string {
  if (!isRecord(node) || depth > MAX_ELEMENT_DEPTH) return '';
  const { text, children, lineBreakBefore } = node;
  if (typeof text === 'string') return lineBreakBefore === true ? `\n${text}` : text;
  return Array.isArray(children) ? children.map((child) => nodeText(child, depth + 1)).join('') : '';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
