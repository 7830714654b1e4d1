// Parsed pieces of a chat request -> the neutral model. Whatever the model has no word for becomes an `other` part with
// the wire value in it. Nothing here throws: what is not as documented is kept as it is or left out, and the provider
// that gets the client's own bytes will say so.

import type {
  ContentPart,
  DocumentSource,
  ImageSource,
  Message,
  ResponseFormat,
  Role,
  ToolDefinition,
} from '../../conversation/request.ts';
import { arrayOf, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { addDetail, callSeal, detailsOf, detailsSeal, detailText } from './reasoning-details.ts';

export function decodeMessage(value: JsonValue): Message {
  const wire = objectOf(value) ?? {};
  const role = stringOf(wire['role']) ?? 'user';
  const name = stringOf(wire['name']);
  const parts = contentParts(wire['content']);
  if (role === 'tool' || role === 'function') {
    // A result of the time before tools names the function instead of a call.
    const callId = stringOf(wire['tool_call_id']) ?? name ?? '';
    return { role: 'tool', content: [{ type: 'tool-result', callId, content: parts }] };
  }
  const content = role === 'assistant' ? assistantParts(wire, parts) : parts;
  return { role: neutralRole(role), content, ...(name === undefined ? {} : { name }) };
}

export function decodeTools(
  tools: JsonValue | undefined,
  functions: JsonValue | undefined,
): readonly ToolDefinition[] {
  return [
    ...arrayOf(tools).map((tool) => decodeTool(objectOf(tool) ?? {}, tool)),
    ...arrayOf(functions).map((tool) => definition(objectOf(tool) ?? {}, '', tool)),
  ];
}

export function decodeResponseFormat(value: JsonValue | undefined): ResponseFormat {
  const wire = objectOf(value);
  switch (wire?.['type']) {
    case 'json_object':
      return { kind: 'json-object' };
    case 'json_schema': {
      const format = objectOf(wire['json_schema']) ?? {};
      const name = stringOf(format['name']);
      const strict = format['strict'];
      return {
        kind: 'json-schema',
        schema: objectOf(format['schema']) ?? {},
        ...(name === undefined ? {} : { name }),
        ...(typeof strict === 'boolean' ? { strict } : {}),
      };
    }
    default:
      return { kind: 'text' };
  }
}

function neutralRole(role: string): Role {
  switch (role) {
    case 'system':
    case 'developer':
    case 'assistant':
      return role;
    default:
      return 'user'; // the outline has refused every other role
  }
}

function contentParts(content: JsonValue | undefined): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return arrayOf(content).map(contentPart);
}

function contentPart(value: JsonValue): ContentPart {
  const part = objectOf(value) ?? {};
  const wireType = stringOf(part['type']) ?? 'unknown';
  const text = stringOf(part['text']);
  const refusal = stringOf(part['refusal']);
  if (wireType === 'text' && text !== undefined) return { type: 'text', text };
  if (wireType === 'refusal' && refusal !== undefined) return { type: 'refusal', text: refusal };
  if (wireType === 'image_url') {
    // Some clients write the address itself instead of an object around it.
    const image = objectOf(part['image_url']);
    const url = stringOf(image?.['url'] ?? part['image_url']);
    const detail = stringOf(image?.['detail']);
    if (url !== undefined) {
      return { type: 'image', source: imageSource(url), ...(detail === undefined ? {} : { detail }) };
    }
  }
  if (wireType === 'thinking') {
    const thoughts = arrayOf(part['thinking']).map((thought) => stringOf(objectOf(thought)?.['text']) ?? '');
    return { type: 'reasoning', text: thoughts.join('') };
  }
  if (wireType === 'file')
    return documentPart(objectOf(part['file']) ?? {}) ?? { type: 'other', wireType, raw: value };
  return { type: 'other', wireType, raw: value };
}

