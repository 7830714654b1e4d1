// The contents of a message -> a message of the neutral model. Whatever the model has no word for becomes an `other` part
// with the wire value in it. A signature stands with the part that it signs; here it becomes a thought in front of it,
// together with the readable thoughts before it.

import type { ContentPart, Message } from '../../conversation/request.ts';
import type { Seal } from '../../conversation/seal.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { typeAt, valueAt } from '../../util/json-scan.ts';
import type { Span } from '../../util/request-body.ts';
import { compactJson } from '../exact-json.ts';
import { type CallIds, placeOf } from './call-ids.ts';
import { fieldOf, listOf, spellingsOf } from './fields.ts';
import type { OutlinedMessage } from './outline.ts';
import { sealOf } from './thought-signature.ts';
import { elementSpans, memberAt } from './wire-spans.ts';

type Reasoning = Extract<ContentPart, { type: 'reasoning' }>;

/** `message`: contents in `bytes`, which passed the outline. */
export function decodeContents(bytes: Buffer, message: OutlinedMessage, callIds: CallIds): Message {
  const { role } = message.outline;
  const reader = new PartReader(role === 'assistant');
  for (const [offset, span] of message.contents.entries()) {
    const value = valueAt({ bytes }, span);
    if (typeof value === 'string') return { role, content: textParts(value) };
    const spans = elementSpans(bytes, memberAt(bytes, span, 'parts'));
    for (const [position, part] of listOf(fieldOf(objectOf(value), 'parts')).entries()) {
      const partSpan = spans[position];
      if (!isJsonObject(part) || partSpan === undefined) continue;
      const callId = callIds.get(placeOf(message.firstIndex + offset, position)) ?? '';
      reader.read(part, () => decodePart(part, callId, () => argumentsText(bytes, partSpan)));
    }
  }
  return { role, content: reader.content };
}

/** The parts of a content, for pairing. */
export function wireParts(content: JsonValue): readonly JsonObject[] {
  return listOf(fieldOf(objectOf(content), 'parts')).map((part) => objectOf(part) ?? {});
}

class PartReader {
  readonly content: ContentPart[] = [];
  /** The model's texts are pieces of one, as they were streamed; a user's stand for themselves. */
  private readonly joinsTexts: boolean;

  constructor(joinsTexts: boolean) {
    this.joinsTexts = joinsTexts;
  }

  /** `decode`: the part itself, without its signature. */
  read(wire: JsonObject, decode: () => ContentPart): void {
    const signature = stringOf(fieldOf(wire, 'thoughtSignature'));
    const seal = signature === undefined ? undefined : sealOf(signature);
    if (wire['thought'] === true) {
      this.think(stringOf(wire['text']) ?? '');
      if (seal !== undefined) this.seal(seal);
      return;
    }
    if (seal !== undefined) this.seal(seal);
    // Google ends a stream with an empty text whose only purpose is its signature.
    if (wire['text'] !== '') this.add(decode());
  }

  private add(part: ContentPart): void {
    const last = this.content.at(-1);
    if (this.joinsTexts && part.type === 'text' && last?.type === 'text') {
      this.content[this.content.length - 1] = { type: 'text', text: last.text + part.text };
    } else this.content.push(part);
  }

  private think(text: string): void {
    const last = this.content.at(-1);
    if (text === '') return;
    if (last?.type !== 'reasoning' || last.seal !== undefined) this.content.push({ type: 'reasoning', text });
    else this.content[this.content.length - 1] = { ...last, text: last.text + text };
  }

  private seal(seal: Seal): void {
    const last = this.content.at(-1);
    if (last?.type === 'reasoning' && last.seal === undefined) {
      const sealed: Reasoning = { ...last, seal };
      this.content[this.content.length - 1] = sealed;
    } else if (seal.kind !== 'unsealed') this.content.push({ type: 'reasoning', text: '', seal });
  }
}

function decodePart(wire: JsonObject, callId: string, argumentsOf: () => string): ContentPart {
  const text = stringOf(wire['text']);
  if (text !== undefined) return { type: 'text', text };
  const call = objectOf(fieldOf(wire, 'functionCall'));
  if (call !== undefined) {
    return { type: 'tool-call', callId, name: stringOf(call['name']) ?? '', input: argumentsOf() };
  }
  const response = objectOf(fieldOf(wire, 'functionResponse'));
  if (response !== undefined) return toolResult(response, callId);
  return mediaPart(wire) ?? { type: 'other', wireType: wireTypeOf(wire), raw: wire };
}

/** `response.output` is what the tool said, `response.error` what went wrong, and anything else is said whole. */
function toolResult(wire: JsonObject, callId: string): ContentPart {
  const response = fieldOf(wire, 'response');
  const said = objectOf(response);
  const keys = Object.keys(said ?? {});
  const isOutput = keys.length === 1 && keys[0] === 'output';
  const isError = keys.length === 1 && keys[0] === 'error';
  const spoken = isOutput ? said?.['output'] : isError ? said?.['error'] : response;
  const text = typeof spoken === 'string' ? spoken : spoken === undefined ? '' : JSON.stringify(spoken);
  const media = listOf(fieldOf(wire, 'parts')).map(
    (part): ContentPart => mediaPart(objectOf(part) ?? {}) ?? { type: 'other', wireType: 'parts', raw: part },
  );
  return {
    type: 'tool-result',
    callId,
    content: [...textParts(text), ...media],
    ...(isError ? { isError } : {}),
  };
}

function mediaPart(wire: JsonObject): ContentPart | undefined {
  const inline = objectOf(fieldOf(wire, 'inlineData'));
  const file = objectOf(fieldOf(wire, 'fileData'));
  const mediaType = stringOf(fieldOf(inline ?? file, 'mimeType')) ?? '';
  if (/^(?:audio|video)\//.test(mediaType)) return undefined;
  const data = stringOf(inline?.['data']);
  if (data !== undefined) return inlinePart(data, mediaType, stringOf(fieldOf(inline, 'displayName')));
  const uri = stringOf(fieldOf(file, 'fileUri'));
  return uri === undefined ? undefined : filePart(uri, mediaType);
}

function inlinePart(data: string, mediaType: string, fileName: string | undefined): ContentPart {
  const source = { kind: 'base64', mediaType, data } as const;
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  return { type: 'document', source, ...(fileName === undefined ? {} : { fileName }) };
}

/** What was uploaded to Google has an address too, but nobody else can read it. */
function filePart(uri: string, mediaType: string): ContentPart {
  const isUploaded = uri.startsWith('gs://') || uri.startsWith('https://generativelanguage.googleapis.com/');
  if (isUploaded || !/^https?:\/\//.test(uri)) {
    return { type: 'document', source: { kind: 'file-id', fileId: uri } };
  }
  const source = { kind: 'url', url: uri } as const;
  return mediaType.startsWith('image/') ? { type: 'image', source } : { type: 'document', source };
}

/** The member that says what a part is, for parts without a neutral word. */
function wireTypeOf(wire: JsonObject): string {
  const marks = new Set(['thought', ...spellingsOf('thoughtSignature'), ...spellingsOf('partMetadata')]);
  return Object.keys(wire).find((key) => !marks.has(key)) ?? 'part';
}

function textParts(text: string): ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** Raw, so that no number in it changes. */
function argumentsText(bytes: Buffer, part: Span): string {
  const args = memberAt(bytes, memberAt(bytes, part, 'functionCall'), 'args');
  if (args === undefined || typeAt(bytes, args.start) === 'null') return '{}';
  return compactJson(bytes.toString('utf8', args.start, args.end));
}
