// One input item -> one neutral message. Whatever the model has no word for becomes an `other` part with the wire value
// in it. Nothing here throws: the outline has refused what cannot be read, the rest is kept as it is or left out.

import type { ContentPart, DocumentSource, ImageSource, Message } from '../../conversation/request.ts';
import type { Seal } from '../../conversation/seal.ts';
import { arrayOf, objectOf, stringOf, type JsonObject, type JsonValue } from '../../util/json.ts';
import { isEnvelope, openEnvelope } from '../envelope.ts';
import { CALL_NAMES, headOf, kindOf, roleOf } from './item-kinds.ts';

/** The neutral name of a tool that is called by its wire name, in a namespace or not. */
export type NameOf = (namespace: string | undefined, name: string) => string;

export function decodeItem(value: JsonValue, nameOf: NameOf): Message {
  const item = objectOf(value) ?? {};
  const head = headOf(item);
  const role = roleOf(head);
  switch (kindOf(head)) {
    case 'message':
      return { role, content: contentParts(item['content']) };
    case 'reasoning':
      return { role, content: reasoningParts(item) };
    case 'call':
      return { role, content: [callPart(item, head.type, nameOf)] };
    case 'output': {
      const callId = stringOf(item['call_id']) ?? stringOf(item['id']) ?? '';
      const isError = item['status'] === 'failed' ? { isError: true } : {};
      return {
        role,
        content: [{ type: 'tool-result', callId, content: outputParts(item, head.type), ...isError }],
      };
    }
    default:
      return { role, content: [{ type: 'other', wireType: head.type || 'item_reference', raw: value }] };
  }
}

/**
 * The seal of a reasoning item: OpenAI's own, or one that travelled in an envelope. Undefined when there is none, and for
 * an envelope that cannot be opened any more, which proves nothing to anybody.
 */
export function sealOf(encryptedContent: string, itemId: string | undefined): Seal | undefined {
  if (encryptedContent === '') return undefined;
  if (isEnvelope(encryptedContent)) return openEnvelope(encryptedContent);
  const seal = { kind: 'encrypted-reasoning', value: encryptedContent } as const;
  return itemId === undefined ? seal : { ...seal, itemId };
}

/** The whole thought where the vendor shows it (`content`), else its summary. */
function reasoningParts(item: JsonObject): ContentPart[] {
  const text = joinedText(item['content']) || joinedText(item['summary']);
  const seal = sealOf(stringOf(item['encrypted_content']) ?? '', stringOf(item['id']));
  if (text === '' && seal === undefined) return [];
  return [{ type: 'reasoning', text, ...(seal === undefined ? {} : { seal }) }];
}

function joinedText(parts: JsonValue | undefined): string {
  return arrayOf(parts)
    .flatMap((part) => stringOf(objectOf(part)?.['text']) ?? [])
    .join('\n\n');
}

function callPart(item: JsonObject, type: string, nameOf: NameOf): ContentPart {
  const callId = stringOf(item['call_id']) ?? stringOf(item['id']) ?? '';
  const ownName = stringOf(item['name']) ?? '';
  const name = CALL_NAMES.get(type) ?? nameOf(stringOf(item['namespace']), ownName);
  const part = { type: 'tool-call', callId, name } as const;
  switch (type) {
    case 'function_call':
      return { ...part, input: textOrJson(item['arguments']) };
    case 'custom_tool_call':
      return { ...part, input: textOrJson(item['input']), isText: true };
    case 'tool_search_call':
      return { ...part, input: textOrJson(item['arguments']) };
    case 'apply_patch_call':
      return { ...part, input: textOrJson(item['operation']) };
    default:
      return { ...part, input: textOrJson(item['action'] ?? item['actions']) };
  }
}

function textOrJson(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function outputParts(item: JsonObject, type: string): ContentPart[] {
  if (type === 'tool_search_output') return textParts(`Tools found: ${toolNames(item['tools']).join(', ')}`);
  if (type === 'shell_call_output') return arrayOf(item['output']).flatMap(shellOutputParts);
  const { output } = item;
  if (Array.isArray(output)) return contentParts(output);
  const single = objectOf(output);
  return single === undefined ? textParts(textOrJson(output)) : [contentPart(single)];
}

function toolNames(tools: JsonValue | undefined): readonly string[] {
  return arrayOf(tools).flatMap((tool) => stringOf(objectOf(tool)?.['name']) ?? []);
}

function shellOutputParts(value: JsonValue): ContentPart[] {
  const output = objectOf(value) ?? {};
  const outcome = objectOf(output['outcome']);
  const exitCode = outcome?.['exit_code'];
  const ending = typeof exitCode === 'number' ? `exit code ${exitCode}` : (stringOf(outcome?.['type']) ?? '');
  const texts = [stringOf(output['stdout']) ?? '', stringOf(output['stderr']) ?? '', ending];
  return texts.flatMap(textParts);
}

function contentParts(content: JsonValue | undefined): ContentPart[] {
  if (typeof content === 'string') return textParts(content);
  return arrayOf(content).map(contentPart);
}

function textParts(text: string): ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function contentPart(value: JsonValue): ContentPart {
  const part = objectOf(value) ?? {};
  const wireType = stringOf(part['type']) ?? 'unknown';
  switch (wireType) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text': {
      const text = stringOf(part['text']);
      return text === undefined ? { type: 'other', wireType, raw: value } : { type: 'text', text };
    }
    case 'reasoning_text':
      return { type: 'reasoning', text: stringOf(part['text']) ?? '' };
    case 'refusal':
      return { type: 'refusal', text: stringOf(part['refusal']) ?? '' };
    case 'input_image':
    case 'computer_screenshot':
    case 'image_url':
      return imagePart(part) ?? { type: 'other', wireType, raw: value };
    case 'input_file':
      return documentPart(part) ?? { type: 'other', wireType, raw: value };
    default:
      return { type: 'other', wireType, raw: value };
  }
}

/** Undefined for an image that lies at the vendor (`file_id`): nobody else has it. */
function imagePart(part: JsonObject): ContentPart | undefined {
  const url = stringOf(part['image_url']) ?? stringOf(objectOf(part['image_url'])?.['url']);
  if (url === undefined) return undefined;
  const inline = inlineData(url);
  const source: ImageSource = inline === undefined ? { kind: 'url', url } : { kind: 'base64', ...inline };
  const detail = stringOf(part['detail']);
  return { type: 'image', source, ...(detail === undefined ? {} : { detail }) };
}

function documentPart(part: JsonObject): ContentPart | undefined {
  const source = documentSource(part);
  if (source === undefined) return undefined;
  const fileName = stringOf(part['filename']);
  return { type: 'document', source, ...(fileName === undefined ? {} : { fileName }) };
}

function documentSource(part: JsonObject): DocumentSource | undefined {
  const data = stringOf(part['file_data']);
  if (data !== undefined) return { kind: 'base64', ...(inlineData(data) ?? { mediaType: '', data }) };
  const url = stringOf(part['file_url']);
  if (url !== undefined) return { kind: 'url', url };
  const fileId = stringOf(part['file_id']);
  return fileId === undefined ? undefined : { kind: 'file-id', fileId };
}

/** `data:<type>;base64,<data>` taken apart; undefined for any other text. */
function inlineData(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  const comma = url.indexOf(',');
  const head = comma === -1 ? '' : url.slice(0, comma);
  if (!head.startsWith('data:') || !head.endsWith(';base64')) return undefined;
  return { mediaType: head.slice('data:'.length).split(';', 1)[0] ?? '', data: url.slice(comma + 1) };
}
