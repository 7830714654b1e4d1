// The arguments of a call in an answer as text, with every number as the model wrote it where the wire text is at hand.

import { isJsonObject, type JsonObject, objectOf } from '../../util/json.ts';
import type { Span } from '../../util/request-body.ts';
import { compactJson, hasDelicateNumber } from '../exact-json.ts';
import { fieldOf, listOf } from './fields.ts';
import { elementSpans, memberAt } from './wire-spans.ts';

/** Undefined when the part has no arguments of its own: it is a piece of a call, or the whole of one that takes none. */
export type RawArguments = (candidate: JsonObject, position: number, part: number) => string | undefined;

/**
 * Reads the arguments in one chunk. `text`: the chunk as it came. It is looked into once, not once for each call in it.
 */
export function rawArgumentsIn(text: string | undefined): RawArguments {
  const bytes = text === undefined || !hasDelicateNumber(text) ? undefined : Buffer.from(text.trim());
  const known = new Map<number, readonly Span[]>();
  return (candidate, position, part) => {
    const parts = listOf(fieldOf(objectOf(candidate['content']), 'parts'));
    const args = fieldOf(objectOf(fieldOf(objectOf(parts[part]), 'functionCall')), 'args');
    if (!isJsonObject(args)) return undefined;
    if (bytes === undefined) return JSON.stringify(args);
    const spans = known.get(position) ?? partSpans(bytes, position);
    known.set(position, spans);
    return rawText(bytes, spans[part]) ?? JSON.stringify(args);
  };
}

function partSpans(bytes: Buffer, position: number): readonly Span[] {
  const chunk: Span = { start: 0, end: bytes.length };
  const candidate = elementSpans(bytes, memberAt(bytes, chunk, 'candidates'))[position];
  return elementSpans(bytes, memberAt(bytes, memberAt(bytes, candidate, 'content'), 'parts'));
}

function rawText(bytes: Buffer, part: Span | undefined): string | undefined {
  const args = memberAt(bytes, memberAt(bytes, part, 'functionCall'), 'args');
  return args === undefined ? undefined : compactJson(bytes.toString('utf8', args.start, args.end));
}
