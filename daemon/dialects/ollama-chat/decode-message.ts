// The messages of an Ollama request -> messages of the neutral model (https://docs.ollama.com/api/chat, checked
// 2026-11-21). Calls mostly come without ids and results name their tool at best, so they are paired here, in order.

import type { ContentPart, Message, Role } from '../../conversation/request.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, stringOf } from '../../util/json.ts';
import { scanArray, scanObject, typeAt, valueAt } from '../../util/json-scan.ts';
import type { Span } from '../../util/request-body.ts';
import { malformed } from '../body-fields.ts';
import { compactJson } from '../exact-json.ts';

const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['system', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
]);

interface OpenCall {
  readonly callId: string;
  readonly name: string;
}

/** `spans`: the elements of `messages`. Throws `request.malformed` for what is no message. */
export function decodeMessages(bytes: Buffer, spans: readonly Span[]): readonly Message[] {
  let open: OpenCall[] = [];
  return spans.map((span, index) => {
    const place = `messages[${index}]`;
    const wire = objectOf(valueAt({ bytes }, span));
    if (wire === undefined) throw malformed('messages', `${place} must be an object with a role`);
    const role = ROLES.get(stringOf(wire['role']) ?? '');
    if (role === undefined)
      throw malformed('messages', `${place}.role must be one of ${[...ROLES.keys()].join(', ')}`);
    const parts = contentParts(wire, place);
    if (role === 'tool') {
      const callId = takeCall(open, wire) ?? `call_${index}`;
      return { role, content: [{ type: 'tool-result', callId, content: parts }] };
    }
    if (role !== 'assistant') return { role, content: parts };
    const calls = toolCalls(bytes, span, wire, index);
    open = calls.map(({ callId, name }) => ({ callId, name }));
    const thinking = stringOf(wire['thinking']) ?? '';
    const thought: ContentPart[] = thinking === '' ? [] : [{ type: 'reasoning', text: thinking }];
    return { role, content: [...thought, ...parts, ...calls] };
  });
}

function contentParts(wire: JsonObject, place: string): ContentPart[] {
  const { content, images } = wire;
  if (content !== undefined && content !== null && typeof content !== 'string') {
    throw malformed('messages', `${place}.content must be a string`);
  }
  if (images !== undefined && images !== null && !Array.isArray(images)) {
    throw malformed('messages', `${place}.images must be an array of base64 texts`);
  }
  const text = stringOf(content) ?? '';
  return [
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...arrayOf(images).map((image, index): ContentPart => {
      if (typeof image !== 'string')
        throw malformed('messages', `${place}.images[${index}] must be a base64 text`);
      return { type: 'image', source: { kind: 'base64', ...imageOf(image) } };
    }),
  ];
}

/** First characters of the base64 text of each kind of picture. */
const SIGNS: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

/** Ollama never says what kind of picture it is; other vendors insist on knowing. Some clients send a data address. */
function imageOf(text: string): { readonly mediaType: string; readonly data: string } {
  const [, named, inner] = /^data:([^;,]+);base64,(.*)$/s.exec(text) ?? [];
  const data = inner ?? text;
  const sign = SIGNS.find(([start]) => data.startsWith(start));
  return { mediaType: named ?? sign?.[1] ?? 'image/png', data };
}

function toolCalls(
  bytes: Buffer,
  message: Span,
  wire: JsonObject,
  index: number,
): Extract<ContentPart, { type: 'tool-call' }>[] {
  const span = scanObject(bytes, message).get('tool_calls');
  if (span === undefined || typeAt(bytes, span.start) === 'null') return [];
  if (typeAt(bytes, span.start) !== 'array')
    throw malformed('messages', `messages[${index}].tool_calls must be an array`);
  const spans = scanArray(bytes, span);
  return arrayOf(wire['tool_calls']).map((entry, position) => {
    const called = objectOf(objectOf(entry)?.['function']);
    const callSpan = spans[position];
    if (called === undefined || callSpan === undefined) {
      throw malformed('messages', `messages[${index}].tool_calls[${position}].function must be an object`);
    }
    const id = stringOf(objectOf(entry)?.['id']) ?? '';
    return {
      type: 'tool-call',
      callId: id === '' ? `call_${index}_${position}` : id,
      name: stringOf(called['name']) ?? '',
      input: argumentsText(bytes, callSpan),
    };
  });
}

/** Raw, so that no number in it changes. Clients that keep them as text, as OpenAI does, are understood too. */
function argumentsText(bytes: Buffer, call: Span): string {
  const called = scanObject(bytes, call).get('function');
  const args = called === undefined ? undefined : scanObject(bytes, called).get('arguments');
  if (args === undefined || typeAt(bytes, args.start) === 'null') return '{}';
  if (typeAt(bytes, args.start) === 'string') return stringOf(valueAt({ bytes }, args)) ?? '{}';
  return compactJson(bytes.toString('utf8', args.start, args.end));
}

function takeCall(open: OpenCall[], wire: JsonObject): string | undefined {
  const callId = stringOf(wire['tool_call_id']) ?? '';
  const name = stringOf(wire['tool_name']) ?? stringOf(wire['name']) ?? '';
  let at = open.findIndex((call) => call.callId === callId);
  if (at === -1 && callId === '') at = open.findIndex((call) => call.name === name);
  if (at === -1 && callId === '') at = 0;
  const [call] = at === -1 ? [] : open.splice(at, 1);
  return callId === '' ? call?.callId : callId;
}

/** A whole number above 0, else undefined. */
export function positiveInteger(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
