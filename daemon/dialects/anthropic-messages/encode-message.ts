// The neutral conversation as Anthropic takes it: leading system text apart, then turns of user and assistant that its
// rules accept. Rules: https://platform.claude.com/docs/en/api/messages and /docs/en/build-with-claude/working-with-messages,
// checked 2026-11-21.

import { fitHistory } from '../../conversation/fit-history.ts';
import {
  type ContentPart,
  type ConversationRequest,
  type Message,
  messagesOf,
} from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import { parseExactObject } from '../exact-json.ts';
import type { Losses } from '../losses.ts';
import { withRecalled } from '../recalled-thoughts.ts';
import { encodeDocument, encodeImage } from './encode-media.ts';
import { isSystemRole, MOVED_SYSTEM_TEXT, placeSystemText } from './system-text.ts';
import { encodeToolId } from './tool-ids.ts';
import { TOOL_NAMES } from './tool-names.ts';
import { isThought, thoughtBlock, type WireConversation, type WireMessage } from './wire-message.ts';

/** Shorter texts cannot be nested so deeply that writing them again fails. */
const SHALLOW_CHARACTERS = 8000;

export function encodeConversation(
  request: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
): WireConversation {
  const takesSystem = target.traits?.systemInMessages === true;
  const fitted = fitHistory(
    messagesOf(request).map((message) => withRecalled(message, target.history)),
    {
      systemText: takesSystem ? 'anywhere' : 'first-only',
      startsWithUser: true,
      mergesNeighbours: true,
      toolResultsAreUser: true,
      pairsToolCalls: true,
      callId: encodeToolId,
    },
  );
  for (const warning of fitted.warnings) losses.add(warning);
  const encoder = new MessageEncoder(target, losses);
  const encoded = fitted.messages.flatMap((message) => encoder.encode(message));
  const first = encoded.findIndex(({ role }) => role !== 'system');
  const { messages, hasMoved } = placeSystemText(encoded.slice(first));
  if (hasMoved) losses.add(MOVED_SYSTEM_TEXT);
  return {
    system: encoded.slice(0, first).flatMap(({ content }) => content),
    messages: endingWithUser(messages, losses),
  };
}

/** An assistant message at the end would be the beginning of the answer (prefill): new models refuse it. */
function endingWithUser(messages: readonly WireMessage[], losses: Losses): readonly WireMessage[] {
  if (messages.at(-1)?.role !== 'assistant') return messages;
  losses.add('the conversation ended with the assistant; the user was made to ask for more');
  return [...messages, { role: 'user', content: [{ type: 'text', text: '(please go on)' }] }];
}

class MessageEncoder {
  private readonly target: EncodeTarget;
  private readonly losses: Losses;

  constructor(target: EncodeTarget, losses: Losses) {
    this.target = target;
    this.losses = losses;
  }

  /** No message when nothing of it can be said here. */
  encode(message: Message): WireMessage[] {
    if (message.name !== undefined) this.losses.leftOut('the name of a message');
    const content = message.content.flatMap((part) => this.block(part));
    const role = isSystemRole(message.role) ? 'system' : message.role === 'assistant' ? 'assistant' : 'user';
    if (role === 'assistant' && content.every(isThought)) {
      if (content.length > 0) this.losses.add('thoughts without an answer were left out of the conversation');
      return [];
    }
    if (content.length > 0) return [{ role, content }];
    // An empty message is refused, and without the user's one the assistant's might come first.
    return role === 'user' ? [{ role, content: [{ type: 'text', text: '(content left out)' }] }] : [];
  }

  private block(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
      case 'refusal':
        // Text without a visible character is refused.
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
      case 'reasoning':
        return this.thought(part);
      case 'image':
        return encodeImage(part, this.losses);
      case 'document':
        return encodeDocument(part, this.losses);
      case 'tool-call': {
        const input = part.isText === true ? { input: part.input } : this.toolInput(part.input);
        return [{ type: 'tool_use', id: part.callId, name: TOOL_NAMES.fit(part.name), input }];
      }
      case 'tool-result':
        return [this.toolResult(part)];
      default:
        this.losses.leftOut(`content of type ${part.wireType}`);
        return [];
    }
  }

  private thought({ text, seal }: Extract<ContentPart, { type: 'reasoning' }>): JsonObject[] {
    if (!isOwnSeal(seal, this.target)) {
      this.losses.foreignThoughts();
      return [];
    }
    return [thoughtBlock(text, seal)];
  }

  /** Arguments must be an object here; models of other vendors now and then write something else. */
  private toolInput(text: string): JsonObject {
    if (text.trim() === '') return {};
    const input = parseExactObject(text);
    if (input !== undefined && (text.length < SHALLOW_CHARACTERS || isWritable(input))) return input;
    this.losses.add('arguments of a tool call that are not a JSON object were sent as one text');
    return { input: text };
  }

  private toolResult(part: Extract<ContentPart, { type: 'tool-result' }>): JsonObject {
    const content = part.content.flatMap((inner) => this.block(inner));
    return {
      type: 'tool_result',
      tool_use_id: part.callId,
      ...(content.length === 0 ? {} : { content }),
      ...(part.isError === true ? { is_error: true } : {}),
    };
  }
}

function isWritable(value: JsonObject): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false; // nested too deeply to be written
  }
}
