// The neutral view of a request. It is a view, not a copy: the client's bytes stay as they came (`body`), sizes and
// needs are known from one scan, and messages are parsed only when somebody reads them. Same-dialect targets get the
// bytes back; other dialects are built from this view.

import type { Capability, DialectId } from '../protocol/vocabulary.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import type { RequestBody } from '../util/request-body.ts';
import type { Seal } from './seal.ts';
import type { RequestSettings } from './settings.ts';

export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

export type ImageSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string };

export type DocumentSource =
  | { readonly kind: 'url'; readonly url: string }
  /** `mediaType` is '' when the client did not say. */
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'text'; readonly text: string }
  /** A file that was uploaded to one provider; no other one has it. */
  | { readonly kind: 'file-id'; readonly fileId: string };

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly source: ImageSource; readonly detail?: string }
  | { readonly type: 'document'; readonly source: DocumentSource; readonly fileName?: string }
  /** `text` may be '' when only the seal is known. */
  | { readonly type: 'reasoning'; readonly text: string; readonly seal?: Seal }
  | { readonly type: 'refusal'; readonly text: string }
  | {
      readonly type: 'tool-call';
      readonly callId: string;
      /** As in `ToolDefinition.name`. */
      readonly name: string;
      /** Raw text of the arguments, never parsed and written again: JSON, or free text when `isText`. */
      readonly input: string;
      readonly isText?: boolean;
    }
  | {
      readonly type: 'tool-result';
      readonly callId: string;
      readonly content: readonly ContentPart[];
      readonly isError?: boolean;
    }
  /** Anything this model has no word for (audio, files, server tools, …), kept as the client wrote it. */
  | { readonly type: 'other'; readonly wireType: string; readonly raw: JsonValue };

export interface Message {
  readonly role: Role;
  readonly content: readonly ContentPart[];
  readonly name?: string;
}

/**
 * What one scan tells of a message without parsing it. A later request that brings the same message may have the very
 * same object, so it stands for the message, and what was worked out of the message can be kept by it.
 */
export interface MessageOutline {
  readonly role: Role;
  /** Size of the message on the wire. */
  readonly bytes: number;
  readonly hasImage: boolean;
  readonly isToolResult: boolean;
  readonly hasToolCall: boolean;
  /** Whether it holds text outside of tool results; absent = not known, read the message to find out. */
  readonly hasText?: boolean;
}

export interface ToolDefinition {
  /**
   * `function`: arguments are JSON. `custom`: the argument is free text. `server`: the provider runs it itself, so it
   * means nothing to another vendor.
   */
  readonly kind: 'function' | 'custom' | 'server';
  /** Unique in the request and fit for every vendor; a tool of a namespace is `<namespace>__<its own name>`. */
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  /** JSON Schema of the arguments, as the client wrote it. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  readonly raw: JsonValue;
}

/** How the answer must be shaped. */
export type ResponseFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json-object' }
  | {
      readonly kind: 'json-schema';
      readonly schema: JsonObject;
      readonly name?: string;
      readonly strict?: boolean;
    };

export interface ConversationRequest {
  readonly dialect: DialectId;
  /** As the client wrote it; `auto` when it sent none. */
  readonly requestModel: string;
  readonly stream: boolean;
  /** The client's own limit; absent = it set none. */
  readonly maxOutputTokens: number | undefined;
  /** One entry per message in wire order (a dialect's separate system text counts as a first message). */
  readonly outline: readonly MessageOutline[];
  /** Parses message `index` on first use and remembers it. Throws `request.malformed` when it cannot be read. */
  message(index: number): Message;
  /** Number of tools declared (a namespace of tools counts as one); parsed by `tools()` on first use. */
  readonly toolCount: number;
  tools(): readonly ToolDefinition[];
  /** How the answer is to be made; parsed on first use. */
  settings(): RequestSettings;
  /** Members of the body that this model has no word for, as the client named them; lost in another dialect. */
  unmappedFields(): readonly string[];
  /** Id of a stored answer that the conversation goes on from (Responses); its items are not in this request. */
  readonly previousResponseId?: string;
  /**
   * Member of the body that names something which only the vendors of this dialect have stored (a conversation, a prompt
   * template, an item by its id). No other dialect can serve the request.
   */
  readonly boundBy?: string;
  readonly responseFormat: ResponseFormat;
  /** What a model must be able to do to serve this request. */
  readonly needs: readonly Capability[];
  /** Session identity that the body carries (`prompt_cache_key`, `metadata.user_id`, …), if any. */
  readonly bodySessionId: string | undefined;
  /** The client asked for usage in the stream (or its dialect always has it). */
  readonly wantsUsage: boolean;
  /** Number of answers asked for (`n`), 1 by default. */
  readonly choiceCount: number;
  /** Wire bytes of message `index`. Equal bytes are the same prefix to a prompt cache. */
  messageBytes(index: number): Buffer;
  /** Wire bytes of what comes before the messages in a prompt cache: the tool definitions. */
  preambleBytes(): Buffer;
  readonly body: RequestBody;
}

/** All messages of a request, parsed. */
export function messagesOf(request: ConversationRequest): readonly Message[] {
  return request.outline.map((_, index) => request.message(index));
}

/** The text parts of a message joined with newlines. */
export function textOf(content: readonly ContentPart[]): string {
  let text = '';
  for (const part of content) {
    if (part.type === 'text') text += text === '' ? part.text : `\n${part.text}`;
  }
  return text;
}
