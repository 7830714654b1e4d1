// How the answer must be shaped, as a chat request says it, also for models that know less of it than was asked.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ResponseFormat } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { Losses } from '../losses.ts';

export interface WireFormat {
  /** Undefined = nothing to change or to say. */
  readonly format?: JsonObject;
  /** The schema in words, for models that can only be held to JSON; goes to the system text. */
  readonly instruction?: string;
}

export function encodeResponseFormat(
  wanted: ResponseFormat,
  traits: ModelTraits | undefined,
  losses: Losses,
): WireFormat {
  if (wanted.kind === 'text') return {};
  const takes = (kind: ResponseFormat['kind']): boolean => traits?.responseFormats?.includes(kind) !== false;
  if (wanted.kind === 'json-schema' && takes('json-schema')) {
    const { schema, name = 'answer', strict } = wanted;
    const named = { name, schema, ...(strict === undefined ? {} : { strict }) };
    return { format: { type: 'json_schema', json_schema: named } };
  }
  if (wanted.kind === 'json-schema')
    losses.add('the chosen model cannot be held to a JSON schema; it is told the schema in words');
  return {
    ...(takes('json-object') ? { format: { type: 'json_object' } } : {}),
    ...(wanted.kind === 'json-schema' ? { instruction: instructionFor(wanted.schema) } : {}),
  };
}

function instructionFor(schema: JsonObject): string {
  return `Answer with one JSON object and nothing else. It must follow this JSON Schema:\n${JSON.stringify(schema)}`;
}
