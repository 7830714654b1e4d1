// Messages of the neutral model -> `systemInstruction` and `contents`. The history is made such as Gemini takes it: one
// system text in front, roles in turn, every call with its result, and a proof on the first call of each answer.

import type { ContentPart, ConversationRequest, Message } from '../../conversation/request.ts';
import { messagesOf } from '../../conversation/request.ts';
import { fitHistory } from '../../conversation/fit-history.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { withOwnThoughts } from '../recalled-thoughts.ts';
import { argumentsObject } from './candidate-writer.ts';
import { parseExactObject } from '../exact-json.ts';
import { NO_SIGNATURE, wantsSignedCalls } from './thought-signature.ts';
import { TOOL_NAMES } from './tool-names.ts';

type ToolResult = Extract<ContentPart, { type: 'tool-result' }>;
type ToolCall = Extract<ContentPart, { type: 'tool-call' }>;

export interface EncodedContents {
  readonly systemInstruction: JsonObject | undefined;
  readonly contents: readonly JsonObject[];
}

export function encodeContents(
  request: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
): EncodedContents {
  const owned = messagesOf(request).map((message) => withOwnThoughts(message, target, losses));
  const fitted = fitHistory(owned, {
    systemText: target.traits?.systemInMessages === true ? 'anywhere' : 'first-only',
    startsWithUser: true,
    mergesNeighbours: true,
    toolResultsAreUser: true,
    pairsToolCalls: true,
  });
  for (const warning of fitted.warnings) losses.add(warning);
  const encoder = new ContentEncoder(target, losses);
  const system: JsonObject[] = [];
  const contents: JsonObject[] = [];
  for (const message of fitted.messages) {
    const isSystem = message.role === 'system' || message.role === 'developer';
    const parts = encoder.parts(message);
    if (parts.length === 0) continue;
    if (isSystem && contents.length === 0) for (const part of parts) system.push(part);
    else contents.push({ role: message.role === 'assistant' ? 'model' : 'user', parts });
  }
  return { systemInstruction: system.length === 0 ? undefined : { parts: system }, contents };
}

class ContentEncoder {
  private readonly losses: Losses;
  private readonly signsCalls: boolean;
  /** Names of the called tools, which Google wants on the results too. */
  private readonly names = new Map<string, string>();

  constructor(target: EncodeTarget, losses: Losses) {
    this.losses = losses;
    this.signsCalls = wantsSignedCalls(target.upstreamModel);
  }

  parts(message: Message): JsonObject[] {
    if (message.name !== undefined) this.losses.leftOut('the name of an author');
    const encoded: JsonObject[] = [];
    let signature: string | undefined;
    let hasCall = false;
    for (const part of message.content) {
      if (part.type === 'reasoning') {
        // Two proofs in a row: the first one signs an empty text, as Google itself does.
        if (signature !== undefined) encoded.push({ text: '', thoughtSignature: signature });
        if (part.text !== '') encoded.push({ text: part.text, thought: true });
        signature = part.seal?.value;
        continue;
      }
      if (part.type === 'tool-call' && !hasCall) {
        hasCall = true;
        if (this.signsCalls) signature ??= NO_SIGNATURE;
      }
      const [first, ...rest] = this.part(part);
      if (first === undefined) continue;
      encoded.push(signature === undefined ? first : { ...first, thoughtSignature: signature }, ...rest);
      signature = undefined;
    }
    if (signature !== undefined) encoded.push({ text: '', thoughtSignature: signature });
    return encoded;
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return [{ text: part.text }];
      case 'tool-call':
        return [this.call(part)];
      case 'tool-result':
        return this.result(part);
      case 'image':
        if (part.detail !== undefined && part.detail !== 'auto')
          this.losses.leftOut('the detail of an image');
        return [mediaPart(part.source, 'image/png')];
      case 'document':
        return this.document(part);
      default:
        this.losses.leftOut(`content of type ${part.type === 'other' ? part.wireType : part.type}`);
        return [];
    }
  }

  private call({ callId, name: ownName, input, isText = false }: ToolCall): JsonObject {
    const name = TOOL_NAMES.fit(ownName);
    this.names.set(callId, name);
    if (!isText && input.trim() !== '' && parseExactObject(input) === undefined) {
      this.losses.add(
        `arguments of the tool ${ownName} that are no JSON object were sent as its one text argument`,
      );
    }
    return { functionCall: { id: callId, name, args: argumentsObject(input, isText) } };
  }

  /** Pictures stand behind the result: only the newest models take them inside. */
  private result({ callId, content, isError = false }: ToolResult): JsonObject[] {
    const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    const others = content.filter((part) => part.type !== 'text').flatMap((part) => this.part(part));
    const response = { [isError ? 'error' : 'output']: texts.join('\n') };
    const name = this.names.get(callId) ?? 'unknown_tool';
    return [{ functionResponse: { id: callId, name, response } }, ...others];
  }

  private document({ source, fileName }: Extract<ContentPart, { type: 'document' }>): JsonObject[] {
    switch (source.kind) {
      case 'text':
        return [{ text: fileName === undefined ? source.text : `${fileName}:\n${source.text}` }];
      case 'file-id':
        this.losses.leftOut('a file that is stored at another provider');
        return [];
      default:
        return [mediaPart(source, 'application/pdf')];
    }
  }
}

function mediaPart(
  source:
    | { readonly kind: 'url'; readonly url: string }
    | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string },
  defaultType: string,
): JsonObject {
  if (source.kind === 'base64') {
    return { inlineData: { mimeType: source.mediaType || defaultType, data: source.data } };
  }
  const mimeType = typeOfUrl(source.url) ?? defaultType;
  return { fileData: { mimeType, fileUri: source.url } };
}

const TYPES_BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['html', 'text/html'],
  ['csv', 'text/csv'],
]);

function typeOfUrl(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return TYPES_BY_ENDING.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}
