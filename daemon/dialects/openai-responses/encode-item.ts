// Messages of the neutral model -> input items. Text of the assistant stands in items of its own between its thoughts
// and calls, in the order of the message; results of tools are items beside the user's words.
// Shapes as the official SDK (openai 7.55, ResponseInputItem) has them, checked 2026-11-21.

import { createHash } from 'node:crypto';

import type { ContentPart, DocumentSource, ImageSource, Message } from '../../conversation/request.ts';
import type { Seal } from '../../conversation/seal.ts';
import { stringOf, type JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import type { Losses } from '../losses.ts';
import { TOOL_NAMES } from './tool-names.ts';

/** "Invalid 'input[2].call_id': string too long. Expected a string with maximum length 64" (OpenAI, 2026-07). */
const MAX_ID_CHARS = 64;

/** Ids that are too long become a digest: the same for the same id, and never the same for two. */
export function shortId(id: string, prefix: string): string {
  if (id.length <= MAX_ID_CHARS) return id;
  return prefix + createHash('sha256').update(id).digest('base64url');
}

type Part<Type extends ContentPart['type']> = Extract<ContentPart, { type: Type }>;

/** One for each request: which calls were made with free text decides how their results are written. */
export class ItemEncoder {
  private readonly target: EncodeTarget;
  private readonly losses: Losses;
  private readonly textCalls = new Set<string>();

  constructor(target: EncodeTarget, losses: Losses) {
    this.target = target;
    this.losses = losses;
  }

  encode(message: Message): readonly JsonObject[] {
    if (message.name !== undefined) this.losses.leftOut('the name of an author');
    return message.role === 'assistant' ? this.encodeAssistant(message.content) : this.encodeInput(message);
  }

  private encodeAssistant(parts: readonly ContentPart[]): readonly JsonObject[] {
    const items: JsonObject[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') items.push(assistantMessage(text));
      text = '';
    };
    for (const part of parts) {
      if (part.type === 'text') {
        text += part.text; // vendors read neighbours as one text, too: citations end parts in mid-sentence
        continue;
      }
      const item = this.assistantItem(part);
      if (item === undefined) continue;
      flush();
      items.push(item);
    }
    flush();
    return this.withoutLooseThoughts(items);
  }

  private assistantItem(part: ContentPart): JsonObject | undefined {
    switch (part.type) {
      case 'reasoning':
        return this.reasoningItem(part);
      case 'tool-call':
        return this.callItem(part);
      case 'refusal':
        return assistantMessage(part.text);
      default:
        this.leaveOut(part);
        return undefined;
    }
  }

  /** Thoughts of another model are refused, so they are left out; thoughts without a proof are nobody's. */
  private reasoningItem(part: Part<'reasoning'>): JsonObject | undefined {
    const { seal, text } = part;
    if (isOwnSeal(seal, this.target)) return sealedReasoning(seal, text);
    this.losses.foreignThoughts();
    return undefined;
  }

  private callItem(part: Part<'tool-call'>): JsonObject {
    const { callId, input } = part;
    const name = TOOL_NAMES.fit(part.name);
    if (part.isText === true) {
      this.textCalls.add(callId);
      return { type: 'custom_tool_call', call_id: callId, name, input };
    }
    return { type: 'function_call', call_id: callId, name, arguments: input === '' ? '{}' : input };
  }

  /** "Item 'rs_…' of type 'reasoning' was provided without its required following item" (OpenAI, recorded as 400). */
  private withoutLooseThoughts(items: JsonObject[]): readonly JsonObject[] {
    while (items.at(-1)?.['type'] === 'reasoning') {
      items.pop();
      this.losses.add('a thought that nothing followed was left out');
    }
    return items;
  }

  /** Messages of anybody but the assistant. */
  private encodeInput({ role, content }: Message): readonly JsonObject[] {
    const wireRole = role === 'tool' ? 'user' : role;
    const items: JsonObject[] = [];
    let parts: JsonObject[] = [];
    const flush = (): void => {
      if (parts.length > 0) items.push({ type: 'message', role: wireRole, content: parts });
      parts = [];
    };
    for (const part of content) {
      if (part.type === 'tool-result') {
        flush();
        items.push(this.outputItem(part));
      } else parts.push(...this.inputPart(part));
    }
    flush();
    return items;
  }

  private outputItem(part: Part<'tool-result'>): JsonObject {
    if (part.isError === true) this.losses.leftOut('the mark of a failed tool result');
    const parts = part.content.flatMap((inner) => this.inputPart(inner));
    const texts = parts.flatMap((inner) => stringOf(inner['text']) ?? []);
    // A plain text is what every provider of this dialect takes.
    const output = texts.length === parts.length ? texts.join('\n') : parts;
    const type = this.textCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output';
    return { type, call_id: part.callId, output };
  }

  private inputPart(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return [{ type: 'input_text', text: part.text }];
      case 'refusal':
        return [{ type: 'input_text', text: part.text }];
      case 'image':
        return [{ type: 'input_image', image_url: imageUrl(part.source), detail: detailOf(part.detail) }];
      case 'document':
        return this.documentPart(part);
      default:
        this.leaveOut(part);
        return [];
    }
  }

  private documentPart(part: Part<'document'>): JsonObject[] {
    const { source, fileName } = part;
    switch (source.kind) {
      case 'url':
        return [{ type: 'input_file', file_url: source.url }];
      case 'base64':
        return [
          { type: 'input_file', filename: fileName ?? defaultFileName(source), file_data: dataUrl(source) },
        ];
      case 'text':
        return [
          { type: 'input_text', text: fileName === undefined ? source.text : `${fileName}:\n${source.text}` },
        ];
      default:
        this.losses.leftOut('a file that was uploaded to another provider');
        return [];
    }
  }

  private leaveOut(part: ContentPart): void {
    this.losses.leftOut(`content of type ${part.type === 'other' ? part.wireType : part.type}`);
  }
}

/** A plain text needs no id and no status, which a message of parts officially has. */
function assistantMessage(text: string): JsonObject {
  return { type: 'message', role: 'assistant', content: text };
}

/** The content is bound to the id of its item, so without the right one there is none. */
function sealedReasoning(seal: Seal, text: string): JsonObject {
  return {
    type: 'reasoning',
    ...(seal.itemId === undefined ? {} : { id: seal.itemId }),
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: seal.value,
  };
}

function imageUrl(source: ImageSource): string {
  return source.kind === 'url' ? source.url : dataUrl(source);
}

const DETAILS: ReadonlySet<string> = new Set(['auto', 'low', 'high', 'original']);

function detailOf(detail: string | undefined): string {
  return detail !== undefined && DETAILS.has(detail) ? detail : 'auto';
}

function dataUrl(source: { readonly mediaType: string; readonly data: string }): string {
  return `data:${source.mediaType === '' ? 'application/pdf' : source.mediaType};base64,${source.data}`;
}

/** OpenAI tells the kind of a file by its name and refuses data without one. */
function defaultFileName(source: Extract<DocumentSource, { kind: 'base64' }>): string {
  const { mediaType } = source;
  if (mediaType === '' || mediaType === 'application/pdf') return 'document.pdf';
  return mediaType.startsWith('text/') ? 'document.txt' : 'document';
}
