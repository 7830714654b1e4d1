// The text of a prompt, read only when an answer has to be held against it (patches, comments that were there before)
// and only so much of it that the cost stays bounded. Newest messages first.

import type { ContentPart, ConversationRequest, Message } from '../conversation/request.ts';

const MAX_PROMPT_CHARS = 512 * 1024;

export interface PromptMessage {
  readonly role: Message['role'];
  readonly text: string;
  /** Inputs of the calls in it. */
  readonly calls: string;
}

export class PromptText {
  readonly #request: Pick<ConversationRequest, 'outline' | 'message'>;
  #messages: readonly PromptMessage[] | undefined;
  #lines: string | undefined;
  #isWhole = true;

  constructor(request: Pick<ConversationRequest, 'outline' | 'message'>) {
    this.#request = request;
  }

  /** In wire order; messages that cannot be read are left out. */
  get messages(): readonly PromptMessage[] {
    this.#messages ??= this.#read();
    return this.#messages;
  }

  /** The prompt was small enough to be read whole. */
  get isWhole(): boolean {
    return this.messages.length >= 0 && this.#isWhole;
  }

  /** Whether the lines of `text` stand in the prompt one after the other; white space at their ends does not count. */
  holds(text: string): boolean {
    const wanted = comparable(text);
    if (wanted === '') return true;
    this.#lines ??= this.messages
      .map((message) => comparable(`${message.text}\n${message.calls}`))
      .join('\n');
    return this.#lines.includes(wanted);
  }

  #read(): readonly PromptMessage[] {
    const messages: PromptMessage[] = [];
    let room = MAX_PROMPT_CHARS;
    for (let index = this.#request.outline.length - 1; index >= 0; index -= 1) {
      if (room <= 0 || (this.#request.outline[index]?.bytes ?? 0) > 4 * MAX_PROMPT_CHARS) {
        this.#isWhole = false;
        continue;
      }
      const message = this.#messageAt(index);
      if (message === null) {
        this.#isWhole = false;
        continue;
      }
      room -= message.text.length + message.calls.length;
      messages.unshift(message);
    }
    return messages;
  }

  #messageAt(index: number): PromptMessage | null {
    try {
      const { role, content } = this.#request.message(index);
      const calls = content.flatMap((part) => (part.type === 'tool-call' ? [readable(part.input)] : []));
      return { role, text: textOfParts(content), calls: calls.join('\n') };
    } catch {
      return null; // the check of an answer is no place to complain about a request
    }
  }
}

function textOfParts(parts: readonly ContentPart[]): string {
  return parts
    .map((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'tool-result') return textOfParts(part.content);
      return part.type === 'document' && part.source.kind === 'text' ? part.source.text : '';
    })
    .join('\n');
}

/** The strings of a call's JSON as they were meant: with their line breaks. */
function readable(input: string): string {
  return input
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\');
}

/** Lines without the white space at their ends, empty ones left out, numbers that tools put before lines taken off. */
export function comparable(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const bare = line.replace(/^ {0,8}\d{1,6}(?:\t|→|[|:] ?| \| )/, '').trim();
    if (bare !== '') lines.push(bare);
  }
  return lines.join('\n');
}