function documentPart(file: JsonObject): ContentPart | undefined {
  const data = stringOf(file['file_data']);
  const fileId = stringOf(file['file_id']);
  const fileName = stringOf(file['filename']);
  const source: DocumentSource | undefined =
    data !== undefined
      ? documentSource(data)
      : fileId === undefined
        ? undefined
        : { kind: 'file-id', fileId };
  if (source === undefined) return undefined;
  return { type: 'document', source, ...(fileName === undefined ? {} : { fileName }) };
}

/** OpenAI takes a data address or bare base64 text, OpenRouter an address too. */
function documentSource(data: string): DocumentSource {
  const source = imageSource(data);
  if (source.kind === 'base64' || /^https?:/i.test(data)) return source;
  return { kind: 'base64', mediaType: '', data };
}

/** `data:<type>;base64,<data>` is taken apart; every other address stays an address and is never fetched here. */
function imageSource(url: string): ImageSource {
  const comma = url.indexOf(',');
  const head = comma === -1 ? '' : url.slice(0, comma);
  if (!head.startsWith('data:') || !head.endsWith(';base64')) return { kind: 'url', url };
  const mediaType = head.slice('data:'.length).split(';', 1)[0] ?? '';
  return { kind: 'base64', mediaType, data: url.slice(comma + 1) };
}

function assistantParts(wire: JsonObject, parts: readonly ContentPart[]): ContentPart[] {
  const refusal = stringOf(wire['refusal']) ?? '';
  const legacyCall = objectOf(wire['function_call']);
  return [
    ...reasoningParts(wire),
    ...parts,
    ...(refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...arrayOf(wire['tool_calls']).flatMap(toolCallParts),
    ...(legacyCall === undefined ? [] : [callPart(stringOf(legacyCall['name']) ?? '', legacyCall)]),
  ];
}

function reasoningParts(wire: JsonObject): ContentPart[] {
  const details: JsonObject[] = [];
  for (const detail of detailsOf(wire['reasoning_details'])) addDetail(details, detail);
  const seal = detailsSeal(details);
  const text =
    stringOf(wire['reasoning_content']) ??
    stringOf(wire['reasoning']) ??
    stringOf(wire['thinking']) ??
    details.map(detailText).join('');
  if (text === '' && seal === undefined) return [];
  return [{ type: 'reasoning', text, ...(seal === undefined ? {} : { seal }) }];
}

function toolCallParts(value: JsonValue): ContentPart[] {
  const call = objectOf(value) ?? {};
  const custom = objectOf(call['custom']);
  const called = objectOf(call['function']) ?? custom;
  if (called === undefined)
    return [{ type: 'other', wireType: stringOf(call['type']) ?? 'tool_call', raw: value }];
  const part = callPart(stringOf(call['id']) ?? '', called, custom === called);
  const seal = callSeal(call);
  return seal === undefined ? [part] : [{ type: 'reasoning', text: '', seal }, part];
}

function callPart(callId: string, called: JsonObject, isText = false): ContentPart {
  const input = stringOf(called['arguments']) ?? stringOf(called['input']) ?? '';
  const name = stringOf(called['name']) ?? '';
  return { type: 'tool-call', callId, name, input, ...(isText ? { isText } : {}) };
}

function decodeTool(tool: JsonObject, raw: JsonValue): ToolDefinition {
  const type = stringOf(tool['type']) ?? '';
  return definition(objectOf(tool['function']) ?? objectOf(tool['custom']) ?? {}, type, raw);
}

/** A tool that the provider runs itself has no definition but its type. */
function definition(wire: JsonObject, type: string, raw: JsonValue): ToolDefinition {
  const description = stringOf(wire['description']);
  const parameters = objectOf(wire['parameters']);
  const strict = wire['strict'];
  return {
    kind: type === 'custom' ? 'custom' : type === '' || type === 'function' ? 'function' : 'server',
    name: stringOf(wire['name']) ?? type,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(typeof strict === 'boolean' ? { strict } : {}),
    raw,
  };
}
