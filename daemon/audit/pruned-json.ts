// Lines of histories as JSON values, without their giants: a line may hold 20 MB of a picture or of a tool's output, and
// only the small parts beside it matter here.

import { parseRequestBody, scanArray, scanObject, typeAt } from '../util/json-scan.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import { isJsonObject } from '../util/json.ts';
import type { Span } from '../util/request-body.ts';

/** Values up to this size are parsed whole. */
const WHOLE_BYTES = 262_144;
const LIMITS = { maxDepth: 128, maxKeys: 200_000 };

/** The object in `bytes`; texts above 256 kB become ''. undefined = it is no JSON object. */
export function parsePruned(bytes: Buffer): JsonObject | undefined {
  try {
    if (bytes.length <= WHOLE_BYTES) {
      const value: unknown = JSON.parse(bytes.toString('utf8'));
      return isJsonObject(value) ? value : undefined;
    }
    const { members } = parseRequestBody(bytes, LIMITS);
    const entries = [...members].map(([key, span]) => [key, prunedAt(bytes, span)] as const);
    return Object.fromEntries(entries);
  } catch {
    return undefined; // half-written or no JSON: counted by the caller
  }
}

/** Only for bytes that `parseRequestBody` accepted, which also bounds the depth. */
function prunedAt(bytes: Buffer, span: Span): JsonValue {
  const type = typeAt(bytes, span.start);
  const isSmall = span.end - span.start <= WHOLE_BYTES;
  if (isSmall) return JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue;
  if (type === 'object') {
    const members = [...scanObject(bytes, span)];
    return Object.fromEntries(members.map(([key, inner]) => [key, prunedAt(bytes, inner)]));
  }
  if (type === 'array') return scanArray(bytes, span).map((inner) => prunedAt(bytes, inner));
  return '';
}
