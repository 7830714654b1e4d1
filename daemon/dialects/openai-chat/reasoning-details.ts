// `reasoning_details` of OpenRouter: thoughts with the proofs of the models behind it, to be sent back unchanged
// (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens, checked 2026-11-21). In a stream they come in pieces.

import type { Seal } from '../../conversation/seal.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../util/json.ts';
import { isEnvelope, openEnvelope } from '../envelope.ts';

/** Named as the maker of what must go to no model. */
const NOBODY = '';

/** Members of a detail that come in pieces. */
const PIECED: readonly string[] = ['text', 'summary'];

export function detailsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}

/** The readable words of one detail. */
export function detailText(detail: JsonObject): string {
  return stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '';
}

/** Puts the next piece to the details that came before it. */
export function addDetail(details: JsonObject[], piece: JsonObject): void {
  const last = details.at(-1);
  if (last === undefined || !isContinued(last, piece)) {
    details.push(piece);
    return;
  }
  const joined: Record<string, JsonValue | undefined> = { ...last };
  for (const [key, value] of Object.entries(piece)) {
    if (value === null || value === undefined) continue;
    const before = stringOf(joined[key]);
    joined[key] = PIECED.includes(key) && typeof value === 'string' ? (before ?? '') + value : value;
  }
  details[details.length - 1] = joined;
}

/** Undefined when nothing in the details can prove anything: then they say no more than the reasoning itself. */
export function detailsSeal(details: readonly JsonObject[]): Seal | undefined {
  const proofs = details.flatMap(proofsOf);
  if (proofs.length === 0) return undefined;
  const value = JSON.stringify(details);
  // No answer of this dialect has an envelope in it: the client brought it from elsewhere, and no provider made it.
  return { kind: 'reasoning-details', value, ...(proofs.some(isEnvelope) ? { maker: NOBODY } : {}) };
}

/** The details in a seal that was made here or came as such. */
export function sealedDetails(seal: Seal): readonly JsonValue[] {
  try {
    return arrayOf(JSON.parse(seal.value));
  } catch {
    return []; // from an envelope that somebody wrote by hand
  }
}

/** Google's thought signature on a tool call of its compatible endpoint. */
export function thoughtSignatureOf(call: JsonObject): string | undefined {
  return stringOf(objectOf(objectOf(call['extra_content'])?.['google'])?.['thought_signature']);
}

/** The same as a seal, of another maker where it came in an envelope. */
export function callSeal(call: JsonObject): Seal | undefined {
  const signature = thoughtSignatureOf(call) ?? '';
  if (isEnvelope(signature)) return openEnvelope(signature);
  return signature === '' ? undefined : { kind: 'thought-signature', value: signature };
}

function proofsOf(detail: JsonObject): readonly string[] {
  return ['signature', 'data'].flatMap((key) => stringOf(detail[key]) || []);
}

function isContinued(last: JsonObject, piece: JsonObject): boolean {
  const isSame = last['type'] === piece['type'] && last['index'] === piece['index'];
  return isSame && last['data'] === undefined && last['signature'] === undefined;
}
