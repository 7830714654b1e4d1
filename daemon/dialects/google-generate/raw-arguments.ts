// The arguments of a call in an answer as text, with every number as the model wrote it where the wire text is at hand.

import { isJsonObject, type JsonObject, objectOf } from '../../util/json.ts';
import type { Span } from '../../util/request-body.ts';
import { compactJson, hasDelicateNumber } from '../exact-json.ts';
import { fieldOf, listOf } from './fields.ts';
import { elementSpans, memberAt } from './wire-spans.ts';

/**
 * `text`: the chunk that `candidate` stands in at `position`. Undefined when the part has no arguments of its own: it is
 * a piece of a call, or the whole of one that takes none.
 */
export function rawArguments(
  candidate: JsonObject,
  text: string | undefined,
  position: number,
  part: number,
): string | undefined {
  const parts = listOf(fieldOf(objectOf(candidate['content']), 'parts'));
  const call = objectOf(fieldOf(objectOf(parts[part]), 'functionCall'));
  const args = fieldOf(call, 'args');
  if (!isJsonObject(args)) return undefined;
  const isDelicate = text !== undefined && hasDelicateNumber(text);
  return (isDelicate ? rawText(text, position, part) : undefined) ?? JSON.stringify(args);
}

function rawText(text: string, position: number, part: number): string | undefined {
  const bytes = Buffer.from(text.trim());
  const chunk: Span = { start: 0, end: bytes.length };
  const candidate = elementSpans(bytes, memberAt(bytes, chunk, 'candidates'))[position];
  const content = memberAt(bytes, candidate, 'content');
  const wirePart = elementSpans(bytes, memberAt(bytes, content, 'parts'))[part];
  const args = memberAt(bytes, memberAt(bytes, wirePart, 'functionCall'), 'args');
  return args === undefined ? undefined : compactJson(bytes.toString('utf8', args.start, args.end));
}
