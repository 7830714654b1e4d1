// What a request is made of, for the books: tokens of its texts, calls, tools, pictures and documents, each counted apart,
// since every family of models puts something else around them. Parses the whole request; not for the request path.

import { estimateTextTokens } from '../classify/token-estimate.ts';
import {
  type ContentPart,
  type ConversationRequest,
  type Message,
  messagesOf,
  type ToolDefinition,
} from '../conversation/request.ts';
import type { ToolChoice } from '../conversation/settings.ts';
import { sizeOfImage } from '../util/image-size.ts';
import { arrayOf, isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf } from '../util/json.ts';

export interface ImageMeasure {
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly isLowDetail: boolean;
}

/** Tokens are those of the reference tokenizer (o200k), by estimate. */
export interface PromptSizes {
  readonly messageCount: number;
  readonly textTokens: number;
  readonly callCount: number;
  /** Names and arguments of the calls. */
  readonly callTokens: number;
  readonly resultCount: number;
  readonly toolCount: number;
  /** The tools as a TypeScript namespace, which is how OpenAI's models see them. */
  readonly toolTokensTypeScript: number;
  /** The tools as JSON. */
  readonly toolTokensJson: number;
  /** Schema that the answer is held to, as JSON; 0 = none. */
  readonly formatTokens: number;
  readonly toolChoice: ToolChoice['kind'] | undefined;
  /** Whether the request turns thinking on or off; undefined = it does not say. */
  readonly thinks: boolean | undefined;
  /** Thoughts since the last word of the user: models get those back that belong to the turn they are in. */
  readonly openThoughts: ThoughtSizes;
  readonly images: readonly ImageMeasure[];
  readonly documentPages: number;
  /** Holds something whose size nobody outside the provider knows: stored files, tools and results of its own, sound. */
  readonly hasUnknownParts: boolean;
}

export interface ThoughtSizes {
  /** As far as they can be read. */
  readonly textTokens: number;
  readonly sealCount: number;
  readonly sealChars: number;
}

/** Size of an image behind a link: what a middling one has. */
const UNSEEN_IMAGE = { widthPixels: 800, heightPixels: 600 };

/** Throws what reading a malformed message throws. */
export function promptSizes(request: ConversationRequest): PromptSizes {
  const tally = new PromptTally();
  const messages = messagesOf(request);
  for (const { content } of messages) for (const part of content) tally.add(part);
  const tools = request.tools();
  const format = request.responseFormat;
  const { toolChoice, reasoning } = request.settings();
  return {
    messageCount: messages.length,
    textTokens: tally.textTokens,
    callCount: tally.callCount,
    callTokens: tally.callTokens,
    resultCount: tally.resultCount,
    toolCount: tools.length,
    toolTokensTypeScript: estimateTextTokens(tools.map(asTypeScript).join('')),
    toolTokensJson: estimateTextTokens(tools.map(asJson).join('\n')),
    formatTokens: format.kind === 'json-schema' ? estimateTextTokens(JSON.stringify(format.schema)) : 0,
    toolChoice: toolChoice?.kind,
    thinks: reasoning === undefined ? undefined : reasoning.effort !== 'none',
    openThoughts: openThoughtsOf(messages),
    images: tally.images,
    documentPages: tally.documentPages,
    hasUnknownParts:
      tally.hasUnknownParts ||
      request.previousResponseId !== undefined ||
      request.boundBy !== undefined ||
      tools.some((tool) => tool.kind === 'server'),
  };
}

function openThoughtsOf(messages: readonly Message[]): ThoughtSizes {
  const isAsk = ({ role, content }: Message): boolean =>
    role === 'user' && content.some((part) => part.type === 'text');
  let textTokens = 0;
  let sealCount = 0;
  let sealChars = 0;
  for (const { content } of messages.slice(messages.findLastIndex(isAsk) + 1)) {
    for (const part of content) {
      if (part.type !== 'reasoning') continue;
      textTokens += estimateTextTokens(part.text);
      if (part.seal === undefined || part.seal.kind === 'unsealed') continue;
      sealCount += 1;
      sealChars += part.seal.value.length;
    }
  }
  return { textTokens, sealCount, sealChars };
}

class PromptTally {
  textTokens = 0;
  callCount = 0;
  callTokens = 0;
  resultCount = 0;
  documentPages = 0;
  hasUnknownParts = false;
  readonly images: ImageMeasure[] = [];

  add(part: ContentPart): void {
    switch (part.type) {
      case 'text':
      case 'refusal':
        this.textTokens += estimateTextTokens(part.text);
        break;
      case 'tool-call':
        this.callCount += 1;
        this.callTokens += estimateTextTokens(part.name) + estimateTextTokens(part.input);
        break;
      case 'tool-result':
        this.resultCount += 1;
        for (const inner of part.content) this.add(inner);
        break;
      case 'image': {
        const size = part.source.kind === 'base64' ? sizeOfImage(part.source.data) : undefined;
        this.images.push({ ...(size ?? UNSEEN_IMAGE), isLowDetail: part.detail === 'low' });
        break;
      }
      case 'document':
        this.#document(part.source);
        break;
      case 'reasoning':
        break; // those of earlier turns are taken out of the prompt; for the others see openThoughtsOf
      default:
        this.hasUnknownParts = true;
        this.textTokens += estimateTextTokens(JSON.stringify(part.raw).slice(0, MAX_RAW_CHARS));
    }
  }

  #document(source: Extract<ContentPart, { type: 'document' }>['source']): void {
    if (source.kind === 'text') this.textTokens += estimateTextTokens(source.text);
    else if (source.kind !== 'base64') this.#unseenPage();
    else if (source.mediaType.startsWith('text/')) {
      this.textTokens += estimateTextTokens(Buffer.from(source.data, 'base64').toString());
    } else if (source.mediaType === 'application/pdf') this.documentPages += pagesOf(source.data);
    else this.#unseenPage();
  }

  #unseenPage(): void {
    this.documentPages += 1;
    this.hasUnknownParts = true;
  }
}

/** Of what has no word here: sound and the like are long and say nothing of tokens. */
const MAX_RAW_CHARS = 64 * 1024;

/** Page objects that can be seen; those in compressed object streams cannot, so at least one. */
function pagesOf(base64: string): number {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  return Math.max(1, text.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0);
}

function asJson({ name, description, parameters, raw, kind }: ToolDefinition): string {
  return JSON.stringify(kind === 'server' ? raw : { name, description, parameters });
}

/** `type name = (_: { … }) => any;` with descriptions as comments. */
function asTypeScript({ name, description, parameters }: ToolDefinition): string {
  const has = Object.keys(objectOf(parameters?.['properties']) ?? {}).length > 0;
  const argument = has && parameters !== undefined ? `_: ${typeOf(parameters)}` : '';
  return `${commentOf(description)}type ${name} = (${argument}) => any;\n`;
}

function commentOf(description: string | undefined): string {
  return description === undefined ? '' : `// ${description}\n`;
}

function typeOf(value: JsonValue | undefined): string {
  if (!isJsonObject(value)) return 'any';
  const reference = stringOf(value['$ref']);
  if (reference !== undefined) return reference.slice(reference.lastIndexOf('/') + 1);
  const choices = [...arrayOf(value['anyOf']), ...arrayOf(value['oneOf'])];
  if (choices.length > 0) return choices.map(typeOf).join(' | ');
  const values = arrayOf(value['enum']);
  if (values.length > 0) return values.map((each) => JSON.stringify(each)).join(' | ');
  if (value['properties'] !== undefined) return objectType(value);
  const { type } = value;
  if (type === 'array') return `${typeOf(value['items'])}[]`;
  if (type === 'integer') return 'number';
  return Array.isArray(type) ? type.join(' | ') : (stringOf(type) ?? 'any');
}

function objectType(schema: JsonObject): string {
  const required = new Set(arrayOf(schema['required']));
  let text = '{\n';
  for (const [name, property] of Object.entries(objectOf(schema['properties']) ?? {})) {
    const description = stringOf(objectOf(property)?.['description']);
    text += `${commentOf(description)}${name}${required.has(name) ? '' : '?'}: ${typeOf(property)},\n`;
  }
  return `${text}}`;
}
